//! Measures what the crate costs next to other clients: `cargo compare bench-build` and `cargo compare bench-peers`.

mod bench_build;
mod bench_peers;
mod measured;

use std::path::Path;
use std::process::ExitCode;

use anyhow::{Context, Result};
use clap::Parser;

/// Measures trycourier next to other clients.
#[derive(Parser)]
#[command(name = "cargo compare", bin_name = "cargo compare", arg_required_else_help = true)]
enum Command {
    /// Measure what the crate costs at build time: cold builds of a service with it, without it, and with other
    /// clients.
    ///
    /// The crate is packaged first, uncommitted changes included, because that is how users have it. Each build begins
    /// with an empty target folder, and everything is fetched before. All services take a quarter of an hour and a
    /// gigabyte or two; name some of them to measure them alone.
    BenchBuild(bench_build::Options),
    /// Measure calls next to the official Node and Python clients and plain reqwest, against one nginx on this machine.
    ///
    /// A send is also measured without a network, to see what the client itself costs.
    /// Clients that need node or python are left out if those are not installed.
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
        Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).context("there is no repository above")?;
    match command {
        Command::BenchBuild(options) => bench_build::bench(repository, options),
        Command::BenchPeers(options) => bench_peers::bench(repository, options),
    }
}
