//! Removal of confidential values from foreign text.
//!
//! A value is found verbatim, percent-encoded and escaped for JSON, in time linear in the text: the values are sorted,
//! so that a binary search at each position of the text finds the longest value that begins there.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::error::Error as StdError;
use std::fmt;
use std::sync::Arc;

use http::{HeaderMap, HeaderValue};
use percent_encoding::percent_decode_str;
use serde_json::Value;

use crate::error::causes::causes;
use crate::error::text::on_one_line;
use crate::secrets::SENSITIVE;
use crate::secrets::escapes::{Reading, json_escape, percent_escape};
use crate::secrets::names::{holds_secrets, is_secret_name};

/// The length from which a value is also removed within a word. Shorter values also occur by chance within ordinary
/// words, so they are removed only if they are whole words.
const MIN_INSIDE_WORD: usize = 8;

/// The maximum number of values. With more values, no part of a text is shown. A full chunk of a bulk job with four
/// secrets per user has fewer.
const MAX_VALUES: usize = 5000;

/// A common beginning of this length is hidden even if the rest of the text differs, which bounds each comparison.
const MAX_COMPARED: usize = 256;

/// The shortest beginning of a value that is hidden at the end of a text that was cut.
const MIN_CUT: usize = 4;

/// The confidential values of a call, each with its replacement text.
#[derive(Default)]
pub(crate) struct Secrets {
    values: BTreeMap<String, &'static str>,
}

impl Secrets {
    /// Adds a value of any length. A value of only blanks and punctuation is not a secret.
    pub(crate) fn add(&mut self, value: &str) {
        self.add_shown_as(value, SENSITIVE);
        // In a query a space is a plus.
        if value.contains(' ') {
            self.add_shown_as(&value.replace(' ', "+"), SENSITIVE);
        }
    }

    /// Adds a value with its replacement text.
    pub(crate) fn add_shown_as(&mut self, value: &str, shown: &'static str) {
        if (value.len() >= MIN_INSIDE_WORD || value.contains(char::is_alphanumeric)) && self.values.len() <= MAX_VALUES
        {
            self.values.entry(value.to_owned()).or_insert(shown);
        }
    }

    /// Adds a value of an `Authorization` header or a similar header: the whole value, and the part after the name of a
    /// scheme.
    pub(crate) fn add_authorization(&mut self, value: &str) {
        self.add(value);
        if let Some((scheme, credentials)) = value.trim().split_once(' ')
            && scheme.bytes().all(|byte| byte.is_ascii_alphabetic())
        {
            self.add(credentials.trim());
        }
    }

    /// Adds the user and password of a URL or proxy, as they are and as a server gets them, in base64.
    pub(crate) fn add_credentials(&mut self, user: &str, password: &str) {
        if user.is_empty() && password.is_empty() {
            return;
        }
        let pair = format!("{user}:{password}");
        self.add(if password.is_empty() { user } else { password });
        self.add(&pair);
        self.add(&base64::Engine::encode(&base64::engine::general_purpose::STANDARD, pair));
    }

    /// Adds the values of a percent-encoded query whose names indicate secrets.
    pub(crate) fn add_query(&mut self, query: &str) {
        for (name, value) in query.split('&').filter_map(|pair| pair.split_once('=')) {
            if is_secret_name(name) {
                self.add(&decoded(&value.replace('+', " ")));
            }
        }
    }

    /// Adds the path of a URL, and its longer segments by themselves.
    pub(crate) fn add_path(&mut self, path: &str) {
        let path = path.trim_matches('/');
        self.add(&decoded(path));
        path.split('/')
            .filter(|segment| segment.len() >= MIN_INSIDE_WORD)
            .for_each(|segment| self.add(&decoded(segment)));
    }

    /// Adds the values of a body, as JSON or as a form, whose names indicate secrets, and the credentials of the URLs
    /// in it.
    pub(crate) fn add_body(&mut self, body: &[u8]) {
        if let Ok(body) = serde_json::from_slice::<Value>(body) {
            return self.add_json(&body, false);
        }
        let text = String::from_utf8_lossy(body);
        self.add_query(&text);
        let ends = |sign: char| sign.is_whitespace() || sign == '"';
        text.split(ends).filter_map(|word| word.split_once("://")).for_each(|(_, rest)| self.add_url(rest));
    }

    fn add_json(&mut self, value: &Value, is_secret: bool) {
        match value {
            Value::String(text) if is_secret => self.add_authorization(text),
            Value::Number(number) if is_secret => self.add(&number.to_string()),
            Value::Array(values) => values.iter().for_each(|value| self.add_json(value, is_secret)),
            Value::Object(members) => {
                for (name, value) in members {
                    self.add_json(value, is_secret || holds_secrets(name));
                }
            }
            _ => {}
        }
        if let Value::String(text) = value
            && let Some((_, rest)) = text.split_once("://")
        {
            self.add_url(rest);
        }
    }

