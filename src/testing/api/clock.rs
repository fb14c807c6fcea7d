//! The clock, as a test sets it.

use std::time::{Duration, SystemTime};

use super::courier::Courier;
use crate::sync::lock;
use crate::testing::engine::time::millis;

impl Courier {
    /// Returns the current time of its clock.
    #[must_use]
    pub fn now(&self) -> SystemTime {
        lock(&self.shared.clock).now()
    }

    /// Replaces the source of the time.
    pub fn clock(&self, source: impl Fn() -> SystemTime + Send + 'static) -> &Self {
        lock(&self.shared.clock).set_source(source);
        self
    }

    /// Moves the clock forward. Messages are delivered, delays end, idempotency keys expire.
    pub fn advance(&self, time: Duration) -> &Self {
        lock(&self.shared.clock).advance(time);
        self
    }

    pub(super) fn advanced(&self) -> Duration {
        lock(&self.shared.clock).advanced()
    }

    /// The current time in milliseconds since 1970.
    pub(super) fn now_millis(&self) -> i64 {
        millis(self.now())
    }
}
