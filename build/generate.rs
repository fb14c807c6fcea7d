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

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::description::lookup;
use crate::model::Model;
use crate::{description, emit, model, progenitor};

/// The features that are on, in the spelling of a Rust name: `bulk`, `audit_events`, `schemars`.
///
/// Every resource is a feature. `private-tests` generates the code that the crate's own tests include.
pub type Features = BTreeSet<String>;

/// A file to write.
pub struct Generated {
    pub name: &'static str,
    pub text: String,
}

/// Generates everything, or returns the reason why it cannot.
pub fn generate(description: &str, features: &Features) -> Result<Vec<Generated>, String> {
    let mut document =
        description::yaml::parse(description).map_err(|error| format!("the description cannot be read: {error}"))?;
    // The fake always covers the whole API, regardless of the enabled features.
    let described = features.contains("testing").then(|| emit::described::described(&document)).transpose()?;
    description::features::keep(&mut document, features)?;
    let model = read(&document)?;
    let mut files = vec![
        ("types.rs", emit::types::types(&model)),
        ("calls.rs", emit::calls::calls(&model)),
        ("resources.rs", emit::resources::resources(&model)),
        // For the build script, one name per line.
        ("type_names.txt", model.types.iter().map(|item| item.name.clone() + "\n").collect()),
    ];
    if features.contains("schemars") {
        files.push(("schemas.rs", emit::schemas::schemas(&model, &document)?));
    }
    if let Some(described) = described {
        files.extend([("described.json", described), ("schema_names.rs", emit::described::schema_names(&model))]);
    }
    if features.contains("private_tests") {
        files.extend([
            ("every_operation.rs", emit::test_functions::every_operation(&model)),
            ("every_list.rs", emit::test_functions::every_list(&model)),
            ("every_type.rs", emit::test_functions::every_type(&model)),
            ("every_shape.rs", emit::test_functions::every_shape(&model)),
            ("surface.txt", emit::surface::surface(&model)),
        ]);
    }
    Ok(files.into_iter().map(|(name, text)| Generated { name, text }).collect())
}

/// An error of progenitor with the schema or the operation that it cannot read: the first, by the number of schemas, for
/// which it fails alone. It is the whole description if it fails without any.
fn located(document: &Value, error: &str) -> String {
    let mut parts = Vec::new();
    for (name, _) in lookup::schemas(document) {
        let refer = json!({"$ref": format!("#/components/schemas/{name}")});
        parts.push((format!("the schema `{name}`"), json!({}), refer, String::new()));
    }
    for (method, path, operation) in lookup::operations(document) {
        let heading = format!("{} {path}", method.to_uppercase());
        let remedy = format!(
            ", or leave the operation out:\n- target: $.paths['{path}'].{method}\n  update: {{x-omit: REASON}}"
        );
        parts.push((heading, json!({path: {method: operation}}), operation.clone(), remedy));
    }
    let shared = document.pointer("/components/responses");
    let mut parts: Vec<_> = parts
        .into_iter()
        .map(|(name, paths, root, remedy)| {
            let reached = lookup::reached_from(document, [&root].into_iter().chain(shared));
            (!remedy.is_empty(), reached, name, paths, remedy)
        })
        .collect();
    parts.sort_by_key(|(is_operation, reached, ..)| (*is_operation, reached.len()));
    parts.insert(0, (false, BTreeSet::new(), "the description".to_owned(), json!({}), String::new()));
    let culprit = parts.into_iter().find_map(|(_, reached, name, paths, remedy)| {
        let mut alone = document.clone();
        alone.as_object_mut()?.insert("paths".to_owned(), paths);
        lookup::retain_schemas(&mut alone, &reached);
        let error = progenitor::generate(&alone).err()?;
        Some((name, error, remedy))
    });
    let (name, error, remedy) =
        culprit.unwrap_or_else(|| ("the description".to_owned(), error.to_owned(), String::new()));
    let cause = error.lines().next().unwrap_or_default();
    format!("{name}: {cause}; correct it in openapi/overlay/corrections.yaml{remedy}")
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
