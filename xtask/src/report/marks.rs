//! Marks that a new item needs because similar items have them, as actions for corrections.yaml.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use crate::document::{members, operations, reference, schemas};
use crate::findings::{Finding, Section};
use crate::generator::description::lookup;

/// The formats that only corrections give to a property.
const FORMATS: [&str; 3] = ["password", "milliseconds", "date-time"];

/// The marks of new properties, by those of the properties with the same name and type in other schemas, and of new
/// operations that set values.
pub fn proposals(old: &Value, new: &Value, upstream: &Value) -> Vec<Finding> {
    let mut findings = Vec::new();
    let patched: BTreeSet<&str> = operations(new)
        .into_iter()
        .filter(|operation| operation.method == "patch" && !is_json_patch(new, operation.value))
        .filter_map(|operation| reference(lookup::request_body(operation.value)?))
        .collect();
    for (name, schema, property, value) in properties(new) {
        let known = lookup::schema(old, name).and_then(lookup::properties);
        if known.is_some_and(|known| known.contains_key(property)) {
            continue;
        }
        let same = properties(new)
            .filter(|(other, _, twin, value_of)| *other != name && *twin == property && kind(value_of) == kind(value));
        let mut marks: Map<String, Value> = Map::new();
        for (_, _, _, twin) in same {
            for mark in ["format", "x-sensitive", "x-private"] {
                let is_mark = |value: &&Value| mark != "format" || FORMATS.iter().any(|format| **value == *format);
                marks.extend(twin.get(mark).filter(is_mark).map(|value| (mark.to_owned(), value.clone())));
            }
        }
        // A request in which null clears one value uses it for others.
        let clears = members(schema, "properties").find_map(|(sibling, value)| Some((sibling, value.get("x-null")?)));
        if let Some((sibling, mark)) = clears
            && is_nullable(upstream, property, std::iter::once(sibling))
        {
            marks.insert("x-null".to_owned(), mark.clone());
        }
        // A merge patch (RFC 7396) clears with null what may be null.
        let all = members(schema, "properties").map(|(name, _)| name).collect::<Vec<_>>();
        if patched.contains(name.as_str()) && is_nullable(upstream, property, all.iter().copied()) {
            marks.insert("x-null".to_owned(), json!("clears"));
        }
        marks.retain(|mark, _| value.get(mark).is_none());
        if !marks.is_empty() {
            findings.push(mark(format!("$.components.schemas.{name}.properties.{property}"), marks));
        }
    }
    let known: Vec<String> = operations(old).iter().map(|operation| operation.heading()).collect();
    for operation in operations(new) {
        let is_new = operation.method == "patch" && !known.contains(&operation.heading());
        // A JSON Patch can append, so it is not repeated.
        if is_new && operation.value.get("x-repeatable").is_none() && !is_json_patch(new, operation.value) {
            let target = format!("$.paths['{}'].patch", operation.path);
            findings.push(mark(target, json!({"x-repeatable": true}).as_object().cloned().unwrap_or_default()));
        }
    }
    findings
}

fn mark(target: String, marks: Map<String, Value>) -> Finding {
    let text = format!("{target} gets {}", Value::Object(marks.clone()));
    let action = json!({"target": target, "description": "As similar items have it.", "update": marks});
    Finding::new(Section::Mark, &target, text).with_action(Some(action))
}

/// Every property: the name of its schema, the schema, its name, and its description.
fn properties(document: &Value) -> impl Iterator<Item = (&String, &Value, &String, &Value)> {
    schemas(document).flat_map(|(name, schema)| {
        members(schema, "properties").map(move |(property, value)| (name, schema, property, value))
    })
}

/// The type of a property, without what marks or describes it.
fn kind(property: &Value) -> Value {
    let kind = ["type", "additionalProperties", "items", "allOf"].map(|key| property.get(key).cloned());
    json!(kind)
}

/// Returns `true` if upstream says that a property can be null in a schema that also has these properties.
fn is_nullable<'a>(upstream: &Value, property: &str, others: impl Iterator<Item = &'a String> + Clone) -> bool {
    schemas(upstream).filter_map(|(_, schema)| lookup::properties(schema)).any(|properties| {
        let is_nullable = properties.get(property).is_some_and(|value| lookup::is_marked(value, "nullable"));
        is_nullable && others.clone().all(|name| properties.contains_key(name))
    })
}

/// Returns `true` if a body leads to the enum of the operations of JSON Patch.
fn is_json_patch(document: &Value, operation: &Value) -> bool {
    let reached = lookup::reached_from(document, operation.get("requestBody").into_iter());
    let schemas = reached.iter().filter_map(|name| lookup::schema(document, name));
    schemas.filter_map(lookup::properties).any(|properties| properties.contains_key("op"))
}
