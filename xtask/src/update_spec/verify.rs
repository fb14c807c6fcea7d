//! The check that the crate compiles with a new description, before anything is written.

use std::fs;
use std::path::Path;
use std::process::Stdio;

use anyhow::{Result, ensure};

use crate::crate_copy::{CompilerError, CrateCopy};
use crate::findings::first_few;
use crate::generator::model::Model;
use crate::programs::{cargo, run};

/// Compiles a copy of the crate with a description and every feature. Fails with a sentence for each error: its file, and
/// the schema or the operation.
pub fn compile(repository: &Path, courier: &str, models: [&Model; 2]) -> Result<()> {
    let copy = CrateCopy::new(repository, "update-spec", courier, &[])?;
    eprintln!("Compiling the crate with the new description …");
    let errors: Vec<String> = copy.check(&["--all-features"])?.iter().map(|error| explain(error, models)).collect();
    let sentences = first_few(&errors, "\n");
    ensure!(errors.is_empty(), "the crate does not compile with the new description:\n{sentences}");
    Ok(())
}

/// Writes the shapes of the types that have changed: over the snapshots, or next to them for `cargo insta review`.
pub fn write_shapes(repository: &Path, accept: bool) {
    if !repository.join("tests/shapes.rs").exists() {
        return;
    }
    let mut shapes = cargo();
    shapes.args(["test", "--quiet", "--test", "shapes"]).current_dir(repository).stdout(Stdio::null());
    shapes.env("INSTA_UPDATE", if accept { "always" } else { "new" }).env("INSTA_FORCE_PASS", "1");
    // The maintainer decides about the rest of the test, such as the number of types.
    if let Err(error) = run(&mut shapes) {
        eprintln!("{error:#}: the changed shapes are written anyway");
    }
}

/// A compiler error as a sentence that says where to correct it.
fn explain(error: &CompilerError, models: [&Model; 2]) -> String {
    let CompilerError { file, line, text } = error;
    let name = |word: &str| models.into_iter().find_map(|model| described(model, word));
    let words = |text: &str| -> Vec<String> {
        text.split(|sign: char| !sign.is_alphanumeric() && sign != '_').filter_map(name).collect()
    };
    if !file.contains("/out/") {
        let used = words(text).into_iter().next().map_or_else(String::new, |name| format!(" It uses {name}."));
        return format!(
            "{file}:{line}: {text}.{used} Change this line together with the description, or keep what it needs in \
             openapi/overlay/corrections.yaml."
        );
    }
    let code = fs::read_to_string(file).unwrap_or_default();
    let above: Vec<&str> = code.lines().take(*line).collect();
    let items = above.into_iter().rev().filter(|line| line.starts_with(char::is_alphabetic));
    let item = items.flat_map(words).next().unwrap_or_else(|| "the description".to_owned());
    format!(
        "{item}: the generated code does not compile ({text}). Correct the description in \
         openapi/overlay/corrections.yaml, or leave the operation out with `x-omit`."
    )
}

/// The schema or the operation that a generated type or call belongs to.
fn described(model: &Model, word: &str) -> Option<String> {
    let call = || model.operations.iter().find(|call| call.name == word);
    let schema = model.item(word).map(|item| format!("the schema `{}`", item.schema));
    schema.or_else(|| call().map(|call| format!("the operation {} {}", call.http_method, call.template)))
}
