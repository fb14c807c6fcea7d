//! The generator as a library for `xtask`, tests and benchmarks. The build script is `build.rs`.

pub mod description;
pub mod emit;
mod generate;
pub mod model;
mod print;
mod progenitor;

pub use description::yaml::parse;
pub use generate::{Features, Generated, generate, read};
