use std::fmt;
use std::marker::PhantomData;
use std::mem;

use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, Visitor};
use serde::ser::{Serialize, SerializeMap, Serializer};
use serde_json::{Map, Value};

use super::notes::{Notes, Step};
use super::read::{Begun, BegunValue, Lenient, Member, Misfit, Read};
use super::traits::{Decode, Encode};
use crate::extra::Extra;

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

/// There is no impl of [`Decode`] for any box, as the one for structures would be in its way.
impl<T: Structure> Structure for Box<T> {
    const PROPERTIES: &'static Properties = T::PROPERTIES;

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

/// What of an object has been seen.
///
/// What reads the fields is `dyn`, so that the code that goes through an object is not compiled for each type again.
struct Found {
    properties: &'static Properties,
    /// A bit for each field and constant.
    seen: u64,
    /// Objects mostly come in the described order.
    next: usize,
    /// All that has no field, in order of arrival.
    others: Vec<(String, Value)>,
    /// A secret is among them.
    sensitive: bool,
}

/// Reads the field of that number, which is the map's next value.
type ReadMember<'f, A, E> = dyn FnMut(usize, &mut A) -> Result<(), E> + 'f;

/// Reads the field of that number from a tree.
type ReadField<'f> = dyn FnMut(usize, Lenient<'_, '_>) -> Result<(), Misfit> + 'f;

enum Key {
    Field(usize),
    Constant(usize, &'static str),
    Other,
}

impl Found {
    fn none_of(properties: &'static Properties) -> Self {
        Self { properties, seen: 0, next: 0, others: Vec::new(), sensitive: false }
    }

    /// Reads what comes, strictly.
    fn read<'de, A: MapAccess<'de>>(
        &mut self,
        map: &mut A,
        field: &mut ReadMember<'_, A, A::Error>,
    ) -> Result<(), A::Error> {
        while let Some(key) = map.next_key_seed(&mut *self)? {
            match key {
                Key::Field(index) => field(index, map)?,
                Key::Constant(index, expected) => {
                    let again = self.saw(index);
                    let value: Value = map.next_value()?;
                    if again || value != expected {
                        self.keep_constant(index, value);
                    }
                }
                // The name is there already.
                Key::Other => {
                    let value = map.next_value()?;
                    if let Some(entry) = self.others.last_mut() {
                        entry.1 = value;
                    }
                }
            }
        }
        match self.missing_fields().next().and_then(|index| self.properties.names.get(index)) {
            Some(name) => Err(A::Error::missing_field(name)),
            None => Ok(()),
        }
    }

    /// Reads the entries of a strict pass that have been read already. Whether each is as described.
    fn read_begun(&mut self, begun: Vec<Begun>, field: &mut ReadField<'_>) -> bool {
        for Begun { name, value } in begun {
            match self.key(&name) {
                Key::Field(index) => {
                    self.saw(index);
                    let value = value.into_value();
                    let mut notes = Notes::exact();
                    if field(index, Lenient { value: &value, notes: &mut notes }).is_err() || !notes.is_clean() {
                        return false;
                    }
                }
                Key::Constant(index, expected) => {
                    let again = self.saw(index);
                    if again || !matches!(value, BegunValue::Word(word) if word == expected) {
                        let value = value.into_value();
                        if again || value != expected {
                            self.others.push((name.into_owned(), value));
                        }
                    }
                }
                Key::Other => self.others.push((name.into_owned(), value.into_value())),
            }
        }
        true
    }

    /// Reads the object leniently.
    fn read_tree<'v>(&mut self, map: &'v Map<String, Value>, notes: &mut Notes<'v>, field: &mut ReadField<'_>) {
        for (name, value) in map {
            match self.key(name) {
                Key::Field(index) => {
                    self.saw(index);
                    notes.enter(Step::Key(name));
                    // What is lost inside is kept here, and by nobody farther out.
                    let lost_before = mem::replace(&mut notes.lost, false);
                    let read = field(index, Lenient { value, notes });
                    if mem::replace(&mut notes.lost, lost_before) || read.is_err() {
                        self.others.push((name.clone(), notes.keep(value)));
                        self.sensitive |= mem::take(&mut notes.sensitive);
                    }
                    notes.leave();
                }
                Key::Constant(index, expected) => {
                    if self.saw(index) || value != expected {
                        self.others.push((name.clone(), notes.keep(value)));
                    }
                }
                Key::Other => self.others.push((name.clone(), notes.keep(value))),
            }
        }
        for index in self.missing_fields() {
            notes.deviates(self.properties.names.get(index).copied(), "a required property");
        }
    }

