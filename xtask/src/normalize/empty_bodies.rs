//! A request body without any property is removed.

use serde_json::{Map, Value, json};

use crate::document::{operations_mut, resolve};

/// The published description has one, required, on an operation to which no official client sends any. A caller would
/// have to make an empty object of a type of its own.
pub fn empty_bodies(document: &mut Value) {
    let all = document.clone();
    operations_mut(document, |_, _, operation| {
        if operation.get("requestBody").is_some_and(|body| says_nothing(&all, body)) {
            operation.shift_remove("requestBody");
        }
    });
}

fn says_nothing(document: &Value, body: &Value) -> bool {
    let schema = body.pointer("/content/application~1json/schema");
    let schema: Option<&Map<String, Value>> =
        schema.and_then(|schema| resolve(document, schema)).and_then(Value::as_object);
    // A map has no properties either, but says so otherwise.
    schema.is_some_and(|schema| {
        schema.get("properties") == Some(&json!({}))
            && schema.keys().all(|key| ["type", "properties"].contains(&key.as_str()))
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::empty_bodies;
    use crate::normalise::tests::operation;

    #[test]
    fn an_object_of_nothing_goes_and_a_map_stays() {
        for (schema, stays) in [
            (json!({"type": "object", "properties": {}}), false),
            (json!({"type": "object"}), true),
            (json!({"type": "object", "properties": {}, "additionalProperties": {}}), true),
            (json!({"type": "object", "properties": {"id": {}}}), true),
        ] {
            let mut document = operation(json!({"requestBody": {"content": {"application/json": {"schema": schema}}}}));
            empty_bodies(&mut document);
            assert_eq!(document["paths"]["/things"]["get"].get("requestBody").is_some(), stays, "{schema}");
        }
    }
}
