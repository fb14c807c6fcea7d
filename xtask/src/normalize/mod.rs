//! The rules that convert the structure of Courier's API to a form that progenitor and a lenient server agree on.
//!
//! A rule is a function over the whole document, with its reason and its tests. One application, in
//! the order of [`RULES`], is enough: normalizing twice is the same as normalizing once. `supported` rejects constructs
//! without a rule.

mod discriminators;
mod inline_schemas;
pub mod path_parameters;
pub mod reachable;
mod responses;
pub mod schemas;

use anyhow::{Context, Result, ensure};
use serde_json::Value;

use crate::document::operations;
use crate::normalize::inline_schemas::inline_schemas;
use crate::references::require_resolved;

/// A rule, after its name in errors.
type Rule = (&'static str, fn(&mut Value));

const RULES: [Rule; 11] = [
    ("responses", responses::responses),
    ("nullable", schemas::nullable),
    ("ref siblings", schemas::ref_siblings),
    ("open objects", schemas::open_objects),
    // Before the inline variants have names, which no server knows.
    ("implicit mappings", discriminators::implicit_mappings),
    ("inline schemas", |document| inline_schemas(document, false)),
    // After the inline variants have names.
    ("lists of choices", schemas::lists_of_choices),
    ("discriminators", discriminators::discriminators),
    // After discriminators have made their tags required.
    ("inline constants", |document| inline_schemas(document, true)),
    ("path parameters", path_parameters::path_parameters),
    ("reachable", reachable::reachable),
];

/// Applies every rule. Fails if a rule loses an operation or breaks a reference.
pub fn normalize(document: &mut Value) -> Result<()> {
    require_resolved(document)?;
    responses::require_one_success(document)?;
    let count = operations(document).len();
    for (name, apply) in RULES {
        apply(document);
        let left = operations(document).len();
        ensure!(left == count, "the rule `{name}` left {left} of {count} operations");
        require_resolved(document).with_context(|| format!("the rule `{name}` broke a reference"))?;
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
        for (name, apply) in RULES {
            let before = document.clone();
            apply(&mut document);
            assert_eq!(document, before, "{name} is not idempotent");
        }
    }
}
