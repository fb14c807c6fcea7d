//! The options of calls, for a client or for some of its calls.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use http::header::{
    CONNECTION, CONTENT_LENGTH, HeaderMap, HeaderName, HeaderValue, TRAILER, TRANSFER_ENCODING, UPGRADE,
};

use crate::retry::idempotency::{IDEMPOTENCY_EXPIRATION, IDEMPOTENCY_KEY, parse_expiration_header, parse_key};
use crate::retry::{Backoff, Limiter};
use crate::values::sensitive::sensitive_header;
use crate::values::timestamp::Timestamp;
use crate::{Error, ErrorKind, Result};

/// The headers with which a value could end one request and begin another.
pub(crate) const FRAMING_HEADERS: [HeaderName; 5] = [CONTENT_LENGTH, TRANSFER_ENCODING, CONNECTION, UPGRADE, TRAILER];

/// The options of calls. [`ClientBuilder::options`](crate::ClientBuilder::options) sets the options of all calls,
/// [`Client::with_options`](crate::Client::with_options) sets those of a copy of the client, and a call's `options`
/// method sets those of that call only.
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
/// If a value cannot be sent, such as a header name with a space, calls fail with [`ErrorKind::Configuration`], and the
/// error names the value. An invalid idempotency key or expiration is an [`ErrorKind::InvalidArgument`].
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
    pub(crate) limiter: Option<Arc<dyn Limiter>>,
    invalid: Option<(ErrorKind, String)>,
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
            limiter: None,
            invalid: None,
        }
    }
}

impl Options {
    /// Sets the time limit for one attempt, from connecting to the last byte of the response. The default is 60 s.
    #[doc(alias = "timeout")]
    pub fn attempt_timeout(mut self, timeout: Duration) -> Self {
        self.attempt_timeout = timeout;
        self
    }

    /// Sets the time limit for a call, including all attempts, the delays between them, and the time spent waiting for
    /// a rate limit. The default is unlimited. No retry starts after the limit, and the last attempt gets only the
    /// remaining time.
    #[doc(alias = "timeout")]
    #[doc(alias = "deadline")]
    pub fn total_timeout(mut self, timeout: Duration) -> Self {
        self.total_timeout = Some(timeout);
        self
    }

    /// Lowers the total timeout to the remaining time.
    pub(crate) fn total_timeout_within(mut self, remaining: Duration) -> Self {
        self.total_timeout = Some(self.total_timeout.map_or(remaining, |timeout| timeout.min(remaining)));
        self
    }

    /// Sets the number of retries of a call. The default is 2; 0 turns retries off. See [`retry`](crate::retry).
    #[doc(alias = "retry")]
    pub fn max_retries(mut self, max_retries: u32) -> Self {
        self.max_retries = max_retries;
        self
    }

    /// Sets the delay before a retry if the server does not request a delay. The default is 0.5 s, doubled for each
    /// retry up to 8 s, and randomly reduced by up to a quarter.
    pub fn backoff(mut self, backoff: Backoff) -> Self {
        self.backoff = backoff;
        self
    }

    /// Sets whether a `POST` without an idempotency key gets a random UUID as its key, the same for each attempt. The
    /// default is `true`.
    ///
    /// For 24 hours, the server repeats the response to the first request under a key for every later request with that
    /// key, so a message whose response was lost is not sent twice. The
    /// [guide](crate::guide::retries#when-the-outcome-is-unknown) has the rules for keys.
    ///
    /// A `POST` without a key is retried only if the server has certainly not acted on it. `prepare()` gives every
    /// `POST` a key regardless of this option, because a [`Prepared`](crate::Prepared) call can be performed several
    /// times.
    pub fn idempotency_keys(mut self, automatic: bool) -> Self {
        self.idempotency_keys = automatic;
        self
    }

    /// Sets the idempotency key of one call, which makes it safe to repeat the call later: after an error with an
    /// unknown outcome, after a dropped future, or after a restart.
    /// [`Client::new_idempotency_key`](crate::Client::new_idempotency_key) creates a key.
    ///
    /// The server executes only the first of several calls under one key. So set it for a single call, in the call's
    /// own options or in those of a copy of the client that makes no other call.
    /// [`ClientBuilder`](crate::ClientBuilder) refuses a key, because all calls would share it. A key set on the call
    /// itself takes precedence.
    ///
    /// A key consists of visible ASCII characters, without leading or trailing blanks. With any other key, calls fail
    /// with [`ErrorKind::InvalidArgument`].
    pub fn idempotency_key(mut self, key: &str) -> Self {
        match parse_key(key) {
            Ok(key) => self.idempotency_key = Some(key),
            Err(error) => self.refuse(error.kind(), error.to_string()),
        }
        self
    }

