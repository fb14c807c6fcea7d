//! Import and passes handle or reject any description: damaged copies of this repository's description never lose
//! operations.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by a panic")]

use std::collections::BTreeSet;

use proptest::prelude::*;
use proptest::sample::{Index, select};
use serde_json::{Value, json};
use xtask::document::{operations, parse, print, walk};
use xtask::import::import;
use xtask::import::parameter_names::shape;
use xtask::naming::operations::SdkMethods;
use xtask::normalize::normalize;
use xtask::normalize::reachable::reachable;
use xtask::passes;
use xtask::references::dangling;

const UPSTREAM: &str = include_str!("../../openapi/upstream.yaml");

/// This repository's description with some of its paths, for speed.
fn excerpt(paths: &[Index]) -> Value {
    let mut document = parse(UPSTREAM).unwrap();
    let all = document["paths"].as_object_mut().unwrap();
    let selected: BTreeSet<usize> = paths.iter().map(|path| path.index(all.len())).collect();
    let mut index = 0;
    all.retain(|_, _| {
        index += 1;
        selected.contains(&(index - 1))
    });
    reachable(&mut document);
    document
}

/// Some values anywhere in the excerpt, replaced by others, valid and invalid.
fn damaged() -> impl Strategy<Value = Value> {
    let replacement = select(vec![
        json!(null),
        json!("text"),
        json!([]),
        json!({}),
        json!(true),
        json!([{}]),
        json!({"type": "string", "pattern": "^v", "nullable": true}),
        json!({"type": ["integer", "null"], "exclusiveMinimum": 0}),
        json!({"type": ["string", "integer"]}),
        json!({"const": "a"}),
        json!({"oneOf": []}),
        json!({"oneOf": [{"type": "string"}]}),
        json!({"anyOf": [{"type": "object", "properties": {"a": {}}}, {"type": "null"}]}),
        json!({"oneOf": [{"oneOf": [{"type": "string"}, {"enum": ["a", "b"]}]}, {"type": "object", "properties": {}}]}),
        json!({"allOf": []}),
        json!({"allOf": [{"type": "object", "properties": {"a": {}}}, {"properties": {"b": {}}, "required": ["b"]}]}),
        json!({"type": "object", "properties": {"id": {}, "itemId": {"enum": ["a"]}}, "additionalProperties": false}),
        json!({"properties": null}),
        json!({"$ref": 1}),
        json!({"$ref": "#/components/schemas/ApiError"}),
    ]);
    let paths = prop::collection::vec(any::<Index>(), 1..4);
    let mutations = prop::collection::vec((any::<Index>(), replacement), 0..6);
    (paths, mutations).prop_map(|(paths, mutations)| {
        let mut document = excerpt(&paths);
        for (index, replacement) in mutations {
            let mut pointers = Vec::new();
            walk(&document, &mut |pointer, _| {
                pointers.push(pointer.to_owned());
                true
            });
            *document.pointer_mut(index.get::<String>(&pointers)).unwrap() = replacement;
        }
        document
    })
}

/// Method and path of the operations, without the names of parameters.
fn routes(document: &Value) -> Vec<(String, String)> {
    let mut routes: Vec<(String, String)> =
        operations(document).iter().map(|operation| (operation.method.to_owned(), shape(operation.path))).collect();
    routes.sort();
    routes
}

fn text(document: &Value) -> String {
    print(document, "").unwrap()
}

fn cases(cases: u32) -> ProptestConfig {
    ProptestConfig { cases, failure_persistence: None, ..ProptestConfig::default() }
}

proptest! {
    #![proptest_config(cases(128))]

    #[test]
    fn damaged_description_is_normalized_or_refused(mut document in damaged()) {
        if !dangling(&document).is_empty() {
            prop_assert!(normalize(&mut document).is_err());
            return Ok(());
        }
        let before = routes(&document);
        let mut other = document.clone();
        if let Err(error) = normalize(&mut document) {
            let error = format!("{error:#}");
            // The only two damages that it refuses. Each names the operation.
            let is_expected = ["the response ", "is a `$ref`"].iter().all(|part| error.contains(part))
                || error.contains("has another body than the other successful responses");
            prop_assert!(is_expected, "{error}");
            prop_assert_eq!(normalize(&mut other).map_err(|error| format!("{error:#}")), Err(error));
            return Ok(());
        }
        normalize(&mut other).map_err(|error| TestCaseError::fail(format!("{error:#}")))?;
        prop_assert_eq!(text(&document), text(&other), "not deterministic");
        normalize(&mut other).map_err(|error| TestCaseError::fail(format!("{error:#}")))?;
        prop_assert_eq!(text(&document), text(&other), "not idempotent");
        prop_assert_eq!(routes(&document), before);
    }

    #[test]
    fn damaged_description_is_imported_once(document in damaged(), committed in damaged()) {
        let imported = |committed: &Value| import(&document.to_string(), committed).map(|import| import.document);
        // Against another description, and then against the result.
        if let Ok(once) = imported(&committed) {
            prop_assert_eq!(operations(&once).len(), operations(&document).len());
            prop_assert!(dangling(&once).is_empty());
            let twice = imported(&once).map_err(|error| TestCaseError::fail(format!("{error:#}")))?;
            prop_assert_eq!(text(&once), text(&twice));
            // A rejection is a complete sentence.
            if let Err(error) = passes::courier(&once, &[], &SdkMethods::new()) {
                prop_assert!(format!("{error:#}").starts_with("the pass `"), "{error:#}");
            }
        }
    }
}

proptest! {
    #![proptest_config(cases(12))]

    #[test]
    fn description_that_was_cut_off_is_refused(end in 0..UPSTREAM.len() * 9 / 10) {
        let description: String = UPSTREAM.chars().take(end).collect();
        let committed = json!({});
        prop_assert!(import(&description, &committed).is_err());
    }
}
