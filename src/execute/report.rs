//! The report of a call, to the caller's observer and to its traces.

use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::{Duration, Instant};

use crate::client::Client;
use crate::operation::Operation;
use crate::telemetry::{CallReport, End, Trace};
use crate::{Error, Response, Result};

/// A call that has begun and is not reported yet.
pub(super) struct Report<'a> {
    client: &'a Client,
    operation: &'static Operation,
    begun: Instant,
    trace: Trace,
}

impl<'a> Report<'a> {
    pub(super) fn begin(client: &'a Client, operation: &'static Operation) -> Self {
        let trace = Trace::begin(operation, &client.shared().base_url);
        Self { client, operation, begun: client.shared().clock.now(), trace }
    }

    pub(super) fn begun(&self) -> Instant {
        self.begun
    }

    pub(super) fn during<T>(&self, call: impl Future<Output = T>) -> impl Future<Output = T> {
        self.trace.during(call)
    }

    pub(super) fn retry(&self, attempts: u32, error: &Error, delay: Duration) {
        self.trace.retry(attempts, error, delay);
    }

    /// Reports the call. Whether its body is as described counts too.
    pub(super) fn end<T>(self, outcome: &Result<Response<T>>) {
        let end = match outcome {
            Ok(response) => End::Answered {
                status: response.status(),
                attempts: response.attempts(),
                mismatches: response.mismatches(),
            },
            Err(error) => End::Failed(error),
        };
        self.ended(end);
    }

    fn ended(self, end: End<'_>) {
        let shared = self.client.shared();
        if shared.observer.is_none() && !self.trace.is_on() {
            return;
        }
        if let End::Answered { mismatches, .. } = end {
            self.trace.mismatches(mismatches);
        }
        let call = CallReport::of(self.operation, end, shared.clock.now().saturating_duration_since(self.begun));
        self.trace.end(&call);
        if let Some(observer) = &shared.observer {
            // The call is done, and its response is the caller's whatever the observer does.
            let observed = catch_unwind(AssertUnwindSafe(|| observer(&call)));
            if observed.is_err() {
                self.trace.observer_panicked();
            }
        }
    }
}
