//! The lifetime of a token for browsers and apps.

use std::fmt;
use std::time::Duration;

/// The lifetime of a token, rounded up to a full second. Its text uses the largest unit of which the lifetime is a
/// whole multiple.
///
/// ```
/// use std::time::Duration;
/// use trycourier::ext::Lifetime;
///
/// assert_eq!(Lifetime::days(7).to_string(), "7 days");
/// assert_eq!(Lifetime::from(Duration::from_secs(2 * 60 * 60)).to_string(), "2 hours");
/// assert_eq!(Lifetime::hours(24), Lifetime::days(1));
/// assert_eq!(String::from(Lifetime::minutes(90)), "90 minutes");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[must_use]
pub struct Lifetime {
    seconds: u64,
}

const MINUTE: u64 = 60;
const HOUR: u64 = 60 * MINUTE;
const DAY: u64 = 24 * HOUR;

impl Lifetime {
    /// Creates a lifetime of a number of days.
    ///
    /// ```
    /// # use trycourier::ext::Lifetime;
    /// assert_eq!(Lifetime::days(3).to_string(), "3 days");
    /// ```
    pub const fn days(days: u64) -> Self {
        Self { seconds: days.saturating_mul(DAY) }
    }

    /// Creates a lifetime of a number of hours.
    ///
    /// ```
    /// # use trycourier::ext::Lifetime;
    /// assert_eq!(Lifetime::hours(3).to_string(), "3 hours");
    /// ```
    pub const fn hours(hours: u64) -> Self {
        Self { seconds: hours.saturating_mul(HOUR) }
    }

    /// Creates a lifetime of a number of minutes.
    ///
    /// ```
    /// # use trycourier::ext::Lifetime;
    /// assert_eq!(Lifetime::minutes(3).to_string(), "3 minutes");
    /// ```
    pub const fn minutes(minutes: u64) -> Self {
        Self { seconds: minutes.saturating_mul(MINUTE) }
    }
}

impl From<Duration> for Lifetime {
    fn from(life: Duration) -> Self {
        Self { seconds: life.as_secs().saturating_add(u64::from(life.subsec_nanos() > 0)) }
    }
}

impl fmt::Display for Lifetime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let units = [(DAY, "day"), (HOUR, "hour"), (MINUTE, "minute")];
        let whole = |unit: u64| self.seconds > 0 && self.seconds.is_multiple_of(unit);
        let (unit, name) = units.into_iter().find(|(unit, _)| whole(*unit)).unwrap_or((1, "second"));
        let number = self.seconds / unit;
        write!(f, "{number} {name}{}", if number == 1 { "" } else { "s" })
    }
}

impl From<Lifetime> for String {
    fn from(life: Lifetime) -> Self {
        life.to_string()
    }
}
