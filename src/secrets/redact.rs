//! What keeps the secrets of a call out of everything that can be printed.

use std::borrow::Cow;
use std::error::Error as StdError;
use std::fmt;

use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use http::header::AUTHORIZATION;
use http::{HeaderMap, HeaderValue};
use percent_encoding::percent_decode_str;
use serde_json::Value;

use crate::client::Client;
use crate::client::proxy_env;
use crate::error::text::on_one_line;
use crate::operation::Operation;
use crate::secrets::names::{holds_secrets, is_secret_name};
use crate::secrets::unescape::{Reading, folded};
use crate::transport::causes;

const HIDDEN: &str = "[sensitive]";

/// What is shorter than this is part of too many words. It is looked for only if its name says that it is a secret, and then
/// only where it stands by itself.
const SHORTEST: usize = 8;

/// How often escapes are undone: a page may quote JSON that quotes a URL.
const MAX_ESCAPES: usize = 4;

/// The most bytes that a character of a secret takes when it is escaped.
const MAX_ESCAPE: usize = 16;

/// Looking for more than this would take too long. A full chunk of a bulk job, with some secrets for each user, has less.
const MAX_SECRETS: usize = 5000;

/// Everything of one call that no text may show, in every form in which a server may repeat it.
///
/// It knows the API key, the values of the caller's own headers and query parameters, the path with its ids, what the body
/// sends in fields whose names say that they hold secrets, and the credentials of the proxy. Each is found in any case, in
/// base64, and however it is escaped in JSON, HTML or a URL, or in one within another.
///
/// It is for what others say. A text of our own has no secrets in it, and is not looked through.
pub(crate) struct Redaction {
    needles: Vec<Needle>,
    secrets: usize,
}

struct Needle {
    /// Folded, as a [`Reading`] is.
    text: String,
    shown: &'static str,
    /// Whether it is looked for only where it stands by itself.
    is_word: bool,
}

impl Needle {
    fn new(text: &str, shown: &'static str) -> Self {
        Self { text: folded(text), shown, is_word: text.len() < SHORTEST }
    }

    /// Where it is in a text, from where to where.
    fn found<'n>(&'n self, text: &'n str) -> impl Iterator<Item = (usize, usize)> + use<'n> {
        // Most are not there, which is known soonest so.
        let text = if text.contains(&self.text) { text } else { "" };
        let in_word = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-');
        let begins = self.is_word && self.text.starts_with(in_word);
        let ends = self.is_word && self.text.ends_with(in_word);
        let places = text.match_indices(&self.text).map(|(at, found)| (at, at + found.len()));
        places.filter(move |(from, to)| {
            let before = begins && text.get(..*from).is_some_and(|before| before.ends_with(in_word));
            let behind = ends && text.get(*to..).is_some_and(|behind| behind.starts_with(in_word));
            !before && !behind
        })
    }
}

impl Redaction {
    /// The secrets of a call: those of the client and its options, and what the request itself sends.
    pub(crate) fn of(client: &Client, operation: &'static Operation, target: &str, body: Option<&[u8]>) -> Self {
        let mut redaction = Self { needles: Vec::new(), secrets: 0 };
        redaction.hide(client.shared().key.expose());
        for (name, value) in &client.options().headers {
            let Ok(value) = value.to_str() else { continue };
            let is_named = is_secret_name(name.as_str());
            if is_named || value.len() >= SHORTEST {
                redaction.hide(value);
            }
            // A scheme before the secret, as in `Bearer`, is not part of it.
            if let Some((_, secret)) = value.split_once(' ').filter(|_| name == AUTHORIZATION || is_named) {
                redaction.hide(secret.trim());
            }
        }
        for (name, value) in &client.options().query {
            if value.len() >= SHORTEST || is_secret_name(name) {
                redaction.hide(value);
            }
        }
        redaction.hide_target(operation, target);
        for (user, password) in proxy_env::credentials() {
            redaction.hide(&password);
            redaction.hide(&format!("{user}:{password}"));
        }
        if let Some(body) = body.and_then(|body| serde_json::from_slice::<Value>(body).ok()) {
            redaction.hide_within(&body, false);
        }
        redaction.needles.sort_by(|a, b| a.text.cmp(&b.text));
        redaction.needles.dedup_by(|a, b| a.text == b.text);
        redaction
    }

