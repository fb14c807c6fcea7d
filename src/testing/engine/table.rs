//! Rows by key, in the order in which they were inserted.
//!
//! A key is the ids in the path of a resource: the id of a list, or the ids of a list and of its subscriber.

use std::collections::BTreeMap;

/// The unit separator of ASCII, which no sensible id has.
const SEPARATOR: &str = "\u{1f}";

/// The key of the ids in a path.
pub(crate) fn key(ids: &[impl AsRef<str>]) -> String {
    ids.iter().map(AsRef::as_ref).collect::<Vec<_>>().join(SEPARATOR)
}

/// The key of a row's parent, which is empty if it has none, and its own id.
pub(crate) fn split(key: &str) -> (&str, &str) {
    key.rsplit_once(SEPARATOR).unwrap_or(("", key))
}

pub(crate) struct Table<T> {
    rows: BTreeMap<u64, (String, T)>,
    indices: BTreeMap<String, u64>,
    next: u64,
}

impl<T> Default for Table<T> {
    fn default() -> Self {
        Self::new()
    }
}

impl<T> Table<T> {
    pub const fn new() -> Self {
        Self { rows: BTreeMap::new(), indices: BTreeMap::new(), next: 0 }
    }

    pub fn len(&self) -> usize {
        self.rows.len()
    }

    pub fn get(&self, id: &str) -> Option<&T> {
        self.rows.get(self.indices.get(id)?).map(|(_, row)| row)
    }

    pub fn get_mut(&mut self, id: &str) -> Option<&mut T> {
        self.rows.get_mut(self.indices.get(id)?).map(|(_, row)| row)
    }

    /// Replaces the row with the same id, or adds one at the end.
    pub fn insert(&mut self, id: &str, row: T) {
        let index = self.index(id);
        self.rows.insert(index, (id.to_owned(), row));
    }

    /// Returns the row with this id, which `make` makes if it does not exist.
    pub fn entry(&mut self, id: &str, make: impl FnOnce() -> T) -> &mut T {
        let index = self.index(id);
        &mut self.rows.entry(index).or_insert_with(|| (id.to_owned(), make())).1
    }

    fn index(&mut self, id: &str) -> u64 {
        *self.indices.entry(id.to_owned()).or_insert_with(|| {
            self.next += 1;
            self.next
        })
    }

    pub fn remove(&mut self, id: &str) -> Option<T> {
        let index = self.indices.remove(id)?;
        self.rows.remove(&index).map(|(_, row)| row)
    }

    /// Drops the oldest rows until `count` are left.
    pub fn keep(&mut self, count: usize) {
        while self.rows.len() > count {
            if let Some((_, (id, _))) = self.rows.pop_first() {
                self.indices.remove(&id);
            }
        }
    }

    /// Keeps the rows whose parent and own id meet a condition.
    pub fn retain(&mut self, is_kept: impl Fn(&str, &str) -> bool) {
        let is_kept = |key: &str| is_kept(split(key).0, split(key).1);
        self.rows.retain(|_, (key, _)| is_kept(key));
        self.indices.retain(|key, _| is_kept(key));
    }

    /// Returns the rows with a parent, by their own ids.
    pub fn below(&self, parent: &str) -> impl DoubleEndedIterator<Item = (&str, &T)> {
        self.iter()
            .map(|(key, row)| (split(key), row))
            .filter(move |((own, _), _)| *own == parent)
            .map(|((_, id), row)| (id, row))
    }

    /// Returns the rows with an own id, by their parents.
    pub fn named(&self, id: &str) -> impl Iterator<Item = (&str, &T)> {
        self.iter()
            .map(|(key, row)| (split(key), row))
            .filter(move |((_, own), _)| *own == id)
            .map(|((parent, _), row)| (parent, row))
    }

    /// Returns the rows, the oldest first.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = (&str, &T)> {
        self.rows.values().map(|(id, row)| (id.as_str(), row))
    }

    pub fn iter_mut(&mut self) -> impl Iterator<Item = (&str, &mut T)> {
        self.rows.values_mut().map(|(id, row)| (id.as_str(), row))
    }
}

#[cfg(test)]
mod tests {
    use super::Table;

    #[test]
    fn rows_keep_their_order_and_the_oldest_go_first() {
        let mut table = Table::default();
        for id in ["a", "b", "c"] {
            table.insert(id, 1);
        }
        table.insert("b", 2);
        assert_eq!(table.iter().collect::<Vec<_>>(), [("a", &1), ("b", &2), ("c", &1)]);
        table.keep(2);
        assert_eq!(table.iter().collect::<Vec<_>>(), [("b", &2), ("c", &1)]);
        assert_eq!(table.get("a"), None);
        assert_eq!((table.remove("b"), table.len()), (Some(2), 1));
        *table.entry("d", || 4) += 1;
        assert_eq!(table.get("d"), Some(&5));
    }
}
