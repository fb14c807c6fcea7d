//! The secrets of a call: the names by which they are known, and their removal from text that can be printed.

pub(crate) mod debug;
mod escapes;
pub(crate) mod names;
pub(crate) mod redact;
pub(crate) mod values;

/// The replacement text of a secret.
pub(crate) const SENSITIVE: &str = "[sensitive]";
