//! Responses of the fake, before they are bytes.
//!
//! Their bodies are JSON, not the generated types: the types of a resource exist only if its feature is on, and
//! `testing` alone must not compile all of them. A test validates the response of every operation against the
//! description instead.

use bytes::Bytes;
use http::{HeaderName, HeaderValue, StatusCode, header};
use serde_json::{Value, json};

/// The result of a handler: a success, or a refusal.
pub(crate) type Outcome = Result<Response, Response>;

#[derive(Clone, Debug)]
pub(crate) struct Response {
    pub status: u16,
    pub headers: Vec<(HeaderName, HeaderValue)>,
    pub body: Bytes,
}

impl Response {
    pub fn new(status: u16, body: Value) -> Self {
        Self::text(status, "application/json", body.to_string())
    }

    pub fn ok(body: Value) -> Self {
        Self::new(200, body)
    }

    pub fn empty(status: u16) -> Self {
        Self { status, headers: Vec::new(), body: Bytes::new() }
    }

    pub fn text(status: u16, content_type: &'static str, text: impl Into<Bytes>) -> Self {
        let headers = vec![(header::CONTENT_TYPE, HeaderValue::from_static(content_type))];
        Self { status, headers, body: text.into() }
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

    pub fn not_found(noun: &str, id: &str) -> Self {
        Self::error(404, "invalid_request_error", format!("There is no {noun} with the id \"{id}\"."))
    }

    pub fn conflict(message: impl Into<String>) -> Self {
        Self::error(409, "invalid_request_error", message)
    }

    pub fn unprocessable(message: impl Into<String>) -> Self {
        Self::error(422, "validation_error", message)
    }

    pub fn into_http(self) -> http::Response<Bytes> {
        let mut response = http::Response::new(self.body);
        *response.status_mut() = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        response.headers_mut().extend(self.headers);
        response
    }
}
