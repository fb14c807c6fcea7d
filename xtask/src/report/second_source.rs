//! The parts of the API that only one of two descriptions has, without regard to the names of their schemas.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::document::{Operation, elements, members, operations, resolve, text};
use crate::findings::{Finding, Section};

/// A finding for each operation that differs, if `new` lacks something that `old` has. Otherwise `new` is just newer, and
/// the changes of the report say everything.
pub fn differences(old: &Value, new: &Value) -> Vec<Finding> {
    let [olds, news] = [old, new].map(|document| -> BTreeMap<_, _> {
        operations(document).iter().map(|operation| (operation.key(), parts(document, operation))).collect()
    });
    if olds.iter().all(|(key, parts)| news.get(key).is_some_and(|news| parts.is_subset(news))) {
        return Vec::new();
    }
    let differences = operations(new).into_iter().filter_map(|operation| {
        let heading = operation.heading();
        let parts = news.get(&operation.key())?;
        let sides = match olds.get(&operation.key()) {
            None => vec!["only the new one has it".to_owned()],
            Some(known) => {
                let sides = [("upstream.yaml", known, parts), ("the new one", parts, known)].into_iter();
                let sides = sides.map(|(side, own, other)| (side, own.difference(other).cloned().collect::<Vec<_>>()));
                let sides = sides.filter(|(_, parts)| !parts.is_empty());
                sides.map(|(side, parts)| format!("only {side} has {}", parts.join(", "))).collect()
            }
        };
        let text = format!("{heading}: {}", sides.join("; "));
        (!sides.is_empty()).then(|| Finding::new(Section::SecondSource, heading, text))
    });
    differences.collect()
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
    let successes = members(operation.value, "responses").filter(|(status, _)| status.starts_with('2'));
    let successes = successes.map(|(_, response)| ("response", response));
    for (side, carrier) in operation.value.get("requestBody").map(|body| ("body", body)).into_iter().chain(successes) {
        for (_, media) in members(carrier, "content") {
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
    parts.extend(elements(schema, "enum").map(|value| format!("{path}: {value}")));
    for (name, property) in members(schema, "properties") {
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
        elements(schema, key).for_each(|inner| inside(document, inner, path, seen, parts));
    }
}
