//! The files of a repository that the commands read and write.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use serde_json::Value;

use crate::document::BYTE_ORDER_MARK;
use crate::overlay::{self, Overlay};
use crate::release::PACKAGE;
use crate::{coming_from, document};

pub const UPSTREAM_HEADER: &str = "\
# The structure of Courier's API as last fetched, without a word of prose. Written by `cargo xtask update-spec` alone.
";

pub const COURIER_HEADER: &str = "\
# What the SDK is generated from: upstream.yaml after the rules of xtask/src/normalize and the overlays of
# openapi/overlay. Written by `cargo xtask generate-spec` alone; corrections and prose belong into an overlay.
";

/// The paths of these files.
pub struct Files {
    pub upstream: PathBuf,
    pub courier: PathBuf,
    /// The table of the operations for users of another SDK.
    pub coming_from: PathBuf,
    pub repository: PathBuf,
}

impl Files {
    pub fn new(repository: &Path) -> Self {
        let [upstream, courier, coming_from] =
            ["openapi/upstream.yaml", "openapi/courier.yaml", coming_from::FILE].map(|file| repository.join(file));
        Self { upstream, courier, coming_from, repository: repository.to_owned() }
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
        let version = upstream.pointer("/info/version").and_then(Value::as_str);
        Ok(format!("{PACKAGE}=={}", version.context("upstream.yaml has no version")?))
    }

    /// Every overlay, in the order of their names.
    pub fn read_overlays(&self) -> Result<Vec<Overlay>> {
        let folder = self.repository.join("openapi/overlay");
        let entries = fs::read_dir(&folder).with_context(|| format!("cannot list {}", folder.display()))?;
        let names = entries.map(|entry| Ok(entry?.file_name().to_string_lossy().into_owned()));
        let mut names: Vec<String> = names.collect::<Result<_>>()?;
        names.retain(|name| name.ends_with(".yaml"));
        names.sort();
        let overlays = names.into_iter().map(|name| {
            let file = format!("openapi/overlay/{name}");
            let text = read(&folder.join(name))?;
            overlay::parse(text.trim_start_matches(BYTE_ORDER_MARK), file.clone())
                .with_context(|| format!("{file} is not an overlay"))
        });
        overlays.collect()
    }
}

fn read_description(path: &Path) -> Result<Value> {
    document::parse(&read(path)?).with_context(|| path.display().to_string())
}

pub fn read(path: &Path) -> Result<String> {
    fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))
}
