//! OpenAPI Overlay 1.0.0: our additions to upstream's structure.

mod alternatives;
pub mod anchors;
pub mod corrections;

use std::fmt;
use std::fs;
use std::path::Path;

use anyhow::{Context, Result, bail, ensure};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use serde_json_path::JsonPath;
use serde_saphyr::Spanned;

use crate::document::BYTE_ORDER_MARK;
use crate::overlay::alternatives::alternatives;

/// An overlay document, <https://spec.openapis.org/overlay/v1.0.0.html>.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Overlay {
    pub overlay: String,
    #[serde(rename = "info")]
    _info: Value,
    pub actions: Vec<Action>,
    /// The file that it was read from, for messages.
    #[serde(skip)]
    pub file: String,
}

/// One change to every place that the target matches.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Action {
    /// A JSONPath, RFC 9535.
    pub target: String,
    /// The reason.
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

/// What an overlay may do.
#[derive(Clone, Copy, PartialEq)]
pub enum Scope {
    Anything,
    /// Add descriptions to what exists. Otherwise a misspelt property would create a new one.
    Words,
}

/// Something that an overlay refers to and the document does not have.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Gone {
    pub file: String,
    pub line: u64,
    pub target: String,
}

impl Gone {
    /// For a finding after the file was applied, when its line is no longer known.
    pub fn in_file(file: &str, target: String) -> Self {
        Self { file: format!("openapi/overlay/{file}"), line: 0, target }
    }
}

impl fmt::Display for Gone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            0 => write!(f, "{}: {} matches nothing", self.file, self.target),
            line => write!(f, "{}:{line}: {} matches nothing", self.file, self.target),
        }
    }
}

/// The same file, read for its lines.
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

fn parse(text: &str, file: String) -> Result<Overlay> {
    let mut overlay: Overlay = yaml_serde::from_str(text)?;
    ensure!(overlay.overlay == "1.0.0", "it has overlay version {} where 1.0.0 is read", overlay.overlay);
    let lines: Lines = serde_saphyr::from_str(text)?;
    for (action, line) in overlay.actions.iter_mut().zip(lines.actions) {
        action.line = line.target.defined.line();
    }
    overlay.file = file;
    Ok(overlay)
}

impl Overlay {
    /// Whether it was read from a file of this name.
    pub fn is(&self, name: &str) -> bool {
        Path::new(&self.file).file_name().is_some_and(|file| file == name)
    }

    /// Applies every action in order, and returns the targets that match nothing.
    pub fn apply(&self, document: &mut Value, scope: Scope) -> Result<Vec<Gone>> {
        let mut gone = Vec::new();
        for action in &self.actions {
            let missing = action
                .apply(document, scope)
                .with_context(|| format!("{}:{}: {}", self.file, action.line, action.target))?;
            gone.extend(missing.into_iter().map(|target| Gone { file: self.file.clone(), line: action.line, target }));
        }
        Ok(gone)
    }
}

impl Action {
    fn apply(&self, document: &mut Value, scope: Scope) -> Result<Vec<String>> {
        let path = JsonPath::parse(&self.target).context("not a JSONPath")?;
        let mut pointers: Vec<String> =
            path.query_located(document).locations().map(|location| location.to_json_pointer()).collect();
        if pointers.is_empty() {
            return Ok(vec![self.target.clone()]);
        }
        let mut gone: Vec<String> = alternatives(&self.target)
            .into_iter()
            .filter(|target| JsonPath::parse(target).is_ok_and(|path| path.query(document).is_empty()))
            .collect();
        match (&self.update, self.remove) {
            (_, true) => {
                // The last first, so that the indices of the others hold.
                pointers.reverse();
                for pointer in pointers {
                    remove(document, &pointer)?;
                }
            }
            (Some(update), false) => {
                for pointer in pointers {
                    let place = document.pointer_mut(&pointer).with_context(|| format!("{pointer} is gone"))?;
                    match scope {
                        Scope::Anything => merge(place, update),
                        Scope::Words => describe(place, update, &pointer, &mut gone),
                    }
                }
            }
            (None, false) => bail!("neither an update nor a removal"),
        }
        Ok(gone)
    }
}

