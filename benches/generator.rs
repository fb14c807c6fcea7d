//! The time in which the build script generates the public API, with every resource and with only `send`.
//!
//! `cargo test --bench generator -- --bench`: `cargo test` compiles it without optimization, as cargo compiles a build
//! script, even for a release build. It fails if it takes more than 1.2 s or 0.3 s.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a benchmark fails by a panic")]

mod support;

use std::fs;
use std::hint::black_box;
use std::time::Duration;

use support::{Bars, time};
use trycourier_generator::{Features, generate, parse};

fn main() {
    let description = fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/openapi/courier.yaml")).unwrap();
    let document = parse(&description).unwrap();
    let items = document["paths"].as_object().unwrap().values();
    let operations = items.flat_map(|item| item.as_object().unwrap().values());
    let methods = operations.filter_map(|operation| operation["x-method"].as_str());
    let resources: Features = methods.filter_map(|method| Some(method.split('.').next()?.to_owned())).collect();
    let everything = format!("all {} resources", resources.len());
    let mut bars = Bars::default();
    for (what, features, bar) in [
        (everything.as_str(), resources, Duration::from_millis(1200)),
        ("`send` alone", Features::from(["send".to_owned()]), Duration::from_millis(300)),
    ] {
        let generate = || drop(black_box(generate(&description, &features).unwrap()));
        // The minimum, because a disturbance only adds to the time.
        let least = (0..5).map(|_| time(generate)).min().unwrap_or_default();
        bars.state(what, &format!("{:.2} s", least.as_secs_f64()), &format!("{:.1} s", bar.as_secs_f64()), least > bar);
    }
    bars.end();
}
