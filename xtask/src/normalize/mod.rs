//! The rules that convert the structure of Courier's API to a form that progenitor and a lenient server agree on.
//!
//! A rule is a function over the whole document, in a separate file with its reason and its tests. One application, in
//! the order of [`RULES`], is enough: normalizing twice is the same as normalizing once. `supported` rejects constructs
//! without a rule.

mod discriminators;
mod inline_schemas;
mod lists_of_choices;
pub mod nullable;
mod open_objects;
pub mod path_parameters;
pub mod reachable;
pub mod ref_siblings;
mod responses;

use anyhow::{Context, Result, ensure};
use serde_json::Value;

use crate::document::operations;
use crate::references::require_resolved;

/// A rule and its name in errors.
struct Rule {
    name: &'static str,
    apply: fn(&mut Value),
}

const RULES: [Rule; 11] = [
    Rule { name: "responses", apply: responses::responses },
    Rule { name: "nullable", apply: nullable::nullable },
    Rule { name: "ref siblings", apply: ref_siblings::ref_siblings },
    Rule { name: "open objects", apply: open_objects::open_objects },
    // Before the inline variants have names, which no server knows.
    Rule { name: "implicit mappings", apply: discriminators::implicit_mappings },
    Rule { name: "inline schemas", apply: inline_schemas::inline_schemas },
    // After the inline variants have names.
    Rule { name: "lists of choices", apply: lists_of_choices::lists_of_choices },
    Rule { name: "discriminators", apply: discriminators::discriminators },
    // After discriminators have made their tags required.
    Rule { name: "inline constants", apply: inline_schemas::inline_constants },
    Rule { name: "path parameters", apply: path_parameters::path_parameters },
    Rule { name: "reachable", apply: reachable::reachable },
];

/// Applies every rule. Fails if a rule loses an operation or breaks a reference.
pub fn normalize(document: &mut Value) -> Result<()> {
    require_resolved(document)?;
    responses::require_one_success(document)?;
    let count = operations(document).len();
    for rule in RULES {
        (rule.apply)(document);
        let left = operations(document).len();
        ensure!(left == count, "the rule `{}` left {left} of {count} operations", rule.name);
        require_resolved(document).with_context(|| format!("the rule `{}` broke a reference", rule.name))?;
    }
    Ok(())
}

#[cfg(test)]
pub mod tests {
    use serde_json::{Value, json};

    use super::{RULES, normalize};

    /// A document with one operation, `GET /things`.
    pub fn operation(operation: Value) -> Value {
        json!({"openapi": "3.0.3", "paths": {"/things": {"get": operation}}, "components": {"schemas": {}}})
    }

    /// A document with only component schemas.
    pub fn schemas(schemas: Value) -> Value {
        json!({"openapi": "3.0.3", "paths": {}, "components": {"schemas": schemas}})
    }

    #[test]
    fn every_rule_leaves_a_normalized_document_alone() {
        let mut document = operation(json!({
            "operationId": "things_list",
            "parameters": [{"name": "thingId", "in": "query", "schema": {"type": "string", "enum": ["a", "b"]}}],
            "responses": {"200": {"description": "", "content": {"application/json": {"schema": {
                "oneOf": [
                    {"type": "object", "properties": {"type": {"type": "string", "enum": ["a"]}, "n": {"type": "array", "items": {}}}},
                    {"type": "object", "properties": {"type": {"type": "string", "enum": ["b"]}}}
                ]
            }}}}, "default": {"description": ""}}
        }));
        normalize(&mut document).unwrap();
        for rule in RULES {
            let before = document.clone();
            (rule.apply)(&mut document);
            assert_eq!(document, before, "{} is not idempotent", rule.name);
        }
    }
}
