//! The report of a call.

use std::time::Duration;

use http::StatusCode;

use crate::ErrorKind;

/// The `error.type` of a call or an attempt whose future was dropped.
#[cfg(any(feature = "tracing", feature = "opentelemetry"))]
pub(super) const CANCELED: &str = "canceled";

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
    /// The number of attempts that the server refused with a 429.
    pub rate_limited: u32,
    /// The number of values in the response that do not match the API's description.
    pub mismatches: usize,
    /// The duration of the call, including all attempts and the delays between them.
    pub duration: Duration,
    /// The time for which the call waited for the client's rate limits, for a pause that the server requested, and for
    /// the [`Limiter`](crate::retry::Limiter).
    pub rate_limit_delay: Duration,
    /// The delays before the retries, including those that the server requested by a 429.
    pub retry_delay: Duration,
}
