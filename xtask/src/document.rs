//! An OpenAPI document as JSON, and the traversals that every rule and report shares.

use anyhow::{Context, Result, bail};
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

pub use crate::generator::description::lookup::{reference, schemas, text};
use crate::import::parameter_names::shape;

/// The HTTP methods that a path item can have, in the order that OpenAPI lists them.
pub const METHODS: [&str; 8] = ["get", "put", "post", "delete", "options", "head", "patch", "trace"];

/// The beginning of a reference to a component schema.
pub const SCHEMA_PREFIX: &str = "#/components/schemas/";

/// Some editors write this at the start of a file. It is not part of the document.
pub const BYTE_ORDER_MARK: char = '\u{feff}';

/// Parses YAML, and so JSON, into a document that keeps the order of its keys.
pub fn parse(text: &str) -> Result<Value> {
    let text = text.trim_start_matches(BYTE_ORDER_MARK);
    // JSON first: YAML reads neither escaped surrogates nor the end of JSON that was cut off.
    let document: Value = match serde_json::from_str(text) {
        Ok(document) => document,
        Err(error) if error.is_eof() && text.starts_with('{') => {
            bail!("it was cut off: it ends in the middle, in line {}", error.line())
        }
        Err(_) => parse_yaml(text).context("neither YAML nor JSON")?,
    };
    if let Some(version) = document.get("swagger") {
        bail!("not an OpenAPI 3 document but a Swagger {version} one");
    }
    match document.get("openapi").and_then(Value::as_str) {
        Some(version) if version.starts_with("3.") => Ok(document),
        Some(version) => bail!("not an OpenAPI 3 document but one of version {version}"),
        None => bail!("not an OpenAPI document: there is no `openapi` version at the top"),
    }
}

/// Parses YAML 1.2, in which `y` is text, with merge keys (`<<: *anchor`).
pub fn parse_yaml<T: DeserializeOwned>(text: &str) -> Result<T, serde_saphyr::Error> {
    let options = serde_saphyr::options! { strict_booleans: true, with_snippet: false };
    serde_saphyr::from_str_with_options(text, options)
}

/// Writes a document as YAML, below `header`, which must be a comment.
pub fn print(document: &Value, header: &str) -> Result<String> {
    Ok(format!("{header}{}", yaml_serde::to_string(document)?))
}

/// One operation: its method, its path, and its description.
pub struct Operation<'a> {
    pub method: &'static str,
    pub path: &'a str,
    pub value: &'a Value,
}

impl<'a> Operation<'a> {
    pub fn id(&self) -> &'a str {
        text(self.value, "operationId").unwrap_or_default()
    }

    /// `GET /lists/{list_id}`, for messages.
    pub fn heading(&self) -> String {
        format!("{} {}", self.method.to_uppercase(), self.path)
    }

    /// The first tag, by which the documentation and the snapshots are grouped.
    pub fn tag(&self) -> &'a str {
        self.value.get("tags").and_then(|tags| tags.get(0)).and_then(Value::as_str).unwrap_or("Untagged")
    }

    /// The method and the path without the names of its parameters, by which two descriptions are compared.
    pub fn key(&self) -> (&'static str, String) {
        (self.method, shape(self.path))
    }

    pub fn parameter(&self, name: &str) -> Option<&'a Value> {
        self.parameters().find(|parameter| text(parameter, "name") == Some(name))
    }

    pub fn parameters(&self) -> impl Iterator<Item = &'a Value> {
        elements(self.value, "parameters")
    }
}

/// Every operation, in the document's order.
pub fn operations(document: &Value) -> Vec<Operation<'_>> {
    let mut operations = Vec::new();
    for (path, item) in members(document, "paths") {
        for (key, value) in item.as_object().into_iter().flatten() {
            if let Some(method) = METHODS.into_iter().find(|method| method == key) {
                operations.push(Operation { method, path, value });
            }
        }
    }
    operations
}

/// The member of an object, inserted as null if it is missing. A value that is not an object becomes one.
pub fn entry<'a>(value: &'a mut Value, key: &str) -> Option<&'a mut Value> {
    if !value.is_object() {
        *value = Value::Object(Map::new());
    }
    value.as_object_mut().map(|object| object.entry(key).or_insert(Value::Null))
}

/// A component by kind and name, inserted as null if it is missing.
pub fn component_mut<'a>(document: &'a mut Value, kind: &str, name: &str) -> Option<&'a mut Value> {
    entry(entry(entry(document, "components")?, kind)?, name)
}

