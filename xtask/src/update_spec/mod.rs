//! `cargo xtask update-spec`: turns Courier's published API into a change that a maintainer can review.

mod removals;
mod replace_files;
mod verify;

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use clap::{Args, ValueEnum};
use semver::Version;
use serde_json::Value;

use crate::fetch::Source;
use crate::files::{self, Files};
use crate::import::{Import, import};
use crate::naming::operations as operation_names;
use crate::release::Release;
use crate::report::{Report, Sides};
use crate::update_spec::removals::{release_version, removals};
use crate::update_spec::replace_files::replace;
use crate::update_spec::verify::verify;
use crate::{coming_from, passes};

#[derive(Args)]
pub struct Options {
    /// The description, YAML or JSON, OpenAPI 3.0 or 3.1 [default: the newest release of the official Python client].
    #[arg(long, value_name = "URL|FILE")]
    from: Option<String>,
    /// Write nothing; fail if the committed description is not the newest.
    #[arg(long)]
    check: bool,
    /// Write nothing; report what would change.
    #[arg(long)]
    dry_run: bool,
    /// Write even if operations would be removed or the version would go back.
    #[arg(long)]
    allow_removals: bool,
    /// The format of the report, on standard output.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
    /// Do not compile the crate or refresh the shapes of its types afterwards.
    #[arg(long)]
    no_verify: bool,
}

#[derive(Clone, Copy, ValueEnum)]
enum Format {
    /// Text for a terminal.
    Text,
    /// Markdown for a pull request.
    Markdown,
    /// JSON for a program.
    Json,
}

/// Fetches, imports, runs the passes and reports. Writes only if every step succeeds.
pub fn update(files: &Files, options: &Options) -> Result<()> {
    let (old_upstream, old_courier) = (files.read_upstream()?, files.read_courier()?);
    let (source, imported) = match &options.from {
        Some(from) => from_source(&Source::parse(from), &old_upstream)?,
        None => from_release(&old_upstream, &old_courier)?,
    };
    let Import { document: new_upstream, mut findings, sdk_methods } = imported;
    let new_courier = passes::courier(&new_upstream, &files.read_overlays()?, &sdk_methods).with_context(|| source)?;
    let removals = removals((&old_upstream, &new_upstream), (&old_courier, &new_courier.document));
    let names: Vec<&str> = removals.iter().map(|removal| &*removal.text).collect();
    let refusal = (!names.is_empty()).then(|| summary(&names));
    findings.extend(removals);
    let upstream = files::print_upstream(&new_upstream)?;
    let courier = files::print_courier(&new_courier.document)?;
    let old_model = passes::model(&old_courier).context("the committed description")?;
    let new_model = passes::model(&operation_names::distinct(&new_courier.document));

    let sides = Sides {
        old_courier: &old_courier,
        new_courier: &new_courier,
        old_model: &old_model,
        new_model: new_model.as_ref(),
        findings,
    };
    let report = Report::new(sides, files, version(&files.repository)?)?;
    let report = match options.format {
        Format::Text => report.text()?,
        Format::Markdown => report.markdown()?,
        Format::Json => report.json()?,
    };
    io::stdout().write_all(report.as_bytes()).context("cannot write the report")?;

    let is_newest = files::read(&files.upstream)? == upstream && files::read(&files.courier)? == courier;
    if is_newest {
        eprintln!("The committed description is the newest");
        return Ok(());
    }
    if options.check {
        bail!("the committed description is not the newest: run `cargo xtask update-spec`");
    }
    if let Some(refusal) = refusal.filter(|_| !options.dry_run && !options.allow_removals) {
        bail!("nothing is written: {refusal}. If this is intended, pass `--allow-removals`");
    }
    let new_model = new_model.context("nothing is written")?;
    if options.dry_run {
        return Ok(());
    }
    let coming_from = coming_from::table(&new_courier.document, &new_model);
    let texts = [(&files.upstream, &*upstream), (&files.courier, &*courier), (&files.coming_from, &*coming_from)];
    write(&files.repository, &texts, options.no_verify)
}

fn write(repository: &Path, files: &[(&PathBuf, &str)], no_verify: bool) -> Result<()> {
    let replacement = replace(files)?;
    if !no_verify && let Err(error) = verify(repository) {
        replacement.undo()?;
        return Err(error.context("the files are unchanged; use `--no-verify` to keep the new ones and inspect them"));
    }
    let names = files.iter().map(|(path, _)| path.display().to_string()).collect::<Vec<_>>().join(", ");
    eprintln!("Written: {names}. Next: `git diff`.");
    Ok(())
}

/// The requested description, and its name in errors.
fn from_source(source: &Source, committed: &Value) -> Result<(String, Import)> {
    let imported = source.read().and_then(|text| import(&text, committed)).with_context(|| source.to_string())?;
    Ok((source.to_string(), imported))
}

/// The description of the newest release, or the committed one if no release is newer.
fn from_release(committed: &Value, courier: &Value) -> Result<(String, Import)> {
    let release = Release::newest()?;
    let name = format!("release {} of the official Python client", release.version);
    if release_version(committed).is_some_and(|committed| release.version <= committed) {
        eprintln!("On PyPI: {name}.");
        // Operations that names.yaml does not name yet keep their given name.
        let sdk_methods = operation_names::given(courier);
        return Ok((name, Import { document: committed.clone(), findings: Vec::new(), sdk_methods }));
    }
    eprintln!("Followed: {name}.");
    let imported = release.describe().and_then(|text| import(&text, committed)).with_context(|| name.clone())?;
    Ok((name, imported))
}

/// The first few removals, in one sentence.
fn summary(removals: &[&str]) -> String {
    const MAX_SHOWN: usize = 5;
    let shown = removals.iter().take(MAX_SHOWN).copied().collect::<Vec<_>>().join(", ");
    match removals.len().saturating_sub(MAX_SHOWN) {
        0 => shown,
        more => format!("{shown}, and {more} more"),
    }
}

/// The version of the crate, from which the report derives the next version.
fn version(repository: &Path) -> Result<Version> {
    let path = repository.join("Cargo.toml");
    let manifest: toml::Table = files::read(&path)?.parse().with_context(|| path.display().to_string())?;
    let version = manifest
        .get("package")
        .and_then(|package| package.get("version")?.as_str())
        .with_context(|| format!("{} has no package version", path.display()))?;
    version.parse().with_context(|| format!("{}: {version}", path.display()))
}
