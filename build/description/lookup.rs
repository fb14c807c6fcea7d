//! Lookups in the document.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

const SCHEMA_PREFIX: &str = "#/components/schemas/";

/// The component schemas.
pub fn schemas(document: &Value) -> impl Iterator<Item = (&String, &Value)> {
    document.pointer("/components/schemas").and_then(Value::as_object).into_iter().flatten()
}

/// The component schemas, mutable.
pub fn schemas_mut(document: &mut Value) -> impl Iterator<Item = (&String, &mut Value)> {
    document.pointer_mut("/components/schemas").and_then(Value::as_object_mut).into_iter().flatten()
}

/// Removes all other component schemas.
pub fn retain_schemas(document: &mut Value, names: &BTreeSet<String>) {
    let schemas = document.pointer_mut("/components/schemas").and_then(Value::as_object_mut);
    schemas.into_iter().for_each(|schemas| schemas.retain(|name, _| names.contains(name)));
}

/// The component schema with a name.
pub fn schema<'a>(document: &'a Value, name: &str) -> Option<&'a Value> {
    document.pointer("/components/schemas")?.get(name)
}

/// The operations: method, path template and value.
pub fn operations(document: &Value) -> impl Iterator<Item = (&String, &String, &Value)> {
    let paths = document.get("paths").and_then(Value::as_object).into_iter().flatten();
    paths.flat_map(|(path, item)| {
        let operations = item.as_object().into_iter().flatten();
        operations.map(move |(method, operation)| (method, path, operation))
    })
}

/// The dotted name of an operation, `lists.subscriptions.add`.
pub fn dotted_name(operation: &Value) -> Result<&str, String> {
    let name = text(operation, "x-method");
    name.filter(|name| name.contains('.') && name.split('.').all(|part| !part.is_empty())).ok_or_else(|| {
        let id = text(operation, "operationId").unwrap_or("without an id");
        format!(
            "the operation `{id}` has the `x-method` `{}`, which is not the name of a resource and a method, as in \
             `lists.get`; correct it in openapi/overlay/names.yaml",
            name.unwrap_or_default()
        )
    })
}

/// The name of the component that a value refers to, either directly or as the only part of an `allOf`.
pub fn reference(value: &Value) -> Option<&str> {
    if let Some(target) = value.get("$ref").and_then(Value::as_str) {
        return target.strip_prefix(SCHEMA_PREFIX);
    }
    match value.get("allOf").and_then(Value::as_array).map(Vec::as_slice) {
        Some([only]) => reference(only),
        _ => None,
    }
}

/// The schema itself, or the component that it refers to.
pub fn resolve<'a>(document: &'a Value, value: &'a Value) -> &'a Value {
    reference(value).and_then(|name| schema(document, name)).unwrap_or(value)
}

/// Fails if a schema consists only of references that lead back to it, which progenitor would follow forever.
pub fn require_no_circles(document: &Value) -> Result<(), String> {
    for (name, schema) in schemas(document) {
        let mut names = vec![name.as_str()];
        let mut schema = Some(schema);
        while let Some(next) = schema.and_then(reference) {
            if names.contains(&next) {
                let circle = names.join(" → ");
                return Err(format!(
                    "the schema `{name}` only refers to itself: {circle} → {next}; correct it in \
                     openapi/overlay/corrections.yaml"
                ));
            }
            names.push(next);
            schema = self::schema(document, next);
        }
    }
    Ok(())
}

/// The names of the component schemas that some values refer to, directly or indirectly.
pub fn reached_from<'a>(document: &'a Value, roots: impl Iterator<Item = &'a Value>) -> BTreeSet<String> {
    let mut reached = BTreeSet::new();
    roots.for_each(|root| reach(document, root, &mut reached));
    reached
}

