//! The mismatches of a lenient pass, and the accounts that it keeps.

use std::fmt::Write;

use serde_json::Value;

use super::memory_limit;
use crate::mismatch::Mismatch;

/// The maximum number of mismatches that are listed for one response.
pub(super) const MAX_MISMATCHES: usize = 1000;

/// The maximum number of characters of a key that a path shows.
const MAX_KEY: usize = 64;

/// Follows a key that was cut, so that the beginning of a secret at its end can be removed.
const ELLIPSIS: &str = "…";

/// The state of a lenient pass.
#[derive(Default)]
pub struct Diagnostics<'v> {
    path: Vec<Step<'v>>,
    pub(super) mismatches: Vec<Mismatch>,
    /// A value was dropped; the nearest parent with an `extra` map must keep the original.
    pub(super) lost: bool,
    /// The indices of the elements that the last array has dropped.
    pub(super) lost_elements: Vec<usize>,
    /// A secret is among the dropped values.
    pub(super) sensitive: bool,
    /// The number of bytes that may still be kept in `extra`.
    budget: usize,
    pub(super) exceeded: bool,
    /// The result is dropped if there is any mismatch, so that the originals of dropped values are not needed.
    exact: bool,
}

/// A step of a path into a tree of values.
#[derive(Clone, Copy)]
pub(super) enum Step<'v> {
    Key(&'v str),
    Index(usize),
}

impl<'v> Diagnostics<'v> {
    pub(super) fn new(budget: usize) -> Self {
        Self { budget, ..Self::default() }
    }

    /// Decodes values that must match the description, and whose memory is accounted for.
    pub(super) fn exactly<T>(decode: impl FnOnce(&mut Self) -> Option<T>) -> Option<T> {
        let mut diagnostics = Self { exact: true, ..Self::default() };
        decode(&mut diagnostics).filter(|_| diagnostics.mismatches.is_empty())
    }

    /// Records that the current value is not as `expected`, and returns `None`.
    pub(crate) fn mismatch<T>(&mut self, expected: &'static str) -> Option<T> {
        self.record(None, expected);
        None
    }

    /// Records a mismatch of the current value, or of its property `key`.
    pub(super) fn record(&mut self, key: Option<&str>, expected: &'static str) {
        if self.mismatches.len() < MAX_MISMATCHES {
            let path = display_path(self.path.iter().copied().chain(key.map(Step::Key)));
            self.mismatches.push(Mismatch::new(path, expected));
        }
    }

    /// Decodes a secret. If a part of it is dropped, the original is kept under a name that may not look like a
    /// secret's.
    pub(crate) fn in_secret<T>(&mut self, decode: impl FnOnce(&mut Self) -> Option<T>) -> Option<T> {
        let before = self.mismatches.len();
        let value = decode(self);
        self.sensitive |= value.is_none() || self.lost || self.mismatches.len() > before;
        value
    }

    /// Decodes a value one step further into the tree.
    pub(super) fn at<T>(&mut self, step: Step<'v>, decode: impl FnOnce(&mut Self) -> T) -> T {
        self.path.push(step);
        let value = decode(self);
        self.path.pop();
        value
    }

    /// Returns a copy to keep in `extra`, while the memory limit of the response allows it.
    pub(crate) fn keep(&mut self, value: &Value) -> Value {
        if self.exact {
            return if self.mismatches.is_empty() { value.clone() } else { Value::Null };
        }
        match self.budget.checked_sub(memory_limit::of_value(value)) {
            Some(budget) => {
                self.budget = budget;
                value.clone()
            }
            None => {
                self.exceeded = true;
                Value::Null
            }
        }
    }
}

/// Formats a path such as `items[3].status`. A key that is not an identifier is quoted.
pub(super) fn display_path<'s>(steps: impl Iterator<Item = Step<'s>>) -> String {
    let mut path = String::new();
    for step in steps {
        match step {
            Step::Index(index) => {
                let _ = write!(path, "[{index}]");
            }
            Step::Key(key) => {
                // Only as much of the key is read as is shown: a key can be megabytes long.
                let end = key.char_indices().nth(MAX_KEY).map_or(key.len(), |(end, _)| end);
                let shown = key.get(..end).unwrap_or_default();
                let ellipsis = if end < key.len() { ELLIPSIS } else { "" };
                if shown.is_empty() || shown.contains(|c: char| !c.is_alphanumeric() && c != '_' && c != '-') {
                    let _ = write!(path, "[{:?}]", [shown, ellipsis].concat());
                } else {
                    let dot = if path.is_empty() { "" } else { "." };
                    let _ = write!(path, "{dot}{shown}{ellipsis}");
                }
            }
        }
    }
    path
}
