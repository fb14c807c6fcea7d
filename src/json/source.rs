use std::borrow::Cow;
use std::marker::PhantomData;

use serde::de::value::SeqAccessDeserializer;
use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess};
use serde_json::{Map, Value};

use super::diagnostics::Notes;
use super::traits::Decode;

/// One value that is to be read, by whichever pass it is.
pub trait Read: Sized {
    type Error;

    fn take<T: Decode>(self) -> Result<T, Self::Error>;

    fn value<T: Decode>(self, slot: &mut T) -> Result<(), Self::Error> {
        *slot = self.take()?;
        Ok(())
    }
}

/// Reads by [`Decode::strict`].
pub(super) struct Strict<T>(PhantomData<T>);

impl<T> Strict<T> {
    pub(super) const SEED: Self = Self(PhantomData);
}

impl<'de, T: Decode> DeserializeSeed<'de> for Strict<T> {
    type Value = T;

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<T, D::Error> {
        T::strict(from)
    }
}

/// The value of the map's current key.
pub(super) struct Member<'m, 'de, A>(pub &'m mut A, pub PhantomData<&'de ()>);

impl<'de, A: MapAccess<'de>> Read for Member<'_, 'de, A> {
    type Error = A::Error;

    fn take<T: Decode>(self) -> Result<T, A::Error> {
        self.0.next_value_seed(Strict::SEED)
    }
}

/// An entry of an object that was read before it was known what the object is.
pub struct Begun {
    pub(super) name: Cow<'static, str>,
    pub(super) value: BegunValue,
}

pub(super) enum BegunValue {
    /// A tag, by the word that the description has for it.
    Word(&'static str),
    Other(Value),
}

impl BegunValue {
    pub(super) fn into_value(self) -> Value {
        match self {
            Self::Word(word) => Value::from(word),
            Self::Other(value) => value,
        }
    }
}

/// An object as a tree.
pub(super) fn gather<'de, A: MapAccess<'de>>(begun: Vec<Begun>, mut rest: A) -> Result<Value, A::Error> {
    let mut map: Map<String, Value> =
        begun.into_iter().map(|entry| (entry.name.into_owned(), entry.value.into_value())).collect();
    while let Some((name, value)) = rest.next_entry()? {
        map.insert(name, value);
    }
    Ok(Value::Object(map))
}

/// An object whose first entries have been read.
pub(super) struct Rest<'de, A> {
    pub begun: Vec<Begun>,
    pub rest: A,
    pub from: PhantomData<&'de ()>,
}

impl<'de, A: MapAccess<'de>> Read for Rest<'de, A> {
    type Error = A::Error;

    fn take<T: Decode>(self) -> Result<T, A::Error> {
        T::strict_rest(self.begun, self.rest)
    }
}

/// An array.
pub(super) struct Elements<'de, A>(pub A, pub PhantomData<&'de ()>);

impl<'de, A: SeqAccess<'de>> Read for Elements<'de, A> {
    type Error = A::Error;

    fn take<T: Decode>(self) -> Result<T, A::Error> {
        T::strict(SeqAccessDeserializer::new(self.0))
    }
}

/// A string.
pub(super) struct Text<'t, E>(pub &'t str, pub PhantomData<E>);

impl<E: Error> Read for Text<'_, E> {
    type Error = E;

    fn take<T: Decode>(self) -> Result<T, E> {
        T::text(self.0).ok_or_else(|| E::custom(T::EXPECTED))
    }
}

/// A value of the tree of the lenient pass.
pub(super) struct Lenient<'n, 'v> {
    pub value: &'v Value,
    pub notes: &'n mut Notes<'v>,
}

/// Nothing of the value fits; it is noted why.
#[derive(Debug)]
pub struct Misfit;

impl Read for Lenient<'_, '_> {
    type Error = Misfit;

    fn take<T: Decode>(self) -> Result<T, Misfit> {
        T::lenient(self.value, self.notes).ok_or(Misfit)
    }
}

/// Reads a tree strictly.
pub(super) fn exact<T: Decode, E: Error>(value: &Value) -> Result<T, E> {
    let mut notes = Notes::exact();
    match T::lenient(value, &mut notes) {
        Some(read) if notes.is_clean() => Ok(read),
        _ => Err(E::custom(T::EXPECTED)),
    }
}
