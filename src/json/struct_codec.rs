use std::fmt;
use std::marker::PhantomData;

use serde::de::{Deserializer, Error, MapAccess, Visitor};
use serde::ser::{Serialize, SerializeMap, Serializer};
use serde_json::Value;

use super::diagnostics::Notes;
use super::encode::Writer;
use super::fields::Found;
use super::source::{Begun, Member, Read};
use super::traits::{Decode, Encode};
use crate::json::extra::Extra;

/// An object with described properties. What is done with it is in the blanket impls of [`Decode`] and [`Encode`].
///
/// Its properties are known by number: the fields in order, then the constants. There are at most 64 of them.
pub trait Structure: Sized + PartialEq {
    const PROPERTIES: &'static Properties;

    fn empty() -> Self;
    fn read<R: Read>(&mut self, field: usize, read: R) -> Result<(), R::Error>;
    fn write<M: SerializeMap>(&self, to: &mut Writer<'_, M>);
    fn extra(&self) -> &Extra;
    fn extra_mut(&mut self) -> &mut Extra;
}

/// What is described of an object.
pub struct Properties {
    /// The name on the wire of each field.
    pub names: &'static [&'static str],
    /// The fields that have to be there, a bit each.
    pub required: u64,
    /// What has one possible value has no field, and is always written.
    pub constants: &'static [(&'static str, &'static str)],
}

impl Properties {
    pub(super) fn constants(&'static self) -> impl Iterator<Item = (usize, &'static str, &'static str)> {
        (self.names.len()..).zip(self.constants).map(|(index, (name, value))| (index, *name, *value))
    }
}

/// States the fields of a struct, and implements all that follows from them.
///
/// The struct has a field `extra: Extra` besides.
macro_rules! structure {
    (
        $type:ident, required $required:literal, constants [$($constant:literal = $value:literal),*],
        { $($index:literal $field:ident $name:literal),* $(,)? }
    ) => {
        impl $crate::json::Structure for $type {
            const PROPERTIES: &'static $crate::json::Properties = &$crate::json::Properties {
                names: &[$($name),*],
                required: $required,
                constants: &[$(($constant, $value)),*],
            };

            #[inline]
            fn empty() -> Self {
                Self { $($field: $crate::json::Decode::empty(),)* extra: $crate::types::Extra::new() }
            }

            #[allow(unused_variables)]
            fn read<R: $crate::json::Read>(&mut self, field: usize, read: R) -> Result<(), R::Error> {
                match field {
                    $($index => read.value(&mut self.$field),)*
                    _ => Ok(()),
                }
            }

            #[allow(unused_variables)]
            fn write<M: ::serde::ser::SerializeMap>(&self, to: &mut $crate::json::Writer<'_, M>) {
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
                $crate::json::write_structure(self, to)
            }
        }

        impl<'de> ::serde::Deserialize<'de> for $type {
            fn deserialize<D: ::serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
                $crate::json::read_structure(from)
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
        read_structure(from)
    }

    fn strict_rest<'de, A: MapAccess<'de>>(begun: Vec<Begun>, rest: A) -> Result<Self, A::Error> {
        let mut structure = <Self as Structure>::empty();
        let mut found = Found::none_of(Self::PROPERTIES);
        if !found.read_begun(begun, &mut |field, value| structure.read(field, value)) {
            return Err(A::Error::custom(Self::EXPECTED));
        }
        read_map(&mut structure, found, rest)?;
        Ok(structure)
    }

    fn lenient<'v>(value: &'v Value, notes: &mut Notes<'v>) -> Option<Self> {
        let Value::Object(map) = value else { return notes.misfit("an object") };
        let mut structure = <Self as Structure>::empty();
        let mut found = Found::none_of(Self::PROPERTIES);
        found.read_tree(map, notes, &mut |field, value| structure.read(field, value));
        found.end(structure.extra_mut());
        Some(structure)
    }

    fn instead(value: Value) -> Option<Self> {
        let mut structure = <Self as Structure>::empty();
        structure.extra_mut().set_instead(value);
        Some(structure)
    }
}

impl<T: Structure> Encode for T {
    fn encode<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        write_structure(self, to)
    }
}

/// The object of a strict pass.
pub fn read_structure<'de, T: Structure, D: Deserializer<'de>>(from: D) -> Result<T, D::Error> {
    let mut structure = T::empty();
    from.deserialize_map(StructureVisitor(&mut structure))?;
    Ok(structure)
}

/// Fills the structure where it is, for it can be large.
struct StructureVisitor<'t, T>(&'t mut T);

impl<'de, T: Structure> Visitor<'de> for StructureVisitor<'_, T> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<(), A::Error> {
        read_map(self.0, Found::none_of(T::PROPERTIES), map)
    }
}

/// What is left of an object.
fn read_map<'de, T: Structure, A: MapAccess<'de>>(
    structure: &mut T,
    mut found: Found,
    mut map: A,
) -> Result<(), A::Error> {
    found.read(&mut map, &mut |field, map| structure.read(field, Member(map, PhantomData)))?;
    found.end(structure.extra_mut());
    Ok(())
}

/// The object on the wire. What `extra` has overrules a field of the same name, so that each name is written once.
pub fn write_structure<T: Structure, S: Serializer>(structure: &T, to: S) -> Result<S::Ok, S::Error> {
    let extra = structure.extra();
    if let Some(instead) = extra.instead() {
        return instead.serialize(to);
    }
    let mut writer = Writer::begin(to, T::PROPERTIES, extra)?;
    structure.write(&mut writer);
    writer.end()
}
