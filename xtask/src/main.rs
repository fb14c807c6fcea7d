//! The maintainer's commands. `cargo xtask` lists them.

mod check_docs;
mod diff;
mod document;
mod downgrade;
mod import;
mod normalise;
mod overlay;
mod paths;
mod places;
mod references;
mod spec;

use std::path::Path;

use anyhow::{Context, Result};
use clap::{Parser, Subcommand};

/// Maintains the description that trycourier is generated from.
#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask", arg_required_else_help = true)]
struct Arguments {
    #[command(subcommand)]
    task: Task,
}

#[derive(Subcommand)]
enum Task {
    /// Make openapi/courier.yaml of openapi/upstream.yaml and the overlays.
    GenerateSpec {
        /// Write nothing; fail with a diff when courier.yaml is stale.
        #[arg(long)]
        check: bool,
    },
    /// Take the structure of a description of Courier's API into openapi/upstream.yaml, and generate from it.
    UpdateSpec {
        /// The description: a file, YAML or JSON.
        #[arg(long, value_name = "FILE")]
        from: std::path::PathBuf,
    },
    /// Count what courier.yaml describes in words, by tag.
    CheckDocs {
        /// Name every item that has no description.
        #[arg(long)]
        missing: bool,
    },
}

fn main() -> Result<()> {
    let repository = Path::new(env!("CARGO_MANIFEST_DIR")).parent().context("xtask has no folder above it")?;
    let files = spec::Files::of(repository);
    match Arguments::parse().task {
        Task::GenerateSpec { check } => spec::generate(&files, check),
        Task::UpdateSpec { from } => { let c=files.read_upstream()?; let u=import::import(&spec::read(&from)?, &c)?; std::fs::write("/tmp/new-upstream.yaml", spec::print_upstream(&u)?)?; let o=spec::courier(&u,&files.read_overlays()?)?; std::fs::write("/tmp/new-courier.yaml", spec::print_courier(&o.document)?)?; for g in o.gone {println!("{g}");} println!("{:?}",o.unnamed); Ok(()) },
        Task::CheckDocs { missing } => check_docs::check(&files.read_courier()?, missing),
    }
}
