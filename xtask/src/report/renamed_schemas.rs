//! Schemas with a new name upstream: one schema is gone, one is new, and they are alike.
//!
//! Nothing is renamed silently. A finding names both, with the action for types.yaml that keeps the name.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::document::{object, schemas};
use crate::findings::{Finding, Section};
use crate::naming::schemas::name_action;

/// The removed schema that is most similar to each new schema, if they share half of their members.
pub fn proposals(old: &Value, new: &Value) -> Vec<Finding> {
    let (old, new): (BTreeMap<_, _>, BTreeMap<_, _>) = (schemas(old).collect(), schemas(new).collect());
    let gone = || old.iter().filter(|(name, _)| !new.contains_key(*name));
    let added = new.iter().filter(|(name, _)| !old.contains_key(*name));
    let mut pairs: Vec<(usize, &String, &String)> = added
        .flat_map(|(name, schema)| {
            gone().filter_map(move |(former, known)| Some((likeness(known, schema)?, *name, *former)))
        })
        .collect();
    // The most similar first, then by name.
    pairs.sort_by_key(|(likeness, name, former)| (std::cmp::Reverse(*likeness), *name, *former));
    let mut paired = BTreeSet::new();
    let mut findings = Vec::new();
    for (_, name, former) in pairs {
        if paired.contains(name) || paired.contains(former) {
            continue;
        }
        paired.extend([name, former]);
        let text = format!("{name} is like {former}, which is gone: `x-name: {former}` keeps the name");
        findings.push(Finding::new(Section::RenamedSchema, name, text).with_action(Some(name_action(name, former))));
    }
    findings
}

/// The share of members that two schemas have in common, in percent; `None` if it is less than half, or the kinds
/// differ.
fn likeness(old: &Value, new: &Value) -> Option<usize> {
    const MIN_LIKENESS: usize = 50;
    let (old_kind, old_members) = members(old)?;
    let (new_kind, new_members) = members(new)?;
    let shared = old_members.intersection(&new_members).count();
    let likeness = 100 * shared / old_members.len().max(new_members.len()).max(1);
    (old_kind == new_kind && likeness >= MIN_LIKENESS).then_some(likeness)
}

/// The keyword and the members that characterize a schema: properties, values or choices.
fn members(schema: &Value) -> Option<(&'static str, BTreeSet<String>)> {
    if let Some(properties) = object(schema, "properties") {
        return Some(("properties", properties.keys().cloned().collect()));
    }
    ["enum", "oneOf"].into_iter().find_map(|keyword| {
        let members = schema.get(keyword)?.as_array()?;
        Some((keyword, members.iter().map(Value::to_string).collect()))
    })
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::proposals;
    use crate::normalize::tests::schemas;

    fn thing(properties: &[&str]) -> Value {
        let properties: Value = properties.iter().map(|name| ((*name).to_owned(), json!({"type": "string"}))).collect();
        json!({"properties": properties})
    }

    #[test]
    fn most_alike_schema_is_proposed_once() {
        let old = schemas(json!({
            "Owner": thing(&["id", "name"]), "Part": thing(&["id", "size", "unit"]),
            "Color": {"enum": ["RED", "BLUE"]}, "Kept": thing(&["id"])
        }));
        let new = schemas(json!({
            "Person": thing(&["id", "name", "email"]), "Human": thing(&["id", "name"]),
            "Hue": {"enum": ["RED", "BLUE", "GREEN"]}, "Kept": thing(&["id"]), "New": thing(&["other"])
        }));
        let findings = proposals(&old, &new);
        let texts: Vec<&str> = findings.iter().map(|finding| &*finding.text).collect();
        assert_eq!(
            texts,
            [
                "Human is like Owner, which is gone: `x-name: Owner` keeps the name",
                "Hue is like Color, which is gone: `x-name: Color` keeps the name",
            ]
        );
        let action = json!({"target": "$.components.schemas['Human']", "update": {"x-name": "Owner"}});
        assert_eq!(findings[0].action, Some(action));
    }
}
