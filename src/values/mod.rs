//! Types for values for which JSON does not have a type: timestamps, secrets, and an explicit null.

pub(crate) mod checked_text;
pub(crate) mod iso_8601;
pub(crate) mod millis;
pub(crate) mod nullable;
pub(crate) mod schedule;
pub(crate) mod sensitive;
pub(crate) mod timestamp;

pub use sensitive::Sensitive;
