//! Overlays for a new description: everything is written that does not need a person, so that only words remain.

use std::fmt::Write as _;

use anyhow::{Context, Result};
use heck::ToKebabCase;
use serde_json::{Map, Value, json};

use crate::check_docs::homes;
use crate::document::{METHODS, object, operations, schemas, text, walk};
use crate::findings::{Finding, Section};
use crate::import::Import;
use crate::import::parameter_names::shape;
use crate::overlay::{self, Overlay};
use crate::passes::{self, Courier};
use crate::report::{marks, overlay_templates};

/// Removes targets that are gone, adds names, marks and empty descriptions, and returns the result of all passes.
pub fn write(overlays: &mut Vec<Overlay>, import: &Import, old: &Value) -> Result<Courier> {
    // A name leads to further findings, such as a mark of the schema that it names.
    const MAX_ROUNDS: usize = 16;
    let mut courier = passes::courier(&import.document, overlays, &import.sdk_methods)?;
    // By the positions of the committed overlays.
    let replaced = courier.replaced.clone();
    for _ in 0..MAX_ROUNDS {
        if !resolve(overlays, &courier, old, &import.document)? {
            break;
        }
        courier = passes::courier(&import.document, overlays, &import.sdk_methods)?;
    }
    for finding in overlay_templates::undescribed(old, &courier.document) {
        let file = file_of(&courier.document, &finding);
        let actions = described(&finding, &courier.document, &import.prose, overlays)?;
        append(overlays, &file, &actions)?;
    }
    let courier = passes::courier(&import.document, overlays, &import.sdk_methods)?;
    Ok(Courier { replaced, ..courier })
}

/// Resolves the findings of one round; returns `true` if there were some.
fn resolve(overlays: &mut Vec<Overlay>, courier: &Courier, old: &Value, upstream: &Value) -> Result<bool> {
    let mut is_changed = false;
    for overlay in overlays.iter_mut() {
        is_changed |= overlay.remove_targets(&courier.findings)?;
    }
    for finding in &courier.findings {
        let (file, action) = match (finding.section, &finding.action) {
            (Section::UnnamedOperation, Some(action)) => ("names", action),
            (Section::SchemaName, Some(action)) if !joins(&courier.document, action) => ("types", action),
            _ => continue,
        };
        append(overlays, file, &print(action)?)?;
        is_changed = true;
    }
    if !is_changed {
        for finding in marks::proposals(old, &courier.document, upstream) {
            append(overlays, "corrections", &print(&finding.action.unwrap_or_default())?)?;
            is_changed = true;
        }
    }
    Ok(is_changed)
}

/// Returns `true` if an action gives a schema the name of another, which joins the two: a person decides that.
fn joins(document: &Value, action: &Value) -> bool {
    let name = action.pointer("/update/x-name");
    schemas(document).any(|(other, _)| name.is_some_and(|name| name == other))
}

fn print(action: &Value) -> Result<String> {
    yaml_serde::to_string(&[action]).context("cannot print an action for an overlay")
}

/// Appends to an overlay, which is new if the tag is.
fn append(overlays: &mut Vec<Overlay>, name: &str, actions: &str) -> Result<()> {
    let file = format!("openapi/overlay/{name}.yaml");
    if let Some(overlay) = overlays.iter_mut().find(|overlay| overlay.file == file) {
        return overlay.append(actions);
    }
    let header = format!("overlay: 1.0.0\ninfo:\n  title: Descriptions of {name}\n  version: 1.0.0\nactions:\n");
    overlays.push(overlay::parse(&(header + actions), file)?);
    Ok(())
}

/// The overlay for the description of an item: that of the tag that uses it, without `.yaml`.
fn file_of(document: &Value, finding: &Finding) -> String {
    let tag = match schema_of(&finding.target) {
        Some(name) => homes(document).get(name).copied().unwrap_or("shared"),
        None => {
            let all = operations(document);
            let own =
                all.iter().find(|operation| finding.target.starts_with(&target(operation.path, operation.method)));
            own.map_or("shared", |operation| operation.tag())
        }
    };
    tag.to_kebab_case()
}

fn target(path: &str, method: &str) -> String {
    format!("$.paths['{path}'].{method}")
}

/// The name in `$.components.schemas['Name']`.
fn schema_of(target: &str) -> Option<&str> {
    target.strip_prefix("$.components.schemas['")?.strip_suffix("']")
}

