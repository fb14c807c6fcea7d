//! A call is retried within its limits, reports the outcome of all its attempts, and leaves nothing behind.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a test fails by a panic")]

mod support;

use std::time::Duration;

use serde_json::{Value, json};
use support::faulty::{Act, Faulty, TestClock, answer};
use tokio::io::AsyncWriteExt as _;
use trycourier::http::Method;
use trycourier::retry::Backoff;
use trycourier::{Client, Error, ErrorKind, types};

fn good() -> Act {
    Act::answer(202, &[], r#"{"requestId": "1-abc", "id": "list", "name": "A list"}"#)
}

fn failing() -> Act {
    Act::answer(503, &[], "")
}

async fn send(client: &Client) -> Result<String, Error> {
    let message = json!({"to": {"user_id": "u"}, "template": "t"});
    let body: types::Message = serde_json::from_value(message).unwrap();
    client.send().message(body).await.map(|sent| sent.into_inner().request_id)
}

/// Returns the idempotency keys that arrived.
fn keys(server: &Faulty) -> Vec<Option<String>> {
    server.seen().iter().map(|request| request.header("idempotency-key").map(str::to_owned)).collect()
}

#[tokio::test]
async fn error_covers_every_attempt() {
    // The server acts, and then disappears: if the error said that nothing happened, the caller would send again.
    let server = Faulty::start(vec![Act::says_and_resets(""), Act::answer(400, &[], "")]).await;
    let error = send(&server.builder().clock(TestClock::new()).build().unwrap()).await.unwrap_err();
    assert_eq!((error.kind(), error.attempts()), (ErrorKind::BadRequest, 2));
    assert!(error.was_sent() && !error.was_accepted());

    let whole = answer(202, &[], "{\"requestId\"");
    let broken = &whole[..whole.len() - 3];
    let server = Faulty::start(vec![Act::says_and_closes(broken), failing()]).await;
    let error = send(&server.builder().clock(TestClock::new()).build().unwrap()).await.unwrap_err();
    assert_eq!((error.kind(), error.attempts()), (ErrorKind::Server, 3));
    assert!(error.was_accepted(), "the first attempt was");
}

#[tokio::test]
async fn earlier_attempt_stays_sent_after_connect_errors() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let server = tokio::spawn(async move {
        let (mut socket, _) = listener.accept().await.unwrap();
        drop(listener);
        support::faulty::read_request(&mut socket, &mut Vec::new()).await.unwrap();
    });
    let client = Client::builder().api_key("key").base_url(url).clock(TestClock::new()).build().unwrap();
    let error = send(&client).await.unwrap_err();
    server.await.unwrap();
    assert_eq!((error.kind(), error.attempts()), (ErrorKind::Connection, 3));
    assert!(error.was_sent(), "{error}");
}

#[tokio::test]
async fn empty_repeated_response_was_accepted() {
    let server = Faulty::start(vec![Act::says_and_resets(""), Act::answer(202, &[], "")]).await;
    let error = send(&server.builder().clock(TestClock::new()).build().unwrap()).await.unwrap_err();
    assert_eq!((error.kind(), error.attempts()), (ErrorKind::EmptyBody, 2));
    assert!(error.was_accepted());
    let keys = keys(&server);
    assert!(keys[0].is_some() && keys[0] == keys[1], "{keys:?}");
}

#[tokio::test]
async fn retries_can_be_turned_off_and_up() {
    for (retries, delays) in [(0, vec![]), (1, vec![500]), (6, vec![500, 1000, 2000, 4000, 8000, 8000])] {
        let (server, clock) = (Faulty::start(vec![failing()]).await, TestClock::new());
        let error = send(
            &server.builder().options(|options| options.max_retries(retries)).clock(clock.clone()).build().unwrap(),
        )
        .await
        .unwrap_err();
        assert_eq!(error.attempts(), retries + 1);
        assert_eq!(clock.delays(), delays);
    }
    let (server, clock) = (Faulty::start(vec![failing()]).await, TestClock::random(0.999_999));
    send(&server.builder().clock(clock.clone()).build().unwrap()).await.unwrap_err();
    assert_eq!(clock.delays(), [375, 750], "less up to a quarter at random");
    let (server, clock) = (Faulty::start(vec![failing()]).await, TestClock::new());
    let backoff = Backoff::default().initial_delay(Duration::from_millis(7)).max_delay(Duration::from_millis(10));
    let client = server.builder().clock(clock.clone()).build().unwrap();
    send(&client.with_options(|options| options.backoff(backoff))).await.unwrap_err();
    assert_eq!(clock.delays(), [7, 10]);
}

