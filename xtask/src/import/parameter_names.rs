//! Parameter names of paths, which keep the names in the committed description.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::document::{METHODS, array_mut, rename_parameters};

/// Gives the paths of a document the parameter names of the committed one, so that `/lists/{listId}` is
/// `/lists/{list_id}` to every overlay. Paths that differ only in parameter names are the same.
pub fn keep_parameter_names(document: &mut Value, committed: &Value) {
    let committed = committed.get("paths").and_then(Value::as_object);
    let ours: BTreeMap<String, &String> =
        committed.into_iter().flatten().map(|(path, _)| (shape(path), path)).collect();
    let Some(paths) = document.get_mut("paths").and_then(Value::as_object_mut) else {
        return;
    };
    let theirs = std::mem::take(paths);
    let taken: Vec<String> = theirs.keys().cloned().collect();
    for (path, mut item) in theirs {
        match ours.get(&shape(&path)) {
            Some(our) if **our != path && !taken.contains(our) => {
                let renamed: BTreeMap<String, String> = names(&path).into_iter().zip(names(our)).collect();
                rename(&mut item, &renamed);
                paths.insert((*our).clone(), item);
            }
            _ => {
                paths.insert(path, item);
            }
        }
    }
}

/// A path without the names of its parameters, for the comparison of two descriptions.
pub fn shape(path: &str) -> String {
    rename_parameters(path, |_| String::new())
}

fn names(path: &str) -> Vec<String> {
    let mut names = Vec::new();
    rename_parameters(path, |name| {
        names.push(name.to_owned());
        String::new()
    });
    names
}

fn rename(item: &mut Value, renamed: &BTreeMap<String, String>) {
    let Some(item) = item.as_object_mut() else {
        return;
    };
    for (key, value) in item.iter_mut() {
        let parameters = if key == "parameters" {
            Some(value)
        } else {
            value.get_mut("parameters").filter(|_| METHODS.contains(&key.as_str()))
        };
        for parameter in array_mut(parameters) {
            let name = parameter.get("name").and_then(Value::as_str).and_then(|name| renamed.get(name));
            if parameter.get("in").is_some_and(|location| location == "path")
                && let (Some(name), Some(parameter)) = (name, parameter.as_object_mut())
            {
                parameter.insert("name".to_owned(), json!(name));
            }
        }
    }
}
