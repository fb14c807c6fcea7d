//! What all rules together guarantee for any document.

use std::collections::BTreeSet;

use proptest::prelude::*;
use proptest::sample::{Index, select, subsequence};
use serde_json::{Map, Value, json};

use super::{normalise, prose, reachable};
use crate::document::references::dangling;
use crate::document::walk::walk;
use crate::document::{operations, parse, print};
use crate::import::downgrade::downgrade;
use crate::import::import;
use crate::import::paths::shape;

const UPSTREAM: &str = include_str!("../../../openapi/upstream.yaml");

const SCHEMAS: [&str; 5] = ["Alpha", "Beta", "Gamma", "gamma", "AlphaType"];
const PROPERTIES: [&str; 6] = ["type", "id", "itemId", "item_id", "description", "nullable"];
const PATHS: [&str; 5] =
    ["/things", "/things/{thingId}", "/things/{thing_id}", "/a/{b}/c/{dE}", "/files/{fileName}.json"];
const METHODS: [&str; 4] = ["get", "put", "post", "delete"];

fn reference() -> impl Strategy<Value = Value> {
    select(&SCHEMAS[..]).prop_map(|name| json!({"$ref": format!("#/components/schemas/{name}")}))
}

fn leaf() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(json!({})),
        Just(json!({"type": "string"})),
        Just(json!({"type": "string", "pattern": "^v", "nullable": true})),
        Just(json!({"type": ["integer", "null"], "exclusiveMinimum": 0})),
        Just(json!({"type": ["string", "integer"]})),
        Just(json!({"const": "a"})),
        Just(json!({"type": "object"})),
        subsequence(vec!["a", "b", "c"], 1..=3).prop_map(|values| json!({"type": "string", "enum": values})),
        reference(),
        reference().prop_map(|mut reference| {
            reference["description"] = json!("words");
            reference["nullable"] = json!(true);
            reference
        }),
    ]
}

fn schema() -> impl Strategy<Value = Value> {
    leaf().prop_recursive(3, 24, 4, |inner| {
        let object = (prop::collection::btree_map(select(&PROPERTIES[..]), inner.clone(), 0..4), any::<[bool; 2]>())
            .prop_map(|(properties, [required, closed])| {
                let mut object = json!({"type": "object", "properties": properties});
                if required {
                    object["required"] = json!(properties.keys().collect::<Vec<_>>());
                }
                if closed {
                    object["additionalProperties"] = json!(false);
                }
                object
            });
        let several =
            |key: &'static str| prop::collection::vec(inner.clone(), 1..4).prop_map(move |parts| json!({key: parts}));
        prop_oneof![
            3 => object,
            1 => inner.clone().prop_map(|items| json!({"type": "array", "items": items})),
            1 => inner.clone().prop_map(|values| json!({"type": "object", "additionalProperties": values})),
            1 => several("allOf"),
            1 => several("oneOf"),
            1 => several("anyOf"),
            1 => (several("allOf"), prop::collection::btree_map(select(&PROPERTIES[..]), inner.clone(), 1..3))
                .prop_map(|(mut all, properties)| {
                    all["properties"] = json!(properties);
                    all
                }),
            1 => several("oneOf").prop_map(|mut one| {
                one["discriminator"] = json!({"propertyName": "type"});
                one
            }),
        ]
    })
}

fn operation() -> impl Strategy<Value = Value> {
    let content = |schema: Value| json!({"description": "", "content": {"application/json": {"schema": schema}}});
    let responses = prop::collection::btree_map(
        select(&["200", "201", "204", "404", "default", "2XX"][..]),
        prop_oneof![
            schema().prop_map(content),
            Just(json!({"description": ""})),
            Just(json!({"$ref": "#/components/responses/Shared"})),
        ],
        0..4,
    );
    let parameter = (select(&PROPERTIES[..]), select(&["query", "header", "path"][..]), schema())
        .prop_map(|(name, place, schema)| json!({"name": name, "in": place, "schema": schema}));
    let parameters = prop::collection::vec(
        prop_oneof![3 => parameter, 1 => Just(json!({"$ref": "#/components/parameters/Shared"}))],
        0..3,
    );
    (responses, parameters, prop::option::of(schema().prop_map(content)), any::<[bool; 2]>()).prop_map(
        |(responses, parameters, body, [named, bare])| {
            let mut operation = Map::new();
            if named {
                operation.insert("operationId".to_owned(), json!("doThings"));
            }
            if !bare {
                operation.insert("responses".to_owned(), json!(responses));
                operation.insert("parameters".to_owned(), json!(parameters));
            }
            operation.extend(body.map(|body| ("requestBody".to_owned(), body)));
            Value::Object(operation)
        },
    )
}

