//! OpenAPI Overlay 1.0.0: additions to upstream's structure.

mod alternatives;
mod edit;

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Context, Result, bail, ensure};
use serde::Deserialize;
use serde_json::Value;
use serde_json_path::JsonPath;
use serde_saphyr::Spanned;

use crate::document::{parse_yaml, step, text};
use crate::findings::{Finding, Section};
use crate::overlay::alternatives::alternatives;

/// An overlay document, <https://spec.openapis.org/overlay/v1.0.0.html>.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Overlay {
    overlay: String,
    #[serde(rename = "info")]
    _info: Value,
    pub actions: Vec<Spanned<Action>>,
    /// The file with the overlay, for messages.
    #[serde(skip)]
    pub file: String,
    /// The text of the file, for its anchors.
    #[serde(skip)]
    pub text: String,
}

/// One change to everything that the target matches.
#[derive(Clone, Debug, Deserialize)]
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

/// The effect of an action.
#[derive(Default)]
struct Effect {
    /// The targets that match nothing.
    gone: Vec<String>,
    /// The values that it removes or replaces, with their pointers.
    replaced: Vec<(String, Value)>,
    /// The values that it appends to an array that already has them, with the path inside of the target and their count.
    known: BTreeMap<(String, String), usize>,
}

/// Parses an overlay. Messages name `file`.
pub fn parse(text: &str, file: String) -> Result<Overlay> {
    let overlay: Overlay = parse_yaml(text)?;
    ensure!(overlay.overlay == "1.0.0", "it has overlay version {}, but only 1.0.0 is supported", overlay.overlay);
    Ok(Overlay { file, text: text.to_owned(), ..overlay })
}

/// The number of the line in which an action begins.
fn line(action: &Spanned<Action>) -> usize {
    usize::try_from(action.defined.line()).unwrap_or_default()
}

impl Overlay {
    /// Returns `true` if the overlay is in a file of this name.
    pub fn is(&self, name: &str) -> bool {
        Path::new(&self.file).file_name().is_some_and(|file| file == name)
    }

    /// The file and the line of an action.
    fn position(&self, action: &Spanned<Action>) -> String {
        format!("{}:{}", self.file, line(action))
    }

    /// Applies every action in order, and reports the targets that match nothing, and the values that arrays already
    /// have. Adds to `replaced` every value that an action removes or replaces.
    pub fn apply(&self, document: &mut Value, scope: Scope, replaced: &mut Replaced) -> Result<Vec<Finding>> {
        let mut findings = Vec::new();
        for (index, action) in self.actions.iter().enumerate() {
            let (position, action) = (self.position(action), &action.value);
            let effect = action.apply(document, scope).with_context(|| format!("{position}: {}", action.target))?;
            if effect.gone.iter().any(|target| target.starts_with('$')) {
                for (name, lines) in self.used_elsewhere(index) {
                    let uses = lines.iter().map(usize::to_string).collect::<Vec<_>>().join(", ");
                    let text = format!("{position}: &{name} is used in line {uses}: define it there first");
                    findings.push(Finding::new(Section::SharedAnchor, format!("&{name}"), text));
                }
            }
            findings.extend(effect.gone.into_iter().map(|target| {
                let text = format!("{position}: {target} matches nothing");
                Finding::new(Section::GoneTarget, target, text)
            }));
            if scope == Scope::Anything {
                let values = effect.replaced.into_iter();
                replaced.extend(values.map(|(pointer, value)| ((position.clone(), pointer), value)));
                findings.extend(effect.known.into_keys().map(|(inside, value)| {
                    let target = format!("{}{inside}", action.target);
                    let text = format!("{position}: {target} now has {value} itself");
                    Finding::new(Section::SuperfluousCorrection, target, text)
                }));
            }
        }
        Ok(findings)
    }
}

