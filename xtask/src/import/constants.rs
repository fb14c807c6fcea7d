//! Required properties that previously had only one possible value, and now have several.
//!
//! Such a property is not an argument in Rust: the type writes it. Making it an argument would break every caller, so
//! it keeps its value unless a caller sets another value.

use serde_json::{Value, json};

use crate::document::{object, requires, resolve, text};

/// The mark of a property with several values, which holds the only value that it previously allowed.
pub const CONSTANT: &str = "x-constant";

/// Marks the properties that were constants in the committed document and have more values now.
pub fn keep_constants(document: &mut Value, committed: &Value) {
    let before = document.clone();
    mark(document, (&before, committed), committed);
}

/// `documents` are the whole new one and the whole committed one.
fn mark(value: &mut Value, documents: (&Value, &Value), committed: &Value) {
    match (value, committed) {
        (Value::Object(value), Value::Object(known)) => {
            let is_required = |name: &str| {
                let names = value.get("required").and_then(Value::as_array);
                names.is_some_and(|names| names.iter().any(|other| other == name)) && requires(committed, name)
            };
            let former: Vec<(String, String)> = value
                .get("properties")
                .and_then(Value::as_object)
                .into_iter()
                .flatten()
                .filter(|(name, _)| is_required(name))
                .filter_map(|(name, property)| {
                    let known = object(committed, "properties")?.get(name)?;
                    let value = former_value(documents.1, known)?;
                    let values = values(documents.0, property);
                    (values.len() > 1 && values.contains(&value)).then(|| (name.clone(), value.to_owned()))
                })
                .collect();
            for (name, former) in former {
                let property = value.get_mut("properties").and_then(|all| all.get_mut(&name)?.as_object_mut());
                if let Some(property) = property {
                    property.insert(CONSTANT.to_owned(), json!(former));
                }
            }
            for (key, value) in value.iter_mut() {
                if let Some(known) = known.get(key) {
                    mark(value, documents, known);
                }
            }
        }
        (Value::Array(values), Value::Array(known)) => {
            values.iter_mut().zip(known).for_each(|(value, known)| mark(value, documents, known));
        }
        _ => {}
    }
}

fn former_value<'a>(document: &'a Value, property: &'a Value) -> Option<&'a str> {
    match (text(property, CONSTANT), values(document, property).as_slice()) {
        (Some(former), _) => Some(former),
        (None, [only]) => Some(only),
        _ => None,
    }
}

fn values<'a>(document: &'a Value, property: &'a Value) -> Vec<&'a str> {
    let schema = resolve(document, property).unwrap_or(property);
    schema.get("enum").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str).collect()
}
