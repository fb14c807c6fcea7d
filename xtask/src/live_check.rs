//! `cargo xtask live-check`: asks Courier itself, by `examples/live_check.rs`, whether it does what the SDK expects.

use std::path::Path;

use anyhow::{Context, Result};

use crate::programs::{cargo, run};

pub fn check(repository: &Path) -> Result<()> {
    if std::env::var("COURIER_API_KEY").is_ok_and(|key| !key.trim().is_empty()) {
        let example = ["run", "--quiet", "--package", "trycourier", "--features", "webhook", "--example", "live_check"];
        return run(cargo().args(example).current_dir(repository)).context("Courier and the SDK disagree");
    }
    println!("Left out: COURIER_API_KEY is not set. Use the key of a test environment.");
    Ok(())
}
