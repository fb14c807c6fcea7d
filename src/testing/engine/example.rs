//! A valid value, made from the description.

use serde_json::{Map, Value, json};

use crate::json::{self, Decode};
use crate::testing::engine::description::{DESCRIPTION, Description};
use crate::testing::engine::validate::check;

/// Below this an example holds no more than it has to.
const DEPTH: usize = 8;

/// A type of the API's description, of which [`example`] can make a value.
pub trait Example: Decode {
    /// The name of its schema.
    #[doc(hidden)]
    const SCHEMA: &'static str;
}

/// A valid value of a type, made from the API's description, so that a test says only what matters to it.
///
/// ```
/// use trycourier::testing::example;
/// use trycourier::types::{MessageDetails, MessageStatus};
///
/// let mut details = example::<MessageDetails>();
/// details.status = MessageStatus::Delivered;
/// ```
#[must_use]
pub fn example<T: Example>() -> T {
    let value = of_schema(&DESCRIPTION, &json!({"$ref": format!("#/components/schemas/{}", T::SCHEMA)}));
    json::from_value(&value).unwrap_or_else(T::empty)
}

macro_rules! described {
    ($kind:ident, $schema:literal) => {
        impl Example for crate::types::$kind {
            const SCHEMA: &'static str = $schema;
        }
    };
}

include!(concat!(env!("OUT_DIR"), "/schema_names.rs"));

/// A value that a schema allows: its own example where it has one, else what is required and no more.
pub(crate) fn of_schema(description: &Description, schema: &Value) -> Value {
    made(description, schema, "", 0)
}

fn made(description: &Description, schema: &Value, name: &str, depth: usize) -> Value {
    let (resolved, nullable) = description.resolve(schema);
    let written = [schema, resolved].into_iter().filter_map(|schema| schema.get("example"));
    if let Some(example) = written.into_iter().find(|example| check(description, resolved, example).is_ok()) {
        return example.clone();
    }
    if let Some(variants) = resolved.get("oneOf").and_then(Value::as_array) {
        let values = variants.iter().map(|variant| made(description, variant, name, depth + 1));
        return values.into_iter().find(|value| check(description, resolved, value).is_ok()).unwrap_or_default();
    }
    if let Some(first) = resolved.pointer("/enum/0") {
        return first.clone();
    }
    match resolved.get("type").and_then(Value::as_str) {
        Some("string") => text(resolved, name),
        Some("integer") if is_moment(name) => json!(1_767_225_600_000_i64),
        Some("integer") => json!(1),
        Some("number") => json!(1.0),
        Some("boolean") => json!(false),
        Some("array") if depth > DEPTH => json!([]),
        Some("array") => match resolved.get("items") {
            Some(items) => json!([made(description, items, name.trim_end_matches('s'), depth + 1)]),
            None => json!([]),
        },
        Some("object") => object(description, resolved, depth),
        _ if nullable => Value::Null,
        _ => json!({}),
    }
}

fn object(description: &Description, schema: &Value, depth: usize) -> Value {
    let required = schema.get("required").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str);
    let members: Map<String, Value> = required
        .map(|name| {
            let property = schema.get("properties").and_then(|properties| properties.get(name)).unwrap_or(&Value::Null);
            (name.to_owned(), made(description, property, name, depth + 1))
        })
        .collect();
    Value::Object(members)
}

fn text(schema: &Value, name: &str) -> Value {
    if schema.get("format").is_some_and(|format| format == "date-time") || is_moment(name) {
        json!("2026-01-01T00:00:00.000Z")
    } else if name.ends_with("url") {
        json!("https://example.com/")
    } else {
        json!(if name.is_empty() { "text" } else { name })
    }
}

fn is_moment(name: &str) -> bool {
    name.ends_with("_at") || matches!(name, "created" | "updated" | "published" | "timestamp" | "enqueued")
}

#[cfg(test)]
mod tests {
    use super::of_schema;
    use crate::testing::engine::description::DESCRIPTION;
    use crate::testing::engine::validate::check;

    #[test]
    fn the_example_of_every_schema_is_valid() {
        assert!(DESCRIPTION.schemas().count() > 100);
        for (name, schema) in DESCRIPTION.schemas() {
            let example = of_schema(&DESCRIPTION, schema);
            assert_eq!(check(&DESCRIPTION, schema, &example), Ok(()), "{name}: {example}");
        }
    }
}
