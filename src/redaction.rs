//! What keeps the secrets of a call out of everything that can be printed.

use std::borrow::Cow;
use std::error::Error as StdError;
use std::fmt;

use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use http::header::AUTHORIZATION;
use http::{HeaderMap, HeaderValue};
use percent_encoding::{NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use serde_json::Value;

use crate::client::Client;
use crate::error_text::on_one_line;
use crate::operation::Operation;
use crate::secret_names::{holds_secrets, is_secret_name};
use crate::transport::causes;

const HIDDEN: &str = "[sensitive]";

/// What is shorter than this is part of too many words to be looked for, unless its name says that it is a secret.
const SHORTEST: usize = 8;

/// Looking for more than this would take too long. A full chunk of a bulk job, with some secrets for each user, has less.
const MOST_SECRETS: usize = 5000;

/// Everything of one call that no text may show, in every form in which a server may repeat it.
///
/// It knows the API key, the values of the caller's own headers and query parameters, the path with its ids, and what the
/// body sends in fields whose names say that they hold secrets. Each is found in any case, and escaped as in JSON, HTML, a
/// URL or base64.
pub(crate) struct Redaction {
    needles: Vec<Needle>,
    secrets: usize,
}

struct Needle {
    /// In lower case.
    text: String,
    shown: &'static str,
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
        if let Some(body) = body.and_then(|body| serde_json::from_slice::<Value>(body).ok()) {
            redaction.hide_within(&body, false);
        }
        // A longer secret may contain a shorter one.
        redaction.needles.sort_by_key(|needle| std::cmp::Reverse(needle.text.len()));
        redaction.needles.dedup_by(|a, b| a.text == b.text);
        redaction
    }

    /// The path is shown as the description has it, without ids.
    fn hide_target(&mut self, operation: &'static Operation, target: &str) {
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        for part in [target, path, &percent_decode_str(path).decode_utf8_lossy()] {
            if part.len() > 1 && part != operation.path {
                self.needles.push(Needle { text: part.to_ascii_lowercase(), shown: operation.path });
            }
        }
        for (name, value) in operation.path.split('/').zip(path.split('/')) {
            // A device token is the one path parameter that is a secret by itself.
            if name == "{token}" && !value.is_empty() {
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
        if secret.is_empty() {
            return;
        }
        self.secrets += 1;
        if self.secrets > MOST_SECRETS {
            return;
        }
        let first = self.needles.len();
        // Most secrets have nothing to escape, and look the same in most forms.
        let mut add = |text: &str| {
            let text = text.to_ascii_lowercase();
            let forms = self.needles.get(first..).unwrap_or_default();
            if !forms.iter().any(|needle| needle.text == text) {
                self.needles.push(Needle { text, shown: HIDDEN });
            }
        };
        add(secret);
        let json = Value::from(secret).to_string();
        add(json.trim_matches('"'));
        add(&json.trim_matches('"').replace('/', "\\/"));
        let html = secret.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;");
        for apostrophe in ["'", "&#39;", "&#x27;", "&apos;"] {
            add(&html.replace('\'', apostrophe));
        }
        let encoded = utf8_percent_encode(secret, NON_ALPHANUMERIC).to_string();
        // Which characters are left as they are differs: those of RFC 3986, or those of forms.
        add(&encoded);
        let unreserved = encoded.replace("%2D", "-").replace("%2E", ".").replace("%5F", "_");
        add(&unreserved);
        add(&unreserved.replace("%7E", "~"));
        add(&unreserved.replace("%2A", "*").replace("%20", "+"));
        if secret.len() >= SHORTEST {
            for alphabet in [STANDARD_NO_PAD, URL_SAFE_NO_PAD] {
                (0..3).for_each(|offset| add(&in_base64(secret.as_bytes(), offset, &alphabet)));
            }
        }
    }

    /// A text without the secrets.
    pub(crate) fn redact<'a>(&self, text: &'a str) -> Cow<'a, str> {
        if self.secrets > MOST_SECRETS && !text.is_empty() {
            return Cow::Borrowed(HIDDEN);
        }
        let mut text = Cow::Borrowed(text);
        let mut lower = text.to_ascii_lowercase();
        for needle in self.needles.iter().filter(|needle| !needle.text.is_empty()) {
            if lower.contains(&needle.text) {
                text = Cow::Owned(without(&text, &lower, needle));
                lower = text.to_ascii_lowercase();
            }
        }
        text
    }

    /// A JSON value without the secrets, in values and in names.
    pub(crate) fn value(&self, value: Value) -> Value {
        match value {
            Value::String(text) => self.redact(&text).into(),
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
    pub(crate) fn excerpt(&self, body: &[u8]) -> Option<String> {
        const LONGEST: usize = 500;
        // More than is shown, so that no secret is cut in two, of which the first half would not be found.
        let longest_needle = self.needles.first().map_or(0, |needle| needle.text.len());
        let head = body.get(..LONGEST * 8 + longest_needle).unwrap_or(body);
        let text = on_one_line(&self.redact(&String::from_utf8_lossy(head)), LONGEST);
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

/// The text with each occurrence replaced, in whatever case. `lower` is the text in lower case, byte for byte.
fn without(text: &str, lower: &str, needle: &Needle) -> String {
    let mut changed = String::new();
    let mut rest = 0;
    for (at, found) in lower.match_indices(&needle.text) {
        changed += text.get(rest..at).unwrap_or_default();
        changed += needle.shown;
        rest = at + found.len();
    }
    changed + text.get(rest..).unwrap_or_default()
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
