//! Sorts the entries of an object into fields, constants and `extra`.

use std::fmt;
use std::mem;

use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, Visitor};
use serde_json::{Map, Value};

use super::diagnostics::{Diagnostics, Step};
use super::properties::{IndexSet, Properties};
use super::source::{Mismatched, TreeValue};
use crate::json::extra::Extra;

/// The fields and other entries of an object while it is decoded.
///
/// The functions that decode a field are `dyn`, so that the loops over objects are not compiled for each type.
pub(super) struct Fields {
    properties: &'static Properties,
    seen: IndexSet,
    /// The most likely next field: most objects have their properties in the described order.
    next: usize,
    /// The entries without a field.
    extra: Extra,
}

/// Decodes the field of that number, whose value is next in the map.
type DecodeFromMap<'f, A, E> = dyn FnMut(usize, &mut A) -> Result<(), E> + 'f;

/// Decodes the field of that number from a tree.
type DecodeFromTree<'f> = dyn FnMut(usize, TreeValue<'_, '_>) -> Result<(), Mismatched> + 'f;

pub(super) enum Key {
    Field(usize),
    Constant(usize, &'static str, &'static str),
    Other(String),
}

impl Fields {
    pub(super) fn new(properties: &'static Properties) -> Self {
        Self { properties, seen: IndexSet::default(), next: 0, extra: Extra::new() }
    }

    /// Decodes an object in the text.
    pub(super) fn strict<'de, A: MapAccess<'de>>(
        &mut self,
        map: &mut A,
        decode_field: &mut DecodeFromMap<'_, A, A::Error>,
    ) -> Result<(), A::Error> {
        while let Some(key) = map.next_key_seed(&mut *self)? {
            match key {
                Key::Field(index) => {
                    self.seen.insert(index);
                    decode_field(index, map)?;
                }
                Key::Constant(index, name, expected) => {
                    let value: Value = map.next_value()?;
                    if self.seen.insert(index) || value != expected {
                        self.keep(name.to_owned(), value);
                    }
                }
                Key::Other(name) => {
                    let value = map.next_value()?;
                    self.keep(name, value);
                }
            }
        }
        match self.absent().iter().next().and_then(|index| self.properties.names.get(index)) {
            Some(name) => Err(A::Error::missing_field(name)),
            None => Ok(()),
        }
    }

    /// Decodes an object of a tree.
    pub(super) fn lenient<'v>(
        &mut self,
        map: &'v Map<String, Value>,
        diagnostics: &mut Diagnostics<'v>,
        decode_field: &mut DecodeFromTree<'_>,
    ) {
        for (name, value) in map {
            match self.key(name) {
                Key::Field(index) => {
                    self.seen.insert(index);
                    // This object keeps the values that are dropped inside the field; its parents do not.
                    let lost_before = mem::replace(&mut diagnostics.lost, false);
                    diagnostics.lost_elements.clear();
                    let decoded = diagnostics
                        .at(Step::Key(name), |diagnostics| decode_field(index, TreeValue { value, diagnostics }));
                    if mem::replace(&mut diagnostics.lost, lost_before) || decoded.is_err() {
                        self.keep(name.clone(), diagnostics.keep(value));
                        let extra = self.extra.content();
                        extra.sensitive |= mem::take(&mut diagnostics.sensitive);
                        let elements = mem::take(&mut diagnostics.lost_elements);
                        extra.lost_elements.extend(self.properties.names.get(index).map(|name| (*name, elements)));
                    }
                }
                Key::Constant(index, _, expected) => {
                    if self.seen.insert(index) || value != expected {
                        self.keep(name.clone(), diagnostics.keep(value));
                    }
                }
                Key::Other(name) => self.keep(name, diagnostics.keep(value)),
            }
        }
        for index in self.absent().iter() {
            diagnostics.record(self.properties.names.get(index).copied(), "a required property");
        }
    }

    #[inline]
    fn key(&mut self, name: &str) -> Key {
        if self.properties.names.get(self.next).is_some_and(|expected| *expected == name) {
            self.next += 1;
            return Key::Field(self.next - 1);
        }
        self.key_out_of_order(name)
    }

    fn key_out_of_order(&mut self, name: &str) -> Key {
        // Most names differ in their length or first byte, which needs no call.
        let is_named = |known: &str| {
            known.len() == name.len() && known.as_bytes().first() == name.as_bytes().first() && known == name
        };
        if let Some(index) = self.properties.names.iter().position(|known| is_named(known)) {
            self.next = index + 1;
            return Key::Field(index);
        }
        let constant = self.properties.constants().find(|(_, known, _)| is_named(known));
        match constant {
            Some((index, name, value)) => Key::Constant(index, name, value),
            None => Key::Other(name.to_owned()),
        }
    }

    /// Returns the fields that are absent and must be present.
    fn absent(&self) -> IndexSet {
        self.properties.required.without(self.properties.defaulted).without(self.seen)
    }

    /// Keeps a value that has no field. Of a name that comes several times, the last value counts.
    fn keep(&mut self, name: String, value: Value) {
        self.extra.content().entries.insert(name, value);
    }

    /// Returns everything that has no field.
    pub(super) fn end(mut self) -> Extra {
        let mut absent = self.absent();
        for (index, ..) in self.properties.constants() {
            absent.insert(index);
        }
        absent = absent.without(self.seen);
        if absent != IndexSet::default() {
            self.extra.content().absent = absent;
        }
        self.extra
    }
}

impl<'de> DeserializeSeed<'de> for &mut Fields {
    type Value = Key;

    #[inline]
    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<Key, D::Error> {
        from.deserialize_str(self)
    }
}

impl Visitor<'_> for &mut Fields {
    type Value = Key;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a name")
    }

    #[inline]
    fn visit_str<E: Error>(self, name: &str) -> Result<Key, E> {
        Ok(self.key(name))
    }
}
