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

/// Everything that is generated.
pub struct Generated {
    pub files: Vec<GeneratedFile>,
    /// The names of the types.
    pub types: BTreeSet<String>,
}

/// A file to write.
pub struct GeneratedFile {
    pub name: &'static str,
    pub text: String,
}

/// Generates everything, or returns the reason why it cannot.
pub fn generate(description: &str, features: &Features) -> Result<Generated, String> {
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
            ("surface.txt", emit::surface::surface(&model)),
        ]);
    }
    let files = files.into_iter().map(|(name, text)| GeneratedFile { name, text }).collect();
    Ok(Generated { files, types: model.types.into_iter().map(|item| item.name).collect() })
}

/// A part of the description that progenitor can read by itself.
struct Part {
    name: String,
    paths: Value,
    /// The schemas that it needs.
    schemas: BTreeSet<String>,
    /// A further remedy, as the end of a sentence.
    remedy: String,
}

/// The whole without its schemas and paths, the schemas, and the operations, each kind by the number of schemas.
fn parts(document: &Value) -> impl Iterator<Item = Part> {
    let needed = |root: &Value| {
        lookup::reached_from(document, [root].into_iter().chain(document.pointer("/components/responses")))
    };
    let whole =
        Part { name: "the description".to_owned(), paths: json!({}), schemas: BTreeSet::new(), remedy: String::new() };
    let schemas = lookup::schemas(document).map(|(name, _)| Part {
        name: format!("the schema `{name}`"),
        paths: json!({}),
        schemas: needed(&json!({"$ref": format!("#/components/schemas/{name}")})),
        remedy: String::new(),
    });
    let operations = lookup::operations(document).map(|(method, path, operation)| Part {
        name: format!("{} {path}", method.to_uppercase()),
        paths: json!({path: {method: operation}}),
        schemas: needed(operation),
        remedy: format!(
            ", or leave the operation out:\n- target: $.paths['{path}'].{method}\n  update: {{x-omit: REASON}}"
        ),
    });
    let (mut schemas, mut operations): (Vec<Part>, Vec<Part>) = (schemas.collect(), operations.collect());
    schemas.sort_by_key(|part| part.schemas.len());
    operations.sort_by_key(|part| part.schemas.len());
    [whole].into_iter().chain(schemas).chain(operations)
}

/// An error of progenitor with the first part that fails by itself.
fn located(document: &Value, error: &str) -> String {
    let culprit = parts(document).find_map(|part| {
        let mut alone = document.clone();
        alone.as_object_mut()?.insert("paths".to_owned(), part.paths);
        lookup::retain_schemas(&mut alone, &part.schemas);
        Some((part.name, progenitor::generate(&alone).err()?, part.remedy))
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
