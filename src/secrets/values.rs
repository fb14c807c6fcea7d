//! The confidential values of a call.

use std::borrow::Cow;
use std::collections::BTreeMap;

use percent_encoding::percent_decode_str;
use serde_json::Value;

use crate::secrets::SENSITIVE;
use crate::secrets::names::{holds_secrets, is_secret_name};

/// The length from which a value is also removed within a word. Shorter values also occur by chance within ordinary
/// words, so they are removed only if they are whole words.
pub(super) const MIN_INSIDE_WORD: usize = 8;

/// The maximum number of values. With more values, no part of a text is shown. A full chunk of a bulk job with four
/// secrets per user has fewer.
pub(super) const MAX_VALUES: usize = 5000;

/// The confidential values of a call, each with its replacement text.
#[derive(Default)]
pub(crate) struct Secrets {
    pub(super) values: BTreeMap<String, &'static str>,
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

fn decoded(text: &str) -> Cow<'_, str> {
    percent_decode_str(text).decode_utf8_lossy()
}
