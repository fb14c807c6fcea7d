//! Templates of overlay actions for new items without a description, to be filled in.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use crate::document::{object, operations, schemas, text};
use crate::findings::{Finding, Section};

/// A finding for everything that is new and has no description.
pub fn undescribed(old: &Value, new: &Value) -> Vec<Finding> {
    let mut actions = Vec::new();
    let old_operations = operations(old);
    for operation in operations(new) {
        let known =
            old_operations.iter().find(|known| known.method == operation.method && known.path == operation.path);
        let target = format!("$.paths['{}'].{}", operation.path, operation.method);
        let missing = missing_members(known.map(|known| known.value), operation.value, &["summary", "description"]);
        if !missing.is_empty() {
            actions.push((target.clone(), missing));
        }
        for parameter in operation.parameters() {
            let name = text(parameter, "name").unwrap_or_default();
            let former = known.and_then(|known| known.parameters().find(|known| text(known, "name") == Some(name)));
            let missing = missing_members(former, parameter, &["description"]);
            if !missing.is_empty() {
                actions.push((format!("{target}.parameters[?@.name == '{name}']"), missing));
            }
        }
    }
    let old_schemas: BTreeMap<&String, &Value> = schemas(old).collect();
    for (name, schema) in schemas(new) {
        let known = old_schemas.get(name).copied();
        let mut update = missing_members(known, schema, &["description"]);
        let properties = object(schema, "properties").into_iter().flatten().filter_map(|(name, property)| {
            let former = known.and_then(|known| object(known, "properties")?.get(name));
            let missing = missing_members(former, property, &["description"]);
            (!missing.is_empty()).then(|| (name.clone(), Value::Object(missing)))
        });
        let properties: Map<String, Value> = properties.collect();
        if !properties.is_empty() {
            update.insert("properties".to_owned(), Value::Object(properties));
        }
        if !update.is_empty() {
            actions.push((format!("$.components.schemas['{name}']"), update));
        }
    }
    actions
        .into_iter()
        .map(|(target, update)| {
            let action = json!({"target": target, "update": update});
            Finding::new(Section::Undescribed, &target, format!("{target} has no description"))
                .with_action(Some(action))
        })
        .collect()
}

/// The members that a value lacks, except members that it already lacked before.
fn missing_members(old: Option<&Value>, new: &Value, keys: &[&str]) -> Map<String, Value> {
    let is_missing = |key: &&&str| !has(new, key) && old.is_none_or(|old| has(old, key));
    keys.iter().filter(is_missing).map(|key| ((*key).to_owned(), json!(""))).collect()
}

fn has(value: &Value, key: &str) -> bool {
    text(value, key).is_some_and(|text| !text.trim().is_empty())
}
