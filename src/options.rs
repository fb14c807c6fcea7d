//! How calls are made, for a client or for some of its calls.

use std::fmt;
use std::time::Duration;

use reqwest::header::{
    CONNECTION, CONTENT_LENGTH, HeaderMap, HeaderName, HeaderValue, TRAILER, TRANSFER_ENCODING, UPGRADE,
};

use crate::retry::Backoff;
use crate::{Error, ErrorKind, Result};

/// The header that makes a repeated `POST` one.
pub(crate) const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");

/// The header that stretches the life of an idempotency key.
pub(crate) const IDEMPOTENCY_EXPIRATION: HeaderName = HeaderName::from_static("x-idempotency-expiration");

/// With these a value could end one request and begin another.
const FRAMING: [HeaderName; 5] = [CONTENT_LENGTH, TRANSFER_ENCODING, CONNECTION, UPGRADE, TRAILER];

/// How calls are made: what [`Client::with_options`](crate::Client::with_options) and
/// [`ClientBuilder::options`](crate::ClientBuilder::options) change.
///
/// What cannot be sent, a header's name with a space in it, say, makes the calls fail with
/// [`ErrorKind::Configuration`], and names itself there.
#[derive(Clone)]
pub struct Options {
    pub(crate) timeout: Duration,
    pub(crate) deadline: Option<Duration>,
    pub(crate) max_retries: u32,
    pub(crate) backoff: Backoff,
    pub(crate) idempotency_keys: bool,
    pub(crate) headers: HeaderMap,
    pub(crate) query: Vec<(String, String)>,
    pub(crate) max_answer_bytes: usize,
    invalid: Option<String>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            timeout: Duration::from_secs(60),
            deadline: None,
            max_retries: 2,
            backoff: Backoff::default(),
            idempotency_keys: true,
            headers: HeaderMap::new(),
            query: Vec::new(),
            max_answer_bytes: 64 * 1024 * 1024,
            invalid: None,
        }
    }
}

impl Options {
    /// How long one attempt may take, from connecting to the last byte of the answer; 60 s by default.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// How long a call may take with all its attempts and the delays between them; without an end by default. A retry that
    /// would begin later is not made, and the last attempt gets no more time than is left.
    pub fn deadline(mut self, deadline: Duration) -> Self {
        self.deadline = Some(deadline);
        self
    }

    /// How often a call is tried again; 2 by default, 0 turns retries off. See [`retry`](crate::retry).
    pub fn max_retries(mut self, max_retries: u32) -> Self {
        self.max_retries = max_retries;
        self
    }

    /// How long a retry waits when the server does not say.
    pub fn backoff(mut self, backoff: Backoff) -> Self {
        self.backoff = backoff;
        self
    }

    /// Whether every `POST` without an idempotency key gets one, a v4 UUID, the same on each attempt; true by default.
    ///
    /// The server keeps the answer of the first request that began to execute under a key for 24 hours, a 500 included, and
    /// gives it again to every later request with that key: a send whose answer was lost is not sent twice, and a kept
    /// failure is not tried anew until the key is another. An answer that is given again can be empty, see
    /// [`ErrorKind::EmptyAnswer`]. A request that failed validation is not kept.
    ///
    /// Without a key a `POST` is only retried where the server cannot have acted on it.
    pub fn idempotency_keys(mut self, automatic: bool) -> Self {
        self.idempotency_keys = automatic;
        self
    }

    /// The idempotency key of the calls: for one call, or for the same call made again after a restart. On any method.
    ///
    /// Use it for a copy of the client that makes one call; under one key only the first of several calls is executed. It
    /// gives way to the key that an operation's own `idempotency_key` sets. A blank one is refused.
    pub fn idempotency_key(self, key: &str) -> Self {
        self.header(IDEMPOTENCY_KEY.as_str(), key)
    }

    /// How long the server keeps an idempotency key, up to a year: a moment, in seconds since the Unix epoch or as ISO 8601.
    pub fn idempotency_expiration(self, moment: &str) -> Self {
        self.header(IDEMPOTENCY_EXPIRATION.as_str(), moment)
    }

    /// A header of every call; it replaces one of the same name, the client's own included. Those that say where a message
    /// ends, such as `Content-Length`, are the connection's and are refused.
    pub fn header(mut self, name: &str, value: &str) -> Self {
        match (HeaderName::try_from(name), HeaderValue::from_str(value)) {
            (Ok(name), _) if FRAMING.contains(&name) => {
                self.refuse(format!("the header {name} is the connection's, and cannot be set"));
            }
            (Ok(name), Ok(mut value)) => {
                // Whatever it is, it is not ours to show.
                value.set_sensitive(true);
                self.headers.insert(name, value);
            }
            (Err(_), _) => self.refuse(format!("{name:?} cannot be the name of a header")),
            (_, Err(_)) => {
                self.refuse(format!("the value of the header {name} has a character that no header may have"))
            }
        }
        self
    }

    /// A query parameter of every call, beside those of the operation.
    pub fn query(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.query.push((name.into(), value.into()));
        self
    }

    /// The largest answer that is read, in bytes after decompression; 64 MiB by default.
    pub fn max_answer_bytes(mut self, bytes: usize) -> Self {
        self.max_answer_bytes = bytes;
        self
    }

    fn refuse(&mut self, reason: String) {
        self.invalid.get_or_insert(reason);
    }

    pub(crate) fn check(&self) -> Result<()> {
        match &self.invalid {
            Some(reason) => Err(Error::new(ErrorKind::Configuration, reason.clone())),
            None => Ok(()),
        }
    }
}

impl fmt::Debug for Options {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Options")
            .field("timeout", &self.timeout)
            .field("deadline", &self.deadline)
            .field("max_retries", &self.max_retries)
            .field("backoff", &self.backoff)
            .field("idempotency_keys", &self.idempotency_keys)
            .field("headers", &self.headers)
            .field("query", &self.query.iter().map(|(name, _)| name).collect::<Vec<_>>())
            .field("max_answer_bytes", &self.max_answer_bytes)
            .finish()
    }
}
