//! Over HTTP/2: a refused request counts as not sent, a dead connection is replaced, and a cut loses no call.

#![cfg(feature = "rustls")]
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a test fails by a panic")]

mod support;

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use futures::future::join_all;
use support::faulty::TestClock;
use support::tls::{
    DATA, END_HEADERS, END_STREAM, HEADERS, NO_ERROR, PING, REFUSED, RST_STREAM, SETTINGS, Secure, Stream, answer,
    answer_begins, go_away, greet, next_request, read_frame, reset, write_frame,
};
use tokio::io::AsyncWriteExt as _;
use trycourier::http::{Method, Response};
use trycourier::transport::{Attempt, Body, BoxFuture, Http, Transport, TransportError};
use trycourier::{Client, ClientBuilder, ErrorKind};

const H2: &[&str] = &["h2"];

/// The timeout of attempts on a dead connection. The next attempt, with its handshake, is faster than this even on a busy
/// machine.
const ATTEMPT_TIMEOUT: Duration = Duration::from_secs(3);

async fn good(mut stream: Stream) -> io::Result<()> {
    loop {
        let id = next_request(&mut stream).await?;
        answer(&mut stream, id, "{}").await?;
    }
}

async fn forever() -> io::Result<()> {
    std::future::pending().await
}

/// A client of a server, with a clock that does not wait.
fn client(server: &Secure) -> Client {
    server.builder().clock(TestClock::new()).build().unwrap()
}

/// The same with a time limit for each attempt, to build.
fn impatient(server: &Secure, timeout: Duration) -> ClientBuilder {
    server.builder().clock(TestClock::new()).options(|options| options.attempt_timeout(timeout))
}

async fn keyless(client: &Client) -> Result<(), trycourier::Error> {
    let call = client.request(Method::POST, "/send").options(|options| options.idempotency_keys(false));
    call.send_raw().await.map(drop)
}

#[tokio::test]
async fn refused_request_was_not_sent() {
    for by_go_away in [false, true] {
        let requests = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&requests);
        let server = Secure::start(H2, move |mut stream, _| {
            let count = Arc::clone(&count);
            async move {
                greet(&mut stream).await?;
                loop {
                    let id = next_request(&mut stream).await?;
                    count.fetch_add(1, Ordering::SeqCst);
                    if by_go_away {
                        go_away(&mut stream, 0, NO_ERROR).await?;
                    } else {
                        reset(&mut stream, id, REFUSED).await?;
                    }
                }
            }
        })
        .await;
        for (retries, expected) in [(0, 1), (2, 3)] {
            requests.store(0, Ordering::SeqCst);
            let client = client(&server).with_options(|options| options.max_retries(retries));
            // Without a key, it can be repeated only because it was not processed.
            let error = keyless(&client).await.unwrap_err();
            assert_eq!((error.kind(), error.attempts()), (ErrorKind::Connection, expected), "{by_go_away} {error}");
            assert!(!error.was_sent() && error.is_transient(), "{by_go_away} {error:?}");
            assert_eq!(requests.load(Ordering::SeqCst), expected as usize, "{by_go_away}: one layer alone retries");
        }
    }
}

#[tokio::test]
async fn possibly_processed_request_was_sent() {
    const INTERNAL: u32 = 2;
    const CANCEL: u32 = 8;
    for (name, reason, by_go_away) in [
        ("RST_STREAM CANCEL", CANCEL, false),
        ("RST_STREAM INTERNAL_ERROR", INTERNAL, false),
        ("GOAWAY", INTERNAL, true),
    ] {
        let server = Secure::start(H2, move |mut stream, _| async move {
            greet(&mut stream).await?;
            let id = next_request(&mut stream).await?;
            if by_go_away { go_away(&mut stream, id, reason).await } else { reset(&mut stream, id, reason).await }?;
            // The connection ends with the request in flight.
            Ok(())
        })
        .await;
        let error = keyless(&client(&server)).await.unwrap_err();
        assert!(error.was_sent() && error.attempts() == 1, "{name}: {error:?}");
    }
    // A GOAWAY that covers the request, and then the end of the connection.
    let server = Secure::start(H2, move |mut stream, _| async move {
        greet(&mut stream).await?;
        let id = next_request(&mut stream).await?;
        go_away(&mut stream, id, NO_ERROR).await
    })
    .await;
    let error = keyless(&client(&server)).await.unwrap_err();
    assert!(error.was_sent() && error.attempts() == 1, "{error:?}");
}

