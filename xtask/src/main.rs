//! The maintainer's commands. `cargo xtask` lists them.

mod check_docs;
mod diff;
mod document;
mod downgrade;
mod fetch;
mod import;
mod normalise;
mod overlay;
mod paths;
mod places;
mod references;
mod replacement;
mod report;
mod spec;
mod update;
mod verify;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, Result};
use clap::{Parser, Subcommand};

/// Maintains the description that trycourier is generated from.
#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask", arg_required_else_help = true)]
struct Arguments {
    #[command(subcommand)]
    task: Task,
    /// The repository to work in [default: the one that xtask is part of].
    #[arg(long, global = true, value_name = "FOLDER")]
    repository: Option<PathBuf>,
}

#[derive(Subcommand)]
enum Task {
    /// Make openapi/courier.yaml of openapi/upstream.yaml and the overlays.
    GenerateSpec {
        /// Write nothing; fail with a diff when courier.yaml is stale.
        #[arg(long)]
        check: bool,
    },
    /// Follow the API: fetch its description and report what it means for callers.
    ///
    /// Fetches what Courier publishes, takes its structure into openapi/upstream.yaml, makes openapi/courier.yaml of it,
    /// and reports every difference as breaking or compatible for a Rust caller, with the version that follows and a
    /// draft for CHANGELOG.md. Then compiles the crate and writes the changed shapes of its types for review. Nothing is
    /// written unless everything went well.
    UpdateSpec(update::Options),
    /// Count what courier.yaml describes in words, by tag.
    CheckDocs {
        /// Name every item that has no description.
        #[arg(long)]
        missing: bool,
    },
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
    let own = Path::new(env!("CARGO_MANIFEST_DIR")).parent().context("xtask has no folder above it")?;
    let repository = arguments.repository.as_deref().unwrap_or(own);
    let files = spec::Files::of(repository);
    match &arguments.task {
        Task::GenerateSpec { check } => spec::generate(&files, *check),
        Task::UpdateSpec(options) => update::update(repository, options),
        Task::CheckDocs { missing } => check_docs::check(&files.read_courier()?, *missing),
    }
}
