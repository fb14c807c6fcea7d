//! The check that the crate still generates and compiles, which also writes the changed shapes of its public types.

use std::path::Path;
use std::process::{Command, Stdio};
use std::{env, io};

use anyhow::{Context, Result, ensure};

/// Compiles the crate, and writes the shapes of its types that have changed as `*.snap.new`, to be reviewed.
pub fn verify(repository: &Path) -> Result<()> {
    cargo(repository, &["check", "--all-features"], &[])?;
    if repository.join("tests/shapes.rs").exists() {
        let shapes =
            cargo(repository, &["test", "--test", "shapes"], &[("INSTA_UPDATE", "new"), ("INSTA_FORCE_PASS", "1")]);
        // The maintainer decides about the rest of the test, such as the number of types.
        if let Err(error) = shapes {
            eprintln!("{error}: the changed shapes are written anyway");
        }
    }
    Ok(())
}

fn cargo(repository: &Path, arguments: &[&str], environment: &[(&str, &str)]) -> Result<()> {
    let line = format!("cargo {}", arguments.join(" "));
    eprintln!("{line}");
    let status = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
        .args(arguments)
        .envs(environment.iter().copied())
        .current_dir(repository)
        // Standard output is for the report.
        .stdout(Stdio::from(io::stderr()))
        .status()
        .with_context(|| format!("cannot run `{line}`"))?;
    ensure!(status.success(), "`{line}` fails");
    Ok(())
}
