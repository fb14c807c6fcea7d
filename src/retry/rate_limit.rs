//! What holds calls back, so that they do not run into the API's rate limits.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use crate::operation::Operation;
use crate::retry::Clock;
use crate::{Error, ErrorKind, Result};

/// What the server has asked to wait for, by operation, and the pace that the caller has set.
#[derive(Debug, Default)]
pub(crate) struct RateLimits {
    /// Whether the map has something in it, so that the usual call need not lock it.
    holds: AtomicBool,
    held_until: Mutex<HashMap<&'static str, Instant>>,
    pace: Option<Pace>,
}

impl RateLimits {
    pub(crate) fn new(pace: Option<Pace>) -> Self {
        Self { pace, ..Self::default() }
    }

    /// Notes that the server wants no call of an operation for a while.
    pub(crate) fn hold(&self, operation: &Operation, now: Instant, delay: Duration) {
        let Some(until) = now.checked_add(delay) else { return };
        let mut held = self.held_until.lock().unwrap_or_else(PoisonError::into_inner);
        let entry = held.entry(operation.id).or_insert(until);
        *entry = (*entry).max(until);
        self.holds.store(true, Ordering::Relaxed);
    }

    /// How long a request of an operation has to wait for the server.
    pub(crate) fn held_for(&self, operation: &Operation, now: Instant) -> Duration {
        if !self.holds.load(Ordering::Relaxed) {
            return Duration::ZERO;
        }
        let mut held = self.held_until.lock().unwrap_or_else(PoisonError::into_inner);
        held.retain(|_, until| *until > now);
        self.holds.store(!held.is_empty(), Ordering::Relaxed);
        held.get(operation.id).map_or(Duration::ZERO, |until| until.saturating_duration_since(now))
    }

    /// Waits for the call's turn in the pace, unless that is not before the end of the time that is left.
    pub(crate) async fn turn(&self, clock: &dyn Clock, left: Option<Duration>) -> Result<()> {
        match &self.pace {
            Some(pace) => pace.turn(clock, left).await,
            None => Ok(()),
        }
    }
}

/// Calls in a period, evenly spread.
#[derive(Debug)]
pub(crate) struct Pace {
    interval: Duration,
    /// When the next call may begin.
    next: Mutex<Option<Instant>>,
    /// Those who wait, one behind the other. Whoever goes away leaves no gap.
    queue: tokio::sync::Mutex<()>,
    waiting: AtomicU32,
}

/// Longer than anybody waits, and never too long to be added to a moment.
const MAX_INTERVAL: Duration = Duration::from_secs(365 * 24 * 60 * 60);

impl Pace {
    pub(crate) fn new(calls: u32, period: Duration) -> Result<Self> {
        let Some(interval) = period.checked_div(calls) else {
            let detail = "the pace lets no call begin: it has to be of at least one call";
            return Err(Error::new(ErrorKind::Configuration, detail));
        };
        Ok(Self {
            interval: interval.min(MAX_INTERVAL),
            next: Mutex::default(),
            queue: tokio::sync::Mutex::default(),
            waiting: AtomicU32::new(0),
        })
    }

    async fn turn(&self, clock: &dyn Clock, left: Option<Duration>) -> Result<()> {
        let before = self.interval.saturating_mul(self.waiting.load(Ordering::Relaxed));
        if left.is_some_and(|left| self.pause(clock.now()).saturating_add(before) >= left) {
            let detail = "the pace of the client lets no call begin before this one's deadline";
            return Err(Error::new(ErrorKind::RateLimited, detail));
        }
        let _waiting = Waiting::of(&self.waiting);
        let _turn = self.queue.lock().await;
        let now = clock.now();
        let pause = self.pause(now);
        if !pause.is_zero() {
            clock.sleep(pause).await;
        }
        // From when the turn was, not from when the sleep ended: what one sleeps too long, the next one makes up for.
        let following = now.checked_add(pause).and_then(|turn| turn.checked_add(self.interval));
        *self.next.lock().unwrap_or_else(PoisonError::into_inner) = following;
        Ok(())
    }

    /// How far off the next call is.
    fn pause(&self, now: Instant) -> Duration {
        let next = self.next.lock().unwrap_or_else(PoisonError::into_inner);
        next.map_or(Duration::ZERO, |next| next.saturating_duration_since(now))
    }
}

/// Counts one who waits, until it does no longer.
struct Waiting<'a>(&'a AtomicU32);

impl<'a> Waiting<'a> {
    fn of(count: &'a AtomicU32) -> Self {
        count.fetch_add(1, Ordering::Relaxed);
        Self(count)
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}
