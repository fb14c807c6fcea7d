//! Timestamps as text.

use std::fmt;
use std::time::SystemTime;

use crate::values::checked_text::checked_text;
#[cfg(feature = "chrono")]
use crate::values::iso_8601;
use crate::values::iso_8601::{format, from_unix_nanos, parse, to_unix_nanos};

checked_text! {
    /// A timestamp as text in ISO 8601, such as `2024-03-12T11:30:02.484Z`.
    ///
    /// It converts to and from [`SystemTime`], and with the features `jiff` and `chrono` to and from their types. So a
    /// setter such as `enqueued_after` takes a text or any of these. The text is kept unchanged, and parsed only for a
    /// conversion.
    ///
    /// ```
    /// use std::time::{Duration, SystemTime};
    /// use trycourier::types::Timestamp;
    ///
    /// let at = Timestamp::from("1970-01-01T01:00:01.5+01:00");
    /// assert_eq!(SystemTime::try_from(&at)?, SystemTime::UNIX_EPOCH + Duration::from_millis(1500));
    /// assert_eq!(at.as_str(), "1970-01-01T01:00:01.5+01:00");
    /// assert_eq!(Timestamp::from(SystemTime::UNIX_EPOCH).as_str(), "1970-01-01T00:00:00.000Z");
    /// # Ok::<(), trycourier::types::TimestampError>(())
    /// ```
    ///
    /// A text that is not a timestamp with an offset is kept as well, but cannot be converted. It is sent only if it
    /// came from a response; otherwise, the call fails with
    /// [`ErrorKind::InvalidArgument`](crate::ErrorKind::InvalidArgument).
    Timestamp, "date-time", is_timestamp, "a timestamp must be ISO 8601 with an offset, such as `2027-01-31T09:00:00Z`"
}

/// Returns `true` for ISO 8601, and for a number since the Unix epoch, which a few properties also take: of seconds, or
/// of milliseconds up to the year 9999.
fn is_timestamp(text: &str) -> bool {
    let is_number = || text.bytes().all(|byte| byte.is_ascii_digit());
    let is_since_epoch = |number| (100_000_000..253_402_300_800_000_u64).contains(&number);
    (parse(text).is_some() && text.trim() == text) || (is_number() && text.parse().is_ok_and(is_since_epoch))
}

/// The error of converting a timestamp: its text is not a date with a time and an offset, or the other type cannot
/// represent it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct TimestampError;

impl fmt::Display for TimestampError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the timestamp is not ISO 8601 with an offset, or is out of range of the other type")
    }
}

impl std::error::Error for TimestampError {}

/// Formats the time in UTC with milliseconds, as Courier does, or with nanoseconds if it has them.
impl From<SystemTime> for Timestamp {
    fn from(time: SystemTime) -> Self {
        Self::from(format(to_unix_nanos(time)))
    }
}

impl TryFrom<&Timestamp> for SystemTime {
    type Error = TimestampError;

    fn try_from(timestamp: &Timestamp) -> Result<Self, TimestampError> {
        parse(timestamp.as_str()).and_then(from_unix_nanos).ok_or(TimestampError)
    }
}

impl TryFrom<Timestamp> for SystemTime {
    type Error = TimestampError;

    fn try_from(timestamp: Timestamp) -> Result<Self, TimestampError> {
        Self::try_from(&timestamp)
    }
}

#[cfg(feature = "jiff")]
#[cfg_attr(docsrs, doc(cfg(feature = "jiff")))]
impl From<jiff::Timestamp> for Timestamp {
    fn from(time: jiff::Timestamp) -> Self {
        Self::from(format(time.as_nanosecond()))
    }
}

#[cfg(feature = "jiff")]
#[cfg_attr(docsrs, doc(cfg(feature = "jiff")))]
impl TryFrom<&Timestamp> for jiff::Timestamp {
    type Error = TimestampError;

    fn try_from(timestamp: &Timestamp) -> Result<Self, TimestampError> {
        let nanoseconds = parse(timestamp.as_str()).ok_or(TimestampError)?;
        Self::from_nanosecond(nanoseconds).map_err(|_| TimestampError)
    }
}

#[cfg(feature = "chrono")]
#[cfg_attr(docsrs, doc(cfg(feature = "chrono")))]
impl<Z: chrono::TimeZone> From<chrono::DateTime<Z>> for Timestamp {
    fn from(time: chrono::DateTime<Z>) -> Self {
        Self::from(format(i128::from(time.timestamp()) * iso_8601::SECOND + i128::from(time.timestamp_subsec_nanos())))
    }
}

#[cfg(feature = "chrono")]
#[cfg_attr(docsrs, doc(cfg(feature = "chrono")))]
impl TryFrom<&Timestamp> for chrono::DateTime<chrono::Utc> {
    type Error = TimestampError;

    fn try_from(timestamp: &Timestamp) -> Result<Self, TimestampError> {
        let nanoseconds = parse(timestamp.as_str()).ok_or(TimestampError)?;
        let seconds = i64::try_from(nanoseconds.div_euclid(iso_8601::SECOND)).map_err(|_| TimestampError)?;
        let rest = u32::try_from(nanoseconds.rem_euclid(iso_8601::SECOND)).map_err(|_| TimestampError)?;
        Self::from_timestamp(seconds, rest).ok_or(TimestampError)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn invalid_timestamp_is_preserved() {
        for text in [
            "",
            "soon",
            "2024",
            "2024-13-01",
            "2023-02-29",
            "2024-03-12T11:30:02",
            "2024-03-12T24:00:00Z",
            "2024-03-12T11:30:02.Z",
            "2024-03-12T11:30:02Zx",
            "Mo-Fr 09:00-17:00",
            "２024-03-12",
            "2024-03-1é",
        ] {
            let timestamp = Timestamp::from(text);
            assert_eq!(SystemTime::try_from(&timestamp), Err(TimestampError), "{text}");
            assert_eq!(timestamp.as_str(), text);
        }
    }

    #[cfg(feature = "jiff")]
    #[test]
    fn converts_to_and_from_jiff() {
        let timestamp = Timestamp::from("1969-12-31T23:59:59.999999999Z");
        let time = jiff::Timestamp::try_from(&timestamp).unwrap();
        assert_eq!(time.as_nanosecond(), -1);
        assert_eq!(Timestamp::from(time), timestamp);
        assert_eq!(jiff::Timestamp::try_from(&Timestamp::from("+999999-01-01")), Err(TimestampError));
    }

    #[cfg(feature = "chrono")]
    #[test]
    fn converts_to_and_from_chrono() {
        let timestamp = Timestamp::from("1969-12-31T23:59:59.999999999Z");
        let time = chrono::DateTime::<chrono::Utc>::try_from(&timestamp).unwrap();
        assert_eq!((time.timestamp(), time.timestamp_subsec_nanos()), (-1, 999_999_999));
        assert_eq!(Timestamp::from(time), timestamp);
        assert_eq!(chrono::DateTime::<chrono::Utc>::try_from(&Timestamp::from("+999999-01-01")), Err(TimestampError));
    }
}
