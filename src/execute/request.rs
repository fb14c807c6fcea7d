//! What a call sends, complete but for the attempt.

use std::sync::OnceLock;

use bytes::Bytes;
use http::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, USER_AGENT};
use http::{HeaderMap, HeaderValue, Method};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use reqwest::Url;

use crate::client::Client;
use crate::operation::{Operation, Outgoing};
use crate::retry::idempotency::{IDEMPOTENCY_EXPIRATION, IDEMPOTENCY_KEY};
use crate::secrets::redact::Redaction;
use crate::{Error, Result};

const JSON: HeaderValue = HeaderValue::from_static("application/json");
const AGENT: HeaderValue = HeaderValue::from_static(concat!("trycourier-rust/", env!("CARGO_PKG_VERSION")));

/// What a form leaves as it is; a space becomes a plus.
const FORM: &AsciiSet = &NON_ALPHANUMERIC.remove(b'*').remove(b'-').remove(b'.').remove(b'_').remove(b' ');

/// What a call sends. The URL and the headers are made of it for each attempt, so that a call without a retry makes them
/// once and copies nothing.
pub(crate) struct Prepared {
    pub operation: &'static Operation,
    pub method: Method,
    pub body: Option<Bytes>,
    /// Whether sending it twice does no more than sending it once.
    pub is_repeatable: bool,
    target: String,
    /// What the call itself sets but for its key.
    headers: HeaderMap,
    key: Option<HeaderValue>,
    redaction: OnceLock<Redaction>,
}

impl Prepared {
    pub(super) fn new(client: &Client, operation: &'static Operation, outgoing: Outgoing) -> Result<Self> {
        let options = client.options();
        options.check()?;
        let Outgoing { method, mut target, mut headers, key, body } = outgoing;
        // What the call itself says comes before what is said of several: a second `cursor` would start the list anew.
        if !options.query.is_empty() {
            let own = target.clone();
            for (name, value) in options.query.iter().filter(|(name, _)| !has_parameter(&own, name)) {
                push_parameter(&mut target, name, value);
            }
        }
        let key = key.or_else(|| options.idempotency_key.clone());
        // To the server a blank key may be none, and then a retry would be a second request.
        if key.as_ref().is_some_and(|key| key.as_bytes().trim_ascii().is_empty()) {
            return Err(Error::invalid_argument("the idempotency key is blank"));
        }
        let is_post = method == Method::POST;
        let key = match key {
            None if is_post && options.idempotency_keys => client.shared().keys.header(),
            key => key,
        };
        if let Some(expiration) = &options.idempotency_expiration {
            headers.entry(IDEMPOTENCY_EXPIRATION).or_insert_with(|| expiration.clone());
        }
        // A key is looked at for a `POST` alone.
        let is_repeatable = operation.repeatable || (is_post && key.is_some());
        Ok(Self { operation, method, body, is_repeatable, target, headers, key, redaction: OnceLock::new() })
    }

    pub(super) fn key(&self) -> Option<&HeaderValue> {
        self.key.as_ref()
    }

    /// The URL, checked: it leads where the path says.
    pub(super) fn url(&self, client: &Client) -> Result<Url> {
        client.shared().base_url.join(&self.target).ok_or_else(|| {
            Error::invalid_argument("the path has a `.` or `..` segment, or a character that must be percent-encoded")
        })
    }

    /// The headers of an attempt.
    pub(super) fn headers(&self, client: &Client) -> HeaderMap {
        let mut headers = HeaderMap::with_capacity(8);
        headers.insert(ACCEPT, JSON);
        #[cfg(feature = "gzip")]
        headers.insert(http::header::ACCEPT_ENCODING, super::gzip::ACCEPTED);
        headers.insert(AUTHORIZATION, client.shared().authorization.clone());
        headers.insert(USER_AGENT, AGENT);
        if self.body.is_some() {
            headers.insert(CONTENT_TYPE, JSON);
        }
        for (name, value) in self.headers.iter().chain(&client.options().headers) {
            headers.insert(name, value.clone());
        }
        if let Some(key) = &self.key {
            headers.insert(IDEMPOTENCY_KEY, key.clone());
        }
        headers
    }

    /// Removes what no text about the call may show. It is made once, by the first attempt that needs it.
    pub(crate) fn redaction(&self, client: &Client) -> Redaction {
        let new = || super::errors::redaction(client, self.operation, &self.target, self.body.as_deref());
        self.redaction.get_or_init(new).clone()
    }
}

fn has_parameter(target: &str, name: &str) -> bool {
    let mut encoded = String::new();
    push_encoded(&mut encoded, name);
    let query = target.split_once('?').map_or("", |(_, query)| query);
    query.split('&').any(|pair| pair.split('=').next() == Some(encoded.as_str()))
}

/// Adds a parameter to the query of a target.
pub(crate) fn push_parameter(target: &mut String, name: &str, value: &str) {
    target.push(if target.contains('?') { '&' } else { '?' });
    push_encoded(target, name);
    target.push('=');
    push_encoded(target, value);
}

fn push_encoded(query: &mut String, text: &str) {
    for part in utf8_percent_encode(text, FORM) {
        if part.contains(' ') { query.push_str(&part.replace(' ', "+")) } else { query.push_str(part) }
    }
}