/// Calls `visit` with the method, the path and the value of every operation.
pub fn operations_mut(document: &mut Value, mut visit: impl FnMut(&str, &str, &mut Map<String, Value>)) {
    let paths = document.get_mut("paths").and_then(Value::as_object_mut);
    for (path, item) in paths.into_iter().flatten() {
        for (method, operation) in item.as_object_mut().into_iter().flatten() {
            let operation = operation.as_object_mut().filter(|_| METHODS.contains(&method.as_str()));
            operation.into_iter().for_each(|operation| visit(method, path, operation));
        }
    }
}

/// A path template with every parameter renamed: `/lists/{listId}` to `/lists/{list_id}`.
pub fn rename_parameters(path: &str, mut rename: impl FnMut(&str) -> String) -> String {
    let mut renamed = String::new();
    let mut rest = path;
    while let Some((before, after)) = rest.split_once('{')
        && let Some((name, after)) = after.split_once('}')
    {
        renamed.push_str(&format!("{before}{{{}}}", rename(name)));
        rest = after;
    }
    renamed + rest
}

/// The component schema that a `$ref` names, if the value is one and the schema is there.
pub fn resolve<'a>(document: &'a Value, value: &'a Value) -> Option<&'a Value> {
    match reference(value) {
        Some(name) => document.pointer("/components/schemas")?.get(name),
        None => Some(value),
    }
}

/// The target of every `$ref` inside a value, without following them.
pub fn references(value: &Value) -> Vec<&str> {
    match value {
        Value::Object(object) => object
            .iter()
            .flat_map(|(key, inner)| match inner.as_str() {
                Some(target) if key == "$ref" => vec![target],
                _ => references(inner),
            })
            .collect(),
        Value::Array(array) => array.iter().flat_map(references).collect(),
        _ => Vec::new(),
    }
}

/// An object member of an object.
pub fn object<'a>(value: &'a Value, key: &str) -> Option<&'a Map<String, Value>> {
    value.get(key).and_then(Value::as_object)
}

/// The members of an object member; empty for other values.
pub fn members<'a>(value: &'a Value, key: &str) -> impl Iterator<Item = (&'a String, &'a Value)> + use<'a> {
    object(value, key).into_iter().flatten()
}

/// The elements of an array member; empty for other values.
pub fn elements<'a>(value: &'a Value, key: &str) -> std::slice::Iter<'a, Value> {
    value.get(key).and_then(Value::as_array).map_or(&[][..], Vec::as_slice).iter()
}

/// Returns `true` if a member is a text that is not empty.
pub fn has_text(value: &Value, key: &str) -> bool {
    text(value, key).is_some_and(|text| !text.trim().is_empty())
}

/// Returns `true` if an object schema requires the property.
pub fn requires(schema: &Value, property: &str) -> bool {
    elements(schema, "required").any(|name| name == property)
}

/// Calls `visit` with the JSON pointer of every schema of the document, and the schema, inner schemas before the schemas
/// that contain them.
pub fn schemas_mut(document: &mut Value, visit: &mut impl FnMut(&str, &mut Map<String, Value>)) {
    let mut pointers = Vec::new();
    visit_schemas(document, &mut |pointer, _| pointers.push(pointer.to_owned()));
    for pointer in pointers.iter().rev() {
        if let Some(Value::Object(schema)) = document.pointer_mut(pointer) {
            visit(pointer, schema);
        }
    }
}

/// The elements of an array; empty for other values.
pub fn array_mut(value: Option<&mut Value>) -> impl Iterator<Item = &mut Value> {
    value.and_then(Value::as_array_mut).into_iter().flatten()
}

/// The first of each group of equal values.
pub fn distinct<'v>(values: impl IntoIterator<Item = &'v Value>) -> Vec<Value> {
    let mut distinct = Vec::new();
    for value in values {
        if !distinct.contains(value) {
            distinct.push(value.clone());
        }
    }
    distinct
}

/// Calls `visit` with the JSON pointer of each value inside a value, and the value, outer values first. If `visit`
/// returns `false`, the inside of that value is skipped.
pub fn walk<'v>(value: &'v Value, visit: &mut impl FnMut(&str, &'v Value) -> bool) {
    inside(value, &mut String::new(), visit);
}

