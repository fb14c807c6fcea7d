//! Keeps the templates of a workspace in files, and brings them from one environment to the next.
//!
//! ```sh
//! export COURIER_API_KEY=…            # the key of the environment
//! cargo run -p templates -- --env staging pull
//! cargo run -p templates -- --env staging diff
//! cargo run -p templates -- --env production push
//! cargo run -p templates -- --env production publish
//! cargo run -p templates -- --env production render order-confirmed --data order.json --to ada@example.com
//! cargo run -p templates -- --env production rollback order-confirmed
//! ```

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context as _, Result};
use clap::{Parser, Subcommand};
use indicatif::{ProgressBar, ProgressStyle};
use templates::Project;
use trycourier::Client;

/// Keeps the templates of a workspace in files, and brings them from one environment to the next.
#[derive(Parser)]
struct Arguments {
    /// The folder with a file for each template, and `ids.json`
    #[arg(long, default_value = "templates")]
    folder: PathBuf,
    /// The environment that COURIER_API_KEY belongs to, a key of `ids.json`
    #[arg(long)]
    env: String,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Write the drafts of the environment into the files
    Pull,
    /// Show how the files differ from the drafts; exit with 1 if they do
    Diff,
    /// Change the drafts into what the files have, and create those that are missing
    Push,
    /// Publish the drafts that have changed
    Publish {
        /// Only these templates
        names: Vec<String>,
    },
    /// Send a published template with this data, and print it as it was rendered
    Render {
        name: String,
        /// A JSON file
        #[arg(long)]
        data: PathBuf,
        /// The address that gets the message
        #[arg(long)]
        to: String,
    },
    /// Publish an earlier version again
    Rollback {
        name: String,
        /// Its name, such as `v003`; the one before the current by default
        #[arg(long)]
        version: Option<String>,
    },
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    match run(Arguments::parse()).await {
        Ok(code) => code,
        Err(error) => {
            eprintln!("{error:#}");
            ExitCode::FAILURE
        }
    }
}

async fn run(Arguments { folder, env, command }: Arguments) -> Result<ExitCode> {
    let client = Client::from_env()?;
    let mut project = Project::open(folder, env)?;
    let bar = ProgressBar::no_length().with_style(ProgressStyle::with_template("{bar:30} {pos}/{len} {msg}")?);
    match command {
        Command::Pull => print_each("pulled", &project.pull(&client, &bar).await?),
        Command::Diff => {
            let diff = project.diff(&client, &bar).await?;
            print!("{diff}");
            return Ok(if diff.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE });
        }
        Command::Push => print_each("pushed", &project.push(&client, &bar).await?),
        Command::Publish { names } => print_each("published", &project.publish(&client, &names, &bar).await?),
        Command::Render { name, data, to } => {
            let text = std::fs::read_to_string(&data).with_context(|| format!("cannot read {}", data.display()))?;
            let data = serde_json::from_str(&text).with_context(|| data.display().to_string())?;
            println!("{}", project.render(&client, &name, data, &to).await?);
        }
        Command::Rollback { name, version } => {
            let version = project.roll_back(&client, &name, version.as_deref()).await?;
            println!("published {name} {version} again");
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn print_each(done: &str, names: &[String]) {
    names.iter().for_each(|name| println!("{done} {name}"));
    println!("{} templates {done}", names.len());
}
