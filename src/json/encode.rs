use serde::ser::{Serialize, SerializeMap, Serializer};

use super::fields::bit;
use super::struct_codec::Properties;
use super::traits::Encode;
use crate::json::extra::Extra;

/// Writes the fields. An error is kept until the end, which makes for less code in each type.
pub struct Writer<'w, M: SerializeMap> {
    map: M,
    properties: &'static Properties,
    extra: &'w Extra,
    failed: Option<M::Error>,
}

impl<'w, M: SerializeMap> Writer<'w, M> {
    pub(super) fn begin<S>(to: S, properties: &'static Properties, extra: &'w Extra) -> Result<Self, S::Error>
    where
        S: Serializer<SerializeMap = M, Error = M::Error>,
    {
        let mut map = to.serialize_map(None)?;
        for (index, name, value) in properties.constants() {
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
        let is_left_out = if self.extra.is_absent(index) {
            value.is_empty()
        } else {
            // What is required and may be null is written as null.
            value.is_left_out() && self.properties.required & bit(index) == 0
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

    pub(super) fn end(mut self) -> Result<M::Ok, M::Error> {
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
