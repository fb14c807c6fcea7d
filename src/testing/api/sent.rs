//! The messages that went out, however they were sent.

use std::fmt;
use std::sync::Arc;

use bytes::Bytes;
use http::{HeaderMap, Response};
use serde_json::Value;

use crate::json;
use crate::testing::api::courier::Courier;
use crate::testing::api::recorded_call::{Call, shortened};
use crate::testing::engine::json::{text, with};
use crate::testing::engine::state::State;
use crate::testing::resources::messages::recipient;
use crate::types::Message;

/// The operation whose response, when a test sets it, stands for a message that was sent.
const SEND: &str = "send.message";

/// One message to one recipient.
#[derive(Clone)]
#[non_exhaustive]
pub struct Sent {
    /// The message's id.
    pub id: String,
    /// What was sent. Its `to` is this recipient, even if the call had several or a list.
    pub message: Message,
    /// The user's id, or the address.
    pub recipient: String,
    /// The list, if the message went to one that the recipient is on.
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
    /// The idempotency key of its request.
    #[must_use]
    pub fn idempotency_key(&self) -> Option<&str> {
        self.headers.get("idempotency-key")?.to_str().ok()
    }

    pub(crate) fn line(&self) -> String {
        format!("{} to {}: {}", self.operation, self.recipient, shortened(&self.json.to_string()))
    }
}

/// Without what is said in it, which may be what should not be printed.
impl fmt::Debug for Sent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sent").field("id", &self.id).field("operation", &self.operation).finish_non_exhaustive()
    }
}

/// The request that messages come from.
pub(crate) struct Cause {
    operation: &'static str,
    headers: HeaderMap,
    attempt: u32,
}

impl Cause {
    pub fn of(call: &Call) -> Option<Arc<Self>> {
        let Call { headers, attempt, .. } = call;
        Some(Arc::new(Self { operation: call.operation?, headers: headers.clone(), attempt: *attempt }))
    }
}

/// A message as it is remembered.
pub(crate) struct Posted {
    pub id: String,
    /// What was to be sent, without whom to.
    pub message: Arc<Value>,
    pub to: Value,
    pub recipient: String,
    pub list: Option<String>,
    pub cause: Arc<Cause>,
}

impl Posted {
    fn read(&self) -> Option<Sent> {
        let json = with((*self.message).clone(), serde_json::json!({"to": self.to}));
        Some(Sent {
            id: self.id.clone(),
            message: json::from_value(&json)?,
            recipient: self.recipient.clone(),
            list: self.list.clone(),
            operation: self.cause.operation,
            headers: self.cause.headers.clone(),
            attempt: self.cause.attempt,
            json: Arc::new(json),
        })
    }
}

/// Remembers what a send with a response of the test's own has sent.
pub(crate) fn note_stubbed(state: &mut State, call: &Call, answer: &Response<Bytes>) {
    if call.operation != Some(SEND) || !answer.status().is_success() {
        return;
    }
    let Some(cause) = Cause::of(call) else { return };
    let answer: Value = serde_json::from_slice(answer.body()).unwrap_or_default();
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
            id: text(&answer, "requestId").unwrap_or_default().to_owned(),
            message: Arc::clone(&message),
            recipient: recipient(&to),
            to,
            list: None,
            cause: Arc::clone(&cause),
        });
    }
    state.forget();
}

impl Courier {
    /// The messages sent so far, the oldest first: one for each recipient of a send, bulk job, broadcast, automation, journey or
    /// resend.
    ///
    /// A send counts once it is accepted, by the usual response or by a [`reply`](crate::testing::Stub::reply) of the test.
    /// `messages().retrieve` has the status of the message.
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
        self.state().sent.iter().filter_map(Posted::read).collect()
    }
}
