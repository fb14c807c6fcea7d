//! Calls of endpoints that the description does not have yet.

use std::fmt;

use bytes::Bytes;
use http::Method;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::execute::{decoded, push_parameter};
use crate::operation::{Operation, Outgoing, ResponseBody};
use crate::{Client, Error, Options, Response, Result};

impl Client {
    /// Starts a call of an endpoint that the SDK has no method for. It has the API key, the retries and the errors of any other
    /// call.
    ///
    /// The path begins with a slash and is sent unchanged, so percent-encode the values in it. A path that would lead to another
    /// endpoint (because of `..`, `%2e%2e` or an empty segment) is refused. Set the query with
    /// [`query`](RequestBuilder::query).
    ///
    /// `GET`, `HEAD`, `PUT`, `DELETE` and `OPTIONS` are considered safe to repeat, a `POST` is repeated under its idempotency
    /// key, and a `PATCH` is not repeated once it may have reached the server.
    ///
    /// ```no_run
    /// use http::Method;
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
    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        RequestBuilder { client: self.clone(), request: checked(self, method, path) }
    }
}

fn checked(client: &Client, method: Method, path: &str) -> Result<Outgoing> {
    let refuse = |reason: &str| Err(Error::invalid_argument(format!("the path {reason}")));
    if !path.starts_with('/') {
        return refuse("does not begin with a slash");
    }
    if path.contains(['?', '#']) {
        return refuse("contains a `?` or a `#`; percent-encode it, or use `query`");
    }
    if path.contains("//") {
        return refuse("contains an empty segment, which leads to another endpoint");
    }
    if client.shared().base_url.join(path).is_none() {
        return refuse("contains a `.` or `..` segment, or a character that must be percent-encoded");
    }
    Ok(Outgoing::new(method, path.to_owned()))
}

/// A call of an endpoint that the SDK has no method for; made by [`Client::request`].
#[must_use = "nothing is sent before `send`"]
pub struct RequestBuilder {
    client: Client,
    request: Result<Outgoing>,
}

/// Without the path, which has ids in it.
impl fmt::Debug for RequestBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let method = self.request.as_ref().map(|request| &request.method);
        f.debug_struct("RequestBuilder").field("client", &self.client).field("method", &method).finish_non_exhaustive()
    }
}

impl RequestBuilder {
    /// Adds a query parameter.
    pub fn query(mut self, name: &str, value: &str) -> Self {
        if let Ok(Outgoing { target, .. }) = &mut self.request {
            push_parameter(target, name, value);
        }
        self
    }

    /// Sets the body, as JSON.
    pub fn json(mut self, body: &(impl Serialize + ?Sized)) -> Self {
        self.request = self.request.and_then(|request| {
            let json = serde_json::to_vec(body)
                .map_err(|error| Error::invalid_argument("the body cannot be serialized as JSON").caused_by(error))?;
            Ok(Outgoing { body: Some(json.into()), ..request })
        });
        self
    }

    /// Changes how this call is made: its idempotency key, a header, a timeout.
    pub fn options(mut self, change: impl FnOnce(Options) -> Options) -> Self {
        self.client = self.client.with_options(change);
        self
    }

    /// Sends the request, and reads the body of the response as `T`. If the response may have no body, `T` can be `()`, an `Option`,
    /// or a type without required fields.
    ///
    /// # Errors
    ///
    /// Those of any operation.
    pub async fn send<T: DeserializeOwned + Send>(self) -> Result<Response<T>> {
        let operation = self.operation();
        self.client
            .exchange(operation, self.request, |answer, redaction| {
                let takes_null = || serde_json::from_str::<T>("null").is_ok();
                let described =
                    if answer.is_empty() && takes_null() { ResponseBody::None } else { ResponseBody::Optional };
                decoded(operation, described, answer, redaction)
            })
            .await
    }

    /// Sends the request, and returns the body of the response unchanged.
    ///
    /// # Errors
    ///
    /// Those of any operation, except that no body fails to decode.
    pub async fn send_raw(self) -> Result<Response<Bytes>> {
        let operation = self.operation();
        self.client.call_raw(operation, self.request).await
    }

    fn operation(&self) -> &'static Operation {
        let method = self.request.as_ref().map_or("", |request| request.method.as_str());
        UNDESCRIBED.iter().find(|operation| operation.method == method).unwrap_or(&OTHER)
    }
}

static UNDESCRIBED: [Operation; 9] = [
    undescribed("GET", true),
    undescribed("POST", false),
    undescribed("PUT", true),
    undescribed("PATCH", false),
    undescribed("DELETE", true),
    undescribed("HEAD", true),
    undescribed("OPTIONS", true),
    undescribed("TRACE", true),
    undescribed("CONNECT", false),
];

static OTHER: Operation = undescribed("_OTHER", false);

/// What it answers is not known, and so not shown.
const fn undescribed(method: &'static str, repeatable: bool) -> Operation {
    Operation {
        id: "request",
        method,
        path: "undescribed",
        secret_parameters: &[],
        answer: ResponseBody::Optional,
        sensitive: true,
        repeatable,
        final_conflict: false,
    }
}
