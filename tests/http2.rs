//! Over HTTP/2: what a server refuses was not sent, a connection that is dead is replaced, and a cut loses no call.

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
    DATA, END_STREAM, NO_ERROR, REFUSED, Secure, Stream, answer, answer_begins, go_away, greet, next_request, reset,
    write_frame,
};
use trycourier::http::Method;
use trycourier::{Client, ErrorKind};

const H2: &[&str] = &["h2"];

async fn good(mut stream: Stream) -> io::Result<()> {
    loop {
        let id = next_request(&mut stream).await?;
        answer(&mut stream, id, "{}").await?;
    }
}

async fn forever() -> io::Result<()> {
    std::future::pending().await
}

async fn keyless(client: &Client) -> Result<(), trycourier::Error> {
    let call = client.request(Method::POST, "/send").options(|options| options.idempotency_keys(false));
    call.send_raw().await.map(drop)
}

#[tokio::test]
async fn a_refused_request_was_not_sent_and_is_counted() {
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
            let client = server.builder().clock(TestClock::new()).max_retries(retries).build().unwrap();
            // No key: it can be repeated only because it was not looked at.
            let error = keyless(&client).await.unwrap_err();
            assert_eq!((error.kind(), error.attempts()), (ErrorKind::Connection, expected), "{by_go_away} {error}");
            assert!(!error.was_sent() && error.is_transient(), "{by_go_away} {error:?}");
            assert_eq!(requests.load(Ordering::SeqCst), expected as usize, "{by_go_away}: one layer alone retries");
        }
    }
}

#[tokio::test]
async fn a_request_that_may_have_been_acted_on_was_sent() {
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
            // The connection goes, with the request under way.
            Ok(())
        })
        .await;
        let client = server.builder().clock(TestClock::new()).build().unwrap();
        let error = keyless(&client).await.unwrap_err();
        assert!(error.was_sent() && error.attempts() == 1, "{name}: {error:?}");
    }
    // A GOAWAY that covers the request, and then the end of the connection.
    let server = Secure::start(H2, move |mut stream, _| async move {
        greet(&mut stream).await?;
        let id = next_request(&mut stream).await?;
        go_away(&mut stream, id, NO_ERROR).await
    })
    .await;
    let client = server.builder().clock(TestClock::new()).build().unwrap();
    let error = keyless(&client).await.unwrap_err();
    assert!(error.was_sent() && error.attempts() == 1, "{error:?}");
}

#[tokio::test]
async fn a_stream_that_is_cut_within_its_body_is_repeated_under_its_key() {
    let server = Secure::start(H2, |mut stream, _| async move {
        greet(&mut stream).await?;
        let id = next_request(&mut stream).await?;
        answer_begins(&mut stream, id).await?;
        write_frame(&mut stream, DATA, 0, id, b"{\"a\"").await?;
        reset(&mut stream, id, 2).await?;
        let id = next_request(&mut stream).await?;
        answer(&mut stream, id, "{\"a\": 1}").await?;
        // An answer without a byte of a body.
        let id = next_request(&mut stream).await?;
        answer_begins(&mut stream, id).await?;
        write_frame(&mut stream, DATA, END_STREAM, id, b"").await?;
        good(stream).await
    })
    .await;
    let client = server.builder().clock(TestClock::new()).build().unwrap();
    let answer = client.request(Method::POST, "/send").send::<serde_json::Value>().await.unwrap();
    assert_eq!((answer.attempts(), answer["a"].as_u64()), (2, Some(1)));
    client.request(Method::POST, "/send").send::<()>().await.unwrap();
    assert_eq!(server.connections(), 1);
}