    /// Adds the credentials of a URL without its scheme.
    fn add_url(&mut self, rest: &str) {
        let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
        if let Some((user, _)) = authority.rsplit_once('@') {
            let (user, password) = user.split_once(':').unwrap_or((user, ""));
            self.add_credentials(&decoded(user), &decoded(password));
        }
        if let Some((_, query)) = rest.split_once('?') {
            self.add_query(query.split('#').next().unwrap_or_default());
        }
    }
}

/// Removes the beginning of an escape at the end of a text: `%`, `%2`, `\`, `\u00`, or the first half of a pair.
fn without_cut_escape(mut text: &[u8], sign: u8) -> &[u8] {
    let is_in_escape = |byte: &u8| *byte == b'u' || byte.is_ascii_hexdigit();
    loop {
        let (before, escape) = text.split_at(text.iter().rposition(|byte| *byte == sign).unwrap_or(text.len()));
        text = match escape {
            [b'%', rest @ ..] if rest.len() < 2 && rest.iter().all(is_in_escape) => before,
            [b'\\', rest @ ..] if rest.len() < 5 && rest.iter().all(is_in_escape) => before,
            [b'\\', b'u', b'd' | b'D', b'8' | b'9' | b'a' | b'b' | b'A' | b'B', _, _] => before,
            _ => return text,
        };
    }
}

fn decoded(text: &str) -> Cow<'_, str> {
    percent_decode_str(text).decode_utf8_lossy()
}

/// Removes confidential values from foreign text. The SDK's text has no such values.
#[derive(Clone)]
pub(crate) struct Redaction {
    /// Sorted by value.
    values: Arc<[Confidential]>,
    /// The first bytes of the values.
    first_bytes: [bool; 256],
    has_too_many: bool,
}

struct Confidential {
    value: String,
    shown: &'static str,
    /// The index of the longest other value that this one begins with.
    shorter: Option<usize>,
}

impl Confidential {
    /// Returns `true` if the value may be removed from this position: a short one only if it is a whole word.
    fn is_separate(&self, text: &[u8], from: usize) -> bool {
        let is_in_word = |byte: Option<&u8>| {
            byte.is_some_and(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | 0x80..))
        };
        let value = self.value.as_bytes();
        let joins_before = is_in_word(value.first()) && is_in_word(from.checked_sub(1).and_then(|at| text.get(at)));
        let joins_behind = is_in_word(value.last()) && is_in_word(text.get(from + value.len()));
        value.len() >= MIN_INSIDE_WORD || !joins_before && !joins_behind
    }
}

/// A part of a text to replace.
struct Span {
    from: usize,
    to: usize,
    shown: &'static str,
}

impl From<Secrets> for Redaction {
    fn from(secrets: Secrets) -> Self {
        let has_too_many = secrets.values.len() > MAX_VALUES;
        let mut first_bytes = [false; 256];
        let mut values: Vec<Confidential> = Vec::with_capacity(secrets.values.len());
        for (value, shown) in secrets.values {
            if let Some(first) = value.bytes().next().and_then(|first| first_bytes.get_mut(usize::from(first))) {
                *first = true;
            }
            // In the sorted order, a value follows all values that are prefixes of it.
            let mut shorter = values.len().checked_sub(1);
            while let Some(previous) = shorter.and_then(|index| values.get(index))
                && !value.starts_with(&previous.value)
            {
                shorter = previous.shorter;
            }
            values.push(Confidential { value, shown, shorter });
        }
        Self { values: values.into(), first_bytes, has_too_many }
    }
}

