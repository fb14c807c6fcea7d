//! Compares the cost of the crate with that of other clients: `cargo compare bench-build` and `cargo compare bench-peers`.

mod bench_build;
mod bench_peers;
mod measured;

use std::path::Path;
use std::process::ExitCode;

use anyhow::{Context, Result};
use clap::Parser;

/// Compares trycourier with other clients.
#[derive(Parser)]
#[command(name = "cargo compare", bin_name = "cargo compare", arg_required_else_help = true)]
enum Command {
    /// Measure the cost of the crate at build time: cold builds of a service with it, without it, and with other clients.
    ///
    /// The crate is packaged first, uncommitted changes included, because users depend on a package. Each build begins with an
    /// empty target folder, after all dependencies were fetched. All services take about 15 minutes and 2 GB; name some of them to
    /// measure only those.
    BenchBuild(bench_build::Options),
    /// Measure calls, compared with the official Node and Python clients and plain reqwest, against one local nginx.
    ///
    /// A send is also measured without a network, which isolates the client's own cost.
    /// Clients that need node or python are skipped if those are not installed.
    BenchPeers(bench_peers::Options),
}

fn main() -> ExitCode {
    match run(&Command::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(command: &Command) -> Result<()> {
    let repository =
        Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).context("the repository was not found")?;
    match command {
        Command::BenchBuild(options) => bench_build::bench(repository, options),
        Command::BenchPeers(options) => bench_peers::bench(repository, options),
    }
}
