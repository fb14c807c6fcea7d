//! No response that is JSON of the described kind fails a call, and nothing of it is lost.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a test fails by a panic")]

#[path = "support/call.rs"]
mod call;
mod support;

use std::sync::{Arc, Mutex};

use call::{call, request_sample};
use serde_json::{Value, json};
use support::sample::{Samples, Style};
use support::{Reply, Server, description, operations, without_nulls};
use trycourier::transport::{Attempt, Body, BoxFuture, Transport, TransportError};
use trycourier::{Client, ErrorKind};

/// Answers every request with the same JSON.
#[derive(Clone, Default)]
struct Answering(Arc<Mutex<Value>>);

impl Transport for Answering {
    fn send(&self, _: Attempt) -> BoxFuture<'_, Result<http::Response<Body>, TransportError>> {
        let body = Body::from(self.0.lock().unwrap().to_string());
        Box::pin(std::future::ready(Ok(http::Response::new(body))))
    }
}

impl Answering {
    fn client(&self) -> Client {
        Client::builder()
            .api_key("pk_test_SECRET")
            .transport(self.clone())
            .options(|options| options.max_retries(0))
            .build()
            .unwrap()
    }
}

/// The places of a value, as JSON pointers; of long lists the first elements.
fn places(value: &Value, at: &str, found: &mut Vec<String>) {
    found.push(at.to_owned());
    let escaped = |name: &str| name.replace('~', "~0").replace('/', "~1");
    match value {
        Value::Object(object) => {
            object.iter().for_each(|(name, inner)| places(inner, &format!("{at}/{}", escaped(name)), found))
        }
        Value::Array(array) => {
            array.iter().take(2).enumerate().for_each(|(index, inner)| places(inner, &format!("{at}/{index}"), found));
        }
        _ => {}
    }
}

/// What a value can be in place of what is described.
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

/// The value without the member, or with another in its place.
fn mutated(value: &Value, place: &str, odd: Option<Value>) -> Value {
    let mut value = value.clone();
    match odd {
        Some(odd) => *value.pointer_mut(place).unwrap() = odd,
        None => {
            let (parent, name) = place.rsplit_once('/').unwrap();
            let name = name.replace("~1", "/").replace("~0", "~");
            if let Some(object) = value.pointer_mut(parent).and_then(Value::as_object_mut) {
                object.remove(&name);
            }
        }
    }
    value
}

#[tokio::test]
async fn one_odd_value_anywhere_fails_no_operation_and_loses_nothing() {
    let description = description();
    let server = Answering::default();
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
        for answer in samples.each(schema).into_iter().filter(Value::is_object) {
            let mut found = Vec::new();
            places(&answer, "", &mut found);
            for place in found.iter().skip(1) {
                for choice in odd.iter().cloned().map(Some).chain([None]) {
                    let answer = mutated(&answer, place, choice);
                    *server.0.lock().unwrap() = answer.clone();
                    let result = call(&client, &id, "id", &Value::Null, body.clone()).await;
                    let result = result.unwrap_or_else(|error| panic!("{place}: {error}\n{answer}"));
                    assert_eq!(without_nulls(&result), without_nulls(&answer), "{id} {place}");
                    tried += 1;
                }
            }
        }
    }
    assert!(tried > 20_000, "{tried}");
}

#[tokio::test]
async fn any_object_or_list_in_place_of_the_answer_fails_no_operation() {
    let description = description();
    let server = Answering::default();
    let client = server.client();
    let answers = [
        json!({}),
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
        for answer in &answers {
            *server.0.lock().unwrap() = answer.clone();
            let result = call(&client, &id, "id", &Value::Null, body.clone()).await;
            let result = result.unwrap_or_else(|error| panic!("{error}\n{answer}"));
            assert_eq!(without_nulls(&result), without_nulls(answer), "{id}");
        }
    }
}

#[tokio::test]
async fn a_scalar_in_place_of_an_object_says_that_the_call_was_accepted() {
    let server = Answering::default();
    for scalar in [json!(7), json!("text"), json!(true)] {
        *server.0.lock().unwrap() = scalar;
        let error = server.client().bulk().list_users("job").await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Decode);
        assert!(error.was_accepted(), "{error}");
    }
}

#[tokio::test]
async fn what_json_cannot_say_is_mended_for_types_of_the_callers_too() {
    for (body, value, mismatches) in [
        (b"\xEF\xBB\xBF{\"a\": 1}".as_slice(), json!({"a": 1}), 0),
        (br#"{"a": 1, "a": 2}"#, json!({"a": 2}), 0),
        (br#"{"a": "x\ud83dy", "b": "\ud83d\ude00"}"#, json!({"a": "x\u{fffd}y", "b": "\u{1f600}"}), 1),
        (b"{\"a\": \"\xff\"}", json!({"a": "\u{fffd}"}), 1),
        (br#"{"a": 1e400, "b": 1e300}"#, json!({"a": "1e400", "b": 1e300}), 1),
    ] {
        let server = Server::start(move |_| Reply::of(200, "application/json", body)).await;
        let call = || server.client().request(http::Method::GET, "/x");
        let answer = call().send::<Value>().await.unwrap();
        assert_eq!((&*answer, answer.mismatches().len()), (&value, mismatches));
        let strict = call().options(|options| options.strict_decoding(true)).send::<Value>().await;
        assert_eq!(strict.is_ok(), mismatches == 0);
    }
    // A number stays a number, or there is none.
    let server = Server::start(|_| Reply::of(200, "application/json", "[1e400]")).await;
    let error = server.client().request(http::Method::GET, "/x").send::<Vec<f64>>().await.unwrap_err();
    assert!(error.kind() == ErrorKind::Decode && error.was_accepted(), "{error}");
}
