//! What the runtime has to know of an operation beside its types.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::generate::schema::{operations, required, resolve, success_body, text, variants};

/// An operation as the runtime sees it.
pub struct Answer {
    pub method: String,
    pub path: String,
    pub body: Body,
    /// Whether the answer can hold what must not be shown.
    pub sensitive: bool,
}

/// What the description says of the body of a success.
#[derive(Debug, PartialEq)]
pub enum Body {
    None,
    /// Nothing of it is required, so that an empty one will do.
    Optional,
    Required,
}

/// By operation id.
pub fn answers(document: &Value) -> BTreeMap<String, Answer> {
    operations(document)
        .filter_map(|(method, path, operation)| {
            let id = text(operation, "operationId")?;
            let body = success_body(operation);
            let answer = Answer {
                method: method.to_uppercase(),
                path: path.clone(),
                body: match body {
                    None => Body::None,
                    Some(schema) if requires_nothing(document, schema) => Body::Optional,
                    Some(_) => Body::Required,
                },
                sensitive: body.is_some_and(|schema| is_sensitive(document, schema)),
            };
            Some((id.to_owned(), answer))
        })
        .collect()
}

fn requires_nothing(document: &Value, schema: &Value) -> bool {
    let schema = resolve(document, schema);
    let is_object = schema.get("properties").is_some() || schema.get("type").is_some_and(|kind| kind == "object");
    (is_object && required(schema).next().is_none())
        || variants(schema).iter().any(|variant| requires_nothing(document, variant))
}

/// Whether a schema holds a password, or something marked `x-sensitive` or `x-private`, at any depth.
pub fn is_sensitive(document: &Value, schema: &Value) -> bool {
    holds_secret(document, schema, &mut BTreeSet::new())
}

fn holds_secret(document: &Value, value: &Value, seen: &mut BTreeSet<String>) -> bool {
    match value {
        Value::Object(object) => {
            let marked = ["x-sensitive", "x-private"].iter().any(|mark| object.contains_key(*mark));
            if marked || object.get("format").is_some_and(|format| format == "password") {
                return true;
            }
            if let Some(target) = object.get("$ref").and_then(Value::as_str)
                && let Some(pointer) = target.strip_prefix('#')
                && seen.insert(target.to_owned())
                && let Some(component) = document.pointer(pointer)
            {
                return holds_secret(document, component, seen);
            }
            object.values().any(|inner| holds_secret(document, inner, seen))
        }
        Value::Array(array) => array.iter().any(|inner| holds_secret(document, inner, seen)),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::{Body, answers};

    fn answer(schema: Value) -> super::Answer {
        let document = json!({
            "paths": {"/things/{id}": {"get": {"operationId": "things_get", "responses": {"2XX": {
                "content": {"application/json": {"schema": schema}}
            }}}}},
            "components": {"schemas": {
                "Strict": {"type": "object", "required": ["id"], "properties": {"id": {"type": "string"}}},
                "Loose": {"type": "object", "properties": {"inner": {"$ref": "#/components/schemas/Loose"}}},
                "Secret": {"type": "object", "properties": {"inner": {"allOf": [{"$ref": "#/components/schemas/Token"}]}}},
                "Token": {"type": "object", "properties": {"token": {"type": "string", "format": "password"}}}
            }}
        });
        answers(&document).remove("things_get").unwrap()
    }

    #[test]
    fn an_empty_body_will_do_where_nothing_is_required() {
        for (schema, body) in [
            (json!({"$ref": "#/components/schemas/Strict"}), Body::Required),
            (json!({"$ref": "#/components/schemas/Loose"}), Body::Optional),
            (
                json!({"oneOf": [{"$ref": "#/components/schemas/Strict"}, {"$ref": "#/components/schemas/Loose"}]}),
                Body::Optional,
            ),
            (json!({"type": "string"}), Body::Required),
        ] {
            assert_eq!(answer(schema.clone()).body, body, "{schema}");
        }
    }

    #[test]
    fn a_secret_is_found_at_any_depth() {
        assert!(answer(json!({"$ref": "#/components/schemas/Secret"})).sensitive);
        assert!(!answer(json!({"$ref": "#/components/schemas/Loose"})).sensitive);
    }
}
