//! How calls are made, for a client or for some of its calls.

use std::fmt;
use std::time::Duration;

use http::header::{
    CONNECTION, CONTENT_LENGTH, HeaderMap, HeaderName, HeaderValue, TRAILER, TRANSFER_ENCODING, UPGRADE,
};

use crate::retry::Backoff;
use crate::retry::idempotency::{IDEMPOTENCY_EXPIRATION, IDEMPOTENCY_KEY};
use crate::{Error, ErrorKind, Result};

/// With these a value could end one request and begin another.
pub(crate) const FRAMING: [HeaderName; 5] = [CONTENT_LENGTH, TRANSFER_ENCODING, CONNECTION, UPGRADE, TRAILER];

/// How calls are made. [`ClientBuilder::options`](crate::ClientBuilder::options) sets the options of all calls,
/// [`Client::with_options`](crate::Client::with_options) those of a copy of the client, and `options` of a call those of that
/// call alone.
///
/// ```no_run
/// # use std::time::Duration;
/// # async fn example(client: &trycourier::Client) -> trycourier::Result<()> {
/// let quick = client.with_options(|o| o.attempt_timeout(Duration::from_secs(5)).max_retries(1));
/// let lists = quick.lists().list().options(|o| o.total_timeout(Duration::from_secs(8))).await?;
/// println!("{} lists", lists.items.len());
/// # Ok(())
/// # }
/// ```
///
/// With a value that cannot be sent, such as a header name with a space in it, calls fail with
/// [`ErrorKind::Configuration`], and the error names the value.
#[derive(Clone)]
#[must_use]
pub struct Options {
    pub(crate) attempt_timeout: Duration,
    pub(crate) total_timeout: Option<Duration>,
    pub(crate) max_retries: u32,
    pub(crate) backoff: Backoff,
    pub(crate) idempotency_keys: bool,
    pub(crate) idempotency_key: Option<HeaderValue>,
    pub(crate) idempotency_expiration: Option<HeaderValue>,
    pub(crate) headers: HeaderMap,
    pub(crate) query: Vec<(String, String)>,
    pub(crate) max_response_bytes: usize,
    pub(crate) strict_decoding: bool,
    pub(crate) pause_on_rate_limit: bool,
    invalid: Option<String>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            attempt_timeout: Duration::from_secs(60),
            total_timeout: None,
            max_retries: 2,
            backoff: Backoff::default(),
            idempotency_keys: true,
            idempotency_key: None,
            idempotency_expiration: None,
            headers: HeaderMap::new(),
            query: Vec::new(),
            max_response_bytes: 8 * 1024 * 1024,
            strict_decoding: false,
            pause_on_rate_limit: true,
            invalid: None,
        }
    }
}

impl Options {
    /// How long one attempt may take, from connecting to the last byte of the response. The default is 60 s.
    #[doc(alias = "timeout")]
    pub fn attempt_timeout(mut self, timeout: Duration) -> Self {
        self.attempt_timeout = timeout;
        self
    }

    /// How long a call may take with all its attempts and the delays between them. There is no limit by default. No retry begins
    /// after the deadline, and the last attempt gets only the time that is left.
    #[doc(alias = "timeout")]
    #[doc(alias = "deadline")]
    pub fn total_timeout(mut self, timeout: Duration) -> Self {
        self.total_timeout = Some(timeout);
        self
    }

    /// A deadline that is no later than this.
    pub(crate) fn total_timeout_within(mut self, left: Duration) -> Self {
        self.total_timeout = Some(self.total_timeout.map_or(left, |timeout| timeout.min(left)));
        self
    }

    /// How often a call is retried. The default is 2; 0 turns retries off. See [`retry`](crate::retry).
    pub fn max_retries(mut self, max_retries: u32) -> Self {
        self.max_retries = max_retries;
        self
    }

    /// The delay before a retry, if the server does not ask for one: by default 0.5 s, doubled for each retry up to 8 s, less up
    /// to a quarter at random.
    pub fn backoff(mut self, backoff: Backoff) -> Self {
        self.backoff = backoff;
        self
    }

    /// Whether a `POST` without an idempotency key gets one: a random UUID, the same for each attempt. The default is `true`.
    ///
    /// For 24 hours, the server stores the response to the first request that it began to execute under a key, even a 500, and
    /// repeats it for every later request with that key. So a send whose response was lost is not sent twice, and after a stored
    /// failure only another key makes the server try again. A repeated answer can be empty, see [`ErrorKind::EmptyBody`]. The
    /// answer to a request that failed validation is not stored.
    ///
    /// A `POST` without a key is only retried if the server certainly has not acted on it.
    pub fn idempotency_keys(mut self, automatic: bool) -> Self {
        self.idempotency_keys = automatic;
        self
    }

