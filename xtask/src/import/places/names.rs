//! What is done to the schemas of a document once it is known what each is called.

use std::collections::{BTreeMap, BTreeSet};

use heck::ToUpperCamelCase;
use serde_json::{Value, json};

use crate::document::{SCHEMA_PREFIX, array_mut, references};
use crate::import::places::place::Place;

/// Puts a copy of the component in the place of a reference.
pub fn write_out(document: &mut Value, mut pointers: BTreeSet<String>) {
    // What stands inside a component goes first, so that its copies have it too; a circle stays as it is.
    while !pointers.is_empty() {
        let ready: Vec<String> = pointers
            .iter()
            .filter(|pointer| {
                let inside = component(document, pointer).map(|name| format!("/components/schemas/{name}/"));
                inside.is_some_and(|inside| !pointers.iter().any(|other| other.starts_with(&inside)))
            })
            .cloned()
            .collect();
        if ready.is_empty() {
            return;
        }
        for pointer in ready {
            let copy = component(document, &pointer)
                .and_then(|name| document.pointer("/components/schemas")?.get(name))
                .and_then(Value::as_object)
                .cloned();
            if let (Some(copy), Some(place)) = (copy, document.pointer_mut(&pointer).and_then(Value::as_object_mut)) {
                for key in ["$ref", "allOf", "oneOf", "anyOf"] {
                    place.shift_remove(key);
                }
                copy.into_iter().for_each(|(key, value)| {
                    place.entry(key).or_insert(value);
                });
            }
            pointers.remove(&pointer);
        }
    }
}

pub fn component(document: &Value, pointer: &str) -> Option<String> {
    let place = Place { pointer: pointer.to_owned(), schema: document.pointer(pointer)? };
    place.follow(document).0.map(str::to_owned)
}

/// Makes components of inline schemas.
pub fn name(document: &mut Value, named: BTreeMap<String, String>) {
    let mut named: Vec<(String, String)> = named.into_iter().collect();
    // Inner ones first: their pointers end when the outer one moves.
    named.sort_by_key(|(pointer, _)| std::cmp::Reverse(pointer.matches('/').count()));
    for (pointer, name) in named {
        let Some(place) = document.pointer(&pointer) else {
            continue;
        };
        let mut schema = place.as_object().cloned().unwrap_or_default();
        let nullable = schema.shift_remove("nullable");
        let schema = Value::Object(schema);
        let target = format!("/components/schemas/{name}");
        let is_taken = document.pointer(&target).is_some_and(|taken| *taken != schema);
        let is_its_own_part =
            references(&schema).iter().any(|other| other.strip_prefix(SCHEMA_PREFIX) == Some(name.as_str()));
        if is_taken || is_its_own_part {
            continue;
        }
        let reference = json!({"$ref": format!("{SCHEMA_PREFIX}{name}")});
        if let Some(place) = document.pointer_mut(&pointer) {
            *place = match nullable {
                Some(nullable) => json!({"allOf": [reference], "nullable": nullable}),
                None => reference,
            };
        }
        if let Some(component) = crate::document::component_mut(document, "schemas", &name) {
            *component = schema;
        }
    }
}

/// Renames components, and says what each was called whose Rust name would have been another.
pub fn rename(document: &mut Value, renamed: BTreeMap<String, String>) -> BTreeMap<String, String> {
    if let Some(schemas) = document.pointer_mut("/components/schemas").and_then(Value::as_object_mut) {
        let taken = std::mem::take(schemas);
        schemas.extend(taken.into_iter().map(|(name, schema)| (renamed.get(&name).cloned().unwrap_or(name), schema)));
    }
    let targets =
        renamed.iter().map(|(name, other)| (format!("{SCHEMA_PREFIX}{name}"), format!("{SCHEMA_PREFIX}{other}")));
    redirect(document, &targets.collect());
    let is_part = |name: &str, other: &str| other == format!("{name}Part");
    renamed
        .into_iter()
        .filter(|(name, other)| name.to_upper_camel_case() != other.to_upper_camel_case() && !is_part(name, other))
        .map(|(name, other)| (other, name))
        .collect()
}

pub fn redirect(value: &mut Value, targets: &BTreeMap<String, String>) {
    match value {
        Value::String(text) => {
            if let Some(target) = targets.get(text) {
                text.clone_from(target);
            }
        }
        Value::Object(object) => object.values_mut().for_each(|inner| redirect(inner, targets)),
        Value::Array(_) => array_mut(Some(value)).for_each(|inner| redirect(inner, targets)),
        _ => {}
    }
}
