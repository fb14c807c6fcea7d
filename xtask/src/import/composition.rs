//! Merges composed schemas, which Courier's published description writes as `allOf` or as a choice, into single
//! schemas.
//!
//! The description derived from the official Python client has no compositions.

use serde_json::{Map, Value, json};

use crate::document::{
    SCHEMA_PREFIX, array_mut, distinct, elements, members, reference, references, requires, resolve, schemas,
    schemas_mut,
};
use crate::generator::description::lookup::{self, is_marked, required};

/// Replaces compositions round by round, because a part can also be composed. `supported` rejects the rest.
pub fn compose(document: &mut Value) {
    const MAX_ROUNDS: usize = 8;
    nullable_components(document);
    for _ in 0..MAX_ROUNDS {
        let before = document.clone();
        schemas_mut(document, &mut |pointer, schema| {
            null_choices(schema);
            drop_empty_parts(schema);
            unwrap_only_part(schema);
            merge_parts(&before, schema);
            join_texts(&before, schema);
            flatten_choices(&before, schema);
            inline_component(&before, pointer, schema);
        });
        if *document == before {
            return;
        }
    }
}

/// The name of the component at a pointer.
fn component_at(pointer: &str) -> Option<&str> {
    pointer.strip_prefix("/components/schemas/").filter(|name| !name.contains('/'))
}

/// Moves `nullable` from a component to everything that refers to it: a type is not null, a value of it is.
fn nullable_components(document: &mut Value) {
    let names = schemas(document).filter(|(_, schema)| is_marked(schema, "nullable")).map(|(name, _)| name.clone());
    let names: Vec<String> = names.collect();
    let is_nullable = |name: &str| names.iter().any(|nullable| nullable == name);
    schemas_mut(document, &mut |pointer, schema| {
        if component_at(pointer).is_some_and(is_nullable) {
            schema.shift_remove("nullable");
        }
        if reference(&json!(schema)).is_some_and(is_nullable) {
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
                choice.as_object_mut().is_some_and(|keys| keys.shift_remove("nullable") == Some(json!(true)));
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
        let Some(Value::Array(choices)) = schema.get(keyword).filter(|choices| choices.get(1).is_some()) else {
            continue;
        };
        let is_text = |choice: &Value| {
            let keys = resolve(document, choice).and_then(Value::as_object);
            let is_simple = |keys: &Map<String, Value>| keys.keys().all(|key| ["type", "enum"].contains(&key.as_str()));
            keys.is_some_and(|keys| keys.get("type").is_some_and(|kind| kind == "string") && is_simple(keys))
        };
        if !choices.iter().all(is_text) {
            continue;
        }
        let (named, inline): (Vec<&Value>, Vec<&Value>) =
            choices.iter().partition(|choice| reference(choice).is_some());
        let values = distinct(inline.into_iter().flat_map(|choice| elements(choice, "enum")));
        let (key, joined) = match (named.as_slice(), values.is_empty()) {
            ([], true) => ("type", json!("string")),
            ([], false) => ("enum", json!(values)),
            ([only], true) => ("allOf", json!([only])),
            _ => continue,
        };
        schema.shift_remove(keyword);
        schema.shift_remove("discriminator");
        schema.extend((key == "enum").then(|| ("type".to_owned(), json!("string"))));
        schema.insert(key.to_owned(), joined);
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

/// The keywords of an object that can be merged with others.
const OBJECT: [&str; 3] = ["type", "properties", "required"];

/// An `allOf` of objects is one object with the properties of all.
fn merge_parts(document: &Value, schema: &mut Map<String, Value>) {
    let whole = Value::Object(schema.clone());
    let parts = elements(&whole, "allOf");
    if parts.len() == 0 {
        return;
    }
    if parts.len() < 2 && !schema.contains_key("properties") {
        let part = parts.clone().next().and_then(|part| resolve(document, part));
        if required(&whole).all(|name| part.is_some_and(|part| requires(part, name))) {
            schema.shift_remove("required");
            return;
        }
    }
    let mut own = schema.clone();
    own.retain(|key, _| OBJECT.contains(&key.as_str()));
    let own = Value::Object(own);
    let mut properties = Map::new();
    let mut required = Vec::new();
    for part in parts.chain([&own]) {
        let Some(part) = resolve(document, part).filter(|part| part.is_object()) else { return };
        // Objects are open, whether or not they say so.
        let is_open = |value: &Value| value.is_boolean() || *value == json!({});
        let is_mergeable = |(key, value): (&String, &Value)| match key.as_str() {
            "type" => value == "object",
            "additionalProperties" => is_open(value),
            key => OBJECT.contains(&key),
        };
        if !part.as_object().into_iter().flatten().all(is_mergeable) {
            return;
        }
        for (name, property) in members(part, "properties") {
            if properties.insert(name.clone(), property.clone()).is_some_and(|other| other != *property) {
                return;
            }
        }
        required.extend(elements(part, "required"));
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

/// A choice inside a choice becomes part of the outer choice, so that callers need one step from a recipient to `to`.
fn flatten_choices(document: &Value, schema: &mut Map<String, Value>) {
    let Some(Value::Array(choices)) = schema.get("oneOf") else { return };
    let flat = |choice| inner_choices(document, choice).unwrap_or(std::slice::from_ref(choice));
    let flat = distinct(choices.iter().flat_map(flat));
    if flat != *choices {
        schema.insert("oneOf".to_owned(), Value::Array(flat));
        // It named the inner choices; the rule `discriminators` finds another.
        schema.shift_remove("discriminator");
    }
}

/// The choices of a schema that consists only of them.
pub fn inner_choices<'a>(document: &'a Value, choice: &'a Value) -> Option<&'a [Value]> {
    let schema = resolve(document, choice)?;
    let is_more = ["properties", "allOf", "items"].iter().any(|key| schema.get(key).is_some());
    schema.get("oneOf")?.as_array().filter(|_| !is_more).map(Vec::as_slice)
}

/// A reference to a component that is not a type in Rust, such as a map or a string, becomes a copy of it, and so does a
/// component that only refers to another one.
fn inline_component(document: &Value, pointer: &str, schema: &mut Map<String, Value>) {
    let value = Value::Object(schema.clone());
    let Some(name) = reference(&value) else { return };
    let Some(component) = lookup::schema(document, name).and_then(Value::as_object) else { return };
    let is_alias = component_at(pointer).is_some_and(|own| own != name)
        && schema.keys().all(|key| ["$ref", "allOf", "nullable"].contains(&key.as_str()));
    let is_type =
        ["properties", "enum", "oneOf", "anyOf", "allOf", "$ref"].iter().any(|key| component.contains_key(*key));
    let refers_to_itself =
        || component.values().flat_map(references).any(|target| target.ends_with(&format!("/{name}")));
    if is_alias || !(is_type || refers_to_itself()) {
        schema.retain(|key, _| key != "$ref" && key != "allOf");
        for (key, inner) in component {
            schema.entry(key.clone()).or_insert_with(|| inner.clone());
        }
    }
}
