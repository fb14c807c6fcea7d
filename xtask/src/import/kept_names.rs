//! Schemas that upstream gives the name of another one, which keep the names in the committed description.
//!
//! A client names the choices of a union by their positions (`…UnionMember3`), so that a new choice renumbers the
//! others. The overlays name the types by these names. A schema whose name is new and not taken is reported instead.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use crate::document::{object, schemas};
use crate::naming::schemas::rename;

/// Gives each schema whose name belonged to another one the name under which it was committed.
pub fn keep_names(document: &mut Value, committed: &Value) {
    let known: BTreeMap<&String, &Value> = schemas(committed).collect();
    let new: BTreeMap<&String, &Value> = schemas(document).collect();
    let mut names: BTreeMap<String, String> = BTreeMap::new();
    for (name, schema) in &new {
        let own = identity(name, schema);
        match known.get(name) {
            Some(other) if identity(name, other) == own => continue,
            None if !is_numbered(name) => continue,
            _ => {}
        }
        let mut former =
            known.iter().filter(|(former, other)| family(former) == family(name) && identity(former, other) == own);
        if let (Some((former, _)), None) = (former.next(), former.next()) {
            names.insert((*name).clone(), (*former).clone());
        }
    }
    // A name is free if its schema is gone, or moves itself.
    while let Some(name) = clash(&names, &new) {
        names.remove(&name);
    }
    names.extend(renumbered(&names, &new, &known));
    let nested = nested(&names, &new);
    names.extend(nested);
    names.retain(|name, kept| name != kept);
    if !names.is_empty() {
        rename(document, &names);
    }
}

/// The first schema whose kept name another schema has that does not move.
fn clash(names: &BTreeMap<String, String>, new: &BTreeMap<&String, &Value>) -> Option<String> {
    let mut taken = BTreeSet::new();
    let clash = names.iter().find(|(_, kept)| {
        let is_left = new.contains_key(kept) && !names.contains_key(*kept) && !is_numbered(kept);
        is_left || !taken.insert(*kept)
    });
    clash.map(|(name, _)| name.clone())
}

/// Numbers that no committed choice has, for new choices whose numbers others keep.
fn renumbered(
    names: &BTreeMap<String, String>,
    new: &BTreeMap<&String, &Value>,
    known: &BTreeMap<&String, &Value>,
) -> Vec<(String, String)> {
    let mut taken: BTreeSet<String> = names.values().cloned().chain(known.keys().map(|name| (*name).clone())).collect();
    let kept: BTreeSet<&String> = names.values().collect();
    let pushed_aside = new.keys().filter(|name| kept.contains(**name) && !names.contains_key(**name));
    let free = pushed_aside.filter_map(|name| {
        let base = family(name);
        let free = (0..).map(|number| format!("{base}{number}")).find(|free| !taken.contains(free))?;
        taken.insert(free.clone());
        Some(((*name).clone(), free))
    });
    free.collect()
}

/// The schemas inside a renumbered choice, which begin with its name.
fn nested(names: &BTreeMap<String, String>, new: &BTreeMap<&String, &Value>) -> Vec<(String, String)> {
    let numbered = || names.iter().filter(|(name, _)| is_numbered(name));
    let inside = new.keys().filter(|name| !names.contains_key(**name)).filter_map(|name| {
        let (outer, kept) = numbered().find(|(outer, _)| {
            name.strip_prefix(outer.as_str()).is_some_and(|rest| rest.starts_with(|first: char| first.is_uppercase()))
        })?;
        Some(((*name).clone(), format!("{kept}{}", name.strip_prefix(outer.as_str())?)))
    });
    inside.collect()
}

/// `…UnionMember3`.
fn is_numbered(name: &str) -> bool {
    !family(name).is_empty()
}

/// The name of a choice without its number; the names of all other schemas are one family.
fn family(name: &str) -> &str {
    let base = name.trim_end_matches(|last: char| last.is_ascii_digit());
    if base.ends_with("UnionMember") { base } else { "" }
}

