//! With any transport, the client keeps its promises.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a test fails by a panic")]

mod support;

use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures::stream;
use support::faulty::{Act, Faulty, everything};
use support::scripted::{PausedClock, Scripted, good, status};
use trycourier::http::{Method, Response};
use trycourier::transport::{Attempt, Body, BoxFuture, Http, Transport, TransportError};
use trycourier::{Bytes, Client, ErrorKind, Options};

#[tokio::test]
async fn attempt_describes_itself() {
    let seen = Arc::new(Mutex::new(Vec::new()));
    struct Watch(Arc<Mutex<Vec<String>>>);
    impl Transport for Watch {
        fn send(&self, attempt: Attempt) -> BoxFuture<'_, Result<Response<Body>, TransportError>> {
            let (operation, path) = (attempt.operation(), attempt.path_template());
            let (number, timeout) = (attempt.number(), attempt.timeout());
            self.0.lock().unwrap().push(format!("{operation} {path} {number} {timeout:?} {attempt:?}"));
            let request = &attempt.request;
            assert_eq!(request.uri(), "https://api.courier.com/lists/SECRET?q=a+b");
            assert_eq!(request.method(), Method::PUT);
            assert_eq!(request.headers()["authorization"], "Bearer pk_test_SECRET-KEY");
            assert_eq!(request.headers()["content-type"], "application/json");
            assert_eq!(request.body(), "[1]");
            Box::pin(async { Err(TransportError::connect("no server")) })
        }
    }
    let client = Client::builder().api_key("pk_test_SECRET-KEY").transport(Watch(Arc::clone(&seen)));
    let client =
        client.clock(support::faulty::TestClock::new()).options(|options| options.max_retries(1)).build().unwrap();
    let call = client.request(Method::PUT, "/lists/SECRET").query("q", "a b").json(&[1]);
    assert_eq!(call.send_raw().await.unwrap_err().attempts(), 2);
    let seen = seen.lock().unwrap();
    assert!(seen[0].starts_with("request undescribed 1 60s") && seen[1].starts_with("request undescribed 2 60s"));
    assert!(!seen[0].contains("SECRET"), "{seen:?}");
}

#[tokio::test(start_paused = true)]
async fn time_limits_hold_over_any_transport() {
    let never = Scripted::new(|_, _| std::future::pending());
    let stalls = Scripted::new(|_, _| async {
        let first = stream::iter([Ok("{".into())]);
        Ok(Response::new(Body::from_stream(futures::StreamExt::chain(first, stream::pending()))))
    });
    for server in [never, stalls] {
        let client = server
            .builder()
            .clock(PausedClock)
            .options(|options| options.attempt_timeout(Duration::from_secs(7)))
            .build()
            .unwrap();
        let begun = tokio::time::Instant::now();
        let error = client.request(Method::GET, "/x").send_raw().await.unwrap_err();
        assert_eq!((error.kind(), error.attempts(), server.seen()), (ErrorKind::Timeout, 3, 3));
        assert!(error.was_sent());
        assert_eq!(begun.elapsed(), Duration::from_millis(7000 * 3 + 500 + 1000));
    }
}

#[tokio::test(start_paused = true)]
async fn size_limits_hold_over_any_transport() {
    let endless = Scripted::new(|_, _| async {
        Ok(Response::new(Body::from_stream(stream::repeat_with(|| Ok(vec![b' '; 1000].into())))))
    });
    let client = endless.builder().options(|options| options.max_response_bytes(100_000)).build().unwrap();
    let error = client.request(Method::POST, "/x").send_raw().await.unwrap_err();
    assert_eq!((error.kind(), endless.seen()), (ErrorKind::ResponseTooLarge, 1));
    // The client reads only the useful part of an error's body.
    let endless = Scripted::new(|_, _| async {
        let body = Body::from_stream(stream::repeat_with(|| Ok(vec![b'x'; 1000].into())));
        Ok(Response::builder().status(400).body(body).unwrap())
    });
    let error = endless.builder().build().unwrap().request(Method::POST, "/x").send_raw().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::BadRequest);
}

