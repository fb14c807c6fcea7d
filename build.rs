//! The build script: generates the surface from `openapi/courier.yaml`. `build/generate.rs` lists the steps in order.

// The modules of `build/lib.rs`, which cargo cannot build as a library for a build script without publishing it.
#[path = "build/description/mod.rs"]
mod description;
#[path = "build/emit/mod.rs"]
mod emit;
#[path = "build/generate.rs"]
mod generate;
#[path = "build/model/mod.rs"]
mod model;
#[path = "build/print.rs"]
mod print;
#[path = "build/progenitor.rs"]
mod progenitor;

use std::path::PathBuf;
use std::{env, fs, process};

const DESCRIPTION: &str = "openapi/courier.yaml";

/// The types that hand-written code extends under `#[cfg(has_type = "…")]`, because several features provide each.
const EXTENDED: [&str; 13] = [
    "ChannelClassification",
    "Content",
    "ContentElements",
    "Delay",
    "ElementalContent",
    "ElementalNode",
    "Message",
    "PreferenceStatus",
    "Recipient",
    "Routing",
    "RoutingChannel",
    "RunStatus",
    "SubscriptionTopicStatus",
];

fn main() {
    println!("cargo::rerun-if-changed={DESCRIPTION}");
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed=build");
    if let Err(cause) = run() {
        println!("cargo::error=trycourier cannot be generated from {DESCRIPTION}: {cause}");
        process::exit(1);
    }
}

fn run() -> Result<(), String> {
    let out = env::var_os("OUT_DIR").map(PathBuf::from).ok_or("`OUT_DIR` is not set")?;
    // Cargo runs a build script in the folder of its package.
    let description = fs::read_to_string(DESCRIPTION).map_err(|error| error.to_string())?;
    let features =
        env::vars_os().filter_map(|(name, _)| name.to_str()?.strip_prefix("CARGO_FEATURE_").map(str::to_lowercase));
    let features: generate::Features = features.collect();
    let generated = generate::generate(&description, &features)?;
    for (name, text) in generated.files {
        let path = out.join(name);
        fs::write(&path, text).map_err(|error| format!("cannot write {}: {error}", path.display()))?;
    }
    for name in EXTENDED {
        println!("cargo::rustc-check-cfg=cfg(has_type, values({name:?}))");
        if generated.types.contains(name) {
            println!("cargo::rustc-cfg=has_type={name:?}");
        } else if features.contains("all_resources") {
            return Err(format!("hand-written code extends the type `{name}`, which is not described"));
        }
    }
    Ok(())
}
