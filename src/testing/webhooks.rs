//! What Courier posts to the addresses that were given to it.

use hmac::{Hmac, KeyInit, Mac};
use http::{HeaderName, HeaderValue, Request, header};
use serde_json::{Value, json};
use sha2::Sha256;

use super::state::State;

const SIGNATURE: HeaderName = HeaderName::from_static("courier-signature");

#[derive(Clone)]
pub(super) struct Event {
    pub kind: &'static str,
    pub data: Value,
}

/// Notes that something happened, if anybody wants to know.
pub(super) fn emit(state: &mut State, kind: &'static str, data: Value) {
    if state.settings.webhooks {
        state.events.push_back(Event { kind, data });
    }
}

/// What has happened since the last time.
pub(super) fn due(state: &mut State, now: i64) -> Vec<Event> {
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
pub(super) fn request(event: &Event, secret: Option<&str>, now: i64) -> Request<bytes::Bytes> {
    let body = json!({"type": event.kind, "data": event.data}).to_string();
    let signature = secret.and_then(|secret| signature(&body, secret, now));
    let mut request = Request::new(body.into());
    *request.method_mut() = http::Method::POST;
    request.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    if let Some(signature) = signature {
        request.headers_mut().insert(SIGNATURE, signature);
    }
    request
}

fn signature(body: &str, secret: &str, now: i64) -> Option<HeaderValue> {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).ok()?;
    mac.update(format!("{now}.{body}").as_bytes());
    let hex: String = mac.finalize().into_bytes().iter().map(|byte| format!("{byte:02x}")).collect();
    HeaderValue::try_from(format!("t={now},signature={hex}")).ok()
}

#[cfg(test)]
mod tests {
    use super::signature;

    #[test]
    fn the_signature_is_over_the_moment_and_the_body() {
        let signature =
            signature(r#"{"type":"x"}"#, "secret", 1_700_000_000_000).unwrap_or_else(|| panic!("no signature"));
        // printf '1700000000000.{"type":"x"}' | openssl dgst -sha256 -hmac secret
        assert_eq!(
            signature,
            "t=1700000000000,signature=14c4d35db902d5fa603b7f3e9760af257ffefbfff60a16b923c5a49484a5df0d"
        );
    }
}
