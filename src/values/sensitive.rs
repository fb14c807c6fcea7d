//! Values that are not printed.

use std::collections::BTreeMap;
use std::fmt;

use http::HeaderValue;
use serde::de::Deserializer;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::json::object::Object;
use crate::json::{Decode, Diagnostics, Encode};
use crate::secrets::SENSITIVE;

/// A secret, such as a device token or a provider's credentials, which is sent and received but never printed.
///
/// `Debug` prints `[sensitive]` instead of the value. To read the value, call [`expose`](Self::expose), which is easy
/// to find in a review.
///
/// ```
/// let token = trycourier::Sensitive::from("device-token");
/// assert_eq!(format!("{token:?}"), "[sensitive]");
/// assert_eq!(token.expose(), "device-token");
/// ```
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Sensitive<T = String>(T);

impl<T> Sensitive<T> {
    /// The value.
    pub fn expose(&self) -> &T {
        &self.0
    }

    /// Consumes the wrapper, and returns the value.
    pub fn into_exposed(self) -> T {
        self.0
    }
}

impl From<String> for Sensitive {
    fn from(value: String) -> Self {
        Self(value)
    }
}

impl From<&str> for Sensitive {
    fn from(value: &str) -> Self {
        Self(value.to_owned())
    }
}

impl From<Object> for Sensitive<Object> {
    fn from(value: Object) -> Self {
        Self(value)
    }
}

impl From<BTreeMap<String, String>> for Sensitive<BTreeMap<String, String>> {
    fn from(value: BTreeMap<String, String>) -> Self {
        Self(value)
    }
}

impl From<Value> for Sensitive<Object> {
    fn from(value: Value) -> Self {
        Self(value.into())
    }
}

impl From<Value> for Sensitive<Value> {
    fn from(value: Value) -> Self {
        Self(value)
    }
}

impl From<Map<String, Value>> for Sensitive<Object> {
    fn from(value: Map<String, Value>) -> Self {
        Self(value.into())
    }
}

impl<K: Into<String>, V: Into<Value> + Serialize, const N: usize> From<[(K, V); N]> for Sensitive<Object> {
    fn from(value: [(K, V); N]) -> Self {
        Self(value.into())
    }
}

/// Returns the value of a header that `Debug` does not print, or `None` for a text that no header can have.
pub(crate) fn sensitive_header(text: &str) -> Option<HeaderValue> {
    let mut value = HeaderValue::from_str(text).ok()?;
    value.set_sensitive(true);
    Some(value)
}

impl<T> fmt::Debug for Sensitive<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(SENSITIVE)
    }
}

impl<T: Decode> Decode for Sensitive<T> {
    const EXPECTED: &'static str = T::EXPECTED;

    fn empty() -> Self {
        Self(T::empty())
    }

    fn strict<'de, D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        T::strict(from).map(Self)
    }

    fn lenient<'v>(value: &'v Value, diagnostics: &mut Diagnostics<'v>) -> Option<Self> {
        diagnostics.in_secret(|diagnostics| T::lenient(value, diagnostics)).map(Self)
    }

    fn null() -> Option<Self> {
        T::null().map(Self)
    }
}

impl<T: Encode> Encode for Sensitive<T> {}

#[cfg(feature = "schemars")]
impl<T: schemars::JsonSchema> schemars::JsonSchema for Sensitive<T> {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        T::schema_name()
    }

    fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
        let mut schema = T::json_schema(generator);
        schema.insert("x-sensitive".to_owned(), true.into());
        schema
    }

    fn inline_schema() -> bool {
        true
    }
}
