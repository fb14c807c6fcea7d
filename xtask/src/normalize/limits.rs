//! Limits on values are left to the server.

use serde_json::Value;

use crate::document::schemas_mut;
use crate::normalise::path_parameters::PATH_SEGMENT;

const LIMITS: [&str; 13] = [
    "exclusiveMaximum",
    "exclusiveMinimum",
    "maximum",
    "maxItems",
    "maxLength",
    "maxProperties",
    "minimum",
    "minItems",
    "minLength",
    "minProperties",
    "multipleOf",
    "pattern",
    "uniqueItems",
];

/// typify makes a type of its own for each string with a limit, and others for numbers, so that a limit which Courier
/// lifts or adds would be a breaking change; and an answer that is over one would fail to decode. The one limit of ours,
/// on path segments, stays.
pub fn limits(document: &mut Value) {
    let segment = document.pointer("/components/schemas").and_then(|schemas| schemas.get(PATH_SEGMENT)).cloned();
    schemas_mut(document, &mut |schema| schema.retain(|key, _| !LIMITS.contains(&key.as_str())));
    if let Some(segment) = segment
        && let Some(place) =
            document.pointer_mut("/components/schemas").and_then(|schemas| schemas.get_mut(PATH_SEGMENT))
    {
        *place = segment;
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::limits;
    use crate::normalise::tests::schemas;

    #[test]
    fn limits_go_and_properties_that_are_called_like_limits_stay() {
        let segment = json!({"type": "string", "minLength": 1, "not": {"enum": [".", ".."]}});
        let mut document = schemas(json!({
            "PathSegment": segment,
            "Range": {"type": "object", "minProperties": 1, "properties": {
                "minimum": {"type": "integer", "minimum": 0, "exclusiveMinimum": true},
                "pattern": {"type": "string", "pattern": "^v", "maxLength": 8}
            }}
        }));
        limits(&mut document);
        let schemas = &document["components"]["schemas"];
        assert_eq!(schemas["PathSegment"], segment);
        assert_eq!(
            schemas["Range"],
            json!({"type": "object", "properties": {"minimum": {"type": "integer"}, "pattern": {"type": "string"}}})
        );
    }
}