    /// The path is shown as the description has it, without ids.
    fn hide_target(&mut self, operation: &'static Operation, target: &str) {
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        for part in [target, path, &percent_decode_str(path).decode_utf8_lossy()] {
            if part.len() > 1 && part != operation.path {
                self.needles.push(Needle::new(part, operation.path));
            }
        }
        for (name, value) in operation.path.split('/').zip(path.split('/')) {
            let parameter = name.strip_prefix('{').and_then(|name| name.strip_suffix('}'));
            let is_secret = parameter.is_some_and(|name| operation.secret_parameters.contains(&name));
            if is_secret && !value.is_empty() {
                self.hide(&percent_decode_str(value).decode_utf8_lossy());
            }
        }
        for (name, value) in query.split('&').filter_map(|pair| pair.split_once('=')) {
            if is_secret_name(name) && !value.is_empty() {
                self.hide(&percent_decode_str(&value.replace('+', " ")).decode_utf8_lossy());
            }
        }
    }

    fn hide_within(&mut self, value: &Value, all: bool) {
        match value {
            Value::String(text) if all && text.len() >= SHORTEST => self.hide(text),
            Value::Number(number) if all && number.to_string().len() >= SHORTEST => self.hide(&number.to_string()),
            Value::Array(values) => values.iter().for_each(|value| self.hide_within(value, all)),
            Value::Object(members) => {
                for (name, value) in members {
                    self.hide_within(value, all || holds_secrets(name));
                }
            }
            _ => {}
        }
    }

    fn hide(&mut self, secret: &str) {
        // A blank, or a dash, is everywhere.
        if secret.len() < SHORTEST && !secret.contains(char::is_alphanumeric) {
            return;
        }
        self.secrets += 1;
        if self.secrets > MAX_SECRETS {
            return;
        }
        self.needles.push(Needle::new(secret, HIDDEN));
        if secret.len() >= SHORTEST {
            for alphabet in [STANDARD_NO_PAD, URL_SAFE_NO_PAD] {
                let forms = (0..3).map(|offset| in_base64(secret.as_bytes(), offset, &alphabet));
                self.needles.extend(forms.map(|form| Needle::new(&form, HIDDEN)));
            }
        }
    }

    /// A text without the secrets.
    pub(crate) fn redact<'a>(&self, text: &'a str) -> Cow<'a, str> {
        self.redact_beginning(text, text.len())
    }

    /// The beginning of a text, up to a place, without the secrets that begin there.
    fn redact_beginning<'a>(&self, text: &'a str, up_to: usize) -> Cow<'a, str> {
        let beginning = text.get(..up_to).unwrap_or(text);
        if self.secrets > MAX_SECRETS && !beginning.is_empty() {
            return Cow::Borrowed(HIDDEN);
        }
        let mut shown = String::new();
        let mut rest = 0;
        for (from, to, instead) in self.found(text).into_iter().take_while(|(from, ..)| *from < up_to) {
            // One that begins within another is hidden with it.
            if from >= rest {
                shown += text.get(rest..from).unwrap_or_default();
                shown += instead;
            }
            rest = rest.max(to);
        }
        if rest == 0 { Cow::Borrowed(beginning) } else { Cow::Owned(shown + beginning.get(rest..).unwrap_or_default()) }
    }

    /// Where the secrets are in a text, and what is shown in their place: in order, the longer ones first.
    fn found(&self, text: &str) -> Vec<(usize, usize, &'static str)> {
        let mut found = Vec::new();
        let readings = std::iter::successors(Some(Reading::of(text)), Reading::unescaped);
        for reading in readings.take(1 + MAX_ESCAPES) {
            for needle in &self.needles {
                let places = needle.found(&reading.text);
                found.extend(places.map(|(from, to)| (reading.original(from), reading.original(to), needle.shown)));
            }
        }
        found.sort_by_key(|(from, to, _)| (*from, std::cmp::Reverse(*to)));
        found
    }

    /// A JSON value without the secrets, in values and in names.
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
                    let value =
                        if is_secret_name(&name) && value.is_string() { HIDDEN.into() } else { self.value(value) };
                    (self.redact(&name).into_owned(), value)
                };
                Value::Object(members.into_iter().map(member).collect())
            }
            other => other,
        }
    }

    /// Headers without the secrets.
    pub(crate) fn headers(&self, mut headers: HeaderMap) -> HeaderMap {
        for value in headers.values_mut() {
            // Text that is not ASCII is looked through too.
            let text = String::from_utf8_lossy(value.as_bytes());
            let redacted = self.redact(&text);
            if redacted != text {
                *value = HeaderValue::from_str(&redacted).unwrap_or(HeaderValue::from_static(HIDDEN));
            }
        }
        headers
    }

    /// The cause of an error, as it is if it shows none of the secrets, else as texts without them.
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

    /// The beginning of a body as text on one line.
    pub(crate) fn snippet(&self, body: &[u8]) -> Option<String> {
        const LONGEST: usize = 500;
        // More than is shown, so that no secret is cut in two, of which the first half would not be found.
        let longest_needle = self.needles.iter().map(|needle| needle.text.len()).max().unwrap_or(0);
        let head = body.get(..LONGEST * 32 + longest_needle * MAX_ESCAPE).unwrap_or(body);
        let text = String::from_utf8_lossy(head);
        let up_to = text.char_indices().nth(LONGEST * 8).map_or(text.len(), |(at, _)| at);
        let text = on_one_line(&self.redact_beginning(&text, up_to), LONGEST);
        (!text.is_empty()).then_some(text)
    }
}