/// The server permits a single stream, and is slow to respond on it.
#[tokio::test]
async fn request_that_waited_for_a_stream_was_not_sent() {
    const ONE_STREAM: &[u8] = &[0, 3, 0, 0, 0, 1];
    for method in [Method::POST, Method::PATCH] {
        let (tell, mut told) = tokio::sync::mpsc::unbounded_channel();
        let go_on = Arc::new(tokio::sync::Notify::new());
        let released = Arc::clone(&go_on);
        let server = Secure::start(H2, move |mut stream, _| {
            let (tell, released) = (tell.clone(), Arc::clone(&released));
            async move {
                greet(&mut stream).await?;
                write_frame(&mut stream, SETTINGS, 0, 0, ONE_STREAM).await?;
                let id = next_request(&mut stream).await?;
                answer(&mut stream, id, "{}").await?;
                let id = next_request(&mut stream).await?;
                tell.send(Vec::new()).unwrap();
                released.notified().await;
                answer(&mut stream, id, "{}").await?;
                let mut later = Vec::new();
                // While the client answers pings, it can also send what is left. Then it leaves the connection.
                for _ in 0..20 {
                    let _ = write_frame(&mut stream, PING, 0, 0, &[7; 8]).await;
                    while let Ok(frame) = read_frame(&mut stream).await {
                        match frame.kind {
                            PING if frame.payload == [7; 8] => break,
                            DATA if frame.stream > id => later.push(frame.payload),
                            _ => {}
                        }
                    }
                }
                tell.send(later).unwrap();
                forever().await
            }
        })
        .await;
        let client = server.builder().options(|options| options.max_retries(0)).build().unwrap();
        let call = |timeout| {
            let call = client.request(method.clone(), "/x").json(&"a body");
            call.options(|options| options.idempotency_keys(false).attempt_timeout(timeout)).send_raw()
        };
        let long = Duration::from_secs(60);
        // The client learns the server's settings.
        call(long).await.unwrap();
        let first = tokio::spawn(call(long));
        told.recv().await.unwrap();
        let error = call(Duration::from_millis(100)).await.unwrap_err();
        assert_eq!((error.kind(), error.was_sent()), (ErrorKind::Timeout, false), "{method}: {error}");
        go_on.notify_one();
        assert_eq!(first.await.unwrap().unwrap().status(), 200);
        assert_eq!(told.recv().await.unwrap(), Vec::<Vec<u8>>::new(), "{method}: it was sent later");
    }
}

/// Makes two calls without a key over one connection. Its server runs `act` when it has read both.
async fn two_at_once<F: Future<Output = io::Result<()>> + Send>(
    act: impl Fn(Stream, u32, u32) -> F + Clone + Send + Sync + 'static,
) -> [Result<u32, trycourier::Error>; 2] {
    let server = Secure::start(H2, move |mut stream, number| {
        let act = act.clone();
        async move {
            greet(&mut stream).await?;
            if number > 0 {
                return good(stream).await;
            }
            // This call opens the connection that the others share.
            let id = next_request(&mut stream).await?;
            answer(&mut stream, id, "{}").await?;
            let (first, second) = (next_request(&mut stream).await?, next_request(&mut stream).await?);
            act(stream, first, second).await
        }
    })
    .await;
    let client = client(&server);
    keyless(&client).await.unwrap();
    let call = async || {
        let call = client.request(Method::POST, "/send").options(|options| options.idempotency_keys(false));
        call.send_raw().await.map(|response| response.attempts())
    };
    let mut outcomes: [_; 2] = join_all([call(), call()]).await.try_into().unwrap();
    outcomes.sort_by_key(|outcome| outcome.as_ref().map_or(u32::MAX, |attempts| *attempts));
    outcomes
}

