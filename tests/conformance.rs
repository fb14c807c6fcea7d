//! Checks every typed call with all of its parameters, and its response, against a server that knows the description.
//!
//! These tests always use the fake; `cargo xtask conformance` also uses the mock server of the official SDKs.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a test fails by a panic")]

#[path = "support/call.rs"]
mod call;
mod support;

use call::{call, request_sample};
use serde_json::{Map, Value, json};
use support::sample::{Samples, Style};
use support::{description, operations};
use trycourier::Client;
use trycourier::testing::Courier;

/// Calls every operation, and returns the number of calls and their errors.
async fn call_all(client: &Client) -> (usize, Vec<String>) {
    let description = description();
    let samples = Samples { description: &description, style: Style::Full };
    let client = client.with_options(|options| options.strict_decoding(true).max_retries(0));
    let (mut called, mut faults) = (0, Vec::new());
    for (id, _, _, operation) in operations(&description) {
        let mut parameters = Map::new();
        for parameter in operation["parameters"].as_array().into_iter().flatten() {
            if parameter["in"] != "path" {
                let name = parameter["name"].as_str().unwrap();
                parameters.insert(name.to_owned(), parameter_sample(&samples, name, &parameter["schema"]));
            }
        }
        let body = request_sample(&description, &operation);
        let response = call(&client, &id, "the-id", &Value::Object(parameters), body).await;
        called += 1;
        if let Err(error) = response {
            faults.push(format!("{error} {}", error.body_snippet().unwrap_or_default()));
        }
    }
    (called, faults)
}

/// The number of operations.
fn described() -> usize {
    let count = operations(&description()).len();
    assert!(count > 0);
    count
}

fn parameter_sample(samples: &Samples<'_>, name: &str, schema: &Value) -> Value {
    match schema["type"].as_str() {
        _ if name == "cursor" => json!("after-0"),
        _ if name.eq_ignore_ascii_case("idempotency-key") => json!("order-1"),
        _ if name.eq_ignore_ascii_case("x-idempotency-expiration") => json!("2026-01-01T00:00:00.000Z"),
        Some("integer") => json!(1),
        Some("string") if schema["format"] == "date-time" => json!("2026-01-01T00:00:00.000Z"),
        _ => samples.of(schema),
    }
}

#[tokio::test]
async fn fake_accepts_every_call_and_is_understood() {
    let courier = Courier::new();
    courier.respond_with_examples(true);
    let (called, faults) = call_all(&courier.client()).await;
    assert!(faults.is_empty(), "{} of {called}:\n{}", faults.len(), faults.join("\n"));
    assert_eq!((called, courier.calls().len()), (described(), described()));
}

#[tokio::test]
async fn fake_accepts_every_call_over_http() {
    let (direct, served) = (Courier::new(), Courier::new());
    for courier in [&direct, &served] {
        courier.respond_with_examples(true);
    }
    let server = served.serve("127.0.0.1:0").await.unwrap();
    let client = Client::builder().api_key("any").base_url(server.url()).build().unwrap();
    let (called, faults) = call_all(&client).await;
    assert!(faults.is_empty(), "{} of {called}:\n{}", faults.len(), faults.join("\n"));
    call_all(&direct.client()).await;
    let received = |courier: &Courier| -> Vec<_> {
        let calls = courier.calls().into_iter();
        calls.map(|call| (call.operation, call.target, call.body, call.status)).collect()
    };
    assert_eq!(received(&served).len(), described());
    assert_eq!(received(&served), received(&direct));
}

#[tokio::test]
#[ignore = "needs a mock server, whose address is in MOCK_SERVER"]
async fn mock_server_accepts_every_call() {
    let server = std::env::var("MOCK_SERVER").unwrap();
    let client = Client::builder().api_key("any").base_url(server).build().unwrap();
    let (called, faults) = call_all(&client).await;
    assert!(faults.is_empty(), "{} of {called}:\n{}", faults.len(), faults.join("\n"));
    println!("{called} calls were accepted, and their responses decoded.");
}
