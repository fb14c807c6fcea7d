//! Retries of calls: their conditions and delays.
//!
//! A call is retried if a connection cannot be made or breaks, after a timeout, and after the statuses 408, 409, 429
//! and 5xx. It is retried at most twice, unless [`Options::max_retries`](crate::Options::max_retries) sets another
//! limit. The server can overrule this: `x-should-retry: true` or `false` overrides the status, and `retry-after-ms` or
//! `retry-after` (seconds or a date) sets the delay if it is more than 0 s and at most 60 s. Otherwise, the delay is
//! 0.5 s, doubled for each retry up to 8 s, and randomly reduced by up to a quarter.
//!
//! A retry never does the work twice. A `POST` is repeated under its idempotency key. An operation that is safe to send
//! twice (every `GET`, `PUT` and `DELETE` that the API's description does not exclude) is repeated unchanged. Any other
//! request, such as a `PATCH` or a `POST` without a key, is repeated only if the server has certainly not acted on it:
//! if no connection was made, after a 429, after HTTP/2 refused the request, or if the server requests a retry.
//!
//! Failures that would recur are not retried: a certificate that is not accepted, a proxy that refuses to connect, and
//! a 409 that the operation's documentation calls final.
//!
//! A success whose body breaks off is requested again, unless that could do the work twice. A `DELETE` whose first
//! response was lost can end in [`NotFound`](crate::ErrorKind::NotFound), because the first attempt has done the work;
//! see [`response_was_lost`](crate::Error::response_was_lost).
//!
//! Before its first attempt, a call waits for the client's [rate limit](crate::ClientBuilder::rate_limit) and for the
//! end of a pause that the server has requested. The server requests a pause of up to 60 s by a 429 with a delay, or by
//! a response whose headers (`RateLimit-Remaining` and `RateLimit-Reset`, `RateLimit`, or `X-RateLimit-…`) show that
//! the limit is used up. Then the call asks the [`Limiter`], if there is one.
//!
//! Every retry also needs a share of a [budget](crate::ClientBuilder::retry_budget) that the clones of a client have in
//! common, so that retries do not make an outage worse.

pub(crate) mod budget;
pub(crate) mod classify;
mod http_date;
pub(crate) mod idempotency;
mod limiter;
pub(crate) mod rate_limit;
pub(crate) mod retry_after;

use std::collections::hash_map::RandomState;
use std::future::Future;
use std::hash::BuildHasher as _;
use std::pin::{Pin, pin};
use std::time::{Duration, Instant, SystemTime};

use futures_util::future::{Either, select};

pub use self::limiter::{Acquire, Limiter, Permit};

/// The delay before a retry if the server does not request a delay.
///
/// ```
/// use std::time::Duration;
/// use trycourier::retry::Backoff;
///
/// let patient = Backoff::default().initial_delay(Duration::from_secs(1)).max_delay(Duration::from_secs(30));
/// assert_eq!(patient.delay(3, 0.0), Duration::from_secs(8));
/// ```
#[derive(Clone, Debug, PartialEq)]
#[must_use]
pub struct Backoff {
    initial_delay: Duration,
    max_delay: Duration,
}

impl Default for Backoff {
    /// Returns a backoff that starts at 0.5 s and doubles up to 8 s, as in the official clients.
    fn default() -> Self {
        Self { initial_delay: Duration::from_millis(500), max_delay: Duration::from_secs(8) }
    }
}

impl Backoff {
    /// Sets the delay before the first retry. The default is 0.5 s.
    #[doc(alias = "first")]
    pub fn initial_delay(mut self, delay: Duration) -> Self {
        self.initial_delay = delay;
        self
    }

    /// Sets the longest delay. The default is 8 s.
    #[doc(alias = "longest")]
    #[doc(alias = "maximum_delay")]
    pub fn max_delay(mut self, delay: Duration) -> Self {
        self.max_delay = delay;
        self
    }

