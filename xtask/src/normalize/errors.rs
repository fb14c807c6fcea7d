//! Every error response of an operation becomes `4XX` and `5XX`, both with `ApiError`.

use serde_json::{Value, json};

use crate::document::{component_mut, operations_mut};

/// One error type for every operation; and a `default` beside `2XX` would make patterns that cannot be reached.
pub fn errors(document: &mut Value) {
    let mut any = false;
    operations_mut(document, |_, _, operation| {
        let Some(responses) = operation.get_mut("responses").and_then(Value::as_object_mut) else {
            return;
        };
        responses.retain(|status, _| status.starts_with('2'));
        any = true;
        for range in ["4XX", "5XX"] {
            responses.insert(range.to_owned(), json!({"$ref": "#/components/responses/ApiError"}));
        }
    });
    if !any {
        return;
    }
    add_component(document, "responses", || {
        json!({
            "description": "",
            "content": {"application/json": {"schema": {"$ref": "#/components/schemas/ApiError"}}}
        })
    });
    add_component(document, "schemas", || {
        json!({
            "type": "object",
            "properties": {"message": {"type": "string"}, "type": {"type": "string"}}
        })
    });
}

/// Adds `ApiError` where it is not yet: the second time it may have its words already.
fn add_component(document: &mut Value, kind: &str, component: impl FnOnce() -> Value) {
    if let Some(place) = component_mut(document, kind, "ApiError")
        && place.is_null()
    {
        *place = component();
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::errors;
    use crate::normalise::tests::operation;

    #[test]
    fn many_errors_or_none_become_two_ranges() {
        for described in [
            json!({"2XX": {"description": ""}}),
            json!({"2XX": {"description": ""}, "400": {"description": ""}, "429": {"description": ""}, "default": {"description": ""}}),
        ] {
            let mut document = operation(json!({"responses": described}));
            errors(&mut document);
            let responses = &document["paths"]["/things"]["get"]["responses"];
            assert_eq!(responses.as_object().unwrap().keys().collect::<Vec<_>>(), ["2XX", "4XX", "5XX"]);
            assert_eq!(responses["4XX"], json!({"$ref": "#/components/responses/ApiError"}));
            assert!(document.pointer("/components/schemas/ApiError/properties/message").is_some());
        }
    }
}
