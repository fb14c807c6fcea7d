//! Timestamps as text in ISO 8601.
//!
//! The crates for dates are much larger than this file, and users differ in which of them they use. So they are
//! optional, and only used for conversions.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

pub(crate) const SECOND: i128 = 1_000_000_000;
pub(crate) const MILLISECOND: i128 = 1_000_000;
const DAY: i128 = 86_400 * SECOND;

/// The days of 400 years, after which the calendar repeats.
const ERA: i128 = 146_097;

/// The number of days from March 1 of the year 0, the start of the calculation, to 1970.
const DAYS_BEFORE_1970: i128 = 719_468;

/// Returns the nanoseconds since the Unix epoch.
pub(crate) fn to_unix_nanos(time: SystemTime) -> i128 {
    let nanoseconds = |duration: Duration| i128::try_from(duration.as_nanos()).unwrap_or(i128::MAX);
    match time.duration_since(UNIX_EPOCH) {
        Ok(since) => nanoseconds(since),
        Err(before) => -nanoseconds(before.duration()),
    }
}

/// Returns `None` if the platform cannot represent the time.
pub(crate) fn from_unix_nanos(nanoseconds: i128) -> Option<SystemTime> {
    let size = nanoseconds.unsigned_abs();
    let second = SECOND.unsigned_abs();
    let duration = Duration::new(u64::try_from(size / second).ok()?, u32::try_from(size % second).ok()?);
    if nanoseconds < 0 { UNIX_EPOCH.checked_sub(duration) } else { UNIX_EPOCH.checked_add(duration) }
}

/// Formats nanoseconds since the Unix epoch, in UTC. The calculation starts years in March, so that the leap day is the
/// last.
pub(crate) fn format(nanoseconds: i128) -> String {
    let nanoseconds_of_day = nanoseconds.rem_euclid(DAY);
    let days = nanoseconds.div_euclid(DAY) + DAYS_BEFORE_1970;
    let (era, day_of_era) = (days.div_euclid(ERA), days.rem_euclid(ERA));
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
    let year = year_of_era + era * 400 + i128::from(month <= 2);
    let (seconds, fraction) = (nanoseconds_of_day / SECOND, nanoseconds_of_day % SECOND);
    let (hour, minute, second) = (seconds / 3_600, seconds / 60 % 60, seconds % 60);
    let fraction = match fraction % MILLISECOND {
        0 => format!("{:03}", fraction / MILLISECOND),
        _ => format!("{fraction:09}"),
    };
    let year = match year {
        0..=9_999 => format!("{year:04}"),
        _ => format!("{year:+07}"),
    };
    format!("{year}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{fraction}Z")
}

/// Parses a date and a time with an offset into nanoseconds since the Unix epoch. A date alone is its midnight in UTC.
pub(crate) fn parse(text: &str) -> Option<i128> {
    let mut text = Cursor(text.trim());
    let year = match text.one_of("+-") {
        Some('-') => -text.digits(6)?,
        Some(_) => text.digits(6)?,
        None => text.digits(4)?,
    };
    text.one_of("-")?;
    let month = text.digits(2).filter(|month| (1..=12).contains(month))?;
    text.one_of("-")?;
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let days_of_month = match month {
        2 => 28 + i128::from(leap),
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    };
    let day = text.digits(2).filter(|day| (1..=days_of_month).contains(day))?;
    let midnight = days_since_1970(year, month, day) * DAY;
    if text.0.is_empty() {
        return Some(midnight);
    }
    text.one_of("Tt ")?;
    let hour = text.digits(2).filter(|hour| *hour < 24)?;
    text.one_of(":")?;
    let minute = text.digits(2).filter(|minute| *minute < 60)?;
    // A leap second is the first second of the next minute.
    let second = if text.one_of(":").is_some() { text.digits(2).filter(|second| *second <= 60)? } else { 0 };
    let fraction = if text.one_of(".,").is_some() { text.fraction()? } else { 0 };
    let offset = match text.one_of("Zz+-")? {
        sign @ ('+' | '-') => {
            let hours = text.digits(2).filter(|hours| *hours < 24)?;
            let has_minutes = text.one_of(":").is_some() || !text.0.is_empty();
            let minutes = if has_minutes { text.digits(2).filter(|minutes| *minutes < 60)? } else { 0 };
            (hours * 60 + minutes) * if sign == '-' { -60 } else { 60 }
        }
        _ => 0,
    };
    let seconds = hour * 3_600 + minute * 60 + second - offset;
    text.0.is_empty().then_some(midnight + seconds * SECOND + fraction)
}

