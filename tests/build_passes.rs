//! The passes of the build script on small documents, and its reading of the whole description.

#![allow(clippy::unwrap_used, reason = "a test fails by a panic")]

use serde_json::{Value, json};
use trycourier_generator::{Features, generate, parse};

/// `generate-spec` writes the description with `yaml_serde`.
#[test]
fn description_is_read_as_by_yaml_serde() {
    for name in ["courier", "upstream"] {
        let path = format!("{}/openapi/{name}.yaml", env!("CARGO_MANIFEST_DIR"));
        let text = std::fs::read_to_string(&path).unwrap();
        let expected: Value = yaml_serde::from_str(&text).unwrap();
        assert!(parse(&text).unwrap() == expected, "{path} is read differently");
    }
}

#[test]
fn unreadable_description_differs_from_unsupported() {
    let failure =
        |description: &str| generate(description, &Features::from(["things".to_owned()])).err().unwrap_or_default();
    assert!(failure("{").starts_with("the description cannot be read: "), "{}", failure("{"));
    assert!(failure("{}").contains("has no paths"), "{}", failure("{}"));
    let document = |openapi: &str, paths: Value| {
        let info = json!({"title": "T", "version": "1"});
        json!({"openapi": openapi, "info": info, "paths": paths, "components": {"schemas": {}}}).to_string()
    };
    let too_new = failure(&document("3.1.0", json!({})));
    assert!(too_new.contains("invalid version: 3.1.0"), "{too_new}");
    let responses = json!({
        "200": {"description": "", "content": {"application/json": {"schema": {"type": "string"}}}},
        "204": {"description": ""}
    });
    let get = json!({"operationId": "things_get", "x-method": "things.get", "responses": responses});
    let two_successes = failure(&document("3.0.3", json!({"/things": {"get": get}})));
    assert!(two_successes.starts_with("GET /things: progenitor cannot read the description: "), "{two_successes}");
}
