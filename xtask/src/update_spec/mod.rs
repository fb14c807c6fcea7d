//! `cargo xtask update-spec`: turns Courier's published API into a change that a maintainer can review.

mod changelog;
mod removals;
pub mod replace_files;
mod skeletons;
mod verify;

use std::fs;
use std::io::{self, Write};
use std::path::Path;

use anyhow::{Context, Result, bail, ensure};
use clap::{Args, ValueEnum};
use semver::Version;
use serde_json::Value;

use crate::document::{operations, print};
use crate::files::{self, Files};
use crate::findings::{Section, first_few};
use crate::import::{Import, import};
use crate::naming::operations::{self as operation_names, SdkMethods};
use crate::overlay::Replaced;
use crate::release::Release;
use crate::report::{Report, render, second_source};
use crate::update_spec::removals::{release_version, removals};
use crate::update_spec::replace_files::replace;
use crate::{coming_from, fetch, passes, programs};

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
    /// Also write what needs no decision: names, marks and empty descriptions into the overlays, without the targets
    /// that are gone, the number of operations into README.md, and the draft into CHANGELOG.md.
    #[arg(long)]
    write_skeletons: bool,
    /// The format of the report, on standard output.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
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
    let (source, mut imported) = match &options.from {
        Some(from) => {
            let imported = fetch::read(from).and_then(|text| import(&text, &old_upstream));
            (from.clone(), imported.with_context(|| from.clone())?)
        }
        None => from_release(&old_upstream, &old_courier)?,
    };
    let mut findings = std::mem::take(&mut imported.findings);
    let new_upstream = &imported.document;
    let committed_overlays = files.read_overlays()?;
    // The overlays may already be written for the new description.
    let old = passes::courier(&old_upstream, &committed_overlays, &SdkMethods::new()).map(|courier| courier.replaced);
    let old_replaced = old.unwrap_or_else(|error| {
        eprintln!("Changes behind overlays are not compared, because the overlays do not fit upstream.yaml: {error:#}");
        Replaced::new()
    });
    let mut overlays = files.read_overlays()?;
    let new_courier = match options.write_skeletons {
        true => skeletons::write(&mut overlays, &imported, &old_courier),
        false => passes::courier(new_upstream, &overlays, &imported.sdk_methods),
    };
    let new_courier = new_courier.with_context(|| source)?;
    let removals = removals((&old_upstream, new_upstream), (&old_courier, &new_courier.document));
    let names: Vec<&str> = removals.iter().map(|removal| &*removal.text).collect();
    let refusal = (!names.is_empty()).then(|| first_few(&names, ", "));
    findings.extend(removals);
    if options.from.is_some() {
        findings.extend(second_source::differences(&old_upstream, new_upstream));
    }
    let upstream = print(new_upstream, files::UPSTREAM_HEADER)?;
    let courier = print(&new_courier.document, files::COURIER_HEADER)?;
    let old_model = passes::model(&old_courier).context("the committed description")?;
    let new_model = passes::model(&operation_names::distinct(&new_courier.document));

    let old_side = (&old_courier, &old_model, &old_replaced);
    let new_side = (&new_courier, new_upstream, new_model.as_ref());
    let report = Report::new(files, version(&files.repository)?, old_side, new_side, findings)?;
    let text = match options.format {
        Format::Text => render::text(&report)?,
        Format::Markdown => render::markdown(&report)?,
        Format::Json => serde_json::to_string_pretty(&report).context("cannot print the report as JSON")? + "\n",
    };
    io::stdout().write_all(text.as_bytes()).context("cannot write the report")?;

    let is_newest = files::read(&files.upstream)? == upstream && files::read(&files.courier)? == courier;
    if is_newest {
        eprintln!("The committed description is the newest");
        return Ok(());
    }
    if options.check {
        bail!("the committed description is not the newest: run `cargo xtask update-spec`");
    }
    keep(&files.repository, &report)?;
    if let Some(refusal) = refusal.filter(|_| !options.dry_run && !options.allow_removals) {
        bail!("nothing is written: {refusal}. If this is intended, pass `--allow-removals`");
    }
    let new_model = new_model.context("nothing is written")?;
    let compiled = print(&operation_names::distinct(&new_courier.document), files::COURIER_HEADER)?;
    verify::compile(&files.repository, &compiled, [&new_model, &old_model]).context("nothing is written")?;
    if options.dry_run {
        return Ok(());
    }
    // The generator could not read the committed description the next time.
    let clashes = report.findings.iter().filter(|finding| finding.section == Section::OperationName);
    let clashes: Vec<&str> = clashes.map(|finding| &*finding.text).collect();
    ensure!(clashes.is_empty(), "nothing is written: {}", clashes.join("; "));
    let mut texts = vec![
        (files.upstream.clone(), upstream),
        (files.courier.clone(), courier),
        (files.coming_from.clone(), coming_from::table(&new_courier.document, &new_model)),
    ];
    if options.write_skeletons {
        let count = |document: &Value| operations(document).len();
        let counts = (count(&old_courier), count(&new_courier.document));
        texts.extend(overlays.into_iter().map(|overlay| (files.repository.join(&overlay.file), overlay.text)));
        texts.extend(changelog::documents(&files.repository, &report, counts));
    }
    // Only the files that change.
    texts.retain(|(path, text)| fs::read_to_string(path).ok().as_ref() != Some(text));
    replace(&texts)?;
    verify::write_shapes(&files.repository, options.write_skeletons);
    let names = texts.iter().map(|(path, _)| path.display().to_string()).collect::<Vec<_>>().join(", ");
    eprintln!("Written: {names}. The report is in target/update-spec.md. Next: `git diff`.");
    Ok(())
}

/// Keeps the report: after the update, a second run has nothing to report.
fn keep(repository: &Path, report: &Report) -> Result<()> {
    let (path, text) = (programs::target(repository).join("update-spec.md"), render::markdown(report)?);
    let written = fs::create_dir_all(programs::target(repository)).and_then(|()| fs::write(&path, text));
    written.with_context(|| format!("cannot write {}", path.display()))
}

/// The description of the newest release, or the committed one if no release is newer.
fn from_release(committed: &Value, courier: &Value) -> Result<(String, Import)> {
    let release = Release::newest()?;
    let name = format!("release {} of the official Python client", release.version);
    if release_version(committed).is_some_and(|committed| release.version <= committed) {
        eprintln!("On PyPI: {name}.");
        // Operations that names.yaml does not name yet keep their given name.
        let sdk_methods = operation_names::given(courier);
        return Ok((
            name,
            Import { document: committed.clone(), findings: Vec::new(), sdk_methods, prose: Value::Null },
        ));
    }
    eprintln!("Followed: {name}.");
    let imported = release.describe().and_then(|text| import(&text, committed)).with_context(|| name.clone())?;
    Ok((name, imported))
}

/// The version of the crate, from which the report derives the next version.
pub fn version(repository: &Path) -> Result<Version> {
    let path = repository.join("Cargo.toml");
    let manifest: toml::Table = files::read(&path)?.parse().with_context(|| path.display().to_string())?;
    let version = manifest
        .get("package")
        .and_then(|package| package.get("version")?.as_str())
        .with_context(|| format!("{} has no package version", path.display()))?;
    version.parse().with_context(|| format!("{}: {version}", path.display()))
}