#[tokio::test]
async fn transport_error_shows_no_secret() {
    let server = Scripted::new(|request, _| {
        let said = format!("cannot reach {} with {:?}", request.uri(), request.headers()["authorization"].to_str());
        async move { Err(TransportError::broken(said).permanent()) }
    });
    let client = server.builder().build().unwrap();
    let error = client.request(Method::GET, "/users/SECRET-USER").send_raw().await.unwrap_err();
    assert!(!everything(&error).contains("SECRET"), "{}", everything(&error));
    assert!(std::error::Error::source(&error).unwrap().to_string().contains("cannot reach"));
    assert_eq!((error.attempts(), error.is_transient()), (1, false));
}

#[tokio::test]
async fn default_transport_can_be_wrapped() {
    struct Loud(Http, Arc<Mutex<u32>>);
    impl Transport for Loud {
        fn send(&self, attempt: Attempt) -> BoxFuture<'_, Result<Response<Body>, TransportError>> {
            *self.1.lock().unwrap() += 1;
            self.0.send(attempt)
        }
    }
    let server = support::Server::answering(200, serde_json::json!({"items": []})).await;
    let count = Arc::new(Mutex::new(0));
    let counted = Arc::clone(&count);
    let client = server.builder().wrap_transport(move |http| Loud(http, counted)).build().unwrap();
    let call = client.request(Method::POST, "/lists").json(&serde_json::json!({"a": "b"}));
    let response = call.send::<serde_json::Value>().await.unwrap();
    assert_eq!((response["items"].to_string().as_str(), *count.lock().unwrap()), ("[]", 1));
    assert_eq!(server.only().json(), serde_json::json!({"a": "b"}));
    assert_eq!(server.only().header("accept"), Some("application/json"));
}

#[tokio::test]
async fn body_is_read_from_every_source() {
    let chunks = || stream::iter([Ok("a".into()), Ok("".into()), Ok("bc".into()), Ok("d".into())]);
    assert_eq!(Body::from_stream(chunks()).bytes().await.unwrap(), "abcd");
    assert_eq!(Body::from("abcd").bytes().await.unwrap(), "abcd");
    assert_eq!(Body::from(b"ab".to_vec()).bytes().await.unwrap(), "ab");
    assert_eq!(Body::empty().bytes().await.unwrap(), "");
    let mut body = Body::from("abcd".to_owned());
    assert_eq!(body.chunk().await.unwrap().unwrap(), "abcd");
    assert!(body.chunk().await.unwrap().is_none() && body.chunk().await.unwrap().is_none());
    let broken = stream::iter([Ok("a".into()), Err(TransportError::broken("cut"))]);
    assert!(Body::from_stream(broken).bytes().await.is_err());
}

#[tokio::test]
async fn time_limit_of_a_call_replaces_that_of_the_client() {
    let (short, minute) = (Duration::from_millis(30), Duration::from_secs(60));
    // A byte every 2 ms, so that the response takes longer than the short limit.
    let slow = Act::trickles("HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 50\r\n\r\n", b" ");
    for (limit_of_client, limit_of_call, is_in_time) in [(short, minute, true), (minute, short, false)] {
        let server = Faulty::start(vec![slow.clone()]).await;
        let options = |options: Options| options.attempt_timeout(limit_of_client).max_retries(0);
        let client = server.builder().options(options).build().unwrap();
        let changed = client.with_options(|options| options.attempt_timeout(limit_of_call));
        for (client, is_in_time) in [(&changed, is_in_time), (&client, !is_in_time)] {
            let outcome = client.request(Method::GET, "/x").send_raw().await;
            let error = outcome.err().map(|error| error.kind());
            assert_eq!(error, if is_in_time { None } else { Some(ErrorKind::Timeout) });
        }
    }
}

#[tokio::test]
async fn body_of_one_chunk_is_not_copied() {
    let text = Bytes::from(format!("[{}]", "0,".repeat(50_000) + "0"));
    let body = text.clone();
    let server = Scripted::new(move |_, _| {
        let chunk = Ok::<_, TransportError>(body.clone());
        async { Ok(Response::new(Body::from_stream(stream::iter([chunk])))) }
    });
    let client = server.builder().build().unwrap();
    let received = client.request(Method::GET, "/x").send_raw().await.unwrap().into_inner();
    assert_eq!(received.as_ptr(), text.as_ptr());
}

