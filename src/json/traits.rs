//! The traits of everything that JSON is decoded into and encoded from.

use serde::de::Deserializer;
use serde::ser::{Serialize, Serializer};
use serde_json::Value;

use super::diagnostics::Diagnostics;

/// A type that is decoded from JSON, strictly from text or leniently from a tree of values.
pub trait Decode: Sized {
    /// The kind of JSON that the description expects, such as `a string`.
    const EXPECTED: &'static str;

    /// Returns the value of a field that was not received.
    fn empty() -> Self;

    /// Decodes JSON that matches the description.
    fn strict<'de, D: Deserializer<'de>>(from: D) -> Result<Self, D::Error>;

    /// Decodes the parts that match the description, and records the others. Returns `None` if no part does.
    fn lenient<'v>(value: &'v Value, diagnostics: &mut Diagnostics<'v>) -> Option<Self>;

    /// Returns the value of `null`, for types in which it differs from absence.
    fn null() -> Option<Self> {
        None
    }

    /// Returns an empty value that holds JSON of another kind, and encodes as that JSON.
    fn from_other(_: Value) -> Option<Self> {
        None
    }
}

/// A type that is encoded as JSON.
///
/// It differs from `Serialize` in numbers: a whole number has no fraction on the wire.
pub trait Encode: Decode + Serialize + PartialEq {
    fn encode<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        self.serialize(to)
    }

    /// Returns `true` if a field with this value is not encoded.
    fn is_left_out(&self) -> bool {
        false
    }

    /// Returns `true` if it equals the value of a field that was not received.
    fn is_empty(&self) -> bool {
        *self == Self::empty()
    }
}
