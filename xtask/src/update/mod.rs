//! `cargo xtask update-spec`: from what Courier publishes to a change that a maintainer can review.

mod removals;
mod replacement;
mod verify;

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use clap::{Args, ValueEnum};
use semver::Version;
use serde_json::Value;

use crate::fetch::Source;
use crate::fetch::release::Release;
use crate::import::{Import, import};
use crate::report::{Report, Sides};
use crate::spec::{self, Files};
use crate::spec::{coming_from, methods};
use crate::update::removals::{removals, version as release_of};
use crate::update::replacement::replace;
use crate::update::verify::verify;

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
    /// How the report is written, on standard output.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
    /// Do not compile the crate or refresh the shapes of its types afterwards.
    #[arg(long)]
    no_verify: bool,
}

#[derive(Clone, Copy, ValueEnum)]
enum Format {
    /// For a terminal.
    Text,
    /// For a pull request.
    Markdown,
    /// For a program.
    Json,
}

/// Fetches, normalises, applies the overlays and reports. Writes only if all of that succeeds.
pub fn update(repository: &Path, options: &Options) -> Result<()> {
    let files = Files::of(repository);
    let (old_upstream, old_courier) = (files.read_upstream()?, files.read_courier()?);
    let (source, imported) = match &options.from {
        Some(from) => from_source(&Source::of(from), &old_upstream)?,
        None => from_release(&old_upstream, &old_courier)?,
    };
    let Import { document: new_upstream, broken, sdk_methods } = imported;
    let new_courier = spec::courier(&new_upstream, &files.read_overlays()?, &sdk_methods).with_context(|| source)?;
    let removals = removals((&old_upstream, &new_upstream), (&old_courier, &new_courier.document));
    let upstream = spec::print_upstream(&new_upstream)?;
    let courier = spec::print_courier(&new_courier.document)?;
    let old_model = spec::model(&old_courier).context("the committed description")?;
    let new_model = spec::model(&methods::distinct(&new_courier.document));

    let sides = Sides {
        old_upstream: &old_upstream,
        new_upstream: &new_upstream,
        old_courier: &old_courier,
        new_courier: &new_courier,
        old_model: &old_model,
        new_model: new_model.as_ref(),
        broken: &broken,
        removals: &removals,
        sdk_methods: &sdk_methods,
    };
    let report = Report::of(sides, repository, version(repository)?)?;
    let report = match options.format {
        Format::Text => report.text(),
        Format::Markdown => report.markdown(),
        Format::Json => report.json()?,
    };
    io::stdout().write_all(report.as_bytes()).context("cannot write the report")?;

    let is_newest = spec::read(&files.upstream)? == upstream && spec::read(&files.courier)? == courier;
    if is_newest {
        eprintln!("The committed description is the newest");
        return Ok(());
    }
    if options.check {
        bail!("the committed description is not the newest: run `cargo xtask update-spec`");
    }
    if !options.dry_run && !removals.is_empty() && !options.allow_removals {
        bail!("nothing is written: {}. If this is intended, pass `--allow-removals`", summary(&removals));
    }
    let new_model = new_model.context("nothing is written")?;
    if options.dry_run {
        return Ok(());
    }
    let coming_from = coming_from::table(&new_model);
    let texts = [&upstream, &courier, &coming_from];
    let written = [&files.upstream, &files.courier, &files.coming_from];
    write(repository, &written.into_iter().zip(texts.map(String::as_str)).collect::<Vec<_>>(), options.no_verify)
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

/// The description that was asked for, and what errors call it.
fn from_source(source: &Source, committed: &Value) -> Result<(String, Import)> {
    let imported = source.read().and_then(|text| import(&text, committed)).with_context(|| source.to_string())?;
    Ok((source.to_string(), imported))
}

/// The description of the newest release, or the committed one if no release is newer.
fn from_release(committed: &Value, courier: &Value) -> Result<(String, Import)> {
    let release = Release::newest()?;
    let name = format!("release {} of the official Python client", release.version);
    if release_of(committed).is_some_and(|committed| release.version <= committed) {
        eprintln!("On PyPI: {name}.");
        // What nobody has named yet keeps the name that it was given.
        let imported = Import { document: committed.clone(), broken: Vec::new(), sdk_methods: methods::given(courier) };
        return Ok((name, imported));
    }
    eprintln!("Followed: {name}.");
    let imported = release.describe().and_then(|text| import(&text, committed)).with_context(|| name.clone())?;
    Ok((name, imported))
}

/// The first few removals, in one sentence.
fn summary(removals: &[String]) -> String {
    const SHOWN: usize = 5;
    let shown = removals.iter().take(SHOWN).map(String::as_str).collect::<Vec<_>>().join(", ");
    match removals.len().saturating_sub(SHOWN) {
        0 => shown,
        more => format!("{shown}, and {more} more"),
    }
}

/// The version of the crate, which the report counts on from.
fn version(repository: &Path) -> Result<Version> {
    let path = repository.join("Cargo.toml");
    let manifest: toml::Table = spec::read(&path)?.parse().with_context(|| path.display().to_string())?;
    let version = manifest.get("package").and_then(|package| package.get("version")).and_then(toml::Value::as_str);
    let version = version.with_context(|| format!("{} has no package version", path.display()))?;
    version.parse().with_context(|| format!("{}: {version}", path.display()))
}
