//! Limits that delay calls before they are sent: the server's after a 429, and the client's rate limit.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use crate::operation::Operation;
use crate::retry::Clock;
use crate::sync::lock;
use crate::{Error, ErrorKind, Result};

/// The times between the calls that the caller's limits permit.
#[derive(Debug, Default)]
pub(crate) struct Intervals {
    /// The time between two calls of any operation.
    pub all: Option<Duration>,
    /// The time between two calls of any operation of a resource.
    pub resources: BTreeMap<&'static str, Duration>,
    /// The time between two calls of an operation.
    pub operations: HashMap<&'static str, Duration>,
    /// `true` if other operations have the limits that Courier documents.
    pub documented: bool,
}

impl Intervals {
    fn are_absent(&self) -> bool {
        let Self { all, resources, operations, documented } = self;
        all.is_none() && resources.is_empty() && operations.is_empty() && !documented
    }

    fn of_operation(&self, operation: &Operation) -> Option<Duration> {
        self.operations.get(operation.id).copied().or_else(|| {
            let (calls, period) = operation.rate_limit.filter(|_| self.documented)?;
            interval(calls, period).ok()
        })
    }
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
    intervals: Arc<Intervals>,
    all: Option<RateLimit>,
    /// The limits of resources, each before those of the resources below it.
    resources: BTreeMap<&'static str, RateLimit>,
    /// The limits of the operations that have been called.
    operations: Mutex<HashMap<&'static str, Arc<RateLimit>>>,
}

impl RateLimits {
    pub(crate) fn new(intervals: &Arc<Intervals>) -> Self {
        Self {
            paused_until: Mutex::default(),
            intervals: Arc::clone(intervals),
            all: intervals.all.map(RateLimit::new),
            resources: intervals.resources.iter().map(|(name, interval)| (*name, RateLimit::new(*interval))).collect(),
            operations: Mutex::default(),
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
        self.intervals.are_absent() && lock(&self.paused_until).is_empty()
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
        let pause = self.remaining_pause(operation, now);
        if pause.is_zero() {
            return Ok(());
        }
        if remaining(now).is_some_and(|remaining| pause >= remaining) {
            let detail =
                "the server requested a pause of this operation that lasts longer than the call's total timeout";
            return Err(Error::new(ErrorKind::RateLimited, detail));
        }
        clock.sleep(pause).await;
        Ok(())
    }

    fn remaining_pause(&self, operation: &Operation, now: Instant) -> Duration {
        let mut paused_until = lock(&self.paused_until);
        paused_until.retain(|_, until| *until > now);
        paused_until.get(operation.id).map_or(Duration::ZERO, |until| until.saturating_duration_since(now))
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
        let is_below = |resource| operation.id.strip_prefix(resource).is_some_and(|rest: &str| rest.starts_with('.'));
        let resources = self.resources.iter().filter(|(name, _)| is_below(**name)).map(|(_, limit)| limit);
        for limit in self.all.iter().chain(resources) {
            limit.wait(clock, &remaining).await?;
        }
        match self.of_operation(operation) {
            Some(limit) => limit.wait(clock, &remaining).await,
            None => Ok(()),
        }
    }

    fn of_operation(&self, operation: &Operation) -> Option<Arc<RateLimit>> {
        let interval = self.intervals.of_operation(operation)?;
        let mut operations = lock(&self.operations);
        Some(Arc::clone(operations.entry(operation.id).or_insert_with(|| Arc::new(RateLimit::new(interval)))))
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
