//! The names that look like those of secrets: the SDK's own list.

include!("../../src/secrets/names.rs");
