//! Whether a correction is still needed: whether each value that it appends is missing upstream.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use anyhow::{Context, Result};
use serde::Serialize;
use serde_json::Value;
use serde_json_path::JsonPath;

use crate::overlay::{Action, Overlay};

/// A value that a correction appends although Courier's description has it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Superfluous {
    pub file: String,
    pub line: u64,
    pub value: String,
    pub place: String,
}

impl fmt::Display for Superfluous {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {} now has {} itself", self.file, self.line, self.place, self.value)
    }
}

/// The appended values that the array already has before the overlay is applied, at every place of the target.
pub fn superfluous(overlay: &Overlay, before: &Value) -> Result<Vec<Superfluous>> {
    let mut found = Vec::new();
    for action in &overlay.actions {
        let Some(update) = &action.update else { continue };
        let places = pointers(overlay, action, before)?;
        let mut times: BTreeMap<(String, String), usize> = BTreeMap::new();
        for pointer in &places {
            let place = before.pointer(pointer).unwrap_or(&Value::Null);
            let mut doubled = Vec::new();
            double(place, update, "", &mut doubled);
            for (inside, value) in doubled {
                *times.entry((inside, value.to_string())).or_default() += 1;
            }
        }
        let everywhere = times.into_iter().filter(|(_, times)| *times == places.len());
        found.extend(everywhere.map(|((inside, value), _)| Superfluous {
            file: overlay.file.clone(),
            line: action.line,
            value,
            place: format!("{}{inside}", action.target),
        }));
    }
    Ok(found)
}

/// Removes duplicates from every array that the overlay appends to.
pub fn without_doubles(overlay: &Overlay, document: &mut Value) -> Result<()> {
    for action in &overlay.actions {
        let Some(update) = &action.update else { continue };
        for pointer in pointers(overlay, action, document)? {
            if let Some(place) = document.pointer_mut(&pointer) {
                distinct(place, update);
            }
        }
    }
    Ok(())
}

fn parse(overlay: &Overlay, action: &Action, target: &str) -> Result<JsonPath> {
    JsonPath::parse(target).with_context(|| format!("{}:{}: {target} is not a JSONPath", overlay.file, action.line))
}

fn pointers(overlay: &Overlay, action: &Action, document: &Value) -> Result<BTreeSet<String>> {
    let path = parse(overlay, action, &action.target)?;
    Ok(path.query_located(document).locations().map(|location| location.to_json_pointer()).collect())
}

fn double<'a>(place: &Value, update: &'a Value, pointer: &str, found: &mut Vec<(String, &'a Value)>) {
    match (place, update) {
        (Value::Object(place), Value::Object(update)) => {
            for (key, update) in update {
                if let Some(place) = place.get(key) {
                    double(place, update, &format!("{pointer}.{key}"), found);
                }
            }
        }
        (Value::Array(place), Value::Array(update)) => {
            let known = update.iter().filter(|value| place.contains(value));
            found.extend(known.map(|value| (pointer.to_owned(), value)));
        }
        _ => {}
    }
}

fn distinct(place: &mut Value, update: &Value) {
    match (place, update) {
        (Value::Object(place), Value::Object(update)) => {
            for (key, update) in update {
                if let Some(place) = place.get_mut(key) {
                    distinct(place, update);
                }
            }
        }
        (Value::Array(place), Value::Array(_)) => {
            let mut seen = Vec::new();
            place.retain(|value| {
                let is_new = !seen.contains(value);
                if is_new {
                    seen.push(value.clone());
                }
                is_new
            });
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::{superfluous, without_doubles};
    use crate::overlay::{Action, Overlay};

    fn overlay(target: &str, update: Value) -> Overlay {
        let action = json!({"target": target, "update": update});
        let mut action: Action = serde_json::from_value(action).unwrap();
        let mut overlay: Overlay =
            serde_json::from_value(json!({"overlay": "1.0.0", "info": {}, "actions": []})).unwrap();
        action.line = 5;
        overlay.actions = vec![action];
        overlay.file = "test.yaml".to_owned();
        overlay
    }

    #[test]
    fn what_the_description_has_by_itself_is_superfluous_and_stays_once() {
        let overlay = overlay("$.Status", json!({"enum": ["A", "B"]}));
        let found = superfluous(&overlay, &json!({"Status": {"enum": ["A"]}})).unwrap();
        let found: Vec<String> = found.iter().map(ToString::to_string).collect();
        assert_eq!(found, ["test.yaml:5: $.Status.enum now has \"A\" itself"]);
        let mut document = json!({"Status": {"enum": ["A"]}});
        overlay.apply(&mut document, crate::overlay::Scope::Anything).unwrap();
        without_doubles(&overlay, &mut document).unwrap();
        assert_eq!(document, json!({"Status": {"enum": ["A", "B"]}}));
    }
}