impl Redaction {
    /// Returns a text without confidential values.
    pub(crate) fn redact<'t>(&self, text: &'t str) -> Cow<'t, str> {
        self.replace(text, false)
    }

    fn replace<'t>(&self, text: &'t str, was_cut: bool) -> Cow<'t, str> {
        if self.has_too_many && !text.is_empty() {
            return Cow::Borrowed(SENSITIVE);
        }
        let mut spans = self.spans(text.as_bytes(), was_cut);
        for (sign, escape) in [(b'%', percent_escape as fn(&[u8]) -> _), (b'\\', json_escape)] {
            if text.as_bytes().contains(&sign) {
                let complete = if was_cut { without_cut_escape(text.as_bytes(), sign) } else { text.as_bytes() };
                let Reading { text: read, origins } = Reading::new(complete, escape);
                // What is left of an escape is hidden with the value before it.
                let origin = |at: usize| origins.get(at).filter(|_| at < read.len()).copied().unwrap_or(text.len());
                let found = self.spans(&read, was_cut).into_iter();
                spans.extend(found.map(|span| Span { from: origin(span.from), to: origin(span.to), ..span }));
            }
        }
        if spans.is_empty() {
            return Cow::Borrowed(text);
        }
        spans.sort_by_key(|span| (span.from, std::cmp::Reverse(span.to)));
        let mut shown = String::with_capacity(text.len());
        let mut rest = 0;
        for span in spans {
            // A value that begins within another is hidden with it.
            if span.from >= rest {
                shown += text.get(rest..span.from).unwrap_or_default();
                shown += span.shown;
            }
            // A common beginning can end within a character.
            rest = rest.max((span.to..text.len()).find(|at| text.is_char_boundary(*at)).unwrap_or(text.len()));
        }
        Cow::Owned(shown + text.get(rest..).unwrap_or_default())
    }

    fn spans(&self, text: &[u8], was_cut: bool) -> Vec<Span> {
        let mut spans = Vec::new();
        let mut from = 0;
        while let Some(rest) = text.get(from..).filter(|rest| !rest.is_empty()) {
            let begins =
                rest.first().and_then(|first| self.first_bytes.get(usize::from(*first))).is_some_and(|begins| *begins);
            let found = if begins { self.beginning_at(text, from, rest, was_cut) } else { None };
            let length = found.as_ref().map_or(0, |span| span.to - span.from);
            spans.extend(found);
            // Another value may begin within a short one, or near the end of a long one.
            from += length.saturating_sub(MAX_COMPARED).max(1);
        }
        spans
    }

    /// Returns the longest value that begins at a position, or a long enough beginning of one.
    fn beginning_at(&self, text: &[u8], from: usize, rest: &[u8], was_cut: bool) -> Option<Span> {
        let behind = self.values.partition_point(|confidential| confidential.value.as_bytes() <= rest);
        let common = |index: usize| {
            let confidential = self.values.get(index)?;
            let length = confidential.value.bytes().zip(rest).take_while(|(a, b)| a == *b).count();
            Some((confidential, length))
        };
        let before = behind.checked_sub(1).and_then(common);
        for (confidential, length) in [before, common(behind)].into_iter().flatten() {
            let is_cut = was_cut && length == rest.len() && length >= MIN_CUT;
            if length >= MAX_COMPARED || is_cut {
                return Some(Span { from, to: from + length, shown: confidential.shown });
            }
        }
        let (mut candidate, length) = before?;
        loop {
            if candidate.value.len() <= length && candidate.is_separate(text, from) {
                return Some(Span { from, to: from + candidate.value.len(), shown: candidate.shown });
            }
            candidate = self.values.get(candidate.shorter?)?;
        }
    }

    /// Returns a JSON value without confidential values, in values and in names.
    pub(crate) fn value(&self, value: Value) -> Value {
        match value {
            Value::String(text) => self.redact(&text).into(),
            Value::Number(number) => {
                let text = number.to_string();
                let redacted = self.redact(&text);
                if redacted == text { number.into() } else { redacted.into() }
            }
            Value::Array(values) => values.into_iter().map(|value| self.value(value)).collect(),
            Value::Object(members) => {
                let member = |(name, value): (String, Value)| {
                    let is_secret = is_secret_name(&name) && value.is_string();
                    let value = if is_secret { SENSITIVE.into() } else { self.value(value) };
                    (self.redact(&name).into_owned(), value)
                };
                Value::Object(members.into_iter().map(member).collect())
            }
            other => other,
        }
    }

    /// Returns headers without confidential values.
    pub(crate) fn headers(&self, mut headers: HeaderMap) -> HeaderMap {
        for value in headers.values_mut() {
            // Non-ASCII text is searched as well.
            let text = String::from_utf8_lossy(value.as_bytes());
            let redacted = self.redact(&text);
            if redacted != text {
                *value = HeaderValue::from_str(&redacted).unwrap_or(HeaderValue::from_static(SENSITIVE));
            }
        }
        headers
    }

    /// Returns the cause of an error: unchanged if it shows no confidential value, otherwise as texts without them.
    pub(crate) fn cause(&self, cause: Box<dyn StdError + Send + Sync>) -> Box<dyn StdError + Send + Sync> {
        let all: Vec<&dyn StdError> = causes(&*cause).collect();
        let shows_secret = |cause: &&dyn StdError| {
            let text = format!("{cause}\n{cause:?}");
            self.redact(&text) != text
        };
        if !all.iter().any(shows_secret) {
            return cause;
        }
        let texts = all.iter().rev().map(|cause| self.redact(&cause.to_string()).into_owned());
        texts.fold(Cause::default(), |source, text| Cause { text, source: Some(Box::new(source)) }).into()
    }

    /// Returns the path of a mismatch without confidential values. An ellipsis follows each truncated name in the path.
    pub(crate) fn path(&self, path: &str) -> String {
        let cut = path.matches('…').count();
        let parts = path.split('…').enumerate().map(|(index, part)| self.replace(part, index < cut));
        parts.collect::<Vec<_>>().join("…")
    }

    /// Returns the beginning of a body as text on one line.
    pub(crate) fn snippet(&self, body: &[u8]) -> Option<String> {
        const MAX_SNIPPET: usize = 500;
        const MAX_SEARCHED: usize = 64 * 1024;
        let text = String::from_utf8_lossy(body.get(..MAX_SEARCHED).unwrap_or(body));
        let text = on_one_line(&self.replace(&text, true), MAX_SNIPPET);
        (!text.is_empty()).then_some(text)
    }
}

