//! Merges composed schemas, which Courier's published description writes as `allOf` or as a choice, into single
//! schemas.
//!
//! The description derived from the official Python client has no compositions.

use serde_json::{Map, Value, json};

use crate::document::{
    SCHEMA_PREFIX, array_mut, distinct, reference, references, requires, resolve, schemas, schemas_mut,
};
use crate::generator::description::lookup::required;

/// Replaces compositions round by round, because a part can also be composed. `supported` rejects the rest.
pub fn compose(document: &mut Value) {
    const MAX_ROUNDS: usize = 8;
    nullable_components(document);
    for _ in 0..MAX_ROUNDS {
        let before = document.clone();
        schemas_mut(document, &mut |_, schema| {
            null_choices(schema);
            drop_empty_parts(schema);
            unwrap_only_part(schema);
            merge_parts(&before, schema);
            join_texts(&before, schema);
            flatten_choices(&before, schema);
            inline_plain_component(&before, schema);
        });
        resolve_aliases(document);
        if *document == before {
            return;
        }
    }
}

/// Moves `nullable` from a component to everything that refers to it: a type is not null, a value of it is.
fn nullable_components(document: &mut Value) {
    let is_nullable = |schema: &Value| schema.get("nullable") == Some(&json!(true));
    let names = schemas(document).filter(|(_, schema)| is_nullable(schema)).map(|(name, _)| name.clone());
    let names: Vec<String> = names.collect();
    for name in &names {
        let component = document.pointer_mut("/components/schemas").and_then(|all| all.get_mut(name)?.as_object_mut());
        component.and_then(|component| component.shift_remove("nullable"));
    }
    schemas_mut(document, &mut |_, schema| {
        let target = reference(&Value::Object(schema.clone())).map(str::to_owned);
        if target.is_some_and(|target| names.contains(&target)) {
            schema.insert("nullable".to_owned(), json!(true));
        }
    });
}

/// Makes a choice nullable as a whole if one of its schemas is.
fn null_choices(schema: &mut Map<String, Value>) {
    let mut is_nullable = false;
    for keyword in ["oneOf", "anyOf"] {
        for choice in array_mut(schema.get_mut(keyword)) {
            is_nullable |=
                choice.as_object_mut().is_some_and(|choice| choice.shift_remove("nullable") == Some(json!(true)));
            if let Some(name) = reference(choice).filter(|_| choice.as_object().is_some_and(|keys| keys.len() == 1)) {
                *choice = json!({"$ref": format!("{SCHEMA_PREFIX}{name}")});
            }
        }
    }
    if is_nullable {
        schema.insert("nullable".to_owned(), json!(true));
    }
}

/// Removes the parts of an `allOf` that are empty, such as a part with only a description.
fn drop_empty_parts(schema: &mut Map<String, Value>) {
    let Some(Value::Array(parts)) = schema.get_mut("allOf") else { return };
    let null = json!({"nullable": true});
    let is_nullable = parts.contains(&null);
    parts.retain(|part| *part != null && *part != json!({}));
    if parts.is_empty() {
        schema.shift_remove("allOf");
    }
    if is_nullable {
        schema.insert("nullable".to_owned(), json!(true));
    }
}

/// Joins a choice between texts, some of which have values, into one enum: every enum accepts other values.
fn join_texts(document: &Value, schema: &mut Map<String, Value>) {
    for keyword in ["oneOf", "anyOf"] {
        let Some(Value::Array(choices)) = schema.get(keyword) else { continue };
        let is_text = |choice: &Value| {
            let choice = resolve(document, choice).and_then(Value::as_object);
            choice.is_some_and(|keys| {
                keys.get("type").is_some_and(|kind| kind == "string")
                    && keys.keys().all(|key| ["type", "enum"].contains(&key.as_str()))
            })
        };
        if choices.len() < 2 || !choices.iter().all(is_text) {
            continue;
        }
        let (named, inline): (Vec<&Value>, Vec<&Value>) =
            choices.iter().partition(|choice| reference(choice).is_some());
        let values = distinct(inline.iter().filter_map(|choice| choice.get("enum")?.as_array()).flatten());
        let joined = match (named.as_slice(), values.is_empty()) {
            ([], true) => json!({"type": "string"}),
            ([], false) => json!({"type": "string", "enum": values}),
            ([only], true) => json!({"allOf": [only]}),
            _ => continue,
        };
        schema.shift_remove(keyword);
        schema.shift_remove("discriminator");
        schema.extend(joined.as_object().cloned().unwrap_or_default());
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
        let own = required(&json!(schema)).map(str::to_owned).collect::<Vec<_>>();
        let part = parts.first().and_then(|part| resolve(document, part));
        if own.iter().all(|name| part.is_some_and(|part| requires(part, name))) {
            schema.shift_remove("required");
            return;
        }
    }
    let own: Map<String, Value> =
        schema.iter().filter(|(key, _)| OBJECT.contains(&key.as_str())).map(|(k, v)| (k.clone(), v.clone())).collect();
    let own = Value::Object(own);
    let mut properties = Map::new();
    let mut required = Vec::new();
    for part in parts.iter().chain([&own]) {
        let Some(Value::Object(part)) = resolve(document, part) else { return };
        let is_object = part.get("type").is_none_or(|name| name == "object");
        // Objects are open, whether or not they say so.
        let is_mergeable = |(key, value): (&String, &Value)| {
            OBJECT.contains(&key.as_str())
                || key == "additionalProperties" && (value.is_boolean() || *value == json!({}))
        };
        if !is_object || !part.iter().all(is_mergeable) {
            return;
        }
        for (name, property) in part.get("properties").and_then(Value::as_object).into_iter().flatten() {
            if properties.insert(name.clone(), property.clone()).is_some_and(|other| other != *property) {
                return;
            }
        }
        required.extend(part.get("required").and_then(Value::as_array).into_iter().flatten());
    }
    let required = distinct(required);
    schema
        .retain(|key, _| !["allOf", "additionalProperties"].contains(&key.as_str()) && !OBJECT.contains(&key.as_str()));
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
    let is_twin = |(index, choice): (usize, &Value)| choices.iter().take(index).any(|other| other == choice);
    let is_nested = choices.iter().any(|choice| inner_choices(document, choice).is_some());
    if !is_nested && !choices.iter().enumerate().any(is_twin) {
        return;
    }
    let flat = |choice| inner_choices(document, choice).unwrap_or(std::slice::from_ref(choice));
    let flat = distinct(choices.iter().flat_map(flat));
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
