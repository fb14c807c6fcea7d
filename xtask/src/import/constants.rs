//! Required properties that previously had only one possible value, and now have several.
//!
//! Such a property is not an argument in Rust: the type writes it. Making it an argument would break every caller, so
//! it keeps its value unless a caller sets another value.

use serde_json::{Value, json};

use crate::document::{requires, resolve, schemas_mut, text};
use crate::generator::description::lookup::{only_value, values};

/// The mark of a property with several values, which holds the only value that it previously allowed.
pub const CONSTANT: &str = "x-constant";

/// Marks the properties that were constants in the committed document and have more values now.
pub fn keep_constants(document: &mut Value, committed: &Value) {
    let new = document.clone();
    schemas_mut(document, &mut |pointer, schema| {
        let (Some(now), Some(was)) = (new.pointer(pointer), committed.pointer(pointer)) else { return };
        let Some(Value::Object(properties)) = schema.get_mut("properties") else { return };
        let required = properties.iter_mut().filter(|(name, _)| requires(now, name) && requires(was, name));
        for (name, property) in required {
            let [is, was] = [now, was].map(|schema| schema.get("properties").and_then(|all| all.get(name)));
            let values = values(is.and_then(|is| resolve(&new, is)).unwrap_or(&Value::Null));
            let former = was.and_then(|was| text(was, CONSTANT).or_else(|| only_value(committed, was)));
            if let (Some(former), Some(property)) = (former, property.as_object_mut())
                && values.len() > 1
                && values.contains(&former)
            {
                property.insert(CONSTANT.to_owned(), json!(former));
            }
        }
    });
}
