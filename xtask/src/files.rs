//! The files of a repository that the commands read and write.

use std::fs;
use std::path::{MAIN_SEPARATOR, Path, PathBuf};

use anyhow::{Context, Result};
use serde_json::Value;

use crate::overlay::{self, Overlay};
use crate::release::PACKAGE;
use crate::{coming_from, document};

const UPSTREAM_HEADER: &str = "\
# The structure of Courier's API as last fetched, without a word of prose. Written by `cargo xtask update-spec` alone.
";

const COURIER_HEADER: &str = "\
# What the SDK is generated from: upstream.yaml after the rules of xtask/src/normalize and the overlays of
# openapi/overlay. Written by `cargo xtask generate-spec` alone; corrections and prose belong into an overlay.
";

/// The paths of these files.
pub struct Files {
    pub upstream: PathBuf,
    pub overlays: PathBuf,
    pub courier: PathBuf,
    /// The table of the operations for users of another SDK.
    pub coming_from: PathBuf,
    pub repository: PathBuf,
}

impl Files {
    pub fn new(repository: &Path) -> Self {
        let folder = repository.join("openapi");
        Self {
            upstream: folder.join("upstream.yaml"),
            overlays: folder.join("overlay"),
            courier: folder.join("courier.yaml"),
            coming_from: repository.join(coming_from::FILE),
            repository: repository.to_owned(),
        }
    }

    /// The committed description.
    pub fn read_courier(&self) -> Result<Value> {
        read_description(&self.courier)
    }

    /// The structure as last fetched.
    pub fn read_upstream(&self) -> Result<Value> {
        read_description(&self.upstream)
    }

    /// The release of the official Python client that the description is derived from, as pip names it.
    pub fn python_client(&self) -> Result<String> {
        let upstream = self.read_upstream()?;
        let version =
            upstream.pointer("/info/version").and_then(Value::as_str).context("upstream.yaml has no version")?;
        Ok(format!("{PACKAGE}=={version}"))
    }

    /// The overlays, with file names relative to the repository.
    pub fn read_overlays(&self) -> Result<Vec<Overlay>> {
        let mut overlays = overlay::read_all(&self.overlays)?;
        for overlay in &mut overlays {
            if let Ok(file) = Path::new(&overlay.file).strip_prefix(&self.repository) {
                overlay.file = file.display().to_string().replace(MAIN_SEPARATOR, "/");
            }
        }
        Ok(overlays)
    }
}

pub fn print_upstream(document: &Value) -> Result<String> {
    document::print(document, UPSTREAM_HEADER)
}

pub fn print_courier(document: &Value) -> Result<String> {
    document::print(document, COURIER_HEADER)
}

fn read_description(path: &Path) -> Result<Value> {
    document::parse(&read(path)?).with_context(|| path.display().to_string())
}

pub fn read(path: &Path) -> Result<String> {
    fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))
}
