use std::fmt;
use std::mem;

use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, Visitor};
use serde_json::{Map, Value};

use super::diagnostics::{Notes, Step};
use super::source::{Begun, BegunValue, Lenient, Misfit};
use super::struct_codec::Properties;
use crate::json::extra::Extra;

/// What of an object has been seen.
///
/// What reads the fields is `dyn`, so that the code that goes through an object is not compiled for each type again.
pub(super) struct Found {
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

pub(super) enum Key {
    Field(usize),
    Constant(usize, &'static str),
    Other,
}

impl Found {
    pub(super) fn none_of(properties: &'static Properties) -> Self {
        Self { properties, seen: 0, next: 0, others: Vec::new(), sensitive: false }
    }

    /// Reads what comes, strictly.
    pub(super) fn read<'de, A: MapAccess<'de>>(
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
    pub(super) fn read_begun(&mut self, begun: Vec<Begun>, field: &mut ReadField<'_>) -> bool {
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
    pub(super) fn read_tree<'v>(
        &mut self,
        map: &'v Map<String, Value>,
        notes: &mut Notes<'v>,
        field: &mut ReadField<'_>,
    ) {
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
        let constant = self.properties.constants().find(|(_, known, _)| same(known, name));
        constant.map_or(Key::Other, |(index, _, value)| Key::Constant(index, value))
    }

    fn keep_constant(&mut self, index: usize, value: Value) {
        if let Some((_, name, _)) = self.properties.constants().find(|(constant, ..)| *constant == index) {
            self.others.push((name.to_owned(), value));
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

    pub(super) fn end(self, extra: &mut Extra) {
        let constants = self.properties.constants().fold(0, |bits, (index, ..)| bits | bit(index));
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
