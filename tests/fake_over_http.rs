//! The fake over HTTP: its server, its mailbox and its webhooks.

#![allow(clippy::expect_used, clippy::indexing_slicing, clippy::panic, reason = "a test fails by a panic")]

#[path = "support/fake.rs"]
mod fake;

use std::io::ErrorKind;
use std::time::Duration;

use fake::succeed;
use http_body_util::{BodyExt, Full};
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::sync::mpsc;
use tokio::time::timeout;
use trycourier::ext::webhook::{Event, SIGNATURE_HEADER, Verifier};
use trycourier::testing::Courier;
use trycourier::types::MessageStatus;
use trycourier::{Bytes, calls, reqwest};

fn message(title: &str) -> Value {
    json!({"message": {"to": {"email": "<b>@example.com"}, "content": {"title": title, "body": "\"'&"}}})
}

#[tokio::test]
async fn http_responses_equal_direct_ones() {
    let courier = Courier::new();
    let server = courier.serve("127.0.0.1:0").await.expect("a server");
    let client = reqwest::Client::new();
    let send = || client.post(format!("{}/send", server.url())).body(message("t").to_string());
    assert_eq!(send().send().await.expect("a response").status(), 401);
    let response = send().bearer_auth("any").send().await.expect("a response");
    assert_eq!(response.status(), 202);
    let sent: Value = serde_json::from_slice(&response.bytes().await.expect("a body")).expect("JSON");
    let path = format!("/messages/{}", sent["requestId"].as_str().unwrap_or_default());
    assert_eq!(succeed(&courier, "GET", &path, Value::Null)["id"], sent["requestId"]);
    // The official SDKs count their attempts.
    let repeated = send().bearer_auth("any").header("x-stainless-retry-count", "2");
    repeated.send().await.expect("a response");
    let attempts: Vec<u32> = courier.calls_of::<calls::SendMessage>().iter().map(|call| call.call.attempt).collect();
    assert_eq!(attempts, [1, 1, 3]);
    let large = client.post(format!("{}/send", server.url())).bearer_auth("any").body(vec![b' '; 7 << 20]);
    assert_eq!(large.send().await.map(|response| response.status().as_u16()).unwrap_or(413), 413);
    server.stop();
}

#[tokio::test]
async fn server_is_local_unless_public() {
    let courier = Courier::new();
    let refused = courier.serve("0.0.0.0:0").await.expect_err("not an address of this machine alone");
    assert_eq!(refused.kind(), ErrorKind::InvalidInput);
    assert!(courier.serve_public("0.0.0.0:0").await.is_ok());
}

/// Sends bytes, and reads until the server disconnects, for a minute at most.
async fn exchange(stream: &mut TcpStream, bytes: &[u8]) -> String {
    stream.write_all(bytes).await.expect("an open connection");
    let mut response = Vec::new();
    let read = timeout(Duration::from_secs(60), stream.read_to_end(&mut response)).await;
    read.expect("the server to disconnect").expect("a response");
    String::from_utf8_lossy(&response).into_owned()
}

/// A web site whose name leads to 127.0.0.1 must not read the messages.
#[tokio::test]
async fn server_responds_only_to_local_names() {
    let courier = Courier::new();
    let server = courier.serve("127.0.0.1:0").await.expect("a server");
    let status = async |target: &str, headers: &str| {
        let mut stream = TcpStream::connect(server.address()).await.expect("a connection");
        let request = format!("GET {target} HTTP/1.1\r\n{headers}connection: close\r\n\r\n");
        exchange(&mut stream, request.as_bytes()).await.get(9..12).unwrap_or_default().to_owned()
    };
    for host in
        ["localhost", "LOCALHOST:80", "courier.localhost", "localhost.", "127.0.0.1:4010", "127.9.9.9", "[::1]:80"]
    {
        assert_eq!(status("/", &format!("host: {host}\r\n")).await, "200", "{host}");
        let headers = format!("host: localhost\r\norigin: http://{host}\r\n");
        assert_eq!(status("/", &headers).await, "200", "a page of {host}");
    }
    for host in
        ["evil.example", "localhost.evil.example", "evillocalhost", "127.0.0.1.evil.example", "10.0.0.1", "[::2]", ""]
    {
        assert_eq!(status("/", &format!("host: {host}\r\n")).await, "403", "{host}");
        let headers = format!("host: localhost\r\norigin: http://{host}\r\n");
        assert_eq!(status("/", &headers).await, "403", "a page of {host}");
        let headers = format!("host: localhost\r\nhost: {host}\r\n");
        assert_eq!(status("/", &headers).await, "403", "a second host {host}");
    }
    assert_eq!(status("/", "").await, "403");
    assert_eq!(status("/", "host: localhost\r\norigin: null\r\n").await, "403");
    assert_eq!(status("http://evil.example/", "host: localhost\r\n").await, "403");
    assert_eq!(courier.calls().len(), 0);

    let public = courier.serve_public("127.0.0.1:0").await.expect("a server");
    let mut stream = TcpStream::connect(public.address()).await.expect("a connection");
    let page = exchange(&mut stream, b"GET / HTTP/1.1\r\nhost: mail.example\r\nconnection: close\r\n\r\n").await;
    assert!(page.starts_with("HTTP/1.1 200"), "{page}");
}

