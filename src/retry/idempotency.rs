//! The keys that make a repeated `POST` one request.

use std::collections::hash_map::RandomState;
use std::fmt::Write as _;
use std::hash::BuildHasher as _;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use http::{HeaderName, HeaderValue};

/// The header that makes a repeated `POST` one request.
pub(crate) const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");

/// The header that extends the life of an idempotency key.
pub(crate) const IDEMPOTENCY_EXPIRATION: HeaderName = HeaderName::from_static("x-idempotency-expiration");

/// Makes keys in the form of a random (version 4) UUID, without asking the system for randomness each time.
///
/// A key is a keyed hash of a counter and the time. The secret of the hash comes from the system once per client, so that
/// clients and processes differ. The counter tells the keys of one client apart. The time, in nanoseconds, tells apart two
/// processes that share secret and counter because one was forked from the other.
#[derive(Debug, Default)]
pub(crate) struct Keys {
    left: RandomState,
    right: RandomState,
    made: AtomicU64,
}

impl Keys {
    pub(crate) fn text(&self) -> String {
        let count = self.made.fetch_add(1, Ordering::Relaxed);
        let moment = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_nanos();
        let [left, right] = [&self.left, &self.right].map(|secret| secret.hash_one((count, moment)));
        uuid(left, right)
    }

    pub(crate) fn header(&self) -> Option<HeaderValue> {
        HeaderValue::try_from(self.text()).ok()
    }
}

/// The bits as a UUID's text, with the version and the variant of a random one.
fn uuid(left: u64, right: u64) -> String {
    let (left, right) = (left & !0xf000 | 0x4000, right & !(0b11 << 62) | 0b10 << 62);
    let mut text = String::with_capacity(36);
    // Writing to a string does not fail.
    let _ = write!(
        text,
        "{:08x}-{:04x}-{:04x}-{:04x}-{:012x}",
        left >> 32,
        left >> 16 & 0xffff,
        left & 0xffff,
        right >> 48,
        right & 0xffff_ffff_ffff
    );
    text
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::{Keys, uuid};

    #[test]
    fn a_key_has_the_form_of_a_random_uuid() {
        assert_eq!(uuid(0, 0), "00000000-0000-4000-8000-000000000000");
        assert_eq!(uuid(u64::MAX, u64::MAX), "ffffffff-ffff-4fff-bfff-ffffffffffff");
        assert_eq!(uuid(0x0123_4567_89ab_cdef, 0x0123_4567_89ab_cdef), "01234567-89ab-4def-8123-456789abcdef");
    }

    #[test]
    fn no_two_keys_are_the_same() {
        let clients: Vec<Keys> = (0..100).map(|_| Keys::default()).collect();
        let keys: HashSet<String> = (0..1000).flat_map(|_| clients.iter().map(Keys::text)).collect();
        assert_eq!(keys.len(), 100_000);
    }

    #[test]
    fn the_first_characters_of_keys_are_spread_evenly() {
        let keys = Keys::default();
        let mut counts = [0_u32; 16];
        for _ in 0..16_000 {
            let first = keys.text().chars().next().unwrap();
            counts[first.to_digit(16).unwrap() as usize] += 1;
        }
        assert!(counts.iter().all(|count| (800..1200).contains(count)), "{counts:?}");
    }
}
