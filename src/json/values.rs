//! Scalars, options, arrays and maps.

use std::collections::BTreeMap;
use std::fmt;
use std::marker::PhantomData;

use serde::Deserialize;
use serde::de::{Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde::ser::{Error as _, Serializer};
use serde_json::{Number, Value};

use super::diagnostics::{Diagnostics, Step};
use super::encode::Encoded;
use super::finite::NOT_FINITE;
use super::source::Strict;
use super::traits::{Decode, Encode};

/// The end of the range in which every integer has a 64-bit float, and most JSON is written by JavaScript, which has
/// only these.
const MAX_EXACT: f64 = 9_007_199_254_740_992.0;

/// Implements decoding for a type, from a type that serde decodes and from a tree.
macro_rules! scalar {
    ($type:ty, $expected:literal, $from_wire:expr, $from_tree:expr) => {
        impl Decode for $type {
            const EXPECTED: &'static str = $expected;

            fn empty() -> Self {
                Self::default()
            }

            fn strict<'de, D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
                $from_wire(Deserialize::deserialize(from)?).ok_or_else(|| D::Error::custom(Self::EXPECTED))
            }

            fn lenient<'v>(value: &'v Value, diagnostics: &mut Diagnostics<'v>) -> Option<Self> {
                $from_tree(value).or_else(|| diagnostics.mismatch(Self::EXPECTED))
            }
        }
    };
}

scalar!(bool, "true or false", Some, Value::as_bool);
scalar!(i64, "an integer", |number: Number| integer(&number), |value: &Value| integer(value.as_number()?));
scalar!(f64, "a number", |number: Number| float(&number), |value: &Value| float(value.as_number()?));

impl Decode for String {
    const EXPECTED: &'static str = "a string";

    fn empty() -> Self {
        Self::new()
    }

    fn strict<'de, D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        Self::deserialize(from)
    }

    fn lenient<'v>(value: &'v Value, diagnostics: &mut Diagnostics<'v>) -> Option<Self> {
        match value {
            Value::String(text) => Some(text.clone()),
            // An id as text is more useful than an empty text. The object also keeps the number.
            Value::Number(number) if !number.is_f64() => {
                diagnostics.mismatch::<()>(Self::EXPECTED);
                diagnostics.lost = true;
                Some(number.to_string())
            }
            _ => diagnostics.mismatch(Self::EXPECTED),
        }
    }
}

/// Implements decoding for a type that is decoded as another type and made from it.
macro_rules! decode_as {
    ($json:ty, $type:ty, $new:expr) => {
        impl $crate::json::Decode for $type {
            const EXPECTED: &'static str = <$json as $crate::json::Decode>::EXPECTED;

            fn empty() -> Self {
                $new($crate::json::Decode::empty())
            }

            fn strict<'de, D: ::serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
                <$json as $crate::json::Decode>::strict(from).map($new)
            }

            fn lenient<'v>(
                value: &'v ::serde_json::Value,
                diagnostics: &mut $crate::json::Diagnostics<'v>,
            ) -> Option<Self> {
                <$json as $crate::json::Decode>::lenient(value, diagnostics).map($new)
            }

            fn from_other(value: ::serde_json::Value) -> Option<Self> {
                <$json as $crate::json::Decode>::from_other(value).map($new)
            }
        }
    };
}
pub(crate) use decode_as;

/// Implements decoding and encoding of the `Box` of a type that contains itself. An implementation for every `Box` would
/// overlap with the one for structures.
#[allow(unused_macros, reason = "the description has no type that contains itself today")]
macro_rules! boxed {
    ($type:ident) => {
        $crate::json::decode_as!($type, Box<$type>, Box::new);

        impl $crate::json::Encode for Box<$type> {}
    };
}
#[allow(unused_imports, reason = "the description has no type that contains itself today")]
pub(crate) use boxed;

impl Encode for String {}

impl Encode for bool {}

impl Encode for i64 {}

impl Encode for Value {}

impl Encode for f64 {
    /// Encodes a whole number without a fraction, as Courier does: `5`, not `5.0`.
    fn encode<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        if !self.is_finite() {
            return Err(S::Error::custom(NOT_FINITE));
        }
        match float_to_integer(*self) {
            Some(integer) if integer != 0 || self.is_sign_positive() => to.serialize_i64(integer),
            _ => to.serialize_f64(*self),
        }
    }
}

