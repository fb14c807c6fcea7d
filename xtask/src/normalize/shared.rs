//! Everything shared by reference is written out where it is used, except for schemas and the error response.

use serde_json::{Value, json};

use crate::document::{METHODS, array_mut, operations_mut, schemas_mut, text};

/// The other rules, `build.rs` and the overlays then find every parameter and body where the operation is.
pub fn shared(document: &mut Value) {
    let all = document.clone();
    let paths = document.get_mut("paths").and_then(Value::as_object_mut);
    for item in paths.into_iter().flatten().filter_map(|(_, item)| item.as_object_mut()) {
        let parameters = item.shift_remove("parameters");
        let parameters: Vec<Value> = parameters.and_then(|value| value.as_array().cloned()).unwrap_or_default();
        for (_, operation) in item.iter_mut().filter(|(method, _)| METHODS.contains(&method.as_str())) {
            inherit(&all, operation, &parameters);
        }
    }
    operations_mut(document, |_, _, operation| {
        array_mut(operation.get_mut("parameters")).for_each(|parameter| write_out(&all, parameter));
        if let Some(body) = operation.get_mut("requestBody") {
            write_out(&all, body);
        }
    });
    // Into the middle of a component; what such a place refers to is written out by the next round.
    const MOST_ROUNDS: usize = 4;
    for _ in 0..MOST_ROUNDS {
        let all = document.clone();
        schemas_mut(document, &mut |schema| {
            let target = schema.get("$ref").and_then(Value::as_str);
            if let Some(place) = target.filter(|target| !is_schema(target)).and_then(|target| follow(&all, target)) {
                let place = place.as_object().cloned().unwrap_or_default();
                schema.shift_remove("$ref");
                schema.extend(place);
            }
        });
    }
}

/// Gives an operation the parameters of its path item that it does not override.
fn inherit(document: &Value, operation: &mut Value, shared: &[Value]) {
    let Some(operation) = operation.as_object_mut().filter(|_| !shared.is_empty()) else {
        return;
    };
    let Some(own) = operation.entry("parameters").or_insert_with(|| json!([])).as_array_mut() else {
        return;
    };
    for parameter in shared {
        let is_overridden = own.iter().any(|other| identity(document, other) == identity(document, parameter));
        if !is_overridden {
            own.push(parameter.clone());
        }
    }
}

/// A parameter is another one of the same name in the same place.
fn identity<'a>(document: &'a Value, parameter: &'a Value) -> (Option<&'a str>, Option<&'a str>) {
    let parameter = text(parameter, "$ref").and_then(|target| follow(document, target)).unwrap_or(parameter);
    (text(parameter, "in"), text(parameter, "name"))
}

fn write_out(document: &Value, place: &mut Value) {
    const LONGEST_CHAIN: usize = 8;
    for _ in 0..LONGEST_CHAIN {
        match text(place, "$ref").and_then(|target| follow(document, target)) {
            Some(target) => *place = target.clone(),
            None => return,
        }
    }
}

fn follow<'a>(document: &'a Value, target: &str) -> Option<&'a Value> {
    document.pointer(target.strip_prefix('#')?)
}

fn is_schema(target: &str) -> bool {
    let mut parts = target.split('/').skip(1);
    let kind: (Option<&str>, Option<&str>) = (parts.next(), parts.next());
    kind == (Some("components"), Some("schemas")) && parts.count() == 1
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::shared;

    #[test]
    fn parameters_and_bodies_are_written_out_and_schemas_stay_shared() {
        let mut document = json!({
            "paths": {"/lists/{list_id}": {
                "parameters": [
                    {"$ref": "#/components/parameters/ListId"},
                    {"name": "limit", "in": "query", "schema": {"type": "integer"}}
                ],
                "put": {
                    "parameters": [{"name": "limit", "in": "query", "schema": {"type": "string"}}],
                    "requestBody": {"$ref": "#/components/requestBodies/List"}
                }
            }},
            "components": {
                "parameters": {"ListId": {"name": "list_id", "in": "path", "schema": {"type": "string"}}},
                "requestBodies": {"List": {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/List"}}}}},
                "schemas": {"List": {}}
            }
        });
        shared(&mut document);
        let item = &document["paths"]["/lists/{list_id}"];
        assert!(item.get("parameters").is_none());
        assert_eq!(
            item["put"]["parameters"],
            json!([
                {"name": "limit", "in": "query", "schema": {"type": "string"}},
                {"name": "list_id", "in": "path", "schema": {"type": "string"}}
            ])
        );
        let body = &item["put"]["requestBody"]["content"]["application/json"]["schema"];
        assert_eq!(*body, json!({"$ref": "#/components/schemas/List"}));
    }

    #[test]
    fn a_reference_into_a_component_becomes_what_is_there() {
        let mut document = json!({"components": {"schemas": {
            "List": {"properties": {"id": {"type": "string"}}},
            "Item": {"properties": {"list": {"$ref": "#/components/schemas/List/properties/id"}}}
        }}});
        shared(&mut document);
        assert_eq!(document["components"]["schemas"]["Item"]["properties"]["list"], json!({"type": "string"}));
    }
}
