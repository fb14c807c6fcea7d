//! The polls of a wait: their order, delays and limits.

use std::sync::Arc;
use std::time::{Duration, Instant};

use super::error::{Reason, WaitError};
use super::{Verdict, Wait};
use crate::ErrorKind;
use crate::retry::retry_after::requested_delay;
use crate::retry::within;

/// The polls so far.
pub(super) struct Poller<S> {
    wait: Wait<S>,
    /// The time of the first poll.
    since: Option<Instant>,
    /// The number of polls.
    count: u32,
    /// The delay that Courier requested with a 429.
    requested_delay: Option<Duration>,
    /// `true` once the last poll was made, which comes before the end of its delay to be within the timeout.
    is_last: bool,
}

/// The time left for the last poll, or half of the remaining time if that is less.
const LAST_POLL: Duration = Duration::from_secs(1);

impl<S: Send + 'static> Poller<S> {
    pub(super) fn new(wait: Wait<S>) -> Self {
        Self { wait, since: None, count: 0, requested_delay: None, is_last: false }
    }

    /// Returns the error of the wait, with the last state.
    pub(super) fn error(&self, reason: Reason, last: Option<S>) -> WaitError<S> {
        let state = self.wait.describe.as_ref().zip(last.as_ref()).map(|(describe, state)| describe(state));
        WaitError { reason, last, operation: self.wait.operation, state }
    }

    fn timed_out(&self) -> Reason {
        Reason::TimedOut(self.wait.timeout)
    }

    /// Returns the next state and its verdict.
    pub(super) async fn next(&mut self) -> Result<(S, Verdict), Reason> {
        let clock = Arc::clone(&self.wait.clock);
        let since = *self.since.get_or_insert_with(|| clock.now());
        let elapsed = || clock.now().saturating_duration_since(since);
        loop {
            if let Some(retry) = self.count.checked_sub(1) {
                let backoff = || self.wait.backoff.delay(retry, clock.random());
                let mut delay = self.requested_delay.take().unwrap_or_else(backoff);
                let left = self.wait.timeout.saturating_sub(elapsed());
                if delay >= left {
                    if self.is_last {
                        return Err(self.timed_out());
                    }
                    self.is_last = true;
                    delay = left.saturating_sub(LAST_POLL.min(left / 2));
                }
                clock.sleep(delay).await;
            }
            self.count = self.count.saturating_add(1);
            let left = self.wait.timeout.saturating_sub(elapsed());
            let error = match within(&*clock, left, (self.wait.poll)()).await {
                None => return Err(self.timed_out()),
                Some(Ok(state)) => {
                    let verdict = (self.wait.judge)(&state);
                    return Ok((state, verdict));
                }
                Some(Err(error)) => error,
            };
            match error.kind() {
                ErrorKind::RateLimited => self.requested_delay = requested_delay(&error),
                ErrorKind::NotFound if elapsed() < self.wait.not_found_for => {}
                _ => return Err(Reason::Call(error)),
            }
        }
    }
}
