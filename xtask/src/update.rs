//! `cargo xtask update-spec`: from what Courier publishes to a change that a maintainer can review.

use std::io::{self, Write};
use std::path::Path;

use anyhow::{Context, Result, bail};
use clap::{Args, ValueEnum};
use semver::Version;
use serde::Deserialize;

use crate::fetch::Source;
use crate::import::import;
use crate::replacement::replace;
use crate::report::{Report, Sides};
use crate::spec::{self, Files};
use crate::verify::verify;

#[derive(Args)]
pub struct Options {
    /// The description, YAML or JSON, OpenAPI 3.0 or 3.1 [default: the URL in openapi/source.yaml].
    #[arg(long, value_name = "URL|FILE")]
    from: Option<String>,
    /// Write nothing; fail when the committed description is not the newest.
    #[arg(long)]
    check: bool,
    /// Write nothing; report what would change.
    #[arg(long)]
    dry_run: bool,
    /// How the report is written, on standard output.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
    /// Neither compile the crate nor refresh the shapes of its types afterwards.
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

/// Fetches, normalises, overlays, reports; and writes only when all of that went well.
pub fn update(repository: &Path, options: &Options) -> Result<()> {
    let files = Files::of(repository);
    let source = source(options.from.as_deref(), &files.source)?;
    let (old_upstream, old_courier) = (files.read_upstream()?, files.read_courier()?);

    let new_upstream =
        source.read().and_then(|text| import(&text, &old_upstream)).with_context(|| source.to_string())?;
    let new_courier = spec::courier(&new_upstream, &files.read_overlays()?).with_context(|| source.to_string())?;
    let upstream = spec::print_upstream(&new_upstream)?;
    let courier = spec::print_courier(&new_courier.document)?;

    let sides = Sides {
        old_upstream: &old_upstream,
        new_upstream: &new_upstream,
        old_courier: &old_courier,
        new_courier: &new_courier,
    };
    let report = Report::of(sides, version(repository)?)?;
    let report = match options.format {
        Format::Text => report.text(),
        Format::Markdown => report.markdown(),
        Format::Json => report.json()?,
    };
    io::stdout().write_all(report.as_bytes()).context("cannot write the report")?;

    let is_newest = spec::read(&files.upstream)? == upstream && spec::read(&files.courier)? == courier;
    if is_newest {
        eprintln!("The committed description is the newest.");
        return Ok(());
    }
    if options.check {
        bail!("the committed description is not the newest: run `cargo xtask update-spec`");
    }
    if options.dry_run {
        return Ok(());
    }
    write(repository, &files, (&upstream, &courier), options.no_verify)
}

fn write(repository: &Path, files: &Files, (upstream, courier): (&str, &str), no_verify: bool) -> Result<()> {
    let replacement = replace(&[(&files.upstream, upstream), (&files.courier, courier)])?;
    if !no_verify && let Err(error) = verify(repository) {
        replacement.undo()?;
        return Err(error.context("the files are as they were; `--no-verify` keeps the new ones, to look into it"));
    }
    eprintln!("Written: {} and {}. Next: `git diff`.", files.upstream.display(), files.courier.display());
    Ok(())
}

/// What was asked for, else what openapi/source.yaml says.
fn source(from: Option<&str>, configuration: &Path) -> Result<Source> {
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Configuration {
        url: String,
    }
    if let Some(from) = from {
        return Ok(Source::of(from));
    }
    let configuration: Configuration = yaml_serde::from_str(&spec::read(configuration)?)
        .with_context(|| format!("{} is to have a `url`", configuration.display()))?;
    Ok(Source::of(&configuration.url))
}

/// The version of the crate, which the report counts on from.
fn version(repository: &Path) -> Result<Version> {
    let path = repository.join("Cargo.toml");
    let manifest: toml::Table = spec::read(&path)?.parse().with_context(|| path.display().to_string())?;
    let version = manifest.get("package").and_then(|package| package.get("version")).and_then(toml::Value::as_str);
    let version = version.with_context(|| format!("{} has no package version", path.display()))?;
    version.parse().with_context(|| format!("{}: {version}", path.display()))
}
