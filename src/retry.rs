//! When a call is tried again, and how long it waits.
//!
//! A call is retried after a connection that failed or broke, a timeout, 408, 409, 429 and every 5xx, twice unless
//! [`Options::max_retries`](crate::Options::max_retries) says otherwise. The server has the last word: `x-should-retry:
//! true` or `false` overrides the status, and `retry-after-ms` or `retry-after` (seconds or an HTTP date, RFC 9110) in
//! (0 s, 60 s] the delay. Without them the delay is 0.5 s, doubled for each retry up to 8 s, less up to a quarter at random.
//!
//! A `POST` that goes out without an idempotency key is retried only where the server says so or cannot have acted on it:
//! when there was no connection, and after a 429. A success whose body breaks off or comes too slowly is asked for again
//! where that cannot do the work twice: with a key, or a method other than `POST`.
//!
//! Each retry also takes from a [budget](crate::ClientBuilder::retry_budget) that the clones of a client share, so that an outage is not
//! multiplied.

use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant, SystemTime};

use reqwest::header::HeaderMap;
use reqwest::{Method, Request, StatusCode};

use crate::options::IDEMPOTENCY_KEY;
use crate::{Error, ErrorKind};

/// The longest delay that a server may ask for.
const LONGEST_ASKED: Duration = Duration::from_secs(60);

/// How long a retry waits when the server does not say.
///
/// ```
/// use std::time::Duration;
/// use trycourier::retry::Backoff;
///
/// let patient = Backoff::default().first(Duration::from_secs(1)).longest(Duration::from_secs(30));
/// assert_eq!(patient.delay(3, 0.0), Duration::from_secs(8));
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Backoff {
    first: Duration,
    longest: Duration,
}

impl Default for Backoff {
    /// 0.5 s doubled up to 8 s, as the official clients have it.
    fn default() -> Self {
        Self { first: Duration::from_millis(500), longest: Duration::from_secs(8) }
    }
}

impl Backoff {
    /// The delay before the first retry; 0.5 s by default.
    pub fn first(mut self, first: Duration) -> Self {
        self.first = first;
        self
    }

    /// The delay above which it is not doubled any more; 8 s by default.
    pub fn longest(mut self, longest: Duration) -> Self {
        self.longest = longest;
        self
    }

    /// The delay before a retry, the first being 0, less a quarter of it times `random`, which is in [0, 1).
    pub fn delay(&self, retry: u32, random: f64) -> Duration {
        let doubled = self.first.saturating_mul(2_u32.saturating_pow(retry)).min(self.longest);
        // Not `mul_f64`, which panics where the longest duration is rounded up, and for a random number that is none.
        let less = (doubled / 4).as_secs_f64() * random.clamp(0.0, 1.0);
        doubled.saturating_sub(Duration::try_from_secs_f64(less).unwrap_or_default())
    }
}

/// Time and randomness, so that a test of retries neither sleeps nor flakes.
///
/// The client uses [`TokioClock`] unless [`ClientBuilder::clock`](crate::ClientBuilder::clock) says otherwise.
pub trait Clock: Send + Sync + 'static {
    /// A moment to measure from.
    fn now(&self) -> Instant;

    /// The date, for a `Retry-After` that is one.
    fn date(&self) -> SystemTime;

    /// Ends after the duration.
    fn sleep(&self, duration: Duration) -> Pin<Box<dyn Future<Output = ()> + Send>>;

    /// A number in [0, 1).
    fn random(&self) -> f64;
}

/// The time of the machine and of tokio.
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
        // 53 of a v4 UUID's random bits, as many as a float's fraction has.
        let bits = uuid::Uuid::new_v4().as_u128() >> 75;
        bits as f64 / (1_u64 << 53) as f64
    }
}

/// The tokens from which every retry of a client and its clones is paid.
///
/// A retry costs 5 tokens, 10 after a timeout; a call that succeeds gives back what its last retry cost, or 1 when it had
/// none. An empty budget stops the retries, not the calls. These are the figures of the AWS SDKs.
#[derive(Debug)]
pub(crate) struct RetryBudget {
    tokens: AtomicU32,
    capacity: u32,
}

impl RetryBudget {
    pub(crate) const DEFAULT_CAPACITY: u32 = 500;
    const COST: u32 = 5;
    const TIMEOUT_COST: u32 = 10;

    pub(crate) fn new(capacity: u32) -> Self {
        Self { tokens: AtomicU32::new(capacity), capacity }
    }