fn document() -> impl Strategy<Value = Value> {
    let item = (prop::collection::btree_map(select(&METHODS[..]), operation(), 0..3), any::<bool>()).prop_map(
        |(operations, shares)| {
            let mut item = json!(operations);
            if shares {
                item["parameters"] = json!([{"name": "limit", "in": "query", "schema": {"type": "integer"}}]);
            }
            item
        },
    );
    let paths = prop::collection::btree_map(select(&PATHS[..]), item, 1..4);
    let schemas = prop::collection::vec(schema(), SCHEMAS.len());
    (paths, schemas, schema()).prop_map(|(paths, schemas, shared)| {
        let schemas: Map<String, Value> = SCHEMAS.iter().map(|name| (*name).to_owned()).zip(schemas).collect();
        json!({
            "openapi": "3.1.0",
            "paths": paths,
            "components": {
                "schemas": schemas,
                "parameters": {"Shared": {"name": "shared", "in": "query", "schema": shared}},
                "responses": {"Shared": {"description": "", "content": {"application/json": {"schema": shared}}}}
            }
        })
    })
}

/// Normalises, and checks the guarantees.
fn keeps_its_promises(mut document: Value) -> Result<(), TestCaseError> {
    downgrade(&mut document);
    let before = places(&document);
    let mut again = document.clone();
    normalise(&mut document).map_err(|error| TestCaseError::fail(format!("{error:#}")))?;
    normalise(&mut again).map_err(|error| TestCaseError::fail(format!("{error:#}")))?;
    prop_assert_eq!(print(&document, "").unwrap(), print(&again, "").unwrap(), "not deterministic");
    normalise(&mut again).map_err(|error| TestCaseError::fail(format!("{error:#}")))?;
    prop_assert_eq!(print(&document, "").unwrap(), print(&again, "").unwrap(), "not idempotent");
    prop_assert_eq!(places(&document), before, "not the same operations");
    prop_assert!(dangling(&document).is_empty());
    Ok(())
}

/// The operations, whatever their parameters are called.
fn places(document: &Value) -> Vec<(String, String)> {
    let mut places: Vec<(String, String)> =
        operations(document).iter().map(|operation| (operation.method.to_owned(), shape(operation.path))).collect();
    places.sort();
    places
}

/// Our own description with only some of its paths, to be quick.
fn excerpt(paths: &[Index]) -> Value {
    let mut document = parse(UPSTREAM).unwrap();
    let all = document["paths"].as_object_mut().unwrap();
    let kept: BTreeSet<usize> = paths.iter().map(|path| path.index(all.len())).collect();
    let mut index = 0;
    all.retain(|_, _| {
        index += 1;
        kept.contains(&(index - 1))
    });
    reachable(&mut document);
    document
}

fn cases(cases: u32) -> ProptestConfig {
    ProptestConfig { cases, failure_persistence: None, ..ProptestConfig::default() }
}

proptest! {
    #![proptest_config(cases(256))]

    #[test]
    fn any_document_keeps_its_operations_and_comes_to_rest(document in document()) {
        keeps_its_promises(document)?;
    }
}

proptest! {
    #![proptest_config(cases(64))]

    #[test]
    fn a_broken_copy_of_our_own_description_is_normalised_or_refused(
        paths in prop::collection::vec(any::<Index>(), 1..4),
        mutations in prop::collection::vec((any::<Index>(), select(vec![
            json!(null), json!("text"), json!([]), json!({}), json!(true), json!([{}]), json!({"type": "string"}),
            json!({"oneOf": []}), json!({"allOf": []}), json!({"properties": null}), json!({"$ref": 1}),
        ])), 1..6),
    ) {
        let mut document = excerpt(&paths);
        for (place, value) in mutations {
            let mut found = Vec::new();
            walk(&document, &mut |pointer, _| {
                found.push(pointer.to_owned());
                true
            });
            if let Some(place) = document.pointer_mut(place.get::<String>(&found)) {
                *place = value;
            }
        }
        downgrade(&mut document);
        prose(&mut document);
        if dangling(&document).is_empty() {
            keeps_its_promises(document)?;
        } else {
            prop_assert!(normalise(&mut document).is_err());
        }
    }

}

proptest! {
    #![proptest_config(cases(128))]

    #[test]
    fn any_document_is_imported_once_and_then_the_same(document in document(), other in document()) {
        // OpenAPI does not allow two paths that differ in the names of their parameters only.
        let paths: Vec<&String> = document["paths"].as_object().into_iter().flat_map(Map::keys).collect();
        let shapes: BTreeSet<String> = paths.iter().map(|path| shape(path)).collect();
        prop_assume!(shapes.len() == paths.len());
        let imported = |committed: &Value| import(&document.to_string(), committed).map(|import| import.document);
        // Against another description, in which places have other names; and then against what came of it.
        if let Ok(once) = imported(&other) {
            prop_assert_eq!(operations(&once).len(), operations(&document).len());
            prop_assert!(dangling(&once).is_empty());
            let twice = imported(&once).map_err(|error| TestCaseError::fail(format!("{error:#}")))?;
            prop_assert_eq!(print(&once, "").unwrap(), print(&twice, "").unwrap());
        }
    }
}

proptest! {
    #![proptest_config(cases(12))]

    #[test]
    fn a_description_that_was_cut_off_is_refused(end in 0..UPSTREAM.len() * 9 / 10) {
        let committed = json!({});
        let text: String = UPSTREAM.chars().take(end).collect();
        prop_assert!(import(&text, &committed).is_err());
    }
}
