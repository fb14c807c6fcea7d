//! OpenAPI Overlay 1.0.0: what we say on top of upstream's structure.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result, bail, ensure};
use serde::Deserialize;
use serde_json::Value;
use serde_json_path::JsonPath;

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
    let mut overlay: Overlay = yaml_serde::from_str(&text).with_context(|| format!("{file} is not an overlay"))?;
    ensure!(overlay.overlay == "1.0.0", "{file}: overlay version {} where 1.0.0 is read", overlay.overlay);
    overlay.file = file;
    Ok(overlay)
}

impl Overlay {
    /// Whether it was read from a file of this name.
    pub fn is(&self, name: &str) -> bool {
        Path::new(&self.file).file_name().is_some_and(|file| file == name)
    }

    /// Applies every action in order. The targets that match nothing are all named in the error.
    pub fn apply(&self, document: &mut Value) -> Result<()> {
        let mut failures = Vec::new();
        for (index, action) in self.actions.iter().enumerate() {
            if let Err(error) = action.apply(document) {
                failures.push(format!("  action {}: {error:#}", index + 1));
            }
        }
        if !failures.is_empty() {
            bail!("{}:\n{}", self.file, failures.join("\n"));
        }
        Ok(())
    }
}

impl Action {
    fn apply(&self, document: &mut Value) -> Result<()> {
        let path = JsonPath::parse(&self.target).with_context(|| format!("{} is not a JSONPath", self.target))?;
        let mut pointers: Vec<String> =
            path.query_located(document).locations().map(|location| location.to_json_pointer()).collect();
        ensure!(!pointers.is_empty(), "{} matches nothing", self.target);
        if self.remove {
            // The last first, so that the indices of the others hold.
            pointers.reverse();
            for pointer in pointers {
                remove(document, &pointer)?;
            }
        } else if let Some(update) = &self.update {
            for pointer in pointers {
                let place = document.pointer_mut(&pointer).with_context(|| format!("{pointer} is gone"))?;
                merge(place, update);
            }
        } else {
            bail!("{} has neither an update nor a removal", self.target);
        }
        Ok(())
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

/// Objects are merged member by member, arrays get the elements appended, all else is replaced.
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

    use super::{Action, Overlay};

    fn overlay(actions: Vec<Action>) -> Overlay {
        Overlay { overlay: "1.0.0".to_owned(), _info: json!({}), actions, file: "test.yaml".to_owned() }
    }

    fn update(target: &str, update: serde_json::Value) -> Action {
        Action { target: target.to_owned(), _description: None, update: Some(update), remove: false }
    }

    fn remove(target: &str) -> Action {
        Action { target: target.to_owned(), _description: None, update: None, remove: true }
    }

    #[test]
    fn updates_merge_objects_append_to_arrays_and_replace_the_rest() {
        let mut document = json!({"a": {"b": 1, "tags": ["x"]}, "c": 2});
        overlay(vec![update("$.a", json!({"b": {"d": 3}, "tags": ["y"]}))]).apply(&mut document).unwrap();
        assert_eq!(document, json!({"a": {"b": {"d": 3}, "tags": ["x", "y"]}, "c": 2}));
    }

    #[test]
    fn a_removal_takes_every_match() {
        let mut document = json!({"list": [{"n": 1}, {"n": 2}, {"n": 1}]});
        overlay(vec![remove("$.list[?@.n == 1]")]).apply(&mut document).unwrap();
        assert_eq!(document, json!({"list": [{"n": 2}]}));
    }

    #[test]
    fn every_target_that_matches_nothing_is_named_with_its_file() {
        let mut document = json!({"a": 1});
        let error = overlay(vec![update("$.b", json!(1)), remove("$.a"), update("$['c']", json!(1))])
            .apply(&mut document)
            .unwrap_err()
            .to_string();
        assert_eq!(
            error,
            "test.yaml:\n  action 1: $.b matches nothing\n  action 3: $['c'] matches nothing"
        );
    }
}
