//! What holds calls back, so that they do not run into the API's rate limits.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use crate::operation::Operation;

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

    /// Takes a place in the pace, and says how far off it is.
    pub(crate) fn pace(&self, now: Instant) -> Duration {
        self.pace.as_ref().map_or(Duration::ZERO, |pace| pace.next(now))
    }
}

/// Calls in a period, evenly spread.
#[derive(Debug)]
pub(crate) struct Pace {
    interval: Duration,
    next: Mutex<Option<Instant>>,
}

impl Pace {
    pub(crate) fn new(calls: u32, period: Duration) -> Self {
        Self { interval: period / calls.max(1), next: Mutex::new(None) }
    }

    fn next(&self, now: Instant) -> Duration {
        let mut next = self.next.lock().unwrap_or_else(PoisonError::into_inner);
        let turn = next.map_or(now, |next| next.max(now));
        *next = turn.checked_add(self.interval);
        turn.saturating_duration_since(now)
    }
}
