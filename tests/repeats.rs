//! A call is repeated only if the work is done once, and an error explains how to repeat it.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a test fails by a panic")]

mod support;

use std::process::Command;
use std::time::Duration;

use support::scripted::{Outcome, PausedClock, Scripted, good, lost, refused, status};
use trycourier::http::{Method, Response};
use trycourier::transport::{Body, TransportError};
use trycourier::{Client, ErrorKind};

fn missing() -> Outcome {
    status(404, r#"{"message": "no such list"}"#)
}

fn limited() -> Outcome {
    status(429, "")
}

fn late() -> Outcome {
    Err(TransportError::timeout("no response"))
}

/// A success whose body breaks off.
fn broken() -> Outcome {
    let chunks = [Ok("{\"requ".into()), Err(TransportError::broken("cut"))];
    Ok(Response::builder().status(202).body(Body::from_stream(futures::stream::iter(chunks))).unwrap())
}

fn refused_by_http2() -> Outcome {
    Err(TransportError::broken("REFUSED_STREAM").not_sent())
}

fn hopeless() -> Outcome {
    Err(TransportError::connect("it will never be there").permanent())
}

#[tokio::test(start_paused = true)]
async fn errors_have_the_key_for_another_call() {
    let server = Scripted::outcomes(vec![lost, lost, lost, good]);
    let client = server.builder().clock(PausedClock).build().unwrap();
    let error = client.request(Method::POST, "/send").send_raw().await.unwrap_err();
    assert!(error.is_transient() && error.was_sent());
    let key = error.idempotency_key().unwrap().to_owned();
    let again = client.request(Method::POST, "/send").options(|options| options.idempotency_key(&key));
    again.send_raw().await.unwrap();
    let keys = server.headers("idempotency-key");
    assert_eq!((keys.len(), keys.iter().filter(|other| **other == Some(key.clone())).count()), (4, 4), "{keys:?}");
    assert!(!error.to_string().contains(&key) && !format!("{error:?}").contains(&key));

    // The same holds for every failure after sending, but not for calls without a key.
    let server = Scripted::outcomes(vec![missing]);
    let client = server.builder().build().unwrap();
    let error = client.request(Method::POST, "/send").send_raw().await.unwrap_err();
    assert_eq!(error.idempotency_key(), server.headers("idempotency-key")[0].as_deref());
    let error = client.request(Method::GET, "/lists/x").send_raw().await.unwrap_err();
    assert_eq!(error.idempotency_key(), None);
}

#[tokio::test(start_paused = true)]
async fn dropped_calls_can_be_repeated_under_their_key() {
    let server = Scripted::new(|_, _| async {
        tokio::time::sleep(Duration::from_secs(3)).await;
        good()
    });
    let client = server.builder().clock(PausedClock).build().unwrap();
    let key = client.new_idempotency_key();
    assert_ne!(key, client.new_idempotency_key());
    let send = || client.request(Method::POST, "/send").options(|options| options.idempotency_key(&key)).send_raw();
    tokio::time::timeout(Duration::from_secs(1), send()).await.unwrap_err();
    send().await.unwrap();
    assert_eq!(server.headers("idempotency-key"), [Some(key.clone()), Some(key)]);
}

#[test]
fn client_rejects_a_key_for_all_calls() {
    let builder = || Client::builder().api_key("key");
    for (name, built) in [
        ("header", builder().options(|options| options.header("Idempotency-Key", "k")).build()),
        ("header in lower case", builder().options(|options| options.header("idempotency-key", "k")).build()),
        ("options", builder().options(|options| options.idempotency_key("k")).build()),
        ("options' header", builder().options(|options| options.header("IDEMPOTENCY-KEY", "k")).build()),
    ] {
        let error = built.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Configuration, "{name}");
        assert!(error.to_string().contains("idempotency key cannot be shared"), "{name}: {error}");
    }
}

#[test]
#[ignore = "run by the test below, in a separate process"]
fn child_with_a_key_in_the_environment() {
    println!("{:?}", Client::from_env().map_err(|error| error.to_string()));
}

#[test]
fn environment_rejects_a_key_for_all_calls() {
    let output = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "child_with_a_key_in_the_environment", "--ignored", "--nocapture"])
        .env("COURIER_API_KEY", "key")
        .env("COURIER_CUSTOM_HEADERS", "X-Mine: 1\nIdempotency-Key: order-1")
        .output()
        .unwrap();
    let said = String::from_utf8(output.stdout).unwrap();
    assert!(said.contains("COURIER_CUSTOM_HEADERS") && said.contains("cannot be shared"), "{said}");
}

