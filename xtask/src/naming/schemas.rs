//! The names of schemas in `types.yaml`.
//!
//! Upstream names a type after its position, so that a type that three operations use has three names. `x-name` names a
//! schema; schemas with the same name are joined.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};

use crate::document::{SCHEMA_PREFIX, object, schemas, schemas_mut, text};
use crate::findings::{Finding, Section};

/// The name that a schema gets.
const NAME: &str = "x-name";

/// The reason why a schema is a separate type although another has its shape.
pub const APART: &str = "x-apart";

/// A schema that needs another name in types.yaml, with the action that gives it the proposed name.
pub fn misnamed(schema: &str, reason: &str, proposal: Option<&str>) -> Finding {
    let text = match proposal {
        Some(name) => format!("{schema}: {reason}; it could be called {name}"),
        None => format!("{schema}: {reason}"),
    };
    Finding::new(Section::SchemaName, schema, text).with_action(proposal.map(|name| name_action(schema, name)))
}

/// The action for types.yaml that names a schema.
pub fn name_action(schema: &str, name: &str) -> Value {
    json!({"target": format!("$.components.schemas['{schema}']"), "update": {(NAME): name}})
}

/// Gives the schemas the names in their `x-name`, and joins those with the same name. A schema that no longer equals
/// the others keeps its old name and is reported.
pub fn join(document: &mut Value) -> Vec<Finding> {
    let mut names: BTreeMap<String, String> = BTreeMap::new();
    for (old, schema) in schemas(document) {
        names.insert(old.clone(), text(schema, NAME).unwrap_or(old).to_owned());
    }
    let mut findings = Vec::new();
    // Excluding a schema makes the schemas that refer to it differ, and so on.
    while let Some(odd) = odd_one(document, &names) {
        names.insert(odd.target.clone(), odd.target.clone());
        findings.push(odd);
    }
    rename(document, &names);
    findings
}

/// The first schema that differs from the schemas to join it with, or takes the name of an unrelated one.
fn odd_one(document: &Value, names: &BTreeMap<String, String>) -> Option<Finding> {
    let mut renamed = document.clone();
    redirect(&mut renamed, names);
    let mut first: BTreeMap<&String, (&String, Value)> = BTreeMap::new();
    for (old, schema) in schemas(&renamed) {
        let new = names.get(old)?;
        let shape = shape(schema);
        let Some((other, same)) = first.get(new) else {
            first.insert(new, (old, shape));
            continue;
        };
        let is_named =
            |name: &String| schemas(document).any(|(other, schema)| other == name && text(schema, NAME).is_some());
        if *same != shape {
            let difference = difference(same, &shape);
            let reason = format!("types.yaml calls it {new}, as {other}, from which it differs in {difference}");
            return Some(misnamed(if old == new { other } else { old }, &reason, None));
        } else if !(is_named(old) && is_named(other)) {
            let reason = format!("types.yaml calls it {new}, which another schema is called that has no `{NAME}`");
            return Some(misnamed(if is_named(old) { old } else { other }, &reason, None));
        }
    }
    None
}

/// Renames schemas, with every reference to them. Of schemas with the same name, the first stays.
pub fn rename(document: &mut Value, names: &BTreeMap<String, String>) {
    redirect(document, names);
    let Some(components) = document.pointer_mut("/components/schemas").and_then(Value::as_object_mut) else {
        return;
    };
    let mut joined = Map::new();
    for (old, mut schema) in std::mem::take(components) {
        if let Some(schema) = schema.as_object_mut() {
            schema.shift_remove(NAME);
        }
        let new = names.get(&old).cloned().unwrap_or(old);
        match joined.get_mut(&new).and_then(Value::as_object_mut) {
            // A reason on one schema applies to all schemas that are joined with it.
            Some(first) => first.extend(schema.get(APART).map(|reason| (APART.to_owned(), reason.clone()))),
            None => {
                joined.insert(new, schema);
            }
        }
    }
    *components = joined;
}

/// Redirects every reference, including those of discriminators.
fn redirect(value: &mut Value, names: &BTreeMap<String, String>) {
    match value {
        Value::String(target) => {
            if let Some(new) = target.strip_prefix(SCHEMA_PREFIX).and_then(|name| names.get(name)) {
                *target = format!("{SCHEMA_PREFIX}{new}");
            }
        }
        Value::Object(object) => object.values_mut().for_each(|inner| redirect(inner, names)),
        Value::Array(array) => array.iter_mut().for_each(|inner| redirect(inner, names)),
        _ => {}
    }
}

/// Removes the marks that only this module and `rules` read.
pub fn forget(document: &mut Value) {
    schemas_mut(document, &mut |_, schema| {
        schema.shift_remove(APART);
    });
}

/// A schema without descriptions, with enums, choices and required properties in alphabetical order.
pub fn shape(value: &Value) -> Value {
    match value {
        Value::Object(object) => {
            let members = object.iter().filter(|(key, inner)| !is_annotation(key, inner)).map(|(key, inner)| {
                let mut shape = shape(inner);
                if let ("required" | "enum" | "oneOf", Value::Array(array)) = (key.as_str(), &mut shape) {
                    array.sort_by_key(Value::to_string);
                }
                (key.clone(), shape)
            });
            // In alphabetical order.
            Value::Object(members.collect::<BTreeMap<_, _>>().into_iter().collect())
        }
        Value::Array(array) => array.iter().map(shape).collect(),
        other => other.clone(),
    }
}

/// Returns `true` if a member is for people or for a rule. A property named `description` is an object.
fn is_annotation(key: &str, value: &Value) -> bool {
    match key {
        "title" | "description" => value.is_string(),
        "example" => !value.is_object() || value.get("type").is_none(),
        _ => key.starts_with("x-") && !value.is_object(),
    }
}

/// The properties, or the first keyword, in which two shapes differ.
pub fn difference(one: &Value, other: &Value) -> String {
    let differing = |one: Option<&Map<String, Value>>, other: Option<&Map<String, Value>>| -> Vec<String> {
        let get = |side: Option<&Map<String, Value>>, name: &str| side.and_then(|side| side.get(name).cloned());
        let names: BTreeSet<&String> = [one, other].into_iter().flatten().flat_map(Map::keys).collect();
        let names = names.into_iter().filter(|name| get(one, name) != get(other, name));
        names.map(|name| format!("`{name}`")).collect()
    };
    let properties = differing(object(one, "properties"), object(other, "properties"));
    match properties.is_empty() {
        true => differing(one.as_object(), other.as_object()).into_iter().next().unwrap_or_default(),
        false => properties.join(", "),
    }
}