#[tokio::test]
async fn goaway_separates_processed_from_unprocessed() {
    const MOST: u32 = u32::MAX >> 1;
    const CALM: u32 = 11;
    // The second was not processed, so it is sent again even without a key; the first gets its response.
    for warned in [false, true] {
        let outcomes = two_at_once(move |mut stream, first, _| async move {
            if warned {
                go_away(&mut stream, MOST, NO_ERROR).await?;
            }
            go_away(&mut stream, first, NO_ERROR).await?;
            answer(&mut stream, first, "{}").await
        })
        .await;
        assert!(matches!(outcomes, [Ok(1), Ok(2)]), "{warned}: {outcomes:?}");
    }
    // A server that announces its shutdown, and responds to the requests in flight.
    let outcomes = two_at_once(|mut stream, first, second| async move {
        go_away(&mut stream, MOST, NO_ERROR).await?;
        answer(&mut stream, second, "{}").await?;
        answer(&mut stream, first, "{}").await
    })
    .await;
    assert!(matches!(outcomes, [Ok(1), Ok(1)]), "{outcomes:?}");
    // A server that dies with the first, immediately or in the middle of its response.
    for begun in [false, true] {
        let outcomes = two_at_once(move |mut stream, first, _| async move {
            go_away(&mut stream, first, NO_ERROR).await?;
            if begun { answer_begins(&mut stream, first).await } else { Ok(()) }
        })
        .await;
        let [Ok(2), Err(error)] = outcomes else { panic!("{begun}: {outcomes:?}") };
        assert_eq!((error.attempts(), error.was_sent(), error.was_accepted()), (1, true, begun), "{error:?}");
    }
    // For any reason, a request that may have been processed counts as sent, and is not sent again.
    for reason in [2, CALM] {
        for covers_both in [false, true] {
            let outcomes = two_at_once(move |mut stream, first, second| async move {
                go_away(&mut stream, if covers_both { second } else { first }, reason).await
            })
            .await;
            for outcome in &outcomes {
                let is_certain = outcome.as_ref().is_err_and(|error| error.was_sent() && error.attempts() == 1);
                assert!(is_certain, "{reason} {covers_both}: {outcomes:?}");
            }
        }
    }
}

#[tokio::test]
async fn only_a_refused_stream_was_not_sent() {
    for reason in 0..=14 {
        // Once a response has begun, NO_ERROR ends it like any other code.
        for begun in [false, reason != NO_ERROR] {
            let server = Secure::start(H2, move |mut stream, _| async move {
                greet(&mut stream).await?;
                loop {
                    let id = next_request(&mut stream).await?;
                    if begun {
                        answer_begins(&mut stream, id).await?;
                    }
                    reset(&mut stream, id, reason).await?;
                }
            })
            .await;
            let error = keyless(&client(&server)).await.unwrap_err();
            let was_sent = begun || reason != REFUSED;
            assert_eq!((error.was_sent(), error.was_accepted()), (was_sent, begun), "{reason} {begun}: {error:?}");
            assert_eq!(error.attempts(), if was_sent { 1 } else { 3 }, "{reason} {begun}: {error:?}");
        }
    }
}

#[tokio::test]
async fn response_cut_at_any_byte_is_retried_under_its_key() {
    // HEADERS with the status 200, and DATA with `{}`.
    const HEAD: [u8; 10] = [0, 0, 1, 1, 4, 0, 0, 0, 1, 0x88];
    const BODY: [u8; 11] = [0, 0, 2, 0, 1, 0, 0, 0, 1, b'{', b'}'];
    for length in 0..HEAD.len() + BODY.len() {
        // The first connections are cut.
        let cutting = async |cuts| {
            Secure::start(H2, move |mut stream, number| async move {
                greet(&mut stream).await?;
                if number >= cuts {
                    return good(stream).await;
                }
                next_request(&mut stream).await?;
                stream.write_all(&[&HEAD[..], &BODY].concat()[..length]).await?;
                stream.shutdown().await
            })
            .await
        };
        let server = cutting(1).await;
        let response = client(&server).request(Method::POST, "/send").send::<serde_json::Value>().await;
        assert_eq!(response.unwrap_or_else(|error| panic!("{length}: {error:?}")).attempts(), 2, "{length}");

        let server = cutting(usize::MAX).await;
        let error = keyless(&client(&server)).await.unwrap_err();
        let known = (error.attempts(), error.was_sent(), error.was_accepted());
        assert_eq!(known, (1, true, length >= HEAD.len()), "{length}: {error:?}");
    }
}

