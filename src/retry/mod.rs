//! When a call is retried, and after which delay.
//!
//! A call is retried after a connection that failed or broke, after a timeout, and after the statuses 408, 409, 429 and 5xx: at
//! most twice, unless [`Options::max_retries`](crate::Options::max_retries) says otherwise. The server can overrule this.
//! `x-should-retry: true` or `false` overrides the status, and `retry-after-ms` or `retry-after` (seconds or a date) sets the
//! delay if it is more than 0 s and at most 60 s. Otherwise the delay is 0.5 s, doubled for each retry up to 8 s, less up to a
//! quarter at random.
//!
//! A retry never does the work twice. A `POST` is repeated under its idempotency key, and an operation that is safe to send
//! twice (every `GET`, `PUT` and `DELETE` that the API's description does not exclude) as it is. Any other request, such as
//! a `PATCH` or a `POST` without a key, is repeated only when the server certainly has not acted on it: when there was no
//! connection, after a 429, when HTTP/2 says that the request was refused, or when the server asks for it.
//!
//! What fails in the same way each time is not retried: a certificate that is not accepted, a proxy that refuses, and the 409
//! of an operation whose documentation says that it is final.
//!
//! A success whose body breaks off is requested again, if that cannot do the work twice. A `DELETE` whose first response was
//! lost can end in [`NotFound`](crate::ErrorKind::NotFound), because the first attempt has done it; the error then says
//! that an [answer was lost](crate::Error::response_was_lost).
//!
//! Every retry is also paid from a [budget](crate::ClientBuilder::retry_budget) that the clones of a client share, so that
//! retries do not multiply an outage.

pub(crate) mod budget;
mod http_date;
pub(crate) mod idempotency;
pub(crate) mod rate_limit;

use std::collections::hash_map::RandomState;
use std::future::Future;
use std::hash::BuildHasher as _;
use std::pin::Pin;
use std::time::{Duration, Instant, SystemTime};

use http::{HeaderMap, StatusCode};

use crate::{Error, ErrorKind};

/// The longest delay that a server may ask for.
const MAX_ASKED: Duration = Duration::from_secs(60);

/// The delay before a retry, if the server does not ask for one.
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
    /// 0.5 s doubled up to 8 s, as the official clients have it.
    fn default() -> Self {
        Self { initial_delay: Duration::from_millis(500), max_delay: Duration::from_secs(8) }
    }
}

impl Backoff {
    /// The delay before the first retry; 0.5 s by default.
    pub fn initial_delay(mut self, delay: Duration) -> Self {
        self.initial_delay = delay;
        self
    }

    /// The longest delay; 8 s by default.
    pub fn max_delay(mut self, delay: Duration) -> Self {
        self.max_delay = delay;
        self
    }

    /// The delay before a retry: 0 is the first. It is shortened by up to a quarter, as much as `random` in [0, 1) says.
    pub fn delay(&self, retry: u32, random: f64) -> Duration {
        let doubled = self.initial_delay.saturating_mul(2_u32.saturating_pow(retry)).min(self.max_delay);
        // Not `mul_f64`, which panics where the longest duration is rounded up, and for a random number that is none.
        let less = (doubled / 4).as_secs_f64() * random.clamp(0.0, 1.0);
        doubled.saturating_sub(Duration::try_from_secs_f64(less).unwrap_or_default())
    }
}

/// The source of time and randomness. A test can replace it, so as not to sleep or depend on chance.
///
/// The client uses [`TokioClock`] unless [`ClientBuilder::clock`](crate::ClientBuilder::clock) says otherwise.
pub trait Clock: Send + Sync + 'static {
    /// The current instant, to measure durations.
    fn now(&self) -> Instant;

    /// The current date, for a `Retry-After` that is a date.
    fn date(&self) -> SystemTime;

    /// Completes after the duration. It is the delay before a retry.
    fn sleep(&self, duration: Duration) -> Pin<Box<dyn Future<Output = ()> + Send>>;

    /// Completes after the duration. It is the time limit of an attempt through a [`Transport`](crate::transport::Transport).
    /// It is separate from [`sleep`](Self::sleep), so a test can skip delays without hitting time limits. The default needs
    /// tokio.
    fn limit(&self, duration: Duration) -> Pin<Box<dyn Future<Output = ()> + Send>> {
        Box::pin(tokio::time::sleep(duration))
    }

    /// A number in [0, 1).
    fn random(&self) -> f64;
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
        // Each hasher has a secret of its own. 53 bits are as many as a float's fraction has.
        let bits = RandomState::new().hash_one(()) >> 11;
        bits as f64 / (1_u64 << 53) as f64
    }
}

/// Whether an error is worth another attempt, as far as the request permits one.
pub(crate) fn is_retryable(error: &Error, repeatable: bool) -> bool {
    let asked = error.headers().get("x-should-retry").map(|value| value.as_bytes());
    if error.is_permanent() || asked == Some(b"false") {
        return false;
    }
    // A success whose body broke off is done, whatever else it says of itself: it is repeated for its response alone.
    if error.status().is_some_and(|status| status.is_success()) {
        return repeatable
            && (error.is_cut_off() || matches!(error.kind(), ErrorKind::Connection | ErrorKind::Timeout));
    }
    if asked == Some(b"true") {
        return true;
    }
    let certainly_not_done = !error.was_sent() || error.kind() == ErrorKind::RateLimited;
    let transient = match error.status() {
        Some(StatusCode::CONFLICT) => !error.is_final_conflict(),
        Some(status) => {
            matches!(status, StatusCode::REQUEST_TIMEOUT | StatusCode::TOO_MANY_REQUESTS) || status.is_server_error()
        }
        None => matches!(error.kind(), ErrorKind::Connection | ErrorKind::Timeout),
    };
    transient && (repeatable || certainly_not_done)
}

