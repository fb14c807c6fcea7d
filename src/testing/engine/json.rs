//! Short ways to read JSON.

use serde_json::{Map, Value};

/// A property that is a non-empty string.
pub(crate) fn text<'a>(value: &'a Value, name: &str) -> Option<&'a str> {
    value.get(name).and_then(Value::as_str).filter(|text| !text.is_empty())
}

/// A property that is an array; empty if it is missing or of another type.
pub(crate) fn list<'a>(value: &'a Value, name: &str) -> &'a [Value] {
    value.get(name).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

pub(crate) fn object<'a>(value: &'a Value, name: &str) -> Option<&'a Map<String, Value>> {
    value.get(name).and_then(Value::as_object)
}

pub(crate) fn or_null(value: &Value, name: &str) -> Value {
    at(value, name).clone()
}

/// A property; null if it is missing.
pub(crate) fn at<'a>(value: &'a Value, name: &str) -> &'a Value {
    value.get(name).unwrap_or(&Value::Null)
}

/// The named properties that are not null.
pub(crate) fn pick(value: &Value, names: &[&str]) -> Map<String, Value> {
    let given = names.iter().filter_map(|name| Some((*name, value.get(name)?)));
    given.filter(|(_, value)| !value.is_null()).map(|(name, value)| (name.to_owned(), value.clone())).collect()
}

/// The properties that two values have below a name; those of the second win.
pub(crate) fn joined(first: &Value, second: &Value, name: &str) -> Map<String, Value> {
    let members = [first, second].into_iter().filter_map(|value| object(value, name)).flatten();
    members.map(|(name, value)| (name.clone(), value.clone())).collect()
}

/// An object without its properties that are null.
pub(crate) fn without_nulls(mut value: Value) -> Value {
    if let Value::Object(members) = &mut value {
        members.retain(|_, value| !value.is_null());
    }
    value
}

/// An object with more properties; the later ones win.
pub(crate) fn with(value: impl Into<Value>, more: Value) -> Value {
    match (value.into(), more) {
        (Value::Object(mut object), Value::Object(more)) => {
            object.extend(more);
            Value::Object(object)
        }
        (_, more) => more,
    }
}

/// The value at a dotted path.
pub(crate) fn path<'a>(value: &'a Value, path: &str) -> Option<&'a Value> {
    path.split('.').try_fold(value, |value, name| match value {
        Value::Array(items) => items.get(name.parse::<usize>().ok()?),
        _ => value.get(name),
    })
}

/// The maximum depth of a body, and of a stored value.
pub(crate) const MAX_DEPTH: usize = 128;

/// The number of arrays and objects inside one another.
pub(crate) fn depth(value: &Value) -> usize {
    match value {
        Value::Array(items) => 1 + items.iter().map(depth).max().unwrap_or_default(),
        Value::Object(members) => 1 + members.values().map(depth).max().unwrap_or_default(),
        _ => 0,
    }
}
