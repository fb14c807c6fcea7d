//! A path parameter is a path segment, and its name is in snake case.

use heck::ToSnakeCase;
use serde_json::{Map, Value, json};

use crate::document::{array_mut, operations_mut};

/// The component schema of every path parameter.
const PATH_SEGMENT: &str = "PathSegment";

/// `tenants_delete().tenant_id("")` or `".."` must never reach another endpoint: URL parsing folds `..`, and makes `/`
/// of a backslash.
pub fn path_parameters(document: &mut Value) {
    let Some(paths) = document.get_mut("paths").and_then(Value::as_object_mut) else {
        return;
    };
    let shared: Vec<(String, Vec<Value>)> = paths
        .iter_mut()
        .map(|(path, item)| {
            let parameters = item
                .as_object_mut()
                .and_then(|item| item.shift_remove("parameters"));
            let parameters = parameters.and_then(|value| value.as_array().cloned());
            (path.clone(), parameters.unwrap_or_default())
        })
        .collect();
    let renamed: Map<String, Value> = std::mem::take(paths)
        .into_iter()
        .map(|(path, item)| (snake_case_template(&path), item))
        .collect();
    *paths = renamed;
    operations_mut(document, |_, path, operation| {
        let inherited = shared.iter().find(|(template, _)| snake_case_template(template) == path);
        inherit(operation, inherited.map_or(&[], |(_, parameters)| parameters));
        for parameter in array_mut(operation.get_mut("parameters")) {
            if parameter.get("in").is_some_and(|place| place == "path") {
                let name = parameter.get("name").and_then(Value::as_str).unwrap_or_default();
                parameter["name"] = json!(name.to_snake_case());
                parameter["schema"] = json!({"$ref": format!("#/components/schemas/{PATH_SEGMENT}")});
            }
        }
    });
    let segment = &mut document["components"]["schemas"][PATH_SEGMENT];
    if segment.is_null() {
        *segment = json!({"type": "string", "minLength": 1, "not": {"enum": [".", ".."]}});
    }
}

/// Gives an operation the parameters of its path item that it does not override.
fn inherit(operation: &mut Map<String, Value>, shared: &[Value]) {
    if shared.is_empty() {
        return;
    }
    let own = operation.entry("parameters").or_insert_with(|| json!([]));
    let Some(own) = own.as_array_mut() else { return };
    for parameter in shared {
        let same = |other: &Value| other.get("name") == parameter.get("name") && other.get("in") == parameter.get("in");
        if !own.iter().any(same) {
            own.push(parameter.clone());
        }
    }
}

/// `/lists/{listId}` to `/lists/{list_id}`.
fn snake_case_template(path: &str) -> String {
    path.split('/')
        .map(|segment| match segment.strip_prefix('{').and_then(|name| name.strip_suffix('}')) {
            Some(name) => format!("{{{}}}", name.to_snake_case()),
            None => segment.to_owned(),
        })
        .collect::<Vec<_>>()
        .join("/")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::path_parameters;

    #[test]
    fn path_parameters_are_segments_with_snake_case_names() {
        let mut document = json!({"paths": {"/lists/{listId}/users/{user_id}": {
            "parameters": [{"name": "listId", "in": "path", "required": true, "schema": {"type": "string"}}],
            "get": {"parameters": [
                {"name": "user_id", "in": "path", "required": true, "schema": {"type": "string"}},
                {"name": "pageSize", "in": "query", "schema": {"type": "integer"}}
            ]}
        }}});
        path_parameters(&mut document);
        let item = &document["paths"]["/lists/{list_id}/users/{user_id}"];
        assert!(item.get("parameters").is_none());
        let segment = json!({"$ref": "#/components/schemas/PathSegment"});
        assert_eq!(
            item["get"]["parameters"],
            json!([
                {"name": "user_id", "in": "path", "required": true, "schema": segment},
                {"name": "pageSize", "in": "query", "schema": {"type": "integer"}},
                {"name": "list_id", "in": "path", "required": true, "schema": segment}
            ])
        );
    }
}