#[tokio::test(start_paused = true)]
async fn slow_caller_is_disconnected() {
    let courier = Courier::new();
    let server = courier.serve("127.0.0.1:0").await.expect("a server");
    for (begin, status) in [
        ("", ""),
        ("GET / HTT", ""),
        ("GET / HTTP/1.1\r\nhost: localhost\r\n\r\n", "HTTP/1.1 200"),
        ("POST /send HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\ncontent-length: 9\r\n\r\n{", "HTTP/1.1 408"),
    ] {
        let mut stream = TcpStream::connect(server.address()).await.expect("a connection");
        let response = exchange(&mut stream, begin.as_bytes()).await;
        assert!(response.starts_with(status), "{begin}: {response}");
    }
}

#[tokio::test]
async fn stopped_server_closes_its_connections() {
    let courier = Courier::new();
    let server = courier.serve("127.0.0.1:0").await.expect("a server");
    let request = b"GET /lists HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer any\r\n\r\n";
    let mut streams = Vec::new();
    for _ in 0..3 {
        let mut stream = TcpStream::connect(server.address()).await.expect("a connection");
        stream.write_all(request).await.expect("a request");
        stream.read_exact(&mut [0; 12]).await.expect("a response");
        streams.push(stream);
    }
    let address = server.address();
    server.stop();
    for mut stream in streams {
        let mut rest = Vec::new();
        let closed = timeout(Duration::from_secs(10), stream.read_to_end(&mut rest)).await;
        assert!(closed.is_ok(), "the connection is still open");
    }
    assert!(TcpStream::connect(address).await.is_err());
    assert_eq!(courier.calls().len(), 3);
}

#[tokio::test]
async fn mailbox_shows_messages_and_runs_no_script() {
    let courier = Courier::new();
    let server = courier.serve("127.0.0.1:0").await.expect("a server");
    let page = async || reqwest::get(format!("{}/", server.url())).await.expect("a page");
    assert!(page().await.text().await.expect("HTML").contains("Nothing has been sent yet"));
    succeed(&courier, "POST", "/send", message("<script>alert(1)</script>"));
    let page = page().await;
    let policy = page.headers()["content-security-policy"].to_str().expect("a text").to_owned();
    assert!(policy.starts_with("default-src 'none'; style-src 'unsafe-inline';"), "{policy}");
    for closed in ["base-uri 'none'", "form-action 'none'", "frame-ancestors 'none'"] {
        assert!(policy.contains(closed), "{policy}");
    }
    let html = page.text().await.expect("HTML");
    assert!(html.contains("<h2>&lt;script&gt;alert(1)&lt;/script&gt;</h2>"), "{html}");
    assert!(html.contains("&quot;&#39;&amp;"), "{html}");
    assert!(html.contains("<strong>&lt;b&gt;@example.com</strong>"), "{html}");
    assert!(!html.contains("<script") && !html.contains("<b>"), "{html}");
}

#[test]
fn webhook_signature_verifies() {
    let courier = Courier::new();
    courier.collect_webhooks();
    succeed(&courier, "POST", "/send", message("t"));
    let verifier = Verifier::new("s").expect("a secret");
    for webhook in courier.webhooks(Some("s")) {
        let signature = webhook.headers()[SIGNATURE_HEADER].to_str().expect("a text");
        let delivery = verifier.verify_at(signature, webhook.body(), courier.now()).expect("a genuine delivery");
        assert!(
            matches!(delivery.event(), Event::MessageUpdated(message) if message.status == MessageStatus::Enqueued)
        );
    }
    succeed(&courier, "POST", "/send", message("t"));
    let unsigned = courier.webhooks(Some(""));
    assert!(unsigned.iter().all(|webhook| !webhook.headers().contains_key(SIGNATURE_HEADER)) && unsigned.len() == 1);
}