fn inside<'v>(value: &'v Value, pointer: &mut String, visit: &mut impl FnMut(&str, &'v Value) -> bool) {
    let length = pointer.len();
    let mut enter = |key: &str, inner: &'v Value| {
        pointer.push('/');
        pointer.push_str(&step(key));
        if visit(pointer, inner) {
            inside(inner, pointer, visit);
        }
        pointer.truncate(length);
    };
    match value {
        Value::Object(object) => object.iter().for_each(|(key, inner)| enter(key, inner)),
        Value::Array(array) => array.iter().enumerate().for_each(|(index, inner)| enter(&index.to_string(), inner)),
        _ => {}
    }
}

/// A key as a step of a JSON pointer.
pub fn step(key: &str) -> String {
    key.replace('~', "~0").replace('/', "~1")
}

/// Calls `visit` with the JSON pointer of every schema of the document, and the schema, outer schemas first.
pub fn visit_schemas(document: &Value, visit: &mut impl FnMut(&str, &Value)) {
    walk(document, &mut |pointer, value| {
        let (parent, key) = pointer.rsplit_once('/').unwrap_or_default();
        let is_schema = parent == "/components/schemas" || key == "schema";
        if is_schema {
            visit_schema(pointer, value, visit);
        }
        !is_schema && !["example", "examples"].contains(&key)
    });
}

fn visit_schema(pointer: &str, schema: &Value, visit: &mut impl FnMut(&str, &Value)) {
    visit(pointer, schema);
    for (name, property) in members(schema, "properties") {
        visit_schema(&format!("{pointer}/properties/{}", step(name)), property, visit);
    }
    for keyword in ["items", "additionalProperties", "not"] {
        let inner = schema.get(keyword).filter(|inner| keyword != "additionalProperties" || !inner.is_boolean());
        inner.into_iter().for_each(|inner| visit_schema(&format!("{pointer}/{keyword}"), inner, visit));
    }
    for keyword in ["allOf", "anyOf", "oneOf"] {
        let parts = elements(schema, keyword).enumerate();
        parts.for_each(|(index, part)| visit_schema(&format!("{pointer}/{keyword}/{index}"), part, visit));
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{parse, visit_schemas, walk};

    #[test]
    fn merge_key_adds_missing_members() {
        let text = "openapi: 3.0.3\nx-base: &base {type: string, maxLength: 5}\nx-more: &more {nullable: true, type: integer}\n\
                    name:\n  <<: *base\n  maxLength: 9\nboth:\n  <<: [*base, *more]\n";
        let document = parse(text).unwrap();
        assert_eq!(document["name"], json!({"maxLength": 9, "type": "string"}));
        assert_eq!(document["both"], json!({"type": "string", "maxLength": 5, "nullable": true}));
    }

    #[test]
    fn parse_skips_a_byte_order_mark() {
        for text in ["\u{feff}openapi: 3.0.3\ninfo: {}\n", "\u{feff}{\"openapi\": \"3.0.3\", \"info\": {}}"] {
            assert_eq!(parse(text).unwrap(), json!({"openapi": "3.0.3", "info": {}}));
        }
    }

    #[test]
    fn walk_visits_all_but_skipped_values() {
        let document = json!({"a/b~c": [{"d": 1}, 2], "data": {"e": 3}});
        let mut visited = Vec::new();
        walk(&document, &mut |pointer, value| {
            assert_eq!(document.pointer(pointer), Some(value));
            visited.push(pointer.to_owned());
            pointer != "/data"
        });
        assert_eq!(visited, ["/a~1b~0c", "/a~1b~0c/0", "/a~1b~0c/0/d", "/a~1b~0c/1", "/data"]);
    }

    #[test]
    fn visit_schemas_finds_inner_ones_and_no_properties() {
        let document = json!({
            "paths": {"/a": {"get": {"parameters": [{"name": "schema", "schema": {"type": "string"}}]}}},
            "components": {"schemas": {"A": {"properties": {"a/b": {"items": {}}, "anyOf": {}}, "oneOf": [{}]}}}
        });
        let mut pointers = Vec::new();
        visit_schemas(&document, &mut |pointer, _| pointers.push(pointer.to_owned()));
        let component = "/components/schemas/A";
        let expected = ["", "/properties/a~1b", "/properties/a~1b/items", "/properties/anyOf", "/oneOf/0"];
        let expected = expected.map(|inner| format!("{component}{inner}"));
        assert_eq!(pointers.first().map(String::as_str), Some("/paths/~1a/get/parameters/0/schema"));
        assert_eq!(pointers.get(1..).unwrap_or_default(), expected);
    }
}