#[tokio::test]
async fn stream_cut_in_its_body_is_retried_under_its_key() {
    let server = Secure::start(H2, |mut stream, _| async move {
        greet(&mut stream).await?;
        let id = next_request(&mut stream).await?;
        answer_begins(&mut stream, id).await?;
        write_frame(&mut stream, DATA, 0, id, b"{\"a\"").await?;
        reset(&mut stream, id, 2).await?;
        let id = next_request(&mut stream).await?;
        answer(&mut stream, id, "{\"a\": 1}").await?;
        // A response without a body.
        let id = next_request(&mut stream).await?;
        answer_begins(&mut stream, id).await?;
        write_frame(&mut stream, DATA, END_STREAM, id, b"").await?;
        good(stream).await
    })
    .await;
    let client = client(&server);
    let response = client.request(Method::POST, "/send").send::<serde_json::Value>().await.unwrap();
    assert_eq!((response.attempts(), response["a"].as_u64()), (2, Some(1)));
    client.request(Method::POST, "/send").send::<()>().await.unwrap();
    assert_eq!(server.connections(), 1);
}

#[tokio::test]
async fn response_reset_without_error_is_incomplete() {
    // The status 200, with and without a length of 9.
    const WITH_LENGTH: &[u8] = &[0x88, 0x0f, 0x0d, 1, b'9'];
    for (head, body) in [(WITH_LENGTH, "{\"a\": 1"), (WITH_LENGTH, ""), (&WITH_LENGTH[..1], "{\"a\"")] {
        let server = Secure::start(H2, move |mut stream, _| async move {
            greet(&mut stream).await?;
            let id = next_request(&mut stream).await?;
            write_frame(&mut stream, HEADERS, END_HEADERS, id, head).await?;
            write_frame(&mut stream, DATA, 0, id, body.as_bytes()).await?;
            reset(&mut stream, id, NO_ERROR).await?;
            let id = next_request(&mut stream).await?;
            write_frame(&mut stream, HEADERS, END_HEADERS, id, WITH_LENGTH).await?;
            write_frame(&mut stream, DATA, END_STREAM, id, b"{\"a\": 1} ").await?;
            good(stream).await
        })
        .await;
        let client = client(&server);
        let response = client.request(Method::POST, "/send").send::<serde_json::Value>().await.unwrap();
        assert_eq!((response.attempts(), response["a"].as_u64()), (2, Some(1)), "{body}");
    }
}

/// A server whose first connection responds once and then never reads again.
async fn dies_after_one_answer() -> Secure {
    Secure::start(H2, |mut stream, number| async move {
        greet(&mut stream).await?;
        if number > 0 {
            return good(stream).await;
        }
        let id = next_request(&mut stream).await?;
        answer(&mut stream, id, "{}").await?;
        forever().await
    })
    .await
}

#[tokio::test]
async fn attempt_after_timeout_uses_a_new_connection() {
    let server = dies_after_one_answer().await;
    let client = impatient(&server, ATTEMPT_TIMEOUT).build().unwrap();
    let send = || client.request(Method::GET, "/x").send_raw();
    send().await.unwrap();
    let response = send().await.unwrap();
    assert_eq!((response.attempts(), server.connections()), (2, 2), "one attempt is lost to the dead connection");
    for _ in 0..20 {
        assert_eq!(send().await.unwrap().attempts(), 1);
    }
    assert_eq!(server.connections(), 2, "one timeout, one new connection");
}

#[tokio::test]
async fn attempt_after_body_timeout_uses_a_new_connection() {
    let server = Secure::start(H2, |mut stream, number| async move {
        greet(&mut stream).await?;
        if number > 0 {
            return good(stream).await;
        }
        let id = next_request(&mut stream).await?;
        answer_begins(&mut stream, id).await?;
        forever().await
    })
    .await;
    let client = impatient(&server, ATTEMPT_TIMEOUT).build().unwrap();
    let response = client.request(Method::GET, "/x").send_raw().await.unwrap();
    assert_eq!((response.attempts(), server.connections()), (2, 2));
}

