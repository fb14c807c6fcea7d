//! Rows by id, in the order in which they were made.

use std::collections::{BTreeMap, HashMap};

pub(crate) struct Table<T> {
    rows: BTreeMap<u64, (String, T)>,
    places: HashMap<String, u64>,
    next: u64,
}

impl<T> Default for Table<T> {
    fn default() -> Self {
        Self { rows: BTreeMap::new(), places: HashMap::new(), next: 0 }
    }
}

impl<T> Table<T> {
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    pub fn contains(&self, id: &str) -> bool {
        self.places.contains_key(id)
    }

    pub fn get(&self, id: &str) -> Option<&T> {
        self.rows.get(self.places.get(id)?).map(|(_, row)| row)
    }

    pub fn get_mut(&mut self, id: &str) -> Option<&mut T> {
        self.rows.get_mut(self.places.get(id)?).map(|(_, row)| row)
    }

    /// Puts a row in the place of the one with the same id, or behind the others.
    pub fn insert(&mut self, id: &str, row: T) {
        let place = self.place(id);
        self.rows.insert(place, (id.to_owned(), row));
    }

    /// The row with that id, made if there is none.
    pub fn entry(&mut self, id: &str, make: impl FnOnce() -> T) -> &mut T {
        let place = self.place(id);
        &mut self.rows.entry(place).or_insert_with(|| (id.to_owned(), make())).1
    }

    fn place(&mut self, id: &str) -> u64 {
        *self.places.entry(id.to_owned()).or_insert_with(|| {
            self.next += 1;
            self.next
        })
    }

    pub fn remove(&mut self, id: &str) -> Option<T> {
        let place = self.places.remove(id)?;
        self.rows.remove(&place).map(|(_, row)| row)
    }

    /// Drops the oldest rows until there are as many as said.
    pub fn keep(&mut self, count: usize) {
        while self.rows.len() > count {
            if let Some((_, (id, _))) = self.rows.pop_first() {
                self.places.remove(&id);
            }
        }
    }

    pub fn clear(&mut self) {
        self.rows.clear();
        self.places.clear();
    }

    /// The rows, the oldest first.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = (&str, &T)> {
        self.rows.values().map(|(id, row)| (id.as_str(), row))
    }

    pub fn values_mut(&mut self) -> impl Iterator<Item = (&str, &mut T)> {
        self.rows.values_mut().map(|(id, row)| (id.as_str(), row))
    }
}

#[cfg(test)]
mod tests {
    use super::Table;

    #[test]
    fn rows_keep_their_place_and_the_oldest_are_dropped_first() {
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