/// A server whose first connection answers once and then never reads again.
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
async fn a_timeout_makes_the_next_attempt_take_another_connection() {
    let server = dies_after_one_answer().await;
    let client = server.builder().clock(TestClock::new()).timeout(Duration::from_millis(500)).build().unwrap();
    let send = || client.request(Method::GET, "/x").send_raw();
    send().await.unwrap();
    let answer = send().await.unwrap();
    assert_eq!((answer.attempts(), server.connections()), (2, 2), "one attempt is lost to the dead connection");
    for _ in 0..20 {
        assert_eq!(send().await.unwrap().attempts(), 1);
    }
    assert_eq!(server.connections(), 2, "one timeout, one new connection");
}

#[tokio::test]
async fn a_body_that_times_out_makes_the_next_attempt_take_another_connection() {
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
    let client = server.builder().clock(TestClock::new()).timeout(Duration::from_millis(500)).build().unwrap();
    let answer = client.request(Method::GET, "/x").send_raw().await.unwrap();
    assert_eq!((answer.attempts(), server.connections()), (2, 2));
}

#[tokio::test]
async fn many_timeouts_at_once_are_answered_by_the_next_attempt() {
    let server = dies_after_one_answer().await;
    let client = server.builder().clock(TestClock::new()).timeout(Duration::from_millis(500)).build().unwrap();
    client.request(Method::GET, "/x").send_raw().await.unwrap();
    let answers = join_all((0..100).map(|_| client.request(Method::GET, "/x").send_raw())).await;
    assert!(answers.iter().all(|answer| answer.as_ref().is_ok_and(|answer| answer.attempts() == 2)));
    // While none is there yet, calls that begin at once each open one, as on a new client; afterwards they share.
    let opened = server.connections();
    for _ in 0..20 {
        client.request(Method::GET, "/x").send_raw().await.unwrap();
    }
    assert_eq!(server.connections(), opened);
}

#[tokio::test]
async fn a_connection_that_gives_no_sign_of_life_is_given_up_before_the_timeout() {
    let server = dies_after_one_answer().await;
    let client = server
        .builder()
        .clock(TestClock::new())
        .timeout(Duration::from_secs(60))
        .http2_keep_alive(Duration::from_millis(200), Duration::from_millis(200))
        .build()
        .unwrap();
    client.request(Method::GET, "/x").send_raw().await.unwrap();
    let begun = Instant::now();
    let answer = client.request(Method::GET, "/x").send_raw().await.unwrap();
    assert!(begun.elapsed() < Duration::from_secs(20), "{:?}", begun.elapsed());
    assert_eq!(server.connections(), 2);
    assert!(answer.attempts() <= 2);
}

#[tokio::test]
async fn a_cut_of_one_connection_loses_none_of_three_hundred_calls() {
    let server = Secure::start(H2, |mut stream, number| async move {
        greet(&mut stream).await?;
        if number > 0 {
            return good(stream).await;
        }
        for _ in 0..50 {
            next_request(&mut stream).await?;
        }
        // Gone, with all that is under way.
        Ok(())
    })
    .await;
    let client = server.builder().clock(TestClock::new()).build().unwrap();
    let answers = join_all((0..300).map(|_| client.request(Method::POST, "/send").send_raw())).await;
    let failed: Vec<String> = answers.iter().filter_map(|answer| Some(answer.as_ref().err()?.to_string())).collect();
    assert!(failed.is_empty(), "{} failed: {:?}", failed.len(), failed.first());
}

/// What calls find on a connection that is dead, for several timeouts: `cargo test --test http2 -- --ignored --nocapture`.
#[tokio::test]
#[ignore = "measures, for minutes"]
async fn measure_a_dead_connection() {
    for seconds in [2, 5, 10, 60] {
        let server = dies_after_one_answer().await;
        let client = server.builder().timeout(Duration::from_secs(seconds)).build().unwrap();
        client.request(Method::GET, "/x").send_raw().await.unwrap();
        let begun = Instant::now();
        let answer = client.request(Method::GET, "/x").send_raw().await;
        let attempts = answer.map_or(0, |answer| answer.attempts());
        println!("timeout {seconds} s: answered by attempt {attempts} after {:.1?}", begun.elapsed());
    }
}