/// The value by which a schema is recognized: a choice by its constants, any other by everything except the names of the
/// schemas to which it refers.
fn identity(name: &str, schema: &Value) -> Value {
    let constants: BTreeMap<&String, &Value> = object(schema, "properties")
        .into_iter()
        .flatten()
        .filter_map(|(name, property)| {
            Some((name, property.get("enum").filter(|values| values.as_array().is_some_and(|all| all.len() == 1))?))
        })
        .collect();
    if is_numbered(name) && !constants.is_empty() { json!(constants) } else { without_names(schema) }
}

fn without_names(value: &Value) -> Value {
    match value {
        Value::Object(object) => {
            let members = object.iter().filter(|(key, _)| *key != "required");
            members
                .map(|(key, inner)| (key.clone(), if key == "$ref" { Value::Null } else { without_names(inner) }))
                .collect()
        }
        Value::Array(array) => array.iter().map(without_names).collect(),
        other => other.clone(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::keep_names;
    use crate::normalize::tests::schemas;

    fn member(kind: &str, more: Value) -> Value {
        let mut properties = json!({"type": {"type": "string", "enum": [kind]}});
        properties.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        json!({"type": "object", "properties": properties})
    }

    fn refer(name: &str) -> Value {
        json!({"$ref": format!("#/components/schemas/{name}")})
    }

    #[test]
    fn renumbered_choice_keeps_its_number() {
        let node = |members: &[&str]| {
            let choices: Vec<Value> = members.iter().map(|name| refer(name)).collect();
            json!({"oneOf": choices})
        };
        let style = json!({"type": "string", "enum": ["b", "i"]});
        let committed = schemas(json!({
            "Node": node(&["NodeUnionMember0", "NodeUnionMember1"]),
            "NodeUnionMember0": member("text", json!({})),
            "NodeUnionMember1": member("image", json!({"style": refer("NodeUnionMember1Style")})),
            "NodeUnionMember1Style": style
        }));
        let mut new = schemas(json!({
            "Node": node(&["NodeUnionMember0", "NodeUnionMember1", "NodeUnionMember2"]),
            "NodeUnionMember0": member("video", json!({})),
            "NodeUnionMember1": member("text", json!({"added": {}})),
            "NodeUnionMember2": member("image", json!({"style": refer("NodeUnionMember2Style")})),
            "NodeUnionMember2Style": style
        }));
        keep_names(&mut new, &committed);
        let all = &new["components"]["schemas"];
        assert_eq!(all["NodeUnionMember0"], member("text", json!({"added": {}})));
        assert_eq!(all["NodeUnionMember1"], committed["components"]["schemas"]["NodeUnionMember1"]);
        assert_eq!(all["NodeUnionMember2"], member("video", json!({})));
        assert_eq!(all["Node"], node(&["NodeUnionMember2", "NodeUnionMember0", "NodeUnionMember1"]));
        let once = new.clone();
        keep_names(&mut new, &once);
        assert_eq!(new, once, "a committed description keeps its names");
    }

    #[test]
    fn swapped_names_are_swapped_back() {
        let brand = json!({"type": "object", "properties": {"part": refer("Part")}});
        let part = json!({"type": "object", "properties": {"size": {"type": "integer"}}});
        let committed = schemas(json!({"Brand": brand, "Part": part}));
        let mut new =
            schemas(json!({"Part": {"type": "object", "properties": {"part": refer("Brand")}}, "Brand": part}));
        keep_names(&mut new, &committed);
        assert_eq!(new["components"]["schemas"]["Brand"], brand);
        assert_eq!(new["components"]["schemas"]["Part"], part);
        // A schema that only gains a property keeps its name.
        let mut new =
            schemas(json!({"Brand": part, "Part": {"type": "object", "properties": {"size": {}, "unit": {}}}}));
        let before = new.clone();
        keep_names(&mut new, &committed);
        assert_eq!(new, before);
    }
}
