use std::fmt;
use std::marker::PhantomData;
use std::mem;

use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, Visitor};
use serde::ser::{Serialize, SerializeMap, Serializer};
use serde_json::Value;

use super::notes::{Notes, Step};
use super::read::{Begun, BegunMember, BegunValue, Lenient, Member, Read};
use super::traits::{Decode, Encode};
use crate::extra::Extra;

/// An object with described properties. What is done with it is in the blanket impls of [`Decode`] and [`Encode`].
///
/// Properties are known by number: the fields in order, then the constants. There are at most 64 of them.
pub trait Structure: Sized + PartialEq {
    /// The name on the wire of each field.
    const NAMES: &'static [&'static str];
    /// The fields that have to be there, a bit each.
    const REQUIRED: u64;
    /// What has one possible value has no field, and is always written.
    const CONSTANTS: &'static [(&'static str, &'static str)];

    fn empty() -> Self;
    fn read<R: Read>(&mut self, field: usize, read: R) -> Result<(), R::Error>;
    fn write<M: SerializeMap>(&self, to: &mut Writer<'_, M>);
    fn extra(&self) -> &Extra;
    fn extra_mut(&mut self) -> &mut Extra;
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
            const NAMES: &'static [&'static str] = &[$($name),*];
            const REQUIRED: u64 = $required;
            const CONSTANTS: &'static [(&'static str, &'static str)] = &[$(($constant, $value)),*];

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

/// There is no impl of [`Decode`] for any box, as the one for structures would be in its way.
impl<T: Structure> Structure for Box<T> {
    const NAMES: &'static [&'static str] = T::NAMES;
    const REQUIRED: u64 = T::REQUIRED;
    const CONSTANTS: &'static [(&'static str, &'static str)] = T::CONSTANTS;

    fn empty() -> Self {
        Self::new(T::empty())
    }

    fn read<R: Read>(&mut self, field: usize, read: R) -> Result<(), R::Error> {
        (**self).read(field, read)
    }

    fn write<M: SerializeMap>(&self, to: &mut Writer<'_, M>) {
        (**self).write(to);
    }

    fn extra(&self) -> &Extra {
        (**self).extra()
    }

    fn extra_mut(&mut self) -> &mut Extra {
        (**self).extra_mut()
    }
}

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
        read_map(&mut structure, begun, rest)?;
        Ok(structure)
    }

    fn lenient<'v>(value: &'v Value, notes: &mut Notes<'v>) -> Option<Self> {
        let Value::Object(map) = value else { return notes.misfit("an object") };
        let mut structure = <Self as Structure>::empty();
        let mut found = Found::new::<Self>();
        for (name, value) in map {
            match found.key(name) {
                Key::Field(index) => {
                    found.saw(index);
                    notes.enter(Step::Key(name));
                    // What is lost inside is kept here, and by nobody farther out.
                    let lost_before = mem::replace(&mut notes.lost, false);
                    let read = structure.read(index, Lenient { value, notes });
                    if mem::replace(&mut notes.lost, lost_before) || read.is_err() {
                        found.others.push((name.clone(), notes.keep(value)));
                        if mem::take(&mut notes.sensitive) {
                            structure.extra_mut().set_sensitive();
                        }
                    }
                    notes.leave();
                }
                Key::Constant(index, expected) => {
                    if found.saw(index) || value != expected {
                        found.others.push((name.clone(), notes.keep(value)));
                    }
                }
                Key::Other => found.others.push((name.clone(), notes.keep(value))),
            }
        }
        for index in found.missing_fields() {
            notes.deviates(found.names.get(index).copied(), "a required property");
        }
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
        read_map(self.0, Vec::new(), map)
    }
}

fn read_map<'de, T: Structure, A: MapAccess<'de>>(
    structure: &mut T,
    begun: Vec<Begun>,
    mut map: A,
) -> Result<(), A::Error> {
    let mut found = Found::new::<T>();
    for entry in begun {
        match found.key(&entry.name) {
            Key::Field(index) => {
                found.saw(index);
                structure.read(index, BegunMember(&entry.value, PhantomData))?;
            }
            Key::Constant(index, expected) => {
                let again = found.saw(index);
                if again || !matches!(entry.value, BegunValue::Word(word) if word == expected) {
                    let value = entry.value.into_value();
                    if again || value != expected {
                        found.others.push((entry.name.into_owned(), value));
                    }
                }
            }
            Key::Other => found.others.push((entry.name.into_owned(), entry.value.into_value())),
        }
    }
    while let Some(key) = map.next_key_seed(&mut found)? {
        match key {
            Key::Field(index) => structure.read(index, Member(&mut map, PhantomData))?,
            Key::Constant(index, expected) => {
                let again = found.saw(index);
                let value: Value = map.next_value()?;
                if again || value != expected {
                    found.keep_constant(index, value);
                }
            }
            // The name is there already.
            Key::Other => {
                let value = map.next_value()?;
                if let Some(entry) = found.others.last_mut() {
                    entry.1 = value;
                }
            }
        }
    }
    if let Some(name) = found.missing_fields().next().and_then(|index| T::NAMES.get(index)) {
        return Err(A::Error::missing_field(name));
    }
    found.end(structure.extra_mut());
    Ok(())
}

/// What of an object has been seen.
struct Found {
    names: &'static [&'static str],
    constants: &'static [(&'static str, &'static str)],
    required: u64,
    /// A bit for each field and constant.
    seen: u64,
    /// Objects mostly come in the described order.
    next: usize,
    /// All that has no field, in order of arrival.
    others: Vec<(String, Value)>,
}