/// The requests that are repeated, by kind of failure.
#[tokio::test(start_paused = true)]
async fn only_repeatable_requests_are_repeated() {
    let (yes, no) = (true, false);
    for (method, key, after_lost, after_timeout, after_server_error) in [
        (Method::GET, no, yes, yes, yes),
        (Method::HEAD, no, yes, yes, yes),
        (Method::PUT, no, yes, yes, yes),
        (Method::DELETE, no, yes, yes, yes),
        (Method::OPTIONS, no, yes, yes, yes),
        (Method::POST, yes, yes, yes, yes),
        (Method::POST, no, no, no, no),
        (Method::PATCH, no, no, no, no),
        // Servers may or may not read a key here.
        (Method::PATCH, yes, no, no, no),
        (Method::from_bytes(b"MERGE").unwrap(), no, no, no, no),
    ] {
        let failed = || status(500, "");
        for (fault, repeated) in [
            (lost as fn() -> Outcome, after_lost),
            (late, after_timeout),
            (failed, after_server_error),
            // The server has done nothing, for any method.
            (refused, yes),
            (limited, yes),
            (refused_by_http2, yes),
            (hopeless, no),
            (missing, no),
        ] {
            let server = Scripted::outcomes(vec![fault]);
            let client = server.builder().clock(PausedClock).options(|options| options.idempotency_keys(false));
            let call = client.build().unwrap().request(method.clone(), "/x");
            let call = if key { call.options(|options| options.idempotency_key("k")) } else { call };
            let error = call.send_raw().await.unwrap_err();
            let attempts = if repeated { 3 } else { 1 };
            assert_eq!((error.attempts(), server.seen()), (attempts, attempts as usize), "{method} {key} {error}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn requests_that_were_not_processed_were_not_sent() {
    for (fault, was_sent) in
        [(refused as fn() -> Outcome, false), (refused_by_http2, false), (lost, true), (late, true)]
    {
        let client = Scripted::outcomes(vec![fault]).builder().clock(PausedClock).build().unwrap();
        let error = client.request(Method::POST, "/send").send_raw().await.unwrap_err();
        assert_eq!(error.was_sent(), was_sent, "{error}");
        assert!(error.is_transient());
    }
    let client = Scripted::outcomes(vec![hopeless]).builder().build().unwrap();
    assert!(!client.request(Method::GET, "/x").send_raw().await.unwrap_err().is_transient());
}

#[tokio::test(start_paused = true)]
async fn deletes_report_a_lost_response() {
    let server = Scripted::outcomes(vec![lost, missing]);
    let client = server.builder().clock(PausedClock).build().unwrap();
    let error = client.request(Method::DELETE, "/lists/x").send_raw().await.unwrap_err();
    assert_eq!((error.kind(), error.attempts(), error.response_was_lost()), (ErrorKind::NotFound, 2, true));
    assert!(error.to_string().contains("the response to an earlier attempt was lost"), "{error}");

    // Also if the response had begun.
    let server = Scripted::outcomes(vec![broken, missing]);
    let client = server.builder().clock(PausedClock).build().unwrap();
    let error = client.request(Method::DELETE, "/lists/x").send_raw().await.unwrap_err();
    assert_eq!((error.kind(), error.was_accepted(), error.response_was_lost()), (ErrorKind::NotFound, true, true));

    // If no response was lost, the error does not mention it.
    for outcomes in [vec![missing as fn() -> Outcome], vec![refused, missing], vec![limited, missing]] {
        let client = Scripted::outcomes(outcomes).builder().clock(PausedClock).build().unwrap();
        let error = client.request(Method::DELETE, "/lists/x").send_raw().await.unwrap_err();
        assert!(!error.response_was_lost() && !error.to_string().contains("lost"), "{error}");
    }
}

#[tokio::test(start_paused = true)]
async fn truncated_successes_are_repeated_under_their_key() {
    fn cut() -> Outcome {
        status(202, r#"{"requestId": {"a": 1}"#)
    }
    for fault in [cut as fn() -> Outcome, broken] {
        let server = Scripted::outcomes(vec![fault, good]);
        let client = server.builder().clock(PausedClock).build().unwrap();
        client.request(Method::POST, "/send").send::<serde_json::Value>().await.unwrap();
        let keys = server.headers("idempotency-key");
        assert!(keys.len() == 2 && keys[0].is_some() && keys[0] == keys[1], "{keys:?}");

        // Without a key, the work would be done twice.
        let server = Scripted::outcomes(vec![fault, good]);
        let client = server.builder().clock(PausedClock).options(|options| options.idempotency_keys(false));
        let client = client.build().unwrap();
        let error = client.request(Method::POST, "/send").send::<serde_json::Value>().await.unwrap_err();
        assert!(error.was_accepted() && error.attempts() == 1 && server.seen() == 1, "{error}");
    }
    // A complete but wrong body is not requested again.
    let server = Scripted::outcomes(vec![|| status(202, "<html>"), good]);
    let client = server.builder().clock(PausedClock).build().unwrap();
    let error = client.request(Method::POST, "/send").send::<serde_json::Value>().await.unwrap_err();
    assert_eq!((error.kind(), server.seen()), (ErrorKind::UnexpectedResponse, 1));
}

#[tokio::test]
async fn panics_of_callbacks_do_not_affect_calls() {
    let quiet = std::panic::take_hook();
    std::panic::set_hook(Box::new(|_| {}));
    let server = Scripted::outcomes(vec![good, missing]);
    let client = server.builder().on_call(|_| panic!("callback")).build().unwrap();
    let response = client.request(Method::GET, "/x").send_raw().await;
    let error = client.request(Method::GET, "/x").send_raw().await;
    // The value of a panic can panic when it is dropped.
    struct Bomb;
    impl Drop for Bomb {
        fn drop(&mut self) {
            if !std::thread::panicking() {
                panic!("dropped");
            }
        }
    }
    let server = Scripted::outcomes(vec![good]);
    let client = server.builder().on_call(|_| std::panic::panic_any(Bomb)).build().unwrap();
    let after_bomb = client.request(Method::GET, "/x").send_raw().await;
    std::panic::set_hook(quiet);
    assert!(response.is_ok() && after_bomb.is_ok());
    assert_eq!(error.unwrap_err().kind(), ErrorKind::NotFound);
}

#[tokio::test]
async fn every_callback_is_invoked_in_order() {
    let calls = std::sync::Arc::new(std::sync::Mutex::new(Vec::new()));
    let mut builder = Scripted::outcomes(vec![good]).builder();
    for name in ["metrics", "log", "audit"] {
        let calls = std::sync::Arc::clone(&calls);
        builder = builder.on_call(move |_| calls.lock().unwrap().push(name));
    }
    builder.build().unwrap().request(Method::GET, "/x").send_raw().await.unwrap();
    assert_eq!(*calls.lock().unwrap(), ["metrics", "log", "audit"]);
}
