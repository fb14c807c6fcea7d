//! Overlays for a new description: everything is written that does not need a person, so that only words remain.

use std::fmt::Write as _;

use anyhow::{Context, Result};
use heck::ToKebabCase;
use serde_json::{Map, Value, json};

use crate::check_docs::homes;
use crate::document::{Operation, object, operations, schemas, text, walk};
use crate::findings::{Finding, Section};
use crate::generator::description::lookup;
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
    for Finding { target, action, .. } in overlay_templates::undescribed(old, &courier.document) {
        let actions = described(&target, action.unwrap_or_default(), &courier.document, &import.prose, overlays)?;
        append(overlays, &file_of(&courier.document, &target), &actions)?;
    }
    let courier = passes::courier(&import.document, overlays, &import.sdk_methods)?;
    Ok(Courier { replaced, ..courier })
}

/// Resolves the findings of one round; returns `true` if there were some.
fn resolve(overlays: &mut Vec<Overlay>, courier: &Courier, old: &Value, upstream: &Value) -> Result<bool> {
    let mut is_changed = false;
    for overlay in overlays.iter_mut() {
        is_changed |= overlay.remove_targets(&courier.findings);
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
fn file_of(document: &Value, target: &str) -> String {
    let tag = match schema_of(target) {
        Some(name) => homes(document).get(name).copied(),
        None => find_operation(document, target).map(|(operation, _)| operation.tag()),
    };
    tag.unwrap_or("shared").to_kebab_case()
}

/// The name in `$.components.schemas['Name']`.
fn schema_of(target: &str) -> Option<&str> {
    target.strip_prefix("$.components.schemas['")?.strip_suffix("']")
}

/// The operation, and the name of the parameter, in `$.paths['/things'].get.parameters[?@.name == 'id']`.
fn find_operation<'a, 't>(document: &'a Value, target: &'t str) -> Option<(Operation<'a>, Option<&'t str>)> {
    let (path, rest) = target.strip_prefix("$.paths['")?.split_once("'].")?;
    let (method, parameter) = match rest.split_once(".parameters[?@.name == '") {
        Some((method, rest)) => (method, rest.strip_suffix("']")),
        None => (rest, None),
    };
    let is_same = |other: &Operation<'_>| other.method == method && shape(other.path) == shape(path);
    Some((operations(document).into_iter().find(is_same)?, parameter))
}

/// The action with empty descriptions, each below the words of upstream.
fn described(target: &str, mut action: Value, document: &Value, prose: &Value, overlays: &[Overlay]) -> Result<String> {
    if let (Some(update), Some(description)) = (action.get_mut("update"), same_parameter(document, target)) {
        *update = json!({"description": description});
    }
    let known = match (schema_of(target), find_operation(prose, target)) {
        (Some(name), _) => {
            let own = lookup::schema(document, name).and_then(lookup::properties);
            similar(prose, own.unwrap_or(&Map::new()), &upstream_names(overlays, name))
        }
        (None, Some((operation, Some(name)))) => operation.parameter(name),
        (None, operation) => operation.map(|(operation, _)| operation.value),
    };
    let mut words = action.get("update").map_or_else(Vec::new, |update| words(update, known)).into_iter();
    let mut printed = String::new();
    for line in print(&action)?.lines() {
        if line.ends_with(": ''")
            && let Some(word) = words.next().flatten()
        {
            let indent = line.len() - line.trim_start().len();
            let word = word.split_whitespace().collect::<Vec<_>>().join(" ");
            writeln!(printed, "{:indent$}# Upstream: {word}", "")?;
        }
        writeln!(printed, "{line}")?;
    }
    Ok(printed)
}

/// The words of upstream for each empty text of an update.
fn words<'a>(update: &Value, known: Option<&'a Value>) -> Vec<Option<&'a str>> {
    match update {
        Value::Object(members) => {
            members.iter().flat_map(|(key, update)| words(update, known.and_then(|known| known.get(key)))).collect()
        }
        text if text == "" => vec![known.and_then(Value::as_str)],
        _ => Vec::new(),
    }
}

/// The names of a schema in upstream: its own, and those to which types.yaml gives it.
fn upstream_names(overlays: &[Overlay], name: &str) -> Vec<String> {
    let actions = overlays.iter().flat_map(|overlay| &overlay.actions).map(|action| &action.value);
    let renames =
        actions.filter(|action| action.update.as_ref().is_some_and(|update| text(update, "x-name") == Some(name)));
    let targets = renames.flat_map(|action| action.target.split(['\'', '.']));
    std::iter::once(name).chain(targets).map(str::to_owned).collect()
}

/// The schema of upstream with one of these names, or else the one with the most properties in common.
fn similar<'a>(prose: &'a Value, own: &Map<String, Value>, names: &[String]) -> Option<&'a Value> {
    let named = names.iter().find_map(|name| lookup::schema(prose, name));
    let mut similar = (0, named);
    walk(prose, &mut |_, value| {
        if let Some(other) = object(value, "properties") {
            // Twice, so that of two schemas the one with fewer others is preferred.
            let common = own.keys().filter(|name| other.contains_key(*name)).count();
            let likeness = (2 * common).saturating_sub(other.len().saturating_sub(common));
            if likeness > similar.0 {
                similar = (likeness, Some(value));
            }
        }
        named.is_none()
    });
    similar.1
}

/// The description that a parameter has in another operation of the same path.
fn same_parameter<'a>(document: &'a Value, target: &str) -> Option<&'a str> {
    let (operation, name) = find_operation(document, target)?;
    let siblings = operations(document).into_iter().filter(|other| other.path == operation.path);
    let mut same = siblings.filter_map(|sibling| sibling.parameter(name?));
    same.find_map(|parameter| text(parameter, "description").filter(|_| text(parameter, "in") == Some("path")))
}
