//! The rules that turn any description of Courier's API into one that progenitor and a lenient server agree on.
//!
//! A rule is a function over the whole document, in a file of its own with its reason and its tests. The rules are applied
//! in the order of [`RULES`], round after round, until a round changes nothing.
//!
//! # Why until nothing changes
//!
//! Each rule looks for one pattern, and what a rule leaves behind can be the pattern of an earlier one. This happens with
//! wrappers inside wrappers: when `nested unions` or `flat objects` has unwrapped one, what is left can be an alias of
//! another component. Courier's own description needs a single round, since the order is chosen for it, and the second
//! only confirms that. A description that needs more gets more, so no rule has to know which rules follow it.
//! `properties.rs` tests with arbitrary documents that normalising twice is the same as normalising once.
//!
//! # Why three times
//!
//! `spec::courier` normalises again after the overlays that can change the structure: `types.yaml`, which joins schemas,
//! then `corrections.yaml`, then the overlays that add words (a description beside a bare `$ref` has to be moved into an
//! `allOf`, or OpenAPI 3.0 drops it). What we say ourselves is under the same rules as what Courier says.

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
use crate::document::references::require_resolved;

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

/// Applies the rules until a round changes nothing. It is an error if a rule loses an operation or breaks a reference.
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
    bail!("the rules still change the document after {MOST_ROUNDS} rounds")
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
