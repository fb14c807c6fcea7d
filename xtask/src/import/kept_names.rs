//! Schemas that upstream gives the name of another one, which keep the names in the committed description.
//!
//! A client names the choices of a union by their positions (`…UnionMember3`), so that a new choice renumbers the
//! others. The overlays name the types by these names. A schema whose name is new and not taken is reported instead.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use crate::document::{elements, members, schemas};
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
        let is_former =
            |(former, other): &(&&String, &&Value)| family(former) == family(name) && identity(former, other) == own;
        let mut former = known.iter().filter(is_former);
        if let (Some((former, _)), None) = (former.next(), former.next()) {
            names.insert((*name).clone(), (*former).clone());
        }
    }
    // A name is free if its schema is gone, or moves itself.
    while let Some(name) = clash(&names, &new) {
        names.remove(&name);
    }
    // A new choice whose number another one keeps gets a number that no committed choice has.
    let mut taken: BTreeSet<String> = names.values().chain(known.into_keys()).cloned().collect();
    let kept: BTreeSet<String> = names.values().cloned().collect();
    for name in new.keys().filter(|name| kept.contains(**name)) {
        if !names.contains_key(*name) {
            let mut numbered = (0..).map(|number| format!("{}{number}", family(name)));
            let free = numbered.find(|free| taken.insert(free.clone()));
            names.extend(free.map(|free| ((*name).clone(), free)));
        }
    }
    // The names of the schemas inside a renumbered choice begin with its name.
    let nested = new.keys().filter(|name| !names.contains_key(**name)).filter_map(|name| {
        let numbered = names.iter().filter(|(outer, _)| is_numbered(outer));
        let mut inside = numbered.filter_map(|(outer, kept)| Some((kept, name.strip_prefix(outer.as_str())?)));
        let (kept, rest) = inside.find(|(_, rest)| rest.starts_with(char::is_uppercase))?;
        Some(((*name).clone(), format!("{kept}{rest}")))
    });
    let nested: Vec<(String, String)> = nested.collect();
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
    let values = members(schema, "properties").map(|(name, property)| (name, elements(property, "enum").as_slice()));
    let constants: BTreeMap<&String, &[Value]> = values.filter(|(_, values)| values.len() == 1).collect();
    if is_numbered(name) && !constants.is_empty() { json!(constants) } else { without_names(schema) }
}

fn without_names(value: &Value) -> Value {
    match value {
        Value::Object(object) => {
            let members = object.iter().filter(|(key, _)| *key != "required");
            let without = |key: &String, inner| if key == "$ref" { Value::Null } else { without_names(inner) };
            members.map(|(key, inner)| (key.clone(), without(key, inner))).collect()
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
