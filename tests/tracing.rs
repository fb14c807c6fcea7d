//! A trace of a call has the fields of OpenTelemetry's semantic conventions, an event for each retry, and nothing that
//! belongs to the caller.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a test fails by a panic")]

mod support;

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::json;
use support::faulty::{Act, Faulty, KEY, TestClock};
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::layer::{Context, SubscriberExt as _};
use tracing_subscriber::registry::LookupSpan;
use trycourier::http::Method;
use trycourier::types;

/// A value, and its type: recorded as a number, as a text, or by `Debug`.
#[derive(Clone, Debug, PartialEq)]
enum Value {
    Text(String),
    Number(u64),
    Debug(String),
}

fn text(text: &str) -> Value {
    Value::Text(text.to_owned())
}

type Fields = BTreeMap<&'static str, Value>;

#[derive(Default)]
struct Taken(Fields);

impl Visit for Taken {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.0.insert(field.name(), Value::Debug(format!("{value:?}")));
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.0.insert(field.name(), text(value));
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.0.insert(field.name(), Value::Number(value));
    }
}

/// Keeps all records, from any crate and at any level.
#[derive(Clone, Default)]
struct Memory(Arc<Mutex<Kept>>);

#[derive(Default)]
struct Kept {
    /// The spans by their ids.
    spans: BTreeMap<u64, Fields>,
    events: Vec<(Option<u64>, Fields)>,
    everything: String,
}

impl<S: Subscriber + for<'a> LookupSpan<'a>> Layer<S> for Memory {
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, _: Context<'_, S>) {
        let mut taken = Taken::default();
        attributes.record(&mut taken);
        let mut kept = self.0.lock().unwrap();
        kept.everything += &format!("{} {:?}\n", attributes.metadata().name(), taken.0);
        if attributes.metadata().target().starts_with("trycourier") {
            kept.spans.insert(id.into_u64(), taken.0);
        }
    }

    fn on_record(&self, id: &Id, record: &Record<'_>, _: Context<'_, S>) {
        let mut taken = Taken::default();
        record.record(&mut taken);
        let mut kept = self.0.lock().unwrap();
        kept.everything += &format!("{:?}\n", taken.0);
        if let Some(span) = kept.spans.get_mut(&id.into_u64()) {
            span.extend(taken.0);
        }
    }

    fn on_event(&self, event: &Event<'_>, context: Context<'_, S>) {
        let mut taken = Taken::default();
        event.record(&mut taken);
        let mut kept = self.0.lock().unwrap();
        kept.everything += &format!("{:?} {:?}\n", event.metadata(), taken.0);
        if event.metadata().target().starts_with("trycourier") {
            kept.events.push((context.event_span(event).map(|span| span.id().into_u64()), taken.0));
        }
    }
}

fn watched() -> (Memory, tracing::subscriber::DefaultGuard) {
    let memory = Memory::default();
    let guard = tracing::subscriber::set_default(tracing_subscriber::registry().with(memory.clone()));
    (memory, guard)
}

fn body() -> types::Message {
    serde_json::from_value(json!({"to": {"user_id": "SECRET-ID"}, "content": {"title": "t", "body": "SECRET-TEXT"}}))
        .unwrap()
}

