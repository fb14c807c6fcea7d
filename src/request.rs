//! Calls of endpoints that the description does not have yet.

use std::fmt;

use reqwest::header::{ACCEPT, HeaderValue};
use reqwest::{Method, Url};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::operation::{Body, Operation, Raw};
use crate::{Client, Error, ErrorKind, ResponseValue, Result};

impl Client {
    /// Starts a call of an endpoint that the SDK has no method for, with the key, the retries and the errors of any other.
    ///
    /// The path begins with a slash and is sent exactly as it is: percent-encode what goes into it. One that would lead to
    /// another endpoint than it says (`..` and `%2e%2e`, an empty segment) is refused. The query is for
    /// [`query`](RequestBuilder::query).
    ///
    /// ```no_run
    /// use trycourier::reqwest::Method;
    ///
    /// # async fn example(client: &trycourier::Client) -> Result<(), trycourier::Error> {
    /// let answer = client
    ///     .request(Method::GET, "/beta/things")
    ///     .query("limit", "10")
    ///     .send::<serde_json::Value>()
    ///     .await?;
    /// println!("{}", answer["things"]);
    /// # Ok(())
    /// # }
    /// ```
    pub fn request(&self, method: Method, path: &str) -> RequestBuilder<'_> {
        let request = self.undescribed(method, path);
        RequestBuilder { client: self, request }
    }

    fn undescribed(&self, method: Method, path: &str) -> Result<reqwest::Request> {
        let refuse = |reason: &str| Error::invalid_request(format!("the path {reason}"));
        if !path.starts_with('/') {
            return Err(refuse("does not begin with a slash"));
        }
        if path.contains(['?', '#']) {
            return Err(refuse("has a `?` or a `#` in it; percent-encode it, or use `query`"));
        }
        if path.contains("//") {
            return Err(refuse("has an empty segment, which leads to another endpoint"));
        }
        let expected = format!("{}{path}", self.baseurl);
        let url = Url::parse(&expected).map_err(|error| refuse("makes no URL").caused_by(error))?;
        // Parsing folds `..`, whichever way it is written, drops line breaks and turns backslashes: none of it unseen.
        if url.as_str() != expected {
            return Err(refuse("has a `.` or `..` segment, or a character that has to be percent-encoded"));
        }
        let mut request = reqwest::Request::new(method, url);
        request.headers_mut().insert(ACCEPT, HeaderValue::from_static("application/json"));
        Ok(request)
    }
}

/// A call of an undescribed endpoint; made by [`Client::request`].
#[must_use = "nothing is sent before `send`"]
pub struct RequestBuilder<'a> {
    client: &'a Client,
    request: Result<reqwest::Request>,
}

/// Without the URL, which has ids in it.
impl fmt::Debug for RequestBuilder<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let method = self.request.as_ref().map(reqwest::Request::method);
        f.debug_struct("RequestBuilder").field("client", &self.client).field("method", &method).finish_non_exhaustive()
    }
}

impl RequestBuilder<'_> {
    /// A query parameter.
    pub fn query(mut self, name: &str, value: &str) -> Self {
        if let Ok(request) = &mut self.request {
            request.url_mut().query_pairs_mut().append_pair(name, value);
        }
        self
    }

    /// The body, as JSON.
    pub fn json(mut self, body: &(impl Serialize + ?Sized)) -> Self {
        self.request = self.request.and_then(|mut request| {
            let json = serde_json::to_vec(body).map_err(|error| {
                Error::new(ErrorKind::InvalidRequest, "the body cannot be written as JSON").caused_by(error)
            })?;
            *request.body_mut() = Some(json.into());
            request.headers_mut().insert(reqwest::header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
            Ok(request)
        });
        self
    }

    /// Sends it, and gives the body of the answer as a type of yours. Without a body `()` and a type that requires nothing
    /// will do.
    ///
    /// # Errors
    ///
    /// Those of any operation.
    pub async fn send<T: DeserializeOwned>(self) -> Result<ResponseValue<T>> {
        let operation = self.operation();
        let exchange = self.client.exchange(&operation, self.request).await?;
        exchange.end(|answer, redact| {
            let takes_null = || serde_json::from_str::<T>("null").is_ok();
            let body = if answer.is_empty() && takes_null() { Body::None } else { Body::Optional };
            Operation { body, ..operation }.decode(answer, redact)
        })
    }

    /// Sends it, and gives the body of the answer as it came.
    ///
    /// # Errors
    ///
    /// Those of any operation, save that no body fails to decode.
    pub async fn send_raw(self) -> Result<ResponseValue<Raw>> {
        let operation = self.operation();
        self.client.call_raw(&operation, self.request).await
    }

    fn operation(&self) -> Operation {
        let method = match self.request.as_ref().map(|request| request.method().as_str()) {
            Ok("GET") => "GET",
            Ok("POST") => "POST",
            Ok("PUT") => "PUT",
            Ok("PATCH") => "PATCH",
            Ok("DELETE") => "DELETE",
            Ok("HEAD") => "HEAD",
            Ok("OPTIONS") => "OPTIONS",
            Ok("TRACE") => "TRACE",
            Ok("CONNECT") => "CONNECT",
            _ => "_OTHER",
        };
        // What it answers is not known, and so not shown.
        Operation { id: "request", method, path: "undescribed", body: Body::Optional, sensitive: true }
    }
}
