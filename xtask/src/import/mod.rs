//! From the text of a description to `openapi/upstream.yaml`.

pub mod constants;
pub mod downgrade;
pub mod paths;
pub mod places;

use std::collections::BTreeSet;

use anyhow::{Result, bail, ensure};
use serde_json::{Value, json};

use crate::document::references::{Dangling, dangling};
use crate::document::{entry, operations, parse, references, text};
use crate::import::constants::keep_constants;
use crate::import::downgrade::downgrade;
use crate::import::paths::{keep_parameter_names, shape};
use crate::import::places::keep_schema_names;
use crate::normalise::{prose, reachable};
use crate::spec::methods::SdkMethods;
use crate::spec::order::keep_order;

/// A description, imported.
pub struct Import {
    pub document: Value,
    /// The references that led nowhere. Anything is taken in their place.
    pub broken: Vec<Dangling>,
    /// What the official SDKs call the operations, by method and path: the structure does not keep it.
    pub sdk_methods: SdkMethods,
}

/// The structure of a description, in our names where the committed one has the same thing.
pub fn import(text: &str, committed: &Value) -> Result<Import> {
    let mut document = parse(text).map_err(|error| explained(error, text))?;
    ensure!(!operations(&document).is_empty(), "it is OpenAPI but describes no operation");
    downgrade(&mut document);
    let sdk_methods = sdk_methods(&document);
    prose(&mut document);
    require_whole(&document, text)?;
    let broken = without_broken_references(&mut document);
    keep_version(&mut document, committed);
    reachable(&mut document);
    keep_parameter_names(&mut document, committed);
    keep_schema_names(&mut document, committed);
    reachable(&mut document);
    keep_order(&mut document, committed);
    keep_constants(&mut document, committed);
    Ok(Import { document, broken, sdk_methods })
}

fn sdk_methods(document: &Value) -> SdkMethods {
    let operations = operations(document).into_iter();
    operations
        .filter_map(|operation| {
            let method = text(operation.value, "x-sdk-method")?;
            Some(((operation.method.to_owned(), shape(operation.path)), method.to_owned()))
        })
        .collect()
}

/// A description that does not say its version is no older than the committed one.
fn keep_version(document: &mut Value, committed: &Value) {
    let says_version = document.pointer("/info/version").and_then(Value::as_str).is_some_and(|said| !said.is_empty());
    if let (false, Some(known)) = (says_version, committed.pointer("/info/version"))
        && let Some(version) = entry(document, "info").and_then(|info| entry(info, "version"))
    {
        *version = known.clone();
    }
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
    let distinct = |targets: &mut dyn Iterator<Item = String>| targets.collect::<BTreeSet<String>>().len();
    let missing = distinct(&mut dangling.iter().map(|dangling| dangling.target.clone()));
    let all = distinct(&mut references(document).into_iter().map(str::to_owned));
    // One that was misspelt is a line of the report.
    const MISSPELT: usize = 1;
    let is_cut_off = missing > MISSPELT && missing * 10 >= all;
    if let Some(first) = dangling.first().filter(|_| is_cut_off || missing == all) {
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

/// Takes the references out that lead nowhere: a schema takes anything in their place, a parameter goes.
fn without_broken_references(document: &mut Value) -> Vec<Dangling> {
    let broken = dangling(document);
    // The last first, so that the indices of the others hold.
    for Dangling { pointer, .. } in broken.iter().rev() {
        let (parent, key) = pointer.rsplit_once('/').unwrap_or_default();
        let parameters = document.pointer_mut(parent).filter(|_| parent.ends_with("/parameters"));
        match (parameters.and_then(Value::as_array_mut), key.parse::<usize>()) {
            (Some(parameters), Ok(index)) if index < parameters.len() => {
                parameters.remove(index);
            }
            _ => {
                if let Some(place) = document.pointer_mut(pointer) {
                    *place = json!({});
                }
            }
        }
    }
    broken
}