#[tokio::test]
async fn total_timeout_covers_all_attempts() {
    // Attempts at 0, 0.5 and 1.5 s; the next would be at 3.5 s.
    let (server, clock) = (Faulty::start(vec![failing()]).await, TestClock::new());
    let client = server.builder().clock(clock.clone()).options(|options| options.max_retries(9)).build().unwrap();
    let error = send(&client.with_options(|options| options.total_timeout(Duration::from_secs(3)))).await.unwrap_err();
    assert_eq!((error.kind(), error.attempts()), (ErrorKind::Server, 3));
    assert_eq!(clock.delays(), [500, 1000]);

    // The client does not wait for a server that requests more than the remaining time.
    let (server, clock) = (Faulty::start(vec![Act::answer(429, &[("retry-after", "50")], "")]).await, TestClock::new());
    let client = server
        .builder()
        .clock(clock.clone())
        .options(|options| options.total_timeout(Duration::from_secs(50)))
        .build()
        .unwrap();
    assert_eq!(send(&client).await.unwrap_err().attempts(), 1);
    assert!(clock.delays().is_empty());

    // An attempt gets no more than the remaining time.
    let server = Faulty::start(vec![Act::says_and_hangs("")]).await;
    let client = server.builder().options(|options| options.total_timeout(Duration::from_millis(80))).build().unwrap();
    let error = tokio::time::timeout(Duration::from_secs(20), send(&client)).await.unwrap().unwrap_err();
    assert_eq!((error.kind(), error.attempts()), (ErrorKind::Timeout, 1));
}

#[tokio::test]
async fn nothing_is_sent_after_the_total_timeout() {
    let (server, clock) = (Faulty::start(vec![failing()]).await, TestClock::oversleeping(Duration::from_secs(3600)));
    let client = server
        .builder()
        .clock(clock)
        .options(|options| options.total_timeout(Duration::from_secs(60)))
        .build()
        .unwrap();
    let error = send(&client).await.unwrap_err();
    assert_eq!((error.kind(), error.attempts(), server.acts()), (ErrorKind::Server, 1, 1));

    let none = client.with_options(|options| options.total_timeout(Duration::ZERO));
    let error = send(&none).await.unwrap_err();
    assert_eq!((error.kind(), error.attempts(), server.acts()), (ErrorKind::Timeout, 0, 1));
    assert!(!error.was_sent());
}

#[tokio::test]
async fn longest_durations_do_not_overflow() {
    let (server, clock) = (Faulty::start(vec![failing(), good()]).await, TestClock::new());
    let client =
        server.builder().clock(clock).connect_timeout(Duration::MAX).options(|options| options.max_retries(u32::MAX));
    let client = client.options(|options| {
        options.attempt_timeout(Duration::MAX).total_timeout(Duration::MAX).max_response_bytes(usize::MAX)
    });
    assert_eq!(send(&client.build().unwrap()).await.unwrap(), "1-abc");
}

#[tokio::test]
async fn clones_share_one_retry_budget() {
    let server = Faulty::start(vec![failing()]).await;
    // No time passes in which the budget would be refilled.
    let brief = Backoff::default().max_delay(Duration::from_millis(1));
    let client = server.builder().clock(TestClock::new()).retry_budget(4).options(|options| options.backoff(brief));
    let client = client.build().unwrap();
    let attempts = async |client: &Client| send(client).await.unwrap_err().attempts();
    // Four retries can be made, by any calls of the client.
    assert_eq!(attempts(&client).await, 3);
    assert_eq!(attempts(&client.clone().with_options(|options| options.max_retries(1))).await, 2);
    assert_eq!(attempts(&client).await, 2);
    assert_eq!(attempts(&client).await, 1);
    assert_eq!(attempts(&client.with_options(|options| options.max_retries(100))).await, 1);
    let other = server.builder().clock(TestClock::new()).build().unwrap();
    assert_eq!(attempts(&other).await, 3, "another client has a separate budget");
}

