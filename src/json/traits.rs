use serde::de::{Deserializer, MapAccess};
use serde::ser::Serializer;
use serde_json::Value;

use super::diagnostics::Notes;
use super::source::{Begun, exact, gather};

/// What can be read from JSON, strictly from the text or leniently from a tree of values.
pub trait Decode: Sized {
    /// What a value of it has to be, such as `a string`.
    const EXPECTED: &'static str;

    /// The value of a field that nothing is known of.
    fn empty() -> Self;

    /// Reads what is exactly as described.
    fn strict<'de, D: Deserializer<'de>>(from: D) -> Result<Self, D::Error>;

    /// Reads an object of which the first entries have been read already.
    fn strict_rest<'de, A: MapAccess<'de>>(begun: Vec<Begun>, rest: A) -> Result<Self, A::Error> {
        exact(&gather(begun, rest)?)
    }

    /// Reads what fits, and notes what does not. `None` where nothing does.
    fn lenient<'v>(value: &'v Value, notes: &mut Notes<'v>) -> Option<Self>;

    /// Reads a string, where a string is what it is.
    fn text(_: &str) -> Option<Self> {
        None
    }

    /// What `null` means, where it is different from absence.
    fn null() -> Option<Self> {
        None
    }

    /// The empty value that stands for another one, and is written as that.
    fn instead(_: Value) -> Option<Self> {
        None
    }
}

/// What can be written as JSON.
///
/// It is `Serialize` but for numbers: a whole one has no fraction on the wire.
pub trait Encode: Decode + PartialEq {
    fn encode<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error>;

    /// Whether a field with it is not written.
    fn is_left_out(&self) -> bool {
        false
    }

    /// Whether it is the value of a field that nothing is known of.
    fn is_empty(&self) -> bool {
        *self == Self::empty()
    }
}
