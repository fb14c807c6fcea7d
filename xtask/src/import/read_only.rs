//! Properties that only responses or only requests have.

use serde_json::Value;

use crate::document::{SCHEMA_PREFIX, operations, schemas_mut};
use crate::generator::description::lookup::{is_marked, reached_from};

/// Makes the required properties of a request's schemas optional if only Courier sets them (`readOnly`), which callers
/// would have to pass, and those of a response's schemas that Courier never returns (`writeOnly`).
pub fn read_only(document: &mut Value) {
    for (member, mark) in [("requestBody", "readOnly"), ("responses", "writeOnly")] {
        let all = operations(document);
        let reached = reached_from(document, all.iter().filter_map(|operation| operation.value.get(member)));
        schemas_mut(document, &mut |pointer, schema| {
            let component = pointer.strip_prefix(SCHEMA_PREFIX.trim_start_matches('#'));
            let is_used = match component.and_then(|inside| inside.split('/').next()) {
                Some(name) => reached.contains(name),
                None => pointer.split('/').nth(4) == Some(member),
            };
            let properties = schema.get("properties").cloned().unwrap_or_default();
            if let Some(Value::Array(required)) = schema.get_mut("required").filter(|_| is_used) {
                let property = |name: &Value| properties.get(name.as_str()?);
                required.retain(|name| !property(name).is_some_and(|property| is_marked(property, mark)));
            }
        });
    }
}
