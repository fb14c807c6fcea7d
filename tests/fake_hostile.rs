//! The fake over HTTP survives any bytes: it responds or disconnects.

#![allow(clippy::expect_used, clippy::indexing_slicing, clippy::panic, reason = "a test fails by a panic")]

#[path = "support/fake.rs"]
mod fake;

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use fake::{ask, succeed};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use trycourier::testing::Courier;

/// Returns the response to some bytes, until the server disconnects or the client has sent everything.
async fn raw(address: SocketAddr, request: &[u8], hangs_up: bool) -> String {
    let mut stream = TcpStream::connect(address).await.expect("a connection");
    // The server may disconnect before it has read everything.
    let _ = stream.write_all(request).await;
    if hangs_up {
        let _ = stream.shutdown().await;
    }
    let mut response = Vec::new();
    let reading = stream.read_to_end(&mut response);
    let _ = tokio::time::timeout(Duration::from_secs(30), reading).await.expect("a response in time");
    String::from_utf8_lossy(&response).into_owned()
}

fn post(target: &str, body: &[u8]) -> Vec<u8> {
    let length = body.len();
    let head = format!(
        "POST {target} HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer k\r\nconnection: close\r\ncontent-length: {length}\r\n\r\n"
    );
    [head.as_bytes(), body].concat()
}

