//! Schemas with a new name upstream: one schema is gone, one is new, and they are alike.
//!
//! Nothing is renamed silently. A finding names both, with the action for types.yaml that keeps the name.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::document::{elements, members, schemas};
use crate::findings::{Finding, Section};
use crate::generator::description::lookup;
use crate::naming::schemas::name_action;

/// The removed schema that is most similar to each new schema, if they share half of their members.
pub fn proposals(old: &Value, new: &Value) -> Vec<Finding> {
    let gone = || schemas(old).filter(|(name, _)| lookup::schema(new, name).is_none());
    let added = schemas(new).filter(|(name, _)| lookup::schema(old, name).is_none());
    let mut pairs: Vec<(usize, &String, &String)> = added
        .flat_map(|(name, schema)| {
            gone().filter_map(move |(former, known)| Some((likeness(known, schema)?, name, former)))
        })
        .collect();
    // The most similar first, then by name.
    pairs.sort_by_key(|(likeness, name, former)| (std::cmp::Reverse(*likeness), *name, *former));
    let mut paired = BTreeSet::new();
    let pairs = pairs.into_iter().filter(|(_, name, former)| {
        let is_free = !paired.contains(name) && !paired.contains(former);
        paired.extend([*name, *former].into_iter().filter(|_| is_free));
        is_free
    });
    let findings = pairs.map(|(_, name, former)| {
        let text = format!("{name} is like {former}, which is gone: `x-name: {former}` keeps the name");
        Finding::new(Section::RenamedSchema, name, text).with_action(Some(name_action(name, former)))
    });
    findings.collect()
}

/// The share of members that two schemas have in common, in percent; `None` if it is less than half.
fn likeness(old: &Value, new: &Value) -> Option<usize> {
    const MIN_LIKENESS: usize = 50;
    let [old, new] = [old, new].map(characteristics);
    let likeness = 100 * old.intersection(&new).count() / old.len().max(new.len()).max(1);
    (likeness >= MIN_LIKENESS).then_some(likeness)
}

/// The members that characterize a schema: properties, values or choices.
fn characteristics(schema: &Value) -> BTreeSet<String> {
    let properties = members(schema, "properties").map(|(name, _)| format!("the property {name}"));
    let choices = ["enum", "oneOf"].into_iter().flat_map(|keyword| elements(schema, keyword)).map(Value::to_string);
    properties.chain(choices).collect()
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
