//! The order of required properties, which is the order of arguments in Rust.
//!
//! If two required strings swapped positions, callers would still compile but send the wrong values. So a schema keeps
//! the order in which it was first fetched, and `order.yaml` sets a more natural one.

use serde_json::Value;

use crate::document::{schemas, schemas_mut};

/// The mark with the properties of a schema in the order of the arguments. Other properties come last.
const ORDER: &str = "x-order";

/// Keeps the order that the required properties have in the committed document, and appends new ones.
pub fn keep_order(document: &mut Value, committed: &Value) {
    match (document, committed) {
        (Value::Object(document), Value::Object(committed)) => {
            for (key, value) in document.iter_mut() {
                match (key.as_str(), committed.get(key)) {
                    ("required", Some(Value::Array(first))) => lead(value, first),
                    (_, Some(committed)) => keep_order(value, committed),
                    (_, None) => {}
                }
            }
        }
        (Value::Array(document), Value::Array(committed)) => {
            document.iter_mut().zip(committed).for_each(|(value, committed)| keep_order(value, committed));
        }
        _ => {}
    }
}

/// Puts the required properties in the order of `x-order`, and returns its entries that are not required:
/// `Schema.property`.
pub fn arrange(document: &mut Value) -> Vec<String> {
    let mut gone = Vec::new();
    for (name, schema) in schemas(document) {
        let required: Vec<&Value> = elements(schema.get("required")).collect();
        let ordered = elements(schema.get(ORDER)).filter(|property| !required.contains(property));
        gone.extend(ordered.filter_map(Value::as_str).map(|property| format!("{name}.{property}")));
    }
    schemas_mut(document, &mut |schema| {
        if let (Some(Value::Array(first)), Some(required)) = (schema.shift_remove(ORDER), schema.get_mut("required")) {
            lead(required, &first);
        }
    });
    gone
}

/// Moves the elements that are among `first` to the front, in that order.
fn lead(array: &mut Value, first: &[Value]) {
    if let Value::Array(array) = array {
        let rank = |value: &Value| first.iter().position(|first| first == value).unwrap_or(first.len());
        array.sort_by_key(rank);
    }
}

fn elements(array: Option<&Value>) -> impl Iterator<Item = &Value> {
    array.and_then(Value::as_array).into_iter().flatten()
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
