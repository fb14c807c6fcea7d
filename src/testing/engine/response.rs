//! What goes back to the caller.

use bytes::Bytes;
use http::{HeaderName, HeaderValue, Response, StatusCode, header};
use serde_json::{Value, json};

/// A response of the fake, or, as the error of a handler, a refusal.
#[derive(Clone, Debug)]
pub(crate) struct Answer {
    pub status: u16,
    pub headers: Vec<(HeaderName, HeaderValue)>,
    pub body: Body,
}

#[derive(Clone, Debug)]
pub(crate) enum Body {
    None,
    Json(Value),
    Text(&'static str, Bytes),
}

impl Answer {
    pub fn new(status: u16, body: Value) -> Self {
        Self { status, headers: Vec::new(), body: Body::Json(body) }
    }

    pub fn ok(body: Value) -> Self {
        Self::new(200, body)
    }

    pub fn empty(status: u16) -> Self {
        Self { status, headers: Vec::new(), body: Body::None }
    }

    pub fn text(status: u16, kind: &'static str, text: impl Into<Bytes>) -> Self {
        Self { status, headers: Vec::new(), body: Body::Text(kind, text.into()) }
    }

    pub fn header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.headers.push((name, value));
        self
    }

    /// An error in Courier's envelope.
    pub fn error(status: u16, kind: &str, message: impl Into<String>) -> Self {
        Self::new(status, json!({"message": message.into(), "type": kind}))
    }

    pub fn invalid(message: impl Into<String>) -> Self {
        Self::error(400, "invalid_request_error", message)
    }

    pub fn not_found(what: &str, id: &str) -> Self {
        Self::error(404, "invalid_request_error", format!("There is no {what} with the id \"{id}\"."))
    }

    pub fn conflict(message: impl Into<String>) -> Self {
        Self::error(409, "invalid_request_error", message)
    }

    pub fn unprocessable(message: impl Into<String>) -> Self {
        Self::error(422, "invalid_request_error", message)
    }

    pub fn into_response(self) -> Response<Bytes> {
        let (kind, body) = match self.body {
            Body::None => (None, Bytes::new()),
            Body::Json(body) => (Some("application/json"), body.to_string().into()),
            Body::Text(kind, text) => (Some(kind), text),
        };
        let mut response = Response::new(body);
        *response.status_mut() = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        if let Some(kind) = kind {
            response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
        }
        response.headers_mut().extend(self.headers);
        response
    }
}
