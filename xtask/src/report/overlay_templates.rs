//! Templates for the overlays that are still to be written.

use std::collections::BTreeMap;

use anyhow::{Context, Result};
use heck::ToTitleCase;
use serde_json::{Map, Value, json};

use crate::document::{object, operations, schemas, text};
use crate::import::paths::shape;
use crate::spec::methods::{SdkMethods, official};
use crate::spec::types::Misnamed;

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
///
/// The tag is that of the operations nearest by; `sdk_methods` has what the official SDKs call them.
pub fn names(document: &Value, unnamed: &[(String, String)], sdk_methods: &SdkMethods) -> Result<Option<String>> {
    let actions = operations(document)
        .into_iter()
        .filter(|operation| unnamed.iter().any(|(method, path)| method == operation.method && path == operation.path))
        .map(|operation| {
            let official = official(sdk_methods, operation.method, operation.path);
            let name = official.unwrap_or_else(|| operation.name().to_owned());
            json!({
                "target": format!("$.paths['{}'].{}", operation.path, operation.method),
                "update": {
                    "operationId": name.replace('.', "_"), "x-method": name, "tags": [tag(document, operation.path)]
                }
            })
        });
    print(actions.collect())
}

/// The tag of the operations whose paths begin with the same words, the more of them the better; else the first word.
fn tag(document: &Value, path: &str) -> String {
    let words = |path: &str| -> Vec<String> { shape(path).split('/').skip(1).map(str::to_owned).collect() };
    let own = words(path);
    let shared = |other: &str| own.iter().zip(words(other)).take_while(|(own, other)| *own == other).count();
    let tagged = operations(document).into_iter().filter(|operation| operation.value.get("tags").is_some());
    let nearest = tagged.filter(|operation| shared(operation.path) > 0).max_by_key(|operation| shared(operation.path));
    nearest.map_or_else(
        || own.first().map(|word| word.to_title_case()).unwrap_or_default(),
        |operation| operation.tag().to_owned(),
    )
}

/// Overlay actions for types.yaml, which has no name for these schemas, or none that holds.
pub fn types(misnamed: &[Misnamed]) -> Result<Option<String>> {
    let action = |misnamed: &Misnamed| {
        let target = format!("$.components.schemas['{}']", misnamed.schema);
        Some(json!({"target": target, "update": {"x-name": misnamed.proposal.as_ref()?}}))
    };
    print(misnamed.iter().filter_map(action).collect())
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
