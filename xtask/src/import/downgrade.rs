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
        require_items(schema);
    });
    if let Some(version) = document
        .get_mut("openapi")
        .filter(|version| !version.as_str().is_some_and(|version| version.starts_with("3.0")))
    {
        *version = json!("3.0.3");
    }
}

/// Converts `const` to an enum of one value, and `null` in an enum to `nullable`.
fn replace_constant(schema: &mut Map<String, Value>) {
    let constant = schema.shift_remove("const").map(|constant| ("enum".to_owned(), json!([constant])));
    schema.extend(constant);
    let Some(Value::Array(values)) = schema.get("enum") else { return };
    let (null, values): (Vec<Value>, Vec<Value>) = values.iter().cloned().partition(Value::is_null);
    if values.is_empty() {
        schema.shift_remove("enum");
    } else {
        if values.iter().all(Value::is_string) {
            schema.entry("type").or_insert_with(|| json!("string"));
        }
        schema.insert("enum".to_owned(), json!(values));
    }
    if !null.is_empty() {
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
    schema.shift_remove("type");
    let (null, others): (Vec<Value>, Vec<Value>) = types.into_iter().partition(|name| name == "null");
    if !null.is_empty() {
        schema.insert("nullable".to_owned(), json!(true));
    }
    if let [only] = others.as_slice() {
        schema.shift_insert(0, "type".to_owned(), only.clone());
    } else if !others.is_empty() {
        // Each keyword belongs to one type.
        let choices = others.iter().map(|name| {
            let keywords = keywords(name).iter().filter_map(|keyword| schema.shift_remove_entry(*keyword));
            let mut choice: Map<String, Value> = keywords.collect();
            choice.insert("type".to_owned(), name.clone());
            require_items(&mut choice);
            Value::Object(choice)
        });
        let choices: Vec<Value> = choices.collect();
        schema.insert("oneOf".to_owned(), json!(choices));
    }
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

/// A list without `items` is a list of anything.
fn require_items(schema: &mut Map<String, Value>) {
    if schema.get("type").is_some_and(|name| name == "array") {
        schema.entry("items").or_insert_with(|| json!({}));
    }
}

/// Adds the type that a `format` implies to a schema without one.
fn add_type(schema: &mut Map<String, Value>) {
    let others = ["type", "enum", "$ref", "oneOf", "anyOf", "allOf", "properties", "items"];
    let kind = match schema.get("format").and_then(Value::as_str) {
        Some(_) if others.iter().any(|key| schema.contains_key(*key)) => return,
        None => return,
        Some("int32" | "int64") => "integer",
        Some("float" | "double") => "number",
        Some(_) => "string",
    };
    schema.insert("type".to_owned(), json!(kind));
}

/// Makes a choice between a schema and null that schema, nullable. An `anyOf` of one schema becomes a `oneOf`.
fn replace_null_choice(schema: &mut Map<String, Value>) {
    for keyword in ["anyOf", "oneOf"] {
        // `replace_types` has already changed the null.
        let null = json!({"nullable": true});
        let Some(Value::Array(choices)) =
            schema.get_mut(keyword).filter(|choices| choices.as_array().is_some_and(|choices| choices.contains(&null)))
        else {
            continue;
        };
        choices.retain(|choice| *choice != null);
        let left = choices.len();
        schema.insert("nullable".to_owned(), json!(true));
        let choices = if left <= 1 { schema.shift_remove(keyword) } else { None };
        schema.extend(choices.filter(|_| left == 1).map(|choices| ("oneOf".to_owned(), choices)));
    }
}
