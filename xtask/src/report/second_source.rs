//! The parts of the API that only one of two descriptions has, without regard to the names of their schemas.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::document::{Operation, object, operations, resolve, text};
use crate::findings::{Finding, Section};
use crate::import::parameter_names::shape;

/// A finding for each operation that differs, if `new` lacks something that `old` has. Otherwise `new` is just newer, and
/// the changes of the report say everything.
pub fn differences(old: &Value, new: &Value) -> Vec<Finding> {
    let (olds, news) = (parts_by_operation(old), parts_by_operation(new));
    let lacking = |parts: &BTreeSet<String>, other: Option<&BTreeSet<String>>| -> Vec<String> {
        other.map_or_else(Vec::new, |other| parts.difference(other).cloned().collect())
    };
    let lacks = olds.iter().any(|(key, parts)| !news.contains_key(key) || !lacking(parts, news.get(key)).is_empty());
    if !lacks {
        return Vec::new();
    }
    let mut findings = Vec::new();
    for operation in operations(new) {
        let (key, heading) = (key(&operation), operation.heading());
        let Some(parts) = news.get(&key) else { continue };
        let Some(known) = olds.get(&key) else {
            findings.push(Finding::new(Section::SecondSource, &heading, format!("{heading}: only the new one has it")));
            continue;
        };
        let (gone, added) = (lacking(known, Some(parts)), lacking(parts, Some(known)));
        let sides =
            [("upstream.yaml", gone), ("the new one", added)].into_iter().filter(|(_, parts)| !parts.is_empty());
        let sides: Vec<String> = sides.map(|(name, parts)| format!("only {name} has {}", parts.join(", "))).collect();
        if !sides.is_empty() {
            findings.push(Finding::new(Section::SecondSource, &heading, format!("{heading}: {}", sides.join("; "))));
        }
    }
    findings
}

fn key(operation: &Operation<'_>) -> (String, String) {
    (operation.method.to_owned(), shape(operation.path))
}

type Parts = BTreeMap<(String, String), BTreeSet<String>>;

fn parts_by_operation(document: &Value) -> Parts {
    operations(document).iter().map(|operation| (key(operation), parts(document, operation))).collect()
}

/// The parameters of an operation, and the properties and enum values of its body and its response.
fn parts(document: &Value, operation: &Operation<'_>) -> BTreeSet<String> {
    let mut parts = BTreeSet::new();
    for parameter in operation.parameters() {
        let [location, name] = ["in", "name"].map(|key| text(parameter, key).unwrap_or_default());
        if location != "path" {
            parts.insert(format!("{location} `{}`", name.to_ascii_lowercase()));
        }
    }
    let successes = object(operation.value, "responses").into_iter().flatten();
    let successes = successes.filter(|(status, _)| status.starts_with('2')).map(|(_, response)| ("response", response));
    for (side, carrier) in operation.value.get("requestBody").map(|body| ("body", body)).into_iter().chain(successes) {
        for (_, media) in object(carrier, "content").into_iter().flatten() {
            let schema = media.get("schema").unwrap_or(&Value::Null);
            inside(document, schema, side, &mut BTreeSet::new(), &mut parts);
        }
    }
    parts
}

/// Adds the names of all properties in a schema, and the values of their enums, at any depth.
fn inside<'a>(
    document: &'a Value,
    schema: &'a Value,
    path: &str,
    seen: &mut BTreeSet<&'a str>,
    parts: &mut BTreeSet<String>,
) {
    if let Some(target) = text(schema, "$ref") {
        // The names of properties count once, wherever they are: the same type can be nested in another way.
        if seen.insert(target)
            && let Some(schema) = resolve(document, schema)
        {
            inside(document, schema, path, seen, parts);
        }
        return;
    }
    let values = schema.get("enum").and_then(Value::as_array).into_iter().flatten();
    parts.extend(values.map(|value| format!("{path}: {value}")));
    for (name, property) in object(schema, "properties").into_iter().flatten() {
        let side = path.split(' ').next().unwrap_or_default();
        let path = format!("{side} `{name}`");
        parts.insert(path.clone());
        let property = resolve(document, property).filter(|schema| schema.get("enum").is_some()).unwrap_or(property);
        inside(document, property, &path, seen, parts);
    }
    for key in ["items", "additionalProperties"] {
        schema.get(key).into_iter().for_each(|inner| inside(document, inner, path, seen, parts));
    }
    for key in ["allOf", "anyOf", "oneOf"] {
        let choices = schema.get(key).and_then(Value::as_array).into_iter().flatten();
        choices.for_each(|inner| inside(document, inner, path, seen, parts));
    }
}
