use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;

use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};

use super::diagnostics::Notes;
use super::fields::{bit, bits, same};
use super::source::{Begun, BegunValue, Elements, Lenient, Read, Rest, Text, exact};
use super::values::integer;

/// One of several shapes. The variants are known by number, in the order of the shapes.
pub trait Union: Sized {
    /// By what each variant is known. The first that fits is taken, one known by its tags before one that has none.
    const SHAPES: &'static [Shape];

    fn read<R: Read>(variant: usize, read: R) -> Result<Self, R::Error>;
    fn unrecognized(value: Value) -> Self;
}

/// By what a variant is known.
pub enum Shape {
    /// An object with these values of these properties, and with these other properties.
    Object(&'static [(&'static str, &'static [&'static str])], &'static [&'static str]),
    Text,
    Array,
    Integer,
    #[allow(dead_code, reason = "the description has no union with a fraction today")]
    Number,
    Boolean,
}

/// States the variants of a union, and implements all that follows from them.
///
/// The enum has a variant `Unrecognized(Object)` besides.
macro_rules! union {
    ($type:ident { $($index:literal $variant:ident = $shape:expr),* $(,)? }) => {
        impl $crate::json::Union for $type {
            const SHAPES: &'static [$crate::json::Shape] = {
                #[allow(unused_imports)]
                use $crate::json::Shape::*;
                &[$($shape),*]
            };

            fn read<R: $crate::json::Read>(variant: usize, read: R) -> Result<Self, R::Error> {
                match variant {
                    $($index => read.take().map(Self::$variant),)*
                    _ => read.take().map($crate::types::Object::received).map(Self::Unrecognized),
                }
            }

            #[inline]
            fn unrecognized(value: ::serde_json::Value) -> Self {
                Self::Unrecognized($crate::types::Object::received(value))
            }
        }

        impl ::serde::Serialize for $type {
            fn serialize<S: ::serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
                $crate::json::Encode::encode(self, to)
            }
        }

        impl<'de> ::serde::Deserialize<'de> for $type {
            fn deserialize<D: ::serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
                $crate::json::read_union(from)
            }
        }

        impl $crate::json::Decode for $type {
            const EXPECTED: &'static str = "a value of one of the described shapes";

            #[inline]
            fn empty() -> Self {
                $crate::json::Union::unrecognized(::serde_json::Value::Null)
            }

            fn strict<'de, D: ::serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
                $crate::json::read_union(from)
            }

            #[inline]
            fn lenient<'v>(value: &'v ::serde_json::Value, notes: &mut $crate::json::Notes<'v>) -> Option<Self> {
                $crate::json::lenient_union(value, notes)
            }

            #[inline]
            fn text(text: &str) -> Option<Self> {
                $crate::json::text_union(text)
            }

            #[inline]
            fn instead(value: ::serde_json::Value) -> Option<Self> {
                Some($crate::json::Union::unrecognized(value))
            }
        }

        impl $crate::json::Encode for $type {
            fn encode<S: ::serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
                match self {
                    $(Self::$variant(value) => $crate::json::Encode::encode(value, to),)*
                    // Not refused even if it is not an object: it is said on purpose.
                    Self::Unrecognized(value) => ::serde::Serialize::serialize(value.as_value(), to),
                }
            }
        }
    };
}
pub(crate) use union;

/// A union of a strict pass. An object streams into its variant as soon as its tags tell which that is.
pub fn read_union<'de, T: Union + super::Decode, D: Deserializer<'de>>(from: D) -> Result<T, D::Error> {
    from.deserialize_any(UnionVisitor(PhantomData))
}

struct UnionVisitor<T>(PhantomData<T>);

impl<'de, T: Union + super::Decode> Visitor<'de> for UnionVisitor<T> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(T::EXPECTED)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<T, A::Error> {
        match begin(T::SHAPES, &mut map)? {
            Beginning::Decided(variant, begun) => T::read(variant, Rest { begun, rest: map, from: PhantomData }),
            Beginning::Whole(object) => exact(&object),
        }
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<T, E> {
        match position(T::SHAPES, |shape| matches!(shape, Shape::Text)) {
            Some(variant) => T::read(variant, Text(text, PhantomData)),
            None => Err(E::custom(T::EXPECTED)),
        }
    }

