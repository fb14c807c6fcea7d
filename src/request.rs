//! Calls of endpoints that the description does not have yet.

use std::borrow::Cow;

use percent_encoding::percent_decode_str;
use reqwest::header::{ACCEPT, HeaderValue};
use reqwest::{Method, Url};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::operation::{Body, Operation, Raw};
use crate::{Client, Error, ErrorKind, ResponseValue, Result};

impl Client {
    /// Starts a call of an endpoint that the SDK has no method for, with the key, the retries and the errors of any other.
    ///
    /// The path begins with a slash and is taken as it is: percent-encode what goes into it. The query is for
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
        if path.contains(['?', '#', '\\']) {
            return Err(refuse("has a `?`, a `#` or a backslash in it; encode it, or use `query`"));
        }
        // URL parsing folds these, however they are written.
        let folded = |segment: &str| matches!(&*Cow::from(percent_decode_str(segment)), b"." | b"..");
        if path.split('/').any(folded) {
            return Err(refuse("has a `.` or a `..` segment, which leads to another endpoint"));
        }
        let url =
            Url::parse(&format!("{}{path}", self.baseurl)).map_err(|error| refuse("makes no URL").caused_by(error))?;
        let mut request = reqwest::Request::new(method, url);
        request.headers_mut().insert(ACCEPT, HeaderValue::from_static("application/json"));
        Ok(request)
    }
}

/// A call of an undescribed endpoint; made by [`Client::request`].
#[derive(Debug)]
#[must_use = "nothing is sent before `send`"]
pub struct RequestBuilder<'a> {
    client: &'a Client,
    request: Result<reqwest::Request>,
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
        let raw = self.client.exchange(&operation, self.request).await?;
        let body = if raw.body.trim_ascii().is_empty() && serde_json::from_str::<T>("null").is_ok() {
            Body::None
        } else {
            Body::Optional
        };
        Operation { body, ..operation }.decode(raw).map_err(|error| error.of_operation(operation.id))
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
            _ => "_OTHER",
        };
        // What it answers is not known, and so not shown.
        Operation { id: "request", method, path: "undescribed", body: Body::Optional, sensitive: true }
    }
}
