//! A prepared call is performed once, however often, whenever and by whomever it is performed.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a test fails by a panic")]

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use serde_json::{Value, json};
use trycourier::retry::Clock;
use trycourier::testing::{Courier, example};
use trycourier::types::{Message, Recipient};
use trycourier::{Client, ErrorKind, Prepared, calls};

/// Its date is what was said last.
struct At(Arc<AtomicU64>);

impl At {
    fn date(seconds: u64) -> Self {
        Self(Arc::new(AtomicU64::new(seconds)))
    }
}

impl Clock for At {
    fn now(&self) -> Instant {
        Instant::now()
    }

    fn date(&self) -> SystemTime {
        UNIX_EPOCH + Duration::from_secs(self.0.load(Ordering::Relaxed))
    }

    fn sleep(&self, _: Duration) -> Pin<Box<dyn Future<Output = ()> + Send>> {
        Box::pin(async {})
    }

    fn random(&self) -> f64 {
        0.0
    }
}

const CREATED_AT: u64 = 1_790_000_000;
const HOUR: u64 = 3600;

/// A client of this Courier on that date, which is the Courier's too.
fn client(courier: &Courier, date: u64) -> Client {
    courier.clock(move || UNIX_EPOCH + Duration::from_secs(date));
    courier.client_builder().api_key("pk_test_SECRET").clock(At::date(date)).build().unwrap()
}

fn send(client: &Client) -> calls::SendMessage {
    client.send().message(Message::new().to(Recipient::email("ada@example.com")).template("nt_welcome"))
}

#[tokio::test]
async fn it_sends_what_the_call_would_from_another_process_and_under_one_key() {
    let courier = Courier::new();
    let written = serde_json::to_string(&send(&client(&courier, CREATED_AT)).prepare().unwrap()).unwrap();
    assert!(courier.calls().is_empty());
    assert!(!written.contains("pk_test_SECRET"), "{written}");

    let mut ids = Vec::new();
    for hours in [0, 1, 23] {
        let prepared: Prepared<calls::SendMessage> = serde_json::from_str(&written).unwrap();
        let answer = client(&courier, CREATED_AT + hours * HOUR).perform(&prepared).await.unwrap();
        ids.push(answer.into_inner().request_id);
    }
    assert_eq!(courier.sent().len(), 1);
    assert!(ids.iter().all(|id| *id == courier.sent()[0].id));
    send(&client(&courier, CREATED_AT)).await.unwrap();
    assert_eq!(courier.sent().len(), 2);
    let calls = courier.calls();
    let key = calls[0].idempotency_key().unwrap();
    assert_eq!(key.len(), 36);
    for call in &calls[..3] {
        assert_eq!(call.idempotency_key(), Some(key));
        assert_eq!((&call.method, &call.target, &call.body), (&calls[3].method, &calls[3].target, &calls[3].body));
        assert_eq!(call.headers.get("content-type"), calls[3].headers.get("content-type"));
    }
    assert_ne!(calls[3].idempotency_key(), Some(key));
}

#[tokio::test]
async fn what_is_written_down_can_be_read() {
    let courier = Courier::new();
    let call =
        send(&client(&courier, CREATED_AT)).idempotency_key("order-7").idempotency_expiration("2026-12-31T00:00:00Z");
    let written = serde_json::to_value(call.prepare().unwrap()).unwrap();
    let body = written["body"].as_str().unwrap();
    assert_eq!(
        serde_json::from_str::<Value>(body).unwrap(),
        json!({"message": {"to": {"email": "ada@example.com"}, "template": "nt_welcome"}})
    );
    assert_eq!(
        written,
        json!({
            "operation": "send.message",
            "method": "POST",
            "path": "/send",
            "headers": {"x-idempotency-expiration": "2026-12-31T00:00:00Z"},
            "body": body,
            "idempotency_key": "order-7",
            "created_at": CREATED_AT * 1000,
        })
    );
}

