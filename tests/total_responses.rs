//! Every response of JSON of the described kind decodes without an error and without a loss.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a test fails by a panic")]

#[path = "support/call.rs"]
mod call;
mod support;

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};

use call::{call, request_sample};
use serde_json::{Value, json};
use support::sample::{Samples, Style};
use support::{Reply, Server, description, operations, without_nulls};
use trycourier::ext::bulk::Job;
use trycourier::transport::{Attempt, Body, BoxFuture, Transport, TransportError};
use trycourier::types::BulkMessage;
use trycourier::{Client, ErrorKind};

/// The operations that create or send something, and the property that refers to it.
const IDS: [(&str, &str); 21] = [
    ("auth_issue_token", "token"),
    ("automations_invoke_invoke_ad_hoc", "runId"),
    ("automations_invoke_invoke_by_template", "runId"),
    ("brands_create", "id"),
    ("broadcasts_create", "id"),
    ("broadcasts_duplicate", "id"),
    ("broadcasts_send", "id"),
    ("bulk_create_job", "jobId"),
    ("inbound_track_event", "messageId"),
    ("journeys_create", "id"),
    ("journeys_invoke", "runId"),
    ("journeys_templates_create", "id"),
    ("messages_resend", "messageId"),
    ("notifications_create", "id"),
    ("notifications_previews_runs_create", "id"),
    ("previews_create_device_set", "id"),
    ("providers_create", "id"),
    ("routing_strategies_create", "id"),
    ("send_message", "requestId"),
    ("workspace_preferences_create", "id"),
    ("workspace_preferences_topics_create", "id"),
];

/// The operations whose response is an object around a list.
const LISTS: [&str; 41] = [
    "audiences_list",
    "audiences_list_members",
    "audit_events_list",
    "automations_list",
    "automations_runs_list",
    "automations_runs_list_steps",
    "brands_list",
    "broadcasts_list",
    "bulk_list_users",
    "digests_schedules_list_instances",
    "journeys_list",
    "journeys_list_versions",
    "journeys_runs_list",
    "journeys_runs_list_steps",
    "journeys_templates_list",
    "journeys_templates_list_versions",
    "lists_list",
    "lists_subscriptions_list",
    "messages_content",
    "messages_history",
    "messages_list",
    "notifications_checks_list",
    "notifications_list",
    "notifications_list_versions",
    "notifications_previews_runs_list",
    "previews_list_device_sets",
    "previews_list_devices",
    "profiles_lists_retrieve",
    "providers_catalog_list",
    "providers_list",
    "routing_strategies_list",
    "routing_strategies_list_notifications",
    "tenants_list",
    "tenants_list_users",
    "tenants_templates_list",
    "users_preferences_retrieve",
    "users_tenants_list",
    "users_tokens_list",
    "workspace_preferences_list",
    "workspace_preferences_list_logs",
    "workspace_preferences_topics_list",
];

/// Returns the kind of error that the response must be.
fn refusal(id: &str, is_list: bool, response: &Value) -> Option<ErrorKind> {
    let lacks = |(_, name): &&(&str, &str)| match &response[name] {
        Value::Null => true,
        Value::String(text) => text.trim().is_empty(),
        _ => false,
    };
    let is_empty = IDS.iter().find(|(known, _)| *known == id).filter(lacks).is_some();
    let is_bare = is_list && response.is_array();
    is_empty.then_some(ErrorKind::EmptyBody).or(is_bare.then_some(ErrorKind::Decode))
}

/// A transport that responds to every request with the same JSON.
#[derive(Clone, Default)]
struct Fixed(Arc<Mutex<Value>>);

impl Transport for Fixed {
    fn send(&self, _: Attempt) -> BoxFuture<'_, Result<http::Response<Body>, TransportError>> {
        let body = Body::from(self.0.lock().unwrap().to_string());
        Box::pin(std::future::ready(Ok(http::Response::new(body))))
    }
}

