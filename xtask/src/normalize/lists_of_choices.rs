//! A rule that names the list among the choices of a union, if another choice would have its name.

use serde_json::{Value, json};

use crate::document::{array_mut, reference, schemas_mut};

/// Calls a list `Several` next to a choice such as `ListRecipient`, whose variant is called `List`.
pub fn lists_of_choices(document: &mut Value) {
    schemas_mut(document, &mut |_, schema| {
        let mut choices = schema.get("oneOf").and_then(Value::as_array).into_iter().flatten().filter_map(reference);
        if !choices.any(|name| name.starts_with("List")) {
            return;
        }
        for list in array_mut(schema.get_mut("oneOf")).filter_map(Value::as_object_mut) {
            if list.get("type").is_some_and(|kind| kind == "array") {
                list.entry("x-variant").or_insert_with(|| json!("Several"));
            }
        }
    });
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::lists_of_choices;
    use crate::normalize::tests::schemas;

    #[test]
    fn list_next_to_a_list_has_another_name() {
        let choices =
            |name: &str| json!([{"$ref": format!("#/components/schemas/{name}")}, {"type": "array", "items": {}}]);
        let mut document =
            schemas(json!({"To": {"oneOf": choices("ListRecipient")}, "From": {"oneOf": choices("Sender")}}));
        lists_of_choices(&mut document);
        let variant = |name: &str| document.pointer(&format!("/components/schemas/{name}/oneOf/1/x-variant")).cloned();
        assert_eq!((variant("To"), variant("From")), (Some(json!("Several")), None));
    }
}
