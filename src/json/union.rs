//! Values of one of several shapes.

use serde::Deserialize;
use serde::de::{Deserializer, Error as _};
use serde_json::{Map, Value};

use super::diagnostics::Diagnostics;
use super::source::{TreeValue, ValueSource};
use super::traits::Decode;
use super::values::integer;

/// One of several shapes. The variants are known by number, in the order of the shapes.
pub trait Union: Decode {
    /// The shape of each variant. The first matching variant is chosen; variants with tags come before variants
    /// without.
    const SHAPES: &'static [Shape];

    /// Decodes the variant of that number.
    fn decode_variant<V: ValueSource>(variant: usize, value: V) -> Result<Self, V::Error>;
    fn unrecognized(value: Value) -> Self;
}

/// The shape of a variant.
#[derive(PartialEq)]
pub enum Shape {
    /// An object with tags, which are properties with one of these values, and with these required properties.
    Object(&'static [(&'static str, &'static [&'static str])], &'static [&'static str]),
    Text,
    Array,
    Integer,
    #[allow(dead_code, reason = "the description has no union with a fraction today")]
    Number,
    Boolean,
}

/// Implements [`Union`], decoding and encoding for an enum, from the list of its variants.
///
/// The enum also has a variant `Unrecognized(Object)`.
macro_rules! union {
    ($type:ident { $($index:literal $variant:ident = $shape:expr),* $(,)? }) => {
        impl $crate::json::Union for $type {
            const SHAPES: &'static [$crate::json::Shape] = {
                #[allow(unused_imports)]
                use $crate::json::Shape::*;
                &[$($shape),*]
            };

            fn decode_variant<V: $crate::json::ValueSource>(variant: usize, value: V) -> Result<Self, V::Error> {
                match variant {
                    $($index => value.decode().map(Self::$variant),)*
                    _ => value.decode().map($crate::types::Object::received).map(Self::Unrecognized),
                }
            }

            #[inline]
            fn unrecognized(value: ::serde_json::Value) -> Self {
                Self::Unrecognized($crate::types::Object::received(value))
            }
        }

        /// Decodes the value as the first kind that it matches exactly; any other value is
        /// [`Unrecognized`](Self::Unrecognized). Either way, it is sent unchanged.
        impl From<::serde_json::Value> for $type {
            fn from(value: ::serde_json::Value) -> Self {
                $crate::json::union_from_value(value)
            }
        }

        impl ::serde::Serialize for $type {
            fn serialize<S: ::serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
                match self {
                    $(Self::$variant(value) => $crate::json::Encode::encode(value, to),)*
                    // It may be any JSON: the caller chose this variant on purpose.
                    Self::Unrecognized(value) => ::serde::Serialize::serialize(value.as_value(), to),
                }
            }
        }

        impl<'de> ::serde::Deserialize<'de> for $type {
            fn deserialize<D: ::serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
                $crate::json::decode_union(from)
            }
        }

        impl $crate::json::Decode for $type {
            const EXPECTED: &'static str = "a value of one of the described shapes";

            #[inline]
            fn empty() -> Self {
                $crate::json::Union::unrecognized(::serde_json::Value::Null)
            }

            fn strict<'de, D: ::serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
                $crate::json::decode_union(from)
            }

            #[inline]
            fn lenient<'v>(
                value: &'v ::serde_json::Value,
                diagnostics: &mut $crate::json::Diagnostics<'v>,
            ) -> Option<Self> {
                $crate::json::decode_union_leniently(value, diagnostics)
            }

            #[inline]
            fn from_other(value: ::serde_json::Value) -> Option<Self> {
                Some($crate::json::Union::unrecognized(value))
            }
        }

        impl $crate::json::Encode for $type {}
    };
}
pub(crate) use union;

/// Decodes a union strictly.
///
/// The tags that identify the variant can come after the other properties, so the value is buffered.
pub fn decode_union<'de, T: Union, D: Deserializer<'de>>(from: D) -> Result<T, D::Error> {
    let value = Value::deserialize(from)?;
    Diagnostics::exactly(|diagnostics| T::lenient(&value, diagnostics)).ok_or_else(|| D::Error::custom(T::EXPECTED))
}

/// Decodes a value of the caller.
pub fn union_from_value<T: Union>(value: Value) -> T {
    let decoded = Diagnostics::exactly(|diagnostics| T::lenient(&value, diagnostics));
    decoded.unwrap_or_else(|| T::unrecognized(value))
}

/// Decodes a union leniently. An object of a variant that this version does not know is not a mismatch.
pub fn decode_union_leniently<'v, T: Union>(value: &'v Value, diagnostics: &mut Diagnostics<'v>) -> Option<T> {
    if let Some(variant) = choose(T::SHAPES, value) {
        let decoded = exact_among_equals(variant, value)
            .or_else(|| T::decode_variant(variant, TreeValue { value, diagnostics }).ok());
        return decoded.or_else(|| Some(T::unrecognized(diagnostics.keep(value))));
    }
    let is_unknown_variant = value.is_object() && T::SHAPES.iter().any(|shape| matches!(shape, Shape::Object(..)));
    if !is_unknown_variant {
        diagnostics.mismatch::<()>(T::EXPECTED);
    }
    (!value.is_null()).then(|| T::unrecognized(diagnostics.keep(value)))
}

/// If several variants have the shape of the chosen one, decodes the first of them that matches exactly.
fn exact_among_equals<T: Union>(chosen: usize, value: &Value) -> Option<T> {
    let shape = T::SHAPES.get(chosen).filter(|shape| matches!(shape, Shape::Object(..)))?;
    let equals = T::SHAPES.iter().enumerate().filter(|(_, other)| *other == shape);
    equals.clone().nth(1)?;
    equals.map(|(variant, _)| variant).find_map(|variant| {
        Diagnostics::exactly(|diagnostics| T::decode_variant(variant, TreeValue { value, diagnostics }).ok())
    })
}

/// Returns the number of the variant that a value has the shape of.
fn choose(shapes: &[Shape], value: &Value) -> Option<usize> {
    let position = |shape: Shape| shapes.iter().position(|other| *other == shape);
    match value {
        Value::Null => None,
        Value::String(_) => position(Shape::Text),
        Value::Array(_) => position(Shape::Array),
        Value::Bool(_) => position(Shape::Boolean),
        Value::Number(number) => {
            position(Shape::Integer).filter(|_| integer(number).is_some()).or_else(|| position(Shape::Number))
        }
        Value::Object(map) => choose_object(shapes, map),
    }
}

/// Returns the variant whose tags the object has. If only the required properties differ from the object's, that is a
/// mismatch within the variant. Without tags, the required properties decide.
fn choose_object(shapes: &[Shape], map: &Map<String, Value>) -> Option<usize> {
    let has = |name: &&str| map.get(*name).is_some_and(|value| !value.is_null());
    let is_tagged = |(tag, values): &(&str, &[&str])| {
        map.get(*tag).and_then(Value::as_str).is_some_and(|value| values.contains(&value))
    };
    let find = |with_tags: bool, with_required: bool| {
        shapes.iter().position(|shape| match shape {
            Shape::Object(tags, required) => {
                tags.is_empty() != with_tags
                    && tags.iter().all(is_tagged)
                    && (!with_required || required.iter().all(has))
            }
            _ => false,
        })
    };
    find(true, true).or_else(|| find(true, false)).or_else(|| find(false, true))
}
