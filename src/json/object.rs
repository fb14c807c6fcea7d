//! Free-form objects.

use std::fmt;
use std::ops::Index;

use serde::de::Deserializer;
use serde::ser::Serializer;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::json::finite::{self, Unsendable};
use crate::json::{Decode, Diagnostics, Encode, inline_schema};
use crate::secrets::debug::Shown;

/// A JSON object whose properties Courier does not describe, such as the data of a message or a profile.
///
/// Create it from [`serde_json::json!`], a map or an array of pairs, or from your own type with
/// [`from_serialize`](Self::from_serialize). Read it with `["name"]`:
///
/// ```
/// use serde_json::json;
/// use trycourier::types::Object;
///
/// let data = Object::from(json!({"order": "A-1007", "total": 12}));
/// assert_eq!(data["order"], "A-1007");
/// assert!(data["something else"].is_null());
///
/// let same = Object::from([("order", json!("A-1007")), ("total", json!(12))]);
/// assert_eq!(data, same);
/// ```
///
/// If a `json!` is not an object, or a float in an array of pairs is infinite or not a number, the call fails with
/// [`ErrorKind::InvalidArgument`](crate::ErrorKind::InvalidArgument) and nothing is sent. A float inside a `json!` is
/// null already if JSON cannot represent it. If Courier sends JSON of another kind instead of an object,
/// [`as_value`](Self::as_value) returns it unchanged.
///
/// `Debug` hides the values whose names look like names of secrets.
#[derive(Clone)]
pub struct Object {
    value: Value,
    /// A value from a response has no defect: it is sent back unchanged, regardless of its kind of JSON.
    unsendable: Unsendable,
}

impl Object {
    /// An object without properties.
    pub fn new() -> Self {
        Self::from(Map::new())
    }

    /// Converts a value of your own type, such as a struct that implements [`Serialize`].
    ///
    /// ```
    /// use trycourier::types::Object;
    ///
    /// #[derive(serde::Serialize)]
    /// struct Order<'a> {
    ///     id: &'a str,
    /// }
    ///
    /// let data = Object::from_serialize(&Order { id: "A-1007" })?;
    /// assert_eq!(data["id"], "A-1007");
    /// assert!(Object::from_serialize(&"a text").is_err());
    /// # Ok::<(), serde_json::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// If the value cannot be written as JSON, or its JSON is not an object. JSON has neither `NaN` nor infinity.
    pub fn from_serialize<T: Serialize + ?Sized>(value: &T) -> Result<Self, serde_json::Error> {
        finite::check(value)?;
        let object = Self::from(serde_json::to_value(value)?);
        object.unsendable.check().map(|()| object)
    }

    pub(crate) fn received(value: Value) -> Self {
        Self { value, unsendable: Unsendable::default() }
    }

    /// The value of a property.
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.value.get(name)
    }

    /// Sets a property, and returns its previous value. If this is not an object, it becomes one.
    pub fn insert(&mut self, name: impl Into<String>, value: impl Into<Value> + Serialize) -> Option<Value> {
        let name = name.into();
        if !self.value.is_object() {
            *self = Self::new();
        }
        self.unsendable.set(&name, &value);
        self.value.as_object_mut()?.insert(name, value.into())
    }

    /// Returns `true` if the value is a JSON object, which is always the case unless it was created from other JSON.
    pub fn is_object(&self) -> bool {
        self.value.is_object()
    }

    /// The properties and their values. Empty if it is not an object.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Value)> {
        self.value.as_object().into_iter().flatten().map(|(name, value)| (name.as_str(), value))
    }

    /// The number of properties.
    pub fn len(&self) -> usize {
        self.value.as_object().map_or(0, Map::len)
    }

    /// Returns `true` if the object has no properties.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The JSON value.
    pub fn as_value(&self) -> &Value {
        &self.value
    }

    /// Consumes the object, and returns the JSON value.
    pub fn into_value(self) -> Value {
        self.value
    }

    /// Converts the object to your own type.
    ///
    /// # Errors
    ///
    /// If the properties do not match the type.
    pub fn read<'a, T: Deserialize<'a>>(&'a self) -> Result<T, serde_json::Error> {
        T::deserialize(&self.value)
    }
}

const NOT_AN_OBJECT: &str = "a free-form object was given a value that is not a JSON object";

impl Default for Object {
    fn default() -> Self {
        Self::new()
    }
}

impl PartialEq for Object {
    fn eq(&self, other: &Self) -> bool {
        self.value == other.value
    }
}

impl PartialEq<Value> for Object {
    fn eq(&self, other: &Value) -> bool {
        self.value == *other
    }
}

impl From<Value> for Object {
    fn from(value: Value) -> Self {
        let mut object = Self::received(value);
        if !object.is_object() {
            object.unsendable.add("", NOT_AN_OBJECT);
        }
        object
    }
}

impl From<Map<String, Value>> for Object {
    fn from(map: Map<String, Value>) -> Self {
        Self::from(Value::Object(map))
    }
}

impl<K: Into<String>, V: Into<Value> + Serialize, const N: usize> From<[(K, V); N]> for Object {
    fn from(properties: [(K, V); N]) -> Self {
        Self::from_iter(properties)
    }
}

impl<K: Into<String>, V: Into<Value> + Serialize> FromIterator<(K, V)> for Object {
    fn from_iter<I: IntoIterator<Item = (K, V)>>(properties: I) -> Self {
        let mut object = Self::new();
        for (name, value) in properties {
            object.insert(name, value);
        }
        object
    }
}

impl From<Object> for Value {
    fn from(object: Object) -> Self {
        object.value
    }
}

/// Returns `null` for a name without a value.
impl Index<&str> for Object {
    type Output = Value;

    fn index(&self, name: &str) -> &Value {
        self.get(name).unwrap_or(&Value::Null)
    }
}

impl fmt::Debug for Object {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Shown(&self.value).fmt(f)
    }
}

/// Fails if the value is not an object, unless it came from a response.
impl Serialize for Object {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        self.unsendable.check::<S::Error>()?;
        self.value.serialize(to)
    }
}

/// Fails if the value is not an object.
impl<'de> Deserialize<'de> for Object {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        Map::deserialize(from).map(|map| Self::received(Value::Object(map)))
    }
}

impl Decode for Object {
    const EXPECTED: &'static str = "an object";

    fn empty() -> Self {
        Self::new()
    }

    fn strict<'de, D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        Self::deserialize(from)
    }

    fn lenient<'v>(value: &'v Value, diagnostics: &mut Diagnostics<'v>) -> Option<Self> {
        if !value.is_object() {
            diagnostics.mismatch::<()>(Self::EXPECTED);
        }
        (!value.is_null()).then(|| Self::received(diagnostics.keep(value)))
    }

    fn from_other(value: Value) -> Option<Self> {
        Some(Self::received(value))
    }
}

impl Encode for Object {}

inline_schema!(Object, {"type": "object", "additionalProperties": true});