#[tokio::test]
async fn a_first_connection_that_hangs_is_replaced() {
    for hanging in [1, 2] {
        let server = Secure::start(H2, move |mut stream, number| async move {
            greet(&mut stream).await?;
            if number >= hanging {
                return good(stream).await;
            }
            next_request(&mut stream).await?;
            forever().await
        })
        .await;
        let client = impatient(&server, ATTEMPT_TIMEOUT).build().unwrap();
        let response = client.request(Method::GET, "/x").send_raw().await.unwrap();
        assert_eq!((response.attempts() as usize, server.connections()), (hanging + 1, hanging + 1));
        // The connection that responds is kept.
        for _ in 0..5 {
            assert_eq!(client.request(Method::GET, "/x").send_raw().await.unwrap().attempts(), 1);
        }
        assert_eq!(server.connections(), hanging + 1);
    }
}

#[tokio::test]
async fn extreme_keep_alives_are_off_or_refused() {
    let server = Secure::start(H2, |mut stream, _| async move {
        greet(&mut stream).await?;
        good(stream).await
    })
    .await;
    let (max, second) = (Duration::MAX, Duration::from_secs(1));
    for (interval, timeout) in [(max, max), (max, second), (second, max), (second * 1_000_000_000, second)] {
        let client = server.builder().http2_keep_alive(interval, timeout).build().unwrap();
        for _ in 0..3 {
            let response = client.request(Method::GET, "/x").send_raw().await.unwrap();
            assert_eq!(response.attempts(), 1, "{interval:?} {timeout:?}");
        }
    }
    for (interval, timeout) in
        [(Duration::ZERO, second), (second, Duration::ZERO), (Duration::ZERO, Duration::ZERO), (max, Duration::ZERO)]
    {
        let error = server.builder().http2_keep_alive(interval, timeout).build().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Configuration);
        assert!(error.to_string().contains("http2_keep_alive"), "{error}");
    }
}

/// Forwards everything in both directions.
struct Wrapped(Http);

impl Transport for Wrapped {
    fn send(&self, attempt: Attempt) -> BoxFuture<'_, Result<Response<Body>, TransportError>> {
        self.0.send(attempt)
    }
}

#[tokio::test]
async fn wrapped_transport_leaves_a_dead_connection() {
    for begun in [false, true] {
        let server = Secure::start(H2, move |mut stream, number| async move {
            greet(&mut stream).await?;
            if number > 0 {
                return good(stream).await;
            }
            let id = next_request(&mut stream).await?;
            answer(&mut stream, id, "{}").await?;
            let id = next_request(&mut stream).await?;
            if begun {
                answer_begins(&mut stream, id).await?;
            }
            forever().await
        })
        .await;
        let client = impatient(&server, ATTEMPT_TIMEOUT).wrap_transport(Wrapped).build().unwrap();
        client.request(Method::GET, "/x").send_raw().await.unwrap();
        let response = client.request(Method::GET, "/x").send_raw().await.unwrap();
        assert_eq!((response.attempts(), server.connections()), (2, 2), "{begun}");
    }
}

/// Stops polling a request after half of its time, so that the client's own limit ends it.
struct Inattentive(Http);

impl Transport for Inattentive {
    fn send(&self, attempt: Attempt) -> BoxFuture<'_, Result<Response<Body>, TransportError>> {
        let half = attempt.timeout() / 2;
        let mut request = self.0.send(attempt);
        Box::pin(async move {
            tokio::select! {
                outcome = &mut request => outcome,
                () = tokio::time::sleep(half) => std::future::pending().await,
            }
        })
    }
}

#[tokio::test]
async fn limit_of_the_caller_leaves_a_dead_connection() {
    let server = dies_after_one_answer().await;
    let client = impatient(&server, ATTEMPT_TIMEOUT).wrap_transport(Inattentive).build().unwrap();
    client.request(Method::GET, "/x").send_raw().await.unwrap();
    let response = client.request(Method::GET, "/x").send_raw().await.unwrap();
    assert_eq!((response.attempts(), server.connections()), (2, 2));
}