impl Fixed {
    fn client(&self) -> Client {
        Client::builder()
            .api_key("pk_test_SECRET")
            .transport(self.clone())
            .options(|options| options.max_retries(0))
            .build()
            .unwrap()
    }
}

/// Collects JSON pointers to everything inside a value; of long arrays only the first elements.
fn pointers(value: &Value, pointer: &str, all: &mut Vec<String>) {
    all.push(pointer.to_owned());
    let escaped = |name: &str| name.replace('~', "~0").replace('/', "~1");
    match value {
        Value::Object(object) => {
            object.iter().for_each(|(name, inner)| pointers(inner, &format!("{pointer}/{}", escaped(name)), all))
        }
        Value::Array(array) => {
            array
                .iter()
                .take(2)
                .enumerate()
                .for_each(|(index, inner)| pointers(inner, &format!("{pointer}/{index}"), all));
        }
        _ => {}
    }
}

/// Values of every kind, one of which replaces a described value.
fn odd_values() -> Vec<Value> {
    vec![
        Value::Null,
        json!(true),
        json!(7),
        json!(1.5),
        json!("text"),
        json!([]),
        json!([null, 1, {"a": []}]),
        json!({}),
        json!({"type": "a-kind-that-is-new", "x": {"y": null}}),
    ]
}

/// Returns the value without the member, or with another value for it.
fn mutated(value: &Value, pointer: &str, odd: Option<Value>) -> Value {
    let mut value = value.clone();
    match odd {
        Some(odd) => *value.pointer_mut(pointer).unwrap() = odd,
        None => {
            let (parent, name) = pointer.rsplit_once('/').unwrap();
            let name = name.replace("~1", "/").replace("~0", "~");
            if let Some(object) = value.pointer_mut(parent).and_then(Value::as_object_mut) {
                object.remove(&name);
            }
        }
    }
    value
}

#[tokio::test]
async fn mismatch_anywhere_fails_nothing_and_loses_nothing() {
    let description = description();
    let server = Fixed::default();
    let client = server.client();
    let odd = odd_values();
    let mut tried = 0;
    for (id, _, _, operation) in operations(&description) {
        let schema = &operation["responses"]["2XX"]["content"]["application/json"]["schema"];
        if schema.is_null() {
            continue;
        }
        let body = request_sample(&description, &operation);
        let samples = Samples { description: &description, style: Style::Full };
        for response in samples.each(schema).into_iter().filter(Value::is_object) {
            let mut all = Vec::new();
            pointers(&response, "", &mut all);
            for pointer in all.iter().skip(1) {
                for choice in odd.iter().cloned().map(Some).chain([None]) {
                    let response = mutated(&response, pointer, choice);
                    *server.0.lock().unwrap() = response.clone();
                    let result = call(&client, &id, "id", &Value::Null, body.clone()).await;
                    if let Some(kind) = refusal(&id, false, &response) {
                        assert_eq!(result.unwrap_err().kind(), kind, "{id} {response}");
                        continue;
                    }
                    let result = result.unwrap_or_else(|error| panic!("{pointer}: {error}\n{response}"));
                    assert_eq!(without_nulls(&result), without_nulls(&response), "{id} {pointer}");
                    tried += 1;
                }
            }
        }
    }
    assert!(tried > 20_000, "{tried}");
}

