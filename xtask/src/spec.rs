//! From what Courier says to what `build.rs` reads: upstream.yaml, the rules, the overlays, courier.yaml.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use serde_json::Value;

use crate::normalise::normalise;
use crate::overlay::{self, Gone, Overlay, Scope};
use crate::places::RENAMED;
use crate::{diff, document};

/// The overlay that is applied before the rules, because they name components after operations.
const NAMES: &str = "names.yaml";

/// The overlay that says other than upstream. All others but these two say in words what is there.
const CORRECTIONS: &str = "corrections.yaml";

const UPSTREAM_HEADER: &str = "\
# The structure of Courier's API as last fetched, without a word of prose. Written by `cargo xtask update-spec` alone.
";

const COURIER_HEADER: &str = "\
# What the SDK is generated from: upstream.yaml after the rules of xtask/src/normalise and the overlays of
# openapi/overlay. Written by `cargo xtask generate-spec` alone; corrections and prose belong into an overlay.
";

/// The files of `openapi/`.
pub struct Files {
    pub source: PathBuf,
    pub upstream: PathBuf,
    pub overlays: PathBuf,
    pub courier: PathBuf,
    repository: PathBuf,
}

impl Files {
    pub fn of(repository: &Path) -> Self {
        let folder = repository.join("openapi");
        Self {
            source: folder.join("source.yaml"),
            upstream: folder.join("upstream.yaml"),
            overlays: folder.join("overlay"),
            courier: folder.join("courier.yaml"),
            repository: repository.to_owned(),
        }
    }

    /// The description as it is committed.
    pub fn read_courier(&self) -> Result<Value> {
        document::parse(&read(&self.courier)?).with_context(|| self.courier.display().to_string())
    }

    /// The structure as it was last fetched.
    pub fn read_upstream(&self) -> Result<Value> {
        document::parse(&read(&self.upstream)?).with_context(|| self.upstream.display().to_string())
    }

    /// The overlays, their files named from the repository on.
    pub fn read_overlays(&self) -> Result<Vec<Overlay>> {
        let mut overlays = overlay::read_all(&self.overlays)?;
        for overlay in &mut overlays {
            if let Ok(file) = Path::new(&overlay.file).strip_prefix(&self.repository) {
                overlay.file = file.display().to_string();
            }
        }
        Ok(overlays)
    }
}

/// courier.yaml, and what the overlays speak of that upstream does not have.
pub struct Courier {
    pub document: Value,
    pub gone: Vec<Gone>,
    /// The operations that names.yaml does not name: method and path.
    pub unnamed: Vec<(String, String)>,
}

/// Makes courier.yaml's document of upstream.yaml's and the overlays.
pub fn courier(upstream: &Value, overlays: &[Overlay]) -> Result<Courier> {
    let mut document = upstream.clone();
    if let Some(document) = document.as_object_mut() {
        document.shift_remove(RENAMED);
    }
    let mut gone = Vec::new();
    for overlay in overlays.iter().filter(|overlay| overlay.is(NAMES)) {
        gone.extend(overlay.apply(&mut document, Scope::Anything)?);
    }
    // names.yaml takes every tag away and gives one to each operation that it names.
    let unnamed = document::operations(&document).into_iter().filter(|operation| operation.value.get("tags").is_none());
    let unnamed = unnamed.map(|operation| (operation.method.to_owned(), operation.path.to_owned())).collect();
    normalise(&mut document)?;
    for overlay in overlays.iter().filter(|overlay| overlay.is(CORRECTIONS)) {
        gone.extend(overlay.apply(&mut document, Scope::Anything)?);
    }
    // What a correction adds is under the same rules as what upstream says.
    normalise(&mut document).context(CORRECTIONS)?;
    for overlay in overlays.iter().filter(|overlay| !overlay.is(NAMES) && !overlay.is(CORRECTIONS)) {
        gone.extend(overlay.apply(&mut document, Scope::Words)?);
    }
    // And so is a reference that has got words beside it.
    normalise(&mut document)?;
    require_distinct(&document)?;
    Ok(Courier { document, gone, unnamed })
}

/// Two operations of one name would be one method.
fn require_distinct(document: &Value) -> Result<()> {
    let mut places: BTreeMap<&str, String> = BTreeMap::new();
    for operation in document::operations(document) {
        if let Some(other) = places.insert(operation.id(), operation.place()) {
            bail!(
                "{} and {other} are both called {}: give one another name in openapi/overlay/{NAMES}",
                operation.place(),
                operation.id()
            );
        }
    }
    Ok(())
}

pub fn print_upstream(document: &Value) -> Result<String> {
    document::print(document, UPSTREAM_HEADER)
}

pub fn print_courier(document: &Value) -> Result<String> {
    document::print(document, COURIER_HEADER)
}

/// Writes courier.yaml, or with `check` fails with a diff when it is stale.
pub fn generate(files: &Files, check: bool) -> Result<()> {
    let courier = courier(&files.read_upstream()?, &files.read_overlays()?)?;
    if !courier.gone.is_empty() {
        let gone: Vec<String> = courier.gone.iter().map(ToString::to_string).collect();
        bail!("the overlays speak of what the API does not have:\n  {}", gone.join("\n  "));
    }
    let fresh = print_courier(&courier.document)?;
    let path = files.courier.display();
    if !check {
        fs::write(&files.courier, &fresh).with_context(|| format!("cannot write {path}"))?;
        println!("{path}: {} operations", document::operations(&courier.document).len());
        return Ok(());
    }
    let committed = read(&files.courier)?;
    diff::require_equal(&committed, &fresh)
        .with_context(|| format!("{path} is stale: run `cargo xtask generate-spec` and commit what it writes"))
}

pub fn read(path: &Path) -> Result<String> {
    fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))
}
