//! An object with properties accepts additional ones of any kind.

use serde_json::{Value, json};

use crate::document::schemas_mut;

/// Fields that the description lacks are then kept in `extra`, and can be sent: reading a journey and putting it back loses
/// nothing. `{}` and not `true`, which typify ignores.
pub fn open_objects(document: &mut Value) {
    schemas_mut(document, &mut |schema| {
        let Some(properties) = schema.get("properties").and_then(Value::as_object) else { return };
        // Next to properties, a type of the rest would bind what Courier adds later; without properties, it is a map's.
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
