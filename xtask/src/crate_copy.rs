//! A copy of the crate with another description, which is compiled without a change to the repository.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use anyhow::{Context, Result, bail};
use serde_json::Value;
use walkdir::WalkDir;

use crate::files::read;
use crate::programs::{cargo, target};

/// The copy, in a permanent folder below that of the build artifacts, so that it is compiled once.
pub struct CrateCopy {
    folder: PathBuf,
    target: PathBuf,
}

/// An error of the compiler.
#[derive(Debug)]
pub struct CompilerError {
    /// The file of the crate, or else the generated file, and the line.
    pub file: String,
    pub line: usize,
    /// The message, with the label of the line.
    pub text: String,
}

impl CrateCopy {
    /// Copies the sources, with a description and these members of the workspace.
    pub fn new(repository: &Path, name: &str, courier: &str, members: &[&str]) -> Result<Self> {
        let target = target(repository);
        let copy = Self { folder: target.join(name), target };
        for folder in ["src", "build"] {
            copy_folder(&repository.join(folder), &copy.folder.join(folder))?;
        }
        for file in ["Cargo.lock", "build.rs"].into_iter().filter(|file| repository.join(file).exists()) {
            copy.write(file, &read(&repository.join(file))?)?;
        }
        let mut manifest: toml::Table = read(&repository.join("Cargo.toml"))?.parse().context("Cargo.toml")?;
        for section in ["dev-dependencies", "example", "bench"] {
            manifest.remove(section);
        }
        if let Some(workspace) = manifest.get_mut("workspace").and_then(toml::Value::as_table_mut) {
            workspace.insert("members".to_owned(), toml::Value::from(members.to_vec()));
        }
        copy.write("Cargo.toml", &manifest.to_string())?;
        copy.write("openapi/courier.yaml", courier)?;
        Ok(copy)
    }

    /// Writes a file of the copy unless it is unchanged: unchanged files are not compiled again.
    pub fn write(&self, path: &str, text: &str) -> Result<()> {
        write(&self.folder.join(path), text)
    }

    /// The errors of `cargo check` with these arguments.
    pub fn check(&self, arguments: &[&str]) -> Result<Vec<CompilerError>> {
        let mut check = cargo();
        check.args(["check", "--quiet", "--message-format", "json"]).args(arguments).current_dir(&self.folder);
        let output = check.env("CARGO_TARGET_DIR", &self.target).stderr(Stdio::piped()).output();
        let output = output.with_context(|| format!("cannot run {check:?}"))?;
        let lines = String::from_utf8_lossy(&output.stdout);
        let messages = lines.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
        let errors: Vec<CompilerError> = messages.filter_map(|line| compiler_error(line.get("message")?)).collect();
        if errors.is_empty() && !output.status.success() {
            bail!("{check:?} fails: {}", String::from_utf8_lossy(&output.stderr).trim());
        }
        Ok(errors)
    }
}

fn compiler_error(message: &Value) -> Option<CompilerError> {
    let text = |value: &Value, key: &str| value.get(key).and_then(Value::as_str).map(str::to_owned);
    if text(message, "level")? != "error" {
        return None;
    }
    let spans = message.get("spans").and_then(Value::as_array)?;
    let mut span = spans.iter().find(|span| span.get("is_primary") == Some(&Value::Bool(true)))?;
    let label = text(span, "label").map_or_else(String::new, |label| format!(": {label}"));
    let text_of_error = format!("{}{label}", text(message, "message")?);
    // The use of a macro says more than its definition.
    while let Some(outer) = span.pointer("/expansion/span").filter(|outer| outer.is_object()) {
        span = outer;
    }
    let line = span.get("line_start").and_then(Value::as_u64).and_then(|line| usize::try_from(line).ok())?;
    Some(CompilerError { file: text(span, "file_name")?, line, text: text_of_error })
}

fn write(path: &Path, text: &str) -> Result<()> {
    if fs::read_to_string(path).is_ok_and(|before| before == text) {
        return Ok(());
    }
    let written = path.parent().map_or(Ok(()), fs::create_dir_all).and_then(|()| fs::write(path, text));
    written.with_context(|| format!("cannot write {}", path.display()))
}

fn copy_folder(from: &Path, to: &Path) -> Result<()> {
    let files = |folder: &Path| -> BTreeSet<PathBuf> {
        let files = WalkDir::new(folder).into_iter().flatten().filter(|entry| entry.file_type().is_file());
        files.filter_map(|entry| Some(entry.path().strip_prefix(folder).ok()?.to_owned())).collect()
    };
    for file in files(from) {
        write(&to.join(&file), &read(&from.join(file))?)?;
    }
    for gone in files(to).difference(&files(from)) {
        fs::remove_file(to.join(gone))?;
    }
    Ok(())
}
