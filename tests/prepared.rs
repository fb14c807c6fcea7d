//! A prepared call acts once, even if several processes perform it, at any time and any number of times.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a test fails by a panic")]

mod support;

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use serde_json::{Value, json};
use support::scripted::{Scripted, status};
use trycourier::retry::Clock;
use trycourier::testing::{Courier, example};
use trycourier::types::{Message, Recipient};
use trycourier::{Client, Error, ErrorKind, Prepared, PreparedCall, calls};

/// A clock whose date the test sets.
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

/// A client of this Courier with that date, which the Courier shares.
fn client(courier: &Courier, date: u64) -> Client {
    courier.clock(move || UNIX_EPOCH + Duration::from_secs(date));
    courier.client_builder().api_key("pk_test_SECRET").clock(At::date(date)).build().unwrap()
}

fn send(client: &Client) -> calls::SendMessage {
    client.send().message(Message::new().to(Recipient::email("ada@example.com")).template("nt_welcome"))
}

#[tokio::test]
async fn performed_calls_equal_sent_calls() {
    let courier = Courier::new();
    let written = serde_json::to_string(&send(&client(&courier, CREATED_AT)).prepare().unwrap()).unwrap();
    assert!(courier.calls().is_empty());
    assert!(!written.contains("pk_test_SECRET"), "{written}");

    let mut ids = Vec::new();
    for hours in [0, 1, 23] {
        let prepared: Prepared<calls::SendMessage> = serde_json::from_str(&written).unwrap();
        let response = client(&courier, CREATED_AT + hours * HOUR).perform(&prepared).await.unwrap();
        ids.push(response.into_inner().request_id);
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
async fn serialized_calls_are_readable() {
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
async fn expired_calls_are_refused() {
    let courier = Courier::new();
    let maker = client(&courier, CREATED_AT);
    let plain = send(&maker).prepare().unwrap();
    let expiration = UNIX_EPOCH + Duration::from_secs(CREATED_AT + 100 * HOUR);
    let longer = send(&maker).idempotency_expiration(expiration).prepare().unwrap();
    let of_the_options = send(&maker).options(|options| options.idempotency_expiration(expiration)).prepare().unwrap();
    // Courier's documentation counts milliseconds, so nothing is concluded from seconds.
    let seconds = send(&maker).idempotency_expiration((CREATED_AT + 100 * HOUR).to_string()).prepare().unwrap();
    for (prepared, life) in [(plain, 24), (longer, 100), (of_the_options, 100), (seconds, 24)] {
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
async fn expiration_counts_when_the_call_is_sent() {
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
async fn no_wait_outlives_the_key() {
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
async fn calls_without_a_key_do_not_expire() {
    let courier = Courier::new();
    courier.on::<calls::MessagesList>().reply(example());
    let prepared = client(&courier, CREATED_AT).messages().list().cursor("a b").tag(["x"]).prepare().unwrap();
    assert_eq!((prepared.idempotency_key(), prepared.expires_at()), (None, None));
    client(&courier, CREATED_AT + 10_000 * HOUR).perform(&prepared).await.unwrap();
    let calls = courier.calls();
    assert_eq!(calls.iter().map(|call| call.target.as_str()).collect::<Vec<_>>(), ["/messages?cursor=a+b&tag=x"]);
}

#[tokio::test]
async fn calls_deserialize_only_as_their_operation() {
    let courier = Courier::new();
    let written = serde_json::to_value(send(&client(&courier, CREATED_AT)).prepare().unwrap()).unwrap();
    let error = serde_json::from_value::<Prepared<calls::BulkCreateJob>>(written.clone()).unwrap_err();
    assert_eq!(error.to_string(), "this is a prepared POST \"send.message\", not POST bulk.create_job");
    for (name, value) in
        [("method", json!("GET")), ("path", json!("https://evil.example/")), ("idempotency_key", Value::Null)]
    {
        let mut changed = written.clone();
        changed[name] = value;
        assert!(serde_json::from_value::<Prepared<calls::SendMessage>>(changed).is_err(), "{name}");
    }
}

#[tokio::test]
async fn corrupt_calls_are_refused() {
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
async fn invalid_arguments_cannot_be_prepared() {
    let courier = Courier::new();
    let client = client(&courier, CREATED_AT);
    let error = client.bulk().run_job("..").prepare().unwrap_err();
    assert_eq!((error.kind(), error.operation()), (ErrorKind::InvalidArgument, Some("bulk.run_job")));
    assert_eq!(send(&client).idempotency_key(" ").prepare().unwrap_err().kind(), ErrorKind::InvalidArgument);
    for expiration in ["next week", "0", "-1", "86400", "2027-01-31T09:00:00"] {
        let error = send(&client).idempotency_expiration(expiration).prepare().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidArgument, "{expiration}");
        let call = send(&client).options(|options| options.idempotency_expiration(expiration));
        assert_eq!(call.prepare().unwrap_err().kind(), ErrorKind::InvalidArgument, "{expiration}");
    }
}

#[test]
fn debug_shows_only_the_operation() {
    let client = Client::builder().api_key("pk_test_SECRET").build().unwrap();
    let shown = format!("{:?}", send(&client).prepare().unwrap());
    assert_eq!(shown, "Prepared(send.message)");
}

/// A client of this date, whose calls go to a fake.
fn fake_client(courier: &trycourier::testing::Courier, date: u64) -> Client {
    courier.client_builder().clock(At::date(date)).build().unwrap()
}

#[tokio::test]
async fn keys_are_not_trusted_beyond_their_lifetime() {
    let courier = trycourier::testing::Courier::new();
    let (hours, year) = (CREATED_AT + 100 * HOUR, 365 * 24);
    for (expiration, life) in [
        // A number of seconds, which the server may read as milliseconds in 1970.
        (hours.to_string(), 24),
        ((hours * 1000).to_string(), 100),
        // A key is kept for a year at most.
        (((CREATED_AT + 10 * year * HOUR) * 1000).to_string(), year),
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
async fn modified_calls_send_nothing() {
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
        let reported = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&reported);
        let client = courier.client_builder().clock(At::date(CREATED_AT)).on_call(move |_| {
            count.fetch_add(1, Ordering::Relaxed);
        });
        let error = client.build().unwrap().perform(&prepared).await.unwrap_err();
        assert_eq!((error.kind(), error.was_sent()), (ErrorKind::InvalidArgument, false), "{name} {value}");
        // A request that is refused before it is sent does not count as a call.
        assert_eq!((error.attempts(), reported.load(Ordering::Relaxed)), (0, 0), "{name} {value}");
    }
    assert!(courier.calls().is_empty());
}

#[tokio::test]
async fn keys_of_the_options_are_prepared() {
    let client = fake_client(&trycourier::testing::Courier::new(), CREATED_AT);
    let call = send(&client).options(|options| options.idempotency_key("order-8"));
    assert_eq!(call.clone().prepare().unwrap().idempotency_key(), Some("order-8"));
    assert_eq!(call.idempotency_key("order-9").prepare().unwrap().idempotency_key(), Some("order-9"));
}

#[tokio::test]
async fn prepared_posts_have_a_key_even_if_keys_are_off() {
    let courier = Courier::new();
    let client = courier.client_builder().options(|options| options.idempotency_keys(false)).build().unwrap();
    let prepared = send(&client).prepare().unwrap();
    assert_eq!(prepared.idempotency_key().map(str::len), Some(36));
    for _ in 0..2 {
        client.perform(&prepared).await.unwrap();
    }
    assert_eq!(courier.sent().len(), 1);
    // A call that is sent immediately has none.
    send(&client).await.unwrap();
    let keys: Vec<_> = courier.calls().iter().map(|call| call.idempotency_key().map(str::to_owned)).collect();
    assert_eq!(keys[2], None);
    assert_eq!(keys[0].as_deref(), prepared.idempotency_key());
}

#[tokio::test]
async fn calls_of_several_operations_share_a_table() {
    let courier = Courier::new();
    let maker = client(&courier, CREATED_AT);
    let send = send(&maker).idempotency_key("order-7").prepare().unwrap();
    let list = maker.lists().update("customers", "Customers").prepare().unwrap();
    let texts = [serde_json::to_string(&send).unwrap(), serde_json::to_string(&list).unwrap()];
    let calls: Vec<PreparedCall> = vec![
        send.clone().into(),
        list.into(),
        maker.profiles().create("user_1", [("city", "London")]).prepare().unwrap().into(),
        maker.profiles().retrieve("user_1").prepare().unwrap().into(),
        maker.lists().delete("customers").prepare().unwrap().into(),
    ];
    let table: Vec<String> = calls.iter().map(|call| serde_json::to_string(call).unwrap()).collect();
    assert_eq!(table[..2], texts, "the text is that of `Prepared`");
    assert_eq!(serde_json::from_str::<Prepared<calls::SendMessage>>(&table[0]).unwrap(), send);

    let worker = client(&courier, CREATED_AT + HOUR);
    let mut operations = Vec::new();
    for (row, call) in table.iter().zip(&calls) {
        let read: PreparedCall = serde_json::from_str(row).unwrap();
        assert_eq!(read, *call);
        assert_eq!(read.created_at(), UNIX_EPOCH + Duration::from_secs(CREATED_AT));
        assert_eq!(read.expires_at().is_some(), read.idempotency_key().is_some());
        let performed = worker.perform_call(&read).await.unwrap();
        assert!(performed.status().is_success() && performed.attempts() == 1);
        assert_eq!(performed.operation(), read.operation());
        match performed.operation() {
            "send.message" => {
                let raw: Value = serde_json::from_slice(&performed).unwrap();
                let sent = performed.decode::<calls::SendMessage>().unwrap();
                assert_eq!(raw["requestId"], sent.request_id.as_str());
                assert_eq!(courier.sent()[0].id, sent.request_id);
            }
            "profiles.retrieve" => {
                let user = performed.decode::<calls::ProfilesRetrieve>().unwrap().into_inner();
                assert_eq!(serde_json::to_value(user).unwrap()["profile"]["city"], "London");
            }
            "lists.update" | "lists.delete" => assert!(performed.into_response().into_inner().is_empty()),
            _ => {}
        }
        operations.push(read.operation().to_owned());
    }
    assert_eq!(operations, ["send.message", "lists.update", "profiles.create", "profiles.retrieve", "lists.delete"]);
    worker.perform_call(&send).await.unwrap();
    assert_eq!(courier.sent().len(), 1, "under its key a call acts once");
    assert_eq!(courier.calls()[0].idempotency_key(), Some("order-7"));
}

/// A prepared send, as a value to change.
fn written(courier: &Courier) -> Value {
    serde_json::to_value(send(&client(courier, CREATED_AT)).prepare().unwrap()).unwrap()
}

async fn perform(client: &Client, written: &Value) -> Result<(), Error> {
    let call: PreparedCall = serde_json::from_value(written.clone()).unwrap();
    client.perform_call(&call).await.map(drop)
}

#[tokio::test]
async fn unknown_operations_are_kept_and_refused() {
    let courier = Courier::new();
    for (method, name) in [("POST", "faxes.send"), ("GET", "evil\n\u{1b}[31m"), ("POST", "Send.Message")] {
        let mut written = written(&courier);
        written["operation"] = name.into();
        written["method"] = method.into();
        let call: PreparedCall = serde_json::from_value(written.clone()).unwrap();
        assert_eq!(call.operation(), name);
        assert_eq!(serde_json::to_value(&call).unwrap(), written);
        let error = perform(&client(&courier, CREATED_AT), &written).await.unwrap_err();
        assert_eq!((error.kind(), error.was_sent()), (ErrorKind::UnknownOperation, false));
        assert!(!error.is_transient());
        let texts = [error.to_string(), format!("{call:?}")];
        assert!(texts.iter().all(|text| !text.contains(['\n', '\u{1b}'])), "{texts:?}");
    }
    let mut written = written(&courier);
    written["operation"] = "faxes.send".into();
    assert_eq!(
        perform(&client(&courier, CREATED_AT), &written).await.unwrap_err().to_string(),
        "this version of the crate does not know the operation \"faxes.send\" of the prepared call: use the version that \
         prepared it, or enable the feature of its resource"
    );
    assert!(courier.calls().is_empty());
}

#[tokio::test]
async fn unusable_calls_of_any_operation_send_nothing() {
    let courier = Courier::new();
    let written = written(&courier);
    let error = perform(&client(&courier, CREATED_AT + 24 * HOUR), &written).await.unwrap_err();
    assert_eq!((error.kind(), error.operation()), (ErrorKind::Expired, Some("send.message")));
    for (name, value) in [
        ("method", json!("PUT")),
        ("path", json!("/a/../send")),
        ("query", json!("a b")),
        ("idempotency_key", json!("a\nb")),
        ("headers", json!({"authorization": "Bearer mallory"})),
        ("headers", json!({"Host": "evil.example"})),
        ("headers", json!({"content-length": "5"})),
    ] {
        let mut changed = written.clone();
        changed[name] = value;
        let error = perform(&client(&courier, CREATED_AT), &changed).await.unwrap_err();
        assert_eq!((error.kind(), error.was_sent()), (ErrorKind::InvalidArgument, false), "{changed}");
    }
    for (name, value) in
        [("path", json!("https://evil.example/")), ("idempotency_key", Value::Null), ("created_at", json!(-1))]
    {
        let mut changed = written.clone();
        changed[name] = value;
        assert!(serde_json::from_value::<PreparedCall>(changed).is_err(), "{name}");
    }
    assert!(courier.calls().is_empty());
}

#[tokio::test]
async fn any_response_fails_as_that_of_its_operation() {
    let client = Courier::new().client();
    let call: PreparedCall = send(&client).prepare().unwrap().into();
    let truncated = || status(202, r#"{"requestId": "#);
    let complete = || status(202, r#"{"requestId": "1-a"}"#);
    let server = Scripted::outcomes(vec![truncated, complete]);
    let client = |server: &Scripted| server.builder().clock(At::date(0)).build().unwrap();
    let call_at_0 = |call: &PreparedCall| {
        let mut written = serde_json::to_value(call).unwrap();
        written["created_at"] = json!(0);
        serde_json::from_value::<PreparedCall>(written).unwrap()
    };
    let call = call_at_0(&call);
    let performed = client(&server).perform_call(&call).await.unwrap();
    assert_eq!((server.seen(), performed.attempts()), (2, 2), "a response that breaks off is requested again");
    let keys = server.headers("idempotency-key");
    assert_eq!(keys[0], keys[1]);

    let error = performed.decode::<calls::BulkCreateJob>().unwrap_err();
    assert_eq!((error.kind(), error.was_accepted()), (ErrorKind::Decode, true));
    assert_eq!(error.to_string(), "202 Accepted: this is the response to send.message, not to bulk.create_job");

    for (outcome, kind) in [
        ((|| status(202, "")) as fn() -> _, ErrorKind::EmptyBody),
        (|| status(200, "<html>"), ErrorKind::UnexpectedResponse),
        (|| status(400, r#"{"message": "no"}"#), ErrorKind::BadRequest),
    ] {
        let error = client(&Scripted::outcomes(vec![outcome])).perform_call(&call).await.unwrap_err();
        assert_eq!((error.kind(), error.operation()), (kind, Some("send.message")));
        assert_eq!(error.idempotency_key(), call.idempotency_key());
    }
    // A value of another type is a mismatch, which strict decoding refuses.
    let server = Scripted::outcomes(vec![|| status(202, r#"{"requestId": 5}"#)]);
    let lenient = client(&server).perform_call(&call).await.unwrap().decode::<calls::SendMessage>().unwrap();
    assert_eq!(lenient.mismatches().len(), 1);
    let strict = client(&server).with_options(|options| options.strict_decoding(true));
    let error = strict.perform_call(&call).await.unwrap().decode::<calls::SendMessage>().unwrap_err();
    assert_eq!((error.kind(), error.was_accepted()), (ErrorKind::Mismatch, true));
    assert_eq!(error.idempotency_key(), call.idempotency_key());
}

#[tokio::test]
async fn debug_of_any_call_shows_only_the_operation() {
    let courier = Courier::new();
    let client = client(&courier, CREATED_AT);
    let call = client.users().tokens().retrieve("SECRET-USER", "SECRET-TOKEN").prepare().unwrap();
    let call = PreparedCall::from(call);
    assert_eq!(format!("{call:?}"), "PreparedCall(users.tokens.retrieve)");
    let call = PreparedCall::from(send(&client).prepare().unwrap());
    let performed = client.perform_call(&call).await.unwrap();
    let id = courier.sent()[0].id.clone();
    assert_eq!(format!("{performed:?}"), "PerformedCall { operation: \"send.message\", status: 202, attempts: 1, .. }");
    assert!(!format!("{performed:?}").contains(&id));
}
