//! The description without its words, for `trycourier::testing` to check requests and to make answers by.

use std::fmt::Write as _;

use serde_json::{Map, Value, json};

use crate::generate::model::Model;

/// What `src/testing/engine/description.rs` reads: `operations`, each with its schemas, and the `schemas` that they refer to.
pub fn described(document: &Value) -> String {
    let paths = document.get("paths").and_then(Value::as_object).into_iter().flatten();
    let operations: Vec<Value> = paths
        .flat_map(|(path, item)| {
            let methods = item.as_object().into_iter().flatten().filter(|(_, operation)| operation.is_object());
            methods.map(move |(method, operation)| self::operation(method, path, operation))
        })
        .collect();
    let schemas = document.pointer("/components/schemas").and_then(Value::as_object).into_iter().flatten();
    let schemas: Map<String, Value> = schemas.map(|(name, schema)| (name.clone(), wordless(schema))).collect();
    json!({"operations": operations, "schemas": schemas}).to_string()
}

/// The schema of each type.
pub fn schema_names(model: &Model) -> String {
    model.types.iter().fold(String::new(), |mut code, item| {
        let _ = writeln!(code, "described!({}, {:?});", item.name, item.schema);
        code
    })
}

fn operation(method: &str, path: &str, operation: &Value) -> Value {
    let parameters = operation.get("parameters").and_then(Value::as_array).into_iter().flatten();
    let query = parameters.filter(|parameter| parameter.get("in").is_some_and(|place| place == "query"));
    let responses = operation.get("responses").and_then(Value::as_object).into_iter().flatten();
    let success = responses
        .filter(|(status, _)| status.starts_with('2'))
        .min_by_key(|(status, _)| status.parse().unwrap_or(u16::MAX));
    json!({
        "id": operation.get("x-method").or(operation.get("operationId")),
        "method": method.to_uppercase(),
        "path": path,
        "query": query.map(wordless).collect::<Vec<_>>(),
        "body": operation.pointer("/requestBody/content/application~1json/schema").map(wordless),
        "status": success.and_then(|(status, _)| status.parse::<u16>().ok()),
        "answer": success.and_then(|(_, response)| response.pointer("/content/application~1json/schema")).map(wordless),
    })
}

/// A schema or a parameter without what is only said to people.
fn wordless(value: &Value) -> Value {
    match value {
        Value::Object(object) => {
            let members = object.iter().filter(|(name, value)| {
                !((matches!(name.as_str(), "description" | "title" | "summary") && value.is_string())
                    || name.starts_with("x-"))
            });
            members
                .map(|(name, value)| {
                    let value = match (name.as_str(), value) {
                        // A property can be called `description`, and an example can have one.
                        ("properties", Value::Object(properties)) => {
                            properties.iter().map(|(name, schema)| (name.clone(), wordless(schema))).collect()
                        }
                        ("example" | "enum" | "required", value) => value.clone(),
                        (_, value) => wordless(value),
                    };
                    (name.clone(), value)
                })
                .collect()
        }
        Value::Array(values) => values.iter().map(wordless).collect(),
        other => other.clone(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::described;

    #[test]
    fn keeps_what_is_sent_and_leaves_out_what_is_said() {
        let document = json!({
            "paths": {"/lists/{id}": {"put": {
                "operationId": "lists_update", "x-method": "lists.update", "summary": "words",
                "parameters": [{"name": "id", "in": "path"}, {"name": "limit", "in": "query", "schema": {"type": "integer"}}],
                "requestBody": {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/List"}}}},
                "responses": {"2XX": {}, "204": {"description": "words"}, "4XX": {}},
            }}},
            "components": {"schemas": {"List": {
                "description": "words", "required": ["description"],
                "properties": {"description": {"type": "string", "description": "words"}},
                "example": {"description": "An example"},
            }}},
        });
        let read: Value = serde_json::from_str(&described(&document)).unwrap_or_default();
        assert_eq!(
            read,
            json!({
                "operations": [{
                    "id": "lists.update", "method": "PUT", "path": "/lists/{id}",
                    "query": [{"name": "limit", "in": "query", "schema": {"type": "integer"}}],
                    "body": {"$ref": "#/components/schemas/List"}, "status": 204, "answer": null,
                }],
                "schemas": {"List": {
                    "required": ["description"], "properties": {"description": {"type": "string"}},
                    "example": {"description": "An example"},
                }},
            })
        );
    }
}
