//! The order in which the variants of an untagged union are tried.

use serde_json::Value;

use crate::generate::schema::{required, resolve, schemas_mut};

/// Puts the variant that requires most first and the one that requires nothing, and so takes anything, last. Of equals
/// the first stays first.
pub fn most_telling_first(document: &mut Value) {
    let all = document.clone();
    for (_, schema) in schemas_mut(document) {
        let tagged = schema.get("discriminator").is_some();
        if let Some(variants) = schema.get_mut("oneOf").and_then(Value::as_array_mut)
            && !tagged
        {
            variants.sort_by_key(|variant| std::cmp::Reverse(required(resolve(&all, variant)).count()));
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::most_telling_first;

    #[test]
    fn a_variant_that_takes_anything_is_tried_last() {
        let mut document = json!({"components": {"schemas": {
            "To": {"oneOf": [
                {"$ref": "#/components/schemas/User"}, {"$ref": "#/components/schemas/List"},
                {"$ref": "#/components/schemas/Slack"}, {"type": "array", "items": {}}
            ]},
            "User": {"properties": {"user_id": {}}},
            "List": {"properties": {"list_id": {}}, "required": ["list_id"]},
            "Slack": {"properties": {"a": {}, "b": {}}, "required": ["a", "b"]}
        }}});
        most_telling_first(&mut document);
        assert_eq!(
            document["components"]["schemas"]["To"]["oneOf"],
            json!([
                {"$ref": "#/components/schemas/Slack"}, {"$ref": "#/components/schemas/List"},
                {"$ref": "#/components/schemas/User"}, {"type": "array", "items": {}}
            ])
        );
    }
}