#[tokio::test]
async fn response_has_status_and_headers() {
    let server = Scripted::new(|_, _| async {
        let mut response = status(201, r#"{"id": 1}"#)?;
        response.headers_mut().insert("x-request-id", "r-1".parse().unwrap());
        response.headers_mut().insert("x-echo", "Bearer pk_test_SECRET-KEY".parse().unwrap());
        Ok(response)
    });
    let client = server.builder().build().unwrap();
    let mut response = client.request(Method::GET, "/x").send::<serde_json::Value>().await.unwrap();
    assert_eq!((response.status().as_u16(), response.attempts(), response.server_request_id()), (201, 1, Some("r-1")));
    assert!(response.mismatches().is_empty());
    response["id"] = 2.into();
    assert!(!format!("{response:?} {:?}", response.headers()).contains("SECRET"), "{:?}", response.headers());
    assert_eq!(response.map(|value| value["id"].as_u64()).into_inner(), Some(2));
}

#[tokio::test]
async fn call_owns_its_data() {
    let server = Scripted::outcomes(vec![good]);
    let call = {
        let client = server.builder().build().unwrap();
        client.request(Method::GET, "/x")
    };
    let future = call.send::<serde_json::Value>();
    // Futures are moved, and a caller's future contains all futures that it awaits.
    assert!(size_of_val(&future) <= 4096, "{}", size_of_val(&future));
    tokio::spawn(future).await.unwrap().unwrap();
}

#[tokio::test]
async fn bodyless_writes_have_a_content_length_of_zero() {
    let server = Faulty::start(vec![Act::answer(200, &[], "{}")]).await;
    let plain = server.builder().build().unwrap();
    let wrapped = server.builder().wrap_transport(Unchanged).build().unwrap();
    for client in [plain, wrapped] {
        let before = server.seen().len();
        let methods = [Method::POST, Method::PUT, Method::PATCH, Method::GET, Method::DELETE, Method::HEAD];
        for method in methods.clone() {
            let _ = client.request(method, "/x").send_raw().await;
        }
        let _ = client.request(Method::POST, "/bulk/j/run").send_raw().await;
        client.request(Method::POST, "/x").json(&[1]).send_raw().await.unwrap();
        let seen = server.seen();
        let lengths: Vec<_> = seen[before..].iter().map(|request| request.header("content-length")).collect();
        assert_eq!(lengths, [Some("0"), Some("0"), Some("0"), None, None, None, Some("0"), Some("3")]);
        let has_type = |request: &support::faulty::Seen| request.header("content-type").is_some();
        assert_eq!(seen[before..].iter().filter(|request| has_type(request)).count(), 1);
    }
}

struct Unchanged(Http);

impl Transport for Unchanged {
    fn send(&self, attempt: Attempt) -> BoxFuture<'_, Result<Response<Body>, TransportError>> {
        self.0.send(attempt)
    }
}

/// Sends every request to another path.
struct Elsewhere(Http);

impl Transport for Elsewhere {
    fn send(&self, mut attempt: Attempt) -> BoxFuture<'_, Result<Response<Body>, TransportError>> {
        let uri = attempt.request.uri().to_string().replace("/x", "/elsewhere");
        *attempt.request.uri_mut() = uri.parse().unwrap();
        attempt.request.headers_mut().insert("x-mine", "1".parse().unwrap());
        self.0.send(attempt)
    }
}

#[tokio::test]
async fn wrappers_can_change_the_request() {
    let server = Faulty::start(vec![Act::answer(200, &[], "{}")]).await;
    let client = server.builder().wrap_transport(Elsewhere).build().unwrap();
    client.request(Method::GET, "/x").query("q", "1").send_raw().await.unwrap();
    let seen = server.seen();
    assert_eq!((seen[0].target.as_str(), seen[0].header("x-mine")), ("/elsewhere?q=1", Some("1")));
}

#[test]
fn settings_without_effect_are_refused() {
    let builder = || Client::builder().api_key("key");
    let scripted = || Scripted::outcomes(vec![good]);
    for (name, built) in [
        ("wrapped twice", builder().wrap_transport(Unchanged).wrap_transport(Elsewhere).build()),
        ("replaced, then wrapped", builder().transport(scripted()).wrap_transport(Unchanged).build()),
        ("wrapped, then replaced", builder().wrap_transport(Unchanged).transport(scripted()).build()),
    ] {
        let error = built.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Configuration, "{name}");
        assert!(error.to_string().contains("transport"), "{name}: {error}");
    }
    assert!(builder().transport(scripted()).transport(scripted()).build().is_ok());
}