    /// Removes the key, for calls after the call that the key is for.
    #[cfg(feature = "bulk")]
    pub(crate) fn without_idempotency_key(mut self) -> Self {
        self.idempotency_key = None;
        self
    }

    /// Sets the time until which the server remembers the idempotency key, at most a year from now. The default is 24
    /// hours.
    ///
    /// The argument is a [`SystemTime`](std::time::SystemTime), or a string: an ISO 8601 date and time with an offset,
    /// or milliseconds since the Unix epoch. With any other string, calls fail with [`ErrorKind::InvalidArgument`]. A
    /// number of seconds, as in the example of Courier's API description, is also sent, but a
    /// [`Prepared`](crate::Prepared) call does not rely on it.
    pub fn idempotency_expiration(mut self, expiration: impl Into<Timestamp>) -> Self {
        match parse_expiration_header(expiration.into().as_str()) {
            Ok(expiration) => self.idempotency_expiration = Some(expiration),
            Err(error) => self.refuse(error.kind(), error.to_string()),
        }
        self
    }

    /// Sets a header for every call. It replaces a header of the same name, even a header that the client itself sets.
    /// Headers that frame a request, such as `Content-Length`, are refused.
    pub fn header(mut self, name: &str, value: &str) -> Self {
        let reason = match HeaderName::try_from(name) {
            Err(_) => format!("{name:?} is not a valid header name"),
            Ok(name) if name == IDEMPOTENCY_KEY => return self.idempotency_key(value),
            Ok(name) if name == IDEMPOTENCY_EXPIRATION => return self.idempotency_expiration(value),
            Ok(name) if FRAMING_HEADERS.contains(&name) => {
                format!("the header {name} belongs to the connection and cannot be set")
            }
            Ok(name) => match sensitive_header(value) {
                Some(value) => {
                    self.headers.insert(name, value);
                    return self;
                }
                None => format!("the value of the header {name} contains a character that is not allowed in a header"),
            },
        };
        self.refuse(ErrorKind::Configuration, reason);
        self
    }

    /// Adds a query parameter to every call, unless the call itself sets a parameter of that name.
    pub fn query(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.query.push((name.into(), value.into()));
        self
    }

    /// Sets the maximum size of a response, in bytes after decompression. The default is 8 MiB.
    ///
    /// Decoded values need more memory than their text: up to about 100 times as much for the worst response that a
    /// hostile server can send, such as a list of tiny objects. With the default limit, even such a response needs less
    /// than 1 GiB.
    pub fn max_response_bytes(mut self, bytes: usize) -> Self {
        self.max_response_bytes = bytes;
        self
    }

    /// Sets whether a response that does not match the API's description is an error, [`ErrorKind::Mismatch`]. The
    /// default is `false`: a value of an unexpected type is kept in `extra`, and
    /// [`Response::mismatches`](crate::Response::mismatches) has its path.
    pub fn strict_decoding(mut self, strict: bool) -> Self {
        self.strict_decoding = strict;
        self
    }

    /// Sets whether calls of an operation wait after the server has responded to one of them with a 429 and a delay, or
    /// with headers such as `RateLimit-Remaining: 0` and `RateLimit-Reset: 5`. They wait for at most 60 s.
    /// Clones of the client wait as well. The default is `true`.
    #[doc(alias = "hold_back")]
    #[doc(alias = "throttle")]
    pub fn pause_on_rate_limit(mut self, pause: bool) -> Self {
        self.pause_on_rate_limit = pause;
        self
    }

    /// Sets a rate limit outside of the client, such as a limit that several processes share. Each attempt needs a
    /// permit from it. See [`Limiter`].
    pub fn limiter(mut self, limiter: impl Limiter) -> Self {
        self.limiter = Some(Arc::new(limiter));
        self
    }

    fn refuse(&mut self, kind: ErrorKind, reason: String) {
        self.invalid.get_or_insert((kind, reason));
    }

    /// Returns the first value that cannot be sent as an error.
    pub(crate) fn check(&self) -> Result<()> {
        self.invalid.as_ref().map_or(Ok(()), |(kind, reason)| Err(Error::new(*kind, reason.clone())))
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
            .field("has_limiter", &self.limiter.is_some())
            .finish()
    }
}
