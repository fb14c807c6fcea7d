//! Corrections that are no longer needed, because upstream already has the value that they append.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context, Result};
use serde_json::Value;

use crate::document::text;
use crate::findings::{Finding, Section};
use crate::overlay::{Action, Overlay};

/// The appended values that the array already has before the overlay is applied, at every match of the target.
pub fn superfluous(overlay: &Overlay, before: &Value) -> Result<Vec<Finding>> {
    let mut findings = Vec::new();
    for action in &overlay.actions {
        let Some(update) = &action.update else { continue };
        let matches = pointers(overlay, action, before)?;
        let mut counts: BTreeMap<(String, String), usize> = BTreeMap::new();
        for pointer in &matches {
            let value = before.pointer(pointer).unwrap_or(&Value::Null);
            let mut duplicates = Vec::new();
            find_duplicates(value, update, "", &mut duplicates);
            for (inside, value) in duplicates {
                *counts.entry((inside, value.to_string())).or_default() += 1;
            }
        }
        let everywhere = counts.into_iter().filter(|(_, count)| *count == matches.len());
        findings.extend(everywhere.map(|((inside, value), _)| {
            let target = format!("{}{inside}", action.target);
            let text = format!("{}:{}: {target} now has {value} itself", overlay.file, action.line);
            Finding::new(Section::SuperfluousCorrection, target, text)
        }));
    }
    Ok(findings)
}

/// Removes duplicates from every array that the overlay appends to.
pub fn without_duplicates(overlay: &Overlay, document: &mut Value) -> Result<()> {
    for action in &overlay.actions {
        let Some(update) = &action.update else { continue };
        for pointer in pointers(overlay, action, document)? {
            if let Some(value) = document.pointer_mut(&pointer) {
                deduplicate(value, update);
            }
        }
    }
    Ok(())
}

fn pointers(overlay: &Overlay, action: &Action, document: &Value) -> Result<BTreeSet<String>> {
    let pointers = action.pointers(document);
    let pointers = pointers.with_context(|| format!("{}:{}: {}", overlay.file, action.line, action.target))?;
    Ok(pointers.into_iter().collect())
}

fn find_duplicates<'a>(value: &Value, update: &'a Value, pointer: &str, duplicates: &mut Vec<(String, &'a Value)>) {
    match (value, update) {
        (Value::Object(object), Value::Object(update)) => {
            for (key, update) in update {
                if let Some(inner) = object.get(key) {
                    find_duplicates(inner, update, &format!("{pointer}.{key}"), duplicates);
                }
            }
        }
        (Value::Array(array), Value::Array(update)) => {
            let known = update.iter().filter(|value| array.iter().any(|other| is_same(other, value)));
            duplicates.extend(known.map(|value| (pointer.to_owned(), value)));
        }
        _ => {}
    }
}

/// Returns `true` for equal values, and for two descriptions of one parameter, of which the first is upstream's.
fn is_same(one: &Value, other: &Value) -> bool {
    let key = |value: &Value| Some((text(value, "in")?.to_owned(), text(value, "name")?.to_ascii_lowercase()));
    one == other || key(one).is_some_and(|name| key(other) == Some(name))
}

fn deduplicate(value: &mut Value, update: &Value) {
    match (value, update) {
        (Value::Object(object), Value::Object(update)) => {
            for (key, update) in update {
                if let Some(inner) = object.get_mut(key) {
                    deduplicate(inner, update);
                }
            }
        }
        (Value::Array(array), Value::Array(_)) => {
            let mut distinct: Vec<Value> = Vec::new();
            for value in std::mem::take(array) {
                if !distinct.iter().any(|other| is_same(other, &value)) {
                    distinct.push(value);
                }
            }
            *array = distinct;
        }
        _ => {}
    }
}
