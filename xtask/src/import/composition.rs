//! An `allOf` of objects becomes one object with the properties of all.

use serde_json::{Map, Value, json};

use crate::document::{object, resolve, schemas_mut};

/// Names, and no merged types that differ from one generation to the next.
pub fn flat_objects(document: &mut Value) {
    let all = document.clone();
    schemas_mut(document, &mut |schema| {
        let Some(parts) = schema.get("allOf").and_then(Value::as_array) else {
            return;
        };
        let has_own = schema.contains_key("properties");
        if parts.len() < 2 && !has_own {
            return;
        }
        let Some(flat) = flatten(&all, schema, 0) else {
            return;
        };
        schema.retain(|key, _| !["allOf", "type", "properties", "required"].contains(&key.as_str()));
        schema.extend(flat);
    });
}

/// One object of a schema and everything that it is composed of; none when a part is no object.
fn flatten(document: &Value, schema: &Map<String, Value>, depth: usize) -> Option<Map<String, Value>> {
    const DEEPEST: usize = 16;
    if depth > DEEPEST || schema.contains_key("oneOf") || schema.contains_key("anyOf") {
        return None;
    }
    let mut properties = Map::new();
    let mut required: Vec<Value> = Vec::new();
    let parts = schema.get("allOf").and_then(Value::as_array);
    for part in parts.into_iter().flatten() {
        let part = resolve(document, part)?.as_object()?;
        let part = flatten(document, part, depth + 1)?;
        if let Some(Value::Object(more)) = part.get("properties") {
            properties.extend(more.clone());
        }
        if let Some(Value::Array(more)) = part.get("required") {
            required.extend(more.iter().cloned());
        }
    }
    let own = Value::Object(schema.clone());
    let is_object = schema.is_empty() || own.get("type").is_some_and(|kind| kind == "object");
    if parts.is_none() && object(&own, "properties").is_none() && !is_object {
        return None;
    }
    properties.extend(object(&own, "properties").into_iter().flatten().map(|(k, v)| (k.clone(), v.clone())));
    required.extend(own.get("required").and_then(Value::as_array).into_iter().flatten().cloned());
    let mut seen = Vec::new();
    required.retain(|name| {
        !seen.contains(name) && {
            seen.push(name.clone());
            true
        }
    });

    let mut flat = Map::new();
    flat.insert("type".to_owned(), json!("object"));
    flat.insert("properties".to_owned(), Value::Object(properties));
    if !required.is_empty() {
        flat.insert("required".to_owned(), Value::Array(required));
    }
    Some(flat)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::flat_objects;
    use crate::normalise::tests::schemas;

    #[test]
    fn parts_of_parts_end_in_one_object() {
        let mut document = schemas(json!({
            "Base": {"type": "object", "properties": {"id": {"type": "string"}}, "required": ["id"]},
            "Named": {"allOf": [{"$ref": "#/components/schemas/Base"}, {"type": "object", "properties": {"name": {"type": "string"}}}]},
            "Owned": {
                "allOf": [{"$ref": "#/components/schemas/Named"}],
                "type": "object", "properties": {"owner": {"type": "string"}}, "required": ["owner", "id"]
            }
        }));
        flat_objects(&mut document);
        assert_eq!(
            document["components"]["schemas"]["Owned"],
            json!({
                "type": "object",
                "properties": {"id": {"type": "string"}, "name": {"type": "string"}, "owner": {"type": "string"}},
                "required": ["id", "owner"]
            })
        );
    }

    #[test]
    fn a_part_that_says_nothing_adds_nothing() {
        let mut document = schemas(json!({
            "Thing": {"allOf": [{"type": "object"}, {"type": "object", "properties": {"id": {"type": "string"}}}]}
        }));
        flat_objects(&mut document);
        assert_eq!(
            document["components"]["schemas"]["Thing"],
            json!({"type": "object", "properties": {"id": {"type": "string"}}})
        );
    }

    #[test]
    fn a_wrapped_reference_and_a_circle_are_left_alone() {
        let described = json!({
            "Wrapped": {"allOf": [{"$ref": "#/components/schemas/Circle"}], "nullable": true},
            "Circle": {"allOf": [{"$ref": "#/components/schemas/Circle"}, {"$ref": "#/components/schemas/Circle"}]}
        });
        let mut document = schemas(described.clone());
        flat_objects(&mut document);
        assert_eq!(document["components"]["schemas"], described);
    }
}
