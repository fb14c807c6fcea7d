//! The steps from the description to Rust.
//!
//! ```text
//! openapi/courier.yaml
//!    │  description/   yaml.rs reads it; features, unions and constants, which only concern Rust, are removed
//!    ▼  progenitor.rs  progenitor generates Rust from the rest, which determines names and types
//! its code
//!    │  model/         the types, operations and resources, from its code and the description; rejects the unknown
//!    ▼  emit/          the public surface, as tokens
//! tokens
//!    ▼  print.rs       the text
//! $OUT_DIR
//! ```
//!
//! Each step returns an error that names the missing or unexpected part.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use crate::description::lookup;
use crate::model::Model;
use crate::{description, emit, model, progenitor};

/// The features that are on, in the spelling of a Rust name: `bulk`, `audit_events`, `schemars`.
///
/// Every resource is a feature. `private-tests` generates the code that the crate's own tests include.
pub type Features = BTreeSet<String>;

/// Everything that is generated.
pub struct Generated {
    /// The files to write, by name.
    pub files: BTreeMap<&'static str, String>,
    /// The names of the types.
    pub types: BTreeSet<String>,
}

/// Generates everything, or returns the reason why it cannot.
pub fn generate(description: &str, features: &Features) -> Result<Generated, String> {
    let mut document =
        description::yaml::parse(description).map_err(|error| format!("the description cannot be read: {error}"))?;
    // The fake always covers the whole API, regardless of the enabled features.
    let described = features.contains("testing").then(|| emit::described::described(&document)).transpose()?;
    description::features::keep(&mut document, features)?;
    let model = read(&document)?;
    let mut files = BTreeMap::from([
        ("types.rs", emit::types::types(&model)),
        ("calls.rs", emit::calls::calls(&model)),
        ("resources.rs", emit::resources::resources(&model)),
    ]);
    if features.contains("schemars") {
        files.insert("schemas.rs", emit::schemas::schemas(&model, &document)?);
    }
    if let Some(described) = described {
        files.extend([("described.json", described), ("schema_names.rs", emit::described::schema_names(&model))]);
    }
    if features.contains("private_tests") {
        files.extend([
            ("every_operation.rs", emit::test_functions::every_operation(&model)),
            ("every_list.rs", emit::test_functions::every_list(&model)),
            ("every_type.rs", emit::test_functions::every_type(&model)),
            ("surface.txt", emit::surface::surface(&model)),
        ]);
    }
    Ok(Generated { files, types: model.types.into_iter().map(|item| item.name).collect() })
}

/// An error of progenitor with the smallest part that fails by itself: everything around schemas and operations, a
/// schema, or an operation.
fn located(document: &Value, error: &str) -> String {
    let needed = |root: &Value| {
        lookup::reached_from(document, [root].into_iter().chain(document.pointer("/components/responses")))
    };
    let error_of = |paths: Value, schemas: &BTreeSet<String>| {
        let mut part = document.clone();
        part.as_object_mut()?.insert("paths".to_owned(), paths);
        lookup::retain_schemas(&mut part, schemas);
        progenitor::generate(&part).err()
    };
    let of_schemas = || {
        let schemas = lookup::schemas(document);
        let schemas = schemas.map(|(name, _)| (name, needed(&json!({"$ref": format!("#/components/schemas/{name}")}))));
        by_size(schemas.collect()).find_map(|(name, needed)| {
            Some((format!("the schema `{name}`"), error_of(json!({}), &needed)?, String::new()))
        })
    };
    let of_operations = || {
        let operations = lookup::operations(document);
        let operations = operations.map(|(method, path, operation)| ((method, path, operation), needed(operation)));
        by_size(operations.collect()).find_map(|((method, path, operation), needed)| {
            let error = error_of(json!({path: {method: operation}}), &needed)?;
            let target = format!("- target: $.paths['{path}'].{method}\n  update: {{x-omit: REASON}}");
            let remedy = format!(", or leave the operation out:\n{target}");
            Some((format!("{} {path}", method.to_uppercase()), error, remedy))
        })
    };
    let whole = |error| ("the description".to_owned(), error, String::new());
    let culprit = error_of(json!({}), &BTreeSet::new()).map(whole).or_else(of_schemas).or_else(of_operations);
    let (name, error, remedy) = culprit.unwrap_or_else(|| whole(error.to_owned()));
    let cause = error.lines().next().unwrap_or_default();
    format!("{name}: {cause}; correct it in openapi/overlay/corrections.yaml{remedy}")
}

/// Parts of the description in the order of the number of schemas that each needs.
fn by_size<T>(mut parts: Vec<(T, BTreeSet<String>)>) -> impl Iterator<Item = (T, BTreeSet<String>)> {
    parts.sort_by_key(|(_, needed)| needed.len());
    parts.into_iter()
}

/// Reads the model of everything that a document describes, or returns the reason why it cannot be generated.
pub fn read(document: &Value) -> Result<Model, String> {
    lookup::require_no_circles(document)?;
    model::checks::paths(document)?;
    if let Some(unsupported) = description::wire::unsupported(document).first() {
        return Err(format!("not supported: {unsupported}"));
    }
    // The order matters: constants are removed before progenitor reads the structs, but the unions use constants to
    // distinguish their variants, so unions come first.
    let unions = description::unions::unions(document)?;
    let mut prepared = document.clone();
    // progenitor's choices, such as which of two types to box, depend on the order.
    prepared.sort_all_objects();
    let constants = description::constants::take_out(&mut prepared)?;
    description::unions::plain(&mut prepared);
    description::enums::name_values(&mut prepared)?;

    let code = progenitor::generate(&prepared).map_err(|error| located(&prepared, &error))?;
    model::read(&code, document, &constants, unions)
}
