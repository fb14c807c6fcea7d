//! The maintainer's commands. `cargo xtask` lists them.
//!
//! ```text
//! fetch/         the newest release of the official client, or a file, or an address
//!    ▼  import/     its structure, with our names where the committed one has the same thing
//! openapi/upstream.yaml
//!    ▼  spec/       the rules of normalise/ and the overlays, applied by overlay/, in their order
//! openapi/courier.yaml, docs/coming-from.md
//!    ▼  report/     what it means for callers, by the surfaces that the build script's generator makes
//! ```

mod bench_build;
mod bench_peers;
mod check_docs;
mod conformance;
mod document;
mod fetch;
mod import;
mod measured;
mod normalise;
mod overlay;
mod programs;
mod report;
mod spec;
mod update;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, Result};
use clap::{Parser, Subcommand};
use trycourier_generator as generate;

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
    /// Generate openapi/courier.yaml from openapi/upstream.yaml and the overlays, and from it
    /// docs/coming-from.md.
    GenerateSpec {
        /// Write nothing; fail with a diff if a generated file is stale.
        #[arg(long)]
        check: bool,
    },
    /// Follow the API: fetch its description and report what it means for callers.
    ///
    /// Looks on PyPI for a release of the official Python client that is newer than openapi/upstream.yaml, derives that file
    /// from its types, generates openapi/courier.yaml, and reports every difference as breaking or compatible for a Rust
    /// caller, with the next version number and a draft for CHANGELOG.md. Then compiles the crate and writes the changed
    /// shapes of its types for review. Nothing is written unless every step succeeds.
    UpdateSpec(update::Options),
    /// Count the descriptions in courier.yaml by tag, and check their links, and the code in README.md and AGENTS.md.
    CheckDocs {
        /// Name every item that has no description.
        #[arg(long)]
        missing: bool,
    },
    /// Ask others: the mock server of the official SDKs about courier.yaml, the official Python client about local_courier.
    ///
    /// What needs node or python is left out where they are not there.
    Conformance,
    /// Measure what the crate costs at build time: cold builds of a service with it, without it, and with others.
    ///
    /// The crate is packaged first, uncommitted changes included, because that is how users have it. Each build begins with an
    /// empty target folder, and everything is fetched before. All of it takes a quarter of an hour and a gigabyte or two; name
    /// some of the services to measure them alone.
    BenchBuild(bench_build::Options),
    /// Measure calls beside the official Node and Python clients and reqwest by hand, against one nginx on this machine.
    ///
    /// A send is also measured without a network, to see what the client itself costs.
    /// What needs node or python is left out where they are not there.
    BenchPeers(bench_peers::Options),
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
    // Absolute, because some of the programs that a task runs run in other folders.
    let repository = &std::path::absolute(arguments.repository.as_deref().unwrap_or(own))?;
    let files = spec::Files::of(repository);
    match &arguments.task {
        Task::GenerateSpec { check } => spec::generate(&files, *check),
        Task::UpdateSpec(options) => update::update(repository, options),
        Task::CheckDocs { missing } => check_docs::check(repository, &files.read_courier()?, *missing),
        Task::BenchBuild(options) => bench_build::bench(repository, options),
        Task::BenchPeers(options) => bench_peers::bench(repository, options),
        Task::Conformance => conformance::check(repository),
    }
}
