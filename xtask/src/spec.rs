//! From what Courier says to what `build.rs` reads: upstream.yaml, the rules, the overlays, courier.yaml.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use serde_json::Value;

use crate::normalise::{normalise, prose};
use crate::overlay::{self, Overlay};
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
    pub upstream: PathBuf,
    pub overlays: PathBuf,
    pub courier: PathBuf,
}

impl Files {
    pub fn of(repository: &Path) -> Self {
        let folder = repository.join("openapi");
        Self {
            upstream: folder.join("upstream.yaml"),
            overlays: folder.join("overlay"),
            courier: folder.join("courier.yaml"),
        }
    }

    /// The description as it is committed.
    pub fn read_courier(&self) -> Result<Value> {
        document::parse(&read(&self.courier)?).with_context(|| self.courier.display().to_string())
    }
}

/// What a fetched description becomes in `openapi/upstream.yaml`.
pub fn upstream(fetched: &str) -> Result<String> {
    let mut document = document::parse(fetched)?;
    prose(&mut document);
    document::print(&document, UPSTREAM_HEADER)
}

/// Replaces upstream.yaml and courier.yaml by what a fetched description makes of them; neither when one fails.
pub fn update(files: &Files, from: &Path) -> Result<()> {
    let upstream = upstream(&read(from)?).with_context(|| from.display().to_string())?;
    courier(&upstream, &overlay::read_all(&files.overlays)?)?;
    fs::write(&files.upstream, upstream).with_context(|| format!("cannot write {}", files.upstream.display()))?;
    generate(files, false)
}

/// Makes courier.yaml of upstream.yaml and the overlays.
pub fn courier(upstream: &str, overlays: &[Overlay]) -> Result<String> {
    let mut document = document::parse(upstream)?;
    for overlay in overlays.iter().filter(|overlay| overlay.is(NAMES)) {
        overlay.apply(&mut document)?;
    }
    normalise(&mut document)?;
    for overlay in overlays.iter().filter(|overlay| overlay.is(CORRECTIONS)) {
        overlay.apply(&mut document)?;
    }
    // What a correction adds is under the same rules as what upstream says.
    normalise(&mut document)?;
    for overlay in overlays.iter().filter(|overlay| !overlay.is(NAMES) && !overlay.is(CORRECTIONS)) {
        describe(&mut document, overlay)?;
    }
    // And so is a reference that has got words beside it.
    normalise(&mut document)?;
    document::print(&document, COURIER_HEADER)
}

/// Applies an overlay that may add words and nothing else: a misspelt property would be a new one.
fn describe(document: &mut Value, overlay: &Overlay) -> Result<()> {
    let before = structure(document)?;
    overlay.apply(document)?;
    diff::require_equal(&before, &structure(document)?)
        .with_context(|| format!("{} describes what the API does not have", overlay.file))
}

fn structure(document: &Value) -> Result<String> {
    let mut document = document.clone();
    prose(&mut document);
    document::print(&document, "")
}

/// Writes courier.yaml, or with `check` fails with a diff when it is stale.
pub fn generate(files: &Files, check: bool) -> Result<()> {
    let overlays = overlay::read_all(&files.overlays)?;
    let fresh = courier(&read(&files.upstream)?, &overlays)?;
    let path = files.courier.display();
    if !check {
        fs::write(&files.courier, &fresh).with_context(|| format!("cannot write {path}"))?;
        println!("{path}: {} operations", document::operations(&document::parse(&fresh)?).len());
        return Ok(());
    }
    let committed = read(&files.courier)?;
    diff::require_equal(&committed, &fresh)
        .with_context(|| format!("{path} is stale: run `cargo xtask generate-spec` and commit what it writes"))
}

fn read(path: &Path) -> Result<String> {
    fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))
}
