//! The maintainer's commands. `cargo xtask` lists the commands; `lib.rs` lists the modules.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, Result};
use clap::{Parser, Subcommand};
use semver::Version;
use xtask::files::Files;
use xtask::{check_docs, conformance, generate_spec, live_check, prepare_release, update_spec};

/// Maintains the description that trycourier is generated from.
#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask", arg_required_else_help = true)]
struct Arguments {
    #[command(subcommand)]
    task: Task,
    /// The repository to work in [default: the repository of xtask].
    #[arg(long, global = true, value_name = "FOLDER")]
    repository: Option<PathBuf>,
}

#[derive(Subcommand)]
enum Task {
    /// Generate openapi/courier.yaml from openapi/upstream.yaml and the overlays, and from it docs/coming-from.md.
    GenerateSpec {
        /// Write nothing; fail with a diff if a generated file is stale.
        #[arg(long)]
        check: bool,
    },
    /// Follow the API: fetch its description and report what it means for callers.
    ///
    /// Searches PyPI for a release of the official Python client that is newer than openapi/upstream.yaml, derives that
    /// file from its types, generates openapi/courier.yaml, and reports every difference as breaking or compatible for
    /// a Rust caller, with the next version number and a draft for CHANGELOG.md, and compiles the crate with it. Then
    /// writes these files, and the changed shapes of the types for review. Nothing is written unless every step succeeds.
    UpdateSpec(update_spec::Options),
    /// Prepare a release: set its version in the manifests and lock files, and begin its section in CHANGELOG.md.
    PrepareRelease {
        /// The version, as `update-spec` or docs/semver.md has it.
        version: Version,
    },
    /// Count the descriptions in courier.yaml by tag, and check their links, and the code in README.md and AGENTS.md.
    CheckDocs {
        /// List every item that has no description.
        #[arg(long)]
        missing: bool,
    },
    /// Test against other programs: the mock server of the official SDKs with courier.yaml, the official Python client
    /// with courier-local.
    ///
    /// Checks that need node or python are skipped if those are not installed.
    Conformance,
    /// Check what only Courier itself can confirm: send a message, list it, cancel it, and receive a webhook.
    ///
    /// Skipped without COURIER_API_KEY. With COURIER_WEBHOOK_SECRET, it also receives a webhook; see
    /// examples/live_check.rs.
    LiveCheck,
}

fn main() -> ExitCode {
    match run(&Arguments::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: &Arguments) -> Result<()> {
    let this_repository = Path::new(env!("CARGO_MANIFEST_DIR")).parent().context("xtask has no folder above it")?;
    // Absolute, because some programs run in other folders.
    let repository = std::path::absolute(arguments.repository.as_deref().unwrap_or(this_repository))?;
    let files = Files::new(&repository);
    match &arguments.task {
        Task::GenerateSpec { check } => generate_spec::generate(&files, *check),
        Task::PrepareRelease { version } => prepare_release::prepare(&repository, version),
        Task::UpdateSpec(options) => update_spec::update(&files, options),
        Task::CheckDocs { missing } => check_docs::check(&files, *missing),
        Task::Conformance => conformance::check(&repository),
        Task::LiveCheck => live_check::check(&repository),
    }
}
