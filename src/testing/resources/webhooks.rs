//! What Courier posts to the addresses that were given to it.

use std::time::SystemTime;

use bytes::Bytes;
use http::{HeaderValue, Request, header};
use serde_json::{Value, json};

use crate::ext::webhook_signature::{SIGNATURE_HEADER, sign};
use crate::testing::api::courier::Courier;
use crate::testing::engine::state::State;
use crate::testing::engine::time::millis;

#[derive(Clone)]
pub(crate) struct Event {
    pub kind: &'static str,
    pub data: Value,
}

/// Notes that something happened, if anybody wants to know.
pub(crate) fn emit(state: &mut State, kind: &'static str, data: Value) {
    if state.settings.webhooks {
        state.events.push_back(Event { kind, data });
    }
}

/// What has happened since the last time.
fn due(state: &mut State, now: i64) -> Vec<Event> {
    let State { messages, moving, events, .. } = state;
    let mut due: Vec<Event> = events.drain(..).collect();
    // In the order in which the messages were made.
    for (id, message) in messages.values_mut().filter(|(id, _)| moving.contains(*id)) {
        due.extend(message.news(id, now).into_iter().map(|data| Event { kind: "message:updated", data }));
    }
    moving.retain(|id| messages.get(id).is_some_and(|message| message.is_moving(now)));
    due
}

/// The request that tells of an event, signed if there is a secret.
fn request(event: &Event, secret: Option<&str>, now: SystemTime) -> Request<Bytes> {
    let body = json!({"type": event.kind, "data": event.data}).to_string();
    let signature = secret.and_then(|secret| sign(secret, now, &body).ok()?.parse::<HeaderValue>().ok());
    let mut request = Request::new(body.into());
    *request.method_mut() = http::Method::POST;
    request.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    if let Some(signature) = signature {
        request.headers_mut().insert(SIGNATURE_HEADER, signature);
    }
    request
}

impl Courier {
    /// Collects webhooks from now on, for [`webhooks`](Self::webhooks) to return.
    pub fn collect_webhooks(&self) -> &Self {
        self.state().settings.webhooks = true;
        self
    }

    /// The webhooks that have become due since the last time, signed with a secret if there is one; an empty
    /// one is none.
    ///
    /// They are complete except for the address, so you can pass them to your own handler.
    ///
    /// ```
    /// # use trycourier::testing::Courier;
    /// # use std::time::Duration;
    /// let courier = Courier::new();
    /// courier.collect_webhooks();
    /// // … something is sent …
    /// courier.advance(Duration::from_secs(5));
    /// for webhook in courier.webhooks(Some("secret")) {
    ///     println!("{:?}", webhook.headers().get("courier-signature"));
    /// }
    /// ```
    #[must_use]
    pub fn webhooks(&self, secret: Option<&str>) -> Vec<Request<Bytes>> {
        let now = self.now();
        let due = due(&mut self.state(), millis(now));
        due.iter().map(|event| request(event, secret, now)).collect()
    }
}
