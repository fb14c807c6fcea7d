//! Objects with described properties.

use std::fmt;
use std::marker::PhantomData;

use serde::de::{Deserializer, MapAccess, Visitor};
use serde::ser::{Serialize, SerializeMap, Serializer};
use serde_json::Value;

use super::diagnostics::Diagnostics;
use super::encode::FieldWriter;
use super::fields::Fields;
use super::properties::Properties;
use super::source::{MapValue, ValueSource};
use super::traits::{Decode, Encode};
use crate::json::extra::Extra;

/// An object with described properties. It is decoded and encoded by the blanket implementations of [`Decode`] and
/// [`Encode`].
pub trait Structure: Serialize + PartialEq {
    const PROPERTIES: &'static Properties;

    fn empty() -> Self;
    /// Decodes the field of that number.
    fn decode_field<V: ValueSource>(&mut self, field: usize, value: V) -> Result<(), V::Error>;
    fn encode_fields<M: SerializeMap>(&self, to: &mut FieldWriter<'_, M>);
    fn extra(&self) -> &Extra;
    fn extra_mut(&mut self) -> &mut Extra;

    /// Returns `true` if a property was received as described. A field has a value even if its property was not.
    fn is_received(&self, name: &str) -> bool {
        let index = Self::PROPERTIES.names.iter().position(|known| *known == name);
        let extra = self.extra();
        extra.other().is_none() && !extra.contains(name) && index.is_some_and(|index| !extra.is_absent(index))
    }
}

/// Implements [`Structure`] and serde's traits for a struct, from the list of its fields.
///
/// The struct also has a field `extra: Extra`.
macro_rules! structure {
    (
        $type:ident, required $required:literal, $(defaulted $defaulted:literal,)? constants [$($constant:literal = $value:literal),*],
        { $($index:literal $field:ident $name:literal),* $(,)? }
    ) => {
        impl $crate::json::Structure for $type {
            const PROPERTIES: &'static $crate::json::Properties = &$crate::json::Properties {
                names: &[$($name),*],
                required: $crate::json::IndexSet($required),
                defaulted: $crate::json::IndexSet(0 $(| $defaulted)?),
                constants: &[$(($constant, $value)),*],
            };

            #[inline]
            fn empty() -> Self {
                Self { $($field: $crate::json::Decode::empty(),)* extra: $crate::types::Extra::new() }
            }

            #[allow(unused_variables)]
            fn decode_field<V: $crate::json::ValueSource>(&mut self, field: usize, value: V) -> Result<(), V::Error> {
                match field {
                    $($index => value.decode_into(&mut self.$field),)*
                    _ => Ok(()),
                }
            }

            #[allow(unused_variables)]
            fn encode_fields<M: ::serde::ser::SerializeMap>(&self, to: &mut $crate::json::FieldWriter<'_, M>) {
                $(to.field($index, &self.$field);)*
            }

            #[inline]
            fn extra(&self) -> &$crate::types::Extra {
                &self.extra
            }

            #[inline]
            fn extra_mut(&mut self) -> &mut $crate::types::Extra {
                &mut self.extra
            }
        }

        impl ::serde::Serialize for $type {
            fn serialize<S: ::serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
                $crate::json::encode_structure(self, to)
            }
        }

        impl<'de> ::serde::Deserialize<'de> for $type {
            fn deserialize<D: ::serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
                $crate::json::decode_structure(from)
            }
        }
    };
}
pub(crate) use structure;

impl<T: Structure> Decode for T {
    const EXPECTED: &'static str = "an object with all required properties";

    fn empty() -> Self {
        Structure::empty()
    }

    fn strict<'de, D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        decode_structure(from)
    }

    fn lenient<'v>(value: &'v Value, diagnostics: &mut Diagnostics<'v>) -> Option<Self> {
        let Value::Object(map) = value else { return diagnostics.mismatch("an object") };
        let mut structure = <Self as Structure>::empty();
        let mut fields = Fields::new(Self::PROPERTIES);
        fields.lenient(map, diagnostics, &mut |field, value| structure.decode_field(field, value));
        *structure.extra_mut() = fields.end();
        Some(structure)
    }

    fn from_other(value: Value) -> Option<Self> {
        let mut structure = <Self as Structure>::empty();
        structure.extra_mut().content().other = Some(value);
        Some(structure)
    }
}

impl<T: Structure> Encode for T {}

/// Decodes an object strictly.
pub fn decode_structure<'de, T: Structure, D: Deserializer<'de>>(from: D) -> Result<T, D::Error> {
    let mut structure = T::empty();
    from.deserialize_map(StructureVisitor(&mut structure))?;
    Ok(structure)
}

/// Fills an existing structure, because it can be large.
struct StructureVisitor<'t, T>(&'t mut T);

impl<'de, T: Structure> Visitor<'de> for StructureVisitor<'_, T> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let mut fields = Fields::new(T::PROPERTIES);
        fields.strict(&mut map, &mut |field, map| self.0.decode_field(field, MapValue(map, PhantomData)))?;
        *self.0.extra_mut() = fields.end();
        Ok(())
    }
}

/// Encodes an object. A value in `extra` overrides the field of the same name, so that each name is encoded once.
pub fn encode_structure<T: Structure, S: Serializer>(structure: &T, to: S) -> Result<S::Ok, S::Error> {
    let extra = structure.extra();
    if let Some(other) = extra.other() {
        return other.serialize(to);
    }
    let mut writer = FieldWriter::begin(to, T::PROPERTIES, extra)?;
    structure.encode_fields(&mut writer);
    writer.end()
}
