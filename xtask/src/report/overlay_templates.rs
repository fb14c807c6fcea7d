//! Templates of overlay actions for new items without a description, to be filled in.

use serde_json::{Map, Value, json};

use crate::document::{has_text, members, object, operations, schemas, text};
use crate::findings::{Finding, Section};
use crate::generator::description::lookup;

/// A finding for everything that is new and has no description.
pub fn undescribed(old: &Value, new: &Value) -> Vec<Finding> {
    let mut actions = Vec::new();
    let old_operations = operations(old);
    for operation in operations(new) {
        let known =
            old_operations.iter().find(|known| known.method == operation.method && known.path == operation.path);
        let target = format!("$.paths['{}'].{}", operation.path, operation.method);
        let missing = missing_members(known.map(|known| known.value), operation.value, &["summary", "description"]);
        actions.push((target.clone(), missing));
        for parameter in operation.parameters() {
            let name = text(parameter, "name").unwrap_or_default();
            let missing = missing_members(known.and_then(|known| known.parameter(name)), parameter, &["description"]);
            actions.push((format!("{target}.parameters[?@.name == '{name}']"), missing));
        }
    }
    for (name, schema) in schemas(new) {
        let known = lookup::schema(old, name);
        let mut update = missing_members(known, schema, &["description"]);
        let properties = members(schema, "properties").map(|(name, property)| {
            let former = known.and_then(|known| object(known, "properties")?.get(name));
            (name.clone(), Value::Object(missing_members(former, property, &["description"])))
        });
        let properties: Map<String, Value> = properties.filter(|(_, missing)| *missing != json!({})).collect();
        if !properties.is_empty() {
            update.insert("properties".to_owned(), Value::Object(properties));
        }
        actions.push((format!("$.components.schemas['{name}']"), update));
    }
    let actions = actions.into_iter().filter(|(_, update)| !update.is_empty());
    let findings = actions.map(|(target, update)| {
        let action = json!({"target": target, "update": update});
        let text = format!("{target} has no description");
        Finding::new(Section::Undescribed, target, text).with_action(Some(action))
    });
    findings.collect()
}

/// The members that a value lacks, except members that it already lacked before.
fn missing_members(old: Option<&Value>, new: &Value, keys: &[&str]) -> Map<String, Value> {
    let is_missing = |key: &&&str| !has_text(new, key) && old.is_none_or(|old| has_text(old, key));
    keys.iter().filter(is_missing).map(|key| ((*key).to_owned(), json!(""))).collect()
}