fn reach(document: &Value, value: &Value, reached: &mut BTreeSet<String>) {
    match value {
        Value::Object(object) => {
            let target = object.get("$ref").and_then(Value::as_str);
            if let Some(name) = target.and_then(|target| target.strip_prefix(SCHEMA_PREFIX))
                && reached.insert(name.to_owned())
                && let Some(schema) = schema(document, name)
            {
                reach(document, schema, reached);
            }
            object.values().for_each(|inner| reach(document, inner, reached));
        }
        Value::Array(array) => array.iter().for_each(|inner| reach(document, inner, reached)),
        _ => {}
    }
}

pub fn text<'a>(value: &'a Value, key: &str) -> Option<&'a str> {
    value.get(key).and_then(Value::as_str)
}

pub fn is_marked(value: &Value, key: &str) -> bool {
    value.get(key).is_some_and(|mark| *mark == true)
}

pub fn properties(schema: &Value) -> Option<&Map<String, Value>> {
    schema.get("properties").and_then(Value::as_object)
}

/// The required properties, each once.
pub fn required(schema: &Value) -> impl Iterator<Item = &str> {
    let names = schema.get("required").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    let is_first = |index: usize, name: &Value| !names.iter().take(index).any(|other| other == name);
    let names = names.iter().enumerate().filter(move |(index, name)| is_first(*index, name));
    names.filter_map(|(_, name)| name.as_str())
}

/// The variants of a union; empty for other schemas.
pub fn variants(schema: &Value) -> &[Value] {
    schema.get("oneOf").and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

/// The values of an enum.
pub fn values(schema: &Value) -> Vec<&str> {
    schema.get("enum").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str).collect()
}

/// The value of a property that allows only one.
pub fn only_value<'a>(document: &'a Value, property: &'a Value) -> Option<&'a str> {
    match values(resolve(document, property)).as_slice() {
        [only] => Some(only),
        _ => None,
    }
}

/// The schema of the JSON body of the operation's success response.
pub fn success_body(operation: &Value) -> Option<&Value> {
    operation.pointer("/responses/2XX/content/application~1json/schema")
}

/// The schema of the body that the operation takes, as JSON or as text.
pub fn request_body(operation: &Value) -> Option<&Value> {
    let content = operation.pointer("/requestBody/content")?;
    content.get("application/json").or(content.get("text/plain"))?.get("schema")
}

/// The parameters of an operation.
pub fn parameters(operation: &Value) -> impl Iterator<Item = &Value> {
    operation.get("parameters").and_then(Value::as_array).into_iter().flatten()
}

/// Returns `true` if a schema contains a password, or a part marked `x-sensitive` or `x-private`, at any depth.
pub fn is_sensitive(document: &Value, schema: &Value) -> bool {
    let reached = reached_from(document, [schema].into_iter());
    let reached = reached.iter().filter_map(|name| self::schema(document, name));
    [schema].into_iter().chain(reached).any(holds_secret)
}

/// Returns `true` if the value itself contains a secret, without following references.
fn holds_secret(value: &Value) -> bool {
    match value {
        Value::Object(object) => {
            ["x-sensitive", "x-private"].iter().any(|mark| object.contains_key(*mark))
                || object.get("format").is_some_and(|format| format == "password")
                || object.values().any(holds_secret)
        }
        Value::Array(array) => array.iter().any(holds_secret),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::is_sensitive;

    #[test]
    fn a_secret_is_found_at_any_depth() {
        let document = json!({"components": {"schemas": {
            "Loose": {"properties": {"inner": {"$ref": "#/components/schemas/Loose"}}},
            "Secret": {"properties": {"inner": {"allOf": [{"$ref": "#/components/schemas/Token"}]}}},
            "Token": {"properties": {"token": {"type": "string", "format": "password"}}}
        }}});
        let refer = |name: &str| json!({"$ref": format!("#/components/schemas/{name}")});
        assert!(is_sensitive(&document, &refer("Secret")));
        assert!(!is_sensitive(&document, &refer("Loose")));
    }
}
