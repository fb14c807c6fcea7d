//! Where an answer was not as described.

use std::fmt;

use crate::secrets::redact::Redaction;

/// A place where an answer does not match the API's description, and what the description says there.
///
/// Such an answer is not an error, and nothing of it is lost: a value that does not fit its field is in
/// [`Extra`](crate::types::Extra) under the field's name. A deviation contains no values of the answer, so it is safe to log.
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

    /// The place, such as `items[3].status`. It is empty for the answer as a whole.
    pub fn place(&self) -> &str {
        &self.place
    }

    /// What the description says there, such as `a string`.
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
