//! The order of required properties, which is the order of arguments in Rust.
//!
//! Two required strings that change places would compile, and be wrong. So a schema keeps the order that it had when it
//! was first fetched, and `order.yaml` sets it where another one is natural.

use serde_json::Value;

use crate::document::{object, schemas_mut};

/// The properties of a schema in the order of the arguments. What it leaves out comes last.
const ORDER: &str = "x-order";

/// Keeps the order that the required properties have in the committed document, and appends those that are new.
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

/// Puts the required properties in the order that `x-order` says, and names what it says of properties that are not
/// required: `Schema.property`.
pub fn arrange(document: &mut Value) -> Vec<String> {
    let mut gone = Vec::new();
    let components = object(document, "components").and_then(|components| components.get("schemas"));
    for (name, schema) in components.and_then(Value::as_object).into_iter().flatten() {
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

/// Those of an array that are among the first come first, in their order.
fn lead(array: &mut Value, first: &[Value]) {
    if let Value::Array(array) = array {
        let place = |value: &Value| first.iter().position(|first| first == value).unwrap_or(first.len());
        array.sort_by_key(place);
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
    fn a_description_in_another_order_keeps_ours_and_appends_what_is_new() {
        let schema =
            |required: serde_json::Value| json!({"components": {"schemas": {"Thing": {"required": required}}}});
        let mut document = schema(json!(["body", "colour", "title"]));
        keep_order(&mut document, &schema(json!(["title", "gone", "body"])));
        assert_eq!(document, schema(json!(["title", "body", "colour"])));
    }

    #[test]
    fn an_overlay_sets_the_order_and_what_it_names_in_vain_is_named() {
        let mut document = json!({"components": {"schemas": {"Thing": {
            "required": ["body", "new", "title"], "x-order": ["title", "body", "gone"]
        }}}});
        assert_eq!(arrange(&mut document), ["Thing.gone"]);
        assert_eq!(document["components"]["schemas"]["Thing"], json!({"required": ["title", "body", "new"]}));
    }
}
