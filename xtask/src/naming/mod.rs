//! The names of operations and schemas: names from the overlays, proposals, and the rules for names.

pub mod operations;
pub mod rules;
pub mod schemas;
