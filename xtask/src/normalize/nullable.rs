//! A rule that makes optional properties and query parameters nullable.

use serde_json::{Value, json};

use crate::document::{array_mut, operations_mut, requires, schemas_mut};

/// Adds `nullable`. Without it an optional array or map is not an `Option` in Rust: `null` fails to decode, and an
/// empty list is skipped instead of sent.
pub fn nullable(document: &mut Value) {
    schemas_mut(document, &mut |_, schema| {
        let required = Value::Object(schema.clone());
        let Some(properties) = schema.get_mut("properties").and_then(Value::as_object_mut) else {
            return;
        };
        for (name, property) in properties {
            if !requires(&required, name) {
                allow_null(property);
            }
        }
    });
    operations_mut(document, |_, _, operation| {
        for parameter in array_mut(operation.get_mut("parameters")) {
            let optional = parameter.get("required") != Some(&Value::Bool(true));
            if optional
                && parameter.get("in").is_some_and(|location| location == "query")
                && let Some(schema) = parameter.get_mut("schema")
            {
                allow_null(schema);
            }
        }
    });
}

fn allow_null(schema: &mut Value) {
    if let Some(schema) = schema.as_object_mut()
        && !schema.is_empty()
    {
        schema.insert("nullable".to_owned(), json!(true));
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::nullable;
    use crate::normalize::tests::{operation, schemas};

    #[test]
    fn optional_property_becomes_nullable() {
        let mut document = schemas(json!({"Thing": {
            "type": "object",
            "required": ["id"],
            "properties": {
                "id": {"type": "string"},
                "names": {"type": "array", "items": {"type": "object", "properties": {"first": {"type": "string"}}}},
                "owner": {"$ref": "#/components/schemas/Owner"},
                "anything": {}
            }
        }}));
        nullable(&mut document);
        let properties = &document["components"]["schemas"]["Thing"]["properties"];
        assert_eq!(properties["id"], json!({"type": "string"}));
        assert_eq!(properties["names"]["nullable"], true);
        assert_eq!(properties["names"]["items"]["properties"]["first"]["nullable"], true);
        assert_eq!(properties["owner"]["nullable"], true);
        assert_eq!(properties["anything"], json!({}));
    }

    #[test]
    fn optional_query_parameter_becomes_nullable() {
        let mut document = operation(json!({"parameters": [
            {"name": "a", "in": "query", "schema": {"type": "array", "items": {"type": "string"}}},
            {"name": "b", "in": "query", "required": true, "schema": {"type": "string"}},
            {"name": "c", "in": "header", "schema": {"type": "string"}}
        ]}));
        nullable(&mut document);
        let parameters = &document["paths"]["/things"]["get"]["parameters"];
        assert_eq!(parameters[0]["schema"]["nullable"], true);
        assert!(parameters[1]["schema"].get("nullable").is_none());
        assert!(parameters[2]["schema"].get("nullable").is_none());
    }
}
