//! The model as Rust.

pub mod calls;
mod conversion;
pub mod described;
mod examples;
mod layout;
mod prose;
pub mod resources;
pub mod schemas;
pub mod surface;
pub mod tests;
pub mod types;
