//! Marks that a new item needs because similar items have them, as actions for corrections.yaml.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use crate::document::{SCHEMA_PREFIX, object, operations, reference, references, schemas, text};
use crate::findings::{Finding, Section};

/// The formats that only corrections give to a property.
const FORMATS: [&str; 3] = ["password", "milliseconds", "date-time"];

/// The marks of new properties, by those of the properties with the same name and type in other schemas, and of new
/// operations that set values.
pub fn proposals(old: &Value, new: &Value, upstream: &Value) -> Vec<Finding> {
    let mut findings = Vec::new();
    let patched: BTreeSet<&str> = operations(new)
        .into_iter()
        .filter(|operation| operation.method == "patch" && !is_json_patch(new, operation.value))
        .filter_map(|operation| reference(operation.value.pointer("/requestBody/content/application~1json/schema")?))
        .collect();
    for (name, schema, property, value) in properties(new) {
        let is_known = properties_of(old, name).is_some_and(|known| known.contains_key(property));
        let same = properties(new)
            .filter(|(other, _, twin, value_of)| *other != name && *twin == property && kind(value_of) == kind(value));
        let mut marks: Map<String, Value> = Map::new();
        for (_, _, _, twin) in same.filter(|_| !is_known) {
            let format = text(twin, "format").filter(|format| FORMATS.contains(format)).map(|format| json!(format));
            let marked = ["x-sensitive", "x-private"].map(|mark| (mark, twin.get(mark).cloned()));
            marks.extend(
                [("format", format)]
                    .into_iter()
                    .chain(marked)
                    .filter_map(|(mark, value)| Some((mark.to_owned(), value?))),
            );
        }
        // A request in which null clears one value uses it for others.
        let mut siblings = object(schema, "properties").into_iter().flatten();
        let clears = siblings.find_map(|(sibling, value)| Some((sibling, value.get("x-null")?)));
        if let Some((sibling, mark)) = clears
            && !is_known
            && accepts_null(upstream, property, sibling)
        {
            marks.insert("x-null".to_owned(), mark.clone());
        }
        // A merge patch (RFC 7396) clears with null what may be null.
        if !is_known && patched.contains(name.as_str()) && is_nullable(upstream, property, schema) {
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
        let properties = object(schema, "properties").into_iter().flatten();
        properties.map(move |(property, value)| (name, schema, property, value))
    })
}

fn properties_of<'a>(document: &'a Value, name: &str) -> Option<&'a Map<String, Value>> {
    schemas(document).find(|(other, _)| *other == name).and_then(|(_, schema)| object(schema, "properties"))
}

/// The type of a property, without what marks or describes it.
fn kind(property: &Value) -> Value {
    let kind = ["type", "additionalProperties", "items", "allOf"].map(|key| property.get(key).cloned());
    json!(kind)
}

/// Returns `true` if upstream says that a property next to another one can be null.
fn accepts_null(upstream: &Value, property: &str, sibling: &str) -> bool {
    let mut all = schemas(upstream).filter_map(|(_, schema)| object(schema, "properties"));
    all.any(|properties| {
        let is_nullable = properties.get(property).is_some_and(|value| value.get("nullable") == Some(&json!(true)));
        is_nullable && properties.contains_key(sibling)
    })
}

/// Returns `true` if upstream says that a property of a schema with the same properties can be null.
fn is_nullable(upstream: &Value, property: &str, schema: &Value) -> bool {
    let own = object(schema, "properties");
    let mut all = schemas(upstream).filter_map(|(_, schema)| object(schema, "properties"));
    all.any(|properties| {
        properties.get(property).is_some_and(|value| value.get("nullable") == Some(&json!(true)))
            && own.into_iter().flatten().all(|(name, _)| properties.contains_key(name))
    })
}

/// Returns `true` if a body leads to the enum of the operations of JSON Patch.
fn is_json_patch(document: &Value, operation: &Value) -> bool {
    let mut open: Vec<&Value> = operation.get("requestBody").into_iter().collect();
    let mut seen = BTreeSet::new();
    while let Some(value) = open.pop() {
        if object(value, "properties").is_some_and(|properties| properties.contains_key("op")) {
            return true;
        }
        for name in references(value).into_iter().filter_map(|target| target.strip_prefix(SCHEMA_PREFIX)) {
            if seen.insert(name) {
                open.extend(document.pointer("/components/schemas").and_then(|schemas| schemas.get(name)));
            }
        }
    }
    false
}
