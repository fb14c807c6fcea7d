//! The overlays that are still to be written, ready to fill in.

use std::collections::BTreeMap;

use anyhow::{Context, Result};
use serde_json::{Map, Value, json};

use crate::document::{object, operations, schemas, text};

/// Overlay actions for everything that is new and has no words; none when everything has.
pub fn words(old: &Value, new: &Value) -> Result<Option<String>> {
    let mut actions = Vec::new();
    let known = operations(old);
    for operation in operations(new) {
        let known = known.iter().find(|known| known.method == operation.method && known.path == operation.path);
        let target = format!("$.paths['{}'].{}", operation.path, operation.method);
        let missing = missing(known.map(|known| known.value), operation.value, &["summary", "description"]);
        if !missing.is_empty() {
            actions.push(json!({"target": target, "update": missing}));
        }
        for parameter in operation.parameters() {
            let name = text(parameter, "name").unwrap_or_default();
            let known = known.and_then(|known| known.parameters().find(|known| text(known, "name") == Some(name)));
            let missing = self::missing(known, parameter, &["description"]);
            if !missing.is_empty() {
                actions.push(json!({"target": format!("{target}.parameters[?@.name == '{name}']"), "update": missing}));
            }
        }
    }
    let known: BTreeMap<&String, &Value> = schemas(old).collect();
    for (name, schema) in schemas(new) {
        let known = known.get(name).copied();
        let mut update = missing(known, schema, &["description"]);
        let properties = object(schema, "properties").into_iter().flatten().filter_map(|(name, property)| {
            let known = known.and_then(|known| object(known, "properties")?.get(name));
            let missing = missing(known, property, &["description"]);
            (!missing.is_empty()).then(|| (name.clone(), Value::Object(missing)))
        });
        let properties: Map<String, Value> = properties.collect();
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

/// The words that a value lacks, but for those that it has lacked before.
fn missing(old: Option<&Value>, new: &Value, keys: &[&str]) -> Map<String, Value> {
    let is_missing = |key: &&&str| !has(new, key) && old.is_none_or(|old| has(old, key));
    keys.iter().filter(is_missing).map(|key| ((*key).to_owned(), json!(""))).collect()
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
