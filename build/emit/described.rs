//! The description without prose, which `trycourier::testing` uses to check requests and make responses.

use quote::quote;
use serde_json::{Map, Value, json};

use crate::description::lookup::{self, parameters, request_body};
use crate::description::paging::paging;
use crate::description::rate_limit::rate_limit;
use crate::description::wire::takes_text;
use crate::model::{Model, ident};
use crate::print::print;

/// The input of `src/testing/engine/description.rs`: `operations`, each with its schemas, and the `schemas` that they
/// refer to.
pub fn described(document: &Value) -> Result<String, String> {
    let operations: Result<Vec<Value>, String> = lookup::operations(document)
        .map(|(method, path, operation)| self::operation(document, method, path, operation))
        .collect();
    let schemas: Map<String, Value> =
        lookup::schemas(document).map(|(name, schema)| (name.clone(), wordless(schema))).collect();
    Ok(json!({"operations": operations?, "schemas": schemas}).to_string())
}

/// The schema of each type.
pub fn schema_names(model: &Model) -> String {
    print(model.types.iter().map(|item| {
        let (name, schema) = (ident(&item.name), &item.schema);
        quote!(described!(#name, #schema);)
    }))
}

fn operation(document: &Value, method: &str, path: &str, operation: &Value) -> Result<Value, String> {
    let query =
        parameters(operation).filter(|parameter| parameter.get("in").is_some_and(|location| location == "query"));
    let responses = operation.get("responses").and_then(Value::as_object).into_iter().flatten();
    let success = responses
        .filter(|(status, _)| status.starts_with('2'))
        .min_by_key(|(status, _)| status.parse().unwrap_or(u16::MAX));
    let in_operation = |error: String| format!("{} {path}: {error}", method.to_uppercase());
    let paging = paging(document, operation).map_err(in_operation)?;
    let rate_limit = rate_limit(operation).map_err(in_operation)?;
    Ok(json!({
        "id": operation.get("x-method").or(operation.get("operationId")),
        "method": method.to_uppercase(),
        "path": path,
        "query": query.map(wordless).collect::<Vec<_>>(),
        "body": request_body(operation).map(wordless),
        "body_is_text": takes_text(operation),
        "body_is_required": operation.pointer("/requestBody/required") == Some(&true.into()),
        "status": success.and_then(|(status, _)| status.parse::<u16>().ok()),
        "response": success.and_then(|(_, response)| response.pointer("/content/application~1json/schema")).map(wordless),
        "rate_limit": rate_limit.map(|limit| (limit.requests, limit.seconds)),
        "paging": paging.map(|paging| json!({"items": paging.items, "shape": paging.shape.property})),
    }))
}

/// A schema or a parameter without prose and marks.
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
                        // A property can be named `description`, and an example can have such a member.
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
    fn keeps_schemas_without_their_prose() {
        let document = json!({
            "paths": {"/lists/{id}": {"put": {
                "operationId": "lists_update", "x-method": "lists.update", "summary": "words",
                "x-rate-limit": "20/minute",
                "parameters": [{"name": "id", "in": "path"}, {"name": "limit", "in": "query", "schema": {"type": "integer"}}],
                "requestBody": {"required": true, "content": {"application/json": {"schema": {"$ref": "#/components/schemas/List"}}}},
                "responses": {"2XX": {}, "204": {"description": "words"}, "4XX": {}},
            }}},
            "components": {"schemas": {"List": {
                "description": "words", "required": ["description"],
                "properties": {"description": {"type": "string", "description": "words"}},
                "example": {"description": "An example"},
            }}},
        });
        let read: Value = serde_json::from_str(&described(&document).unwrap()).unwrap();
        assert_eq!(
            read,
            json!({
                "operations": [{
                    "id": "lists.update", "method": "PUT", "path": "/lists/{id}",
                    "query": [{"name": "limit", "in": "query", "schema": {"type": "integer"}}],
                    "body": {"$ref": "#/components/schemas/List"},
                    "body_is_text": false, "body_is_required": true, "status": 204, "response": null,
                    "rate_limit": [20, 60], "paging": null,
                }],
                "schemas": {"List": {
                    "required": ["description"], "properties": {"description": {"type": "string"}},
                    "example": {"description": "An example"},
                }},
            })
        );
    }
}
