//! The report of a call, for the caller's callbacks and for traces.

use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::{Duration, Instant};

use http::StatusCode;

use crate::operation::Operation;
use crate::retry::Clock;
use crate::{Error, ErrorKind, Mismatch, Response, Result};

/// The report of a completed call, for [`ClientBuilder::on_call`](crate::ClientBuilder::on_call).
///
/// It contains no ids, keys or bodies, so every field can be a metric label. A call is not reported if it was refused
/// before it was sent, or if its future was dropped.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct CallReport {
    /// The dotted name of the operation, such as `bulk.list_users`, or `request` for a call by
    /// [`Client::request`](crate::Client::request).
    pub operation: &'static str,
    /// The HTTP method, or `_OTHER` for a method that HTTP does not define, as in OpenTelemetry.
    pub method: &'static str,
    /// The path with the names of its parameters, such as `/bulk/{job_id}/users`.
    pub path: &'static str,
    /// The HTTP status, or `None` if no response was received.
    pub status: Option<StatusCode>,
    /// The kind of the failure, or `None` for a success.
    pub error: Option<ErrorKind>,
    /// The number of times that the request was sent.
    pub attempts: u32,
    /// The number of values in the response that do not match the API's description.
    pub mismatches: usize,
    /// The duration of the call, including all attempts and the delays between them.
    pub duration: Duration,
}

/// A callback of [`ClientBuilder::on_call`](crate::ClientBuilder::on_call).
pub(crate) type Observer = Box<dyn Fn(&CallReport) + Send + Sync>;

/// The name and the port of the server, for traces.
pub(crate) type Server<'a> = (&'a str, Option<u16>);

/// An active call, which is reported when it ends.
pub(crate) struct ActiveReport<'a> {
    operation: &'static Operation,
    observers: &'a [Observer],
    clock: &'a dyn Clock,
    start: Instant,
    /// The span, which follows OpenTelemetry's semantic conventions for HTTP clients.
    #[cfg(feature = "tracing")]
    span: tracing::Span,
}

#[cfg_attr(not(feature = "tracing"), expect(unused_variables, reason = "only traces show it"))]
impl<'a> ActiveReport<'a> {
    pub(crate) fn new(
        operation: &'static Operation,
        (host, port): Server<'_>,
        observers: &'a [Observer],
        clock: &'a dyn Clock,
    ) -> Self {
        Self {
            operation,
            observers,
            clock,
            start: clock.now(),
            #[cfg(feature = "tracing")]
            span: tracing::info_span!(
                "courier",
                otel.name = format!("{} {}", operation.method, operation.path).as_str(),
                otel.kind = "client",
                courier.operation = operation.id,
                http.request.method = operation.method,
                url.template = operation.path,
                server.address = host,
                server.port = port,
                http.response.status_code = tracing::field::Empty,
                http.request.resend_count = tracing::field::Empty,
                error.type = tracing::field::Empty,
                courier.duration_ms = tracing::field::Empty,
            ),
        }
    }

    pub(crate) fn start(&self) -> Instant {
        self.start
    }

    /// Runs a part of the call in its span.
    // Not an `async fn`, whose future would contain the call's future twice.
    pub(crate) fn during<T>(&self, call: impl Future<Output = T>) -> impl Future<Output = T> {
        #[cfg(feature = "tracing")]
        let call = tracing::Instrument::instrument(call, self.span.clone());
        call
    }

    /// Traces a retry before its delay.
    pub(crate) fn retry(&self, attempts: u32, error: &Error, delay: Duration) {
        #[cfg(feature = "tracing")]
        tracing::warn!(
            parent: &self.span,
            attempt = attempts,
            error.type = format!("{:?}", error.kind()).as_str(),
            http.response.status_code = error.status().map(|status| status.as_u16()),
            delay_ms = milliseconds(delay),
            "retrying"
        );
    }

    /// Reports the end of the call.
    pub(crate) fn end<T>(self, outcome: &Result<Response<T>>) {
        let (status, error, attempts, mismatches) = match outcome {
            Ok(response) => (Some(response.status()), None, response.attempts(), response.mismatches()),
            Err(error) => (error.status(), Some(error.kind()), error.attempts(), error.mismatches()),
        };
        self.finish(status, error, attempts, mismatches);
    }

    fn finish(self, status: Option<StatusCode>, error: Option<ErrorKind>, attempts: u32, mismatches: &[Mismatch]) {
        if self.observers.is_empty() && !self.is_traced() {
            return;
        }
        let Operation { id: operation, method, path, .. } = *self.operation;
        let duration = self.clock.now().saturating_duration_since(self.start);
        let mismatch_count = mismatches.len();
        let report =
            CallReport { operation, method, path, status, error, attempts, mismatches: mismatch_count, duration };
        // The mismatches of a failed call are part of its error.
        self.trace(&report, if error.is_none() { mismatches } else { &[] });
        for observer in self.observers {
            // The call has ended, and its outcome belongs to the caller regardless of the callback's behavior.
            if let Err(panic) = catch_unwind(AssertUnwindSafe(|| observer(&report))) {
                // Dropping the value of the panic can panic as well.
                std::mem::forget(panic);
                #[cfg(feature = "tracing")]
                tracing::error!(parent: &self.span, "a callback of `on_call` panicked");
            }
        }
    }

    #[cfg(not(feature = "tracing"))]
    fn is_traced(&self) -> bool {
        false
    }

    #[cfg(feature = "tracing")]
    fn is_traced(&self) -> bool {
        !self.span.is_disabled()
    }

    #[cfg(not(feature = "tracing"))]
    fn trace(&self, report: &CallReport, mismatches: &[Mismatch]) {}

    #[cfg(feature = "tracing")]
    fn trace(&self, report: &CallReport, mismatches: &[Mismatch]) {
        for mismatch in mismatches {
            tracing::warn!(
                parent: &self.span,
                path = mismatch.path(),
                expected = mismatch.expected(),
                "the response does not match the description"
            );
        }
        if let Some(status) = report.status {
            self.span.record("http.response.status_code", status.as_u16());
        }
        if let Some(error) = report.error {
            self.span.record("error.type", format!("{error:?}").as_str());
        }
        if report.attempts > 1 {
            self.span.record("http.request.resend_count", report.attempts - 1);
        }
        self.span.record("courier.duration_ms", milliseconds(report.duration));
    }
}

#[cfg(feature = "tracing")]
fn milliseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