#[tokio::test]
async fn past_the_life_of_its_key_it_is_refused_and_nothing_is_sent() {
    let courier = Courier::new();
    let maker = client(&courier, CREATED_AT);
    let plain = send(&maker).prepare().unwrap();
    let longer = send(&maker).idempotency_expiration((CREATED_AT + 100 * HOUR).to_string()).prepare().unwrap();
    let of_the_options =
        send(&maker).options(|options| options.idempotency_expiration(&(CREATED_AT + 100 * HOUR).to_string()));
    let of_the_options = of_the_options.prepare().unwrap();
    let odd = send(&maker).idempotency_expiration("next week").prepare().unwrap();
    for (prepared, life) in [(plain, 24), (longer, 100), (of_the_options, 100), (odd, 24)] {
        let end = CREATED_AT + life * HOUR - 300;
        assert_eq!(prepared.expires_at(), Some(UNIX_EPOCH + Duration::from_secs(end)));
        client(&courier, end - 1).perform(&prepared).await.unwrap();
        let sent = courier.calls().len();
        for late in [end, end + 1, end + 1000 * HOUR] {
            let error = client(&courier, late).perform(&prepared).await.unwrap_err();
            assert_eq!((error.kind(), error.was_sent(), error.is_transient()), (ErrorKind::Expired, false, false));
            assert_eq!(error.operation(), Some("send.message"));
        }
        assert_eq!(courier.calls().len(), sent);
    }
}

#[tokio::test]
async fn it_is_too_late_when_it_is_sent_and_not_when_it_was_asked_for() {
    let courier = Courier::new();
    let date = Arc::new(AtomicU64::new(CREATED_AT));
    let client = courier.client_builder().clock(At(Arc::clone(&date))).build().unwrap();
    let prepared = send(&client).prepare().unwrap();
    let performed = client.perform(&prepared);
    date.store(CREATED_AT + 25 * HOUR, Ordering::Relaxed);
    assert_eq!(performed.await.unwrap_err().kind(), ErrorKind::Expired);
    assert!(courier.calls().is_empty());
}

#[tokio::test]
async fn no_turn_in_a_pace_and_no_retry_comes_when_the_key_is_forgotten() {
    let courier = Courier::new();
    let client = courier.client_builder().rate_limit(1, Duration::from_secs(10 * HOUR)).build().unwrap();
    let prepared = send(&client).prepare().unwrap();
    for _ in 0..3 {
        client.perform(&prepared).await.unwrap();
    }
    // Its turn would be after 30 hours.
    let error = client.perform(&prepared).await.unwrap_err();
    assert_eq!((error.was_sent(), courier.calls().len(), courier.sent().len()), (false, 3, 1));

    let courier = Courier::new();
    let _ = courier.on::<calls::SendMessage>().disconnect_after_acting().pass_through();
    let patient = trycourier::retry::Backoff::default().initial_delay(Duration::from_secs(30 * HOUR));
    let patient = patient.max_delay(Duration::from_secs(30 * HOUR));
    let client = courier.client_builder().options(|options| options.backoff(patient)).build().unwrap();
    let error = client.perform(&send(&client).prepare().unwrap()).await.unwrap_err();
    assert_eq!((error.kind(), error.was_sent(), courier.sent().len()), (ErrorKind::Connection, true, 1));
}

#[tokio::test]
async fn what_needs_no_key_has_none_and_lives_on() {
    let courier = Courier::new();
    courier.on::<calls::MessagesList>().reply(example());
    let prepared = client(&courier, CREATED_AT).messages().list().cursor("a b").tag(["x"]).prepare().unwrap();
    assert_eq!((prepared.idempotency_key(), prepared.expires_at()), (None, None));
    client(&courier, CREATED_AT + 10_000 * HOUR).perform(&prepared).await.unwrap();
    let calls = courier.calls();
    assert_eq!(calls.iter().map(|call| call.target.as_str()).collect::<Vec<_>>(), ["/messages?cursor=a+b&tag=x"]);
}

#[tokio::test]
async fn it_is_read_as_its_own_operation_alone() {
    let courier = Courier::new();
    let written = serde_json::to_value(send(&client(&courier, CREATED_AT)).prepare().unwrap()).unwrap();
    let error = serde_json::from_value::<Prepared<calls::BulkCreateJob>>(written.clone()).unwrap_err();
    assert_eq!(error.to_string(), "this is a prepared call of \"send.message\", not of bulk.create_job");
    for (name, value) in
        [("method", json!("GET")), ("path", json!("https://evil.example/")), ("idempotency_key", Value::Null)]
    {
        let mut changed = written.clone();
        changed[name] = value;
        assert!(serde_json::from_value::<Prepared<calls::SendMessage>>(changed).is_err(), "{name}");
    }
}

