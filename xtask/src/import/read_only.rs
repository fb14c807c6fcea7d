//! Properties that only responses have.

use serde_json::{Map, Value};

use crate::document::{carried_schemas_mut, operations, operations_mut, schema_mut};
use crate::generator::description::lookup::reached_from;

/// Makes the required properties of a request's schemas optional if only Courier sets them (`readOnly`). Callers would
/// have to pass them.
pub fn read_only(document: &mut Value) {
    let bodies = operations(document);
    let bodies: Vec<Value> =
        bodies.iter().filter_map(|operation| operation.value.get("requestBody")).cloned().collect();
    let sent = reached_from(document, bodies.iter());
    let components = document.pointer_mut("/components/schemas").and_then(Value::as_object_mut);
    for (_, schema) in components.into_iter().flatten().filter(|(name, _)| sent.contains(*name)) {
        schema_mut(schema, &mut make_optional);
    }
    operations_mut(document, |_, _, operation| {
        if let Some(body) = operation.get_mut("requestBody") {
            carried_schemas_mut(body, &mut make_optional);
        }
    });
}

fn make_optional(schema: &mut Map<String, Value>) {
    let properties = schema.get("properties").and_then(Value::as_object).cloned().unwrap_or_default();
    let is_read_only = |name: &Value| {
        let property = name.as_str().and_then(|name| properties.get(name));
        property.is_some_and(|property| property.get("readOnly") == Some(&Value::Bool(true)))
    };
    if let Some(required) = schema.get_mut("required").and_then(Value::as_array_mut) {
        required.retain(|name| !is_read_only(name));
    }
}
