//! The delay that a server requests before the next attempt.

use std::time::{Duration, SystemTime};

use http::HeaderMap;

use super::http_date;
use crate::Error;

/// The longest requested delay that the client itself waits for.
const MAX_DELAY: Duration = Duration::from_secs(60);

/// Returns the delay that the server requested, if the client itself waits that long.
pub(crate) fn requested_delay(error: &Error) -> Option<Duration> {
    error.retry_after().filter(|delay| *delay <= MAX_DELAY)
}

/// Returns the pause that a server requests whose limit is used up, if the client itself waits that long.
pub(crate) fn requested_pause(headers: &HeaderMap, now: impl FnOnce() -> SystemTime) -> Option<Duration> {
    // Every success comes here, and most have no such header.
    let is_limit = |name: &str| name.strip_prefix("x-").unwrap_or(name).starts_with("ratelimit");
    let has_limit = headers.keys().any(|name| is_limit(name.as_str()));
    let reset = has_limit.then(|| parse_limit_reset(headers, now()))?;
    reset.filter(|pause| *pause <= MAX_DELAY)
}

/// The smallest number that is a date and not a delay, in seconds since the Unix epoch.
const MIN_EPOCH_SECONDS: f64 = 1e9;

/// The smallest number that is a date in milliseconds.
const MIN_EPOCH_MILLISECONDS: f64 = 1e12;

/// Parses the headers of a rate limit of which no call is left, and returns the time until it is reset: the drafts of
/// the IETF's `RateLimit` headers, and the older `X-RateLimit` headers.
pub(crate) fn parse_limit_reset(headers: &HeaderMap, now: SystemTime) -> Option<Duration> {
    let text = |name: &str| headers.get(name)?.to_str().ok();
    let pairs = ["ratelimit", "x-ratelimit"].into_iter().filter_map(|prefix| {
        Some((text(&format!("{prefix}-remaining"))?.to_owned(), text(&format!("{prefix}-reset"))?.to_owned()))
    });
    // `"minute";r=0;t=30, "day";r=90;t=4000`, or in an older draft `limit=20, remaining=0, reset=30`.
    let mut remaining = None;
    let parameters = text("ratelimit").unwrap_or_default().split([',', ';']).filter_map(|pair| {
        let (name, value) = pair.trim().split_once('=')?;
        match name {
            "r" | "remaining" => remaining = Some(value.to_owned()),
            "t" | "reset" => return Some((remaining.take()?, value.to_owned())),
            _ => {}
        }
        None
    });
    let resets = pairs.chain(parameters).filter(|(remaining, _)| remaining.trim() == "0").filter_map(|(_, reset)| {
        let reset: f64 = reset.trim().parse().ok()?;
        let epoch = match reset {
            MIN_EPOCH_MILLISECONDS.. => Duration::try_from_secs_f64(reset / 1000.0).ok()?,
            MIN_EPOCH_SECONDS.. => Duration::try_from_secs_f64(reset).ok()?,
            _ => return Duration::try_from_secs_f64(reset).ok(),
        };
        SystemTime::UNIX_EPOCH.checked_add(epoch)?.duration_since(server_date(headers).unwrap_or(now)).ok()
    });
    resets.max().filter(|reset| *reset > Duration::ZERO)
}

/// Returns the date of the server's own clock.
fn server_date(headers: &HeaderMap) -> Option<SystemTime> {
    http_date::parse(headers.get("date")?.to_str().ok()?)
}