#[tokio::test]
async fn a_damaged_one_is_refused_and_sends_nothing() {
    let courier = Courier::new();
    let written = serde_json::to_value(send(&client(&courier, CREATED_AT)).prepare().unwrap()).unwrap();
    for (name, value) in [
        ("path", json!("/a/../send")),
        ("idempotency_key", json!("a\nb")),
        ("idempotency_key", json!(" ")),
        ("headers", json!({"x y": "z"})),
    ] {
        let mut changed = written.clone();
        changed[name] = value;
        let prepared: Prepared<calls::SendMessage> = serde_json::from_value(changed).unwrap();
        let error = client(&courier, CREATED_AT).perform(&prepared).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidArgument, "{name}");
    }
    assert!(courier.calls().is_empty());
}

#[tokio::test]
async fn what_cannot_be_sent_cannot_be_prepared() {
    let courier = Courier::new();
    let client = client(&courier, CREATED_AT);
    let error = client.bulk().run_job("..").prepare().unwrap_err();
    assert_eq!((error.kind(), error.operation()), (ErrorKind::InvalidArgument, Some("bulk.run_job")));
    assert_eq!(send(&client).idempotency_key(" ").prepare().unwrap_err().kind(), ErrorKind::InvalidArgument);
}

#[test]
fn it_shows_nothing_of_what_it_sends() {
    let client = Client::builder().api_key("pk_test_SECRET").build().unwrap();
    let shown = format!("{:?}", send(&client).prepare().unwrap());
    assert_eq!(shown, "Prepared(send.message)");
}

/// A client of this date, whose calls go to a fake.
fn fake_client(courier: &trycourier::testing::Courier, date: u64) -> Client {
    courier.client_builder().clock(At::date(date)).build().unwrap()
}

#[tokio::test]
async fn no_key_is_trusted_for_longer_than_courier_keeps_one() {
    let courier = trycourier::testing::Courier::new();
    let (hours, year) = (CREATED_AT + 100 * HOUR, 365 * 24);
    for (expiration, life) in [
        (hours.to_string(), 100),
        // As milliseconds.
        ((hours * 1000).to_string(), 100),
        // A key is kept for a year at most, whatever was asked for.
        ((CREATED_AT + 10 * year * HOUR).to_string(), year),
        (u64::MAX.to_string(), year),
        ("9999-12-31T00:00:00Z".to_owned(), year),
    ] {
        let prepared =
            send(&fake_client(&courier, CREATED_AT)).idempotency_expiration(expiration.as_str()).prepare().unwrap();
        let end = CREATED_AT + life * HOUR - 300;
        assert_eq!(prepared.expires_at(), Some(UNIX_EPOCH + Duration::from_secs(end)), "{expiration}");
        let error = fake_client(&courier, end).perform(&prepared).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Expired, "{expiration}");
        fake_client(&courier, end - 1).perform(&prepared).await.unwrap();
    }
}

#[tokio::test]
async fn a_row_that_was_tampered_with_sends_nothing() {
    let courier = trycourier::testing::Courier::new();
    let written = serde_json::to_value(send(&fake_client(&courier, CREATED_AT)).prepare().unwrap()).unwrap();
    for (name, value) in [
        ("headers", json!({"authorization": "Bearer mallory"})),
        ("headers", json!({"Host": "evil.example"})),
        ("headers", json!({"content-length": "5"})),
        ("headers", json!({"transfer-encoding": "chunked"})),
        ("path", json!("/send#x")),
        ("path", json!("/send\n")),
        ("path", json!("/se\\nd")),
        ("query", json!("a b")),
        ("query", json!("a#b")),
    ] {
        let mut changed = written.clone();
        changed[name] = value.clone();
        let prepared: Prepared<calls::SendMessage> = serde_json::from_value(changed).unwrap();
        let told = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&told);
        let client = courier.client_builder().clock(At::date(CREATED_AT)).on_call(move |_| {
            count.fetch_add(1, Ordering::Relaxed);
        });
        let error = client.build().unwrap().perform(&prepared).await.unwrap_err();
        assert_eq!((error.kind(), error.was_sent()), (ErrorKind::InvalidArgument, false), "{name} {value}");
        // What is refused before it goes out is no call.
        assert_eq!((error.attempts(), told.load(Ordering::Relaxed)), (0, 0), "{name} {value}");
    }
    assert!(courier.calls().is_empty());
}

#[tokio::test]
async fn a_key_that_the_options_set_is_the_calls() {
    let client = fake_client(&trycourier::testing::Courier::new(), CREATED_AT);
    let call = send(&client).options(|options| options.idempotency_key("order-8"));
    assert_eq!(call.clone().prepare().unwrap().idempotency_key(), Some("order-8"));
    assert_eq!(call.idempotency_key("order-9").prepare().unwrap().idempotency_key(), Some("order-9"));
}
