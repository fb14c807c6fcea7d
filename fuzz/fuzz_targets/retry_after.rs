//! The delay that a server requests, and that of the backoff: both stay within their bounds for any input.
#![no_main]

use std::time::{Duration, SystemTime};

use libfuzzer_sys::fuzz_target;
use trycourier::fuzzing::requested_delay;
use trycourier::http::{HeaderMap, HeaderName, HeaderValue};
use trycourier::retry::Backoff;

fuzz_target!(|input: (u32, Option<&[u8]>, Option<&[u8]>, u64, u32, u64, u32, f64)| {
    let (seconds, milliseconds, after, first, first_nanos, longest, retry, random) = input;
    let mut headers = HeaderMap::new();
    for (name, value) in [("retry-after-ms", milliseconds), ("retry-after", after)] {
        if let Some(value) = value.and_then(|value| HeaderValue::from_bytes(value).ok()) {
            headers.insert(HeaderName::from_static(name), value);
        }
    }
    let date = SystemTime::UNIX_EPOCH + Duration::from_secs(seconds.into());
    if let Some(delay) = requested_delay(&headers, date) {
        assert!(delay > Duration::ZERO && delay <= Duration::from_secs(60), "{headers:?}: {delay:?}");
    }

    let (first, longest) = (
        Duration::from_secs(first).saturating_add(Duration::from_nanos(first_nanos.into())),
        Duration::from_secs(longest),
    );
    let backoff = Backoff::default().initial_delay(first).max_delay(longest);
    let delay = backoff.delay(retry, random);
    assert!(delay <= longest, "{backoff:?} {delay:?}");
    assert!(delay >= first.min(longest) / 2, "{backoff:?} {delay:?}");
});
