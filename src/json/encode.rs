//! Encodes objects.

use serde::ser::{Serialize, SerializeMap, Serializer};

use super::properties::Properties;
use super::traits::Encode;
use crate::json::extra::Extra;

/// Encodes the fields of an object. An error is kept until the end, which makes for less code in each type.
pub struct FieldWriter<'w, M: SerializeMap> {
    map: M,
    properties: &'static Properties,
    extra: &'w Extra,
    error: Option<M::Error>,
}

impl<'w, M: SerializeMap> FieldWriter<'w, M> {
    /// Starts an object, with its constants.
    pub(super) fn begin<S>(to: S, properties: &'static Properties, extra: &'w Extra) -> Result<Self, S::Error>
    where
        S: Serializer<SerializeMap = M, Error = M::Error>,
    {
        extra.check_sendable::<S::Error>()?;
        let mut map = to.serialize_map(None)?;
        for (index, name, value) in properties.constants() {
            match extra.get(name) {
                Some(override_value) => map.serialize_entry(name, override_value)?,
                None if extra.is_absent(index) => {}
                None => map.serialize_entry(name, value)?,
            }
        }
        Ok(Self { map, properties, extra, error: None })
    }

    /// Encodes the field of that number.
    pub fn field<T: Encode>(&mut self, index: usize, value: &T) {
        let Some(name) = self.name_unless_overridden(index) else { return };
        let is_left_out = if self.extra.is_absent(index) {
            value.is_empty()
        } else {
            // A required property that may be null is encoded as null.
            value.is_left_out() && !self.properties.required.contains(index)
        };
        if !is_left_out {
            self.error = self.map.serialize_entry(name, &Encoded(value)).err();
        }
    }

    /// Returns the name of a field. If `extra` overrides the field, encodes the value of `extra` and returns `None`.
    fn name_unless_overridden(&mut self, index: usize) -> Option<&'static str> {
        let name = self.properties.names.get(index).copied().filter(|_| self.error.is_none())?;
        match self.extra.get(name) {
            Some(override_value) => {
                self.error = self.map.serialize_entry(name, override_value).err();
                None
            }
            None => Some(name),
        }
    }

    /// Encodes the rest of `extra`.
    pub(super) fn end(mut self) -> Result<M::Ok, M::Error> {
        if let Some(error) = self.error {
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

/// A value that serde encodes by [`Encode::encode`].
pub(super) struct Encoded<'t, T>(pub &'t T);

impl<T: Encode> Serialize for Encoded<'_, T> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        self.0.encode(to)
    }
}
