//! The walk over everything in a document, by JSON pointer.

use serde_json::Value;

/// Calls `visit` with the pointer of each value inside a value, and the value, from the outside in. What is inside a value for
/// which it says no is passed over.
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

/// A key as a pointer has it.
pub fn step(key: &str) -> String {
    key.replace('~', "~0").replace('/', "~1")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::walk;

    #[test]
    fn everything_is_visited_but_what_is_passed_over() {
        let document = json!({"a/b~c": [{"d": 1}, 2], "data": {"e": 3}});
        let mut seen = Vec::new();
        walk(&document, &mut |pointer, value| {
            assert_eq!(document.pointer(pointer), Some(value));
            seen.push(pointer.to_owned());
            pointer != "/data"
        });
        assert_eq!(seen, ["/a~1b~0c", "/a~1b~0c/0", "/a~1b~0c/0/d", "/a~1b~0c/1", "/data"]);
    }
}
