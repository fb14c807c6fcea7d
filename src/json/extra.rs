//! The properties of an object that have no field.

use std::fmt;
use std::ops::Index;

use indexmap::IndexMap;
use serde::Serialize;
use serde_json::Value;

use crate::json::finite::Unsendable;
use crate::json::{IndexSet, inline_schema};
use crate::secrets::SENSITIVE;
use crate::secrets::debug::{Member, Shown};

/// The properties of an object that have no field, by name.
///
/// In a response, these are the properties that this version does not know, and the values that do not match their
/// fields (see [`Mismatch`](crate::types::Mismatch)). In a request they are sent unchanged. A value here overrides the
/// field of the same name. So to change a field whose value did not match, [`remove`](Extra::remove) the value here,
/// and set the field.
///
/// The properties are in the order of arrival or insertion. In a response with mismatches, and inside a union's
/// variant, they can be in the order of their names.
///
/// ```
/// use trycourier::types::Extra;
/// use serde_json::json;
///
/// let mut extra = Extra::new();
/// extra.insert("priority", 3);
/// assert_eq!(extra["priority"], json!(3));
/// assert!(extra["something else"].is_null());
/// ```
///
/// `Debug` hides the values whose names look like names of secrets.
#[derive(Clone, Default)]
pub struct Extra(Option<Box<Content>>);

#[derive(Clone, Default)]
pub(super) struct Content {
    pub(super) entries: IndexMap<String, Value>,
    /// The required properties that were not received, which are not encoded either.
    pub(super) absent: IndexSet,
    /// The JSON that was received instead of the object.
    pub(super) other: Option<Value>,
    /// `true` if a value did not match a field for secrets, so that no value may be shown.
    pub(super) sensitive: bool,
    /// The arrays among the entries that have elements that could not be decoded, with the indices of these elements.
    pub(super) lost_elements: Vec<(&'static str, Vec<usize>)>,
    unsendable: Unsendable,
}

impl Extra {
    /// Creates a map without properties.
    pub const fn new() -> Self {
        Self(None)
    }

    /// The value of a property.
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.0.as_ref()?.entries.get(name)
    }

    /// The value of a property, to change.
    pub fn get_mut(&mut self, name: &str) -> Option<&mut Value> {
        self.0.as_mut()?.entries.get_mut(name)
    }

    /// Sets a property, and returns its previous value.
    ///
    /// A call with a float that is infinite or not a number fails with
    /// [`InvalidArgument`](crate::ErrorKind::InvalidArgument).
    pub fn insert(&mut self, name: impl Into<String>, value: impl Into<Value> + Serialize) -> Option<Value> {
        let (name, content) = (name.into(), self.content());
        content.unsendable.set(&name, &value);
        content.entries.insert(name, value.into())
    }

    /// Removes a property, and returns its value.
    pub fn remove(&mut self, name: &str) -> Option<Value> {
        let content = self.0.as_mut()?;
        content.unsendable.remove(name);
        content.entries.shift_remove(name)
    }

    /// Returns `true` if there is a property of that name.
    pub fn contains(&self, name: &str) -> bool {
        self.get(name).is_some()
    }

    /// The names and values, in order.
    pub fn iter(&self) -> Iter<'_> {
        Iter(self.0.as_ref().map(|content| content.entries.iter()).unwrap_or_default())
    }

    /// The number of properties.
    pub fn len(&self) -> usize {
        self.iter().len()
    }

    /// Returns `true` if `extra` has no properties.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    pub(super) fn content(&mut self) -> &mut Content {
        self.0.get_or_insert_default()
    }

    /// Returns `true` for the number of a required property that was not received.
    pub(crate) fn is_absent(&self, property: usize) -> bool {
        self.0.as_ref().is_some_and(|content| content.absent.contains(property))
    }

    /// Returns an error if a property was set to a value that cannot be sent.
    pub(crate) fn check_sendable<E: serde::ser::Error>(&self) -> Result<(), E> {
        self.0.as_ref().map_or(Ok(()), |content| content.unsendable.check())
    }

    /// The indices of the elements of an array that could not be decoded.
    pub(crate) fn lost_elements(&self, name: &str) -> &[usize] {
        let lost = self.0.as_ref().and_then(|content| content.lost_elements.iter().find(|(array, _)| *array == name));
        lost.map_or(&[], |(_, indices)| indices)
    }

    /// Returns the JSON that was received instead of the object.
    pub(crate) fn other(&self) -> Option<&Value> {
        self.0.as_ref()?.other.as_ref()
    }
}

/// The order of the properties does not matter.
impl PartialEq for Extra {
    fn eq(&self, other: &Self) -> bool {
        let empty = Content::default();
        let [one, other] = [self, other].map(|extra| extra.0.as_deref().unwrap_or(&empty));
        one.entries == other.entries && one.absent == other.absent && one.other == other.other
    }
}

