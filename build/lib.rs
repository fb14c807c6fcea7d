//! The generator as a library for `xtask`, tests and benchmarks. The build script is `build.rs`.

pub mod description;
pub mod emit;
mod generate;
pub mod model;
mod print;
mod progenitor;

pub use description::yaml::parse;
pub use generate::{Features, Generated, generate, read};

/// Reads the model of everything that a document describes, and checks that the code that it becomes can be parsed.
pub fn verified(document: &serde_json::Value) -> Result<model::Model, String> {
    let model = read(document)?;
    let files = [
        ("types", emit::types::types(&model)),
        ("calls", emit::calls::calls(&model)),
        ("resources", emit::resources::resources(&model)),
    ];
    for (name, text) in files {
        syn::parse_file(&text).map_err(|error| format!("the module `{name}` cannot be parsed: {error}"))?;
    }
    Ok(model)
}
