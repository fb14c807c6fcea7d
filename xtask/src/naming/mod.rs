//! The names of operations and schemas: those that the overlays give, proposals, and the rules that they follow.

pub mod operations;
pub mod rules;
pub mod schemas;