/// The part of a secret's base64 that does not depend on what stands around it, when so many bytes stand before it.
fn in_base64(secret: &[u8], offset: usize, alphabet: &impl base64::Engine) -> String {
    let before: &[u8] = if offset == 0 { &[] } else { &[0; 2] };
    let shifted = [before.get(..offset).unwrap_or(before), secret].concat();
    let text = alphabet.encode(&shifted);
    // Six bits a character: the first ones, and a last one that is not full, have bits of other bytes.
    let first = (offset * 8).div_ceil(6);
    let last = shifted.len() * 8 / 6;
    text.get(first..last).unwrap_or_default().to_owned()
}

/// A cause of which only a text is left.
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
    use base64::Engine as _;
    use base64::engine::general_purpose::{STANDARD, URL_SAFE};

    use super::Redaction;

    #[test]
    fn a_secret_is_found_in_every_form() {
        let secret = "pk/<t>&\"ö'+ =*~-._x";
        let mut redaction = Redaction { needles: Vec::new(), secrets: 0 };
        redaction.hide(secret);
        let json = serde_json::to_string(secret).unwrap();
        let form = reqwest::Url::parse_with_params("http://x", [("a", secret)]).unwrap();
        for text in [
            secret.to_owned(),
            secret.to_ascii_uppercase(),
            json.clone(),
            json.replace('/', "\\/"),
            "pk/&lt;t&gt;&amp;&quot;ö&#39;+ =*~-._x".to_owned(),
            "pk/&lt;t&gt;&amp;&quot;ö'+ =*~-._x".to_owned(),
            form.query().unwrap().to_owned(),
            "pk%2F%3Ct%3E%26%22%C3%B6%27%2B%20%3D%2A~-._x".to_owned(),
            "pk%2f%3ct%3e%26%22%c3%b6%27%2b%20%3d%2a~-._x".to_owned(),
        ] {
            let redacted = redaction.redact(&text);
            assert!(redacted.contains("[sensitive]"), "{text}: {redacted}");
            assert!(!redacted.contains("_x"), "{text}: {redacted}");
        }
        for around in ["", "u", "user:", "a:b"] {
            for encoder in [STANDARD, URL_SAFE] {
                let text = encoder.encode(format!("{around}{secret}{around}"));
                assert!(redaction.redact(&text).contains("[sensitive]"), "{around} {text}");
            }
        }
        assert_eq!(redaction.redact("nothing of it"), "nothing of it");
    }
}
