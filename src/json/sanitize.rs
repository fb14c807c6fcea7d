use std::fmt::Write;

use serde::de::IgnoredAny;

use super::diagnostics::{MAX_MISMATCHES, Step, place};
use crate::mismatch::Mismatch;

/// How deep arrays and objects may be in each other; serde_json takes one more.
const DEEPEST: usize = 127;

/// Mends what no JSON value can be made of, and says where it was: halves of surrogate pairs become `�`, numbers that are
/// too large and what is nested too deep become strings of their text.
///
/// A text that is not JSON stays none.
pub(super) fn repair(text: &str) -> (String, Vec<Mismatch>) {
    let mut repair =
        Repair { rest: text, mended: String::with_capacity(text.len()), inside: Vec::new(), found: Vec::new() };
    while repair.step().is_some() {}
    (repair.mended, repair.found)
}

struct Repair<'t> {
    rest: &'t str,
    mended: String,
    inside: Vec<Container>,
    found: Vec<Mismatch>,
}

enum Container {
    Array(usize),
    /// By the key that came last; the next string is a key where there is none.
    Object(Option<String>),
}

impl Repair<'_> {
    fn step(&mut self) -> Option<()> {
        match self.rest.as_bytes().first()? {
            b'"' => self.string(),
            b'-' | b'0'..=b'9' => self.number(),
            b'[' | b'{' if self.inside.len() >= DEEPEST => self.too_deep(),
            b'[' => {
                self.inside.push(Container::Array(0));
                self.copy(1);
            }
            b'{' => {
                self.inside.push(Container::Object(None));
                self.copy(1);
            }
            b']' | b'}' => {
                self.inside.pop();
                self.copy(1);
            }
            b',' => {
                match self.inside.last_mut() {
                    Some(Container::Array(index)) => *index += 1,
                    Some(Container::Object(key)) => *key = None,
                    None => {}
                }
                self.copy(1);
            }
            _ => {
                let special = |c| matches!(c, '"' | '[' | ']' | '{' | '}' | ',' | '-' | '0'..='9');
                let plain = self.rest.find(special).unwrap_or(self.rest.len());
                self.copy(plain);
            }
        }
        Some(())
    }

    fn take(&mut self, length: usize) -> &str {
        let (taken, rest) = self.rest.split_at_checked(length).unwrap_or((self.rest, ""));
        self.rest = rest;
        taken
    }

    fn copy(&mut self, length: usize) {
        let (taken, rest) = self.rest.split_at_checked(length).unwrap_or((self.rest, ""));
        self.mended.push_str(taken);
        self.rest = rest;
    }

    fn deviates(&mut self, expected: &'static str) {
        if self.found.len() == MAX_MISMATCHES {
            return;
        }
        let steps = self.inside.iter().filter_map(|container| match container {
            Container::Array(index) => Some(Step::Index(*index)),
            Container::Object(key) => key.as_deref().map(Step::Key),
        });
        self.found.push(Mismatch::new(place(steps), expected));
    }

    fn string(&mut self) {
        let length = string_length(self.rest);
        let (string, rest) = self.rest.split_at_checked(length).unwrap_or((self.rest, ""));
        self.rest = rest;
        let whole = whole_surrogates(string);
        let is_mended = whole.is_some();
        let string = whole.as_deref().unwrap_or(string);
        if let Some(Container::Object(key @ None)) = self.inside.last_mut() {
            *key = Some(serde_json::from_str(string).unwrap_or_default());
        }
        self.mended.push_str(string);
        if is_mended {
            self.deviates("a string of Unicode");
        }
    }

    fn number(&mut self) {
        let end = self.rest.find(|c: char| !matches!(c, '0'..='9' | '+' | '-' | '.' | 'e' | 'E'));
        let length = end.unwrap_or(self.rest.len());
        let number = self.rest.get(..length).unwrap_or_default();
        // What is no number of JSON, or in place of a key, is left as it is.
        let is_json = serde_json::from_str::<IgnoredAny>(number).is_ok();
        let too_large = is_json
            && !matches!(self.inside.last(), Some(Container::Object(None)))
            && number.parse().is_ok_and(f64::is_infinite);
        if too_large {
            self.mended.push('"');
            self.copy(length);
            self.mended.push('"');
            self.deviates("a number within the range of 64-bit floats");
        } else {
            self.copy(length.max(1));
        }
    }

    fn too_deep(&mut self) {
        let length = container_length(self.rest);
        let text = self.take(length).to_owned();
        let _ = write!(self.mended, "{}", serde_json::Value::from(text));
        self.deviates("at most 127 levels");
    }
}

/// The bytes of the string that a text begins with.
fn string_length(text: &str) -> usize {
    let mut escaped = false;
    for (at, byte) in text.bytes().enumerate().skip(1) {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b'"' => return at + 1,
            _ => {}
        }
    }
    text.len()
}

/// The bytes of the array or object that a text begins with.
fn container_length(text: &str) -> usize {
    let (mut depth, mut at) = (0_usize, 0);
    while let Some(rest) = text.get(at..).filter(|rest| !rest.is_empty()) {
        match rest.as_bytes().first() {
            Some(b'"') => {
                at += string_length(rest);
                continue;
            }
            Some(b'[' | b'{') => depth += 1,
            Some(b']' | b'}') => depth = depth.saturating_sub(1),
            _ => {}
        }
        at += rest.chars().next().map_or(1, char::len_utf8);
        if depth == 0 {
            break;
        }
    }
    at
}

/// The string with each half of a surrogate pair replaced, if it has any.
fn whole_surrogates(string: &str) -> Option<String> {
    let unit = |at: usize| {
        let escape = string.get(at..at + 6)?.strip_prefix("\\u")?;
        u16::from_str_radix(escape, 16).ok()
    };
    let mut mended = String::new();
    let (mut at, mut copied) = (0, 0);
    while let Some(found) = string.get(at..).and_then(|rest| rest.find('\\')) {
        at += found;
        let pair = unit(at).map(|first| (first, unit(at + 6)));
        at += match pair {
            Some((0xD800..=0xDBFF, Some(0xDC00..=0xDFFF))) => 12,
            Some((0xD800..=0xDFFF, _)) => {
                mended.push_str(string.get(copied..at).unwrap_or_default());
                mended.push_str("\\uFFFD");
                copied = at + 6;
                6
            }
            // The escaped character is no beginning of an escape.
            _ => 2,
        };
    }
    (copied > 0).then(|| mended + string.get(copied..).unwrap_or_default())
}