/// Returns `null` for a name without a value.
impl Index<&str> for Extra {
    type Output = Value;

    fn index(&self, name: &str) -> &Value {
        self.get(name).unwrap_or(&Value::Null)
    }
}

impl<K: Into<String>, V: Into<Value> + Serialize> Extend<(K, V)> for Extra {
    fn extend<I: IntoIterator<Item = (K, V)>>(&mut self, entries: I) {
        for (name, value) in entries {
            self.insert(name, value);
        }
    }
}

impl<K: Into<String>, V: Into<Value> + Serialize> FromIterator<(K, V)> for Extra {
    fn from_iter<I: IntoIterator<Item = (K, V)>>(entries: I) -> Self {
        let mut extra = Self::new();
        extra.extend(entries);
        extra
    }
}

impl<K: Into<String>, V: Into<Value> + Serialize, const N: usize> From<[(K, V); N]> for Extra {
    fn from(entries: [(K, V); N]) -> Self {
        Self::from_iter(entries)
    }
}

/// The names and values of an [`Extra`].
#[derive(Clone, Debug)]
pub struct Iter<'e>(indexmap::map::Iter<'e, String, Value>);

impl<'e> Iterator for Iter<'e> {
    type Item = (&'e str, &'e Value);

    fn next(&mut self) -> Option<Self::Item> {
        self.0.next().map(|(name, value)| (name.as_str(), value))
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.0.size_hint()
    }
}

impl ExactSizeIterator for Iter<'_> {}

impl<'e> IntoIterator for &'e Extra {
    type Item = (&'e str, &'e Value);
    type IntoIter = Iter<'e>;

    fn into_iter(self) -> Iter<'e> {
        self.iter()
    }
}

impl IntoIterator for Extra {
    type Item = (String, Value);
    type IntoIter = std::vec::IntoIter<(String, Value)>;

    fn into_iter(self) -> Self::IntoIter {
        let entries = self.0.map(|content| content.entries).unwrap_or_default();
        entries.into_iter().collect::<Vec<_>>().into_iter()
    }
}

impl fmt::Debug for Extra {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.as_ref().is_some_and(|content| content.sensitive) {
            return f.debug_map().entries(self.iter().map(|(name, _)| (name, SENSITIVE))).finish();
        }
        match self.other() {
            Some(other) => Shown(other).fmt(f),
            None => f.debug_map().entries(self.iter().map(|(name, value)| (name, Member(name, value)))).finish(),
        }
    }
}

inline_schema!(Extra, {"type": "object", "additionalProperties": true});

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn size_is_one_pointer() {
        assert_eq!(size_of::<Extra>(), size_of::<usize>());
    }

    #[test]
    fn secrets_are_hidden() {
        let extra = Extra::from([
            ("access_token", json!("hidden")),
            ("settings", json!({"apiKey": "hidden", "name": "shown"})),
            ("hook", json!("https://user:hidden@example.com/?token=hidden")),
        ]);
        let debug = format!("{extra:?}");
        assert!(debug.contains("shown") && debug.contains("example.com") && !debug.contains("hidden"), "{debug}");
        let object = crate::types::Object::from_iter(extra);
        assert!(!format!("{object:?}").contains("hidden"));
    }

    #[test]
    fn order_is_kept_and_does_not_matter() {
        let mut extra = Extra::from([("b", 1), ("a", 2), ("b", 3)]);
        assert_eq!(extra.iter().collect::<Vec<_>>(), [("b", &json!(3)), ("a", &json!(2))]);
        assert_eq!(extra, Extra::from([("a", 2), ("b", 3)]));
        assert_ne!(extra, Extra::from([("a", 2), ("b", 4)]));
        assert_eq!(extra.insert("a", "x"), Some(json!(2)));
        assert_eq!(extra.remove("b"), Some(json!(3)));
        assert_eq!(extra.remove("b"), None);
        assert_eq!((extra.len(), extra.is_empty(), extra.contains("a")), (1, false, true));
        extra.remove("a");
        assert_eq!(extra, Extra::new());
    }

    #[test]
    fn many_entries_take_linear_time() {
        let names: Vec<String> = (0..30_000).map(|number| format!("name {number}")).collect();
        let mut extra = Extra::new();
        for name in &names {
            extra.extend([(name.clone(), 1)]);
            assert_eq!(extra.insert(name.clone(), 2), Some(json!(1)));
        }
        assert!(names.iter().all(|name| extra[name.as_str()] == 2));
        assert_eq!(extra.remove("name 1"), Some(json!(2)));
        assert_eq!(extra.get("name 1"), None);
        assert_eq!(extra.insert("name 1", 3), None);
        assert_eq!((extra.len(), &extra["name 29999"], &extra["name 1"]), (30_000, &json!(2), &json!(3)));
        assert_eq!(extra.iter().last(), Some(("name 1", &json!(3))));
    }
}