/// Returns a whole number, also if it is written as `3.0` or `1.7e12`.
pub(super) fn integer(number: &Number) -> Option<i64> {
    number.as_i64().or_else(|| number.as_f64().filter(|_| number.is_f64()).and_then(float_to_integer))
}

fn float_to_integer(number: f64) -> Option<i64> {
    // The cast is exact in this range.
    (number.fract() == 0.0 && number.abs() <= MAX_EXACT).then_some(number as i64)
}

/// Returns the float of a number, unless it differs from the number.
fn float(number: &Number) -> Option<f64> {
    if number.is_f64() {
        return number.as_f64();
    }
    let integer = number.as_i64()?;
    let float = integer as f64;
    (float_to_integer(float) == Some(integer)).then_some(float)
}

impl Decode for Value {
    const EXPECTED: &'static str = "a value";

    fn empty() -> Self {
        Self::Null
    }

    fn strict<'de, D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        Self::deserialize(from)
    }

    fn lenient<'v>(value: &'v Value, diagnostics: &mut Diagnostics<'v>) -> Option<Self> {
        Some(diagnostics.keep(value))
    }

    fn from_other(value: Value) -> Option<Self> {
        Some(value)
    }
}

/// The response of an operation without a response body.
impl Decode for () {
    const EXPECTED: &'static str = "nothing";

    fn empty() -> Self {}

    fn strict<'de, D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        serde::de::IgnoredAny::deserialize(from).map(|_| ())
    }

    fn lenient<'v>(_: &'v Value, _: &mut Diagnostics<'v>) -> Option<Self> {
        Some(())
    }
}

impl<T: Decode> Decode for Option<T> {
    const EXPECTED: &'static str = T::EXPECTED;

    fn empty() -> Self {
        None
    }

    fn strict<'de, D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        Ok(Option::deserialize(from)?.map_or_else(T::null, |Strict(value)| Some(value)))
    }

    fn lenient<'v>(value: &'v Value, diagnostics: &mut Diagnostics<'v>) -> Option<Self> {
        if value.is_null() { Some(T::null()) } else { T::lenient(value, diagnostics).map(Some) }
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
}

impl<T: Decode> Decode for Vec<T> {
    const EXPECTED: &'static str = "an array";

    fn empty() -> Self {
        Self::new()
    }

    fn strict<'de, D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_seq(Array(PhantomData))
    }

    fn lenient<'v>(value: &'v Value, diagnostics: &mut Diagnostics<'v>) -> Option<Self> {
        let Value::Array(elements) = value else { return diagnostics.mismatch(Self::EXPECTED) };
        let (mut decoded, mut lost) = (Self::new(), Vec::new());
        for (index, element) in elements.iter().enumerate() {
            match diagnostics.at(Step::Index(index), |diagnostics| T::lenient(element, diagnostics)) {
                Some(element) => decoded.push(element),
                None => lost.push(index),
            }
        }
        diagnostics.lost |= !lost.is_empty();
        diagnostics.lost_elements = lost;
        Some(decoded)
    }
}

impl<T: Encode> Encode for Vec<T> {
    fn encode<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_seq(self.iter().map(Encoded))
    }
}

struct Array<T>(PhantomData<T>);

impl<'de, T: Decode> Visitor<'de> for Array<T> {
    type Value = Vec<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(Vec::<T>::EXPECTED)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut elements: A) -> Result<Vec<T>, A::Error> {
        let mut array = Vec::new();
        while let Some(Strict(element)) = elements.next_element()? {
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

    fn lenient<'v>(value: &'v Value, diagnostics: &mut Diagnostics<'v>) -> Option<Self> {
        let Value::Object(map) = value else { return diagnostics.mismatch(Self::EXPECTED) };
        let mut decoded = Self::new();
        for (name, value) in map {
            match diagnostics.at(Step::Key(name), |diagnostics| T::lenient(value, diagnostics)) {
                Some(value) => drop(decoded.insert(name.clone(), value)),
                None => diagnostics.lost = true,
            }
        }
        Some(decoded)
    }
}

impl<T: Encode> Encode for BTreeMap<String, T> {
    fn encode<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_map(self.iter().map(|(name, value)| (name, Encoded(value))))
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
        while let Some((name, Strict(value))) = entries.next_entry()? {
            map.insert(name, value);
        }
        Ok(map)
    }
}
