//! The steps from the text of a description to `openapi/upstream.yaml`: its structure only, in OpenAPI 3.0, with the
//! order and the parameter names of the committed document.

pub mod composition;
pub mod constants;
pub mod downgrade;
pub mod kept_names;
pub mod page_items;
pub mod parameter_names;
pub mod read_only;
pub mod strip;

use std::collections::BTreeSet;

use anyhow::{Result, bail, ensure};
use serde_json::{Value, json};

use crate::argument_order::keep_order;
use crate::document::{entry, operations, operations_mut, parse, references, resolve, text};
use crate::findings::{Finding, Section};
use crate::import::composition::compose;
use crate::import::constants::keep_constants;
use crate::import::downgrade::downgrade;
use crate::import::kept_names::keep_names;
use crate::import::page_items::keep_page_items;
use crate::import::parameter_names::keep_parameter_names;
use crate::import::read_only::read_only;
use crate::import::strip::strip;
use crate::naming::operations::SdkMethods;
use crate::normalize::reachable::reachable;
use crate::references::{Dangling, dangling};

/// An imported description.
pub struct Import {
    pub document: Value,
    /// The references without a target. Any value is accepted instead.
    pub findings: Vec<Finding>,
    /// The names of operations in the official SDKs, by method and path, which the structure does not keep.
    pub sdk_methods: SdkMethods,
    /// The description with its prose, for the templates of descriptions.
    pub prose: Value,
}

/// Imports a description.
pub fn import(description: &str, committed: &Value) -> Result<Import> {
    let mut document = parse(description).map_err(|error| explain(error, description))?;
    ensure!(!operations(&document).is_empty(), "it is OpenAPI but describes no operation");
    let methods = operations(&document).into_iter();
    let methods = methods.filter_map(|one| Some((one.key(), text(one.value, "x-sdk-method")?.to_owned())));
    let sdk_methods = methods.collect();
    let prose = document.clone();
    downgrade(&mut document);
    strip(&mut document);
    require_whole(&document, description)?;
    let broken = remove_broken_references(&mut document);
    keep_version(&mut document, committed);
    compose(&mut document);
    read_only(&mut document);
    remove_empty_bodies(&mut document);
    keep_parameter_names(&mut document, committed);
    reachable(&mut document);
    keep_names(&mut document, committed);
    keep_order(&mut document, committed);
    keep_constants(&mut document, committed);
    keep_page_items(&mut document, committed);
    let findings = broken.iter().map(|broken| {
        Finding::new(Section::BrokenReference, &broken.target, format!("{broken}: any value is accepted there"))
    });
    Ok(Import { document, findings: findings.collect(), sdk_methods, prose })
}

/// Gives a description without a version the committed version.
fn keep_version(document: &mut Value, committed: &Value) {
    let has_version = document.pointer("/info/version").and_then(Value::as_str).is_some_and(|text| !text.is_empty());
    if let (false, Some(known)) = (has_version, committed.pointer("/info/version"))
        && let Some(version) = entry(document, "info").and_then(|info| entry(info, "version"))
    {
        *version = known.clone();
    }
}

/// Explains a YAML error in the last line, which means that the rest of the file is missing.
fn explain(error: anyhow::Error, description: &str) -> anyhow::Error {
    let location = error.downcast_ref::<serde_saphyr::Error>().and_then(serde_saphyr::Error::location);
    let line = location.map_or(0, |location| location.line());
    match u64::try_from(description.trim_end().lines().count().max(2)) {
        // If the JSON is a single line, any error is in its last line.
        Ok(last) if line >= last => error.context(format!("it was cut off: it ends in the middle, in line {line}")),
        _ => error,
    }
}

/// Rejects a truncated file, which can still be valid YAML but refers to components after the cut.
fn require_whole(document: &Value, description: &str) -> Result<()> {
    let dangling = dangling(document);
    let missing = dangling.iter().map(|dangling| dangling.target.as_str()).collect::<BTreeSet<_>>().len();
    let all = references(document).into_iter().collect::<BTreeSet<_>>().len();
    // A single misspelled reference is a finding of the report.
    const MAX_MISSPELLED: usize = 1;
    let is_cut_off = missing > MAX_MISSPELLED && missing * 10 >= all;
    if let Some(first) = dangling.first().filter(|_| is_cut_off || missing == all) {
        let line = description.lines().position(|line| line.contains(&first.target)).map_or(0, |line| line + 1);
        let count = dangling.len();
        bail!(
            "{count} references lead nowhere, as in a file that was cut off; the first, in line {line}, is from {} to {}",
            first.pointer,
            first.target
        );
    }
    Ok(())
}

/// Replaces references without a target: a schema becomes any value, a parameter is removed.
pub fn remove_broken_references(document: &mut Value) -> Vec<Dangling> {
    let broken = dangling(document);
    // In reverse order, so that the other indices stay valid.
    for Dangling { pointer, .. } in broken.iter().rev() {
        let (parent, key) = pointer.rsplit_once('/').unwrap_or_default();
        let index = key.parse::<usize>().ok().filter(|_| parent.ends_with("/parameters"));
        if let (Some(index), Some(Value::Array(parameters))) = (index, document.pointer_mut(parent))
            && index < parameters.len()
        {
            parameters.remove(index);
        } else if let Some(value) = document.pointer_mut(pointer) {
            *value = json!({});
        }
    }
    broken
}

/// Removes a required body without properties, which the published description has for an operation whose official
/// clients send no body. Callers would have to construct an empty object of a separate type.
fn remove_empty_bodies(document: &mut Value) {
    let all = document.clone();
    let is_empty = |body: &Value| {
        let schema =
            body.pointer("/content/application~1json/schema").and_then(|schema| resolve(&all, schema)?.as_object());
        // A map has no properties either, but it has other keywords.
        schema.is_some_and(|schema| {
            schema.get("properties") == Some(&json!({}))
                && schema.keys().all(|key| key == "type" || key == "properties")
        })
    };
    operations_mut(document, |_, _, operation| {
        if operation.get("requestBody").is_some_and(is_empty) {
            operation.shift_remove("requestBody");
        }
    });
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::remove_empty_bodies;
    use crate::normalize::tests::operation;

    #[test]
    fn empty_body_is_removed_and_a_map_stays() {
        for (schema, stays) in [
            (json!({"type": "object", "properties": {}}), false),
            (json!({"type": "object"}), true),
            (json!({"type": "object", "properties": {}, "additionalProperties": {}}), true),
            (json!({"type": "object", "properties": {"id": {}}}), true),
        ] {
            let mut document = operation(json!({"requestBody": {"content": {"application/json": {"schema": schema}}}}));
            remove_empty_bodies(&mut document);
            assert_eq!(document["paths"]["/things"]["get"].get("requestBody").is_some(), stays, "{schema}");
        }
    }
}
