//! The requests of this crate equal those of the official client.
//!
//! `fixtures/requests.jsonl` has 51 of its requests (release 9.13.0), each operation with only the required
//! parameters and with all. It cannot send the tokens of `users.tokens.add_multiple`, which is the only exception.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a test fails by a panic")]

#[path = "support/call.rs"]
mod call;
mod support;

use call::call;
use serde_json::{Map, Value};
use support::{Reply, Server, description, operations};

/// Sorts the keys, so that equal bodies are equal bytes.
fn canonical(value: &Value) -> String {
    fn sorted(value: &Value) -> Value {
        match value {
            Value::Object(object) => {
                let mut keys: Vec<&String> = object.keys().collect();
                keys.sort();
                Value::Object(keys.into_iter().map(|key| (key.clone(), sorted(&object[key]))).collect())
            }
            Value::Array(array) => array.iter().map(sorted).collect(),
            other => other.clone(),
        }
    }
    sorted(value).to_string()
}

/// The arguments of a request: from its query and its idempotency headers.
fn arguments(request: &Value, operation: &Value) -> Value {
    let mut arguments = Map::new();
    let url = format!("http://server/?{}", request["query"].as_str().unwrap());
    for (name, text) in url::Url::parse(&url).unwrap().query_pairs() {
        let parameter = operation["parameters"].as_array().unwrap().iter().find(|parameter| parameter["name"] == *name);
        let value = match parameter.unwrap()["schema"]["type"].as_str() {
            Some("boolean" | "integer") => serde_json::from_str(&text).unwrap(),
            Some("array") => text.split(',').collect(),
            _ => text.into_owned().into(),
        };
        arguments.insert(name.into_owned(), value);
    }
    for name in ["Idempotency-Key", "x-idempotency-expiration"] {
        if let value @ Value::String(_) = &request["headers"][name.to_lowercase()] {
            arguments.insert(name.to_owned(), value.clone());
        }
    }
    arguments.into()
}

#[tokio::test]
async fn every_request_matches_the_official_client() {
    let description = description();
    let operations = operations(&description);
    let fixtures = include_str!("fixtures/requests.jsonl");
    let fixtures: Vec<Value> = fixtures.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(fixtures.len(), 51);
    for expected in fixtures {
        let id = expected["operation"].as_str().unwrap();
        let (_, _, template, operation) = operations.iter().find(|(of, ..)| of == id).unwrap();
        assert_eq!(template, expected["path_template"].as_str().unwrap());
        if id == "users_tokens_add_multiple" {
            assert!(expected["body"].is_null() && !operation["requestBody"].is_null());
            continue;
        }
        let server = Server::start(|_| Reply::empty(204)).await;
        // The official client sends no idempotency key by default.
        let client = server.client().with_options(|options| options.idempotency_keys(false));
        let parameters = arguments(&expected, operation);
        // For operations with two path parameters, the fixtures use each parameter's name as its value.
        let _ = call(&client, id, "SEGMENT", &parameters, expected["body"].clone()).await;

        let request = server.only();
        let case = format!("{id} ({})", expected["case"]);
        assert_eq!(request.method, expected["method"], "{case}");
        let path: Vec<&str> =
            template.split('/').map(|segment| if segment.starts_with('{') { "SEGMENT" } else { segment }).collect();
        assert_eq!(request.path, path.join("/"), "{case}");
        assert_eq!(request.query, expected["query"].as_str().unwrap(), "{case}");
        assert_eq!(canonical(&request.json()), canonical(&expected["body"]), "{case}");
        for name in ["idempotency-key", "x-idempotency-expiration"] {
            assert_eq!(request.header(name), expected["headers"][name].as_str(), "{case}: {name}");
        }
    }
}