    /// The idempotency key of one call, which makes it safe to repeat the call later: after an error with an unknown outcome,
    /// after a dropped future, or after a restart. [`Client::new_idempotency_key`](crate::Client::new_idempotency_key) makes one.
    ///
    /// Under one key the server executes only the first of several calls. So set it for a single call, in the call's own options
    /// or those of a copy of the client that makes no other call. [`ClientBuilder`](crate::ClientBuilder) refuses it, because all
    /// calls would share it. A key that the call itself sets takes precedence. A blank key is refused.
    pub fn idempotency_key(mut self, key: &str) -> Self {
        self.idempotency_key = self.value(&IDEMPOTENCY_KEY, key).or(self.idempotency_key);
        self
    }

    /// For calls that are made after the one that the key is for.
    #[cfg(feature = "bulk")]
    pub(crate) fn without_idempotency_key(mut self) -> Self {
        self.idempotency_key = None;
        self
    }

    /// Until when the server remembers the idempotency key, at most a year from now: in seconds since the Unix epoch, or as an
    /// ISO 8601 date and time. By default it is 24 hours.
    pub fn idempotency_expiration(mut self, moment: &str) -> Self {
        self.idempotency_expiration = self.value(&IDEMPOTENCY_EXPIRATION, moment).or(self.idempotency_expiration);
        self
    }

    /// A header for every call. It replaces one of the same name, even one that the client itself sets. Headers that frame a
    /// request, such as `Content-Length`, are refused.
    pub fn header(mut self, name: &str, value: &str) -> Self {
        let Ok(name) = HeaderName::try_from(name) else {
            self.refuse(format!("{name:?} is not a valid header name"));
            return self;
        };
        if FRAMING.contains(&name) {
            self.refuse(format!("the header {name} belongs to the connection and cannot be set"));
        } else if name == IDEMPOTENCY_KEY {
            return self.idempotency_key(value);
        } else if name == IDEMPOTENCY_EXPIRATION {
            return self.idempotency_expiration(value);
        } else if let Some(value) = self.value(&name, value) {
            self.headers.insert(name, value);
        }
        self
    }

    /// A query parameter for every call, in addition to those of the operation.
    pub fn query(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.query.push((name.into(), value.into()));
        self
    }

    /// The largest answer that is read, in bytes after decompression. The default is 8 MiB.
    ///
    /// Decoded values need more memory than their text: up to about 100 times as much for the worst that a hostile server can
    /// send, such as a list of tiny objects. With the default, even such a response needs less than 1 GiB.
    pub fn max_response_bytes(mut self, bytes: usize) -> Self {
        self.max_response_bytes = bytes;
        self
    }

    /// Whether a response that does not match the API's description is an error, [`ErrorKind::Mismatch`]. By default it is not:
    /// a value that does not fit is kept in `extra`, and [`Response::mismatches`](crate::Response::mismatches) lists the place.
    pub fn strict_decoding(mut self, strict: bool) -> Self {
        self.strict_decoding = strict;
        self
    }

    /// Whether a call waits if the server has just answered another call of the same operation with a 429 and a delay. This
    /// holds for calls of the client and its clones. The default is `true`.
    pub fn pause_on_rate_limit(mut self, pause_on_rate_limit: bool) -> Self {
        self.pause_on_rate_limit = pause_on_rate_limit;
        self
    }

    /// A header's value, which is not ours to show; none after noting why it cannot be sent.
    fn value(&mut self, name: &HeaderName, value: &str) -> Option<HeaderValue> {
        match HeaderValue::from_str(value) {
            Ok(mut value) => {
                value.set_sensitive(true);
                Some(value)
            }
            Err(_) => {
                self.refuse(format!(
                    "the value of the header {name} contains a character that is not allowed in a header"
                ));
                None
            }
        }
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
            .field("attempt_timeout", &self.attempt_timeout)
            .field("total_timeout", &self.total_timeout)
            .field("max_retries", &self.max_retries)
            .field("backoff", &self.backoff)
            .field("idempotency_keys", &self.idempotency_keys)
            .field("has_idempotency_key", &self.idempotency_key.is_some())
            .field("headers", &self.headers)
            .field("query", &self.query.iter().map(|(name, _)| name).collect::<Vec<_>>())
            .field("max_response_bytes", &self.max_response_bytes)
            .field("strict_decoding", &self.strict_decoding)
            .field("pause_on_rate_limit", &self.pause_on_rate_limit)
            .finish()
    }
}
