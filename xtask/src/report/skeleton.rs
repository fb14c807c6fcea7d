//! The overlays that are still to be written, ready to fill in.

use anyhow::{Context, Result};
use serde_json::{Map, Value, json};

use crate::document::{object, operations, schemas, text};

/// Overlay actions for everything that has no words; none when everything has.
pub fn words(document: &Value) -> Result<Option<String>> {
    let mut actions = Vec::new();
    for operation in operations(document) {
        let target = format!("$.paths['{}'].{}", operation.path, operation.method);
        let missing = missing(operation.value, &["summary", "description"]);
        if !missing.is_empty() {
            actions.push(json!({"target": target, "update": missing}));
        }
        for parameter in operation.parameters().filter(|parameter| !has(parameter, "description")) {
            let name = text(parameter, "name").unwrap_or_default();
            let target = format!("{target}.parameters[?@.name == '{name}']");
            actions.push(json!({"target": target, "update": {"description": ""}}));
        }
    }
    for (name, schema) in schemas(document) {
        let mut update = missing(schema, &["description"]);
        let properties = object(schema, "properties").into_iter().flatten();
        let properties: Map<String, Value> = properties
            .filter(|(_, property)| !has(property, "description"))
            .map(|(name, _)| (name.clone(), json!({"description": ""})))
            .collect();
        if !properties.is_empty() {
            update.insert("properties".to_owned(), Value::Object(properties));
        }
        if !update.is_empty() {
            actions.push(json!({"target": format!("$.components.schemas['{name}']"), "update": update}));
        }
    }
    print(actions)
}

/// Overlay actions for names.yaml, which does not know these operations; none when it knows all.
pub fn names(document: &Value, unnamed: &[(String, String)]) -> Result<Option<String>> {
    let actions = operations(document)
        .into_iter()
        .filter(|operation| unnamed.iter().any(|(method, path)| method == operation.method && path == operation.path))
        .map(|operation| {
            json!({
                "target": format!("$.paths['{}'].{}", operation.path, operation.method),
                "update": {"operationId": operation.id(), "tags": [""]}
            })
        });
    print(actions.collect())
}

fn missing(value: &Value, keys: &[&str]) -> Map<String, Value> {
    keys.iter().filter(|key| !has(value, key)).map(|key| ((*key).to_owned(), json!(""))).collect()
}

fn has(value: &Value, key: &str) -> bool {
    text(value, key).is_some_and(|words| !words.trim().is_empty())
}

fn print(actions: Vec<Value>) -> Result<Option<String>> {
    if actions.is_empty() {
        return Ok(None);
    }
    yaml_serde::to_string(&actions).map(Some).context("cannot print the skeleton of an overlay")
}
