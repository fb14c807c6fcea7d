//! The reports of calls and attempts, for the caller's callbacks, for traces and for metrics.

mod attempt;
#[cfg(feature = "opentelemetry")]
pub(crate) mod metrics;
mod report;

#[cfg(feature = "tracing")]
use std::future::poll_fn;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use http::StatusCode;

pub(crate) use self::attempt::ActiveAttempt;
#[cfg(any(feature = "tracing", feature = "opentelemetry"))]
use self::report::CANCELED;
pub use self::report::CallReport;
use crate::operation::Operation;
use crate::retry::Clock;
use crate::sync::lock;
use crate::{Error, ErrorKind, Mismatch, Response, Result};

/// A callback of [`ClientBuilder::on_call`](crate::ClientBuilder::on_call).
pub(crate) type Observer = Box<dyn Fn(&CallReport) + Send + Sync>;

/// The receivers of a client's reports.
pub(crate) struct Telemetry {
    pub observers: Vec<Observer>,
    /// The name of the server, for traces.
    #[cfg_attr(not(feature = "tracing"), expect(dead_code, reason = "only traces show it"))]
    pub host: String,
    #[cfg_attr(not(feature = "tracing"), expect(dead_code, reason = "only traces show it"))]
    pub port: Option<u16>,
    #[cfg(feature = "opentelemetry")]
    pub metrics: metrics::Metrics,
    /// `true` if requests have the header `traceparent`.
    #[cfg(feature = "opentelemetry")]
    pub propagates_context: bool,
}

/// An active call, which is reported when it ends.
pub(crate) struct ActiveReport<'a> {
    operation: &'static Operation,
    telemetry: &'a Telemetry,
    clock: &'a dyn Clock,
    start: Instant,
    delays: Mutex<Delays>,
    has_ended: bool,
    /// The span, which follows OpenTelemetry's semantic conventions.
    #[cfg(feature = "tracing")]
    span: tracing::Span,
}

/// The parts of a call's duration that are not attempts.
#[derive(Clone, Copy, Default)]
struct Delays {
    rate_limit: Duration,
    retry: Duration,
    rate_limited: u32,
}

/// The shortest wait that is reported: less is the time that it takes to find that there is no limit.
const MIN_RATE_LIMIT_DELAY: Duration = Duration::from_millis(1);

impl<'a> ActiveReport<'a> {
    pub(crate) fn new(operation: &'static Operation, telemetry: &'a Telemetry, clock: &'a dyn Clock) -> Self {
        Self {
            operation,
            telemetry,
            clock,
            start: clock.now(),
            delays: Mutex::default(),
            has_ended: false,
            #[cfg(feature = "tracing")]
            span: tracing::info_span!(
                "courier",
                otel.name = format!("{} {}", operation.method, operation.path).as_str(),
                otel.kind = "internal",
                courier.operation = operation.id,
                http.request.method = operation.method,
                url.template = operation.path,
                server.address = telemetry.host,
                server.port = telemetry.port,
                http.response.status_code = tracing::field::Empty,
                http.request.resend_count = tracing::field::Empty,
                error.type = tracing::field::Empty,
                courier.duration_ms = tracing::field::Empty,
                courier.rate_limit_delay_ms = tracing::field::Empty,
            ),
        }
    }

    pub(crate) fn start(&self) -> Instant {
        self.start
    }

