//! A rule that converts a `$ref` with other keywords next to it to an `allOf` with the reference.

use serde_json::{Value, json};

use crate::document::schemas_mut;

/// Moves the siblings of a `$ref`, including `nullable` and `description`, which OpenAPI 3.0 would silently drop.
pub fn ref_siblings(document: &mut Value) {
    schemas_mut(document, &mut |_, schema| {
        if schema.len() > 1
            && let Some(target) = schema.shift_remove("$ref")
        {
            schema.shift_insert(0, "allOf".to_owned(), json!([{"$ref": target}]));
        }
    });
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::ref_siblings;
    use crate::normalize::tests::schemas;

    #[test]
    fn siblings_of_a_reference_survive() {
        let mut document = schemas(json!({"Thing": {"type": "object", "properties": {
            "bare": {"$ref": "#/components/schemas/Owner"},
            "described": {"$ref": "#/components/schemas/Owner", "nullable": true, "description": "The owner."}
        }}}));
        ref_siblings(&mut document);
        let properties = &document["components"]["schemas"]["Thing"]["properties"];
        assert_eq!(properties["bare"], json!({"$ref": "#/components/schemas/Owner"}));
        assert_eq!(
            properties["described"],
            json!({
                "allOf": [{"$ref": "#/components/schemas/Owner"}],
                "nullable": true,
                "description": "The owner."
            })
        );
    }
}