    fn visit_seq<A: SeqAccess<'de>>(self, elements: A) -> Result<T, A::Error> {
        match position(T::SHAPES, |shape| matches!(shape, Shape::Array)) {
            Some(variant) => T::read(variant, Elements(elements, PhantomData)),
            None => Err(A::Error::custom(T::EXPECTED)),
        }
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<T, E> {
        exact(&Value::from(value))
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<T, E> {
        exact(&Value::from(value))
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<T, E> {
        exact(&Value::from(value))
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<T, E> {
        exact(&Value::from(value))
    }
}

/// How far an object had to be read.
enum Beginning {
    /// Until it was known which variant it is.
    Decided(usize, Vec<Begun>),
    Whole(Value),
}

fn begin<'de, A: MapAccess<'de>>(shapes: &'static [Shape], map: &mut A) -> Result<Beginning, A::Error> {
    let mut begun: Vec<Begun> = Vec::new();
    let mut possible = u64::MAX;
    while let Some(name) = map.next_key_seed(Name(shapes))? {
        let value = map.next_value()?;
        let Cow::Borrowed(tag) = name else {
            begun.push(Begun { name, value: BegunValue::Other(value) });
            continue;
        };
        let (allowed, word) = allowed(shapes, tag, value.as_str());
        // Of a tag that comes twice the last value counts, and then the whole object tells.
        let is_first = !begun.iter().any(|entry| same(tag, &entry.name));
        possible = if is_first { possible & allowed } else { 0 };
        begun.push(Begun { name, value: word.map_or(BegunValue::Other(value), BegunValue::Word) });
        if let Some(variant) = decided(shapes, possible, &begun) {
            return Ok(Beginning::Decided(variant, begun));
        }
    }
    let map = begun.into_iter().map(|entry| (entry.name.into_owned(), entry.value.into_value())).collect();
    Ok(Beginning::Whole(Value::Object(map)))
}

/// A union of the lenient pass. What this version does not know is no mismatch, as long as it is an object.
pub fn lenient_union<'v, T: Union + super::Decode>(value: &'v Value, notes: &mut Notes<'v>) -> Option<T> {
    match choose(T::SHAPES, value) {
        Some(variant) => among_alike(variant, value).or_else(|| {
            T::read(variant, Lenient { value, notes }).ok().or_else(|| Some(T::unrecognized(notes.keep(value))))
        }),
        None if value.is_object() && has_objects(T::SHAPES) => Some(T::unrecognized(value.clone())),
        None if value.is_null() => notes.misfit(T::EXPECTED),
        None => {
            notes.misfit::<()>(T::EXPECTED);
            Some(T::unrecognized(value.clone()))
        }
    }
}

/// Of the variants that look like the chosen one from outside, the first that the value is exactly.
fn among_alike<T: Union>(chosen: usize, value: &Value) -> Option<T> {
    bits(alike(T::SHAPES, chosen)).find_map(|variant| {
        let mut notes = Notes::exact();
        T::read(variant, Lenient { value, notes: &mut notes }).ok().filter(|_| notes.is_clean())
    })
}

/// The variants that look like the chosen one from outside, a bit each; none where it is alone, and need not be tried first.
fn alike(shapes: &[Shape], chosen: usize) -> u64 {
    let outside = |shape: &Shape| match shape {
        Shape::Object(tags, required) => Some((*tags, *required)),
        _ => None,
    };
    let Some(known) = shapes.get(chosen).and_then(outside) else { return 0 };
    let is_alike = |(_, shape): &(usize, &Shape)| outside(shape) == Some(known);
    let alike = shapes.iter().enumerate().filter(is_alike).fold(0, |bits, (index, _)| bits | bit(index));
    if alike.is_power_of_two() { 0 } else { alike }
}

fn position(shapes: &[Shape], is: impl Fn(&Shape) -> bool) -> Option<usize> {
    shapes.iter().position(is)
}

fn has_objects(shapes: &[Shape]) -> bool {
    shapes.iter().any(|shape| matches!(shape, Shape::Object(..)))
}

/// The variant that a whole value is.
fn choose(shapes: &[Shape], value: &Value) -> Option<usize> {
    match value {
        Value::Null => None,
        Value::String(_) => position(shapes, |shape| matches!(shape, Shape::Text)),
        Value::Array(_) => position(shapes, |shape| matches!(shape, Shape::Array)),
        Value::Bool(_) => position(shapes, |shape| matches!(shape, Shape::Boolean)),
        Value::Number(_) => position(shapes, |shape| matches!(shape, Shape::Integer))
            .filter(|_| integer(value).is_some())
            .or_else(|| position(shapes, |shape| matches!(shape, Shape::Number))),
        Value::Object(map) => choose_object(shapes, map),
    }
}

/// By the tags where they tell it; what else is missing is then a mismatch within the variant.
fn choose_object(shapes: &[Shape], map: &Map<String, Value>) -> Option<usize> {
    let has = |name: &&str| map.get(*name).is_some_and(|value| !value.is_null());
    let fits = |(tag, words): &(&str, &[&str])| {
        map.get(*tag).and_then(Value::as_str).is_some_and(|word| words.contains(&word))
    };
    let tagged = |shape: &Shape| matches!(shape, Shape::Object(tags, _) if !tags.is_empty() && tags.iter().all(fits));
    position(shapes, |shape| matches!(shape, Shape::Object(_, required) if tagged(shape) && required.iter().all(has)))
        .or_else(|| position(shapes, tagged))
        .or_else(|| {
            position(
                shapes,
                |shape| matches!(shape, Shape::Object(tags, required) if tags.is_empty() && required.iter().all(has)),
            )
        })
}

/// The tagged variants that the value of a tag allows, a bit each, and the word that they have for it.
fn allowed(shapes: &[Shape], tag: &str, value: Option<&str>) -> (u64, Option<&'static str>) {
    let (mut allowed, mut word) = (0, None);
    for (index, shape) in shapes.iter().enumerate() {
        let Shape::Object(tags, _) = shape else { continue };
        let fits = match tags.iter().find(|(name, _)| same(name, tag)) {
            Some((_, words)) => {
                let found = words.iter().find(|known| value.is_some_and(|value| same(known, value))).copied();
                word = word.or(found);
                found.is_some()
            }
            None => !tags.is_empty(),
        };
        if fits {
            allowed |= bit(index);
        }
    }
    (allowed, word)
}

/// The only variant that is possible, when all of its tags have been read.
fn decided(shapes: &[Shape], possible: u64, begun: &[Begun]) -> Option<usize> {
    let index = possible.is_power_of_two().then_some(possible.trailing_zeros() as usize)?;
    let Shape::Object(tags, _) = shapes.get(index)? else { return None };
    tags.iter().all(|(tag, _)| begun.iter().any(|entry| same(tag, &entry.name))).then_some(index)
}

fn tags(shapes: &'static [Shape]) -> impl Iterator<Item = &'static (&'static str, &'static [&'static str])> {
    shapes.iter().flat_map(|shape| match shape {
        Shape::Object(tags, _) => tags.iter(),
        _ => [].iter(),
    })
}

/// Reads a name, and tells whether it is that of a tag: then it is borrowed.
struct Name(&'static [Shape]);

impl<'de> DeserializeSeed<'de> for Name {
    type Value = Cow<'static, str>;

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<Self::Value, D::Error> {
        from.deserialize_str(self)
    }
}

impl Visitor<'_> for Name {
    type Value = Cow<'static, str>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a name")
    }

    fn visit_str<E: Error>(self, name: &str) -> Result<Self::Value, E> {
        Ok(match tags(self.0).find(|(tag, _)| same(tag, name)) {
            Some((tag, _)) => Cow::Borrowed(tag),
            None => Cow::Owned(name.to_owned()),
        })
    }
}

pub fn text_union<T: Union>(text: &str) -> Option<T> {
    let variant = position(T::SHAPES, |shape| matches!(shape, Shape::Text))?;
    T::read(variant, Text::<serde::de::value::Error>(text, PhantomData)).ok()
}
