//! The attempts of a call, until there is a response or no further attempt is permitted.

use std::time::{Duration, Instant};

use reqwest::Url;

use super::attempt::{RawResponse, send};
use super::request::Request;
use crate::client::Client;
use crate::retry::budget::{ActiveCall, Retry};
use crate::retry::classify::is_retryable;
use crate::retry::retry_after::requested_delay;
use crate::telemetry::ActiveReport;
use crate::{Error, ErrorKind, Result};

/// The attempts of one call.
pub(super) struct Attempts<'a> {
    client: &'a Client,
    request: &'a Request,
    url: Url,
    report: &'a ActiveReport<'a>,
    count: u32,
    active_call: Option<ActiveCall<'a>>,
    retry: Option<Retry<'a>>,
    last_error: Option<Error>,
}

impl<'a> Attempts<'a> {
    pub(super) fn new(client: &'a Client, request: &'a Request, url: Url, report: &'a ActiveReport<'a>) -> Self {
        Self { client, request, url, report, count: 0, active_call: None, retry: None, last_error: None }
    }

    /// Sends the request until there is a success whose body is complete.
    pub(super) async fn next_response(&mut self) -> Result<RawResponse> {
        loop {
            if self.count == 0 {
                self.wait_for_limits().await?;
                self.active_call = Some(self.client.shared().budget.enter());
            }
            let timeout = self.next_timeout()?;
            self.count += 1;
            if let Some(retry) = &mut self.retry {
                retry.sent();
            }
            let response = {
                let attempt = self.request.attempt(self.client, &self.url, self.count, timeout)?;
                send(self.client, self.request, attempt)
            };
            match response.await {
                Ok(response) => return Ok(response),
                Err(error) => self.prepare_retry(error).await?,
            }
        }
    }

    /// Waits until the call may begin. A call that waits here is not part of the load that the retry budget counts.
    async fn wait_for_limits(&self) -> Result<()> {
        let (shared, options) = (self.client.shared(), self.client.options());
        let clock = &*shared.clock;
        shared.limits.wait_for_slot(clock, |now| self.remaining(now)).await?;
        if options.pause_on_rate_limit {
            shared.limits.wait_for_pause(self.request.operation, clock, self.remaining(clock.now())).await?;
        }
        Ok(())
    }

    /// Waits before a retry.
    ///
    /// # Errors
    ///
    /// The given error, if there must be no retry.
    pub(super) async fn prepare_retry(&mut self, error: Error) -> Result<()> {
        let (shared, options) = (self.client.shared(), self.client.options());
        let clock = &*shared.clock;
        let error = error.with_attempts(self.count).after(self.last_error.as_ref());
        let requested_delay = requested_delay(&error);
        if let (ErrorKind::RateLimited, Some(delay), true) =
            (error.kind(), requested_delay, options.pause_on_rate_limit)
        {
            shared.limits.pause(self.request.operation, clock.now(), delay);
        }
        if self.count > options.max_retries || !is_retryable(&error, self.request.is_repeatable()) {
            return Err(error);
        }
        let delay = requested_delay.unwrap_or_else(|| options.backoff.delay(self.count - 1, clock.random()));
        let now = clock.now();
        if self.remaining(now).is_some_and(|remaining| delay >= remaining) {
            return Err(error);
        }
        self.retry = shared.budget.take(error.kind(), now);
        if self.retry.is_none() {
            return Err(error.with_spent_budget());
        }
        self.report.retry(self.count, &error, delay);
        self.last_error = Some(error);
        clock.sleep(delay).await;
        Ok(())
    }

    /// Ends the call after a response.
    pub(super) fn finish<T>(self, outcome: Result<T>) -> Result<T> {
        match self.retry {
            Some(retry) => retry.succeeded(),
            None => self.client.shared().budget.succeeded(),
        }
        outcome.map_err(|error| error.with_attempts(self.count).after(self.last_error.as_ref()))
    }

    /// Returns the time that the next attempt may take.
    fn next_timeout(&mut self) -> Result<Duration> {
        let options = self.client.options();
        match self.remaining(self.client.clock().now()) {
            // A delay can last longer than requested, for example on a machine that was asleep.
            Some(Duration::ZERO) => Err(self.last_error.take().unwrap_or_else(|| {
                Error::new(ErrorKind::Timeout, "the total timeout passed before the request was sent")
            })),
            Some(remaining) => Ok(remaining.min(options.attempt_timeout)),
            None => Ok(options.attempt_timeout),
        }
    }

    /// Returns the rest of the total timeout, if there is one.
    fn remaining(&self, now: Instant) -> Option<Duration> {
        let elapsed = now.saturating_duration_since(self.report.start());
        self.client.options().total_timeout.map(|timeout| timeout.saturating_sub(elapsed))
    }
}
#[cfg(test)]
mod tests {
    use std::time::Duration;

    use http::{Method, Response};

    use crate::client::Client;
    use crate::execute::Request;
    use crate::operation::{Operation, ResponseBody};
    use crate::retry::Backoff;
    use crate::transport::{Attempt, Body, BoxFuture, Transport, TransportError};
    use crate::{ErrorKind, Result};

    /// Responds with a status, or loses the connection for 0.
    struct Status(u16);

    impl Transport for Status {
        fn send(&self, _: Attempt) -> BoxFuture<'_, Result<Response<Body>, TransportError>> {
            let outcome = match self.0 {
                0 => Err(TransportError::broken("lost")),
                status => Ok(Response::builder().status(status).body(Body::empty()).unwrap()),
            };
            Box::pin(async { outcome })
        }
    }

    const fn operation(method: &'static str, repeatable: bool, final_conflict: bool) -> Operation {
        Operation {
            id: "things.change",
            method,
            path: "/things",
            secret_parameters: &[],
            response: ResponseBody::None,
            id_property: None,
            is_list: false,
            sensitive: false,
            repeatable,
            final_conflict,
            rate_limit: None,
        }
    }

    static CANCEL: Operation = operation("POST", false, true);
    static CREATE: Operation = operation("POST", false, false);
    static PATCH: Operation = operation("PATCH", false, false);
    static REPEATABLE_PATCH: Operation = operation("PATCH", true, false);
    static PUT_THAT_ADDS: Operation = operation("PUT", false, false);

    #[tokio::test(start_paused = true)]
    async fn operations_decide_what_is_repeated() {
        for (operation, status, attempts, is_transient) in [
            (&CANCEL, 409, 1, false),
            (&CREATE, 409, 3, true),
            (&PATCH, 0, 1, true),
            (&REPEATABLE_PATCH, 0, 3, true),
            (&PUT_THAT_ADDS, 0, 1, true),
        ] {
            let backoff = Backoff::default().max_delay(Duration::from_millis(1));
            let client = Client::builder().api_key("key").transport(Status(status));
            let client = client.options(|options| options.backoff(backoff)).build().unwrap();
            let method = Method::from_bytes(operation.method.as_bytes()).unwrap();
            let request = Request::new(operation, method, operation.path.to_owned());
            let error = client.call::<()>(operation, Ok(request)).await.unwrap_err();
            let kind = if status == 409 { ErrorKind::Conflict } else { ErrorKind::Connection };
            let outcome = (error.kind(), error.attempts(), error.is_transient());
            assert_eq!(outcome, (kind, attempts, is_transient), "{operation:?}");
            assert_eq!(error.operation(), Some("things.change"));
        }
    }
}
