//! When a state is looked at, and for how long.

use std::sync::Arc;
use std::time::{Duration, Instant};

use futures_util::future::{self, BoxFuture, Either};

use super::{Verdict, Wait};
use crate::retry::Clock;
use crate::retry::retry_after::requested_delay;
use crate::{Error, ErrorKind};

/// The looks that were taken, and when the next one is.
pub(super) struct Looks<S> {
    wait: Wait<S>,
    /// When the first was.
    since: Option<Instant>,
    /// How many there were.
    count: u32,
    /// How long Courier asked to be left alone.
    asked: Option<Duration>,
    /// The one that was brought forward to be within the deadline has been taken.
    is_last: bool,
}

/// Why there is no further state.
pub(super) enum Ended {
    TooLate,
    Failed(Error),
}

/// What is left of the deadline for the last look, or half of it where that is less.
const FOR_THE_LAST_LOOK: Duration = Duration::from_secs(1);

impl<S: Send + 'static> Looks<S> {
    pub(super) fn of(wait: Wait<S>) -> Self {
        Self { wait, since: None, count: 0, asked: None, is_last: false }
    }

    /// The next state, and what it means.
    pub(super) async fn next(&mut self) -> Result<(S, Verdict), Ended> {
        let clock = Arc::clone(&self.wait.clock);
        let since = *self.since.get_or_insert_with(|| clock.now());
        let passed = || clock.now().saturating_duration_since(since);
        loop {
            if let Some(retry) = self.count.checked_sub(1) {
                let usual = || self.wait.backoff.delay(retry, clock.random());
                let mut delay = self.asked.take().unwrap_or_else(usual);
                let left = self.wait.timeout.saturating_sub(passed());
                if delay >= left {
                    if self.is_last {
                        return Err(Ended::TooLate);
                    }
                    self.is_last = true;
                    delay = left.saturating_sub(FOR_THE_LAST_LOOK.min(left / 2));
                }
                clock.sleep(delay).await;
            }
            self.count = self.count.saturating_add(1);
            let left = self.wait.timeout.saturating_sub(passed());
            let error = match within(left, &*clock, (self.wait.look)()).await {
                None => return Err(Ended::TooLate),
                Some(Ok(state)) => {
                    let verdict = (self.wait.judge)(&state);
                    return Ok((state, verdict));
                }
                Some(Err(error)) => error,
            };
            match error.kind() {
                ErrorKind::RateLimited => self.asked = requested_delay(&error),
                ErrorKind::NotFound if passed() < self.wait.not_found_for => {}
                _ => return Err(Ended::Failed(error)),
            }
        }
    }
}

async fn within<T>(time: Duration, clock: &dyn Clock, future: BoxFuture<'static, T>) -> Option<T> {
    match future::select(future, clock.limit(time)).await {
        Either::Left((value, _)) => Some(value),
        Either::Right(_) => None,
    }
}
