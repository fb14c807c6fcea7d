//! Decodes responses, first strictly, then leniently.

use std::borrow::Cow;
use std::fmt;

use serde::de::DeserializeOwned;

use super::diagnostics::{Diagnostics, MAX_MISMATCHES};
use super::traits::Decode;
use super::{memory_limit, sanitize};
use crate::mismatch::Mismatch;

/// The default limit on the memory that the values of one response may take, in bytes.
const DEFAULT_MEMORY_LIMIT: usize = 512 << 20;

/// A decoded response.
#[derive(Debug)]
pub struct Decoded<T> {
    pub value: T,
    /// The differences from the description. The values are kept in `extra` maps.
    pub mismatches: Vec<Mismatch>,
}

/// The reason why a response cannot be decoded. It contains no value of the response.
#[derive(Clone, Debug, PartialEq)]
pub enum DecodeError {
    /// The text is not JSON from this position on.
    Syntax { line: usize, column: usize },
    /// The text ends too early.
    Ended,
    /// The JSON does not match the description, and cannot be kept.
    Data(Mismatch),
    /// The values would take more memory than allowed.
    TooLarge,
}

impl fmt::Display for DecodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Syntax { line, column } => write!(f, "the body is not JSON at line {line}, column {column}"),
            Self::Ended => f.write_str("the body ends in the middle of its JSON"),
            Self::Data(mismatch) => write!(f, "the body is not as described: {mismatch}"),
            Self::TooLarge => f.write_str("the values of the body would exceed the memory limit"),
        }
    }
}

/// Decodes a response, first strictly, then leniently. An object or array always decodes if the description expects
/// either.
pub fn decode<T: Decode>(body: &[u8]) -> Result<Decoded<T>, DecodeError> {
    decode_within(body, DEFAULT_MEMORY_LIMIT)
}

/// Decodes a response whose values may take that many bytes of memory in each of the passes.
pub fn decode_within<T: Decode>(body: &[u8], memory_limit: usize) -> Result<Decoded<T>, DecodeError> {
    let body = without_byte_order_mark(body);
    if memory_limit::is_exceeded_by(body, memory_limit) {
        return Err(DecodeError::TooLarge);
    }
    match std::str::from_utf8(body).ok().and_then(strict) {
        Some(value) => Ok(Decoded { value, mismatches: Vec::new() }),
        None => lenient(body, memory_limit),
    }
}

fn strict<T: Decode>(text: &str) -> Option<T> {
    let mut from = serde_json::Deserializer::from_str(text);
    let value = T::strict(&mut from).ok()?;
    from.end().ok().map(|()| value)
}

fn lenient<T: Decode>(body: &[u8], memory_limit: usize) -> Result<Decoded<T>, DecodeError> {
    let Decoded { value: tree, mut mismatches } = parse(body).map_err(|error| match error.is_eof() {
        true => DecodeError::Ended,
        false => DecodeError::Syntax { line: error.line(), column: error.column() },
    })?;
    let mut diagnostics = Diagnostics::new(memory_limit);
    let decoded = T::lenient(&tree, &mut diagnostics);
    if diagnostics.exceeded {
        return Err(DecodeError::TooLarge);
    }
    // An array outside of any object has no `extra` that could keep its elements.
    let is_complete = !diagnostics.lost;
    mismatches.extend(diagnostics.mismatches);
    mismatches.truncate(MAX_MISMATCHES);
    let value = match decoded {
        Some(value) if is_complete => Some(value),
        _ if tree.is_object() || tree.is_array() => T::from_other(tree),
        _ => None,
    };
    match value {
        Some(value) => Ok(Decoded { value, mismatches }),
        None => {
            let first = mismatches.into_iter().next();
            Err(DecodeError::Data(first.unwrap_or_else(|| Mismatch::new(String::new(), T::EXPECTED))))
        }
    }
}

/// Parses JSON as a type of the caller. If the text is not valid, parses a repaired text and reports the repairs; an
/// error then refers to the repaired text.
fn parse<T: DeserializeOwned>(body: &[u8]) -> serde_json::Result<Decoded<T>> {
    match serde_json::from_slice(body) {
        Ok(value) => Ok(Decoded { value, mismatches: Vec::new() }),
        Err(error) if error.is_data() => Err(error),
        Err(_) => {
            let text = String::from_utf8_lossy(body);
            let (sanitized, repairs) = sanitize::sanitize(&text);
            let replaced = matches!(text, Cow::Owned(_)).then(|| Mismatch::new(String::new(), "valid UTF-8"));
            let value = serde_json::from_str(&sanitized)?;
            Ok(Decoded { value, mismatches: replaced.into_iter().chain(repairs).collect() })
        }
    }
}

/// Decodes a response as a type of the caller. Only text that is not valid JSON is repaired.
pub fn decode_foreign<T: DeserializeOwned>(body: &[u8]) -> serde_json::Result<Decoded<T>> {
    parse(without_byte_order_mark(body))
}

/// Removes a prefix of some text files that is not valid in JSON.
pub fn without_byte_order_mark(body: &[u8]) -> &[u8] {
    body.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(body)
}

/// Decodes a value leniently. Parts that do not match are kept in `extra`. Returns `None` if no part matches.
pub fn from_value<T: Decode>(value: &serde_json::Value) -> Option<T> {
    T::lenient(value, &mut Diagnostics::new(DEFAULT_MEMORY_LIMIT))
}
