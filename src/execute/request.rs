//! The request of a call.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use bytes::Bytes;
use http::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, USER_AGENT};
use http::{HeaderMap, HeaderValue, Method, Uri};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use reqwest::Url;

use crate::client::Client;
use crate::client::api_key::ApiKey;
use crate::operation::Operation;
use crate::retry::idempotency::{IDEMPOTENCY_EXPIRATION, IDEMPOTENCY_KEY};
use crate::secrets::redact::Redaction;
use crate::transport::Attempt;
use crate::{Error, Result};

const JSON: HeaderValue = HeaderValue::from_static("application/json");
const AGENT: HeaderValue = HeaderValue::from_static(concat!("trycourier-rust/", env!("CARGO_PKG_VERSION")));

/// The number of headers that the client itself adds to a request with a body.
const CLIENT_HEADERS: usize = 5;

/// The characters that a form does not encode, and the space, which becomes a plus.
const FORM: &AsciiSet = &NON_ALPHANUMERIC.remove(b'*').remove(b'-').remove(b'.').remove(b'_').remove(b' ');

/// The request of a call, from its arguments to its attempts.
pub(crate) struct Request {
    pub operation: &'static Operation,
    pub method: Method,
    /// `/path?query`, percent-encoded.
    pub target: String,
    /// The headers of the call itself, except its idempotency key. Each attempt adds the client's headers.
    pub headers: HeaderMap,
    pub key: Option<HeaderValue>,
    /// The body; empty if the request has no body. It is JSON unless `headers` has another content type.
    pub body: Bytes,
    /// The URL of the first attempt, in both of its forms, until it is sent.
    url: Option<(Url, Uri)>,
    /// The API key of the first attempts, and the key that replaces it after a 401.
    api_keys: [Option<Arc<ApiKey>>; 2],
    /// The redaction of texts about the attempts with each of these keys.
    redactions: [OnceLock<Box<Redaction>>; 2],
}

impl Request {
    /// Creates a request without headers and body, in a box, because a call moves it several times.
    pub(crate) fn new(operation: &'static Operation, method: Method, target: String) -> Box<Self> {
        let (headers, key, body) = (HeaderMap::new(), None, Bytes::new());
        let (url, api_keys, redactions) = Default::default();
        Box::new(Self { operation, method, target, headers, key, body, url, api_keys, redactions })
    }

    /// Sets the API key of the following attempts: once before the first, and once after a 401.
    pub(super) fn set_api_key(&mut self, key: Arc<ApiKey>) {
        let [first, second] = &mut self.api_keys;
        *if first.is_none() { first } else { second } = Some(key);
    }

    /// Returns the API keys of the attempts, the latest last.
    pub(super) fn api_keys(&self) -> impl DoubleEndedIterator<Item = &Arc<ApiKey>> {
        self.api_keys.iter().flatten()
    }

    /// Sets the idempotency key and its expiration: the values set on the call, the values in the options, or a new key
    /// for a `POST`.
    pub(crate) fn set_key(&mut self, client: &Client, is_automatic: bool) -> Result<()> {
        let options = client.options();
        options.check()?;
        if self.key.is_none() {
            self.key.clone_from(&options.idempotency_key);
        }
        if self.key.is_none() && is_automatic && self.method == Method::POST {
            self.key = client.account().keys.next_header();
        }
        if let Some(expiration) = &options.idempotency_expiration {
            self.headers.entry(IDEMPOTENCY_EXPIRATION).or_insert_with(|| expiration.clone());
        }
        Ok(())
    }

    /// Adds the options of the client, and checks the path.
    pub(super) fn complete(&mut self, client: &Client) -> Result<()> {
        let options = client.options();
        self.set_key(client, options.idempotency_keys)?;
        // The call's own parameters take precedence: a second `cursor` would start the list again.
        if !options.query.is_empty() {
            let own_target = self.target.clone();
            for (name, value) in options.query.iter().filter(|(name, _)| !has_parameter(&own_target, name)) {
                push_parameter(&mut self.target, name, value);
            }
        }
        self.url = Some(self.join_url(client)?);
        Ok(())
    }

    fn join_url(&self, client: &Client) -> Result<(Url, Uri)> {
        let url = client.shared().base_url.join(&self.target).ok_or_else(|| {
            Error::invalid_argument("the path has a `.` or `..` segment, or a character that must be percent-encoded")
        })?;
        let uri = Uri::try_from(url.as_str())
            .map_err(|error| Error::invalid_argument("the path does not make a valid URL").caused_by(error))?;
        Ok((url, uri))
    }

    /// Returns `true` if sending the request twice does no more than sending it once. The server respects a key only
    /// for a `POST`.
    pub(super) fn is_repeatable(&self) -> bool {
        self.operation.repeatable || (self.method == Method::POST && self.key.is_some())
    }

    /// Creates an attempt: the URL and the headers are made for each, so that a call without a retry copies none.
    pub(super) fn attempt(&mut self, client: &Client, number: u32, timeout: Duration) -> Result<Attempt> {
        let (url, uri) = self.url.take().map_or_else(|| self.join_url(client), Ok)?;
        let mut request = http::Request::new(self.body.clone());
        *request.method_mut() = self.method.clone();
        *request.uri_mut() = uri;
        *request.headers_mut() = self.attempt_headers(client);
        Ok(Attempt { request, url: Some(url), operation: self.operation, number, timeout })
    }

    fn attempt_headers(&self, client: &Client) -> HeaderMap {
        let own = [self.headers.len(), client.options().headers.len(), usize::from(self.key.is_some())];
        // With room for one more, because reqwest looks for a place for its own `accept`, and would enlarge a full map.
        let mut headers = HeaderMap::with_capacity(CLIENT_HEADERS + own.iter().sum::<usize>() + 1);
        // Not inserted: reqwest appends headers as well, and code that runs anyway is in the processor's cache.
        headers.append(ACCEPT, JSON);
        #[cfg(feature = "gzip")]
        headers.append(http::header::ACCEPT_ENCODING, super::gzip::ACCEPTED);
        if let Some(key) = self.api_keys().next_back() {
            headers.append(AUTHORIZATION, key.authorization.clone());
        }
        headers.append(USER_AGENT, AGENT);
        if !self.body.is_empty() {
            headers.append(CONTENT_TYPE, JSON);
        }
        if let Some(key) = &self.key {
            headers.append(IDEMPOTENCY_KEY, key.clone());
        }
        for (name, value) in self.headers.iter().chain(&client.options().headers) {
            if self.key.is_none() || name != IDEMPOTENCY_KEY {
                headers.insert(name, value.clone());
            }
        }
        headers
    }

    /// Returns the redaction of every text about the call. It is made when it is first needed.
    pub(super) fn redaction(&self, client: &Client) -> &Redaction {
        let [first, second] = &self.redactions;
        let redaction = if self.api_keys().count() < 2 { first } else { second };
        redaction.get_or_init(|| Box::new(super::errors::redaction(client, self)))
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
