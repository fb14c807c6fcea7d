//! Limits that delay calls before they are sent: the server's after a 429, and the client's rate limit.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use crate::operation::Operation;
use crate::retry::Clock;
use crate::sync::lock;
use crate::{Error, ErrorKind, Result};

/// The limits that the caller set.
#[derive(Debug)]
pub(crate) struct Limits {
    /// The time between two calls of an operation, or of any operation of a resource, by its name. The name of the
    /// whole client is empty.
    pub intervals: BTreeMap<&'static str, Duration>,
    /// `true` if other operations have the limits that Courier documents.
    pub documented: bool,
}

/// Returns the time between two calls, of which a period has this number.
pub(crate) fn interval(calls: u32, period: Duration) -> Result<Duration> {
    match period.checked_div(calls) {
        Some(interval) => Ok(interval.min(MAX_INTERVAL)),
        None => {
            let detail = "the rate limit permits no calls; it must permit at least one call in its period";
            Err(Error::new(ErrorKind::Configuration, detail))
        }
    }
}

/// The pauses that the server requested, by operation, and the limits that the caller set.
#[derive(Debug)]
pub(crate) struct RateLimits {
    paused_until: Mutex<HashMap<&'static str, Instant>>,
    /// Each before those of the resources and operations below it.
    limits: BTreeMap<&'static str, RateLimit>,
    /// The limits that Courier documents, of the operations that have been called.
    documented: Option<Mutex<HashMap<&'static str, Arc<RateLimit>>>>,
}

impl RateLimits {
    pub(crate) fn new(limits: &Limits) -> Self {
        Self {
            paused_until: Mutex::default(),
            limits: limits.intervals.iter().map(|(name, interval)| (*name, RateLimit::new(*interval))).collect(),
            documented: limits.documented.then(Mutex::default),
        }
    }

    /// Pauses an operation for as long as the server requested.
    pub(crate) fn pause(&self, operation: &Operation, now: Instant, delay: Duration) {
        let Some(end) = now.checked_add(delay) else { return };
        let mut paused_until = lock(&self.paused_until);
        let until = paused_until.entry(operation.id).or_insert(end);
        *until = (*until).max(end);
    }

    /// Returns `true` if no call has to wait.
    pub(crate) fn are_absent(&self) -> bool {
        self.limits.is_empty() && self.documented.is_none() && lock(&self.paused_until).is_empty()
    }

    /// Waits until the operation is no longer paused.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::RateLimited`], immediately, if the remaining time ends first.
    pub(crate) async fn wait_for_pause(
        &self,
        operation: &Operation,
        clock: &dyn Clock,
        remaining: impl Fn(Instant) -> Option<Duration>,
    ) -> Result<()> {
        let now = clock.now();
        let until = {
            let mut paused_until = lock(&self.paused_until);
            paused_until.retain(|_, until| *until > now);
            paused_until.get(operation.id).copied()
        };
        let Some(until) = until else { return Ok(()) };
        let pause = until.saturating_duration_since(now);
        if remaining(now).is_some_and(|remaining| pause >= remaining) {
            let detail =
                "the server requested a pause of this operation that lasts longer than the call's total timeout";
            return Err(Error::new(ErrorKind::RateLimited, detail));
        }
        clock.sleep(pause).await;
        Ok(())
    }

    /// Waits until the client's rate limits let the call begin. The limit of the operation comes last, because the server
    /// enforces it.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::RateLimited`], immediately, if the remaining time ends first.
    pub(crate) async fn wait_for_slot(
        &self,
        operation: &Operation,
        clock: &dyn Clock,
        remaining: impl Fn(Instant) -> Option<Duration>,
    ) -> Result<()> {
        let applies = |name: &str| match operation.id.strip_prefix(name) {
            Some(rest) => name.is_empty() || rest.is_empty() || rest.starts_with('.'),
            None => false,
        };
        for (_, limit) in self.limits.iter().filter(|(name, _)| applies(name)) {
            limit.wait(clock, &remaining).await?;
        }
        match self.documented(operation) {
            Some(limit) => limit.wait(clock, &remaining).await,
            None => Ok(()),
        }
    }

