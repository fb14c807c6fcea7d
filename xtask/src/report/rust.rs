//! How the crate makes Rust of the description: names and types as a caller writes them.

use heck::{ToSnakeCase, ToUpperCamelCase};
use serde_json::Value;

use crate::document::{object, reference, text};

/// `Client::bulk_list_users`, of an operation id.
pub fn method(id: &str) -> String {
    format!("Client::{id}")
}

/// `types::Paging`, of a schema's name.
pub fn type_name(schema: &str) -> String {
    format!("types::{}", schema.to_upper_camel_case())
}

/// `types::Paging::cursor`, of a property.
pub fn field(schema: &str, property: &str) -> String {
    format!("{}::{}", type_name(schema), identifier(property))
}

/// `types::MessageStatus::Sent`, of a value of an enum.
pub fn variant(schema: &str, value: &str) -> String {
    format!("{}::{}", type_name(schema), value.to_upper_camel_case())
}

/// A name in snake case; a word of the language gets the underscore that typify gives it.
fn identifier(name: &str) -> String {
    const KEYWORDS: [&str; 12] =
        ["as", "const", "else", "enum", "for", "if", "in", "loop", "match", "ref", "type", "use"];
    let name = name.to_snake_case();
    if KEYWORDS.contains(&name.as_str()) { format!("{name}_") } else { name }
}

/// The type of a schema, without the `Option` that is around what is not required.
pub fn type_of(schema: &Value) -> String {
    if let Some(name) = reference(schema) {
        return type_name(name);
    }
    if let Some(values) = schema.get("enum").and_then(Value::as_array) {
        return values.iter().map(Value::to_string).collect::<Vec<_>>().join(" or ");
    }
    if let Some(variants) = schema.get("oneOf").and_then(Value::as_array) {
        return variants.iter().map(type_of).collect::<Vec<_>>().join(" or ");
    }
    match text(schema, "type") {
        Some("array") => format!("Vec<{}>", schema.get("items").map_or_else(value, type_of)),
        Some("object") => match schema.get("additionalProperties") {
            Some(values) if object(schema, "additionalProperties").is_some_and(|values| !values.is_empty()) => {
                format!("HashMap<String, {}>", type_of(values))
            }
            _ => "Map<String, Value>".to_owned(),
        },
        Some("string") if schema.get("format").is_some_and(|format| format == "password") => "Sensitive".to_owned(),
        Some("string") => "String".to_owned(),
        Some("integer") => match text(schema, "format") {
            Some("int32") => "i32".to_owned(),
            _ => "i64".to_owned(),
        },
        Some("number") => "Number".to_owned(),
        Some("boolean") => "bool".to_owned(),
        _ => value(),
    }
}

fn value() -> String {
    "Value".to_owned()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{field, type_of, variant};

    #[test]
    fn names_and_types_are_those_that_a_caller_writes() {
        assert_eq!(field("IAlignment", "type"), "types::IAlignment::type_");
        assert_eq!(field("MsTeams", "templateId"), "types::MsTeams::template_id");
        assert_eq!(variant("MessageStatus", "SENT"), "types::MessageStatus::Sent");
        for (schema, expected) in [
            (
                json!({"allOf": [{"$ref": "#/components/schemas/JourneyAINode"}], "nullable": true}),
                "types::JourneyAiNode",
            ),
            (json!({"type": "array", "items": {"type": "integer", "format": "int64"}}), "Vec<i64>"),
            (json!({"type": "object", "additionalProperties": {"type": "string"}}), "HashMap<String, String>"),
            (json!({"type": "object", "additionalProperties": true}), "Map<String, Value>"),
            (json!({"type": "string", "format": "date-time"}), "String"),
            (json!({"type": "string", "enum": ["text"]}), "\"text\""),
            (json!({}), "Value"),
        ] {
            assert_eq!(type_of(&schema), expected, "{schema}");
        }
    }
}
