//! The error of an attempt.

use std::error::Error as StdError;
use std::fmt;

/// The error of an attempt without a complete response.
///
/// It indicates whether the server may have acted on the request, and whether another attempt can help. The
/// constructors make the cautious choice; [`not_sent`](Self::not_sent) and [`permanent`](Self::permanent) change it.
#[derive(Debug)]
pub struct TransportError {
    failure: Failure,
    was_sent: bool,
    is_permanent: bool,
    cause: Box<dyn StdError + Send + Sync>,
}

/// The step that failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Failure {
    Connect,
    Certificate,
    Proxy,
    Broken,
    Timeout,
    Redirect,
    Request,
    NoRuntime,
}

impl TransportError {
    /// Creates the error of a connection that could not be made. Nothing was sent.
    pub fn connect(cause: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        Self { was_sent: false, ..Self::new(Failure::Connect, cause) }
    }

    /// Creates the error of a connection that broke. The server may have acted on the request.
    pub fn broken(cause: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        Self::new(Failure::Broken, cause)
    }

    /// Creates the error of a response that did not arrive in time. The server may have acted on the request.
    pub fn timeout(cause: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        Self::new(Failure::Timeout, cause)
    }

    pub(super) fn new(failure: Failure, cause: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        let is_permanent = !matches!(failure, Failure::Connect | Failure::Broken | Failure::Timeout);
        Self { failure, was_sent: true, is_permanent, cause: cause.into() }
    }

    /// Marks the request as certainly not acted on by the server, so that even a `POST` without an idempotency key may
    /// be sent again.
    #[must_use]
    pub fn not_sent(mut self) -> Self {
        self.was_sent = false;
        self
    }

    /// Marks the failure as permanent, so that the client does not retry.
    #[must_use]
    pub fn permanent(mut self) -> Self {
        self.is_permanent = true;
        self
    }

    /// Returns `true` if the server may have acted on the request.
    pub fn was_sent(&self) -> bool {
        self.was_sent
    }

    /// Returns `true` if no response arrived in time.
    pub fn is_timeout(&self) -> bool {
        self.failure == Failure::Timeout
    }

    /// Returns `true` if another attempt would fail in the same way, so that the client does not retry.
    pub fn is_permanent(&self) -> bool {
        self.is_permanent
    }

    pub(crate) fn failure(&self) -> Failure {
        self.failure
    }

    pub(crate) fn into_cause(self) -> Box<dyn StdError + Send + Sync> {
        self.cause
    }

    pub(crate) fn cause(&self) -> &(dyn StdError + 'static) {
        &*self.cause
    }
}

impl fmt::Display for TransportError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.failure {
            Failure::Connect => "cannot connect",
            Failure::Certificate => "the server's certificate was rejected",
            Failure::Proxy => "the proxy refused the connection",
            Failure::Broken => "the connection was lost",
            Failure::Timeout => "the response timed out",
            Failure::Redirect => "too many redirects",
            Failure::Request => "the request is invalid",
            Failure::NoRuntime => "there is no tokio runtime",
        })
    }
}

impl StdError for TransportError {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        Some(&*self.cause)
    }
}
