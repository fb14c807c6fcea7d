//! Metrics and the propagation of traces by OpenTelemetry.

use std::sync::Arc;
use std::time::Duration;

use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use opentelemetry::metrics::{Counter, Histogram, Meter};
use opentelemetry::trace::TraceContextExt as _;
use opentelemetry::{Context, InstrumentationScope, KeyValue, global};

use super::report::CANCELED;
use crate::ErrorKind;
use crate::operation::Operation;

/// The buckets that the semantic conventions advise for durations, in seconds.
const BUCKETS: [f64; 14] = [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1.0, 2.5, 5.0, 7.5, 10.0];

/// The longest set of attributes.
const MAX_ATTRIBUTES: usize = 8;

/// The instruments of a client.
pub(crate) struct Metrics {
    attempts: Histogram<f64>,
    calls: Histogram<f64>,
    retries: Counter<u64>,
    rate_limit_waits: Counter<u64>,
    rate_limit_delay: Counter<f64>,
    mismatches: Counter<u64>,
    server: Vec<KeyValue>,
}

/// Returns the name and version of this crate, for its meter.
pub(crate) fn scope() -> InstrumentationScope {
    InstrumentationScope::builder(env!("CARGO_PKG_NAME")).with_version(env!("CARGO_PKG_VERSION")).build()
}

impl Metrics {
    /// Creates the instruments by a meter, or by the global meter provider.
    pub(crate) fn new(meter: Option<Meter>, host: &str, port: Option<u16>) -> Self {
        let meter = meter.unwrap_or_else(|| global::meter_with_scope(scope()));
        let duration = |name, description| {
            let histogram = meter.f64_histogram(name).with_unit("s").with_description(description);
            histogram.with_boundaries(BUCKETS.to_vec()).build()
        };
        let counter =
            |name, unit, description| meter.u64_counter(name).with_unit(unit).with_description(description).build();
        // Every attempt has a copy of it.
        let mut server = vec![KeyValue::new("server.address", Arc::<str>::from(host))];
        server.extend(port.map(|port| KeyValue::new("server.port", i64::from(port))));
        Self {
            attempts: duration("http.client.request.duration", "Duration of HTTP client requests."),
            calls: duration("courier.client.call.duration", "Duration of calls, with all attempts and waits."),
            retries: counter("courier.client.retries", "{retry}", "Number of retries."),
            rate_limit_waits: counter(
                "courier.client.rate_limit.waits",
                "{wait}",
                "Number of waits for rate limits before an attempt.",
            ),
            rate_limit_delay: meter
                .f64_counter("courier.client.rate_limit.delay")
                .with_unit("s")
                .with_description("Time of waiting for rate limits.")
                .build(),
            mismatches: counter(
                "courier.client.mismatches",
                "{mismatch}",
                "Number of values in responses that do not match the API's description.",
            ),
            server,
        }
    }

    pub(super) fn attempted(
        &self,
        operation: &Operation,
        duration: Duration,
        status: Option<StatusCode>,
        version: Option<&'static str>,
        error: Option<String>,
    ) {
        let mut attributes = Vec::with_capacity(MAX_ATTRIBUTES);
        attributes.push(KeyValue::new("http.request.method", operation.method));
        attributes.push(KeyValue::new("url.template", operation.path));
        attributes.extend_from_slice(&self.server);
        attributes.extend(status.map(status_code));
        attributes.extend(version.map(|version| KeyValue::new("network.protocol.version", version)));
        attributes.extend(error.map(|error| KeyValue::new("error.type", error)));
        self.attempts.record(duration.as_secs_f64(), &attributes);
    }

    pub(super) fn called(
        &self,
        operation: &Operation,
        status: Option<StatusCode>,
        error: Option<ErrorKind>,
        mismatches: usize,
        duration: Duration,
    ) {
        let operation = of(operation);
        if mismatches > 0 {
            self.mismatches.add(u64::try_from(mismatches).unwrap_or(u64::MAX), std::slice::from_ref(&operation));
        }
        let duration = duration.as_secs_f64();
        match (status.map(status_code), error.map(error_type)) {
            (Some(status), None) => self.calls.record(duration, &[operation, status]),
            (Some(status), Some(error)) => self.calls.record(duration, &[operation, status, error]),
            (None, Some(error)) => self.calls.record(duration, &[operation, error]),
            (None, None) => self.calls.record(duration, &[operation]),
        }
    }

    pub(super) fn canceled(&self, operation: &Operation, duration: Duration) {
        let error = KeyValue::new("error.type", CANCELED);
        self.calls.record(duration.as_secs_f64(), &[of(operation), error]);
    }

    pub(super) fn retried(&self, operation: &Operation, cause: ErrorKind) {
        self.retries.add(1, &[of(operation), error_type(cause)]);
    }

    pub(super) fn waited(&self, operation: &Operation, delay: Duration) {
        let attributes = [of(operation)];
        self.rate_limit_waits.add(1, &attributes);
        self.rate_limit_delay.add(delay.as_secs_f64(), &attributes);
    }
}

fn of(operation: &Operation) -> KeyValue {
    KeyValue::new("courier.operation", operation.id)
}

fn status_code(status: StatusCode) -> KeyValue {
    KeyValue::new("http.response.status_code", i64::from(status.as_u16()))
}

fn error_type(kind: ErrorKind) -> KeyValue {
    KeyValue::new("error.type", format!("{kind:?}"))
}

/// Adds the current trace context as W3C's headers, unless the caller has set them.
pub(super) fn propagate_context(headers: &mut HeaderMap) {
    let context = Context::current();
    let span = context.span();
    let span = span.span_context();
    if !span.is_valid() {
        return;
    }
    let (trace, id, flags) = (span.trace_id(), span.span_id(), span.trace_flags());
    let mut add = |name, value: String| {
        if let Ok(value) = HeaderValue::try_from(value) {
            headers.entry(HeaderName::from_static(name)).or_insert(value);
        }
    };
    add("traceparent", format!("00-{trace}-{id}-{:02x}", flags.to_u8()));
    let state = span.trace_state().header();
    if !state.is_empty() {
        add("tracestate", state);
    }
}