/// The action with empty descriptions, each below the words of upstream.
fn described(finding: &Finding, document: &Value, prose: &Value, overlays: &[Overlay]) -> Result<String> {
    let mut action = finding.action.clone().unwrap_or_default();
    let mut words = Vec::new();
    if let Some(update) = action.get_mut("update") {
        let known = match schema_of(&finding.target) {
            Some(name) => {
                let own = schemas(document).find(|(other, _)| *other == name).map(|(_, schema)| schema);
                let own = own.and_then(|schema| object(schema, "properties").cloned()).unwrap_or_default();
                similar(prose, &own, &upstream_names(overlays, name))
            }
            None => operation_words(prose, &finding.target),
        };
        if let Some(description) = same_parameter(document, &finding.target) {
            *update = json!({"description": description});
        }
        number(update, known.unwrap_or(&Value::Null), &mut words);
    }
    let mut printed = String::new();
    for line in print(&action)?.lines() {
        let indent = line.len() - line.trim_start().len();
        let word = words.iter().enumerate().find(|(index, _)| line.ends_with(&format!(": {}", mark(*index))));
        match word {
            Some((index, word)) => {
                if let Some(word) = word {
                    writeln!(
                        printed,
                        "{:indent$}# Upstream: {}",
                        "",
                        word.split_whitespace().collect::<Vec<_>>().join(" ")
                    )?;
                }
                writeln!(printed, "{}", line.replace(&mark(index), "''"))?;
            }
            None => writeln!(printed, "{line}")?,
        }
    }
    Ok(printed)
}

/// A value that no description has, and that YAML does not quote.
fn mark(index: usize) -> String {
    format!("UNDESCRIBED-{index}-")
}

/// Replaces the empty texts of an update by marks, and collects upstream's words for them.
fn number(update: &mut Value, known: &Value, words: &mut Vec<Option<String>>) {
    for (key, value) in update.as_object_mut().into_iter().flatten() {
        let known = known.get(key).unwrap_or(&Value::Null);
        if value == "" {
            *value = Value::String(mark(words.len()));
            words.push(known.as_str().map(str::to_owned));
        } else {
            number(value, known, words);
        }
    }
}

/// The names of a schema in upstream: its own, and those to which types.yaml gives it.
fn upstream_names(overlays: &[Overlay], name: &str) -> Vec<String> {
    let actions = overlays.iter().flat_map(|overlay| &overlay.actions);
    let renames = actions.filter(|action| {
        action.update.as_ref().and_then(|update| text(update, "x-name")).is_some_and(|given| given == name)
    });
    let targets = renames.flat_map(|action| action.target.split(['\'', '.']).map(str::to_owned));
    std::iter::once(name.to_owned()).chain(targets).collect()
}

/// The schema of upstream with one of these names, or else the one with the most properties in common.
fn similar<'a>(prose: &'a Value, own: &Map<String, Value>, names: &[String]) -> Option<&'a Value> {
    let mut similar = (0, None);
    walk(prose, &mut |pointer, value| {
        let shared = object(value, "properties").map_or(0, |other| {
            // Twice, so that of two schemas the one with fewer others is preferred.
            let common = own.keys().filter(|name| other.contains_key(*name)).count();
            (2 * common).saturating_sub(other.len().saturating_sub(common))
        });
        let is_named =
            pointer.strip_prefix("/components/schemas/").is_some_and(|name| names.iter().any(|own| own == name));
        let likeness = if is_named { usize::MAX } else { shared };
        if likeness > similar.0 {
            similar = (likeness, Some(value));
        }
        true
    });
    similar.1
}

/// The description that a parameter has in another operation of the same path.
fn same_parameter(document: &Value, target: &str) -> Option<String> {
    let (path, name) = target.strip_prefix("$.paths['")?.split_once("'].")?;
    let name = name.split_once("@.name == '")?.1.strip_suffix("']")?;
    let siblings = operations(document).into_iter().filter(|operation| operation.path == path);
    let mut same = siblings.flat_map(|operation| operation.parameters().collect::<Vec<_>>());
    same.find_map(|parameter| {
        let is_same = text(parameter, "name") == Some(name) && text(parameter, "in") == Some("path");
        text(parameter, "description").filter(|_| is_same).map(str::to_owned)
    })
}

/// Upstream's words for an operation or a parameter.
fn operation_words<'a>(prose: &'a Value, finding: &str) -> Option<&'a Value> {
    let paths = object(prose, "paths").into_iter().flatten();
    let mut all = paths.flat_map(|(path, item)| METHODS.map(|method| (path, method, item.get(method))));
    let (path, rest) = finding.strip_prefix("$.paths['")?.split_once("'].")?;
    let (_, _, operation) = all.find(|(other, method, value)| {
        value.is_some() && shape(other) == shape(path) && rest.split('.').next() == Some(*method)
    })?;
    let Some((_, name)) = rest.split_once("@.name == '") else { return operation };
    let parameters = operation?.get("parameters")?.as_array()?;
    parameters.iter().find(|parameter| text(parameter, "name").is_some_and(|own| name.starts_with(&format!("{own}'"))))
}
