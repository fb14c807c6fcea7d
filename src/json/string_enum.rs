//! Enums of strings.

use std::borrow::Cow;

use serde::{Deserialize, Deserializer};

/// Implements parsing, formatting, decoding and encoding for a string enum, from the list of its values.
///
/// The enum also has a variant `Unrecognized(String)`.
macro_rules! string_enum {
    ($type:ident { $($variant:ident = $value:literal),* $(,)? }) => {
        impl $type {
            const VALUES: &'static [&'static str] = &[$($value),*];

            /// The value as the API writes it.
            #[inline]
            pub fn as_str(&self) -> &str {
                match self {
                    $(Self::$variant => $value,)*
                    Self::Unrecognized(text) => text,
                }
            }

            #[inline]
            fn known(text: &str) -> Option<Self> {
                match text {
                    $($value => Some(Self::$variant),)*
                    _ => None,
                }
            }
        }

        impl ::std::fmt::Display for $type {
            #[inline]
            fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                f.pad(self.as_str())
            }
        }

        /// Refuses values that this version does not know. They can be constructed as
        /// [`Unrecognized`](Self::Unrecognized).
        impl ::std::str::FromStr for $type {
            type Err = $crate::types::UnrecognizedValue;

            #[inline]
            fn from_str(text: &str) -> Result<Self, $crate::types::UnrecognizedValue> {
                Self::known(text).ok_or($crate::types::UnrecognizedValue::new(Self::VALUES))
            }
        }

        impl ::serde::Serialize for $type {
            fn serialize<S: ::serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
                to.serialize_str(self.as_str())
            }
        }

        impl<'de> ::serde::Deserialize<'de> for $type {
            fn deserialize<D: ::serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
                <Self as $crate::json::Decode>::strict(from)
            }
        }

        impl $crate::json::Decode for $type {
            const EXPECTED: &'static str = "a string";

            #[inline]
            fn empty() -> Self {
                Self::Unrecognized(String::new())
            }

            fn strict<'de, D: ::serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
                $crate::json::decode_string_enum(from, Self::known, Self::Unrecognized)
            }

            #[inline]
            fn lenient<'v>(
                value: &'v ::serde_json::Value,
                diagnostics: &mut $crate::json::Diagnostics<'v>,
            ) -> Option<Self> {
                let Some(text) = value.as_str() else { return diagnostics.mismatch(Self::EXPECTED) };
                Some(Self::known(text).unwrap_or_else(|| Self::Unrecognized(text.to_owned())))
            }
        }

        impl $crate::json::Encode for $type {}
    };
}
pub(crate) use string_enum;

pub fn decode_string_enum<'de, T, D: Deserializer<'de>>(
    from: D,
    known: fn(&str) -> Option<T>,
    unrecognized: fn(String) -> T,
) -> Result<T, D::Error> {
    let Text(text) = Text::deserialize(from)?;
    Ok(known(&text).unwrap_or_else(|| unrecognized(text.into_owned())))
}

#[derive(Deserialize)]
#[serde(transparent)]
struct Text<'t>(#[serde(borrow)] Cow<'t, str>);
