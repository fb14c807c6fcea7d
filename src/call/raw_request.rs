//! Calls to endpoints that are not in the description yet.

use std::fmt;

use bytes::Bytes;
use http::header::CONTENT_TYPE;
use http::{HeaderValue, Method};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::client::Client;
use crate::client::options::Options;
use crate::execute::{Request, decode_foreign, push_parameter};
use crate::json::finite;
use crate::operation::{Operation, ResponseBody};
use crate::{Error, Response, Result};

impl Client {
    /// Starts a call to an endpoint for which the SDK has no method. The call uses the API key, retries and errors in
    /// the same way as any other call.
    ///
    /// The path begins with a slash and is sent unchanged, so percent-encode the values in it. A path that would lead
    /// to another endpoint (because of `..`, `%2e%2e` or an empty segment) is refused. Set the query with
    /// [`query`](RequestBuilder::query).
    ///
    /// `GET`, `HEAD`, `PUT`, `DELETE` and `OPTIONS` are considered safe to repeat. A `POST` is repeated under its
    /// idempotency key. A `PATCH` is not repeated once it may have reached the server.
    ///
    /// ```no_run
    /// use http::Method;
    ///
    /// # async fn example(client: &trycourier::Client) -> Result<(), trycourier::Error> {
    /// let response = client
    ///     .request(Method::GET, "/beta/things")
    ///     .query("limit", "10")
    ///     .send::<serde_json::Value>()
    ///     .await?;
    /// println!("{}", response["things"]);
    /// # Ok(())
    /// # }
    /// ```
    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        RequestBuilder {
            client: self.clone(),
            operation: undescribed_operation(&method),
            request: request(method, path),
        }
    }
}

fn request(method: Method, path: &str) -> Result<Box<Request>> {
    let defect = if !path.starts_with('/') {
        "does not begin with a slash"
    } else if path.contains(['?', '#']) {
        "contains a `?` or a `#`; percent-encode it, or use `query`"
    } else if path.contains("//") {
        "contains an empty segment, which leads to another endpoint"
    } else {
        return Ok(Request::new(undescribed_operation(&method), method, path.to_owned()));
    };
    Err(Error::invalid_argument(format!("the path {defect}")))
}

/// A call to an endpoint for which the SDK has no method, created by [`Client::request`].
#[must_use = "nothing is sent before `send`"]
pub struct RequestBuilder {
    client: Client,
    operation: &'static Operation,
    request: Result<Box<Request>>,
}

/// Omits the path, which contains ids.
impl fmt::Debug for RequestBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let method = self.request.as_ref().map(|request| &request.method);
        f.debug_struct("RequestBuilder").field("client", &self.client).field("method", &method).finish_non_exhaustive()
    }
}

impl RequestBuilder {
    /// Adds a query parameter.
    pub fn query(mut self, name: &str, value: &str) -> Self {
        if let Ok(request) = &mut self.request {
            push_parameter(&mut request.target, name, value);
        }
        self
    }

    /// Sets the body, as JSON.
    pub fn json(mut self, body: &(impl Serialize + ?Sized)) -> Self {
        self.request = self.request.and_then(|mut request| {
            let json = finite::check(body)
                .and_then(|()| serde_json::to_vec(body))
                .map_err(|error| Error::invalid_argument("the body cannot be serialized as JSON").caused_by(error))?;
            request.headers.remove(CONTENT_TYPE);
            request.body = json.into();
            Ok(request)
        });
        self
    }

    /// Sets a body that is not JSON, with its content type. [`Bytes`], a `String`, a `Vec<u8>` and a `&'static str` are
    /// sent unchanged.
    ///
    /// ```
    /// use http::Method;
    ///
    /// # #[tokio::main]
    /// # async fn main() -> trycourier::Result<()> {
    /// # let courier = trycourier::testing::Courier::new();
    /// # let client = courier.client();
    /// let file = "msgid \"Hello\"\nmsgstr \"Bonjour\"\n";
    /// let request = client.request(Method::PUT, "/translations/default/fr").body(file, "text/plain");
    /// request.send::<()>().await?;
    /// # assert_eq!(courier.calls()[0].body, file);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// A content type that is not a valid header value fails the call with
    /// [`ErrorKind::InvalidArgument`](crate::ErrorKind::InvalidArgument).
    pub fn body(mut self, body: impl Into<Bytes>, content_type: &str) -> Self {
        self.request = self.request.and_then(|mut request| {
            let content_type = HeaderValue::from_str(content_type)
                .map_err(|error| Error::invalid_argument("the content type is not a valid header").caused_by(error))?;
            request.headers.insert(CONTENT_TYPE, content_type);
            request.body = body.into();
            Ok(request)
        });
        self
    }

    /// Changes the options of this call, such as its idempotency key, a header or a timeout.
    pub fn options(mut self, change: impl FnOnce(Options) -> Options) -> Self {
        self.client = self.client.with_options(change);
        self
    }

    /// Sends the request, and decodes the body of the response as `T`. If the response may have no body, `T` can be
    /// `()`, an `Option`, or a type without required fields.
    ///
    /// # Errors
    ///
    /// The same errors as any operation.
    pub async fn send<T: DeserializeOwned + Send>(self) -> Result<Response<T>> {
        self.client.call_with(self.operation, self.request, decode_foreign).await
    }

    /// Sends the request, and returns the body of the response unchanged.
    ///
    /// # Errors
    ///
    /// The same errors as any operation, except that any body is accepted.
    pub async fn send_raw(self) -> Result<Response<Bytes>> {
        self.client.call_raw(self.operation, self.request).await
    }
}

fn undescribed_operation(method: &Method) -> &'static Operation {
    UNDESCRIBED.iter().find(|operation| operation.method == method.as_str()).unwrap_or(&OTHER)
}

static UNDESCRIBED: [Operation; 7] = [
    undescribed("GET", true),
    undescribed("POST", false),
    undescribed("PUT", true),
    undescribed("PATCH", false),
    undescribed("DELETE", true),
    undescribed("HEAD", true),
    undescribed("OPTIONS", true),
];

static OTHER: Operation = undescribed("_OTHER", false);

/// Creates an operation whose response is not known and is therefore not shown.
const fn undescribed(method: &'static str, repeatable: bool) -> Operation {
    Operation {
        id: "request",
        method,
        path: "undescribed",
        secret_parameters: &[],
        response: ResponseBody::Optional,
        id_property: None,
        is_list: false,
        sensitive: true,
        repeatable,
        final_conflict: false,
        rate_limit: None,
    }
}
