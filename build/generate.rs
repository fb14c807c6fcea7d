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

use serde_json::Value;

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

/// Reads the model of everything that a document describes, or returns the reason why it cannot be generated.
pub fn read(document: &Value) -> Result<Model, String> {
    description::lookup::require_no_circles(document)?;
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

    let code = progenitor::generate(&prepared)?;
    model::read(&code, document, &constants, unions)
}
