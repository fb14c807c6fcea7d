//! From the text of a description to `openapi/upstream.yaml`.

use anyhow::{Result, bail, ensure};
use serde_json::Value;

use crate::document::{operations, parse};
use crate::downgrade::downgrade;
use crate::normalise::{prose, reachable};
use crate::paths::keep_parameter_names;
use crate::places::keep_schema_names;
use crate::references::dangling;

/// The structure of a description, in our names where the committed one has the same thing.
pub fn import(text: &str, committed: &Value) -> Result<Value> {
    let mut document = parse(text).map_err(|error| explained(error, text))?;
    ensure!(!operations(&document).is_empty(), "it is OpenAPI but describes no operation");
    downgrade(&mut document);
    prose(&mut document);
    require_whole(&document, text)?;
    reachable(&mut document);
    keep_parameter_names(&mut document, committed);
    keep_schema_names(&mut document, committed);
    reachable(&mut document);
    Ok(document)
}

/// Where YAML goes wrong in its last line, the rest of it is missing.
fn explained(error: anyhow::Error, text: &str) -> anyhow::Error {
    let location = error.downcast_ref::<yaml_serde::Error>().and_then(yaml_serde::Error::location);
    match location {
        Some(location) if location.line() >= text.trim_end().lines().count() => {
            error.context(format!("it was cut off: it ends in the middle, in line {}", location.line()))
        }
        _ => error,
    }
}

/// A file that was cut off can be YAML still, but refers to what came after the cut.
fn require_whole(document: &Value, text: &str) -> Result<()> {
    let dangling = dangling(document);
    if let Some(first) = dangling.first() {
        let line = text.lines().position(|line| line.contains(&first.target)).map_or(0, |line| line + 1);
        let count = dangling.len();
        bail!(
            "{count} references lead nowhere, as in a file that was cut off; the first, in line {line}, is from {} to {}",
            first.pointer,
            first.target
        );
    }
    Ok(())
}