#[tokio::test]
async fn spent_budget_stops_only_retries() {
    let script = [failing()].into_iter().chain([good(), good(), good()]).chain([failing(), good()]).collect();
    let server = Faulty::start(script).await;
    let client = server.builder().clock(TestClock::new()).retry_budget(1).build().unwrap();
    // Takes the retry, and returns it after the success.
    send(&client).await.unwrap();
    send(&client).await.unwrap();
    send(&client).await.unwrap();
    send(&client).await.unwrap();
    assert_eq!(server.acts(), 6);
    let none = server.builder().clock(TestClock::new()).retry_budget(0).build().unwrap();
    send(&none).await.unwrap();
}

#[tokio::test]
async fn cut_connections_lose_none_of_300_calls() {
    const CALLS: usize = 300;
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let all = std::sync::Arc::new(tokio::sync::Barrier::new(CALLS));
    tokio::spawn(async move {
        for number in 0.. {
            let (mut socket, _) = listener.accept().await.unwrap();
            let all = std::sync::Arc::clone(&all);
            tokio::spawn(async move {
                let mut buffer = Vec::new();
                while support::faulty::read_request(&mut socket, &mut buffer).await.is_ok() {
                    if number < CALLS {
                        // All are cut as soon as all are in flight.
                        all.wait().await;
                        return socket.set_zero_linger().unwrap();
                    }
                    socket.write_all(&answer(202, &[], r#"{"requestId": "1"}"#)).await.unwrap();
                }
            });
        }
    });
    let client = Client::builder().api_key("key").base_url(url).clock(TestClock::new()).build().unwrap();
    let sent = futures::future::join_all((0..CALLS).map(|_| send(&client))).await;
    let failed: Vec<&Error> = sent.iter().filter_map(|sent| sent.as_ref().err()).collect();
    assert!(failed.is_empty(), "{} failed: {:?}", failed.len(), failed.first());
}

#[tokio::test]
async fn key_belongs_to_one_call_and_can_be_off() {
    let server = Faulty::start(vec![good()]).await;
    let client = server.builder().build().unwrap();
    send(&client).await.unwrap();
    send(&client).await.unwrap();
    send(
        &client.with_options(|options| options.idempotency_key("mine").idempotency_expiration("2027-01-31T00:00:00Z")),
    )
    .await
    .unwrap();
    send(&client.with_options(|options| options.idempotency_keys(false))).await.unwrap();
    let body = types::Message::new().template("t");
    let shared = client.with_options(|options| options.idempotency_key("of all"));
    shared.send().message(body).idempotency_key("of one").await.unwrap();
    shared.lists().retrieve("l").await.unwrap();
    client.lists().retrieve("l").await.unwrap();
    client.lists().delete("l").await.unwrap();
    client.request(Method::PUT, "/x").send_raw().await.unwrap();
    client.request(Method::PATCH, "/x").send_raw().await.unwrap();
    client.request(Method::POST, "/x").send_raw().await.unwrap();

    let keys = keys(&server);
    let is_uuid = |key: &Option<String>| key.as_ref().is_some_and(|key| key.len() == 36 && key.as_bytes()[14] == b'4');
    assert!(is_uuid(&keys[0]) && is_uuid(&keys[1]) && keys[0] != keys[1], "{keys:?}");
    let set = |key: &str| Some(key.to_owned());
    assert_eq!(keys[2..10], [set("mine"), None, set("of one"), set("of all"), None, None, None, None]);
    assert!(is_uuid(&keys[10]));
    assert_eq!(server.seen()[2].header("x-idempotency-expiration"), Some("2027-01-31T00:00:00Z"));
    assert_eq!(server.connections(), 1, "responses are read to the end, so that the connection is kept");
}

#[tokio::test]
async fn blank_key_is_refused() {
    let server = Faulty::start(vec![good()]).await;
    let client = server.builder().build().unwrap();
    for blank in ["", "  ", "\t"] {
        let error = send(&client.with_options(|options| options.idempotency_key(blank))).await.unwrap_err();
        assert_eq!((error.kind(), error.attempts()), (ErrorKind::InvalidArgument, 0));
        let body = types::Message::new();
        assert!(client.send().message(body).idempotency_key(blank).await.is_err());
    }
    assert_eq!(server.acts(), 0);
}

#[tokio::test]
async fn dropped_keep_alive_connection_costs_nothing() {
    // The server closes the connection after each response without announcing it in the headers.
    let closes = Act::says_and_closes(answer(202, &[], r#"{"requestId": "1-abc"}"#));
    let (server, clock) = (Faulty::start(vec![closes]).await, TestClock::new());
    let client = server.builder().clock(clock.clone()).build().unwrap();
    for _ in 0..20 {
        send(&client).await.unwrap();
    }
    assert_eq!(server.acts(), 20, "no request was sent twice");
    assert_eq!(server.connections(), 20);
}

#[tokio::test]
async fn surplus_bytes_do_not_answer_the_next_call() {
    let forged = answer(202, &[], r#"{"requestId": "forged"}"#);
    let genuine = answer(202, &[], r#"{"requestId": "genuine"}"#);
    let server = Faulty::start(vec![Act::says([genuine.clone(), forged].concat()), Act::says(genuine)]).await;
    let client = server.builder().clock(TestClock::new()).build().unwrap();
    for _ in 0..10 {
        assert_eq!(send(&client).await.unwrap(), "genuine");
    }
}

#[tokio::test]
async fn no_content_keeps_the_connection() {
    let server = Faulty::start(vec![Act::says("HTTP/1.1 204 No Content\r\n\r\n")]).await;
    let client = server.builder().build().unwrap();
    for _ in 0..5 {
        let response = client.lists().delete("l").await.unwrap();
        assert_eq!(response.status(), 204);
    }
    let nothing = client.request(Method::DELETE, "/lists/l").send::<Value>().await.unwrap().into_inner();
    assert_eq!(nothing, Value::Null);
    client.request(Method::DELETE, "/lists/l").send::<()>().await.unwrap();
    assert_eq!(server.connections(), 1);
}

#[tokio::test]
async fn head_response_has_no_body() {
    let server = Faulty::start(vec![Act::says("HTTP/1.1 200 OK\r\ncontent-length: 5000000000\r\n\r\n")]).await;
    let client = server.builder().build().unwrap();
    let response = client.request(Method::HEAD, "/x").send_raw().await.unwrap();
    assert!(response.into_inner().is_empty());
}

#[tokio::test]
async fn dropped_call_closes_its_connection() {
    let server = Faulty::start(vec![Act::says_and_hangs("HTTP/1.1 202 Accepted\r\n")]).await;
    let client = server.builder().build().unwrap();
    let call = tokio::spawn(async move { send(&client).await });
    until(|| server.seen().len() == 1).await;
    assert_eq!(server.gone(), 0);
    call.abort();
    until(|| server.gone() == 1).await;
    assert_eq!(server.acts(), 1, "no attempt follows");
}

/// Waits a few seconds for a condition.
async fn until(reached: impl Fn() -> bool) {
    let wait = async {
        while !reached() {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(10), wait).await.unwrap();
}

/// A server on a separate runtime, so that the client's tasks can be counted.
fn apart(script: Vec<Act>) -> (Faulty, tokio::runtime::Runtime) {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    (runtime.block_on(Faulty::start(script)), runtime)
}

#[test]
fn every_runtime_works_and_nothing_outlives_it() {
    for build in [tokio::runtime::Builder::new_current_thread, tokio::runtime::Builder::new_multi_thread] {
        let (server, _runtime) =
            apart(vec![failing(), good(), Act::says_and_resets(""), good(), Act::says_and_hangs("")]);
        build().enable_all().build().unwrap().block_on(async {
            let metrics = tokio::runtime::Handle::current().metrics();
            let client = server
                .builder()
                .clock(TestClock::new())
                .options(|options| options.attempt_timeout(Duration::from_secs(1)))
                .options(|options| options.max_retries(1))
                .build()
                .unwrap();
            assert_eq!(metrics.num_alive_tasks(), 0);
            send(&client).await.unwrap();
            send(&client).await.unwrap();
            assert_eq!(send(&client).await.unwrap_err().kind(), ErrorKind::Timeout);
            drop(client);
            until(|| metrics.num_alive_tasks() == 0).await;
        });
        server_is_left(&server);
    }
}

fn server_is_left(server: &Faulty) {
    for _ in 0..5000 {
        if server.gone() == server.connections() {
            return;
        }
        std::thread::sleep(Duration::from_millis(1));
    }
    panic!("a connection outlives the client");
}

#[test]
fn blocking_callers_use_their_own_runtime() {
    let (server, _runtime) = apart(vec![good()]);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let client = server.builder().build().unwrap();
    for _ in 0..3 {
        assert_eq!(runtime.block_on(send(&client)).unwrap(), "1-abc");
    }
    assert_eq!(server.connections(), 1, "it is kept between the calls");
}
