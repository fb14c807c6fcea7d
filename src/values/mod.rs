//! The values that the description names and JSON does not: times, secrets, and the absence of a value.

pub(crate) mod iso_8601;
pub(crate) mod millis;
pub(crate) mod nullable;
pub(crate) mod sensitive;
pub(crate) mod timestamp;

pub use sensitive::Sensitive;