    /// Pays for a retry; none when the budget does not have it.
    pub(crate) fn pay(&self, after: ErrorKind) -> Option<u32> {
        let cost = if after == ErrorKind::Timeout { Self::TIMEOUT_COST } else { Self::COST };
        let paid = self.tokens.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |tokens| tokens.checked_sub(cost));
        paid.is_ok().then_some(cost)
    }

    /// Gives back after a success what its last retry cost.
    pub(crate) fn refund(&self, paid: Option<u32>) {
        let back = paid.unwrap_or(1);
        let full = |tokens: u32| Some(tokens.saturating_add(back).min(self.capacity));
        // The closure never declines.
        let _ = self.tokens.fetch_update(Ordering::Relaxed, Ordering::Relaxed, full);
    }
}

/// Whether a request that goes out twice does no more than one that goes out once.
pub(crate) fn is_repeatable(request: &Request) -> bool {
    let method = request.method();
    method.is_idempotent() || *method == Method::PATCH || request.headers().contains_key(IDEMPOTENCY_KEY)
}

/// Whether an error is worth another attempt, as far as the request allows one.
pub(crate) fn is_retryable(error: &Error, repeatable: bool) -> bool {
    let asked = error.headers().get("x-should-retry").map(|value| value.as_bytes());
    if asked == Some(b"false") {
        return false;
    }
    // A success whose body broke off is done, whatever else it says of itself: it is repeated for its answer alone.
    if error.status().is_some_and(|status| status.is_success()) {
        return repeatable && matches!(error.kind(), ErrorKind::Connection | ErrorKind::Timeout);
    }
    if asked == Some(b"true") {
        return true;
    }
    let certainly_not_done = !error.was_sent() || error.kind() == ErrorKind::RateLimited;
    let transient = match error.status() {
        Some(status) => {
            matches!(status, StatusCode::REQUEST_TIMEOUT | StatusCode::CONFLICT | StatusCode::TOO_MANY_REQUESTS)
                || status.is_server_error()
        }
        None => matches!(error.kind(), ErrorKind::Connection | ErrorKind::Timeout),
    };
    transient && (repeatable || certainly_not_done)
}

/// The delay that the server asks for, if it is one to obey.
pub(crate) fn asked_delay(headers: &HeaderMap, date: SystemTime) -> Option<Duration> {
    let text = |name: &str| headers.get(name)?.to_str().ok().map(str::trim);
    let seconds = |number: f64| Duration::try_from_secs_f64(number).ok();
    let milliseconds = text("retry-after-ms").and_then(|text| seconds(text.parse::<f64>().ok()? / 1000.0));
    let asked = milliseconds.or_else(|| {
        let text = text("retry-after")?;
        match text.parse::<f64>() {
            Ok(number) => seconds(number),
            Err(_) => httpdate::parse_http_date(text).ok()?.duration_since(date).ok(),
        }
    })?;
    (asked > Duration::ZERO && asked <= LONGEST_ASKED).then_some(asked)
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, SystemTime};

    use reqwest::header::{HeaderMap, HeaderName, HeaderValue};

    use super::{Backoff, Clock, RetryBudget, TokioClock, asked_delay};
    use crate::ErrorKind;

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
        let endless = Backoff::default().first(Duration::MAX).longest(Duration::MAX);
        assert_eq!(endless.delay(9, 0.0), Duration::MAX);
        assert!(endless.delay(0, 1.0) > Duration::MAX / 2);
        assert_eq!(Backoff::default().first(Duration::ZERO).delay(9, 0.5), Duration::ZERO);
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
    fn a_budget_pays_until_it_is_empty_and_never_overflows() {
        let budget = RetryBudget::new(12);
        assert_eq!(budget.pay(ErrorKind::Timeout), Some(10));
        assert_eq!(budget.pay(ErrorKind::Server), None);
        budget.refund(Some(10));
        budget.refund(None);
        assert_eq!(budget.tokens.load(std::sync::atomic::Ordering::Relaxed), 12);
        assert_eq!(budget.pay(ErrorKind::Server), Some(5));
    }

    #[test]
    fn the_clock_is_random_within_its_bounds() {
        let numbers: Vec<f64> = (0..100).map(|_| TokioClock.random()).collect();
        assert!(numbers.iter().all(|number| (0.0..1.0).contains(number)));
        assert!(numbers.iter().any(|number| *number > 0.5) && numbers.iter().any(|number| *number < 0.5));
    }
}
