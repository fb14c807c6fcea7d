//! A path parameter with any content reaches the intended endpoint.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a test fails by a panic")]

#[path = "support/call.rs"]
mod call;
mod support;

use call::{call, request_sample};
use percent_encoding::percent_decode_str;
use serde_json::{Value, json};
use support::{Reply, Server, description, operations};
use trycourier::ErrorKind;

const HOSTILE: [&str; 26] = [
    "plain",
    "a/b",
    "/",
    "//",
    "..\\..\\tenants",
    "\\",
    "../tenants",
    "...",
    "a b",
    " ",
    "?",
    "a?b=c",
    "#",
    "a#b",
    "%",
    "100%",
    "%2e%2e",
    "%2F",
    "ünï",
    "🦀",
    "a\nb",
    "\r\n",
    "\t",
    "a;b=c,d:e@f&g=h+i",
    "\u{0}",
    "{job_id}",
];

#[tokio::test]
async fn every_text_arrives_as_one_path_segment() {
    let description = description();
    let server = Server::start(|_| Reply::empty(204)).await;
    let client = server.client();
    let mut sent = Vec::new();
    for (id, _, path, operation) in operations(&description) {
        if !path.contains('{') {
            continue;
        }
        for text in HOSTILE {
            let body = request_sample(&description, &operation);
            let _ = call(&client, &id, text, &Value::Null, body).await;
            sent.push((id.clone(), path.clone(), text));
        }
    }
    let received = server.received();
    assert_eq!(received.len(), sent.len());
    for (request, (id, path, text)) in received.iter().zip(&sent) {
        assert!(request.query.is_empty(), "{id} {text:?}: {}", request.query);
        let arrived: Vec<String> = request
            .path
            .split('/')
            .map(|segment| percent_decode_str(segment).decode_utf8().unwrap().into_owned())
            .collect();
        let expected: Vec<&str> =
            path.split('/').map(|segment| if segment.starts_with('{') { text } else { segment }).collect();
        assert_eq!(arrived, expected, "{id} {text:?}");
    }
}

#[tokio::test]
async fn path_escape_is_refused_before_sending() {
    let description = description();
    let server = Server::start(|_| Reply::empty(204)).await;
    let client = server.client();
    for (id, _, path, operation) in operations(&description) {
        if !path.contains('{') {
            continue;
        }
        for text in ["", ".", ".."] {
            let body = request_sample(&description, &operation);
            let error = call(&client, &id, text, &Value::Null, body).await.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::InvalidArgument, "{id} {text:?}");
            assert!(error.to_string().contains("would lead to another endpoint"), "{error}");
            assert_eq!(error.operation().unwrap().replace('.', "_"), id);
            assert!(!error.was_sent());
        }
    }
    assert!(server.received().is_empty());
}

#[tokio::test]
async fn refused_path_parameter_is_named() {
    let server = Server::answering(200, json!({})).await;
    let error = server.client().bulk().list_users("").await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidArgument);
    assert!(error.to_string().starts_with("bulk.list_users: the argument `job_id` is empty"), "{error}");
    assert!(server.received().is_empty());
}

/// HTTP libraries refuse a URL of 64 KiB.
#[tokio::test]
async fn endless_path_parameter_is_refused_before_sending() {
    let server = Server::answering(200, json!({})).await;
    let error = server.client().bulk().list_users("x".repeat(70_000)).await.unwrap_err();
    assert_eq!((error.kind(), error.attempts(), error.was_sent()), (ErrorKind::InvalidArgument, 0, false));
    assert!(error.to_string().starts_with("bulk.list_users: the path does not make a valid URL"), "{error}");
    assert!(server.received().is_empty());
}

#[test]
fn debug_of_a_call_has_no_arguments() {
    let client = trycourier::Client::builder().api_key("pk_test_SECRET").build().unwrap();
    let call = client.users().tokens().retrieve("user@example.com", "DEVICE_TOKEN");
    let shown = format!("{call:?}");
    for secret in ["example", "DEVICE_TOKEN", "SECRET"] {
        assert!(!shown.contains(secret), "{shown}");
    }
}
