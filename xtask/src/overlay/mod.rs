//! OpenAPI Overlay 1.0.0: additions to upstream's structure.

mod alternatives;
mod anchors;
pub mod corrections;
mod edit;

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use anyhow::{Context, Result, bail, ensure};
use serde::Deserialize;
use serde_json::Value;
use serde_json_path::JsonPath;
use serde_saphyr::Spanned;

use crate::document::{BYTE_ORDER_MARK, apply_merge_keys, step};
use crate::findings::{Finding, Section};
use crate::overlay::alternatives::alternatives;
use crate::overlay::anchors::used_elsewhere;

/// An overlay document, <https://spec.openapis.org/overlay/v1.0.0.html>.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Overlay {
    pub overlay: String,
    #[serde(rename = "info")]
    _info: Value,
    pub actions: Vec<Action>,
    /// The file with the overlay, for messages.
    #[serde(skip)]
    pub file: String,
    /// The text of the file, for its anchors.
    #[serde(skip)]
    pub text: String,
}

/// One change to everything that the target matches.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Action {
    /// A JSONPath, RFC 9535.
    pub target: String,
    /// The reason for the change.
    #[serde(default, rename = "description")]
    _description: Option<String>,
    #[serde(default)]
    pub update: Option<Value>,
    #[serde(default)]
    pub remove: bool,
    /// The line of the target in the file.
    #[serde(skip)]
    pub line: u64,
}

/// The changes that an overlay may make.
#[derive(Clone, Copy, PartialEq)]
pub enum Scope {
    Anything,
    /// Add descriptions to existing items. Otherwise a misspelled property would create a new item.
    Descriptions,
}

/// The values that overlays remove or replace, by the position of the action and of the value. Whatever upstream changes
/// in them has no effect on `courier.yaml`.
pub type Replaced = BTreeMap<(String, String), Value>;

/// The same file, parsed for its line numbers.
#[derive(Deserialize)]
struct Lines {
    actions: Vec<TargetLine>,
}

#[derive(Deserialize)]
struct TargetLine {
    target: Spanned<String>,
}

/// Reads every `*.yaml` of a folder, in the order of their names.
pub fn read_all(folder: &Path) -> Result<Vec<Overlay>> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).with_context(|| format!("cannot list {}", folder.display()))? {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "yaml") {
            files.push(path);
        }
    }
    files.sort();
    files.iter().map(|path| read(path)).collect()
}

fn read(path: &Path) -> Result<Overlay> {
    let file = path.display().to_string();
    let text = fs::read_to_string(path).with_context(|| format!("cannot read {file}"))?;
    parse(text.trim_start_matches(BYTE_ORDER_MARK), file.clone()).with_context(|| format!("{file} is not an overlay"))
}

/// Parses an overlay. Messages name `file`.
pub fn parse(text: &str, file: String) -> Result<Overlay> {
    let mut overlay: Overlay = yaml_serde::from_str(text)?;
    ensure!(overlay.overlay == "1.0.0", "it has overlay version {}, but only 1.0.0 is supported", overlay.overlay);
    let lines: Lines = serde_saphyr::from_str(text)?;
    for (action, line) in overlay.actions.iter_mut().zip(lines.actions) {
        action.line = line.target.defined.line();
        action.update.iter_mut().for_each(apply_merge_keys);
    }
    overlay.file = file;
    text.clone_into(&mut overlay.text);
    Ok(overlay)
}

impl Overlay {
    /// Returns `true` if the overlay is in a file of this name.
    pub fn is(&self, name: &str) -> bool {
        Path::new(&self.file).file_name().is_some_and(|file| file == name)
    }

    /// Applies every action in order, and reports the targets that match nothing. Adds to `replaced` every value that an
    /// action removes or replaces.
    pub fn apply(&self, document: &mut Value, scope: Scope, replaced: &mut Replaced) -> Result<Vec<Finding>> {
        let mut findings = Vec::new();
        for action in &self.actions {
            if scope == Scope::Anything {
                action.record(&format!("{}:{}", self.file, action.line), document, replaced)?;
            }
            let gone = action
                .apply(document, scope)
                .with_context(|| format!("{}:{}: {}", self.file, action.line, action.target))?;
            for target in gone {
                self.report(action, &target, &mut findings);
            }
        }
        Ok(findings)
    }

    /// Reports a target that no longer exists, and the anchors to move before its action is removed.
    fn report(&self, action: &Action, target: &str, findings: &mut Vec<Finding>) {
        let position = format!("{}:{}", self.file, action.line);
        let text = format!("{position}: {target} matches nothing");
        findings.push(Finding::new(Section::GoneTarget, target, text));
        if !target.starts_with('$') {
            return;
        }
        let line = usize::try_from(action.line).unwrap_or_default();
        for (name, lines) in used_elsewhere(&self.text, line) {
            let uses = lines.iter().map(usize::to_string).collect::<Vec<_>>().join(", ");
            let text = format!("{position}: &{name} is used in line {uses}: define it there first");
            let finding = Finding::new(Section::SharedAnchor, format!("&{name}"), text);
            if !findings.contains(&finding) {
                findings.push(finding);
            }
        }
    }
}