/// Merges descriptions, and records what they describe that does not exist.
fn describe(place: &mut Value, update: &Value, pointer: &str, gone: &mut Vec<String>) {
    for (key, update) in update.as_object().into_iter().flatten() {
        match place.as_object_mut() {
            Some(place) if is_words(key, update) => merge(place.entry(key.clone()).or_insert(Value::Null), update),
            Some(place) if update.is_object() && place.get(key).is_some_and(Value::is_object) => {
                if let Some(place) = place.get_mut(key) {
                    describe(place, update, &format!("{pointer}/{key}"), gone);
                }
            }
            _ => gone.push(format!("{pointer}/{key}")),
        }
    }
}

/// Whether a member is text for people. A property that is called `description` is an object.
fn is_words(key: &str, value: &Value) -> bool {
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
fn merge(place: &mut Value, update: &Value) {
    match (place, update) {
        (Value::Object(place), Value::Object(update)) => {
            for (key, value) in update {
                merge(place.entry(key.clone()).or_insert(Value::Null), value);
            }
        }
        (Value::Array(place), Value::Array(update)) => place.extend(update.iter().cloned()),
        (Value::Array(place), update) => place.push(update.clone()),
        (place, update) => *place = update.clone(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{Overlay, Scope, parse};

    fn overlay(actions: &str) -> Overlay {
        parse(&format!("overlay: 1.0.0\ninfo: {{}}\nactions:\n{actions}"), "test.yaml".to_owned()).unwrap()
    }

    #[test]
    fn updates_merge_objects_append_to_arrays_and_replace_the_rest() {
        let mut document = json!({"a": {"b": 1, "tags": ["x"]}, "c": 2});
        let overlay = overlay("- target: $.a\n  update: {b: {d: 3}, tags: [y]}\n");
        assert_eq!(overlay.apply(&mut document, Scope::Anything).unwrap(), []);
        assert_eq!(document, json!({"a": {"b": {"d": 3}, "tags": ["x", "y"]}, "c": 2}));
    }

    #[test]
    fn a_removal_takes_every_match() {
        let mut document = json!({"list": [{"n": 1}, {"n": 2}, {"n": 1}]});
        overlay("- target: $.list[?@.n == 1]\n  remove: true\n").apply(&mut document, Scope::Anything).unwrap();
        assert_eq!(document, json!({"list": [{"n": 2}]}));
    }

    #[test]
    fn every_target_that_matches_nothing_is_named_with_its_line_and_the_rest_goes_on() {
        let mut document = json!({"a": 1});
        let gone =
            overlay("- target: $.b\n  update: 1\n- target: $.a\n  remove: true\n- target: $['c']\n  update: 1\n")
                .apply(&mut document, Scope::Anything)
                .unwrap();
        let gone: Vec<String> = gone.iter().map(ToString::to_string).collect();
        assert_eq!(gone, ["test.yaml:4: $.b matches nothing", "test.yaml:8: $['c'] matches nothing"]);
        assert_eq!(document, json!({}));
    }

    #[test]
    fn each_name_of_a_list_has_to_be_there() {
        let mut document = json!({"a": {"x": 1}, "b": {"x": 1, "y": 2}});
        let gone =
            overlay("- target: $['a', 'b']['x', 'y']\n  remove: true\n").apply(&mut document, Scope::Anything).unwrap();
        let targets: Vec<&str> = gone.iter().map(|gone| gone.target.as_str()).collect();
        assert_eq!(targets, ["$['a']['y']"]);
        assert_eq!(document, json!({"a": {}, "b": {}}));
    }

    #[test]
    fn words_are_added_to_what_is_there_and_nothing_else_is() {
        let mut document = json!({"Thing": {"properties": {"description": {"type": "string"}}, "type": "object"}});
        let gone = overlay(
            "- target: $.Thing\n  update:\n    description: A thing.\n    type: array\n    properties:\n      \
             description: {description: What it is.}\n      colour: {description: Misspelt.}\n",
        )
        .apply(&mut document, Scope::Words)
        .unwrap();
        let targets: Vec<&str> = gone.iter().map(|gone| gone.target.as_str()).collect();
        assert_eq!(targets, ["/Thing/type", "/Thing/properties/colour"]);
        assert_eq!(
            document["Thing"],
            json!({
                "properties": {"description": {"type": "string", "description": "What it is."}},
                "type": "object",
                "description": "A thing."
            })
        );
    }
}
