//! Merges composed schemas, which Courier's published description writes as `allOf` or as a choice, into single
//! schemas.
//!
//! The description derived from the official Python client has no compositions.

use serde_json::{Map, Value, json};

use crate::document::{reference, references, resolve, schemas_mut};

/// Replaces compositions round by round, because a part can also be composed. `supported` rejects the rest.
pub fn compose(document: &mut Value) {
    const MAX_ROUNDS: usize = 8;
    for _ in 0..MAX_ROUNDS {
        let before = document.clone();
        schemas_mut(document, &mut |schema| {
            unwrap_only_part(schema);
            merge_parts(&before, schema);
            flatten_choices(&before, schema);
            inline_plain_component(&before, schema);
        });
        resolve_aliases(document);
        if *document == before {
            return;
        }
    }
}

/// A choice of one schema is that schema, and so is an `allOf` of one schema other than a reference. typify would wrap
/// it in a type with one field.
fn unwrap_only_part(schema: &mut Map<String, Value>) {
    for keyword in ["oneOf", "allOf"] {
        let only = match schema.get(keyword).and_then(Value::as_array).map(Vec::as_slice) {
            Some([only]) if !schema.contains_key("properties") => only.clone(),
            _ => continue,
        };
        match only {
            Value::Object(inline) if !inline.contains_key("$ref") => {
                schema.shift_remove(keyword);
                schema.extend(inline);
            }
            reference if keyword == "oneOf" && !schema.contains_key("allOf") => {
                schema.shift_remove(keyword);
                schema.insert("allOf".to_owned(), json!([reference]));
            }
            _ => continue,
        }
        schema.shift_remove("discriminator");
    }
}

/// An `allOf` of objects is one object with the properties of all.
fn merge_parts(document: &Value, schema: &mut Map<String, Value>) {
    let Some(Value::Array(parts)) = schema.get("allOf") else { return };
    if parts.len() < 2 && !schema.contains_key("properties") {
        return;
    }
    let own: Map<String, Value> =
        schema.iter().filter(|(key, _)| OBJECT.contains(&key.as_str())).map(|(k, v)| (k.clone(), v.clone())).collect();
    let own = Value::Object(own);
    let mut properties = Map::new();
    let mut required: Vec<Value> = Vec::new();
    for part in parts.iter().chain([&own]) {
        let Some(Value::Object(part)) = resolve(document, part) else { return };
        let is_object = part.get("type").is_none_or(|name| name == "object");
        if !is_object || part.keys().any(|key| !OBJECT.contains(&key.as_str())) {
            return;
        }
        properties.extend(part.get("properties").and_then(Value::as_object).cloned().unwrap_or_default());
        for name in part.get("required").and_then(Value::as_array).into_iter().flatten() {
            if !required.contains(name) {
                required.push(name.clone());
            }
        }
    }
    schema.retain(|key, _| key != "allOf" && !OBJECT.contains(&key.as_str()));
    schema.insert("type".to_owned(), json!("object"));
    schema.insert("properties".to_owned(), Value::Object(properties));
    if !required.is_empty() {
        schema.insert("required".to_owned(), Value::Array(required));
    }
}

/// The keywords of an object that can be merged with others.
const OBJECT: [&str; 3] = ["type", "properties", "required"];

/// A choice inside a choice becomes part of the outer choice, so that callers need one step from a recipient to `to`.
fn flatten_choices(document: &Value, schema: &mut Map<String, Value>) {
    let Some(Value::Array(choices)) = schema.get("oneOf") else { return };
    if !choices.iter().any(|choice| inner_choices(document, choice).is_some()) {
        return;
    }
    let mut flat: Vec<Value> = Vec::new();
    for choice in choices {
        for choice in inner_choices(document, choice).unwrap_or(std::slice::from_ref(choice)) {
            if !flat.contains(choice) {
                flat.push(choice.clone());
            }
        }
    }
    schema.insert("oneOf".to_owned(), Value::Array(flat));
    // It named the inner choices; the rule `discriminators` finds another.
    schema.shift_remove("discriminator");
}

/// The choices of a schema that consists only of them.
pub fn inner_choices<'a>(document: &'a Value, choice: &'a Value) -> Option<&'a [Value]> {
    let schema = resolve(document, choice)?.as_object()?;
    if ["properties", "allOf", "items"].iter().any(|key| schema.contains_key(*key)) {
        return None;
    }
    schema.get("oneOf")?.as_array().map(Vec::as_slice)
}

/// A reference to a component that is not a type in Rust, such as a map or a string, becomes a copy of it.
fn inline_plain_component(document: &Value, schema: &mut Map<String, Value>) {
    let value = Value::Object(schema.clone());
    let Some(name) = reference(&value) else { return };
    let component = document.pointer("/components/schemas").and_then(|schemas| schemas.get(name)?.as_object());
    let Some(component) = component else { return };
    let is_type =
        ["properties", "enum", "oneOf", "anyOf", "allOf", "$ref"].iter().any(|key| component.contains_key(*key));
    let refers_to_itself = component.values().flat_map(references).any(|target| target.ends_with(&format!("/{name}")));
    if is_type || refers_to_itself {
        return;
    }
    schema.retain(|key, _| key != "$ref" && key != "allOf");
    for (key, inner) in component {
        schema.entry(key.clone()).or_insert_with(|| inner.clone());
    }
}

/// A component that only refers to another one becomes a copy of it.
fn resolve_aliases(document: &mut Value) {
    let all = document.clone();
    let components = document.pointer_mut("/components/schemas").and_then(Value::as_object_mut);
    for (name, schema) in components.into_iter().flatten() {
        let is_alias = schema
            .as_object()
            .is_some_and(|object| object.keys().all(|key| ["$ref", "allOf", "nullable"].contains(&key.as_str())));
        let target = reference(schema).filter(|target| is_alias && target != name);
        let Some(component) = target.and_then(|target| all.pointer(&format!("/components/schemas/{target}"))) else {
            continue;
        };
        let nullable = schema.get("nullable").cloned();
        *schema = component.clone();
        if let (Some(nullable), Some(schema)) = (nullable, schema.as_object_mut()) {
            schema.insert("nullable".to_owned(), nullable);
        }
    }
}
