//! The messages that were sent, by any operation.

use std::fmt;
use std::sync::Arc;

use bytes::Bytes;
use http::{HeaderMap, Response};
use serde_json::{Value, json};

use super::courier::Courier;
use super::recorded_call::{RecordedCall, shortened};
use crate::json;
use crate::testing::engine::state::Posted;
use crate::testing::engine::{State, text, with};
use crate::testing::resources::recipients;
use crate::types::Message;

/// The operation whose successes count as sent messages, even if a test sets them.
const SEND: &str = "send.message";

/// One message to one recipient.
#[derive(Clone)]
#[non_exhaustive]
pub struct Sent {
    /// The message's id.
    pub id: String,
    /// The message. Its `to` is this recipient, even if the call had several or a list.
    pub message: Message,
    /// The user's id, or the address.
    pub recipient: String,
    /// The list that the message was sent to, of which the recipient is a subscriber.
    pub list: Option<String>,
    /// The operation that sent it, such as `send.message`, `bulk.run_job` or `messages.resend`.
    pub operation: &'static str,
    /// The headers of the request that sent it, without the API key.
    pub headers: HeaderMap,
    /// The number of the attempt that sent it, starting at 1.
    pub attempt: u32,
    json: Arc<Value>,
}

impl Sent {
    fn new(posted: &Posted) -> Option<Self> {
        let json = with((*posted.message).clone(), json!({"to": posted.to}));
        Some(Self {
            id: posted.id.clone(),
            message: json::from_value(&json)?,
            recipient: posted.recipient.clone(),
            list: posted.list.clone(),
            operation: posted.cause.operation,
            headers: posted.cause.headers.clone(),
            attempt: posted.cause.attempt,
            json: Arc::new(json),
        })
    }

    /// Returns the idempotency key of its request.
    #[must_use]
    pub fn idempotency_key(&self) -> Option<&str> {
        self.headers.get("idempotency-key")?.to_str().ok()
    }

    pub(super) fn line(&self) -> String {
        format!("{} to {}: {}", self.operation, self.recipient, shortened(&self.json.to_string()))
    }
}

/// Leaves out the content, which may contain secrets.
impl fmt::Debug for Sent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sent").field("id", &self.id).field("operation", &self.operation).finish_non_exhaustive()
    }
}

/// Records the messages of a send whose response a test has set.
pub(super) fn record_stubbed(state: &mut State, call: &RecordedCall, response: &Response<Bytes>) {
    if call.operation != Some(SEND) || !response.status().is_success() {
        return;
    }
    let Some(cause) = call.cause() else { return };
    let response: Value = serde_json::from_slice(response.body()).unwrap_or_default();
    let mut body: Value = serde_json::from_slice(&call.body).unwrap_or_default();
    let mut message = body.get_mut("message").map(Value::take).unwrap_or_default();
    let to = message.as_object_mut().and_then(|message| message.remove("to")).unwrap_or_default();
    let recipients = match to {
        Value::Array(recipients) => recipients,
        one => vec![one],
    };
    let message = Arc::new(message);
    for to in recipients {
        state.sent.push_back(Posted {
            id: text(&response, "requestId").unwrap_or_default().to_owned(),
            message: Arc::clone(&message),
            recipient: recipients::name(&to),
            to,
            list: None,
            cause: Arc::clone(&cause),
        });
    }
    state.trim();
}

impl Courier {
    /// Returns the messages sent so far, the oldest first: one for each recipient of a send, bulk job, broadcast,
    /// automation, journey or resend.
    ///
    /// A send counts once it is accepted, by the usual response or by a [`reply`](super::stub::Stub::reply) of the
    /// test. `messages().retrieve` has the status of the message.
    ///
    /// ```
    /// use trycourier::testing::Courier;
    /// use trycourier::types::{Message, Recipient};
    ///
    /// # #[tokio::main]
    /// # async fn main() -> trycourier::Result<()> {
    /// let courier = Courier::new();
    /// courier.client().send().message(Message::new().to(Recipient::user("ada")).template("nt_welcome")).await?;
    /// let sent = courier.sent();
    /// assert_eq!(sent[0].recipient, "ada");
    /// assert_eq!(sent[0].message.template.as_deref(), Some("nt_welcome"));
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn sent(&self) -> Vec<Sent> {
        self.state().sent.iter().filter_map(Sent::new).collect()
    }
}
