//! What a call puts into its path.

use std::fmt;
use std::str::FromStr;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

/// A path parameter: any text but an empty one, `.` and `..`, which would lead to another endpoint.
///
/// Everything else arrives as one segment that decodes to what was given, slashes, backslashes and `%2e%2e` included.
/// The setters take a `&str` or a `String`; a text that is refused makes `send` fail before anything is sent.
/// `Debug` does not show the text: Courier's paths carry user ids and device tokens.
///
/// ```
/// use trycourier::PathSegment;
///
/// assert!(PathSegment::try_from("../tenants").is_ok());
/// assert!(PathSegment::try_from("..").is_err());
/// ```
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct PathSegment(String);

/// Why a text cannot be a path parameter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PathSegmentError(&'static str);

impl fmt::Display for PathSegmentError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

impl std::error::Error for PathSegmentError {}

impl TryFrom<String> for PathSegment {
    type Error = PathSegmentError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        match text.as_str() {
            "" => Err(PathSegmentError("an empty path parameter would lead to another endpoint")),
            "." | ".." => Err(PathSegmentError("`.` and `..` as a path parameter would lead to another endpoint")),
            _ => Ok(Self(text)),
        }
    }
}

impl TryFrom<&str> for PathSegment {
    type Error = PathSegmentError;

    fn try_from(text: &str) -> Result<Self, Self::Error> {
        text.to_owned().try_into()
    }
}

impl TryFrom<&String> for PathSegment {
    type Error = PathSegmentError;

    fn try_from(text: &String) -> Result<Self, Self::Error> {
        text.clone().try_into()
    }
}

impl FromStr for PathSegment {
    type Err = PathSegmentError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        text.try_into()
    }
}

/// The text as it was given.
impl fmt::Display for PathSegment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for PathSegment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PathSegment([hidden])")
    }
}

/// All but what RFC 3986 calls unreserved.
const SEGMENT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// For the generated code: a parameter as one segment of a URL.
pub(crate) fn encode_path(segment: &str) -> String {
    utf8_percent_encode(segment, SEGMENT).to_string()
}