    /// Returns the limit that Courier documents, unless the caller set another one.
    fn documented(&self, operation: &Operation) -> Option<Arc<RateLimit>> {
        let documented = self.documented.as_ref().filter(|_| !self.limits.contains_key(operation.id))?;
        let (calls, period) = operation.rate_limit?;
        let interval = interval(calls, period).ok()?;
        Some(Arc::clone(lock(documented).entry(operation.id).or_insert_with(|| Arc::new(RateLimit::new(interval)))))
    }
}

/// A number of calls in a period, evenly spaced.
///
/// Every call reserves a slot and sleeps by itself. Nothing is held while it sleeps, because one task can own several
/// calls and not poll them all: a call that waited for another call could then wait forever.
#[derive(Debug)]
struct RateLimit {
    interval: Duration,
    slots: Mutex<Slots>,
}

/// The times at which calls may begin.
#[derive(Debug, Default)]
struct Slots {
    /// The first slot that no call has reserved yet.
    next: Option<Instant>,
    /// Earlier slots that were given back.
    returned: BTreeSet<Instant>,
}

/// The longest interval, which can be added to any instant.
const MAX_INTERVAL: Duration = Duration::from_secs(365 * 24 * 60 * 60);

/// The delay after which a slot has passed even if the interval is shorter, because timers are not exact.
const MIN_TOLERANCE: Duration = Duration::from_millis(100);

impl RateLimit {
    fn new(interval: Duration) -> Self {
        Self { interval, slots: Mutex::default() }
    }

    async fn wait(&self, clock: &dyn Clock, remaining: &impl Fn(Instant) -> Option<Duration>) -> Result<()> {
        // A call that was not polled in time would begin together with later ones, so it reserves another slot, once.
        for is_last in [false, true] {
            let now = clock.now();
            let slot = self.reserve(now, remaining(now))?;
            let delay = slot.time.saturating_duration_since(now);
            if !delay.is_zero() {
                clock.sleep(delay).await;
            }
            let lateness = clock.now().saturating_duration_since(slot.time);
            slot.take();
            if is_last || delay.is_zero() || lateness < self.interval.max(MIN_TOLERANCE) {
                break;
            }
        }
        Ok(())
    }

    /// Reserves the earliest free slot.
    fn reserve(&self, now: Instant, remaining: Option<Duration>) -> Result<Slot<'_>> {
        let mut slots = lock(&self.slots);
        slots.returned = slots.returned.split_off(&now);
        let returned = slots.returned.first().copied();
        let time = returned.or(slots.next).map_or(now, |slot| slot.max(now));
        if remaining.is_some_and(|remaining| time.saturating_duration_since(now) >= remaining) {
            let detail = "the rate limit of the client lets this call begin only after its total timeout";
            return Err(Error::new(ErrorKind::RateLimited, detail));
        }
        if returned.is_some() {
            slots.returned.pop_first();
        } else {
            slots.next = time.checked_add(self.interval);
        }
        Ok(Slot { limit: self, time, is_taken: false })
    }

    /// Makes a slot available to later calls.
    fn give_back(&self, time: Instant) {
        let mut slots = lock(&self.slots);
        slots.returned.insert(time);
        // Free slots at the end are not reserved at all.
        while let Some(last) = slots.returned.last().copied()
            && last.checked_add(self.interval) == slots.next
        {
            slots.returned.pop_last();
            slots.next = Some(last);
        }
    }
}

/// A reserved slot. It is given back if it is dropped before it is taken.
struct Slot<'a> {
    limit: &'a RateLimit,
    time: Instant,
    is_taken: bool,
}

impl Slot<'_> {
    fn take(mut self) {
        self.is_taken = true;
    }
}

impl Drop for Slot<'_> {
    fn drop(&mut self) {
        if !self.is_taken {
            self.limit.give_back(self.time);
        }
    }
}
