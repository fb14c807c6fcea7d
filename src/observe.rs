//! What can be seen of a call from outside: a report for metrics, a span and events for traces.

use std::future::Future;
use std::time::Duration;

use reqwest::{StatusCode, Url};

use crate::operation::Operation;
use crate::{Error, ErrorKind};

/// A call that has ended, for [`ClientBuilder::on_call`](crate::ClientBuilder::on_call).
///
/// It has no ids, keys or bodies in it, so that every field can be a label of a metric. A call that was refused before it
/// went out, or whose future was dropped, is not reported.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Call {
    /// The operation, as its method on [`Client`](crate::Client) is named; `request` for an undescribed one.
    pub operation: &'static str,
    /// The HTTP method; `_OTHER` for one that HTTP does not define, as OpenTelemetry has it.
    pub method: &'static str,
    /// The path with the names of its parameters, such as `/bulk/{job_id}/users`.
    pub path: &'static str,
    /// The HTTP status; none when there was no answer.
    pub status: Option<StatusCode>,
    /// What went wrong; none for a success.
    pub error: Option<ErrorKind>,
    /// How often the request was tried.
    pub attempts: u32,
    /// From the first attempt to the end of the last, with the delays between.
    pub duration: Duration,
}

impl Call {
    pub(crate) fn of(
        operation: &Operation,
        answered: Option<(StatusCode, u32)>,
        error: Option<&Error>,
        duration: Duration,
    ) -> Self {
        let status = error.and_then(Error::status).or(answered.map(|(status, _)| status));
        let attempts = answered.map_or_else(|| error.map_or(0, Error::attempts), |(_, attempts)| attempts);
        let Operation { id, method, path, .. } = *operation;
        Self { operation: id, method, path, status, error: error.map(Error::kind), attempts, duration }
    }
}

/// The span of a call, under OpenTelemetry's semantic conventions for HTTP clients; nothing without the feature `tracing`.
pub(crate) struct Trace {
    #[cfg(feature = "tracing")]
    span: tracing::Span,
}

#[cfg(feature = "tracing")]
impl Trace {
    pub(crate) fn begin(operation: &Operation, url: &Url) -> Self {
        let span = tracing::info_span!(
            "courier",
            otel.name = format!("{} {}", operation.method, operation.path).as_str(),
            otel.kind = "client",
            courier.operation = operation.id,
            http.request.method = operation.method,
            url.template = operation.path,
            server.address = url.host_str(),
            server.port = url.port_or_known_default(),
            http.response.status_code = tracing::field::Empty,
            http.request.resend_count = tracing::field::Empty,
            error.type = tracing::field::Empty,
            courier.duration_ms = tracing::field::Empty,
        );
        Self { span }
    }

    pub(crate) async fn during<T>(&self, call: impl Future<Output = T>) -> T {
        tracing::Instrument::instrument(call, self.span.clone()).await
    }

    pub(crate) fn retry(&self, attempts: u32, error: &Error, delay: Duration) {
        tracing::warn!(
            parent: &self.span,
            attempt = attempts,
            error.type = format!("{:?}", error.kind()).as_str(),
            http.response.status_code = error.status().map(|status| status.as_u16()),
            delay_ms = milliseconds(delay),
            "trying again"
        );
    }

    pub(crate) fn end(&self, call: &Call) {
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

#[cfg(not(feature = "tracing"))]
impl Trace {
    pub(crate) fn begin(_: &Operation, _: &Url) -> Self {
        Self {}
    }

    pub(crate) async fn during<T>(&self, call: impl Future<Output = T>) -> T {
        call.await
    }

    pub(crate) fn retry(&self, _: u32, _: &Error, _: Duration) {}

    pub(crate) fn end(&self, _: &Call) {}
}