/// A receiver that responds with the given statuses, then with 200, and reports what arrives.
async fn receiver(statuses: &'static [u16]) -> (String, mpsc::UnboundedReceiver<(Option<String>, Value)>) {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a socket");
    let url = format!("http://{}/courier", listener.local_addr().expect("an address"));
    let (sender, receiver) = mpsc::unbounded_channel();
    let count = std::sync::Arc::new(std::sync::atomic::AtomicUsize::new(0));
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let (sender, count) = (sender.clone(), count.clone());
            let service = service_fn(move |request: http::Request<hyper::body::Incoming>| {
                let (sender, count) = (sender.clone(), count.clone());
                async move {
                    let signature = request.headers().get("courier-signature").and_then(|value| value.to_str().ok());
                    let signature = signature.map(str::to_owned);
                    let body = request.into_body().collect().await.map(|body| body.to_bytes()).unwrap_or_default();
                    let _ = sender.send((signature, serde_json::from_slice(&body).unwrap_or_default()));
                    let index = count.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
                    let mut response = http::Response::new(Full::new(Bytes::new()));
                    *response.status_mut() = statuses
                        .get(index)
                        .and_then(|status| http::StatusCode::from_u16(*status).ok())
                        .unwrap_or_default();
                    Ok::<_, std::convert::Infallible>(response)
                }
            });
            tokio::spawn(hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), service));
        }
    });
    (url, receiver)
}

#[tokio::test]
async fn failed_webhook_is_posted_again() {
    let courier = Courier::new();
    courier.delivery_time(Duration::ZERO);
    let (url, mut received) = receiver(&[503]).await;
    let task = courier.post_webhooks(url, Some("s".to_owned()), |_| {});
    succeed(&courier, "POST", "/send", message("t"));
    let mut statuses = Vec::new();
    while statuses.last().is_none_or(|status| status != "DELIVERED") {
        let (signature, body) = received.recv().await.expect("a webhook");
        assert_eq!(body["type"], "message:updated");
        assert!(signature.is_some_and(|signature| signature.starts_with("t=") && signature.contains(",signature=")));
        statuses.push(body["data"]["status"].clone());
    }
    assert_eq!(statuses, ["ENQUEUED", "ENQUEUED", "ROUTED", "SENT", "DELIVERED"]);
    task.abort();
}

#[tokio::test]
async fn refused_webhook_is_reported_and_not_repeated() {
    let courier = Courier::new();
    let (url, mut received) = receiver(&[400]).await;
    let (failures, mut failed) = mpsc::unbounded_channel();
    let task = courier.post_webhooks(url, None, move |cause| {
        let _ = failures.send(cause.to_owned());
    });
    succeed(&courier, "POST", "/send", message("t"));
    assert!(failed.recv().await.is_some_and(|cause| cause.contains("400")));
    let (signature, body) = received.recv().await.expect("a webhook");
    assert_eq!((signature, &body["data"]["status"]), (None, &json!("ENQUEUED")));
    courier.advance(Duration::from_secs(2));
    let (_, next) = received.recv().await.expect("another webhook");
    assert_eq!(next["data"]["status"], "ROUTED");
    task.abort();
}

#[test]
fn webhooks_are_available_without_a_network() {
    let courier = Courier::new();
    courier.collect_webhooks().delivery_time(Duration::from_secs(3));
    succeed(&courier, "POST", "/send", message("t"));
    let statuses = |courier: &Courier| -> Vec<Value> {
        let webhooks = courier.webhooks(None);
        assert!(webhooks.iter().all(|webhook| !webhook.headers().contains_key("courier-signature")));
        let bodies = webhooks.iter().map(|webhook| serde_json::from_slice::<Value>(webhook.body()).expect("JSON"));
        bodies.map(|body| body["data"]["status"].clone()).collect()
    };
    assert_eq!(statuses(&courier), ["ENQUEUED"]);
    assert_eq!(statuses(&courier), Vec::<Value>::new());
    courier.advance(Duration::from_secs(2));
    assert_eq!(statuses(&courier), ["ROUTED", "SENT"]);
    courier.advance(Duration::from_secs(60));
    assert_eq!(statuses(&courier), ["DELIVERED"]);
}