enum Key {
    Field(usize),
    Constant(usize, &'static str),
    Other,
}

impl Found {
    fn new<T: Structure>() -> Self {
        Self { names: T::NAMES, constants: T::CONSTANTS, required: T::REQUIRED, seen: 0, next: 0, others: Vec::new() }
    }

    #[inline]
    fn key(&mut self, name: &str) -> Key {
        if self.names.get(self.next).is_some_and(|guess| *guess == name) {
            self.next += 1;
            return Key::Field(self.next - 1);
        }
        self.key_out_of_order(name)
    }

    fn key_out_of_order(&mut self, name: &str) -> Key {
        if let Some(index) = self.names.iter().position(|known| same(known, name)) {
            self.next = index + 1;
            return Key::Field(index);
        }
        match self.constants.iter().zip(self.names.len()..).find(|((known, _), _)| same(known, name)) {
            Some(((_, value), index)) => Key::Constant(index, value),
            None => Key::Other,
        }
    }

    fn keep_constant(&mut self, index: usize, value: Value) {
        if let Some((name, _)) = index.checked_sub(self.names.len()).and_then(|index| self.constants.get(index)) {
            self.others.push(((*name).to_owned(), value));
        }
    }

    /// Whether it had been seen before.
    fn saw(&mut self, index: usize) -> bool {
        let before = self.seen;
        self.seen |= bit(index);
        before == self.seen
    }

    fn missing_fields(&self) -> impl Iterator<Item = usize> + use<> {
        let mut missing = self.required & !self.seen;
        std::iter::from_fn(move || {
            let index = missing.trailing_zeros() as usize;
            missing &= missing.checked_sub(1)?;
            Some(index)
        })
    }

    fn end(self, extra: &mut Extra) {
        let constants = self.constants.iter().zip(self.names.len()..).fold(0, |bits, (_, index)| bits | bit(index));
        let absent = (self.required | constants) & !self.seen;
        if absent != 0 || !self.others.is_empty() {
            extra.fill(self.others, absent);
        }
    }
}

/// Most names differ in what can be seen without calling anything.
#[inline]
pub(super) fn same(known: &str, name: &str) -> bool {
    known.len() == name.len() && known.as_bytes().first() == name.as_bytes().first() && known == name
}

#[inline]
pub(crate) fn bit(index: usize) -> u64 {
    u32::try_from(index).ok().and_then(|index| 1_u64.checked_shl(index)).unwrap_or(0)
}

/// Reads a key.
impl<'de> DeserializeSeed<'de> for &mut Found {
    type Value = Key;

    #[inline]
    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<Key, D::Error> {
        from.deserialize_str(self)
    }
}

impl Visitor<'_> for &mut Found {
    type Value = Key;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a name")
    }

    #[inline]
    fn visit_str<E: Error>(self, name: &str) -> Result<Key, E> {
        Ok(match self.key(name) {
            Key::Field(index) => {
                self.saw(index);
                Key::Field(index)
            }
            Key::Constant(index, value) => Key::Constant(index, value),
            Key::Other => {
                self.others.push((name.to_owned(), Value::Null));
                Key::Other
            }
        })
    }
}

/// The object on the wire. What `extra` has overrules a field of the same name, so that each name is written once.
pub fn write_structure<T: Structure, S: Serializer>(structure: &T, to: S) -> Result<S::Ok, S::Error> {
    let extra = structure.extra();
    if let Some(instead) = extra.instead() {
        return instead.serialize(to);
    }
    let map = to.serialize_map(None)?;
    let mut writer = Writer { map, names: T::NAMES, required: T::REQUIRED, extra, failed: None };
    for ((name, value), index) in T::CONSTANTS.iter().zip(T::NAMES.len()..) {
        writer.constant(index, name, value)?;
    }
    structure.write(&mut writer);
    writer.end(T::CONSTANTS)
}

/// Writes the fields. An error is kept until the end, which makes for less code in each type.
pub struct Writer<'w, M: SerializeMap> {
    map: M,
    names: &'static [&'static str],
    required: u64,
    extra: &'w Extra,
    failed: Option<M::Error>,
}

impl<M: SerializeMap> Writer<'_, M> {
    pub fn field<T: Encode>(&mut self, index: usize, value: &T) {
        let Some(name) = self.names.get(index) else { return };
        if self.failed.is_some() {
            return;
        }
        let written = match self.extra.get(name) {
            Some(overruling) => self.map.serialize_entry(name, overruling),
            None if self.extra.is_absent(index) && *value == T::empty() => Ok(()),
            // What is required and may be null is written as null.
            None if value.is_left_out() && self.required & bit(index) == 0 => Ok(()),
            None => self.map.serialize_entry(name, &Encoded(value)),
        };
        self.failed = written.err();
    }

    fn constant(&mut self, index: usize, name: &str, value: &str) -> Result<(), M::Error> {
        match self.extra.get(name) {
            Some(overruling) => self.map.serialize_entry(name, overruling),
            None if self.extra.is_absent(index) => Ok(()),
            None => self.map.serialize_entry(name, value),
        }
    }

    fn end(mut self, constants: &[(&str, &str)]) -> Result<M::Ok, M::Error> {
        if let Some(error) = self.failed {
            return Err(error);
        }
        for (name, value) in self.extra {
            if !self.names.contains(&name) && !constants.iter().any(|(constant, _)| *constant == name) {
                self.map.serialize_entry(name, value)?;
            }
        }
        self.map.end()
    }
}

pub(super) struct Encoded<'t, T>(pub &'t T);

impl<T: Encode> Serialize for Encoded<'_, T> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        self.0.encode(to)
    }
}
