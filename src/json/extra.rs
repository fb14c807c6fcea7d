//! What an object has besides its described fields.

use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::ops::Index;

use serde_json::Value;

use crate::json::bit;
use crate::secrets::SENSITIVE;
use crate::secrets::debug::{Member, Shown};

/// The properties of an object that have no field, by name, in the order in which they came.
///
/// In a response, these are the properties that this version does not know, and the values that do not fit their fields (see
/// [`Mismatch`](crate::types::Mismatch)). In a request they are sent unchanged. A value here overrides the field of the same
/// name. So to change a field whose value did not fit, [`remove`](Extra::remove) the value here, and set the field.
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
/// `Debug` hides the values under names that look like those of secrets.
#[derive(Clone, Default)]
pub struct Extra(Option<Box<Content>>);

#[derive(Clone, Default)]
struct Content {
    entries: Vec<(String, Value)>,
    /// The required properties that were missing, a bit each: they are not written as if they had come.
    absent: u64,
    /// What came where an object is described.
    instead: Option<Value>,
    /// A secret was not of its described type, and is among the values.
    sensitive: bool,
}

/// As many entries are compared one by one; an index of them costs more.
const FEW: usize = 16;

impl Extra {
    /// Makes one without properties.
    pub const fn new() -> Self {
        Self(None)
    }

    /// The value of a property.
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.entries().iter().find(|(known, _)| known == name).map(|(_, value)| value)
    }

    /// The value of a property, to change.
    pub fn get_mut(&mut self, name: &str) -> Option<&mut Value> {
        let content = self.0.as_mut()?;
        content.entries.iter_mut().find(|(known, _)| known == name).map(|(_, value)| value)
    }

    /// Sets a property, and returns its previous value.
    pub fn insert(&mut self, name: impl Into<String>, value: impl Into<Value>) -> Option<Value> {
        let (name, value) = (name.into(), value.into());
        if let Some(known) = self.get_mut(&name) {
            return Some(std::mem::replace(known, value));
        }
        self.content().entries.push((name, value));
        None
    }

    /// Removes a property, and returns its value.
    pub fn remove(&mut self, name: &str) -> Option<Value> {
        let entries = &mut self.0.as_mut()?.entries;
        let index = entries.iter().position(|(known, _)| known == name)?;
        Some(entries.remove(index).1)
    }

    /// Whether there is a property of that name.
    pub fn contains(&self, name: &str) -> bool {
        self.get(name).is_some()
    }

    /// The names and values, in order.
    pub fn iter(&self) -> Iter<'_> {
        Iter(self.entries().iter())
    }

    /// How many properties there are.
    pub fn len(&self) -> usize {
        self.entries().len()
    }

    /// Whether there are no properties.
    pub fn is_empty(&self) -> bool {
        self.entries().is_empty()
    }

    fn entries(&self) -> &[(String, Value)] {
        self.0.as_ref().map_or(&[], |content| &content.entries)
    }

    fn content(&mut self) -> &mut Content {
        self.0.get_or_insert_default()
    }

    /// Takes all that was read at once. A name that came again has its last value.
    pub(crate) fn fill(&mut self, entries: Vec<(String, Value)>, absent: u64) {
        let content = self.content();
        content.entries = last_of_each(entries);
        content.absent = absent;
    }

    pub(crate) fn is_absent(&self, property: usize) -> bool {
        self.0.as_ref().is_some_and(|content| content.absent & bit(property) != 0)
    }

    pub(crate) fn instead(&self) -> Option<&Value> {
        self.0.as_ref()?.instead.as_ref()
    }

    pub(crate) fn set_instead(&mut self, value: Value) {
        self.content().instead = Some(value);
    }

    pub(crate) fn set_sensitive(&mut self) {
        self.content().sensitive = true;
    }
}

fn last_of_each(entries: Vec<(String, Value)>) -> Vec<(String, Value)> {
    let mut kept: Vec<(String, Value)> = Vec::with_capacity(entries.len());
    let mut index: HashMap<String, usize> = HashMap::new();
    let many = entries.len() > FEW;
    for (name, value) in entries {
        let known = match many {
            true => index.get(&name).copied(),
            false => kept.iter().position(|(known, _)| *known == name),
        };
        match known.and_then(|at| kept.get_mut(at)) {
            Some(entry) => entry.1 = value,
            None => {
                if many {
                    index.insert(name.clone(), kept.len());
                }
                kept.push((name, value));
            }
        }
    }
    kept
}

/// The order is no difference.
impl PartialEq for Extra {
    fn eq(&self, other: &Self) -> bool {
        let map = |extra: &Self| -> BTreeMap<String, Value> { extra.clone().into_iter().collect() };
        let state =
            |extra: &Self| extra.0.as_ref().map_or((0, None), |content| (content.absent, content.instead.clone()));
        match (&self.0, &other.0) {
            (None, None) => true,
            _ => (self.entries() == other.entries() || map(self) == map(other)) && state(self) == state(other),
        }
    }
}

/// Null where there is no value.
impl Index<&str> for Extra {
    type Output = Value;

    fn index(&self, name: &str) -> &Value {
        self.get(name).unwrap_or(&Value::Null)
    }
}

impl<K: Into<String>, V: Into<Value>> Extend<(K, V)> for Extra {
    fn extend<I: IntoIterator<Item = (K, V)>>(&mut self, entries: I) {
        let entries = entries.into_iter().map(|(name, value)| (name.into(), value.into()));
        let mut entries = entries.peekable();
        if entries.peek().is_some() {
            let content = self.content();
            let all = std::mem::take(&mut content.entries).into_iter().chain(entries).collect();
            content.entries = last_of_each(all);
        }
    }
}

impl<K: Into<String>, V: Into<Value>> FromIterator<(K, V)> for Extra {
    fn from_iter<I: IntoIterator<Item = (K, V)>>(entries: I) -> Self {
        let mut extra = Self::new();
        extra.extend(entries);
        extra
    }
}

impl<K: Into<String>, V: Into<Value>, const N: usize> From<[(K, V); N]> for Extra {
    fn from(entries: [(K, V); N]) -> Self {
        Self::from_iter(entries)
    }
}

/// The names and values of an [`Extra`].
#[derive(Clone, Debug)]
pub struct Iter<'e>(std::slice::Iter<'e, (String, Value)>);

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
        self.0.map_or_else(Vec::new, |content| content.entries).into_iter()
    }
}

impl fmt::Debug for Extra {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.as_ref().is_some_and(|content| content.sensitive) {
            return f.debug_map().entries(self.iter().map(|(name, _)| (name, SENSITIVE))).finish();
        }
        match self.instead() {
            Some(instead) => Shown(instead).fmt(f),
            None => f.debug_map().entries(self.iter().map(|(name, value)| (name, Member(name, value)))).finish(),
        }
    }
}

#[cfg(feature = "schemars")]
impl schemars::JsonSchema for Extra {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Extra".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({"type": "object", "additionalProperties": true})
    }

    fn inline_schema() -> bool {
        true
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn it_takes_one_pointer() {
        assert_eq!(size_of::<Extra>(), size_of::<usize>());
    }

    #[test]
    fn secrets_are_not_shown() {
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
    fn it_is_a_map_in_order() {
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
}
