//! Mismatches between a response and the API's description.

use std::fmt;

/// The path of a value in a response that does not match the API's description, and the expected value.
///
/// Such a response is not an error, and no data is lost: a value that does not match its field is in
/// [`Extra`](crate::types::Extra) under the field's name. A mismatch contains no values of the response, so it is safe
/// to log.
///
/// ```
/// # fn log(mismatches: &[trycourier::types::Mismatch]) {
/// for mismatch in mismatches {
///     eprintln!("{mismatch}"); // items[3].status: expected a string
/// }
/// # }
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mismatch {
    path: String,
    expected: &'static str,
}

impl Mismatch {
    pub(crate) fn new(path: String, expected: &'static str) -> Self {
        Self { path, expected }
    }

    /// Replaces the path with a path from which names that repeat a secret were removed.
    pub(crate) fn with_path(self, path: String) -> Self {
        Self { path, ..self }
    }

    /// Returns the path, such as `items[3].status`. It is empty for the response as a whole.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// Returns a description of the expected value, such as `a string`.
    pub fn expected(&self) -> &str {
        self.expected
    }
}

impl fmt::Display for Mismatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.path.is_empty() {
            write!(f, "{}: ", self.path)?;
        }
        write!(f, "expected {}", self.expected)
    }
}