#[tokio::test]
async fn retried_call_has_a_span_and_events() {
    let (memory, _guard) = watched();
    let script = vec![
        Act::says_and_resets(""),
        Act::answer(429, &[("retry-after", "7"), ("x-secret", "SECRET-HEADER")], "SECRET-ANSWER"),
        Act::answer(202, &[], r#"{"requestId": "SECRET-REQUEST"}"#),
    ];
    let server = Faulty::start(script).await;
    let client = server
        .builder()
        .clock(TestClock::new())
        .options(|options| options.header("x-mine", "SECRET-VALUE"))
        .build()
        .unwrap();
    client.send().message(body()).idempotency_key("SECRET-IDEMPOTENCY").await.unwrap();

    let kept = memory.0.lock().unwrap();
    assert_eq!(kept.spans.len(), 1);
    let (id, span) = kept.spans.first_key_value().unwrap();
    let port: u64 = server.url.rsplit(':').next().unwrap().parse().unwrap();
    for (name, value) in [
        ("otel.name", text("POST /send")),
        ("otel.kind", text("client")),
        ("courier.operation", text("send.message")),
        ("http.request.method", text("POST")),
        ("url.template", text("/send")),
        ("server.address", text("127.0.0.1")),
        ("server.port", Value::Number(port)),
        ("http.response.status_code", Value::Number(202)),
        ("http.request.resend_count", Value::Number(2)),
    ] {
        assert_eq!(span.get(name), Some(&value), "{name}");
    }
    assert!(matches!(span.get("courier.duration_ms"), Some(Value::Number(duration)) if *duration >= 7500), "{span:?}");
    assert_eq!(span.get("error.type"), None);

    assert_eq!(kept.events.len(), 2, "{:?}", kept.events);
    for ((within, event), (attempt, kind, status, delay)) in
        kept.events.iter().zip([(1, "Connection", None, 500), (2, "RateLimited", Some(429), 7000)])
    {
        assert_eq!(*within, Some(*id));
        assert_eq!(event.get("attempt"), Some(&Value::Number(attempt)));
        assert_eq!(event.get("error.type"), Some(&text(kind)));
        assert_eq!(event.get("http.response.status_code"), status.map(Value::Number).as_ref());
        assert_eq!(event.get("delay_ms"), Some(&Value::Number(delay)));
    }
    assert!(!kept.everything.contains("SECRET"), "{}", kept.everything);
}

#[tokio::test]
async fn failed_call_is_traced_without_ids() {
    let (memory, _guard) = watched();
    let server = Faulty::start(vec![Act::answer(404, &[], format!("no SECRET-USER, {KEY}"))]).await;
    let client = server.builder().build().unwrap();
    let client = client.with_options(|options| options.query("email", "SECRET-MAIL"));
    client.users().tokens().delete("SECRET-USER", "SECRET-TOKEN").await.unwrap_err();
    client.request(Method::GET, "/things/SECRET-THING").send_raw().await.unwrap_err();
    let refusing = Faulty::nobody().await.builder().options(|options| options.max_retries(0)).build().unwrap();
    refusing.lists().retrieve("SECRET-LIST").await.unwrap_err();

    let kept = memory.0.lock().unwrap();
    let spans: Vec<&Fields> = kept.spans.values().collect();
    assert_eq!(spans[0].get("otel.name"), Some(&text("DELETE /users/{user_id}/tokens/{token}")));
    assert_eq!(spans[0].get("error.type"), Some(&text("NotFound")));
    assert_eq!(spans[0].get("http.response.status_code"), Some(&Value::Number(404)));
    assert_eq!(spans[0].get("http.request.resend_count"), None);
    assert_eq!(spans[1].get("otel.name"), Some(&text("GET undescribed")));
    assert_eq!(spans[2].get("error.type"), Some(&text("Connection")));
    assert_eq!(spans[2].get("http.response.status_code"), None);
    assert!(kept.events.is_empty());
    assert!(!kept.everything.contains("SECRET"), "{}", kept.everything);
}

#[tokio::test]
async fn every_call_is_reported_once() {
    let server = Faulty::start(vec![
        Act::answer(503, &[], ""),
        Act::answer(202, &[], r#"{"requestId": "1"}"#),
        Act::answer(404, &[], ""),
    ])
    .await;
    let calls = Arc::new(Mutex::new(Vec::new()));
    let seen = Arc::clone(&calls);
    let client = server
        .builder()
        .clock(TestClock::new())
        .on_call(move |call| seen.lock().unwrap().push(call.clone()))
        .build()
        .unwrap();
    client.send().message(body()).await.unwrap();
    client.lists().retrieve("SECRET-LIST").await.unwrap_err();
    client.lists().retrieve("..").await.unwrap_err();
    let calls = calls.lock().unwrap();
    assert_eq!(calls.len(), 2, "a request that was not sent does not count as a call");
    assert_eq!((calls[0].operation, calls[0].attempts, calls[0].error), ("send.message", 2, None));
    assert_eq!(calls[0].status.map(|status| status.as_u16()), Some(202));
    assert!(calls[0].duration >= Duration::from_millis(500));
    assert_eq!((calls[1].method, calls[1].path), ("GET", "/lists/{list_id}"));
    assert_eq!(calls[1].error, Some(trycourier::ErrorKind::NotFound));
    assert!(!format!("{calls:?}").contains("SECRET"));
}