fn days_since_1970(year: i128, month: i128, day: i128) -> i128 {
    let year = if month <= 2 { year - 1 } else { year };
    let month_from_march = if month > 2 { month - 3 } else { month + 9 };
    let year_of_era = year.rem_euclid(400);
    let day_of_year = (153 * month_from_march + 2) / 5 + day - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    year.div_euclid(400) * ERA + day_of_era - DAYS_BEFORE_1970
}

/// The text that is left to parse.
struct Cursor<'t>(&'t str);

impl Cursor<'_> {
    /// Takes the next character if it is one of several.
    fn one_of(&mut self, characters: &str) -> Option<char> {
        let next = self.0.chars().next().filter(|next| characters.contains(*next))?;
        self.0 = self.0.strip_prefix(next)?;
        Some(next)
    }

    fn digits(&mut self, count: usize) -> Option<i128> {
        let (digits, rest) = self.0.split_at_checked(count)?;
        self.0 = rest;
        digits.bytes().all(|byte| byte.is_ascii_digit()).then(|| digits.parse().ok())?
    }

    /// Parses the digits of a fraction into nanoseconds, and ignores further digits.
    fn fraction(&mut self) -> Option<i128> {
        let rest = self.0.trim_start_matches(|sign: char| sign.is_ascii_digit());
        let digits = self.0.strip_suffix(rest).filter(|digits| !digits.is_empty())?;
        self.0 = rest;
        format!("{digits:0<9.9}").parse().ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn timestamps_round_trip() {
        for (nanoseconds, text) in [
            (0, "1970-01-01T00:00:00.000Z"),
            (-1, "1969-12-31T23:59:59.999999999Z"),
            (1_710_243_002_484 * MILLISECOND, "2024-03-12T11:30:02.484Z"),
            (951_782_400 * SECOND, "2000-02-29T00:00:00.000Z"),
            (-62_135_596_800 * SECOND, "0001-01-01T00:00:00.000Z"),
            (253_402_300_800 * SECOND, "+010000-01-01T00:00:00.000Z"),
        ] {
            assert_eq!(format(nanoseconds), text);
            assert_eq!(parse(text), Some(nanoseconds), "{text}");
        }
        for day in -200_000..200_000 {
            let nanoseconds = day * DAY + 12 * 3_600 * SECOND;
            assert_eq!(parse(&format(nanoseconds)), Some(nanoseconds), "{day}");
        }
    }

    #[test]
    fn usual_formats_are_parsed() {
        let expected = parse("2024-03-12T11:30:02Z");
        assert!(expected.is_some());
        for text in [
            "2024-03-12T11:30:02.000Z",
            "2024-03-12t11:30:02z",
            "2024-03-12 11:30:02+00:00",
            "2024-03-12T13:30:02+0200",
            "2024-03-12T13:30:02+02",
            "2024-03-12T05:00:02,0-06:30",
            "2024-03-12T11:30:02.0000000000001Z",
        ] {
            assert_eq!(parse(text), expected, "{text}");
        }
        assert_eq!(parse("2024-03-12"), parse("2024-03-12T00:00Z"));
        assert_eq!(parse("2016-12-31T23:59:60Z"), parse("2017-01-01T00:00:00Z"));
    }
}
