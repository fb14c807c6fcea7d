//! The generated Rust code, from the model.

pub mod calls;
mod conversion;
pub mod described;
mod doc_comments;
mod examples;
mod layout;
pub mod resources;
pub mod schemas;
pub mod surface;
pub mod test_functions;
pub mod types;