    /// Returns the delay before a retry; the first retry is number 0. The delay is shortened by up to a quarter, in
    /// proportion to `random`, a number in [0, 1).
    pub fn delay(&self, retry: u32, random: f64) -> Duration {
        let doubled = self.initial_delay.saturating_mul(2_u32.saturating_pow(retry)).min(self.max_delay);
        // Not `mul_f64`, which panics for NaN, and if the longest duration is rounded up.
        let jitter = (doubled / 4).as_secs_f64() * random.clamp(0.0, 1.0);
        doubled.saturating_sub(Duration::try_from_secs_f64(jitter).unwrap_or_default())
    }
}

/// A source of time and randomness. A test can replace it to avoid real delays and random behavior.
///
/// The default is [`TokioClock`]; [`ClientBuilder::clock`](crate::ClientBuilder::clock) sets a different clock.
pub trait Clock: Send + Sync + 'static {
    /// Returns the current instant, to measure durations.
    fn now(&self) -> Instant;

    /// Returns the current date, for a `Retry-After` that is a date and for the age of a [`Prepared`](crate::Prepared)
    /// call.
    fn date(&self) -> SystemTime;

    /// Completes after the duration. The client uses it to wait before a retry and for a rate limit.
    fn sleep(&self, duration: Duration) -> Pin<Box<dyn Future<Output = ()> + Send>>;

    /// Completes after the duration. The client uses it as the time limit for an attempt through a custom
    /// [`Transport`](crate::transport::Transport). It is separate from [`sleep`](Self::sleep), so that a test can skip
    /// delays without reaching time limits. The default implementation needs tokio.
    fn limit(&self, duration: Duration) -> Pin<Box<dyn Future<Output = ()> + Send>> {
        Box::pin(tokio::time::sleep(duration))
    }

    /// Returns a number in [0, 1).
    fn random(&self) -> f64;
}

/// Returns the output of a future, or `None` if it takes longer than the limit.
pub(crate) async fn within<T>(clock: &dyn Clock, limit: Duration, future: impl Future<Output = T>) -> Option<T> {
    match select(pin!(future), clock.limit(limit)).await {
        Either::Left((output, _)) => Some(output),
        Either::Right(_) => None,
    }
}

/// The default clock: the system's time, tokio's timer, and randomness.
#[derive(Clone, Copy, Debug, Default)]
pub struct TokioClock;

impl Clock for TokioClock {
    fn now(&self) -> Instant {
        Instant::now()
    }

    fn date(&self) -> SystemTime {
        SystemTime::now()
    }

    fn sleep(&self, duration: Duration) -> Pin<Box<dyn Future<Output = ()> + Send>> {
        Box::pin(tokio::time::sleep(duration))
    }

    fn random(&self) -> f64 {
        // Each `RandomState` has a different secret. A float's fraction has 53 bits.
        let bits = RandomState::new().hash_one(()) >> 11;
        bits as f64 / (1_u64 << 53) as f64
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{Backoff, Clock, TokioClock};

    #[test]
    fn delay_doubles_up_to_the_maximum() {
        let backoff = Backoff::default();
        let delays: Vec<u128> = (0..6).map(|retry| backoff.delay(retry, 0.0).as_millis()).collect();
        assert_eq!(delays, [500, 1000, 2000, 4000, 8000, 8000]);
        assert_eq!(backoff.delay(0, 1.0).as_millis(), 375);
        assert_eq!(backoff.delay(u32::MAX, 0.0).as_millis(), 8000);
    }

    #[test]
    fn extreme_delays_and_numbers_do_not_panic() {
        let endless = Backoff::default().initial_delay(Duration::MAX).max_delay(Duration::MAX);
        assert_eq!(endless.delay(9, 0.0), Duration::MAX);
        assert!(endless.delay(0, 1.0) > Duration::MAX / 2);
        assert_eq!(Backoff::default().initial_delay(Duration::ZERO).delay(9, 0.5), Duration::ZERO);
        for random in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, -1.0, 2.0] {
            assert!(Backoff::default().delay(0, random) >= Duration::from_millis(375), "{random}");
        }
    }

    #[test]
    fn random_numbers_are_within_bounds() {
        let numbers: Vec<f64> = (0..100).map(|_| TokioClock.random()).collect();
        assert!(numbers.iter().all(|number| (0.0..1.0).contains(number)));
        assert!(numbers.iter().any(|number| *number > 0.5) && numbers.iter().any(|number| *number < 0.5));
    }
}