impl Action {
    fn apply(&self, document: &mut Value, scope: Scope) -> Result<Effect> {
        let path = JsonPath::parse(&self.target).context("not a JSONPath")?;
        let located = path.query_located(document);
        let pointers: Vec<String> = located.locations().map(|location| location.to_json_pointer()).collect();
        let is_gone = |target: &String| JsonPath::parse(target).is_ok_and(|path| path.query(document).is_empty());
        let gone = match pointers.is_empty() {
            true => vec![self.target.clone()],
            false => alternatives(&self.target).into_iter().filter(is_gone).collect(),
        };
        let mut effect = Effect { gone, ..Effect::default() };
        // In reverse order, so that the other indices stay valid.
        for pointer in pointers.iter().rev() {
            let value = document.pointer_mut(pointer).with_context(|| format!("{pointer} is gone"))?;
            match (&self.update, scope) {
                _ if self.remove => effect.replaced.push((pointer.clone(), remove(document, pointer)?)),
                (Some(update), Scope::Anything) => {
                    effect.replace(value, update, pointer.clone());
                    effect.merge(value, update, "");
                }
                (Some(update), Scope::Descriptions) => effect.describe(value, update, pointer),
                (None, _) => bail!("neither an update nor a removal"),
            }
        }
        effect.known.retain(|_, count| *count == pointers.len());
        Ok(effect)
    }
}

impl Effect {
    /// Records everything that an update replaces, or null if it adds the value. Marks and lists are additions.
    fn replace(&mut self, value: &Value, update: &Value, pointer: String) {
        match update {
            Value::Array(_) => {}
            // A reference stands for a whole schema.
            Value::Object(members) if !members.contains_key("$ref") && !members.contains_key("allOf") => {
                for (key, update) in members.iter().filter(|(key, _)| !key.starts_with("x-")) {
                    let inner = value.get(key).unwrap_or(&Value::Null);
                    self.replace(inner, update, format!("{pointer}/{}", step(key)));
                }
            }
            _ => self.replaced.push((pointer, value.clone())),
        }
    }

    /// Merges objects member by member, appends to arrays what they do not have, and replaces everything else.
    fn merge(&mut self, value: &mut Value, update: &Value, path: &str) {
        match (value, update) {
            (Value::Object(object), Value::Object(update)) => {
                for (key, update) in update {
                    let value = object.entry(key.clone()).or_insert(Value::Null);
                    self.merge(value, update, &format!("{path}.{key}"));
                }
            }
            (Value::Array(array), Value::Array(update)) => {
                for new in update {
                    if array.iter().any(|old| is_same(old, new)) {
                        *self.known.entry((path.to_owned(), new.to_string())).or_default() += 1;
                    } else {
                        array.push(new.clone());
                    }
                }
            }
            (Value::Array(array), update) => array.push(update.clone()),
            (value, update) => *value = update.clone(),
        }
    }

    /// Merges descriptions, and records descriptions of items that do not exist.
    fn describe(&mut self, value: &mut Value, update: &Value, pointer: &str) {
        for (key, update) in update.as_object().into_iter().flatten() {
            match value.as_object_mut() {
                Some(value) if is_description(key, update) => {
                    self.merge(value.entry(key.clone()).or_insert(Value::Null), update, "");
                }
                Some(value) if update.is_object() && value.get(key).is_some_and(Value::is_object) => {
                    let inner = value.get_mut(key).into_iter();
                    inner.for_each(|value| self.describe(value, update, &format!("{pointer}/{key}")));
                }
                _ => self.gone.push(format!("{pointer}/{key}")),
            }
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

/// Returns `true` for equal values, and for two descriptions of one parameter.
fn is_same(one: &Value, other: &Value) -> bool {
    let key = |value: &Value| Some((text(value, "in")?.to_owned(), text(value, "name")?.to_ascii_lowercase()));
    one == other || key(one).is_some_and(|name| key(other) == Some(name))
}

/// Removes a value, and returns it.
fn remove(document: &mut Value, pointer: &str) -> Result<Value> {
    let (parent, key) = pointer.rsplit_once('/').context("the whole document cannot be removed")?;
    let key = key.replace("~1", "/").replace("~0", "~");
    let removed = match document.pointer_mut(parent) {
        Some(Value::Object(object)) => object.shift_remove(&key),
        Some(Value::Array(array)) => {
            let index = key.parse().ok().filter(|index| *index < array.len());
            index.map(|index: usize| array.remove(index))
        }
        _ => None,
    };
    removed.with_context(|| format!("{pointer} is gone"))
}
