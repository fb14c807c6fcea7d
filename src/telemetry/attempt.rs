//! The report of an attempt.

use std::pin::Pin;
use std::sync::Mutex;
#[cfg(feature = "opentelemetry")]
use std::time::Instant;

use http::{HeaderMap, StatusCode, Version};

use super::ActiveReport;
#[cfg(any(feature = "tracing", feature = "opentelemetry"))]
use super::report::CANCELED;
use crate::ErrorKind;
use crate::sync::lock;

/// An active attempt, which is reported when it ends.
pub(crate) struct ActiveAttempt<'a> {
    call: &'a ActiveReport<'a>,
    version: Mutex<Option<Version>>,
    has_ended: bool,
    #[cfg(feature = "opentelemetry")]
    start: Instant,
    /// The span, which follows OpenTelemetry's semantic conventions for HTTP clients.
    #[cfg(feature = "tracing")]
    span: tracing::Span,
}

impl<'a> ActiveAttempt<'a> {
    #[cfg_attr(not(feature = "tracing"), expect(unused_variables, reason = "only traces show it"))]
    pub(super) fn new(call: &'a ActiveReport<'a>, number: u32) -> Self {
        Self {
            call,
            version: Mutex::default(),
            has_ended: false,
            #[cfg(feature = "opentelemetry")]
            start: call.clock.now(),
            #[cfg(feature = "tracing")]
            span: tracing::info_span!(
                parent: &call.span,
                "courier.attempt",
                otel.name = format!("{} {}", call.operation.method, call.operation.path).as_str(),
                otel.kind = "client",
                http.request.method = call.operation.method,
                url.template = call.operation.path,
                server.address = call.telemetry.host,
                server.port = call.telemetry.port,
                http.request.resend_count = (number > 1).then(|| number - 1),
                http.response.status_code = tracing::field::Empty,
                network.protocol.version = tracing::field::Empty,
                error.type = tracing::field::Empty,
            ),
        }
    }

    /// Enters the span of the attempt, until the returned guard is dropped.
    pub(crate) fn enter(&self) -> impl Sized + '_ {
        #[cfg(feature = "tracing")]
        return self.span.enter();
        #[cfg(not(feature = "tracing"))]
        return self;
    }

    /// Runs the attempt in its span.
    pub(crate) fn during<T>(
        &self,
        attempt: Pin<&mut (impl Future<Output = T> + Send)>,
    ) -> impl Future<Output = T> + Send {
        #[cfg(feature = "tracing")]
        let attempt = super::in_span(&self.span, attempt);
        attempt
    }

    /// Adds the trace context of the current span to a request, if the client propagates it.
    #[cfg_attr(not(feature = "opentelemetry"), expect(unused_variables, clippy::unused_self))]
    pub(crate) fn propagate(&self, headers: &mut HeaderMap) {
        #[cfg(feature = "opentelemetry")]
        if self.call.telemetry.propagates_context {
            super::metrics::propagate_context(headers);
        }
    }

    pub(crate) fn set_version(&self, version: Version) {
        *lock(&self.version) = Some(version);
    }

    /// Reports the end of the attempt.
    pub(crate) fn end(mut self, status: Option<StatusCode>, error: Option<ErrorKind>) {
        self.has_ended = true;
        if status == Some(StatusCode::TOO_MANY_REQUESTS) {
            lock(&self.call.delays).rate_limited += 1;
        }
        #[cfg(any(feature = "tracing", feature = "opentelemetry"))]
        self.finish(
            status,
            error.map(|kind| match status.filter(|status| !status.is_success()) {
                Some(status) => status.as_str().to_owned(),
                None => format!("{kind:?}"),
            }),
        );
        #[cfg(not(any(feature = "tracing", feature = "opentelemetry")))]
        let _ = error;
    }

    #[cfg(any(feature = "tracing", feature = "opentelemetry"))]
    fn finish(&self, status: Option<StatusCode>, error: Option<String>) {
        let version = lock(&self.version).and_then(|version| match version {
            Version::HTTP_10 => Some("1.0"),
            Version::HTTP_11 => Some("1.1"),
            Version::HTTP_2 => Some("2"),
            Version::HTTP_3 => Some("3"),
            _ => None,
        });
        #[cfg(feature = "tracing")]
        {
            if let Some(status) = status {
                self.span.record("http.response.status_code", status.as_u16());
            }
            if let Some(version) = version {
                self.span.record("network.protocol.version", version);
            }
            if let Some(error) = &error {
                self.span.record("error.type", error.as_str());
            }
        }
        #[cfg(feature = "opentelemetry")]
        {
            let duration = self.call.clock.now().saturating_duration_since(self.start);
            self.call.telemetry.metrics.attempted(self.call.operation, duration, status, version, error);
        }
    }
}

/// Reports an attempt as canceled whose future is dropped before it has ended.
#[cfg(any(feature = "tracing", feature = "opentelemetry"))]
impl Drop for ActiveAttempt<'_> {
    fn drop(&mut self) {
        if !self.has_ended {
            self.finish(None, Some(CANCELED.to_owned()));
        }
    }
}