#[tokio::test]
async fn dropped_call_ends_only_its_stream() {
    const CANCEL: u32 = 8;
    let (events, mut next_event) = tokio::sync::mpsc::unbounded_channel();
    let server = Secure::start(H2, move |mut stream, _| {
        let events = events.clone();
        async move {
            greet(&mut stream).await?;
            let id = next_request(&mut stream).await?;
            events.send(Vec::new()).unwrap();
            loop {
                let frame = read_frame(&mut stream).await?;
                if frame.kind == RST_STREAM && frame.stream == id {
                    events.send(frame.payload).unwrap();
                    return good(stream).await;
                }
            }
        }
    })
    .await;
    let client = client(&server);
    tokio::select! {
        outcome = client.request(Method::GET, "/x").send_raw() => panic!("{outcome:?}"),
        arrived = next_event.recv() => assert!(arrived.unwrap().is_empty()),
    }
    assert_eq!(next_event.recv().await.unwrap(), CANCEL.to_be_bytes());
    client.request(Method::GET, "/x").send_raw().await.unwrap();
    assert_eq!(server.connections(), 1);
}

#[tokio::test]
async fn many_timeouts_succeed_at_the_next_attempt() {
    let server = dies_after_one_answer().await;
    let client = impatient(&server, ATTEMPT_TIMEOUT).build().unwrap();
    client.request(Method::GET, "/x").send_raw().await.unwrap();
    let responses = join_all((0..100).map(|_| client.request(Method::GET, "/x").send_raw())).await;
    assert!(responses.iter().all(|response| response.as_ref().is_ok_and(|response| response.attempts() == 2)));
    // Concurrent calls without a connection open one each, as on a new client; afterwards they share.
    let opened = server.connections();
    for _ in 0..20 {
        client.request(Method::GET, "/x").send_raw().await.unwrap();
    }
    assert_eq!(server.connections(), opened);
}

#[tokio::test]
async fn silent_connection_is_dropped_before_the_timeout() {
    let server = dies_after_one_answer().await;
    let client = impatient(&server, Duration::from_secs(60));
    let client = client.http2_keep_alive(Duration::from_millis(200), Duration::from_millis(200)).build().unwrap();
    client.request(Method::GET, "/x").send_raw().await.unwrap();
    let begun = Instant::now();
    let response = client.request(Method::GET, "/x").send_raw().await.unwrap();
    assert!(begun.elapsed() < Duration::from_secs(20), "{:?}", begun.elapsed());
    assert_eq!(server.connections(), 2);
    assert!(response.attempts() <= 2);
}

#[tokio::test]
async fn cut_connection_loses_none_of_300_calls() {
    let server = Secure::start(H2, |mut stream, number| async move {
        greet(&mut stream).await?;
        if number > 0 {
            return good(stream).await;
        }
        for _ in 0..50 {
            next_request(&mut stream).await?;
        }
        // The connection is gone, with all requests in flight.
        Ok(())
    })
    .await;
    let client = client(&server);
    let responses = join_all((0..300).map(|_| client.request(Method::POST, "/send").send_raw())).await;
    let failed: Vec<String> =
        responses.iter().filter_map(|response| Some(response.as_ref().err()?.to_string())).collect();
    assert!(failed.is_empty(), "{} failed: {:?}", failed.len(), failed.first());
}

/// Prints the results of calls on a dead connection:
/// `cargo test --test http2 -- --ignored --nocapture`.
#[tokio::test]
#[ignore = "a measurement that takes minutes"]
async fn measure_a_dead_connection() {
    for seconds in [2, 5, 10, 60] {
        let server = dies_after_one_answer().await;
        let client =
            server.builder().options(|options| options.attempt_timeout(Duration::from_secs(seconds))).build().unwrap();
        client.request(Method::GET, "/x").send_raw().await.unwrap();
        let begun = Instant::now();
        let response = client.request(Method::GET, "/x").send_raw().await;
        let attempts = response.map_or(0, |response| response.attempts());
        println!("timeout {seconds} s: attempt {attempts} got the response after {:.1?}", begun.elapsed());
    }
}
