//! The fake's clock.

use std::time::{Duration, SystemTime};

pub(crate) struct Clock {
    source: Box<dyn Fn() -> SystemTime + Send>,
    offset: Duration,
    /// The sum of all advances, which a new source does not reset.
    advanced: Duration,
}

impl Default for Clock {
    /// Follows tokio's time, which a test can pause.
    fn default() -> Self {
        let (start, begun) = (SystemTime::now(), tokio::time::Instant::now());
        Self { source: Box::new(move || start + begun.elapsed()), offset: Duration::ZERO, advanced: Duration::ZERO }
    }
}

impl Clock {
    pub fn now(&self) -> SystemTime {
        let time = (self.source)();
        time.checked_add(self.offset).unwrap_or(time)
    }

    pub fn set_source(&mut self, source: impl Fn() -> SystemTime + Send + 'static) {
        self.source = Box::new(source);
        self.offset = Duration::ZERO;
    }

    pub fn advance(&mut self, time: Duration) {
        self.offset = self.offset.saturating_add(time);
        self.advanced = self.advanced.saturating_add(time);
    }

    pub fn advanced(&self) -> Duration {
        self.advanced
    }
}
