//! The error of parsing an enum.

use std::fmt;

/// The error of parsing an enum from a text that is not a value known to this version.
///
/// For a value that Courier has added since, construct the enum's variant `Unrecognized`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnrecognizedValue {
    known: &'static [&'static str],
}

impl UnrecognizedValue {
    pub(crate) fn new(known: &'static [&'static str]) -> Self {
        Self { known }
    }

    /// The values that this version knows.
    pub fn known(&self) -> &'static [&'static str] {
        self.known
    }
}

impl fmt::Display for UnrecognizedValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "not one of the known values: {}", self.known.join(", "))
    }
}

impl std::error::Error for UnrecognizedValue {}