    #[inline]
    fn key(&mut self, name: &str) -> Key {
        if self.properties.names.get(self.next).is_some_and(|guess| *guess == name) {
            self.next += 1;
            return Key::Field(self.next - 1);
        }
        self.key_out_of_order(name)
    }

    fn key_out_of_order(&mut self, name: &str) -> Key {
        if let Some(index) = self.properties.names.iter().position(|known| same(known, name)) {
            self.next = index + 1;
            return Key::Field(index);
        }
        match self
            .properties
            .constants
            .iter()
            .zip(self.properties.names.len()..)
            .find(|((known, _), _)| same(known, name))
        {
            Some(((_, value), index)) => Key::Constant(index, value),
            None => Key::Other,
        }
    }

    fn keep_constant(&mut self, index: usize, value: Value) {
        if let Some((name, _)) =
            index.checked_sub(self.properties.names.len()).and_then(|index| self.properties.constants.get(index))
        {
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
        bits(self.properties.required & !self.seen)
    }

    fn end(self, extra: &mut Extra) {
        let constants = self
            .properties
            .constants
            .iter()
            .zip(self.properties.names.len()..)
            .fold(0, |bits, (_, index)| bits | bit(index));
        let absent = (self.properties.required | constants) & !self.seen;
        if absent != 0 || !self.others.is_empty() {
            extra.fill(self.others, absent);
        }
        if self.sensitive {
            extra.set_sensitive();
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

/// The bits that are set, by number.
pub(super) fn bits(mut set: u64) -> impl Iterator<Item = usize> {
    std::iter::from_fn(move || {
        let index = set.trailing_zeros() as usize;
        set &= set.checked_sub(1)?;
        Some(index)
    })
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
    let mut writer = Writer::begin(to, T::PROPERTIES, extra)?;
    structure.write(&mut writer);
    writer.end()
}

/// Writes the fields. An error is kept until the end, which makes for less code in each type.
pub struct Writer<'w, M: SerializeMap> {
    map: M,
    properties: &'static Properties,
    extra: &'w Extra,
    failed: Option<M::Error>,
}

impl<'w, M: SerializeMap> Writer<'w, M> {
    fn begin<S>(to: S, properties: &'static Properties, extra: &'w Extra) -> Result<Self, S::Error>
    where
        S: Serializer<SerializeMap = M, Error = M::Error>,
    {
        let mut map = to.serialize_map(None)?;
        for ((name, value), index) in properties.constants.iter().zip(properties.names.len()..) {
            match extra.get(name) {
                Some(overruling) => map.serialize_entry(name, overruling)?,
                None if extra.is_absent(index) => {}
                None => map.serialize_entry(name, value)?,
            }
        }
        Ok(Self { map, properties, extra, failed: None })
    }

    pub fn field<T: Encode>(&mut self, index: usize, value: &T) {
        let Some(name) = self.next(index) else { return };
        let is_left_out = match self.extra.is_absent(index) {
            true => value.is_empty(),
            // What is required and may be null is written as null.
            false => value.is_left_out() && self.properties.required & bit(index) == 0,
        };
        if !is_left_out {
            self.failed = self.map.serialize_entry(name, &Encoded(value)).err();
        }
    }

    /// The name of a field, unless something overrules it: that is written at once.
    fn next(&mut self, index: usize) -> Option<&'static str> {
        let name = self.properties.names.get(index).copied().filter(|_| self.failed.is_none())?;
        match self.extra.get(name) {
            Some(overruling) => {
                self.failed = self.map.serialize_entry(name, overruling).err();
                None
            }
            None => Some(name),
        }
    }

    fn end(mut self) -> Result<M::Ok, M::Error> {
        if let Some(error) = self.failed {
            return Err(error);
        }
        for (name, value) in self.extra {
            if !self.properties.names.contains(&name)
                && !self.properties.constants.iter().any(|(constant, _)| *constant == name)
            {
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