/// A cause of which only the text is left.
#[derive(Debug, Default)]
struct Cause {
    text: String,
    source: Option<Box<Cause>>,
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl StdError for Cause {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.source.as_deref().filter(|source| !source.text.is_empty()).map(|source| source as _)
    }
}

#[cfg(test)]
mod tests {
    use super::{Redaction, Secrets};

    fn redaction(values: &[&str]) -> Redaction {
        let mut secrets = Secrets::default();
        values.iter().for_each(|value| secrets.add(value));
        secrets.into()
    }

    #[test]
    fn a_value_is_found_in_three_forms() {
        let secret = "pk/<t>&\"ö'+ =*~-._x";
        let redaction = redaction(&[secret]);
        let json = serde_json::to_string(secret).unwrap();
        let form = reqwest::Url::parse_with_params("http://x", [("a", secret)]).unwrap();
        for text in [
            secret.to_owned(),
            json.clone(),
            json.replace('/', "\\/").replace('<', "\\u003c").replace('ö', "\\u00F6"),
            form.query().unwrap().to_owned(),
            "pk%2F%3Ct%3E%26%22%C3%B6%27%2B%20%3D%2A~-._x".to_owned(),
            "pk%2f%3ct%3e%26%22%c3%b6%27%2b%20%3d%2a~-._x".to_owned(),
        ] {
            let redacted = redaction.redact(&text);
            assert!(redacted.contains("[sensitive]"), "{text}: {redacted}");
            assert!(!redacted.contains("_x"), "{text}: {redacted}");
        }
        assert_eq!(redaction.redact("nothing of it"), "nothing of it");
    }

    #[test]
    fn the_longest_value_is_hidden_and_overlaps_too() {
        for (values, text, expected) in [
            (&["secret-1", "secret-1-long"][..], "a secret-1-long b", "a [sensitive] b"),
            (&["secret-1", "secret-1-long"], "a secret-1-lo b", "a [sensitive]-lo b"),
            (&["abcdef12", "ef12ghij"], "abcdef12ghij", "[sensitive]"),
            (&["ab", "abcdefghi"], "ab abcdefghx abcdefghi", "[sensitive] abcdefghx [sensitive]"),
            (&["a", "a-b", "a-b-c"], "a-b-c a-b a x-a", "[sensitive] [sensitive] [sensitive] x-a"),
            (&["1"], "1 11 1.", "[sensitive] 11 [sensitive]."),
            (&["é"], "é né é", "[sensitive] né [sensitive]"),
            (&[" ", "-", ""], "a - b", "a - b"),
        ] {
            assert_eq!(redaction(values).redact(text), expected);
        }
    }

    #[test]
    fn a_long_common_beginning_is_hidden() {
        let long = "ä".repeat(1000);
        let redaction = redaction(&[&format!("{long}x"), &format!("{long}ö")]);
        assert_eq!(redaction.redact(&format!("<{long}y>")), "<[sensitive]y>");
        assert_eq!(redaction.redact(&format!("<{long}ü>")), "<[sensitive]>");
    }

    #[test]
    fn time_is_linear_in_the_text() {
        // Quadratic, each would take minutes.
        let repeated = "a".repeat(1_000_000);
        let redaction = redaction(&[&format!("{repeated}b"), &format!("{}b", "a".repeat(200)), "aaaaaaaaaac"]);
        assert_eq!(redaction.redact(&repeated), "[sensitive]");
        for text in [r"\u{".repeat(1_000_000), "%".repeat(1_000_000), r"\".repeat(1_000_000)] {
            assert_eq!(redaction.redact(&text), text);
        }
    }
}
