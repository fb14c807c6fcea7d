//! A new field or value breaks no caller: every type that can grow is `#[non_exhaustive]`.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a test fails by a panic")]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use syn::{Attribute, Fields, Item, Variant, Visibility};
use trycourier_generator::{generate, parse, read};

fn is_marked(attributes: &[Attribute]) -> bool {
    attributes.iter().any(|attribute| attribute.path().is_ident("non_exhaustive"))
}

/// Returns `true` if callers could destructure the type or match on it, so that an addition would break them.
fn can_grow(item: &Item) -> Option<(String, bool)> {
    let (visibility, name, attributes, is_open) = match item {
        Item::Struct(item) => {
            let is_open = match &item.fields {
                Fields::Unit => true,
                fields => fields.iter().any(|field| matches!(field.vis, Visibility::Public(_))),
            };
            (&item.vis, &item.ident, &item.attrs, is_open)
        }
        Item::Enum(item) => (&item.vis, &item.ident, &item.attrs, true),
        _ => return None,
    };
    let is_hidden = |attribute: &Attribute| {
        attribute.path().is_ident("doc") && attribute.parse_args::<syn::Ident>().is_ok_and(|word| word == "hidden")
    };
    let is_public = matches!(visibility, Visibility::Public(_)) && !attributes.iter().any(is_hidden);
    (is_public && is_open).then(|| (name.to_string(), is_marked(attributes)))
}

/// The types that can grow and the variants with fields, by name, including those of inner modules; `true` if marked.
fn types(items: &[Item], found: &mut BTreeMap<String, bool>) {
    for item in items {
        found.extend(can_grow(item));
        if let Item::Enum(item) = item
            && matches!(item.vis, Visibility::Public(_))
        {
            let with_fields = item.variants.iter().filter(|variant| matches!(variant.fields, Fields::Named(_)));
            let name = |variant: &Variant| format!("{}::{}", item.ident, variant.ident);
            found.extend(with_fields.map(|variant| (name(variant), is_marked(&variant.attrs))));
        }
        if let Item::Mod(module) = item
            && let Some((_, items)) = &module.content
        {
            types(items, found);
        }
    }
}

fn types_of(text: &str) -> BTreeMap<String, bool> {
    let mut found = BTreeMap::new();
    types(&syn::parse_file(text).unwrap().items, &mut found);
    found
}

fn unmarked(types: &BTreeMap<String, bool>) -> BTreeSet<&str> {
    types.iter().filter(|(_, is_marked)| !**is_marked).map(|(name, _)| name.as_str()).collect()
}

#[test]
fn generated_types_are_non_exhaustive() {
    let description = fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/openapi/courier.yaml")).unwrap();
    let document = parse(&description).unwrap();
    let features = document["paths"].as_object().unwrap().values().flat_map(|item| item.as_object().unwrap().values());
    let features =
        features.map(|operation| operation["x-method"].as_str().unwrap().split('.').next().unwrap().to_owned());
    let generated = generate(&description, &features.collect()).unwrap();
    let text = |name: &str| &generated.files[name];

    let types = types_of(text("types.rs"));
    let model = read(&document).unwrap();
    let described: BTreeSet<&str> = model.types.iter().map(|item| item.name.as_str()).collect();
    assert!(described.len() > 400, "{}", described.len());
    assert_eq!(types.keys().map(String::as_str).collect::<BTreeSet<_>>(), described);
    assert_eq!(unmarked(&types), BTreeSet::new());
    let with_one_forgotten = text("types.rs").replacen("#[non_exhaustive]\n", "", 1);
    assert_eq!(unmarked(&types_of(&with_one_forgotten)).len(), 1, "a forgotten type is noticed");

    let calls = types_of(text("calls.rs"));
    assert_eq!(unmarked(&calls), BTreeSet::new());
    assert_eq!(types_of(text("resources.rs")), BTreeMap::new(), "resources have no fields to see");
}

#[test]
fn handwritten_types_are_non_exhaustive() {
    // Internal types, and types that are complete by nature.
    let complete = [
        "ResponseBody",
        "DurationMillis",
        "EmptySecret",
        "Event::Unrecognized",
        "Millis",
        "Nullable",
        "Operation",
        "TokioClock",
        "Verdict",
    ];
    let mut found = BTreeMap::new();
    let mut folders = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join("src")];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() && !path.ends_with("json") {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                found.extend(types_of(&fs::read_to_string(&path).unwrap()));
            }
        }
    }
    assert!(found.contains_key("ErrorKind") && found.len() > 10, "{found:?}");
    assert_eq!(unmarked(&found), BTreeSet::from(complete));
}
