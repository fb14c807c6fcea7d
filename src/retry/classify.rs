//! The classes of failures, which determine whether another attempt is made.

use http::HeaderMap;

use crate::error::RetryHint;
use crate::{Error, ErrorKind};

/// The class of a failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Class {
    /// The same request can succeed later.
    Transient,
    /// The server accepted the request, and its response was lost on the way.
    LostResponse,
    /// The same request would fail again.
    Permanent,
}

/// Classifies a failure by its kind, its status and its hint.
fn classify(error: &Error) -> Class {
    let hint = error.retry_hint();
    let is_connection = matches!(error.kind(), ErrorKind::Connection | ErrorKind::Timeout);
    match error.status() {
        _ if hint == RetryHint::Permanent => Class::Permanent,
        Some(status) if status.is_success() && (is_connection || hint == RetryHint::CutOff) => Class::LostResponse,
        Some(status) if error.kind() == ErrorKind::Server && !status.is_server_error() => Class::Permanent,
        _ => match error.kind() {
            ErrorKind::Connection
            | ErrorKind::Timeout
            | ErrorKind::RequestTimeout
            | ErrorKind::Conflict
            | ErrorKind::RateLimited
            | ErrorKind::ApiKey
            | ErrorKind::Limiter
            | ErrorKind::Server => Class::Transient,
            _ => Class::Permanent,
        },
    }
}

/// Returns `true` if a failed request should be sent again.
pub(crate) fn is_retryable(error: &Error, is_repeatable: bool) -> bool {
    match (classify(error), error.should_retry()) {
        (_, Some(false)) => false,
        // The work is done, so it is repeated only for its response, regardless of the server's decision.
        (Class::LostResponse, _) => is_repeatable,
        _ if error.status().is_some_and(|status| status.is_success()) => false,
        (_, Some(true)) => true,
        (Class::Transient, None) => is_repeatable || !error.was_sent() || error.kind() == ErrorKind::RateLimited,
        (Class::Permanent, None) => false,
    }
}

/// Parses the header `x-should-retry`.
pub(crate) fn parse_should_retry(headers: &HeaderMap) -> Option<bool> {
    match headers.get("x-should-retry")?.as_bytes() {
        b"true" => Some(true),
        b"false" => Some(false),
        _ => None,
    }
}

impl Error {
    /// Returns `true` if the same call can succeed later without a change, because the failure is temporary: a lost
    /// connection, a timeout, a rate limit, a server error, a response that broke off.
    ///
    /// If the request [was sent](Self::was_sent), make the call again only under the same
    /// [idempotency key](Self::idempotency_key).
    #[doc(alias = "is_retryable")]
    #[doc(alias = "is_temporary")]
    pub fn is_transient(&self) -> bool {
        classify(self) != Class::Permanent
    }
}
