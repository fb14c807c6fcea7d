//! The messages that were accepted, and the webhooks that they and others cause.

use std::sync::Arc;

use http::HeaderMap;
use serde_json::{Value, json};

/// The request that a message comes from.
pub(crate) struct Cause {
    pub operation: &'static str,
    pub headers: HeaderMap,
    pub attempt: u32,
}

/// A message to one recipient, as it was accepted.
pub(crate) struct Posted {
    pub id: String,
    /// The message without `to`.
    pub message: Arc<Value>,
    pub to: Value,
    pub recipient: String,
    pub list: Option<String>,
    pub cause: Arc<Cause>,
}

/// The body of a webhook.
pub(crate) fn event(kind: &str, data: &Value) -> Value {
    json!({"type": kind, "data": data})
}
