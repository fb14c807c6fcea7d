//! The crate without features that its tests cannot disable.

#![allow(clippy::unwrap_used, reason = "a test fails by a panic")]

use std::path::{Path, PathBuf};
use std::{env, fs};

use assert_cmd::Command;

const MANIFEST: &str = r#"
[package]
name = "no-provider"
edition = "2024"

[workspace]

[dependencies]
rustls = { version = "0.23", default-features = false, features = ["ring", "std"] }
trycourier = { path = "REPOSITORY", default-features = false, features = ["rustls-no-provider"] }
"#;

/// Makes a client without a crypto provider, and then with one.
const PROGRAM: &str = r#"
fn main() {
    let client = || trycourier::Client::builder().api_key("pk_test_1234").build();
    println!("{}", client().unwrap_err());
    rustls::crypto::ring::default_provider().install_default().unwrap();
    println!("{:?}", client().map(|_| "made"));
}
"#;

#[test]
fn client_needs_a_crypto_provider() {
    let repository = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let target =
        env::var_os("CARGO_TARGET_DIR").map_or_else(|| repository.join("target"), |folder| repository.join(folder));
    // In a permanent folder, so that it is compiled only once.
    let folder: PathBuf = target.join("no-provider");
    fs::create_dir_all(folder.join("src")).unwrap();
    let path = repository.display().to_string().replace('\\', "/");
    fs::write(folder.join("Cargo.toml"), MANIFEST.replace("REPOSITORY", &path)).unwrap();
    fs::write(folder.join("src/main.rs"), PROGRAM).unwrap();
    fs::copy(repository.join("Cargo.lock"), folder.join("Cargo.lock")).unwrap();

    let mut cargo = Command::new(env!("CARGO"));
    cargo.args(["run", "--quiet", "--offline"]).current_dir(&folder).env("CARGO_TARGET_DIR", &target);
    let run = cargo.assert().success();
    assert_eq!(
        String::from_utf8_lossy(&run.get_output().stdout),
        "rustls has no crypto provider: install one before the client is made, for example by \
         `rustls::crypto::ring::default_provider().install_default()`, or turn on the feature `rustls`\nOk(\"made\")\n"
    );
}
