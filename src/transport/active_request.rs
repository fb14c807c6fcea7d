//! A request and its response over a connection.

use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;

use super::error::{Failure, TransportError};
use super::pools::Pools;
use crate::error::causes::causes;

/// A request and its response, until the response is complete or the request has failed.
pub(super) struct ActiveRequest {
    pub pools: Arc<Pools>,
    /// The number of the pool that it uses.
    pub number: u64,
    pub start: Instant,
    pub timeout: Duration,
    pub has_ended: bool,
}

/// A caller that also limits the time can drop the request right before it fails with its own timeout.
impl Drop for ActiveRequest {
    fn drop(&mut self) {
        if !self.has_ended && self.start.elapsed() >= self.timeout {
            self.pools.replace_after_timeout(self.number);
        }
    }
}

impl ActiveRequest {
    /// Converts the error of the request, and replaces the pool after a timeout.
    pub(super) fn failed(&self, error: reqwest::Error) -> TransportError {
        let error = TransportError::from_reqwest(error);
        if error.is_timeout() && error.was_sent() {
            self.pools.replace_after_timeout(self.number);
        }
        error
    }
}

/// A response whose body is arriving.
pub(super) struct IncomingResponse {
    pub response: reqwest::Response,
    pub request: ActiveRequest,
}

impl IncomingResponse {
    /// Returns the next bytes, or `None` at the end.
    pub(super) async fn chunk(&mut self) -> Result<Option<Bytes>, TransportError> {
        let chunk = self.response.chunk().await;
        self.request.pools.record_event();
        let is_complete = self.response.content_length() == Some(0);
        self.request.has_ended = is_complete || !matches!(chunk, Ok(Some(_)));
        chunk.map_err(|error| self.request.failed(error))
    }
}

impl TransportError {
    #[cold]
    fn from_reqwest(error: reqwest::Error) -> Self {
        // The URL contains ids and tokens.
        let error = error.without_url();
        if error.is_builder() {
            return Self::new(Failure::Request, error).not_sent();
        }
        if error.is_redirect() {
            // By the caller's client.
            return Self::new(Failure::Redirect, error);
        }
        if error.is_connect() {
            let failure = connect_failure(&error);
            return Self::new(failure, error).not_sent();
        }
        let was_refused = causes(&error).any(|cause| cause.downcast_ref::<h2::Error>().is_some_and(is_refused));
        let failed = if error.is_timeout() { Self::timeout(error) } else { Self::broken(error) };
        if was_refused { failed.not_sent() } else { failed }
    }
}

/// Classifies a connection that failed. The types of the causes belong to the TLS library in use, so their texts
/// decide.
fn connect_failure(error: &reqwest::Error) -> Failure {
    let says = |text: &str| causes(error).any(|cause| cause.to_string().to_ascii_lowercase().contains(text));
    if says("certificate") {
        Failure::Certificate
    } else if says("tunnel error: unsuccessful")
        || says("tunnel error: proxy authorization required")
        || says("unsupported scheme")
    {
        Failure::Proxy
    } else if error.is_timeout() {
        Failure::Timeout
    } else {
        Failure::Connect
    }
}

/// Returns `true` if HTTP/2 says that the request was not processed: RFC 9113, section 8.7.
fn is_refused(error: &h2::Error) -> bool {
    let without_fault = error.is_go_away() && error.reason() == Some(h2::Reason::NO_ERROR);
    let refused = error.is_reset() && error.reason() == Some(h2::Reason::REFUSED_STREAM);
    error.is_remote() && (without_fault || refused)
}
