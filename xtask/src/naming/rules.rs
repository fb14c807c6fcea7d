//! The rules for names of schemas, and proposals for schemas that break them.

use std::collections::BTreeMap;

use heck::ToUpperCamelCase;
use serde_json::Value;

use crate::document::{SCHEMA_PREFIX, members, operations, reference, references, schemas};
use crate::findings::Finding;
use crate::generator::description::lookup::{request_body, required, success_body, values};
use crate::naming::schemas::{self as schema_names, APART, shape};

/// The schemas that need another name in types.yaml.
pub fn misnamed(document: &Value) -> Vec<Finding> {
    let mut misnamed: Vec<Finding> = schemas(document)
        .filter_map(|(name, schema)| {
            let (reason, proposal) =
                numbered(name, schema).or_else(|| not_rust_name(name)).or_else(|| repeats_parent(document, name))?;
            Some(schema_names::misnamed(name, &reason, free(document, name, proposal).as_deref()))
        })
        .collect();
    misnamed.extend(twins(document));
    misnamed
}

/// Detects a name by position, whose meaning changes when a position is added.
fn numbered(name: &str, schema: &Value) -> Option<(String, String)> {
    let base = name.trim_end_matches(|last: char| last.is_ascii_digit());
    let number = name.strip_prefix(base).filter(|number| !number.is_empty())?;
    // A word such as `Base64` is not a position.
    if !["UnionMember", "Variant", "Member", "Item"].iter().any(|word| base.ends_with(word)) && number != "2" {
        return None;
    }
    let base = ["UnionMember", "Variant", "Member"].iter().fold(base, |base, word| base.trim_end_matches(word));
    let constant = members(schema, "properties").find_map(|(_, property)| match values(property).as_slice() {
        [only] => Some(*only),
        _ => None,
    });
    let kind = constant.or_else(|| required(schema).next()).unwrap_or_default().to_upper_camel_case();
    Some((format!("its name depends on the number {number}"), format!("{base}{kind}")))
}

/// Detects a name that differs from the type's name in Rust, which the overlays and the documentation use.
fn not_rust_name(name: &str) -> Option<(String, String)> {
    let rust = name.to_upper_camel_case();
    (rust != name).then(|| ("not the name that the type has in Rust".to_owned(), rust))
}

/// The number of parts from which a name is too long to repeat in another name.
const MIN_LONG_NAME: usize = 3;

/// Detects `SendMessageRequestMessageTo`: the whole name of the type that contains it, and one more part.
fn repeats_parent(document: &Value, name: &str) -> Option<(String, String)> {
    let (parent, rest) = schemas(document).find_map(|(parent, schema)| {
        let rest = name.strip_prefix(parent.as_str()).filter(|rest| rest.starts_with(char::is_uppercase))?;
        let is_long = parent.matches(char::is_uppercase).count() >= MIN_LONG_NAME;
        let is_parent = || references(schema).iter().any(|target| target.strip_prefix(SCHEMA_PREFIX) == Some(name));
        (is_long && is_parent()).then_some((parent, rest))
    })?;
    let own = ["Request", "Response"].iter().fold(parent.as_str(), |own, word| own.trim_end_matches(word));
    let last = own.rfind(char::is_uppercase).and_then(|start| own.get(start..)).unwrap_or_default();
    let proposal = if rest.starts_with(last) { rest.to_owned() } else { format!("{last}{rest}") };
    Some((format!("it repeats the whole name of {parent}"), proposal))
}

/// Finds types of equal shape, which are joined unless each has a reason not to be. The body of a request or a response
/// belongs to its operation.
fn twins(document: &Value) -> Vec<Finding> {
    let operations = operations(document).into_iter().map(|operation| operation.value);
    let bodies = operations.flat_map(|operation| [request_body(operation), success_body(operation)]);
    let bodies: Vec<&str> = bodies.filter_map(|body| reference(body?)).collect();
    let mut groups: BTreeMap<String, Vec<(&String, &Value)>> = BTreeMap::new();
    for (name, schema) in schemas(document).filter(|(name, _)| !bodies.contains(&name.as_str())) {
        groups.entry(shape(schema).to_string()).or_default().push((name, schema));
    }
    let mut findings = Vec::new();
    for group in groups.values() {
        // The same for the whole group, so that the proposals join it.
        let proposal = group.iter().map(|(name, _)| name.as_str()).min_by_key(|name| name.len());
        let proposal = proposal.filter(|_| group.len() > 1);
        for (name, schema) in group {
            let others = group.iter().map(|(other, _)| other.as_str()).filter(|other| other != name);
            let others = others.collect::<Vec<_>>().join(", ");
            let reason = match (others.is_empty(), schema.get(APART).is_some()) {
                (false, false) => {
                    format!("it has the shape of {others}: `x-name` joins them, `x-apart` gives the reason not to")
                }
                (true, true) => "it has an `x-apart`, and no other schema has its shape".to_owned(),
                _ => continue,
            };
            findings.push(schema_names::misnamed(name, &reason, proposal));
        }
    }
    findings
}

/// The proposal, unless another schema has that name.
fn free(document: &Value, own: &str, proposal: String) -> Option<String> {
    let is_taken = schemas(document).any(|(name, _)| name != own && name.to_upper_camel_case() == proposal);
    (!is_taken && !proposal.is_empty()).then_some(proposal)
}
