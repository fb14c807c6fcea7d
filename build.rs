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

use std::path::{Path, PathBuf};
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
    let manifest = variable("CARGO_MANIFEST_DIR")?;
    let out = PathBuf::from(variable("OUT_DIR")?);
    let path = Path::new(&manifest).join(DESCRIPTION);
    let description = fs::read_to_string(&path).map_err(|error| format!("cannot read {}: {error}", path.display()))?;
    let features =
        env::vars_os().filter_map(|(name, _)| name.to_str()?.strip_prefix("CARGO_FEATURE_").map(str::to_lowercase));
    let features: generate::Features = features.collect();
    let generated = generate::generate(&description, &features)?;
    for file in generated.files {
        let path = out.join(file.name);
        fs::write(&path, file.text).map_err(|error| format!("cannot write {}: {error}", path.display()))?;
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

fn variable(name: &str) -> Result<String, String> {
    env::var(name).map_err(|error| format!("{name}: {error}"))
}
