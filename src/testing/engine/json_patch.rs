//! JSON Patch (RFC 6902).

use serde_json::Value;

use super::json::{MAX_DEPTH, depth, text};

/// The approximate number of bytes that the operations of one patch may copy.
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
    let path = operation.get("path")?.as_str()?;
    let value = || operation.get("value").cloned().unwrap_or_default();
    match text(operation, "op")? {
        "add" => add(target, path, value()),
        "remove" => remove(target, path).map(drop),
        "replace" => {
            let (current, value) = (target.pointer_mut(path)?, value());
            is_shallow(path, &value).then(|| *current = value)
        }
        "move" => {
            let moved = remove(target, operation.get("from")?.as_str()?)?;
            add(target, path, moved)
        }
        "copy" => {
            let source = target.pointer(operation.get("from")?.as_str()?)?;
            *copied += weight(source);
            let copy = (*copied <= MAX_COPIED).then(|| source.clone())?;
            add(target, path, copy)
        }
        "test" => (target.pointer(path)? == &value()).then_some(()),
        _ => None,
    }
}

/// Returns `true` if a value at a path makes the target no deeper than `MAX_DEPTH`.
fn is_shallow(path: &str, value: &Value) -> bool {
    path.matches('/').count() + depth(value) <= MAX_DEPTH
}

/// The approximate size of a value in bytes.
fn weight(value: &Value) -> usize {
    match value {
        Value::String(text) => 8 + text.len(),
        Value::Array(items) => 8 + items.iter().map(weight).sum::<usize>(),
        Value::Object(members) => 8 + members.iter().map(|(name, value)| name.len() + weight(value)).sum::<usize>(),
        _ => 8,
    }
}

fn add(target: &mut Value, path: &str, value: Value) -> Option<()> {
    if !is_shallow(path, &value) {
        return None;
    }
    if path.is_empty() {
        *target = value;
        return Some(());
    }
    let (parent, name) = split(path)?;
    match target.pointer_mut(parent)? {
        Value::Object(members) => {
            members.insert(name, value);
        }
        Value::Array(items) if name == "-" => items.push(value),
        Value::Array(items) => {
            let index = name.parse::<usize>().ok().filter(|index| *index <= items.len())?;
            items.insert(index, value);
        }
        _ => return None,
    }
    Some(())
}

fn remove(target: &mut Value, path: &str) -> Option<Value> {
    let (parent, name) = split(path)?;
    match target.pointer_mut(parent)? {
        Value::Object(members) => members.remove(&name),
        Value::Array(items) => {
            let index = name.parse::<usize>().ok().filter(|index| *index < items.len())?;
            Some(items.remove(index))
        }
        _ => None,
    }
}

/// Splits a pointer into the parent's pointer and the name in it.
fn split(path: &str) -> Option<(&str, String)> {
    let (parent, name) = path.rsplit_once('/')?;
    Some((parent, name.replace("~1", "/").replace("~0", "~")))
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
