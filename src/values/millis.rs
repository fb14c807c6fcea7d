//! Timestamps and durations as numbers of milliseconds.

use std::fmt;
use std::time::{Duration, SystemTime};

use serde::de::Deserializer;
use serde::ser::Serializer;
use serde::{Deserialize, Serialize};

use crate::json::{Decode, Encode, decode_as, inline_schema};
use crate::values::iso_8601::{MILLISECOND, format, from_unix_nanos, to_unix_nanos};
use crate::values::timestamp::TimestampError;

/// A timestamp in milliseconds since the Unix epoch (UTC), as Courier writes the times of a message.
///
/// It converts to and from [`SystemTime`], and with the features `jiff` and `chrono` to and from their types.
///
/// ```
/// use std::time::{Duration, SystemTime};
/// use trycourier::types::Millis;
///
/// let sent = Millis(1_710_243_002_484);
/// assert_eq!(SystemTime::try_from(sent)?, SystemTime::UNIX_EPOCH + Duration::from_millis(1_710_243_002_484));
/// assert_eq!(Millis::from(SystemTime::UNIX_EPOCH), Millis(0));
/// assert_eq!(sent.to_string(), "2024-03-12T11:30:02.484Z");
/// # Ok::<(), trycourier::types::TimestampError>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct Millis(pub i64);

/// Formats the time in ISO 8601, in UTC.
impl fmt::Display for Millis {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&format(i128::from(self.0) * MILLISECOND))
    }
}

/// A duration in milliseconds, such as the delay of a message or a time limit of its routing.
///
/// It converts from a [`Duration`] or a number of milliseconds, and to a [`Duration`].
///
/// ```
/// use std::time::Duration;
/// use trycourier::types::{DurationMillis, Timeout};
///
/// let timeout = Timeout::new().escalation(Duration::from_secs(30));
/// assert_eq!(timeout.escalation, Some(DurationMillis(30_000)));
/// assert_eq!(Duration::from(DurationMillis(30_000)), Duration::from_secs(30));
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DurationMillis(pub i64);

/// Rounds up to the millisecond.
impl From<Duration> for DurationMillis {
    fn from(duration: Duration) -> Self {
        Self(i64::try_from(duration.as_nanos().div_ceil(1_000_000)).unwrap_or(i64::MAX))
    }
}

/// A negative number becomes zero.
impl From<DurationMillis> for Duration {
    fn from(duration: DurationMillis) -> Self {
        Self::from_millis(u64::try_from(duration.0).unwrap_or_default())
    }
}

impl From<i64> for DurationMillis {
    fn from(milliseconds: i64) -> Self {
        Self(milliseconds)
    }
}

impl From<i32> for DurationMillis {
    fn from(milliseconds: i32) -> Self {
        Self(milliseconds.into())
    }
}

impl From<i64> for Millis {
    fn from(milliseconds: i64) -> Self {
        Self(milliseconds)
    }
}

impl From<Millis> for i64 {
    fn from(millis: Millis) -> Self {
        millis.0
    }
}

impl Millis {
    /// Rounds down to the millisecond, before 1970 as well, so that the order of times is kept.
    fn from_unix_nanos(nanoseconds: i128) -> Self {
        let limit = if nanoseconds < 0 { i64::MIN } else { i64::MAX };
        Self(i64::try_from(nanoseconds.div_euclid(MILLISECOND)).unwrap_or(limit))
    }
}

/// Rounds down to the millisecond.
impl From<SystemTime> for Millis {
    fn from(time: SystemTime) -> Self {
        Self::from_unix_nanos(to_unix_nanos(time))
    }
}

impl TryFrom<Millis> for SystemTime {
    type Error = TimestampError;

    fn try_from(millis: Millis) -> Result<Self, TimestampError> {
        from_unix_nanos(i128::from(millis.0) * MILLISECOND).ok_or(TimestampError)
    }
}

#[cfg(feature = "jiff")]
#[cfg_attr(docsrs, doc(cfg(feature = "jiff")))]
impl From<jiff::Timestamp> for Millis {
    fn from(time: jiff::Timestamp) -> Self {
        Self::from_unix_nanos(time.as_nanosecond())
    }
}

#[cfg(feature = "jiff")]
#[cfg_attr(docsrs, doc(cfg(feature = "jiff")))]
impl TryFrom<Millis> for jiff::Timestamp {
    type Error = TimestampError;

    fn try_from(millis: Millis) -> Result<Self, TimestampError> {
        Self::from_millisecond(millis.0).map_err(|_| TimestampError)
    }
}

#[cfg(feature = "chrono")]
#[cfg_attr(docsrs, doc(cfg(feature = "chrono")))]
impl<Z: chrono::TimeZone> From<chrono::DateTime<Z>> for Millis {
    fn from(time: chrono::DateTime<Z>) -> Self {
        Self(time.timestamp_millis())
    }
}

#[cfg(feature = "chrono")]
#[cfg_attr(docsrs, doc(cfg(feature = "chrono")))]
impl TryFrom<Millis> for chrono::DateTime<chrono::Utc> {
    type Error = TimestampError;

    fn try_from(millis: Millis) -> Result<Self, TimestampError> {
        Self::from_timestamp_millis(millis.0).ok_or(TimestampError)
    }
}

/// Implements the traits of a number of milliseconds.
macro_rules! milliseconds {
    ($name:ident, $format:literal) => {
        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
                Self::strict(from)
            }
        }

        decode_as!(i64, $name, Self);

        impl Encode for $name {}

        inline_schema!($name, {"type": "integer", "format": $format});
    };
}

milliseconds!(Millis, "milliseconds");
milliseconds!(DurationMillis, "duration-milliseconds");

/// Fails if the duration is negative.
impl Serialize for DurationMillis {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        if self.0 < 0 {
            return Err(serde::ser::Error::custom("a duration must not be negative"));
        }
        to.serialize_i64(self.0)
    }
}

#[cfg(test)]
mod tests {
    use std::time::UNIX_EPOCH;

    use super::*;

    #[test]
    fn times_before_1970_are_rounded_down() {
        assert_eq!(Millis::from(UNIX_EPOCH - Duration::from_micros(1)), Millis(-1));
        assert_eq!(Millis::from(UNIX_EPOCH + Duration::from_micros(999)), Millis(0));
        assert_eq!(SystemTime::try_from(Millis(-1)), Ok(UNIX_EPOCH - Duration::from_millis(1)));
    }

    #[cfg(feature = "jiff")]
    #[test]
    fn converts_to_and_from_jiff() {
        let time = jiff::Timestamp::from_nanosecond(-1).unwrap();
        assert_eq!(Millis::from(time), Millis(-1));
        assert_eq!(jiff::Timestamp::try_from(Millis(1)).map(|time| time.as_nanosecond()), Ok(1_000_000));
        assert_eq!(jiff::Timestamp::try_from(Millis(i64::MAX)), Err(TimestampError));
    }

    #[cfg(feature = "chrono")]
    #[test]
    fn converts_to_and_from_chrono() {
        let time = chrono::DateTime::<chrono::Utc>::try_from(Millis(-1)).unwrap();
        assert_eq!(Millis::from(time), Millis(-1));
        assert_eq!(chrono::DateTime::<chrono::Utc>::try_from(Millis(i64::MAX)), Err(TimestampError));
    }
}
