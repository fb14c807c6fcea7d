//! The rules for names of schemas, and proposals for schemas that break them.

use std::collections::{BTreeMap, BTreeSet};

use heck::ToUpperCamelCase;
use serde_json::{Map, Value};

use crate::document::{SCHEMA_PREFIX, object, operations, reference, references, schemas};
use crate::spec::types::{APART, Misnamed, shape};

/// Every schema whose name has to be chosen in types.yaml.
pub fn misnamed(document: &Value) -> Vec<Misnamed> {
    let mut misnamed: Vec<Misnamed> = schemas(document)
        .filter_map(|(name, schema)| {
            let (reason, proposal) =
                numbered(name, schema).or_else(|| misspelt(name)).or_else(|| repeats_parent(document, name))?;
            Some(Misnamed { schema: name.clone(), reason, proposal: free(document, name, proposal) })
        })
        .collect();
    misnamed.extend(twins(document));
    misnamed
}

/// A name by position means another thing when a position is added.
fn numbered(name: &str, schema: &Value) -> Option<(String, String)> {
    let base = name.trim_end_matches(|last: char| last.is_ascii_digit());
    let number = name.strip_prefix(base).filter(|number| !number.is_empty())?;
    // A word such as `Base64` is no position.
    if !["UnionMember", "Variant", "Member", "Item"].iter().any(|word| base.ends_with(word)) && number != "2" {
        return None;
    }
    let base = ["UnionMember", "Variant", "Member"].iter().fold(base, |base, word| base.trim_end_matches(word));
    let constant = object(schema, "properties").into_iter().flatten().find_map(|(_, property)| {
        match property.get("enum")?.as_array()?.as_slice() {
            [only] => only.as_str().map(ToUpperCamelCase::to_upper_camel_case),
            _ => None,
        }
    });
    let required = schema.get("required").and_then(|required| required.get(0)).and_then(Value::as_str);
    let kind = constant.or_else(|| required.map(ToUpperCamelCase::to_upper_camel_case)).unwrap_or_default();
    Some((format!("a name by the number {number}"), format!("{base}{kind}")))
}

/// The overlays and the documentation call a type what Rust calls it.
fn misspelt(name: &str) -> Option<(String, String)> {
    let rust = name.to_upper_camel_case();
    (rust != name).then(|| ("not the name that the type has in Rust".to_owned(), rust))
}

/// The number of words from which on a name is too long to be repeated in another.
const LONG: usize = 3;

/// `SendMessageRequestMessageTo`: the whole name of the type that holds it, and one word more.
fn repeats_parent(document: &Value, name: &str) -> Option<(String, String)> {
    let own = words(name);
    let (parent, _) = schemas(document).find(|(parent, schema)| {
        let words = words(parent);
        *parent != name
            && words.len() >= LONG
            && own.starts_with(&words)
            && references(schema).iter().any(|target| target.strip_prefix(SCHEMA_PREFIX) == Some(name))
    })?;
    let words = words(parent);
    let last = words.iter().rev().find(|word| !["Request", "Response"].contains(&word.as_str()));
    let rest = own.get(words.len()..).unwrap_or_default().concat();
    let last = last.cloned().unwrap_or_default();
    let proposal = if rest.starts_with(&last) { rest } else { format!("{last}{rest}") };
    Some((format!("it repeats the whole name of {parent}"), proposal))
}

/// Types of equal shape are one, unless it is said of each why it is not. What an operation alone takes or answers
/// belongs to the operation.
fn twins(document: &Value) -> Vec<Misnamed> {
    let same: BTreeMap<String, String> = BTreeMap::new();
    let carried = carried(document);
    let mut groups: BTreeMap<String, Vec<(&String, &Value)>> = BTreeMap::new();
    for (name, schema) in schemas(document).filter(|(name, _)| !carried.contains(name.as_str())) {
        groups.entry(shape(schema, &same).to_string()).or_default().push((name, schema));
    }
    let mut found = Vec::new();
    for group in groups.values() {
        for (name, schema) in group {
            let others: Vec<&str> =
                group.iter().map(|(other, _)| other.as_str()).filter(|other| other != name).collect();
            let reason = match (others.is_empty(), schema.get(APART).is_some()) {
                (false, false) => {
                    format!("it has the shape of {}: `x-name` joins them, `x-apart` says why not", others.join(", "))
                }
                (true, true) => "`x-apart` is said of it, and nothing else has its shape".to_owned(),
                _ => continue,
            };
            // One for the whole group, so that taking the proposals joins it.
            let shortest = group.iter().map(|(name, _)| *name).min_by_key(|name| name.len());
            let proposal = shortest.filter(|_| !others.is_empty()).cloned();
            found.push(Misnamed { schema: (*name).clone(), reason, proposal });
        }
    }
    found
}

/// The schemas that are the body or the answer of an operation.
fn carried(document: &Value) -> BTreeSet<&str> {
    let mut carried = BTreeSet::new();
    for operation in operations(document) {
        let answers = object(operation.value, "responses").into_iter().flat_map(Map::values);
        for carrier in operation.value.get("requestBody").into_iter().chain(answers) {
            let content = object(carrier, "content").into_iter().flat_map(Map::values);
            carried.extend(content.filter_map(|media| reference(media.get("schema")?)));
        }
    }
    carried
}

/// A proposal that no other schema has.
fn free(document: &Value, own: &str, proposal: String) -> Option<String> {
    let is_taken = schemas(document).any(|(name, _)| name != own && name.to_upper_camel_case() == proposal);
    (!is_taken && !proposal.is_empty()).then_some(proposal)
}

/// The words of a name in camel case.
pub fn words(name: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    for character in name.chars() {
        match words.last_mut() {
            Some(word) if !character.is_uppercase() => word.push(character),
            _ => words.push(character.to_string()),
        }
    }
    words
}
