//! The static facts of one operation, and one request of it before the client adds its own.

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Method};

/// An operation as the description has it. The generated code has one constant of it for each.
#[derive(Debug)]
pub struct Operation {
    /// Its dotted name, such as `bulk.list_users`.
    pub id: &'static str,
    /// The HTTP method.
    pub method: &'static str,
    /// The path with the names of its parameters. The values are for the server alone.
    pub path: &'static str,
    /// The names of the path's parameters that are credentials, by the description's `x-sensitive`.
    pub secret_parameters: &'static [&'static str],
    /// What the description says of the body of a success.
    pub answer: ResponseBody,
    /// Whether its response holds what must not be shown.
    pub sensitive: bool,
    /// Whether sending it twice does no more than sending it once, also without an idempotency key.
    pub repeatable: bool,
    /// Whether its 409 is final: asking again gives the same answer.
    pub final_conflict: bool,
}

/// What the description says of the body of a success.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ResponseBody {
    /// There is none.
    None,
    /// Nothing of it is required, so that an empty one is accepted too.
    Optional,
    /// It has required fields.
    Required,
}

/// One request, before the client adds its key, its headers and the base URL.
#[derive(Debug)]
pub(crate) struct Outgoing {
    pub method: Method,
    /// `/path?query`, percent-encoded.
    pub target: String,
    /// What the call itself sets but for its key; the client adds `Accept`, `Content-Type` and its own.
    pub headers: HeaderMap,
    /// The idempotency key that the call itself sets.
    pub key: Option<HeaderValue>,
    /// The body, which is JSON.
    pub body: Option<Bytes>,
}

impl Outgoing {
    pub(crate) fn new(method: Method, target: String) -> Self {
        Self { method, target, headers: HeaderMap::new(), key: None, body: None }
    }
}
