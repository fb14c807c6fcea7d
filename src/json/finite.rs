//! Refuses floats that JSON cannot represent. `serde_json` replaces them by null.

use serde::Serialize;
use serde::ser::{
    Error, SerializeMap, SerializeSeq, SerializeStruct, SerializeStructVariant, SerializeTuple, SerializeTupleStruct,
    SerializeTupleVariant, Serializer,
};

pub(super) const NOT_FINITE: &str = "a number is infinite or not a number, which JSON cannot represent";

/// Returns an error if a value contains a float that JSON cannot represent.
pub(crate) fn check<T: Serialize + ?Sized>(value: &T) -> Result<(), serde_json::Error> {
    value.serialize(Checker)
}

/// The properties of an object that were set to values that cannot be sent, each with the reason.
#[derive(Clone, Default)]
pub(crate) struct Unsendable(Vec<(String, String)>);

impl Unsendable {
    /// Checks a value that is set as the property of this name.
    pub(crate) fn set(&mut self, name: &str, value: &impl Serialize) {
        self.remove(name);
        if let Err(error) = check(value) {
            self.add(name, &error.to_string());
        }
    }

    pub(super) fn add(&mut self, name: &str, reason: &str) {
        self.0.push((name.to_owned(), reason.to_owned()));
    }

    pub(crate) fn remove(&mut self, name: &str) {
        self.0.retain(|(own, _)| own != name);
    }

    /// Returns an error if there is such a property.
    pub(crate) fn check<E: Error>(&self) -> Result<(), E> {
        self.0.first().map_or(Ok(()), |(_, reason)| Err(E::custom(reason)))
    }
}

/// Accepts everything except such floats.
struct Checker;

type Outcome = Result<(), serde_json::Error>;

macro_rules! accept {
    ($($method:ident($($type:ty),*)),* $(,)?) => {$(
        fn $method(self $(, _: $type)*) -> Outcome {
            Ok(())
        }
    )*};
}

macro_rules! nested {
    ($($method:ident($($type:ty),*)),*) => {$(
        fn $method<T: Serialize + ?Sized>(self, $(_: $type,)* value: &T) -> Outcome {
            value.serialize(self)
        }
    )*};
}

macro_rules! compound {
    ($($trait:ident $method:ident($($type:ty),*);)*) => {
        impl Serializer for Checker {
            type Ok = ();
            type Error = serde_json::Error;
            $(type $trait = Self;)*

            accept!(
                serialize_bool(bool), serialize_i8(i8), serialize_i16(i16), serialize_i32(i32), serialize_i64(i64),
                serialize_i128(i128), serialize_u8(u8), serialize_u16(u16), serialize_u32(u32), serialize_u64(u64),
                serialize_u128(u128), serialize_char(char), serialize_str(&str), serialize_bytes(&[u8]),
                serialize_none(), serialize_unit(), serialize_unit_struct(&'static str),
                serialize_unit_variant(&'static str, u32, &'static str),
            );
            nested!(
                serialize_some(), serialize_newtype_struct(&'static str),
                serialize_newtype_variant(&'static str, u32, &'static str)
            );

            fn serialize_f32(self, number: f32) -> Outcome {
                self.serialize_f64(number.into())
            }

            fn serialize_f64(self, number: f64) -> Outcome {
                if number.is_finite() { Ok(()) } else { Err(Error::custom(NOT_FINITE)) }
            }

            $(fn $method(self $(, _: $type)*) -> Result<Self, serde_json::Error> {
                Ok(self)
            })*
        }
    };
}

compound! {
    SerializeSeq serialize_seq(Option<usize>);
    SerializeTuple serialize_tuple(usize);
    SerializeTupleStruct serialize_tuple_struct(&'static str, usize);
    SerializeTupleVariant serialize_tuple_variant(&'static str, u32, &'static str, usize);
    SerializeMap serialize_map(Option<usize>);
    SerializeStruct serialize_struct(&'static str, usize);
    SerializeStructVariant serialize_struct_variant(&'static str, u32, &'static str, usize);
}

macro_rules! elements {
    ($($trait:ident $method:ident($($name:ty)?);)*) => {$(
        impl $trait for Checker {
            type Ok = ();
            type Error = serde_json::Error;

            fn $method<T: Serialize + ?Sized>(&mut self, $(_: $name,)? value: &T) -> Outcome {
                value.serialize(Checker)
            }

            fn end(self) -> Outcome {
                Ok(())
            }
        }
    )*};
}

elements! {
    SerializeSeq serialize_element();
    SerializeTuple serialize_element();
    SerializeTupleStruct serialize_field();
    SerializeTupleVariant serialize_field();
    SerializeStruct serialize_field(&'static str);
    SerializeStructVariant serialize_field(&'static str);
}

impl SerializeMap for Checker {
    type Ok = ();
    type Error = serde_json::Error;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, _: &T) -> Outcome {
        Ok(())
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Outcome {
        value.serialize(Checker)
    }

    fn end(self) -> Outcome {
        Ok(())
    }
}
