//! The sources of a value: JSON text in the strict pass, and a tree of values in the lenient pass.
//!
//! The generated code names the type of each field once, and gives the field to either source.

use std::marker::PhantomData;

use serde::Deserialize;
use serde::de::{Deserializer, MapAccess};
use serde_json::Value;

use super::diagnostics::Diagnostics;
use super::traits::Decode;

/// A value that is ready to be decoded.
pub trait ValueSource: Sized {
    type Error;

    fn decode<T: Decode>(self) -> Result<T, Self::Error>;

    fn decode_into<T: Decode>(self, field: &mut T) -> Result<(), Self::Error> {
        *field = self.decode()?;
        Ok(())
    }
}

/// A value that serde decodes by [`Decode::strict`].
pub(super) struct Strict<T>(pub T);

impl<'de, T: Decode> Deserialize<'de> for Strict<T> {
    #[inline]
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        T::strict(from).map(Self)
    }
}

/// The value of the current key of a map, in the text.
pub(super) struct MapValue<'m, 'de, A>(pub &'m mut A, pub PhantomData<&'de ()>);

impl<'de, A: MapAccess<'de>> ValueSource for MapValue<'_, 'de, A> {
    type Error = A::Error;

    fn decode<T: Decode>(self) -> Result<T, A::Error> {
        self.0.next_value().map(|Strict(value)| value)
    }
}

/// A value of a tree.
pub(super) struct TreeValue<'d, 'v> {
    pub value: &'v Value,
    pub diagnostics: &'d mut Diagnostics<'v>,
}

/// The value cannot be decoded; the mismatch is among the diagnostics.
#[derive(Debug)]
pub struct Mismatched;

impl ValueSource for TreeValue<'_, '_> {
    type Error = Mismatched;

    fn decode<T: Decode>(self) -> Result<T, Mismatched> {
        T::lenient(self.value, self.diagnostics).ok_or(Mismatched)
    }
}
