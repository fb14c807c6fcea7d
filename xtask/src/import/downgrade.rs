//! Conversion from OpenAPI 3.1 to 3.0, which progenitor reads.
//!
//! Courier's clients are now generated from OpenAPI 3.1, so a 3.1 source is expected. This handles the constructs that
//! such documents commonly use: lists of types, constants, and null as a type or a choice. Other JSON Schema keywords
//! stay, and `supported` reports them.

use serde_json::{Map, Value, json};

use crate::document::schemas_mut;

/// Converts a document to 3.0. A 3.0 document with a few 3.1 keywords is treated the same way.
pub fn downgrade(document: &mut Value) {
    schemas_mut(document, &mut |_, schema| {
        replace_constant(schema);
        replace_types(schema);
        replace_null_choice(schema);
        add_type(schema);
        if schema.get("type").is_some_and(|name| name == "array") {
            schema.entry("items").or_insert_with(|| json!({}));
        }
    });
    let is_newer = document.get("openapi").and_then(Value::as_str).is_some_and(|version| !version.starts_with("3.0"));
    if is_newer && let Some(document) = document.as_object_mut() {
        document.insert("openapi".to_owned(), json!("3.0.3"));
    }
}

/// Converts `const` to an enum of one value, and `null` in an enum to `nullable`.
fn replace_constant(schema: &mut Map<String, Value>) {
    if let Some(constant) = schema.shift_remove("const") {
        schema.insert("enum".to_owned(), json!([constant]));
    }
    let Some(Value::Array(values)) = schema.get_mut("enum") else { return };
    let count = values.len();
    values.retain(|value| !value.is_null());
    let (left, are_strings) = (values.len(), values.iter().all(Value::is_string));
    if left == 0 {
        schema.shift_remove("enum");
    } else if are_strings {
        schema.entry("type").or_insert_with(|| json!("string"));
    }
    if left < count {
        schema.insert("nullable".to_owned(), json!(true));
    }
}

/// Converts `type: [string, "null"]` to a nullable string, and several types to a choice.
fn replace_types(schema: &mut Map<String, Value>) {
    let types: Vec<Value> = match schema.get("type") {
        Some(Value::Array(types)) => types.clone(),
        Some(only) if only == "null" => vec![only.clone()],
        _ => return,
    };
    let (null, others): (Vec<Value>, Vec<Value>) = types.into_iter().partition(|name| name == "null");
    if !null.is_empty() {
        schema.insert("nullable".to_owned(), json!(true));
    }
    match others.as_slice() {
        [] => {
            schema.shift_remove("type");
        }
        [only] => {
            schema.insert("type".to_owned(), only.clone());
        }
        several => {
            // Each keyword belongs to one type.
            let choices = several.iter().map(|name| {
                let mut choice = Map::new();
                choice.insert("type".to_owned(), name.clone());
                for keyword in keywords(name) {
                    choice.extend(schema.shift_remove(*keyword).map(|value| ((*keyword).to_owned(), value)));
                }
                if name == "array" {
                    choice.entry("items").or_insert_with(|| json!({}));
                }
                Value::Object(choice)
            });
            let choices: Vec<Value> = choices.collect();
            schema.shift_remove("type");
            schema.insert("oneOf".to_owned(), json!(choices));
        }
    }
}

/// Adds the type that a `format` implies to a schema without one.
fn add_type(schema: &mut Map<String, Value>) {
    let others = ["type", "enum", "$ref", "oneOf", "anyOf", "allOf", "properties", "items"];
    if others.iter().any(|key| schema.contains_key(*key)) {
        return;
    }
    let kind = match schema.get("format").and_then(Value::as_str) {
        None => return,
        Some("int32" | "int64") => "integer",
        Some("float" | "double") => "number",
        Some(_) => "string",
    };
    schema.insert("type".to_owned(), json!(kind));
}

/// The keywords that apply to only one type.
fn keywords(name: &Value) -> &'static [&'static str] {
    match name.as_str() {
        Some("object") => &["properties", "required", "additionalProperties"],
        Some("array") => &["items"],
        Some("string") => &["enum", "format"],
        _ => &[],
    }
}

/// Makes a choice between a schema and null that schema, nullable. An `anyOf` of one schema becomes a `oneOf`.
fn replace_null_choice(schema: &mut Map<String, Value>) {
    for keyword in ["anyOf", "oneOf"] {
        let Some(Value::Array(choices)) = schema.get_mut(keyword) else { continue };
        let count = choices.len();
        // `replace_types` has already changed the null.
        choices.retain(|choice| *choice != json!({"nullable": true}));
        let left = choices.len();
        if left == count {
            continue;
        }
        schema.insert("nullable".to_owned(), json!(true));
        let choices = if left <= 1 { schema.shift_remove(keyword) } else { None };
        if left == 1 {
            schema.extend(choices.map(|choices| ("oneOf".to_owned(), choices)));
        }
    }
}
