//! Repairs text that is not quite JSON.
//!
//! This is needed because JSON encoders write such text: JavaScript's encoder writes half of a surrogate pair if a text
//! was cut within an emoji. Without the repair, one such character in an unknown property would lose a whole response
//! or webhook event.

use std::fmt::Write;

use serde::de::IgnoredAny;

use super::diagnostics::{MAX_MISMATCHES, Step, display_path};
use crate::mismatch::Mismatch;

/// The maximum depth of arrays and objects; serde_json allows one more.
const MAX_DEPTH: usize = 127;

/// Replaces parts of a text that serde_json refuses, and returns a mismatch for each.
///
/// Halves of surrogate pairs become `�`. Numbers that are too large and containers that are nested too deep become
/// strings of their text. Text that is not JSON for another reason stays invalid.
pub(super) fn sanitize(text: &str) -> (String, Vec<Mismatch>) {
    let mut sanitizer = Sanitizer {
        rest: text,
        sanitized: String::with_capacity(text.len()),
        containers: Vec::new(),
        mismatches: Vec::new(),
    };
    while sanitizer.step().is_some() {}
    (sanitizer.sanitized, sanitizer.mismatches)
}

struct Sanitizer<'t> {
    rest: &'t str,
    sanitized: String,
    containers: Vec<Container>,
    mismatches: Vec<Mismatch>,
}

enum Container {
    /// An array, with the current index.
    Array(usize),
    /// An object, with the current key; `None` if a key is next.
    Object(Option<String>),
}

impl<'t> Sanitizer<'t> {
    /// Copies or repairs the next part of the text.
    fn step(&mut self) -> Option<()> {
        let first = *self.rest.as_bytes().first()?;
        let is_too_deep = matches!(first, b'[' | b'{') && self.containers.len() >= MAX_DEPTH;
        if is_too_deep || matches!(first, b'"' | b'-' | b'0'..=b'9') {
            let Some(value) = self.take_value() else {
                self.sanitized.push_str(self.rest);
                return None;
            };
            match first {
                b'"' => self.string(value),
                b'[' | b'{' => {
                    let _ = write!(self.sanitized, "{}", serde_json::Value::from(value));
                    self.record("at most 127 levels");
                }
                _ => self.number(value),
            }
            return Some(());
        }
        match (first, self.containers.last_mut()) {
            (b'[', _) => self.containers.push(Container::Array(0)),
            (b'{', _) => self.containers.push(Container::Object(None)),
            (b']' | b'}', _) => drop(self.containers.pop()),
            (b',', Some(Container::Array(index))) => *index += 1,
            (b',', Some(Container::Object(key))) => *key = None,
            _ => {}
        }
        let is_special = |c| matches!(c, '"' | '[' | ']' | '{' | '}' | ',' | '-' | '0'..='9');
        let special = self.rest.char_indices().skip(1).find(|(_, c)| is_special(*c));
        let plain = self.take(special.map_or(self.rest.len(), |(index, _)| index));
        self.sanitized.push_str(plain);
        Some(())
    }

    /// Takes the value at the beginning of the rest, or returns `None` if that is not JSON. Only its syntax matters here.
    fn take_value(&mut self) -> Option<&'t str> {
        let mut values = serde_json::Deserializer::from_str(self.rest).into_iter::<IgnoredAny>();
        values.next()?.ok()?;
        Some(self.take(values.byte_offset()))
    }

    fn take(&mut self, length: usize) -> &'t str {
        let (taken, rest) = self.rest.split_at_checked(length).unwrap_or((self.rest, ""));
        self.rest = rest;
        taken
    }

    fn record(&mut self, expected: &'static str) {
        if self.mismatches.len() == MAX_MISMATCHES {
            return;
        }
        let steps = self.containers.iter().filter_map(|container| match container {
            Container::Array(index) => Some(Step::Index(*index)),
            Container::Object(key) => key.as_deref().map(Step::Key),
        });
        self.mismatches.push(Mismatch::new(display_path(steps), expected));
    }

    fn string(&mut self, string: &str) {
        let replaced = replace_lone_surrogates(string);
        let sanitized = replaced.as_deref().unwrap_or(string);
        if let Some(Container::Object(key @ None)) = self.containers.last_mut() {
            *key = Some(serde_json::from_str(sanitized).unwrap_or_default());
        }
        self.sanitized.push_str(sanitized);
        if replaced.is_some() {
            self.record("a string of Unicode");
        }
    }

    fn number(&mut self, number: &str) {
        let is_key = matches!(self.containers.last(), Some(Container::Object(None)));
        if !is_key && number.parse().is_ok_and(f64::is_infinite) {
            let _ = write!(self.sanitized, "\"{number}\"");
            self.record("a number within the range of 64-bit floats");
        } else {
            self.sanitized.push_str(number);
        }
    }
}

/// Returns the string with each half of a surrogate pair replaced, or `None` if it has none.
fn replace_lone_surrogates(string: &str) -> Option<String> {
    let code_unit = |index: usize| {
        let digits = string.get(index..index + 6)?.strip_prefix("\\u")?;
        u16::from_str_radix(digits, 16).ok()
    };
    let mut replaced = String::new();
    let (mut index, mut copied) = (0, 0);
    while let Some(distance) = string.get(index..).and_then(|rest| rest.find('\\')) {
        index += distance;
        index += match (code_unit(index), code_unit(index + 6)) {
            (Some(0xD800..=0xDBFF), Some(0xDC00..=0xDFFF)) => 12,
            (Some(0xD800..=0xDFFF), _) => {
                replaced.push_str(string.get(copied..index).unwrap_or_default());
                replaced.push_str("\\uFFFD");
                copied = index + 6;
                6
            }
            // The escaped character may be a backslash itself.
            _ => 2,
        };
    }
    (copied > 0).then(|| replaced + string.get(copied..).unwrap_or_default())
}