#[tokio::test]
async fn only_a_lost_id_or_list_fails_an_operation() {
    let description = description();
    let server = Fixed::default();
    let client = server.client();
    let mut refused = BTreeSet::new();
    let responses = [
        json!({}),
        json!({"id": "", "requestId": null, "jobId": " ", "runId": "", "messageId": "\t", "token": null}),
        json!([]),
        json!([1, "two", {"three": null}]),
        json!({"items": 7, "results": {}, "paging": [], "id": [], "type": 1, "extra": {"extra": 1}}),
        json!({"message": {"message": {"message": {}}}, "": 0, "a/b~c": "é"}),
    ];
    for (id, _, _, operation) in operations(&description) {
        let schema = &operation["responses"]["2XX"]["content"]["application/json"]["schema"];
        if schema.is_null() || schema["type"] == "string" {
            continue;
        }
        let body = request_sample(&description, &operation);
        let is_list = LISTS.contains(&id.as_str());
        for response in &responses {
            *server.0.lock().unwrap() = response.clone();
            let result = call(&client, &id, "id", &Value::Null, body.clone()).await;
            if let Some(kind) = refusal(&id, is_list, response) {
                let error = result.unwrap_err();
                assert_eq!((error.kind(), error.was_accepted(), error.attempts()), (kind, true, 1), "{id} {response}");
                assert!(kind == ErrorKind::Decode || error.idempotency_key().is_some(), "{id}");
                refused.insert(id.clone());
                continue;
            }
            let result = result.unwrap_or_else(|error| panic!("{error}\n{response}"));
            assert_eq!(without_nulls(&result), without_nulls(response), "{id}");
        }
    }
    assert_eq!(refused.len(), IDS.len() + LISTS.len(), "{refused:?}");
}

#[tokio::test]
async fn job_without_an_id_is_an_error_with_its_key() {
    for body in [json!({}), json!({"jobId": null}), json!({"jobId": ""}), json!({"jobId": {}}), json!([])] {
        let server = Server::answering(200, body.clone()).await;
        let error = Job::create(&server.client(), BulkMessage::new("event")).await.unwrap_err();
        assert_eq!((error.kind(), error.was_accepted()), (ErrorKind::EmptyBody, true), "{body}");
        let key = server.only().header("idempotency-key").map(str::to_owned);
        assert!(body["jobId"].is_object() || error.idempotency_key() == key.as_deref(), "{error}");
        assert!(error.to_string().contains("has no `jobId`"), "{error}");
    }
    let server = Server::answering(200, json!({"jobId": 7})).await;
    assert_eq!(Job::create(&server.client(), BulkMessage::new("event")).await.unwrap().id(), "7");
}

#[tokio::test]
async fn scalar_is_an_error_of_an_accepted_call() {
    let server = Fixed::default();
    for scalar in [json!(7), json!("text"), json!(true)] {
        *server.0.lock().unwrap() = scalar;
        let error = server.client().bulk().list_users("job").await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Decode);
        assert!(error.was_accepted(), "{error}");
    }
}

#[tokio::test]
async fn invalid_json_is_repaired_for_types_of_the_caller() {
    for (body, value, mismatches) in [
        (b"\xEF\xBB\xBF{\"a\": 1}".as_slice(), json!({"a": 1}), 0),
        (br#"{"a": 1, "a": 2}"#, json!({"a": 2}), 0),
        (br#"{"a": "x\ud83dy", "b": "\ud83d\ude00"}"#, json!({"a": "x\u{fffd}y", "b": "\u{1f600}"}), 1),
        (b"{\"a\": \"\xff\"}", json!({"a": "\u{fffd}"}), 1),
        (br#"{"a": 1e400, "b": 1e300}"#, json!({"a": "1e400", "b": 1e300}), 1),
    ] {
        let server = Server::start(move |_| Reply::of(200, "application/json", body)).await;
        let call = || server.client().request(http::Method::GET, "/x");
        let response = call().send::<Value>().await.unwrap();
        assert_eq!((&*response, response.mismatches().len()), (&value, mismatches));
        let strict = call().options(|options| options.strict_decoding(true)).send::<Value>().await;
        assert_eq!(strict.is_ok(), mismatches == 0);
    }
    // A number that is too large does not become another number.
    let server = Server::start(|_| Reply::of(200, "application/json", "[1e400]")).await;
    let error = server.client().request(http::Method::GET, "/x").send::<Vec<f64>>().await.unwrap_err();
    assert!(error.kind() == ErrorKind::Decode && error.was_accepted(), "{error}");
}
