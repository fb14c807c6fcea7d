//! A trace of a call and its attempts has the fields of OpenTelemetry's semantic conventions, an event for each retry, and nothing that
//! belongs to the caller.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a test fails by a panic")]

mod support;

use std::collections::BTreeMap;
use std::fmt;
use std::future::Future;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use opentelemetry::trace::{SpanKind, TracerProvider as _};
use opentelemetry_sdk::trace::{InMemorySpanExporter, SdkTracerProvider, SpanData};
use serde_json::json;
use support::faulty::{Act, Faulty, KEY, TestClock};
use support::scripted::{PausedClock, Scripted, good, lost, status};
use tracing::Instrument as _;
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::layer::{Context, SubscriberExt as _};
use tracing_subscriber::registry::LookupSpan;
use trycourier::http::{Method, Response};
use trycourier::transport::Body;
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
    /// The spans of calls by their ids.
    spans: BTreeMap<u64, Fields>,
    /// The spans of attempts by their ids, each with its parent.
    attempts: BTreeMap<u64, (Option<u64>, Fields)>,
    events: Vec<(Option<u64>, Fields)>,
    everything: String,
}

impl<S: Subscriber + for<'a> LookupSpan<'a>> Layer<S> for Memory {
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, _: Context<'_, S>) {
        let mut taken = Taken::default();
        attributes.record(&mut taken);
        let mut kept = self.0.lock().unwrap();
        kept.everything += &format!("{} {:?}\n", attributes.metadata().name(), taken.0);
        if attributes.metadata().name() == "courier.attempt" {
            kept.attempts.insert(id.into_u64(), (attributes.parent().map(Id::into_u64), taken.0));
        } else if attributes.metadata().target().starts_with("trycourier") {
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
        } else if let Some((_, span)) = kept.attempts.get_mut(&id.into_u64()) {
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

/// Every test of this file has the subscriber, because the first thread that reaches a span decides whether it is
/// recorded.
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
        ("otel.kind", text("internal")),
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
    assert_eq!(span.get("courier.rate_limit_delay_ms"), None);

    let outcomes = [(None, Some("Connection"), None), (Some(429), Some("429"), Some(1)), (Some(202), None, Some(2))];
    assert_eq!(kept.attempts.len(), 3);
    for ((parent, attempt), (status, error, resent)) in kept.attempts.values().zip(outcomes) {
        assert_eq!(parent, &Some(*id), "an attempt is a child of its call");
        for (name, value) in [
            ("otel.name", Some(text("POST /send"))),
            ("otel.kind", Some(text("client"))),
            ("http.request.method", Some(text("POST"))),
            ("url.template", Some(text("/send"))),
            ("server.address", Some(text("127.0.0.1"))),
            ("server.port", Some(Value::Number(port))),
            ("network.protocol.version", status.map(|_| text("1.1"))),
            ("http.response.status_code", status.map(Value::Number)),
            ("http.request.resend_count", resent.map(Value::Number)),
            ("error.type", error.map(text)),
        ] {
            assert_eq!(attempt.get(name), value.as_ref(), "{name}");
        }
    }

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
async fn dropped_call_is_traced_as_canceled() {
    let (memory, _guard) = watched();
    let server = Faulty::start(vec![Act::says_and_hangs("")]).await;
    let client = server.builder().build().unwrap();
    let mut call = Box::pin(client.lists().list().send());
    // Until the server has the request.
    while server.acts() == 0 {
        assert!(futures::poll!(&mut call).is_pending());
        tokio::task::yield_now().await;
    }
    drop(call);
    let kept = memory.0.lock().unwrap();
    let spans = kept.spans.values().chain(kept.attempts.values().map(|(_, attempt)| attempt));
    let errors: Vec<_> = spans.map(|span| span.get("error.type")).collect();
    assert_eq!(errors, [Some(&text("canceled")); 2]);
}

#[tokio::test(start_paused = true)]
async fn report_has_the_delays_of_a_call() {
    let (memory, _guard) = watched();
    let limited = || Ok(Response::builder().status(429).header("retry-after", "7").body(Body::empty()).unwrap());
    let server = Scripted::outcomes(vec![good, limited, lost, good]);
    let reports = Arc::new(Mutex::new(Vec::new()));
    let seen = Arc::clone(&reports);
    let client = server
        .builder()
        .clock(PausedClock)
        .rate_limit(1, Duration::from_secs(3))
        .on_call(move |report| seen.lock().unwrap().push(report.clone()));
    let client = client.build().unwrap();
    client.lists().delete("a").await.unwrap();
    client.lists().delete("a").await.unwrap();
    let hurried = client.with_options(|options| options.total_timeout(Duration::from_secs(1)));
    let calls = [hurried.lists().delete("a").send(), hurried.lists().delete("a").send()];
    futures::future::join_all(calls).await;
    let delays: Vec<_> = reports
        .lock()
        .unwrap()
        .iter()
        .map(|report| (report.attempts, report.rate_limited, report.rate_limit_delay, report.retry_delay))
        .collect();
    let seconds = Duration::from_secs;
    assert_eq!(delays[0], (1, 0, Duration::ZERO, Duration::ZERO));
    assert_eq!(delays[1], (3, 1, seconds(3), seconds(8)));
    assert_eq!(delays[2..], [(1, 0, Duration::ZERO, Duration::ZERO), (0, 0, Duration::ZERO, Duration::ZERO)]);
    let reports = reports.lock().unwrap();
    assert_eq!((reports[1].duration, reports[1].error), (seconds(11), None));
    assert_eq!(reports[3].error, Some(trycourier::ErrorKind::RateLimited));
    let kept = memory.0.lock().unwrap();
    let delay = |span: &Fields| span.get("courier.rate_limit_delay_ms").cloned();
    assert_eq!(kept.spans.values().map(delay).collect::<Vec<_>>(), [None, Some(Value::Number(3000)), None, None]);
}

#[tokio::test]
async fn every_call_is_reported_once() {
    let (_memory, _guard) = watched();
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

/// Runs a future with `tracing-opentelemetry`, and returns the spans.
async fn traced<T>(future: impl Future<Output = T>) -> (T, Vec<SpanData>) {
    let exporter = InMemorySpanExporter::default();
    let provider = SdkTracerProvider::builder().with_simple_exporter(exporter.clone()).build();
    let layer = tracing_opentelemetry::layer().with_tracer(provider.tracer("test"));
    let guard = tracing::subscriber::set_default(tracing_subscriber::registry().with(layer));
    let output = future.instrument(tracing::info_span!("request of a user")).await;
    drop(guard);
    provider.force_flush().unwrap();
    (output, exporter.get_finished_spans().unwrap())
}

#[tokio::test]
async fn each_attempt_is_the_parent_at_the_server() {
    let server = Scripted::outcomes(vec![|| status(503, ""), good]);
    let builder = || server.builder().clock(TestClock::new());
    let client = builder().propagate_trace_context(true).build().unwrap();
    let (outcome, spans) = traced(client.lists().delete("a").send()).await;
    outcome.unwrap();
    let named = |name: &str| spans.iter().filter(|span| span.name == name).collect::<Vec<_>>();
    let [user] = named("request of a user")[..] else { panic!("{spans:?}") };
    let [first, second, call] = named("DELETE /lists/{list_id}")[..] else { panic!("{spans:?}") };
    assert_eq!(call.parent_span_id, user.span_context.span_id());
    assert_eq!(call.span_kind, SpanKind::Internal);
    for attempt in [first, second] {
        assert_eq!(attempt.parent_span_id, call.span_context.span_id());
        assert_eq!(attempt.span_kind, SpanKind::Client);
    }
    let parent =
        |span: &SpanData| Some(format!("00-{}-{}-01", user.span_context.trace_id(), span.span_context.span_id()));
    assert_eq!(server.headers("traceparent"), [parent(first), parent(second)]);

    // Only if it is enabled, and never in place of the caller's own header.
    let (outcome, _) = traced(builder().build().unwrap().lists().delete("a").send()).await;
    outcome.unwrap();
    let own = builder().propagate_trace_context(true).options(|options| options.header("traceparent", "mine"));
    let (outcome, _) = traced(own.build().unwrap().lists().delete("a").send()).await;
    outcome.unwrap();
    client.lists().delete("a").await.unwrap();
    assert_eq!(server.headers("traceparent")[2..], [None, Some("mine".to_owned()), None]);
}
