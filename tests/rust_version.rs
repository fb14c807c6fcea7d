//! The `rust-version` of the package is true of everything that it depends on.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a test fails by a panic")]

use std::process::Command;

use serde_json::Value;

fn output(command: &mut Command) -> String {
    let output = command.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

fn version(text: &str) -> Vec<u32> {
    text.split('.').map(|number| number.parse().unwrap()).collect()
}

#[test]
fn dependencies_support_the_declared_rust_version() {
    let rustc = output(Command::new("rustc").arg("-vV"));
    let host = rustc.lines().find_map(|line| line.strip_prefix("host: ")).unwrap();
    let metadata = output(
        Command::new(env!("CARGO"))
            .args(["metadata", "--format-version", "1", "--locked", "--filter-platform", host])
            .current_dir(env!("CARGO_MANIFEST_DIR")),
    );
    let metadata: Value = serde_json::from_str(&metadata).unwrap();
    let packages = metadata["packages"].as_array().unwrap();
    assert!(packages.len() > 50, "{}", packages.len());
    let ours = version(env!("CARGO_PKG_RUST_VERSION"));
    // The packages of this repository have their own versions, which Cargo checks.
    for package in packages.iter().filter(|package| !package["source"].is_null()) {
        if let Some(theirs) = package["rust_version"].as_str() {
            assert!(
                version(theirs)[..2] <= ours[..2],
                "{} {} needs Rust {theirs}",
                package["name"],
                package["version"]
            );
        }
    }
}
