//! The secrets of a call: the names by which they are known, and their removal from what can be printed.

pub(crate) mod names;
pub(crate) mod redact;
mod unescape;
