//! Properties that only responses or only requests have.

use serde_json::{Map, Value};

use crate::document::{carried_schemas_mut, operations, operations_mut, schema_mut};
use crate::generator::description::lookup::reached_from;

/// Makes the required properties of a request's schemas optional if only Courier sets them (`readOnly`), which callers
/// would have to pass, and those of a response's schemas that Courier never returns (`writeOnly`).
pub fn read_only(document: &mut Value) {
    for (member, mark) in [("requestBody", "readOnly"), ("responses", "writeOnly")] {
        let bodies: Vec<Value> =
            operations(document).iter().filter_map(|operation| operation.value.get(member)).cloned().collect();
        let reached = reached_from(document, bodies.iter());
        let components = document.pointer_mut("/components/schemas").and_then(Value::as_object_mut);
        for (_, schema) in components.into_iter().flatten().filter(|(name, _)| reached.contains(*name)) {
            schema_mut(schema, &mut |schema| make_optional(schema, mark));
        }
        operations_mut(document, |_, _, operation| {
            if let Some(body) = operation.get_mut(member) {
                carried_schemas_mut(body, &mut |schema| make_optional(schema, mark));
            }
        });
    }
}

fn make_optional(schema: &mut Map<String, Value>, mark: &str) {
    let properties = schema.get("properties").and_then(Value::as_object).cloned().unwrap_or_default();
    let is_marked =
        |name: &Value| name.as_str().and_then(|name| properties.get(name)?.get(mark)) == Some(&Value::Bool(true));
    if let Some(required) = schema.get_mut("required").and_then(Value::as_array_mut) {
        required.retain(|name| !is_marked(name));
    }
}