    /// Starts to report an attempt.
    pub(crate) fn attempt(&self, number: u32) -> ActiveAttempt<'_> {
        ActiveAttempt::new(self, number)
    }

    /// Runs a part of the call in its span.
    pub(crate) fn during<T>(&self, call: Pin<&mut (impl Future<Output = T> + Send)>) -> impl Future<Output = T> + Send {
        #[cfg(feature = "tracing")]
        let call = in_span(&self.span, call);
        call
    }

    /// Reports a wait for rate limits that began at this time.
    pub(crate) fn waited_since(&self, start: Instant) {
        let delay = self.clock.now().saturating_duration_since(start);
        if delay >= MIN_RATE_LIMIT_DELAY {
            lock(&self.delays).rate_limit += delay;
            #[cfg(feature = "opentelemetry")]
            self.telemetry.metrics.waited(self.operation, delay);
        }
    }

    /// Reports a retry before its delay.
    #[cfg_attr(not(feature = "tracing"), allow(unused_variables, reason = "only traces show all of it"))]
    pub(crate) fn retry(&self, attempts: u32, error: &Error, delay: Duration) {
        lock(&self.delays).retry += delay;
        #[cfg(feature = "opentelemetry")]
        self.telemetry.metrics.retried(self.operation, error.kind());
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
    pub(crate) fn end<T>(mut self, outcome: &Result<Response<T>>) {
        self.has_ended = true;
        let (status, error, attempts, mismatches) = match outcome {
            Ok(response) => (Some(response.status()), None, response.attempts(), response.mismatches()),
            Err(error) => (error.status(), Some(error.kind()), error.attempts(), error.mismatches()),
        };
        self.finish(status, error, attempts, mismatches);
    }

    fn finish(&self, status: Option<StatusCode>, error: Option<ErrorKind>, attempts: u32, mismatches: &[Mismatch]) {
        let duration = self.duration();
        #[cfg(feature = "opentelemetry")]
        self.telemetry.metrics.called(self.operation, status, error, mismatches.len(), duration);
        if self.telemetry.observers.is_empty() && !self.is_traced() {
            return;
        }
        let Operation { id: operation, method, path, .. } = *self.operation;
        let Delays { rate_limit: rate_limit_delay, retry: retry_delay, rate_limited } = *lock(&self.delays);
        let report = CallReport {
            operation,
            method,
            path,
            status,
            error,
            attempts,
            rate_limited,
            mismatches: mismatches.len(),
            duration,
            rate_limit_delay,
            retry_delay,
        };
        // The mismatches of a failed call are part of its error.
        self.trace(&report, if error.is_none() { mismatches } else { &[] });
        for observer in &self.telemetry.observers {
            // The call has ended, and its outcome belongs to the caller regardless of the callback's behavior.
            if let Err(panic) = catch_unwind(AssertUnwindSafe(|| observer(&report))) {
                // Dropping the value of the panic can panic as well.
                std::mem::forget(panic);
                #[cfg(feature = "tracing")]
                tracing::error!(parent: &self.span, "a callback of `on_call` panicked");
            }
        }
    }

    fn duration(&self) -> Duration {
        self.clock.now().saturating_duration_since(self.start)
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
    fn trace(&self, _: &CallReport, _: &[Mismatch]) {}

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
        if !report.rate_limit_delay.is_zero() {
            self.span.record("courier.rate_limit_delay_ms", milliseconds(report.rate_limit_delay));
        }
        self.span.record("courier.duration_ms", milliseconds(report.duration));
    }
}

/// Runs a future in a span. The future of `Instrument` would be larger, because it owns a copy of the span.
#[cfg(feature = "tracing")]
fn in_span<T>(
    span: &tracing::Span,
    mut future: Pin<&mut (impl Future<Output = T> + Send)>,
) -> impl Future<Output = T> + Send {
    poll_fn(move |context| span.in_scope(|| future.as_mut().poll(context)))
}

/// Reports a call as canceled whose future is dropped before it has ended.
#[cfg(any(feature = "tracing", feature = "opentelemetry"))]
impl Drop for ActiveReport<'_> {
    fn drop(&mut self) {
        if self.has_ended {
            return;
        }
        let duration = self.duration();
        #[cfg(feature = "opentelemetry")]
        self.telemetry.metrics.canceled(self.operation, duration);
        #[cfg(feature = "tracing")]
        {
            self.span.record("error.type", CANCELED);
            self.span.record("courier.duration_ms", milliseconds(duration));
        }
    }
}

#[cfg(feature = "tracing")]
fn milliseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
