//! Values that must not be shown.

use std::collections::HashMap;
use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// A secret of the API, such as a device token or a provider's credentials: sent and received as it is, and never printed.
///
/// `Debug` shows that there is one and nothing of it. [`expose`](Self::expose) gives the value, at a place that is easy to
/// find in a review.
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

    /// The value, to keep.
    pub fn into_exposed(self) -> T {
        self.0
    }
}

impl From<String> for Sensitive {
    fn from(value: String) -> Self {
        Self(value)
    }
}

impl From<Map<String, Value>> for Sensitive<Map<String, Value>> {
    fn from(value: Map<String, Value>) -> Self {
        Self(value)
    }
}

impl From<HashMap<String, String>> for Sensitive<HashMap<String, String>> {
    fn from(value: HashMap<String, String>) -> Self {
        Self(value)
    }
}

impl From<Value> for Sensitive<Value> {
    fn from(value: Value) -> Self {
        Self(value)
    }
}

impl From<&str> for Sensitive {
    fn from(value: &str) -> Self {
        Self(value.to_owned())
    }
}

impl<T> fmt::Debug for Sensitive<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[sensitive]")
    }
}

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
