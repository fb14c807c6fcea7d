//! Idempotency keys, under which the server executes a repeated `POST` only once.

use std::collections::hash_map::RandomState;
use std::hash::BuildHasher as _;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use http::{HeaderName, HeaderValue};

use crate::values::sensitive::sensitive_header;
use crate::values::timestamp::Timestamp;
use crate::{Error, Result};

/// The header of an idempotency key.
pub(crate) const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");

/// The header that extends the life of an idempotency key.
pub(crate) const IDEMPOTENCY_EXPIRATION: HeaderName = HeaderName::from_static("x-idempotency-expiration");

/// The time for which the server remembers a key by default.
pub(crate) const KEY_LIFETIME: Duration = Duration::from_secs(24 * 60 * 60);

/// The longest time for which the server remembers a key.
pub(crate) const MAX_KEY_LIFETIME: Duration = Duration::from_secs(365 * 24 * 60 * 60);

/// The earliest date, in 1973, that Courier's documentation can mean by a number: it counts milliseconds. The example
/// in Courier's API description is a number of seconds all the same, so smaller numbers are sent, but not relied on.
const MIN_MILLISECONDS: u64 = 100_000_000_000;

/// The smallest number of seconds that can be meant, in 2001.
const MIN_SECONDS: u64 = 1_000_000_000;

/// Parses an idempotency key: visible ASCII, with blanks only inside.
///
/// HTTP drops the blanks at the ends of a header, and other characters cannot be compared with what was sent.
pub(crate) fn parse_key(text: &str) -> Result<HeaderValue> {
    let is_printable = text.bytes().all(|byte| matches!(byte, b' '..=b'~'));
    let is_key = is_printable && !text.is_empty() && !text.starts_with(' ') && !text.ends_with(' ');
    sensitive_header(text).filter(|_| is_key).ok_or_else(|| {
        Error::invalid_argument(
            "the idempotency key must be visible ASCII characters, without blanks at its ends, and not empty",
        )
    })
}

/// Parses the expiration of an idempotency key into the value of its header.
pub(crate) fn parse_expiration_header(text: &str) -> Result<HeaderValue> {
    let is_date = match text.parse::<u64>() {
        Ok(number) => number >= MIN_SECONDS,
        Err(_) => parse_expiration(text).is_some() && text.trim() == text,
    };
    sensitive_header(text).filter(|_| is_date).ok_or_else(|| {
        Error::invalid_argument(
            "the expiration of an idempotency key must be a date and time in ISO 8601 with an offset, such as \
             `2027-01-31T00:00:00Z`, or milliseconds since 1970",
        )
    })
}

/// Parses the expiration of an idempotency key: milliseconds since the Unix epoch, or ISO 8601.
///
/// Returns `None` for a number that is too small for milliseconds, so that the default lifetime is assumed. A key that
/// is believed to live longer than it does would let a call be executed twice.
pub(crate) fn parse_expiration(text: &str) -> Option<SystemTime> {
    match text.trim().parse::<u64>() {
        Ok(milliseconds) if milliseconds < MIN_MILLISECONDS => None,
        Ok(milliseconds) => UNIX_EPOCH.checked_add(Duration::from_millis(milliseconds)),
        Err(_) => SystemTime::try_from(Timestamp::from(text)).ok(),
    }
}

/// A generator of keys in the form of random (version 4) UUIDs, which does not need the system's randomness for each
/// key.
///
/// A key is a keyed hash of a counter and the time. The secret of the hash comes from the system once per client, so
/// that clients and processes differ. The counter distinguishes the keys of one client. The time, in nanoseconds,
/// distinguishes the keys of two processes that share secret and counter because one was forked from the other.
#[derive(Debug, Default)]
pub(crate) struct KeyGenerator {
    left: RandomState,
    right: RandomState,
    count: AtomicU64,
}

impl KeyGenerator {
    pub(crate) fn next_text(&self) -> String {
        let count = self.count.fetch_add(1, Ordering::Relaxed);
        let time = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_nanos();
        let [left, right] = [&self.left, &self.right].map(|secret| secret.hash_one((count, time)));
        uuid(left, right)
    }

    pub(crate) fn next_header(&self) -> Option<HeaderValue> {
        HeaderValue::try_from(self.next_text()).ok()
    }
}

/// Formats bits as a UUID, with the version and the variant of a random one.
fn uuid(left: u64, right: u64) -> String {
    let (left, right) = (left & !0xf000 | 0x4000, right & !(0b11 << 62) | 0b10 << 62);
    format!(
        "{:08x}-{:04x}-{:04x}-{:04x}-{:012x}",
        left >> 32,
        left >> 16 & 0xffff,
        left & 0xffff,
        right >> 48,
        right & 0xffff_ffff_ffff
    )
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;
    use std::time::{Duration, UNIX_EPOCH};

    use super::{KeyGenerator, parse_expiration, parse_expiration_header, parse_key, uuid};

    #[test]
    fn a_key_has_the_form_of_a_random_uuid() {
        assert_eq!(uuid(0, 0), "00000000-0000-4000-8000-000000000000");
        assert_eq!(uuid(u64::MAX, u64::MAX), "ffffffff-ffff-4fff-bfff-ffffffffffff");
        assert_eq!(uuid(0x0123_4567_89ab_cdef, 0x0123_4567_89ab_cdef), "01234567-89ab-4def-8123-456789abcdef");
    }

    #[test]
    fn no_two_keys_are_the_same() {
        let clients: Vec<KeyGenerator> = (0..100).map(|_| KeyGenerator::default()).collect();
        let keys: HashSet<String> = (0..1000).flat_map(|_| clients.iter().map(KeyGenerator::next_text)).collect();
        assert_eq!(keys.len(), 100_000);
    }

    #[test]
    fn the_first_characters_of_keys_are_spread_evenly() {
        let keys = KeyGenerator::default();
        let mut counts = [0_u32; 16];
        for _ in 0..16_000 {
            let first = keys.next_text().chars().next().unwrap();
            counts[first.to_digit(16).unwrap() as usize] += 1;
        }
        assert!(counts.iter().all(|count| (800..1200).contains(count)), "{counts:?}");
    }

    #[test]
    fn keys_are_printable_without_outer_blanks() {
        for key in ["order-1", "a b", "~!", "x"] {
            assert_eq!(parse_key(key).unwrap().to_str().unwrap(), key);
        }
        for key in ["", " ", "order-1 ", " order-1", "\torder-1", "bestellung-\u{fc}", "a\nb", "a\tb", "a\u{7f}"] {
            assert!(parse_key(key).is_err(), "{key:?}");
        }
    }

    #[test]
    fn expirations_are_milliseconds_or_iso_8601() {
        for (text, seconds) in [
            ("1785312000000", Some(1_785_312_000)),
            ("2026-07-29T08:00:00Z", Some(1_785_312_000)),
            ("2026-07-29T10:00:00+02:00", Some(1_785_312_000)),
            // Seconds, as in the example of Courier's description.
            ("1785312000", None),
        ] {
            let date = seconds.map(|seconds| UNIX_EPOCH + Duration::from_secs(seconds));
            assert_eq!(parse_expiration(text), date, "{text}");
            assert!(parse_expiration_header(text).is_ok(), "{text}");
        }
        for text in ["", "0", "-1", "86400", "next week", "2026-07-29 08:00", "1e12", "a\nb"] {
            assert!(parse_expiration_header(text).is_err(), "{text:?}");
        }
    }
}