/// Parses the headers `retry-after-ms` and `retry-after`. Returns `None` for a delay that is not positive.
pub(crate) fn parse_retry_after(headers: &HeaderMap, now: SystemTime) -> Option<Duration> {
    let text = |name: &str| headers.get(name)?.to_str().ok().map(str::trim);
    let seconds = |number: f64| Duration::try_from_secs_f64(number).ok();
    let from_milliseconds = text("retry-after-ms").and_then(|text| seconds(text.parse::<f64>().ok()? / 1000.0));
    let delay = from_milliseconds.or_else(|| {
        let text = text("retry-after")?;
        match text.parse::<f64>() {
            Ok(number) => seconds(number),
            Err(_) => http_date::parse(text)?.duration_since(server_date(headers).unwrap_or(now)).ok(),
        }
    })?;
    (delay > Duration::ZERO).then_some(delay)
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, SystemTime};

    use http::{HeaderMap, HeaderName, HeaderValue};

    use super::{parse_limit_reset, parse_retry_after, requested_delay, requested_pause};
    use crate::{Error, ErrorKind};

    fn delay(headers: &HeaderMap, now: SystemTime) -> Option<Duration> {
        let error = Error::new(ErrorKind::RateLimited, "");
        requested_delay(&error.with_server_decision(parse_retry_after(headers, now), None))
    }

    fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
        let pairs =
            pairs.iter().map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_str(value).unwrap()));
        pairs.collect()
    }

    #[test]
    fn delays_are_obeyed_up_to_a_minute() {
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(1_000_000_000);
        let date = |seconds: u64| httpdate::fmt_http_date(now + Duration::from_secs(seconds));
        for (pairs, expected) in [
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
            let delay = self::delay(&headers(&pairs), now).map(|delay| delay.as_millis());
            assert_eq!(delay, expected, "{pairs:?}");
        }
    }

    #[test]
    fn used_up_limits_request_a_pause() {
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(1_000_000_000);
        for (pairs, expected) in [
            (vec![("ratelimit-remaining", "0"), ("ratelimit-reset", "30")], Some(30_000)),
            (vec![("ratelimit-remaining", "1"), ("ratelimit-reset", "30")], None),
            (vec![("ratelimit-remaining", "0")], None),
            (vec![("ratelimit-reset", "30")], None),
            (vec![("ratelimit-remaining", "0"), ("ratelimit-reset", "0")], None),
            (vec![("ratelimit-remaining", "0"), ("ratelimit-reset", "-5")], None),
            (vec![("ratelimit-remaining", "0"), ("ratelimit-reset", "soon")], None),
            (vec![("ratelimit-remaining", "0"), ("ratelimit-reset", "1e400")], None),
            (vec![("x-ratelimit-remaining", " 0 "), ("x-ratelimit-reset", "1000000005")], Some(5000)),
            (vec![("x-ratelimit-remaining", "0"), ("x-ratelimit-reset", "1000000000500")], Some(500)),
            (vec![("x-ratelimit-remaining", "0"), ("x-ratelimit-reset", "999999999")], Some(999_999_999_000)),
            (vec![("ratelimit", "limit=20, remaining=0, reset=7")], Some(7000)),
            (vec![("ratelimit", "\"minute\";r=0;t=30, \"day\";r=90;t=4000")], Some(30_000)),
            (vec![("ratelimit", "\"second\";r=0;t=1, \"minute\";r=0;t=30")], Some(30_000)),
            (vec![("ratelimit", "\"minute\";r=5;t=30")], None),
            (vec![("ratelimit", "nonsense;;=,")], None),
        ] {
            let reset = parse_limit_reset(&headers(&pairs), now).map(|reset| reset.as_millis());
            assert_eq!(reset, expected, "{pairs:?}");
            let pause = requested_pause(&headers(&pairs), || now).map(|pause| pause.as_millis());
            assert_eq!(pause, expected.filter(|pause| *pause <= 60_000), "{pairs:?}");
        }
    }

    #[test]
    fn dates_count_from_the_date_of_the_response() {
        // 9 September 2001, 01:46:40; this machine's clock is an hour off.
        let behind = SystemTime::UNIX_EPOCH + Duration::from_secs(1_000_000_000 - 3600);
        let pairs = [("retry-after", "Sun, 09 Sep 2001 01:47:10 GMT"), ("date", "Sun, 09 Sep 2001 01:46:40 GMT")];
        assert_eq!(self::delay(&headers(&pairs), behind), Some(Duration::from_secs(30)));
    }
}
