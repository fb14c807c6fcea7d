use std::fmt::Write;

use serde_json::Value;

use super::memory_limit;
use crate::mismatch::Mismatch;

/// How many mismatches of one response are listed: more tell nothing new.
pub(super) const MAX_MISMATCHES: usize = 1000;

/// How much of a key is shown in a place.
const MAX_KEY: usize = 64;

/// Follows a key that was cut, so that the beginning of a secret at its end can be removed.
const ELLIPSIS: &str = "…";

/// What a lenient pass finds.
pub struct Notes<'v> {
    place: Vec<Step<'v>>,
    mismatches: Vec<Mismatch>,
    /// Something did not fit, and whoever has a place for it has to keep the whole value.
    pub(super) lost: bool,
    /// A secret is among what did not fit.
    pub(super) sensitive: bool,
    /// How many bytes may be kept beside the fields.
    budget: usize,
    exceeded: bool,
    /// Nothing is read if there is any mismatch, and then nothing has to be kept.
    exact: bool,
}

#[derive(Clone, Copy)]
pub(super) enum Step<'v> {
    Key(&'v str),
    Index(usize),
}

impl<'v> Notes<'v> {
    pub(super) fn new(budget: usize) -> Self {
        Self {
            place: Vec::new(),
            mismatches: Vec::new(),
            lost: false,
            sensitive: false,
            budget,
            exceeded: false,
            exact: false,
        }
    }

    /// For what has been counted already, and is read again if there is any mismatch.
    pub(super) fn exact() -> Self {
        Self { exact: true, ..Self::new(usize::MAX) }
    }

    /// Notes that the value at this place is not what is `expected`.
    pub(crate) fn misfit<T>(&mut self, expected: &'static str) -> Option<T> {
        self.deviates(None, expected);
        None
    }

    pub(super) fn deviates(&mut self, below: Option<&str>, expected: &'static str) {
        if self.mismatches.len() < MAX_MISMATCHES {
            let place = place(self.place.iter().copied().chain(below.map(Step::Key)));
            self.mismatches.push(Mismatch::new(place, expected));
        }
    }

    /// Reads a secret. What does not fit in it is kept under a name that does not tell that it is one.
    pub(crate) fn in_secret<T>(&mut self, read: impl FnOnce(&mut Self) -> Option<T>) -> Option<T> {
        let before = self.mismatches.len();
        let value = read(self);
        self.sensitive |= value.is_none() || self.lost || self.mismatches.len() > before;
        value
    }

    pub(super) fn enter(&mut self, step: Step<'v>) {
        self.place.push(step);
    }

    pub(super) fn leave(&mut self) {
        self.place.pop();
    }

    /// A copy to keep beside the fields, as long as the response's share of memory lasts.
    pub(crate) fn keep(&mut self, value: &Value) -> Value {
        if self.exact {
            return if self.is_clean() { value.clone() } else { Value::Null };
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

    pub(super) fn is_exceeded(&self) -> bool {
        self.exceeded
    }

    pub(super) fn is_clean(&self) -> bool {
        self.mismatches.is_empty()
    }

    pub(super) fn into_mismatches(self) -> Vec<Mismatch> {
        self.mismatches
    }
}

/// `items[3].status`; a key that would not be read as one is quoted.
pub(super) fn place<'s>(steps: impl Iterator<Item = Step<'s>>) -> String {
    let mut place = String::new();
    for step in steps {
        match step {
            Step::Index(index) => {
                let _ = write!(place, "[{index}]");
            }
            Step::Key(key) => {
                // Only as much of the key is read as is shown: a key can be megabytes long.
                let end = key.char_indices().nth(MAX_KEY).map_or(key.len(), |(end, _)| end);
                let shown = key.get(..end).unwrap_or_default();
                let ellipsis = if end < key.len() { ELLIPSIS } else { "" };
                if shown.is_empty() || shown.contains(|c: char| !c.is_alphanumeric() && c != '_' && c != '-') {
                    let _ = write!(place, "[{:?}]", [shown, ellipsis].concat());
                } else {
                    let dot = if place.is_empty() { "" } else { "." };
                    let _ = write!(place, "{dot}{shown}{ellipsis}");
                }
            }
        }
    }
    place
}
