//! A rule that makes objects with properties accept additional properties of any kind.

use serde_json::{Value, json};

use crate::document::schemas_mut;

/// Keeps undescribed fields in `extra`, so that they can also be sent: reading a journey and putting it back loses
/// nothing. Uses `{}` instead of `true`, which typify ignores.
pub fn open_objects(document: &mut Value) {
    schemas_mut(document, &mut |_, schema| {
        let Some(properties) = schema.get("properties").and_then(Value::as_object) else {
            // An object of nothing is an object of anything.
            if schema.get("additionalProperties") == Some(&json!(false)) {
                schema.shift_remove("additionalProperties");
            }
            return;
        };
        // Next to properties, a type for the rest would restrict properties that Courier adds later; otherwise it is a
        // map's type.
        let is_map = properties.is_empty() && schema.get("additionalProperties").is_some_and(Value::is_object);
        if !is_map {
            schema.insert("additionalProperties".to_owned(), json!({}));
        }
    });
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::open_objects;
    use crate::normalize::tests::schemas;

    #[test]
    fn objects_open_and_maps_stay() {
        let mut document = schemas(json!({
            "Closed": {"type": "object", "properties": {"a": {"type": "string"}}, "additionalProperties": false},
            "Silent": {"type": "object", "properties": {"a": {"type": "string"}}},
            "Loose": {"type": "object", "properties": {"a": {"type": "string"}}, "additionalProperties": true},
            "Typed": {"type": "object", "properties": {"a": {"type": "string"}}, "additionalProperties": {"type": "string"}},
            "Map": {"type": "object", "additionalProperties": {"type": "string"}},
            "EmptyMap": {"type": "object", "properties": {}, "additionalProperties": {"type": "string"}}
        }));
        open_objects(&mut document);
        let schemas = &document["components"]["schemas"];
        for opened in ["Closed", "Silent", "Loose", "Typed"] {
            assert_eq!(schemas[opened]["additionalProperties"], json!({}), "{opened}");
        }
        for map in ["Map", "EmptyMap"] {
            assert_eq!(schemas[map]["additionalProperties"], json!({"type": "string"}), "{map}");
        }
    }
}
