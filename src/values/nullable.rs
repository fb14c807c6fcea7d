//! A `null` that differs from absence.

use serde::de::Deserializer;
use serde::ser::Serializer;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::json::{Decode, Diagnostics, Encode};

/// A value, or an explicit `null`, which clears the value in an update.
///
/// A field of this type is also an `Option`: `None` is not sent, and changes nothing. The setter takes the value, and
/// `clear_…` sets `null`.
///
/// ```
/// use trycourier::types::Nullable;
///
/// let set: Nullable<String> = "en-GB".into();
/// assert_eq!(set.value().map(String::as_str), Some("en-GB"));
/// let cleared: Nullable<String> = Nullable::Null;
/// assert_eq!(cleared.value(), None);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(untagged, from = "Option<T>")]
pub enum Nullable<T> {
    /// `null`, which clears the value.
    #[default]
    Null,
    /// The value.
    Value(T),
}

impl<T> Nullable<T> {
    /// The value, if there is one.
    pub fn value(&self) -> Option<&T> {
        match self {
            Self::Null => None,
            Self::Value(value) => Some(value),
        }
    }

    /// Consumes this, and returns the value, if there is one.
    pub fn into_value(self) -> Option<T> {
        match self {
            Self::Null => None,
            Self::Value(value) => Some(value),
        }
    }
}

impl<T> From<T> for Nullable<T> {
    fn from(value: T) -> Self {
        Self::Value(value)
    }
}

impl From<&str> for Nullable<String> {
    fn from(value: &str) -> Self {
        Self::Value(value.to_owned())
    }
}

/// Converts `None` to `null`.
impl<T> From<Option<T>> for Nullable<T> {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, Self::Value)
    }
}

impl<T: Decode> Decode for Nullable<T> {
    const EXPECTED: &'static str = T::EXPECTED;

    fn empty() -> Self {
        Self::Null
    }

    fn strict<'de, D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        Option::<T>::strict(from).map(Self::from)
    }

    fn lenient<'v>(value: &'v Value, diagnostics: &mut Diagnostics<'v>) -> Option<Self> {
        Option::<T>::lenient(value, diagnostics).map(Self::from)
    }

    fn null() -> Option<Self> {
        Some(Self::Null)
    }
}

impl<T: Encode> Encode for Nullable<T> {
    fn encode<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Value(value) => value.encode(to),
            Self::Null => to.serialize_unit(),
        }
    }
}

#[cfg(feature = "schemars")]
impl<T: schemars::JsonSchema> schemars::JsonSchema for Nullable<T> {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        Option::<T>::schema_name()
    }

    fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
        Option::<T>::json_schema(generator)
    }

    fn inline_schema() -> bool {
        Option::<T>::inline_schema()
    }
}
