//! The attempts of a call, until there is a response or no further attempt is permitted.

use std::pin::pin;
use std::time::{Duration, Instant};

use http::StatusCode;

use super::attempt::{RawResponse, send};
use super::request::Request;
use crate::client::Client;
use crate::retry::budget::{ActiveCall, Retry};
use crate::retry::classify::is_retryable;
use crate::retry::retry_after::{requested_delay, requested_pause};
use crate::retry::{Permit, within};
use crate::telemetry::ActiveReport;
use crate::{Error, ErrorKind, Result};

/// The shortest delay before a limiter is asked again.
const MIN_LIMITER_DELAY: Duration = Duration::from_millis(1);

/// The attempts of one call.
pub(super) struct Attempts<'a> {
    pub client: &'a Client,
    pub request: &'a mut Request,
    report: &'a ActiveReport<'a>,
    count: u32,
    active_call: Option<ActiveCall<'a>>,
    retry: Option<Retry<'a>>,
    last_error: Option<Error>,
}

impl<'a> Attempts<'a> {
    pub(super) fn new(client: &'a Client, request: &'a mut Request, report: &'a ActiveReport<'a>) -> Self {
        Self { client, request, report, count: 0, active_call: None, retry: None, last_error: None }
    }

    /// Sends the request until there is a success whose body is complete.
    pub(super) async fn next_response(&mut self) -> Result<RawResponse> {
        loop {
            let timeout = match self.prepare_attempt().await {
                Ok(timeout) => timeout,
                Err(error) => return Err(error.with_attempts(self.count).after(self.last_error.as_ref())),
            };
            let error = match self.send(timeout).await {
                Ok(response) => {
                    self.pause_operation(requested_pause(&response.headers, || self.client.clock().date()));
                    return Ok(response);
                }
                Err(error) => error,
            };
            if self.may_replace_key(&error) {
                self.replace_key(error).await?;
            } else {
                self.prepare_retry(error).await?;
            }
        }
    }

    /// Sends the next attempt, and reports it.
    async fn send(&mut self, timeout: Duration) -> Result<RawResponse> {
        self.count += 1;
        if let Some(retry) = &mut self.retry {
            retry.sent();
        }
        let report = self.report.attempt(self.count);
        let response = {
            let response = pin!({
                let _entered = report.enter();
                let mut attempt = self.request.attempt(self.client, self.count, timeout)?;
                report.propagate(attempt.request.headers_mut());
                send(self.client, self.request, attempt, &report)
            });
            report.during(response).await
        };
        match &response {
            Ok(response) => report.end(Some(response.status), None),
            Err(error) => report.end(error.status(), Some(error.kind())),
        }
        response
    }

    /// Waits until the next attempt may be sent, and returns the time that it may take.
    async fn prepare_attempt(&mut self) -> Result<Duration> {
        if self.count == 0 {
            let account = self.client.account();
            if !account.limits.are_absent() {
                let outcome = self.wait_for_limits().await;
                self.report.waited_since(self.report.start());
                outcome?;
            }
            let key = account.api_key(self.client.clock(), None, || self.next_timeout()).await?;
            self.request.set_api_key(key);
        }
        if self.client.options().limiter.is_some() {
            let start = self.client.clock().now();
            let outcome = self.wait_for_limiter().await;
            self.report.waited_since(start);
            outcome?;
        }
        if self.count == 0 {
            self.active_call = Some(self.client.account().budget.enter());
        }
        self.next_timeout()
    }

    /// Waits until the call may begin. A call that waits here is not part of the load that the retry budget counts.
    async fn wait_for_limits(&self) -> Result<()> {
        let (account, options) = (self.client.account(), self.client.options());
        let clock = &**self.client.clock();
        account.limits.wait_for_slot(self.request.operation, clock, |now| self.remaining(now)).await?;
        if options.pause_on_rate_limit {
            account.limits.wait_for_pause(self.request.operation, clock, |now| self.remaining(now)).await?;
        }
        Ok(())
    }

