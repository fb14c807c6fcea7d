use std::collections::BTreeMap;
use std::fmt;
use std::marker::PhantomData;

use serde::Deserialize;
use serde::de::{Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde::ser::{Serialize, Serializer};
use serde_json::Value;

use super::diagnostics::{Notes, Step};
use super::encode::Encoded;
use super::source::Strict;
use super::traits::{Decode, Encode};

/// Integers beyond are not all numbers of JavaScript, which most of JSON is written by.
const MAX_EXACT: f64 = 9_007_199_254_740_992.0;

/// The most elements that are made room for before any has been read.
const ROOM: usize = 64;

impl Decode for String {
    const EXPECTED: &'static str = "a string";

    fn empty() -> Self {
        Self::new()
    }

    fn strict<'de, D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        Self::deserialize(from)
    }

    fn lenient<'v>(value: &'v Value, notes: &mut Notes<'v>) -> Option<Self> {
        value.as_str().map(str::to_owned).or_else(|| notes.misfit(Self::EXPECTED))
    }

    fn text(text: &str) -> Option<Self> {
        Some(text.to_owned())
    }
}

impl Encode for String {
    fn encode<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(self)
    }
}

impl Decode for bool {
    const EXPECTED: &'static str = "true or false";

    fn empty() -> Self {
        false
    }

    fn strict<'de, D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        Self::deserialize(from)
    }

    fn lenient<'v>(value: &'v Value, notes: &mut Notes<'v>) -> Option<Self> {
        value.as_bool().or_else(|| notes.misfit(Self::EXPECTED))
    }
}

impl Encode for bool {
    fn encode<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_bool(*self)
    }
}

impl Decode for i64 {
    const EXPECTED: &'static str = "an integer";

    fn empty() -> Self {
        0
    }

    fn strict<'de, D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_i64(Integer)
    }

    fn lenient<'v>(value: &'v Value, notes: &mut Notes<'v>) -> Option<Self> {
        integer(value).or_else(|| notes.misfit(Self::EXPECTED))
    }
}

impl Encode for i64 {
    fn encode<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_i64(*self)
    }
}

/// Whole numbers, also when they are written as `3.0` or `1.7e12`.
pub(super) fn integer(value: &Value) -> Option<i64> {
    value.as_i64().or_else(|| value.as_f64().filter(|_| value.is_f64()).and_then(whole))
}

fn whole(number: f64) -> Option<i64> {
    // The cast is exact in this range.
    (number.fract() == 0.0 && number.abs() <= MAX_EXACT).then_some(number as i64)
}

struct Integer;

impl Visitor<'_> for Integer {
    type Value = i64;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(i64::EXPECTED)
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<i64, E> {
        Ok(number)
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<i64, E> {
        i64::try_from(number).map_err(|_| E::custom(i64::EXPECTED))
    }

    fn visit_f64<E: Error>(self, number: f64) -> Result<i64, E> {
        whole(number).ok_or_else(|| E::custom(i64::EXPECTED))
    }
}

impl Decode for f64 {
    const EXPECTED: &'static str = "a number";

    fn empty() -> Self {
        0.0
    }

    fn strict<'de, D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_f64(Number)
    }

    fn lenient<'v>(value: &'v Value, notes: &mut Notes<'v>) -> Option<Self> {
        let number = if value.is_f64() { value.as_f64() } else { value.as_i64().and_then(exact_float) };
        number.or_else(|| notes.misfit(Self::EXPECTED))
    }
}

impl Encode for f64 {
    /// A whole number without a fraction, as it mostly came: `5`, not `5.0`.
    fn encode<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        match whole(*self) {
            Some(integer) if integer != 0 || self.is_sign_positive() => to.serialize_i64(integer),
            _ => to.serialize_f64(*self),
        }
    }
}

fn exact_float(integer: i64) -> Option<f64> {
    let float = integer as f64;
    (whole(float) == Some(integer)).then_some(float)
}

struct Number;

impl Visitor<'_> for Number {
    type Value = f64;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(f64::EXPECTED)
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<f64, E> {
        exact_float(number).ok_or_else(|| E::custom(f64::EXPECTED))
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<f64, E> {
        i64::try_from(number).ok().and_then(exact_float).ok_or_else(|| E::custom(f64::EXPECTED))
    }

    fn visit_f64<E: Error>(self, number: f64) -> Result<f64, E> {
        Ok(number)
    }
}

impl Decode for Value {
    const EXPECTED: &'static str = "a value";

    fn empty() -> Self {
        Self::Null
    }

    fn strict<'de, D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        Self::deserialize(from)
    }

    fn lenient<'v>(value: &'v Value, notes: &mut Notes<'v>) -> Option<Self> {
        Some(notes.keep(value))
    }

    fn text(text: &str) -> Option<Self> {
        Some(Self::from(text))
    }

    fn instead(value: Value) -> Option<Self> {
        Some(value)
    }
}

