//! Every operation of the description can be called, and accepts its response even from a loose server.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a test fails by a panic")]

#[path = "support/call.rs"]
mod call;
mod support;

use std::collections::BTreeSet;

use call::{call, request_sample, takes_text};
use serde_json::{Value, json};
use support::sample::{STYLES, Samples, Style};
use support::{Reply, Server, description, operations, without_nulls};
use trycourier::ErrorKind;

fn success_schema(operation: &Value) -> &Value {
    &operation["responses"]["2XX"]["content"]["application/json"]["schema"]
}

#[tokio::test]
async fn every_operation_is_called_once() {
    let description = description();
    let operations = operations(&description);
    assert_eq!(operations.iter().map(|(id, ..)| id).collect::<BTreeSet<_>>().len(), operations.len());
    for (id, method, path, operation) in &operations {
        let schema = success_schema(operation);
        let response = if schema.is_null() {
            Value::Null
        } else {
            Samples { description: &description, style: Style::Full }.of(schema)
        };
        let reply = response.clone();
        let server =
            Server::start(move |_| if reply.is_null() { Reply::empty(204) } else { Reply::json(200, &reply) }).await;
        let body = request_sample(&description, operation);
        let result = call(&server.client(), id, "the id", &Value::Null, body.clone())
            .await
            .unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(result, response, "{id}");

        let request = server.only();
        assert_eq!(&request.method, method, "{id}");
        let expected: Vec<&str> =
            path.split('/').map(|segment| if segment.starts_with('{') { "the%20id" } else { segment }).collect();
        assert_eq!(request.path, expected.join("/"), "{id}");
        assert_eq!(request.header("authorization"), Some("Bearer pk_test_SECRET"), "{id}");
        assert_eq!(request.header("user-agent"), Some(concat!("trycourier-rust/", env!("CARGO_PKG_VERSION"))), "{id}");
        assert_eq!(request.header("api-version"), None, "{id}");
        if takes_text(operation) {
            assert_eq!(request.body, body.as_str().unwrap().as_bytes(), "{id}");
            assert_eq!(request.header("content-type"), Some("text/plain"), "{id}");
        } else if !operation["requestBody"].is_null() {
            assert_eq!(request.json(), body, "{id}");
            assert_eq!(request.header("content-type"), Some("application/json"), "{id}");
        }
    }
}

#[tokio::test]
async fn loose_response_fails_no_operation() {
    let description = description();
    // `call` gets its reply from this mutex, which the test fills.
    let reply = std::sync::Arc::new(std::sync::Mutex::new((200, Value::Null)));
    let next = reply.clone();
    let server = Server::start(move |_| {
        let (status, body) = next.lock().unwrap().clone();
        Reply::json(status, &body)
    })
    .await;
    let client = server.client();
    let mut calls = 0;
    for (id, _, _, operation) in operations(&description) {
        let schema = success_schema(&operation);
        let body = request_sample(&description, &operation);
        for (style, status) in STYLES.into_iter().zip([200, 201, 202, 226, 299]) {
            let samples = Samples { description: &description, style };
            let responses = if schema.is_null() { vec![json!({"not": "described"})] } else { samples.each(schema) };
            for response in responses {
                *reply.lock().unwrap() = (status, response.clone());
                let result = call(&client, &id, "id", &Value::Null, body.clone())
                    .await
                    .unwrap_or_else(|error| panic!("{style:?}: {error}"));
                let expected = if schema.is_null() { Value::Null } else { without_nulls(&response) };
                assert_eq!(without_nulls(&result), expected, "{id} {style:?}");
                calls += 1;
            }
        }
    }
    assert!(calls >= operations(&description).len() * STYLES.len(), "{calls}");
}

#[tokio::test]
async fn empty_body_is_ok_only_without_required_fields() {
    let description = description();
    let server = Server::start(|_| Reply::empty(202)).await;
    let client = server.client();
    let mut empty_handed = Vec::new();
    for (id, _, _, operation) in operations(&description) {
        let body = request_sample(&description, &operation);
        if let Err(error) = call(&client, &id, "id", &Value::Null, body).await {
            assert_eq!(error.kind(), ErrorKind::EmptyBody, "{error}");
            assert!(error.was_accepted() && error.status().is_some_and(|status| status == 202), "{error}");
            assert!(error.to_string().contains("accepted"), "{error}");
            empty_handed.push(id);
        }
    }
    for needs_a_body in ["send_message", "bulk_create_job", "lists_retrieve", "translations_retrieve"] {
        assert!(empty_handed.iter().any(|id| id == needs_a_body), "{needs_a_body}");
    }
    for needs_none in ["bulk_run_job", "bulk_add_users", "lists_delete", "notifications_retrieve_content"] {
        assert!(!empty_handed.iter().any(|id| id == needs_none), "{needs_none}");
    }
}
