use std::borrow::Cow;
use std::fmt;

use serde::de::{Deserializer, Error, Visitor};

/// States the values of a string enum, and implements all that follows from them.
///
/// The enum has a variant `Unrecognized(String)` besides.
macro_rules! string_enum {
    ($type:ident { $($variant:ident = $word:literal),* $(,)? }) => {
        impl $type {
            const WORDS: &'static [&'static str] = &[$($word),*];

            /// The value as the API writes it.
            #[inline]
            pub fn as_str(&self) -> &str {
                match self {
                    $(Self::$variant => $word,)*
                    Self::Unrecognized(word) => word,
                }
            }

            #[inline]
            fn known(word: &str) -> Option<Self> {
                match word {
                    $($word => Some(Self::$variant),)*
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

        /// Refuses what this version does not know; [`Unrecognized`](Self::Unrecognized) takes it.
        impl ::std::str::FromStr for $type {
            type Err = $crate::types::UnrecognizedValue;

            #[inline]
            fn from_str(word: &str) -> Result<Self, Self::Err> {
                Self::known(word).ok_or(Self::Err::new(Self::WORDS))
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
                $crate::json::read_word(from, Self::known, Self::Unrecognized)
            }

            #[inline]
            fn lenient<'v>(value: &'v ::serde_json::Value, notes: &mut $crate::json::Notes<'v>) -> Option<Self> {
                value.as_str().and_then(Self::text).or_else(|| notes.misfit(Self::EXPECTED))
            }

            #[inline]
            fn text(word: &str) -> Option<Self> {
                Some(Self::known(word).unwrap_or_else(|| Self::Unrecognized(word.to_owned())))
            }
        }

        impl $crate::json::Encode for $type {
            fn encode<S: ::serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
                to.serialize_str(self.as_str())
            }
        }
    };
}
pub(crate) use string_enum;

pub fn read_word<'de, T, D: Deserializer<'de>>(
    from: D,
    known: fn(&str) -> Option<T>,
    unrecognized: fn(String) -> T,
) -> Result<T, D::Error> {
    let word = from.deserialize_str(Word)?;
    Ok(known(&word).unwrap_or_else(|| unrecognized(word.into_owned())))
}

struct Word;

impl<'de> Visitor<'de> for Word {
    type Value = Cow<'de, str>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a string")
    }

    fn visit_borrowed_str<E: Error>(self, word: &'de str) -> Result<Cow<'de, str>, E> {
        Ok(Cow::Borrowed(word))
    }

    fn visit_str<E: Error>(self, word: &str) -> Result<Cow<'de, str>, E> {
        Ok(Cow::Owned(word.to_owned()))
    }
}