impl Encode for Value {
    fn encode<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        self.serialize(to)
    }
}

/// The body of a response that has none.
impl Decode for () {
    const EXPECTED: &'static str = "nothing";

    fn empty() -> Self {}

    fn strict<'de, D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        serde::de::IgnoredAny::deserialize(from).map(|_| ())
    }

    fn lenient<'v>(_: &'v Value, _: &mut Notes<'v>) -> Option<Self> {
        Some(())
    }
}

impl<T: Decode> Decode for Option<T> {
    const EXPECTED: &'static str = T::EXPECTED;

    fn empty() -> Self {
        None
    }

    fn strict<'de, D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_option(Optional(PhantomData))
    }

    fn lenient<'v>(value: &'v Value, notes: &mut Notes<'v>) -> Option<Self> {
        if value.is_null() { Some(T::null()) } else { T::lenient(value, notes).map(Some) }
    }

    fn text(text: &str) -> Option<Self> {
        T::text(text).map(Some)
    }
}

impl<T: Encode> Encode for Option<T> {
    fn encode<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        match self {
            Some(value) => value.encode(to),
            None => to.serialize_unit(),
        }
    }

    fn is_left_out(&self) -> bool {
        self.is_none()
    }

    fn is_empty(&self) -> bool {
        self.is_none()
    }
}

struct Optional<T>(PhantomData<T>);

impl<'de, T: Decode> Visitor<'de> for Optional<T> {
    type Value = Option<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(T::EXPECTED)
    }

    fn visit_unit<E: Error>(self) -> Result<Option<T>, E> {
        Ok(T::null())
    }

    fn visit_none<E: Error>(self) -> Result<Option<T>, E> {
        Ok(T::null())
    }

    fn visit_some<D: Deserializer<'de>>(self, from: D) -> Result<Option<T>, D::Error> {
        T::strict(from).map(Some)
    }
}

impl<T: Decode> Decode for Vec<T> {
    const EXPECTED: &'static str = "an array";

    fn empty() -> Self {
        Self::new()
    }

    fn strict<'de, D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_seq(Array(PhantomData))
    }

    fn lenient<'v>(value: &'v Value, notes: &mut Notes<'v>) -> Option<Self> {
        let Value::Array(elements) = value else { return notes.misfit(Self::EXPECTED) };
        let mut fitting = Self::new();
        for (index, element) in elements.iter().enumerate() {
            notes.enter(Step::Index(index));
            match T::lenient(element, notes) {
                Some(element) => fitting.push(element),
                None => notes.lost = true,
            }
            notes.leave();
        }
        Some(fitting)
    }
}

impl<T: Encode> Encode for Vec<T> {
    fn encode<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_seq(self.iter().map(Encoded))
    }

    fn is_empty(&self) -> bool {
        self.is_empty()
    }
}

struct Array<T>(PhantomData<T>);

impl<'de, T: Decode> Visitor<'de> for Array<T> {
    type Value = Vec<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(Vec::<T>::EXPECTED)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut elements: A) -> Result<Vec<T>, A::Error> {
        let mut array = Vec::with_capacity(elements.size_hint().unwrap_or(0).min(ROOM));
        while let Some(element) = elements.next_element_seed(Strict::SEED)? {
            array.push(element);
        }
        Ok(array)
    }
}

impl<T: Decode> Decode for BTreeMap<String, T> {
    const EXPECTED: &'static str = "an object";

    fn empty() -> Self {
        Self::new()
    }

    fn strict<'de, D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_map(Entries(PhantomData))
    }

    fn lenient<'v>(value: &'v Value, notes: &mut Notes<'v>) -> Option<Self> {
        let Value::Object(map) = value else { return notes.misfit(Self::EXPECTED) };
        let mut fitting = Self::new();
        for (name, value) in map {
            notes.enter(Step::Key(name));
            match T::lenient(value, notes) {
                Some(value) => drop(fitting.insert(name.clone(), value)),
                None => notes.lost = true,
            }
            notes.leave();
        }
        Some(fitting)
    }
}

impl<T: Encode> Encode for BTreeMap<String, T> {
    fn encode<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_map(self.iter().map(|(name, value)| (name, Encoded(value))))
    }

    fn is_empty(&self) -> bool {
        self.is_empty()
    }
}

struct Entries<T>(PhantomData<T>);

impl<'de, T: Decode> Visitor<'de> for Entries<T> {
    type Value = BTreeMap<String, T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(BTreeMap::<String, T>::EXPECTED)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<BTreeMap<String, T>, A::Error> {
        let mut map = BTreeMap::new();
        while let Some(name) = entries.next_key()? {
            map.insert(name, entries.next_value_seed(Strict::SEED)?);
        }
        Ok(map)
    }
}
