use std::borrow::Cow;
use std::fmt;

use serde::de::DeserializeOwned;
use serde_json::Value;

use super::diagnostics::{MAX_MISMATCHES, Notes};
use super::traits::Decode;
use super::{memory_limit, sanitize};
use crate::mismatch::Mismatch;

/// How much memory the values of one response may take, unless it is said.
pub const BUDGET: usize = 512 << 20;

/// How a text file may begin, and JSON must not.
const BYTE_ORDER_MARK: &[u8] = b"\xEF\xBB\xBF";

/// A response that has been read.
#[derive(Debug)]
pub struct Decoded<T> {
    pub value: T,
    /// What was not as described; nothing of it is lost.
    pub mismatches: Vec<Mismatch>,
}

/// Why a response could not be read: never a value of it.
#[derive(Clone, Debug, PartialEq)]
pub enum DecodeError {
    /// It is not JSON, from this line and column on.
    Syntax { line: usize, column: usize },
    /// It ends too early.
    Ended,
    /// It is not what is described, and that was not to be put up with, or there is nowhere to keep it.
    Data(Mismatch),
    /// Its values would take more memory than they may.
    TooLarge,
}

impl fmt::Display for DecodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Syntax { line, column } => write!(f, "the body is not JSON at line {line}, column {column}"),
            Self::Ended => f.write_str("the body ends in the middle of its JSON"),
            Self::Data(mismatch) => write!(f, "the body is not as described: {mismatch}"),
            Self::TooLarge => f.write_str("the body has more values than there may be memory for"),
        }
    }
}

impl std::error::Error for DecodeError {}

/// Reads a response, first strictly, then leniently.
///
/// What is an object or an array where one or the other is described is always read if mismatches are allowed.
pub fn decode<T: Decode>(body: &[u8], allow_mismatches: bool) -> Result<Decoded<T>, DecodeError> {
    decode_within(body, allow_mismatches, BUDGET)
}

/// Reads a response whose values may take so many bytes of memory in each of the passes.
pub fn decode_within<T: Decode>(body: &[u8], allow_mismatches: bool, budget: usize) -> Result<Decoded<T>, DecodeError> {
    let body = body.strip_prefix(BYTE_ORDER_MARK).unwrap_or(body);
    if memory_limit::exceeds(body, budget) {
        return Err(DecodeError::TooLarge);
    }
    match std::str::from_utf8(body).ok().and_then(strict) {
        Some(value) => Ok(Decoded { value, mismatches: Vec::new() }),
        None => lenient(body, allow_mismatches, budget),
    }
}

fn strict<T: Decode>(text: &str) -> Option<T> {
    let mut from = serde_json::Deserializer::from_str(text);
    let value = T::strict(&mut from).ok()?;
    from.end().ok().map(|()| value)
}

fn lenient<T: Decode>(body: &[u8], allow_mismatches: bool, budget: usize) -> Result<Decoded<T>, DecodeError> {
    let (tree, mut mismatches): (Value, _) = match serde_json::from_slice(body) {
        Ok(tree) => (tree, Vec::new()),
        Err(_) => {
            let (text, found) = mended(body);
            let tree = serde_json::from_str(&text).map_err(|error| {
                if error.is_eof() {
                    DecodeError::Ended
                } else {
                    DecodeError::Syntax { line: error.line(), column: error.column() }
                }
            })?;
            (tree, found)
        }
    };
    let mut notes = Notes::new(budget);
    let read = T::lenient(&tree, &mut notes);
    if notes.is_exceeded() {
        return Err(DecodeError::TooLarge);
    }
    // A list of its own has no place to keep what does not fit.
    let complete = !notes.lost;
    mismatches.extend(notes.into_mismatches());
    mismatches.truncate(MAX_MISMATCHES);
    let value = match read {
        Some(value) if complete => Some(value),
        _ if tree.is_object() || tree.is_array() => T::instead(tree),
        _ => None,
    };
    match (value, mismatches.first()) {
        (Some(value), first) if allow_mismatches || first.is_none() => Ok(Decoded { value, mismatches }),
        (_, Some(first)) => Err(DecodeError::Data(first.clone())),
        (_, None) => Err(DecodeError::Data(Mismatch::new(String::new(), T::EXPECTED))),
    }
}

/// What a body was meant to say, as far as JSON can say it, and where that is not what it says.
fn mended(body: &[u8]) -> (String, Vec<Mismatch>) {
    let text = String::from_utf8_lossy(body);
    let (mended, found) = sanitize::repair(&text);
    let replaced = matches!(text, Cow::Owned(_)).then(|| Mismatch::new(String::new(), "valid UTF-8"));
    (mended, replaced.into_iter().chain(found).collect())
}

/// Reads a response as a type of the caller's. What no JSON value can be made of is mended, and nothing else.
pub fn decode_foreign<T: DeserializeOwned>(body: &[u8]) -> serde_json::Result<Decoded<T>> {
    let body = body.strip_prefix(BYTE_ORDER_MARK).unwrap_or(body);
    serde_json::from_slice(body).map(|value| Decoded { value, mismatches: Vec::new() }).or_else(|error| {
        if !error.is_syntax() {
            return Err(error);
        }
        let (text, mismatches) = mended(body);
        serde_json::from_str(&text).map(|value| Decoded { value, mismatches }).map_err(|_| error)
    })
}

/// Reads a value of a response by itself, and leaves out what does not fit. `None` where nothing does.
pub fn from_value<T: Decode>(value: &Value) -> Option<T> {
    T::lenient(value, &mut Notes::new(BUDGET))
}
