//! What can be seen of a call from outside: a report for metrics, a span and events for traces.

use std::time::Duration;

use http::StatusCode;

use crate::operation::Operation;
use crate::{Error, ErrorKind, Mismatch};

/// A call that has ended, as [`ClientBuilder::on_call`](crate::ClientBuilder::on_call) reports it.
///
/// It contains no ids, keys or bodies, so every field can be a label of a metric. A call that was refused before it was sent, or
/// whose future was dropped, is not reported.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct CallReport {
    /// The dotted name of the operation, such as `bulk.list_users`, or `request` for a call by
    /// [`Client::request`](crate::Client::request).
    pub operation: &'static str,
    /// The HTTP method; `_OTHER` for one that HTTP does not define, as OpenTelemetry has it.
    pub method: &'static str,
    /// The path with the names of its parameters, such as `/bulk/{job_id}/users`.
    pub path: &'static str,
    /// The HTTP status; `None` if there was no response.
    pub status: Option<StatusCode>,
    /// What went wrong; `None` for a success.
    pub error: Option<ErrorKind>,
    /// How often the request was sent.
    pub attempts: u32,
    /// How many values of the response were not as described.
    pub mismatches: usize,
    /// How long the call took, with all attempts and the delays between them.
    pub duration: Duration,
}

impl CallReport {
    pub(crate) fn of(operation: &Operation, end: End<'_>, duration: Duration) -> Self {
        let Operation { id, method, path, .. } = *operation;
        let (status, error, attempts, mismatches) = match end {
            End::Answered { status, attempts, mismatches } => (Some(status), None, attempts, mismatches),
            End::Failed(error) => (error.status(), Some(error.kind()), error.attempts(), error.mismatches()),
        };
        Self { operation: id, method, path, status, error, attempts, mismatches: mismatches.len(), duration }
    }
}

/// How a call ended.
pub(crate) enum End<'a> {
    Answered { status: StatusCode, attempts: u32, mismatches: &'a [Mismatch] },
    Failed(&'a Error),
}

/// The span of a call, under OpenTelemetry's semantic conventions for HTTP clients.
#[cfg(feature = "tracing")]
pub(crate) struct Trace {
    span: tracing::Span,
}

#[cfg(feature = "tracing")]
impl Trace {
    pub(crate) fn begin(operation: &Operation, base_url: &crate::client::base_url::BaseUrl) -> Self {
        let span = tracing::info_span!(
            "courier",
            otel.name = format!("{} {}", operation.method, operation.path).as_str(),
            otel.kind = "client",
            courier.operation = operation.id,
            http.request.method = operation.method,
            url.template = operation.path,
            server.address = base_url.host(),
            server.port = base_url.port(),
            http.response.status_code = tracing::field::Empty,
            http.request.resend_count = tracing::field::Empty,
            error.type = tracing::field::Empty,
            courier.duration_ms = tracing::field::Empty,
        );
        Self { span }
    }

    // Not an `async fn`, whose future would hold the call's twice.
    pub(crate) fn during<T>(&self, call: impl Future<Output = T>) -> impl Future<Output = T> {
        tracing::Instrument::instrument(call, self.span.clone())
    }

    pub(crate) fn retry(&self, attempts: u32, error: &Error, delay: Duration) {
        tracing::warn!(
            parent: &self.span,
            attempt = attempts,
            error.type = format!("{:?}", error.kind()).as_str(),
            http.response.status_code = error.status().map(|status| status.as_u16()),
            delay_ms = milliseconds(delay),
            "retrying"
        );
    }

    pub(crate) fn mismatches(&self, mismatches: &[Mismatch]) {
        for mismatch in mismatches {
            tracing::warn!(
                parent: &self.span,
                path = mismatch.path(),
                expected = mismatch.expected(),
                "the response does not match the description"
            );
        }
    }

    pub(crate) fn observer_panicked(&self) {
        tracing::error!(parent: &self.span, "the observer of `on_call` panicked");
    }

    pub(crate) fn is_on(&self) -> bool {
        !self.span.is_disabled()
    }

    pub(crate) fn end(&self, call: &CallReport) {
        if let Some(status) = call.status {
            self.span.record("http.response.status_code", status.as_u16());
        }
        if let Some(error) = call.error {
            self.span.record("error.type", format!("{error:?}").as_str());
        }
        if call.attempts > 1 {
            self.span.record("http.request.resend_count", call.attempts - 1);
        }
        self.span.record("courier.duration_ms", milliseconds(call.duration));
    }
}

#[cfg(feature = "tracing")]
fn milliseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

/// Nothing, without the feature `tracing`.
#[cfg(not(feature = "tracing"))]
pub(crate) struct Trace;

#[cfg(not(feature = "tracing"))]
impl Trace {
    pub(crate) fn begin(_: &Operation, _: &crate::client::base_url::BaseUrl) -> Self {
        Self
    }

    pub(crate) fn during<T>(&self, call: impl Future<Output = T>) -> impl Future<Output = T> {
        call
    }

    pub(crate) fn retry(&self, _: u32, _: &Error, _: Duration) {}

    pub(crate) fn mismatches(&self, _: &[Mismatch]) {}

    pub(crate) fn observer_panicked(&self) {}

    pub(crate) fn is_on(&self) -> bool {
        false
    }

    pub(crate) fn end(&self, _: &CallReport) {}
}
