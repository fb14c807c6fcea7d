//! What time it is for the fake.

use std::time::{Duration, SystemTime};

use crate::testing::api::courier::{Courier, locked};

pub(crate) struct Clock {
    read: Box<dyn Fn() -> SystemTime + Send>,
    ahead: Duration,
    /// How far it was set ahead altogether, whatever it reads.
    advanced: Duration,
}

impl Default for Clock {
    /// tokio's time, which a test can pause.
    fn default() -> Self {
        let (start, begun) = (SystemTime::now(), tokio::time::Instant::now());
        Self { read: Box::new(move || start + begun.elapsed()), ahead: Duration::ZERO, advanced: Duration::ZERO }
    }
}

impl Courier {
    /// The current time of its clock.
    #[must_use]
    pub fn now(&self) -> SystemTime {
        let clock = locked(&self.shared.clock);
        let read = (clock.read)();
        read.checked_add(clock.ahead).unwrap_or(read)
    }

    /// Replaces the source of the time.
    pub fn clock(&self, read: impl Fn() -> SystemTime + Send + 'static) -> &Self {
        let mut clock = locked(&self.shared.clock);
        clock.read = Box::new(read);
        clock.ahead = Duration::ZERO;
        drop(clock);
        self
    }

    /// Moves the clock forward. Messages are delivered, delays end, idempotency keys expire.
    pub fn advance(&self, time: Duration) -> &Self {
        let mut clock = locked(&self.shared.clock);
        clock.ahead = clock.ahead.saturating_add(time);
        clock.advanced = clock.advanced.saturating_add(time);
        drop(clock);
        self
    }

    pub(crate) fn advanced(&self) -> Duration {
        locked(&self.shared.clock).advanced
    }
}
