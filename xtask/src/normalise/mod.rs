//! The rules that make of any description of Courier's API one that progenitor and a loose server agree on.
//!
//! A rule is a function over the whole document, in a file of its own with the reason and the tests. They are applied in
//! the order of [`RULES`], and applying them again changes nothing.

mod aliases;
mod empty_bodies;
mod errors;
mod flat_objects;
mod limits;
mod names;
mod nested_unions;
mod nullable;
mod open_objects;
mod operation_ids;
mod path_parameters;
mod prose;
mod reachable;
mod ref_siblings;
mod shared;
mod success;
mod unions;

use anyhow::{Context, Result, bail, ensure};
use serde_json::Value;

use crate::document::operations;
use crate::references::require_resolved;

pub use prose::prose;
pub use reachable::reachable;

/// A rule and the name that errors give it.
pub struct Rule {
    pub name: &'static str,
    pub apply: fn(&mut Value),
}

/// Every rule, in the order in which they are applied.
pub const RULES: [Rule; 16] = [
    Rule { name: "shared", apply: shared::shared },
    Rule { name: "success", apply: success::success },
    Rule { name: "errors", apply: errors::errors },
    Rule { name: "limits", apply: limits::limits },
    Rule { name: "aliases", apply: aliases::aliases },
    Rule { name: "flat objects", apply: flat_objects::flat_objects },
    Rule { name: "nested unions", apply: nested_unions::nested_unions },
    Rule { name: "empty bodies", apply: empty_bodies::empty_bodies },
    // After the rules that join objects: a part does not require what the whole does.
    Rule { name: "nullable", apply: nullable::nullable },
    Rule { name: "ref siblings", apply: ref_siblings::ref_siblings },
    Rule { name: "open objects", apply: open_objects::open_objects },
    Rule { name: "names", apply: names::names },
    Rule { name: "unions", apply: unions::unions },
    Rule { name: "operation ids", apply: operation_ids::operation_ids },
    Rule { name: "path parameters", apply: path_parameters::path_parameters },
    Rule { name: "reachable", apply: reachable::reachable },
];

/// Applies every rule until nothing changes any more: one rule can give work to an earlier one. Fails when a rule breaks
/// what all of them promise.
pub fn normalise(document: &mut Value) -> Result<()> {
    const MOST_ROUNDS: usize = 12;
    require_resolved(document)?;
    let count = operations(document).len();
    for _ in 0..MOST_ROUNDS {
        let before = document.clone();
        for rule in RULES {
            (rule.apply)(document);
            let left = operations(document).len();
            ensure!(left == count, "the rule `{}` left {left} of {count} operations", rule.name);
            require_resolved(document).with_context(|| format!("the rule `{}` went wrong", rule.name))?;
        }
        if *document == before {
            return Ok(());
        }
    }
    bail!("the rules do not come to an end")
}

#[cfg(test)]
mod properties;

#[cfg(test)]
pub mod tests {
    use serde_json::{Value, json};

    use super::{RULES, normalise};

    /// A document with one operation, `GET /things`.
    pub fn operation(operation: Value) -> Value {
        json!({"openapi": "3.0.3", "paths": {"/things": {"get": operation}}, "components": {"schemas": {}}})
    }

    /// A document with nothing but component schemas.
    pub fn schemas(schemas: Value) -> Value {
        json!({"openapi": "3.0.3", "paths": {}, "components": {"schemas": schemas}})
    }

    #[test]
    fn every_rule_leaves_a_normalised_document_alone() {
        let mut document = operation(json!({
            "operationId": "things_list",
            "parameters": [{"name": "thingId", "in": "query", "schema": {"type": "string", "enum": ["a", "b"]}}],
            "responses": {"200": {"description": "", "content": {"application/json": {"schema": {
                "anyOf": [
                    {"type": "object", "properties": {"type": {"type": "string", "enum": ["a"]}, "n": {"type": "array", "items": {}}}},
                    {"type": "object", "properties": {"type": {"type": "string", "enum": ["b"]}}}
                ]
            }}}}, "default": {"description": ""}}
        }));
        normalise(&mut document).unwrap();
        for rule in RULES {
            let before = document.clone();
            (rule.apply)(&mut document);
            assert_eq!(document, before, "{} is not idempotent", rule.name);
        }
    }
}