impl Action {
    fn pointers(&self, document: &Value) -> Result<Vec<String>> {
        let path = JsonPath::parse(&self.target).context("not a JSONPath")?;
        Ok(path.query_located(document).locations().map(|location| location.to_json_pointer()).collect())
    }

    /// Adds the values that the action removes or replaces.
    fn record(&self, position: &str, document: &Value, replaced: &mut Replaced) -> Result<()> {
        for pointer in self.pointers(document)? {
            let value = document.pointer(&pointer).unwrap_or(&Value::Null);
            match &self.update {
                Some(update) if !self.remove => {
                    replacements(value, update, pointer, &mut |pointer, value| {
                        replaced.insert((position.to_owned(), pointer), value.clone());
                    });
                }
                _ => {
                    replaced.insert((position.to_owned(), pointer), value.clone());
                }
            }
        }
        Ok(())
    }

    fn apply(&self, document: &mut Value, scope: Scope) -> Result<Vec<String>> {
        let mut pointers = self.pointers(document)?;
        if pointers.is_empty() {
            return Ok(vec![self.target.clone()]);
        }
        let mut gone: Vec<String> = alternatives(&self.target)
            .into_iter()
            .filter(|target| JsonPath::parse(target).is_ok_and(|path| path.query(document).is_empty()))
            .collect();
        match (&self.update, self.remove) {
            (_, true) => {
                // In reverse order, so that the other indices stay valid.
                pointers.reverse();
                for pointer in pointers {
                    remove(document, &pointer)?;
                }
            }
            (Some(update), false) => {
                for pointer in pointers {
                    let value = document.pointer_mut(&pointer).with_context(|| format!("{pointer} is gone"))?;
                    match scope {
                        Scope::Anything => merge(value, update),
                        Scope::Descriptions => describe(value, update, &pointer, &mut gone),
                    }
                }
            }
            (None, false) => bail!("neither an update nor a removal"),
        }
        Ok(gone)
    }
}

/// Calls `visit` with the pointer and the value of everything that an update replaces, or null if it adds the value.
/// Marks and lists are additions: `superfluous` finds those that upstream makes itself.
fn replacements(value: &Value, update: &Value, pointer: String, visit: &mut impl FnMut(String, &Value)) {
    let Some(members) = update.as_object() else {
        if !update.is_array() {
            visit(pointer, value);
        }
        return;
    };
    // A reference stands for a whole schema.
    if members.contains_key("$ref") || members.contains_key("allOf") {
        return visit(pointer, value);
    }
    for (key, update) in members.iter().filter(|(key, _)| !key.starts_with("x-")) {
        let inner = value.get(key).unwrap_or(&Value::Null);
        replacements(inner, update, format!("{pointer}/{}", step(key)), visit);
    }
}

/// Merges descriptions, and records descriptions of items that do not exist.
fn describe(value: &mut Value, update: &Value, pointer: &str, gone: &mut Vec<String>) {
    for (key, update) in update.as_object().into_iter().flatten() {
        match value.as_object_mut() {
            Some(value) if is_description(key, update) => {
                merge(value.entry(key.clone()).or_insert(Value::Null), update)
            }
            Some(value) if update.is_object() && value.get(key).is_some_and(Value::is_object) => {
                if let Some(value) = value.get_mut(key) {
                    describe(value, update, &format!("{pointer}/{key}"), gone);
                }
            }
            _ => gone.push(format!("{pointer}/{key}")),
        }
    }
}

/// Returns `true` if a member is text for people. A property named `description` is an object.
fn is_description(key: &str, value: &Value) -> bool {
    match key {
        "title" | "summary" | "description" => value.is_string(),
        "example" | "examples" | "externalDocs" => true,
        _ => key.starts_with("x-"),
    }
}

fn remove(document: &mut Value, pointer: &str) -> Result<()> {
    let (parent, key) = pointer.rsplit_once('/').context("the whole document cannot be removed")?;
    let key = key.replace("~1", "/").replace("~0", "~");
    match document.pointer_mut(parent) {
        Some(Value::Object(object)) => {
            object.shift_remove(&key);
        }
        Some(Value::Array(array)) => {
            let index: usize = key.parse()?;
            ensure!(index < array.len(), "{pointer} is gone");
            array.remove(index);
        }
        _ => bail!("{pointer} is gone"),
    }
    Ok(())
}

/// Merges objects member by member, appends to arrays, and replaces everything else.
fn merge(value: &mut Value, update: &Value) {
    match (value, update) {
        (Value::Object(object), Value::Object(update)) => {
            for (key, update) in update {
                merge(object.entry(key.clone()).or_insert(Value::Null), update);
            }
        }
        (Value::Array(array), Value::Array(update)) => array.extend(update.iter().cloned()),
        (Value::Array(array), update) => array.push(update.clone()),
        (value, update) => *value = update.clone(),
    }
}
