//! Operations that are left out because they cannot be generated. They can still be called with `Client::request`.

use anyhow::{Result, bail};
use serde_json::{Map, Value, json};

use crate::document::{Operation, elements, operations, text};

/// The mark of an operation that is left out; its value is the reason.
const OMIT: &str = "x-omit";

/// The member of the document that lists them.
const OMITTED: &str = "x-omitted";

/// Moves the marked operations to the list in the document.
pub fn omit(document: &mut Value) -> Result<()> {
    let mut list = Vec::new();
    for operation in operations(document) {
        match operation.value.get(OMIT) {
            None => {}
            Some(Value::String(reason)) if !reason.trim().is_empty() => {
                let method = operation.method.to_uppercase();
                list.push(json!({"method": method, "path": operation.path, "reason": reason}));
            }
            Some(_) => bail!("{}: its `{OMIT}` must give the reason, as text", operation.heading()),
        }
    }
    if list.is_empty() {
        return Ok(());
    }
    let paths = document.get_mut("paths").and_then(Value::as_object_mut);
    for item in paths.into_iter().flat_map(Map::values_mut).filter_map(Value::as_object_mut) {
        item.retain(|_, operation| operation.get(OMIT).is_none());
    }
    if let Some(document) = document.as_object_mut() {
        document.insert(OMITTED.to_owned(), Value::Array(list));
    }
    Ok(())
}

/// The operations that a document lists as left out, such as `GET /audiences/{audience_id}/export`, with the reasons.
pub fn omitted(document: &Value) -> Vec<(String, &str)> {
    let parts = elements(document, OMITTED)
        .filter_map(|one| Some((text(one, "method")?, text(one, "path")?, text(one, "reason")?)));
    parts.map(|(method, path, reason)| (format!("{method} {path}"), reason)).collect()
}

/// The action for corrections.yaml that leaves an operation out.
pub fn template(operation: &Operation<'_>) -> String {
    format!("\n- target: $.paths['{}'].{}\n  update: {{{OMIT}: REASON}}", operation.path, operation.method)
}