/// The delay that the server asks for, if it is one to obey.
pub(crate) fn asked_delay(headers: &HeaderMap, now: SystemTime) -> Option<Duration> {
    retry_after(headers, now).filter(|asked| *asked <= MAX_ASKED)
}

/// The delay that the server asks for, however long.
pub(crate) fn retry_after(headers: &HeaderMap, now: SystemTime) -> Option<Duration> {
    let text = |name: &str| headers.get(name)?.to_str().ok().map(str::trim);
    let seconds = |number: f64| Duration::try_from_secs_f64(number).ok();
    let milliseconds = text("retry-after-ms").and_then(|text| seconds(text.parse::<f64>().ok()? / 1000.0));
    let asked = milliseconds.or_else(|| {
        let text = text("retry-after")?;
        match text.parse::<f64>() {
            Ok(number) => seconds(number),
            Err(_) => {
                // The server's own clock, where it says, is the one that it has counted by.
                let now = headers.get("date").and_then(|date| http_date::read(date.to_str().ok()?)).unwrap_or(now);
                http_date::read(text)?.duration_since(now).ok()
            }
        }
    })?;
    (asked > Duration::ZERO).then_some(asked)
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, SystemTime};

    use http::{HeaderMap, HeaderName, HeaderValue};

    use super::{Backoff, Clock, TokioClock, asked_delay};

    fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
        let pairs =
            pairs.iter().map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_str(value).unwrap()));
        pairs.collect()
    }

    #[test]
    fn the_delay_doubles_up_to_the_longest_less_up_to_a_quarter() {
        let backoff = Backoff::default();
        let delays: Vec<u128> = (0..6).map(|retry| backoff.delay(retry, 0.0).as_millis()).collect();
        assert_eq!(delays, [500, 1000, 2000, 4000, 8000, 8000]);
        assert_eq!(backoff.delay(0, 1.0).as_millis(), 375);
        assert_eq!(backoff.delay(u32::MAX, 0.0).as_millis(), 8000);
    }

    #[test]
    fn no_delay_and_no_randomness_panics() {
        let endless = Backoff::default().initial_delay(Duration::MAX).max_delay(Duration::MAX);
        assert_eq!(endless.delay(9, 0.0), Duration::MAX);
        assert!(endless.delay(0, 1.0) > Duration::MAX / 2);
        assert_eq!(Backoff::default().initial_delay(Duration::ZERO).delay(9, 0.5), Duration::ZERO);
        for random in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, -1.0, 2.0] {
            assert!(Backoff::default().delay(0, random) >= Duration::from_millis(375), "{random}");
        }
    }

    #[test]
    fn the_server_is_obeyed_within_reason() {
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(1_000_000_000);
        let date = |seconds: u64| httpdate::fmt_http_date(now + Duration::from_secs(seconds));
        for (asked, expected) in [
            (vec![("retry-after-ms", "1500")], Some(1500)),
            (vec![("retry-after-ms", "0.5")], Some(0)),
            (vec![("retry-after-ms", "10"), ("retry-after", "3")], Some(10)),
            (vec![("retry-after-ms", "soon"), ("retry-after", "3")], Some(3000)),
            (vec![("retry-after", " 2.5 ")], Some(2500)),
            (vec![("retry-after", "60")], Some(60_000)),
            (vec![("retry-after", "61")], None),
            (vec![("retry-after", "0")], None),
            (vec![("retry-after", "-1")], None),
            (vec![("retry-after", "NaN")], None),
            (vec![("retry-after", "inf")], None),
            (vec![("retry-after", "1e400")], None),
            (vec![("retry-after", &date(30))], Some(30_000)),
            (vec![("retry-after", &date(90))], None),
            (vec![("retry-after", "Thu, 01 Jan 1970 00:00:00 GMT")], None),
            (vec![("retry-after", "")], None),
            (vec![], None),
        ] {
            let delay = asked_delay(&headers(&asked), now).map(|delay| delay.as_millis());
            assert_eq!(delay, expected, "{asked:?}");
        }
    }

    #[test]
    fn a_date_is_measured_from_that_of_the_answer() {
        // 9 September 2001, 01:46:40; this machine's clock is an hour off.
        let behind = SystemTime::UNIX_EPOCH + Duration::from_secs(1_000_000_000 - 3600);
        let asked = [("retry-after", "Sun, 09 Sep 2001 01:47:10 GMT"), ("date", "Sun, 09 Sep 2001 01:46:40 GMT")];
        assert_eq!(asked_delay(&headers(&asked), behind), Some(Duration::from_secs(30)));
    }

    #[test]
    fn the_clock_is_random_within_its_bounds() {
        let numbers: Vec<f64> = (0..100).map(|_| TokioClock.random()).collect();
        assert!(numbers.iter().all(|number| (0.0..1.0).contains(number)));
        assert!(numbers.iter().any(|number| *number > 0.5) && numbers.iter().any(|number| *number < 0.5));
    }
}
