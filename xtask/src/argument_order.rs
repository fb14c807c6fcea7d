//! The order of required properties, which is the order of arguments in Rust.
//!
//! If two required strings swapped positions, callers would still compile but send the wrong values. So a schema keeps
//! the order in which it was first fetched, and `order.yaml` sets a more natural one.

use serde_json::{Map, Value};

use crate::document::{elements, requires, schemas, schemas_mut};

/// The mark with the properties of a schema in the order of the arguments. Other properties come last.
const ORDER: &str = "x-order";

/// Keeps the order that the required properties have in the committed document, and appends new ones.
pub fn keep_order(document: &mut Value, committed: &Value) {
    schemas_mut(document, &mut |pointer, schema| {
        let first = committed.pointer(pointer).and_then(|committed| committed.get("required")?.as_array());
        lead(schema, first.map_or(&[], Vec::as_slice));
    });
}

/// Puts the required properties in the order of `x-order`, and returns its entries that are not required:
/// `Schema.property`.
pub fn arrange(document: &mut Value) -> Vec<String> {
    let mut gone = Vec::new();
    for (name, schema) in schemas(document) {
        let ordered = elements(schema, ORDER).filter_map(Value::as_str);
        gone.extend(ordered.filter(|own| !requires(schema, own)).map(|property| format!("{name}.{property}")));
    }
    schemas_mut(document, &mut |_, schema| {
        if let Some(Value::Array(first)) = schema.shift_remove(ORDER) {
            lead(schema, &first);
        }
    });
    gone
}

/// Moves the required properties that are among `first` to the front, in that order.
fn lead(schema: &mut Map<String, Value>, first: &[Value]) {
    if let Some(Value::Array(required)) = schema.get_mut("required") {
        required.sort_by_key(|name| first.iter().position(|first| first == name).unwrap_or(first.len()));
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{arrange, keep_order};

    #[test]
    fn keep_order_appends_new_properties() {
        let schema =
            |required: serde_json::Value| json!({"components": {"schemas": {"Thing": {"required": required}}}});
        let mut document = schema(json!(["body", "color", "title"]));
        keep_order(&mut document, &schema(json!(["title", "gone", "body"])));
        assert_eq!(document, schema(json!(["title", "body", "color"])));
    }

    #[test]
    fn arrange_names_properties_that_are_not_required() {
        let mut document = json!({"components": {"schemas": {"Thing": {
            "required": ["body", "new", "title"], "x-order": ["title", "body", "gone"]
        }}}});
        assert_eq!(arrange(&mut document), ["Thing.gone"]);
        assert_eq!(document["components"]["schemas"]["Thing"], json!({"required": ["title", "body", "new"]}));
    }
}