    /// Waits until the caller's limiter permits the next attempt.
    async fn wait_for_limiter(&mut self) -> Result<()> {
        let Some(limiter) = &self.client.options().limiter else { return Ok(()) };
        let clock = &**self.client.clock();
        loop {
            let timeout = self.next_timeout()?;
            let permit = within(clock, timeout, limiter.acquire(self.request.operation.id)).await;
            let delay = match permit {
                Some(Ok(Permit::Granted)) => return Ok(()),
                Some(Ok(Permit::Wait(delay))) => delay.max(MIN_LIMITER_DELAY),
                Some(Err(cause)) => {
                    let detail = "the limiter failed, so the request was not sent";
                    return Err(Error::new(ErrorKind::Limiter, detail).caused_by(cause));
                }
                None => return Err(Error::new(ErrorKind::Timeout, "the limiter did not respond in time")),
            };
            if self.remaining(clock.now()).is_some_and(|remaining| delay >= remaining) {
                let detail = "the limiter lets this request begin only after the call's total timeout";
                return Err(Error::new(ErrorKind::RateLimited, detail));
            }
            clock.sleep(delay).await;
        }
    }

    /// Pauses the calls of the operation for as long as the server requested.
    fn pause_operation(&self, delay: Option<Duration>) {
        if let Some(delay) = delay.filter(|_| self.client.options().pause_on_rate_limit) {
            self.client.account().limits.pause(self.request.operation, self.client.clock().now(), delay);
        }
    }

    /// Returns `true` if the server has refused the first API key of the call, and there may be another.
    fn may_replace_key(&self, error: &Error) -> bool {
        error.status() == Some(StatusCode::UNAUTHORIZED)
            && self.client.account().has_provider()
            && self.request.api_keys().count() == 1
    }

    /// Gets another API key for the next attempt, which is not a retry: the server has not acted.
    ///
    /// # Errors
    ///
    /// The given error, if there is no other key.
    async fn replace_key(&mut self, error: Error) -> Result<()> {
        let error = error.with_attempts(self.count).after(self.last_error.as_ref());
        let refused = self.request.api_keys().next().cloned();
        let key = self.client.account().api_key(self.client.clock(), refused.as_ref(), || self.next_timeout()).await;
        match key {
            Ok(key) if refused.is_some_and(|refused| refused.text == key.text) => Err(error),
            Ok(key) => {
                self.request.set_api_key(key);
                self.last_error = Some(error);
                Ok(())
            }
            Err(failure) => Err(failure.with_attempts(self.count).after(Some(&error))),
        }
    }

    /// Waits before a retry.
    ///
    /// # Errors
    ///
    /// The given error, if there must be no retry.
    pub(super) async fn prepare_retry(&mut self, error: Error) -> Result<()> {
        let options = self.client.options();
        let clock = &**self.client.clock();
        let error = error.with_attempts(self.count).after(self.last_error.as_ref());
        let requested_delay = requested_delay(&error);
        if error.kind() == ErrorKind::RateLimited {
            self.pause_operation(requested_delay);
        }
        if self.count > options.max_retries || !is_retryable(&error, self.request.is_repeatable()) {
            return Err(error);
        }
        // An attempt whose response was lost is probably still being executed, which can take long.
        let is_in_progress = error.kind() == ErrorKind::Conflict && error.response_was_lost();
        let step = if is_in_progress { u32::MAX } else { self.count - 1 };
        let delay = requested_delay.unwrap_or_else(|| options.backoff.delay(step, clock.random()));
        let now = clock.now();
        if self.remaining(now).is_some_and(|remaining| delay >= remaining) {
            return Err(error);
        }
        self.retry = self.client.account().budget.take(error.kind(), now);
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
            None => self.client.account().budget.succeeded(),
        }
        outcome.map_err(|error| error.with_attempts(self.count).after(self.last_error.as_ref()))
    }

    /// Returns the time that the next attempt may take.
    fn next_timeout(&mut self) -> Result<Duration> {
        let options = self.client.options();
        // Most calls have no total timeout, and need not know the time.
        let remaining = options.total_timeout.and_then(|_| self.remaining(self.client.clock().now()));
        match remaining {
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
