//! A rule that makes path parameters path segments with names in snake case.

use heck::ToSnakeCase;
use serde_json::{Map, Value, json};

use crate::document::{SCHEMA_PREFIX, array_mut, component_mut, operations_mut, rename_parameters, text};

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
        let parameters = array_mut(operation.get_mut("parameters"));
        for parameter in parameters.filter(|parameter| text(parameter, "in") == Some("path")) {
            any = true;
            let name = text(parameter, "name").unwrap_or_default().to_snake_case();
            let segment = json!({"$ref": format!("{SCHEMA_PREFIX}{PATH_SEGMENT}")});
            let members = [("name", json!(name)), ("required", json!(true)), ("schema", segment)];
            let members = members.map(|(key, value)| (key.to_owned(), value));
            parameter.as_object_mut().into_iter().for_each(|parameter| parameter.extend(members.clone()));
        }
    });
    if any && let Some(segment @ Value::Null) = component_mut(document, "schemas", PATH_SEGMENT) {
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
