//! Where an answer was not as described.

use std::fmt;

use crate::redaction::Redaction;

/// A place where an answer was not as Courier's description says, and what the description says there.
///
/// Such an answer is no error, and nothing of it is lost: what does not fit its field is in [`Extra`](crate::types::Extra)
/// under the field's name. There is no value of the answer in a deviation, so it can be logged.
///
/// ```
/// # fn log(deviations: &[trycourier::types::Deviation]) {
/// for deviation in deviations {
///     eprintln!("{deviation}"); // items[3].status: expected a string
/// }
/// # }
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Deviation {
    place: String,
    expected: &'static str,
}

impl Deviation {
    pub(crate) fn new(place: String, expected: &'static str) -> Self {
        Self { place, expected }
    }

    pub(crate) fn redacted(self, redaction: &Redaction) -> Self {
        Self { place: redaction.redact(&self.place).into_owned(), ..self }
    }

    /// Where it is, such as `items[3].status`. Empty for the answer as a whole.
    pub fn place(&self) -> &str {
        &self.place
    }

    /// What is described, such as `a string`.
    pub fn expected(&self) -> &str {
        self.expected
    }
}

impl fmt::Display for Deviation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.place.is_empty() {
            write!(f, "{}: ", self.place)?;
        }
        write!(f, "expected {}", self.expected)
    }
}