#[tokio::test]
async fn any_bytes_get_a_response_or_a_disconnect() {
    let courier = Courier::new();
    let server = courier.serve("127.0.0.1:0").await.expect("a server");
    let get = |target: &str| {
        format!("GET {target} HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer k\r\nconnection: close\r\n\r\n")
            .into_bytes()
    };
    let chunked = |body: &str| {
        format!("POST /send HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer k\r\nconnection: close\r\ntransfer-encoding: chunked\r\n\r\n{body}").into_bytes()
    };
    let deep = "[".repeat(100_000) + &"]".repeat(100_000);
    let deep_message = r#"{"message": "#.to_owned() + &r#"{"content":"#.repeat(5_000) + "1" + &"}".repeat(5_001);
    let large = vec![b' '; 7 << 20];
    let large_chunk = format!("{:x}\r\n{}\r\n0\r\n\r\n", large.len(), " ".repeat(large.len()));
    for (name, request, status) in [
        ("an unknown path", get("/nowhere"), "404"),
        ("an unknown path with odd bytes", get("/%ff%00/..//%2e%2e/?%zz=%&&=&x"), "404"),
        ("a path of slashes", get("//////"), "404"),
        ("a long path", get(&("/lists/".to_owned() + &"x".repeat(50_000))), "404"),
        ("another method", post("/lists", b"{}"), "405"),
        ("a method that there is not", get("/lists").into_iter().skip(1).collect(), "405"),
        ("no JSON", post("/send", b"{\"message\": "), "400"),
        ("no text", post("/send", b"\xff\xfe{"), "400"),
        ("no object", post("/send", b"[1, 2]"), "400"),
        ("nothing", post("/send", b""), "400"),
        ("deep JSON", post("/send", deep.as_bytes()), "400"),
        ("deep objects", post("/send", deep_message.as_bytes()), "400"),
        ("a large number", post("/send", b"{\"message\": 1e999}"), "400"),
        ("a large body", post("/send", &large), "413"),
        ("a large body in a chunk", chunked(&large_chunk), "413"),
        ("a chunk without a length", chunked("zz\r\n{}\r\n0\r\n\r\n"), "400"),
        (
            "half a body",
            post("/send", b"{}").into_iter().rev().skip(1).collect::<Vec<_>>().into_iter().rev().collect(),
            "",
        ),
        ("half a head", b"POST /send HTTP/1.1\r\nhost: localhost\r\nauthor".to_vec(), ""),
        ("no HTTP", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03".to_vec(), ""),
        ("nothing at all", Vec::new(), ""),
    ] {
        let response = raw(server.address(), &request, status.is_empty()).await;
        let head = response.split("\r\n").next().unwrap_or_default().to_owned();
        assert!(status.is_empty() || head.starts_with(&format!("HTTP/1.1 {status}")), "{name}: {head}");
        if let Some((_, body)) = response.split_once("\r\n\r\n").filter(|_| !status.is_empty()) {
            let body: Value = serde_json::from_str(body).unwrap_or_default();
            assert!(body["message"].is_string() && body["type"] == "invalid_request_error", "{name}: {response}");
        }
        let alive = raw(server.address(), &get("/lists"), false).await;
        assert!(alive.starts_with("HTTP/1.1 200"), "after {name}: {alive}");
    }
    server.stop();
}

#[tokio::test]
async fn waiting_caller_does_not_block_others() {
    let courier = Courier::new();
    let server = courier.serve("127.0.0.1:0").await.expect("a server");
    let mut idle = Vec::new();
    for _ in 0..50 {
        let mut stream = TcpStream::connect(server.address()).await.expect("a connection");
        stream
            .write_all(b"POST /send HTTP/1.1\r\nhost: localhost\r\ncontent-length: 100\r\n\r\n{")
            .await
            .expect("half a request");
        idle.push(stream);
    }
    let response = raw(server.address(), &post("/send", b"{}"), false).await;
    assert!(response.starts_with("HTTP/1.1 400"), "{response}");
}

#[test]
fn invalid_timestamp_is_refused() {
    let courier = Courier::new();
    for time in [
        "2026-01-01T00:00:00%2B01:9223372036854775807",
        "2026-01-01T00:00:00-99:99",
        "2026-02-31",
        "9223372036854775807-01-01",
        "2026-01-01T00:00:NaN",
    ] {
        let (status, _) = ask(&courier, "GET", &format!("/messages?enqueued_after={time}"), Value::Null);
        assert_eq!(status, 400, "{time}");
    }
}

/// Nested elements without a type.
fn nested(depth: usize, inner: Value) -> Value {
    (0..depth).fold(inner, |inner, _| json!({"channel": "email", "elements": [inner]}))
}

#[test]
fn validation_takes_no_longer_than_parsing() {
    let courier = Courier::new();
    let begun = Instant::now();
    for inner in [json!({"type": "text", "content": "x"}), json!({"type": 7}), json!({"type": "none"})] {
        let content = json!({"version": "2022-01-01", "elements": [nested(50, inner)]});
        ask(&courier, "POST", "/send", json!({"message": {"to": {"email": "a@example.com"}, "content": content}}));
    }
    let filter = (0..50).fold(
        json!({"operator": "EQ", "path": "a", "value": 7}),
        |inner, _| json!({"operator": "AND", "filters": [inner]}),
    );
    ask(&courier, "PUT", "/audiences/a", json!({"filter": filter}));
    let node = (0..20).fold(json!({"type": "none"}), |inner, _| {
        json!({"type": "branch", "paths": [{"conditions": ["a", "is equal", "b"], "nodes": [inner]}], "default": {"nodes": []}})
    });
    ask(&courier, "POST", "/journeys", json!({"name": "j", "nodes": [node]}));
    assert!(begun.elapsed() < Duration::from_secs(5), "{:?}", begun.elapsed());
}

#[test]
fn stored_data_does_not_grow_without_limit() {
    let courier = Courier::new();
    let store = |profile: Value| succeed(&courier, "PUT", "/profiles/ada", json!({"profile": profile}));
    let copy = |copies: Vec<(String, String)>| {
        let copies: Vec<Value> =
            copies.into_iter().map(|(from, path)| json!({"op": "copy", "from": from, "path": path})).collect();
        ask(&courier, "PATCH", "/profiles/ada", json!({"patch": copies})).0
    };
    // The content doubles with each copy.
    store(json!({"a": {"x": "1234567890"}}));
    let copies = |times: usize| (0..times).map(|time| ("/a".to_owned(), format!("/a/{time}"))).collect();
    assert_eq!((copy(copies(10)), copy(copies(40))), (204, 400));
    // The depth doubles with each request.
    let path = |depth: usize| "/a".repeat(depth);
    store((0..50).fold(json!({}), |inner, _| json!({"a": inner})));
    assert_eq!(copy(vec![(path(1), path(51))]), 204);
    assert_eq!(copy(vec![(path(1), path(101))]), 400);
    assert_eq!(ask(&courier, "GET", "/profiles/ada", Value::Null).0, 200);
}
