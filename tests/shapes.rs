//! The shapes of the public types and of the client's methods, so that a change of the API is a diff to review.
//!
//! `cargo insta review` shows what changed; without it, `INSTA_UPDATE=always cargo test --test shapes` accepts all.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a test fails by a panic")]

mod support;

use std::collections::{BTreeMap, BTreeSet};

use heck::ToUpperCamelCase as _;
use insta::assert_snapshot;
use schemars::generate::{SchemaGenerator, SchemaSettings};
use serde_json::Value;
use support::{description, operations};

macro_rules! every_type {
    ($($name:ident),*) => {
        fn shape(generator: &mut SchemaGenerator, name: &str) -> bool {
            let _ = match name {
                $(stringify!($name) => generator.subschema_for::<trycourier::types::$name>(),)*
                _ => return false,
            };
            true
        }
    };
}
include!(concat!(env!("OUT_DIR"), "/every_type.rs"));

/// The names of the component schemas that a value leads to.
fn reached<'a>(description: &'a Value, value: &'a Value, names: &mut BTreeSet<&'a str>) {
    match value {
        Value::Object(object) => {
            for (key, inner) in object {
                match inner.as_str().and_then(|target| target.strip_prefix("#/components/schemas/")) {
                    Some(name) if key == "$ref" => {
                        if names.insert(name) {
                            reached(description, &description["components"]["schemas"][name], names);
                        }
                    }
                    _ => reached(description, inner, names),
                }
            }
        }
        Value::Array(array) => array.iter().for_each(|inner| reached(description, inner, names)),
        _ => {}
    }
}

/// The types by the tag of the operations that refer to them; types with several tags are shared.
fn types_by_tag(description: &Value) -> BTreeMap<String, BTreeSet<String>> {
    let mut tags: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
    let operations = operations(description);
    for (_, _, _, operation) in &operations {
        let mut names = BTreeSet::new();
        for part in ["parameters", "requestBody", "responses"] {
            // Every operation has the error response.
            reached(description, &operation[part], &mut names);
        }
        for name in names {
            tags.entry(name).or_default().insert(operation["tags"][0].as_str().unwrap().to_owned());
        }
    }
    let mut types: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for name in description["components"]["schemas"].as_object().unwrap().keys() {
        let tag = match tags.get(name.as_str()) {
            Some(tags) if tags.len() == 1 => tags.first().unwrap(),
            _ => "Shared",
        };
        types.entry(tag.to_lowercase().replace(' ', "_")).or_default().insert(name.to_upper_camel_case());
    }
    types
}

/// Returns a schema without its descriptions, which change more often than the shape and are reviewed in the overlays.
/// Its members are sorted by name, because another crate of the build may have `serde_json` keep their original order.
fn without_words(value: Value) -> Value {
    match value {
        Value::Object(object) => {
            // A property may be called `description`; its schema is an object.
            let is_words =
                |key: &str, value: &Value| ["description", "title", "$schema"].contains(&key) && value.is_string();
            let members = object.into_iter().filter(|(key, value)| !is_words(key, value));
            let members: BTreeMap<String, Value> = members.map(|(key, value)| (key, without_words(value))).collect();
            Value::Object(members.into_iter().collect())
        }
        Value::Array(array) => array.into_iter().map(without_words).collect(),
        other => other,
    }
}

#[test]
fn types_of_each_resource_have_their_shapes() {
    let description = description();
    let mut types = types_by_tag(&description);
    // `PathSegment` is written by hand, and not part of any response.
    types.get_mut("shared").unwrap().remove("PathSegment");
    let mut seen = 0;
    for (tag, names) in types {
        let mut generator = SchemaSettings::draft2020_12().into_generator();
        for name in &names {
            assert!(shape(&mut generator, name), "{name} has no type");
        }
        let mut definitions = generator.take_definitions(true);
        definitions.retain(|name, _| names.contains(name));
        assert_eq!(definitions.len(), names.len(), "{tag}");
        seen += names.len();
        let shapes = without_words(Value::Object(definitions));
        let shapes = serde_json::to_string_pretty(&shapes).unwrap();
        insta::with_settings!({ prepend_module_to_snapshot => false, omit_expression => true }, {
            assert_snapshot!(format!("types_{tag}"), shapes);
        });
    }
    let described = description["components"]["schemas"].as_object().unwrap().len();
    assert_eq!(seen, described - 1, "all but `PathSegment`");
}

/// Every call with its arguments in order and its setters, and every type with its fields, for the review of an API
/// change. Each resource has a file; `surface_types` has the types that several resources use.
#[test]
fn public_surface_is_as_reviewed() {
    let surface = include_str!(concat!(env!("OUT_DIR"), "/surface.txt"));
    let mut resources: BTreeMap<String, String> = BTreeMap::new();
    let mut resource = String::new();
    for line in surface.lines() {
        if !line.starts_with(' ') {
            let call = line.strip_prefix("call ").and_then(|call| call.split('.').next());
            resource = call.map_or("types".to_owned(), str::to_owned);
        }
        let text = resources.entry(resource.clone()).or_default();
        text.push_str(line);
        text.push('\n');
    }
    assert_eq!(resources.len(), 23 + 1, "the resources and the types");
    for (name, text) in resources {
        insta::with_settings!({ prepend_module_to_snapshot => false, omit_expression => true }, {
            assert_snapshot!(format!("surface_{name}"), text);
        });
    }
}
