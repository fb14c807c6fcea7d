//! Examples: valid values, made from the description.

use serde_json::{Value, json};

use super::description::{DESCRIPTION, Description};
use super::json::{at, list};
use crate::json::{self, Decode};

/// The depth below which arrays stay empty.
const MAX_ARRAY_DEPTH: usize = 8;

/// A type that [`example`] can make a value of.
pub trait Example: Decode {
    /// The name of its schema.
    #[doc(hidden)]
    const SCHEMA: &'static str;
}

/// Returns a valid value of a type, made from the API's description, so that a test sets only the fields that matter.
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
    let value = DESCRIPTION.example(&json!({"$ref": format!("#/components/schemas/{}", T::SCHEMA)}));
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

impl Description {
    /// Makes a value that a schema allows: its own example if it has one, else only what is required.
    pub(crate) fn example(&self, schema: &Value) -> Value {
        self.example_at(schema, "", 0)
    }

    fn example_at(&self, schema: &Value, name: &str, depth: usize) -> Value {
        let (resolved, nullable) = self.resolve(schema);
        let mut written = [schema, resolved].into_iter().filter_map(|schema| schema.get("example"));
        if let Some(example) = written.find(|example| self.validate(resolved, example).is_ok()) {
            return example.clone();
        }
        let variants = list(resolved, "oneOf");
        if !variants.is_empty() {
            let mut examples = variants.iter().map(|variant| self.example_at(variant, name, depth + 1));
            return examples.find(|example| self.validate(resolved, example).is_ok()).unwrap_or_default();
        }
        if let Some(first) = resolved.pointer("/enum/0") {
            return first.clone();
        }
        match resolved.get("type").and_then(Value::as_str) {
            Some("string") => text(resolved, name),
            Some("integer") if is_time(name) => json!(1_767_225_600_000_i64),
            Some("integer") => json!(1),
            Some("number") => json!(1.0),
            Some("boolean") => json!(false),
            Some("array") => match resolved.get("items").filter(|_| depth <= MAX_ARRAY_DEPTH) {
                Some(items) => json!([self.example_at(items, name.trim_end_matches('s'), depth + 1)]),
                None => json!([]),
            },
            Some("object") => {
                let required = list(resolved, "required").iter().filter_map(Value::as_str);
                let example = |name: &str| self.example_at(at(at(resolved, "properties"), name), name, depth + 1);
                required.map(|name| (name.to_owned(), example(name))).collect()
            }
            _ if nullable => Value::Null,
            _ => json!({}),
        }
    }
}

fn text(schema: &Value, name: &str) -> Value {
    if schema.get("format").is_some_and(|format| format == "date-time") || is_time(name) {
        json!("2026-01-01T00:00:00.000Z")
    } else if name.ends_with("url") {
        json!("https://example.com/")
    } else {
        json!(if name.is_empty() { "text" } else { name })
    }
}

fn is_time(name: &str) -> bool {
    name.ends_with("_at") || matches!(name, "created" | "updated" | "published" | "timestamp" | "enqueued")
}

#[cfg(test)]
mod tests {
    use super::DESCRIPTION;

    #[test]
    fn example_of_every_schema_is_valid() {
        assert!(DESCRIPTION.schemas.len() > 100);
        for (name, schema) in &DESCRIPTION.schemas {
            let example = DESCRIPTION.example(schema);
            assert_eq!(DESCRIPTION.validate(schema, &example), Ok(()), "{name}: {example}");
        }
    }
}
