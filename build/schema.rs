//! Looking things up in the document.

use heck::ToSnakeCase;
use serde_json::{Map, Value};

const SCHEMA_PREFIX: &str = "#/components/schemas/";

/// The component schemas.
pub fn schemas(document: &Value) -> impl Iterator<Item = (&String, &Value)> {
    document.pointer("/components/schemas").and_then(Value::as_object).into_iter().flatten()
}

/// The component schemas, to change.
pub fn schemas_mut(document: &mut Value) -> impl Iterator<Item = (&String, &mut Value)> {
    document.pointer_mut("/components/schemas").and_then(Value::as_object_mut).into_iter().flatten()
}

/// The operations: method, path template and value.
pub fn operations(document: &Value) -> impl Iterator<Item = (&String, &String, &Value)> {
    let paths = document.get("paths").and_then(Value::as_object).into_iter().flatten();
    paths.flat_map(|(path, item)| {
        let operations = item.as_object().into_iter().flatten();
        operations.map(move |(method, operation)| (method, path, operation))
    })
}

/// The name of the component that a value refers to, be it bare or the only part of an `allOf`.
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
    reference(value).and_then(|name| document.pointer("/components/schemas")?.get(name)).unwrap_or(value)
}

pub fn text<'a>(value: &'a Value, key: &str) -> Option<&'a str> {
    value.get(key).and_then(Value::as_str)
}

pub fn properties(schema: &Value) -> Option<&Map<String, Value>> {
    schema.get("properties").and_then(Value::as_object)
}

pub fn required(schema: &Value) -> impl Iterator<Item = &str> {
    schema.get("required").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str)
}

/// The variants of a union, or none.
pub fn variants(schema: &Value) -> &[Value] {
    schema.get("oneOf").and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

/// The values of an enum.
pub fn values(schema: &Value) -> Vec<&str> {
    schema.get("enum").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str).collect()
}

/// The schema of the JSON body that a success of the operation has.
pub fn success_body(operation: &Value) -> Option<&Value> {
    operation.pointer("/responses/2XX/content/application~1json/schema")
}

/// Calls `visit` with every object of the document that is or could be a schema.
pub fn objects_mut(value: &mut Value, visit: &mut impl FnMut(&mut Map<String, Value>)) {
    match value {
        Value::Object(object) => {
            visit(object);
            object.values_mut().for_each(|inner| objects_mut(inner, visit));
        }
        Value::Array(array) => array.iter_mut().for_each(|inner| objects_mut(inner, visit)),
        _ => {}
    }
}

/// A name of the API as the setter that typify makes of it.
pub fn setter_name(name: &str) -> String {
    let name = name.to_snake_case();
    match syn::parse_str::<syn::Ident>(&name) {
        Ok(_) => name,
        Err(_) => format!("{name}_"),
    }
}

#[cfg(test)]
mod tests {
    use super::setter_name;

    #[test]
    fn a_property_that_rust_reserves_is_spelt_as_typify_does() {
        assert_eq!(setter_name("messageId"), "message_id");
        assert_eq!(setter_name("type"), "type_");
    }
}
