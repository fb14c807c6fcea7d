//! JSON Patch (RFC 6902), with limits.

use serde_json::Value;

use super::json::{MAX_DEPTH, depth, text};

/// The number of bytes that the operations of one patch may copy.
const MAX_COPIED: usize = 1024 * 1024;

/// Applies all operations, or none of them. The error names the first operation that does not apply.
pub(crate) fn apply(target: &mut Value, operations: &[Value]) -> Result<(), String> {
    let mut changed = target.clone();
    let mut copied = 0;
    for (index, operation) in operations.iter().enumerate() {
        step(&mut changed, operation, &mut copied).ok_or_else(|| format!("`patch[{index}]` cannot be applied"))?;
    }
    *target = changed;
    Ok(())
}

fn step(target: &mut Value, operation: &Value, copied: &mut usize) -> Option<()> {
    let source = operation.get("from").and_then(|from| target.pointer(from.as_str()?));
    let value = source.or(operation.get("value")).unwrap_or(&Value::Null);
    if text(operation, "op") == Some("copy") {
        *copied += value.to_string().len();
    }
    let depth = operation.get("path")?.as_str()?.matches('/').count() + depth(value);
    if *copied > MAX_COPIED || depth > MAX_DEPTH {
        return None;
    }
    json_patch::patch(target, &[serde_json::from_value(operation.clone()).ok()?]).ok()
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::apply;

    #[test]
    fn operations_apply_in_order_or_not_at_all() {
        let mut target = json!({"email": "a@example.com", "tags": ["x"], "a/b": {"c": 1}});
        let patch = json!([
            {"op": "test", "path": "/email", "value": "a@example.com"},
            {"op": "replace", "path": "/email", "value": "b@example.com"},
            {"op": "add", "path": "/tags/-", "value": "y"},
            {"op": "add", "path": "/tags/0", "value": "w"},
            {"op": "move", "from": "/a~1b/c", "path": "/c"},
            {"op": "copy", "from": "/c", "path": "/d"},
            {"op": "remove", "path": "/a~1b"},
        ]);
        assert_eq!(apply(&mut target, patch.as_array().map_or(&[], Vec::as_slice)), Ok(()));
        let expected = json!({"email": "b@example.com", "tags": ["w", "x", "y"], "c": 1, "d": 1});
        assert_eq!(target, expected);

        for refused in [
            json!({"op": "replace", "path": "/none", "value": 1}),
            json!({"op": "remove", "path": "/tags/9"}),
            json!({"op": "add", "path": "/none/below", "value": 1}),
            json!({"op": "test", "path": "/c", "value": 2}),
            json!({"op": "rename", "path": "/c"}),
            Value::Null,
        ] {
            let first = json!({"op": "add", "path": "/e", "value": 1});
            assert!(apply(&mut target, &[first, refused.clone()]).is_err(), "{refused}");
            assert_eq!(target, expected);
        }
    }
}
