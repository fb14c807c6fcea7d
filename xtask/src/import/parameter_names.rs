//! Parameter names of paths, which keep the names in the committed description.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::document::{array_mut, rename_parameters, text};

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
    let rename = |parameters: Option<&mut Value>| {
        for parameter in array_mut(parameters).filter(|parameter| text(parameter, "in") == Some("path")) {
            let name = text(parameter, "name").and_then(|name| renamed.get(name));
            if let (Some(name), Some(value)) = (name, parameter.get_mut("name")) {
                *value = json!(name);
            }
        }
    };
    rename(item.get_mut("parameters"));
    item.as_object_mut().into_iter().flatten().for_each(|(_, operation)| rename(operation.get_mut("parameters")));
}
