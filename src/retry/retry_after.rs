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

/// Parses the headers `retry-after-ms` and `retry-after`. Returns `None` for a delay that is not positive.
pub(crate) fn parse_retry_after(headers: &HeaderMap, now: SystemTime) -> Option<Duration> {
    let text = |name: &str| headers.get(name)?.to_str().ok().map(str::trim);
    let seconds = |number: f64| Duration::try_from_secs_f64(number).ok();
    let from_milliseconds = text("retry-after-ms").and_then(|text| seconds(text.parse::<f64>().ok()? / 1000.0));
    let delay = from_milliseconds.or_else(|| {
        let text = text("retry-after")?;
        match text.parse::<f64>() {
            Ok(number) => seconds(number),
            Err(_) => {
                // The server counted by its own clock, which its `Date` shows.
                let server_date = headers.get("date").and_then(|date| http_date::parse(date.to_str().ok()?));
                http_date::parse(text)?.duration_since(server_date.unwrap_or(now)).ok()
            }
        }
    })?;
    (delay > Duration::ZERO).then_some(delay)
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, SystemTime};

    use http::{HeaderMap, HeaderName, HeaderValue};

    use super::{parse_retry_after, requested_delay};
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
    fn dates_count_from_the_date_of_the_response() {
        // 9 September 2001, 01:46:40; this machine's clock is an hour off.
        let behind = SystemTime::UNIX_EPOCH + Duration::from_secs(1_000_000_000 - 3600);
        let pairs = [("retry-after", "Sun, 09 Sep 2001 01:47:10 GMT"), ("date", "Sun, 09 Sep 2001 01:46:40 GMT")];
        assert_eq!(self::delay(&headers(&pairs), behind), Some(Duration::from_secs(30)));
    }
}
