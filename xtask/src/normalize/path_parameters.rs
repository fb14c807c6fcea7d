//! A rule that makes path parameters path segments with names in snake case.

use heck::ToSnakeCase;
use serde_json::{Map, Value, json};

use crate::document::{SCHEMA_PREFIX, array_mut, component_mut, operations_mut, rename_parameters};

/// The component schema of every path parameter.
pub const PATH_SEGMENT: &str = "PathSegment";

/// Makes path parameters segments: a `tenant_id` of `""` or `".."` must never reach another endpoint. URL parsing folds
/// `..`, and turns a backslash into `/`.
pub fn path_parameters(document: &mut Value) {
    let Some(paths) = document.get_mut("paths").and_then(Value::as_object_mut) else {
        return;
    };
    let mut renamed = Map::new();
    let taken: Vec<String> = paths.keys().cloned().collect();
    for (path, item) in std::mem::take(paths) {
        let name = rename_parameters(&path, |name| name.to_snake_case());
        // Two templates that differ only in names are the same path; the operations of both stay.
        let is_taken = taken.contains(&name) || renamed.contains_key(&name);
        renamed.insert(if is_taken { path } else { name }, item);
    }
    *paths = renamed;
    let mut any = false;
    operations_mut(document, |_, _, operation| {
        for parameter in array_mut(operation.get_mut("parameters")) {
            if parameter.get("in").is_some_and(|location| location == "path") {
                let name = parameter.get("name").and_then(Value::as_str).unwrap_or_default().to_snake_case();
                any = true;
                if let Some(parameter) = parameter.as_object_mut() {
                    parameter.insert("name".to_owned(), json!(name));
                    parameter.insert("required".to_owned(), json!(true));
                    parameter.insert("schema".to_owned(), json!({"$ref": format!("{SCHEMA_PREFIX}{PATH_SEGMENT}")}));
                }
            }
        }
    });
    if any
        && let Some(segment) = component_mut(document, "schemas", PATH_SEGMENT)
        && segment.is_null()
    {
        *segment = json!({"type": "string", "minLength": 1, "not": {"enum": [".", ".."]}});
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::path_parameters;

    #[test]
    fn path_parameter_is_a_segment_in_snake_case() {
        let mut document = json!({"paths": {"/lists/{listId}/users/{user_id}": {
            "get": {"parameters": [
                {"name": "listId", "in": "path", "required": true, "schema": {"type": "string"}},
                {"name": "user_id", "in": "path", "required": true, "schema": {"type": "string"}},
                {"name": "pageSize", "in": "query", "schema": {"type": "integer"}}
            ]}
        }}});
        path_parameters(&mut document);
        let item = &document["paths"]["/lists/{list_id}/users/{user_id}"];
        let segment = json!({"$ref": "#/components/schemas/PathSegment"});
        assert_eq!(
            item["get"]["parameters"],
            json!([
                {"name": "list_id", "in": "path", "required": true, "schema": segment},
                {"name": "user_id", "in": "path", "required": true, "schema": segment},
                {"name": "pageSize", "in": "query", "schema": {"type": "integer"}}
            ])
        );
    }
}
