//! Moments as the API writes them: milliseconds since 1970, or ISO 8601 in UTC.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

const SECOND: i64 = 1_000;
const DAY: i64 = 86_400 * SECOND;

/// Milliseconds since 1970.
pub(super) fn millis(moment: SystemTime) -> i64 {
    let (sign, distance) = match moment.duration_since(UNIX_EPOCH) {
        Ok(after) => (1, after),
        Err(before) => (-1, before.duration()),
    };
    i64::try_from(distance.as_millis()).unwrap_or(i64::MAX).saturating_mul(sign)
}

/// As many milliseconds as a duration has.
pub(super) fn length(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}

/// `2026-01-31T08:00:00.000Z`.
pub(super) fn iso(millis: i64) -> String {
    let (days, rest) = (millis.div_euclid(DAY), millis.rem_euclid(DAY));
    let (year, month, day) = civil(days);
    let (hour, minute) = (rest / 3_600_000, rest / 60_000 % 60);
    let (second, millisecond) = (rest / 1_000 % 60, rest % 1_000);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{millisecond:03}Z")
}

/// Reads an ISO 8601 date, with or without a time; without an offset it is UTC.
pub(super) fn parse(text: &str) -> Option<i64> {
    let (date, time) = match text.trim().split_once(['T', ' ']) {
        Some((date, time)) => (date, time),
        None => (text.trim(), "00:00:00Z"),
    };
    let mut parts = date.splitn(3, '-').map(str::parse::<i64>);
    let (year, month, day) = (parts.next()?.ok()?, parts.next()?.ok()?, parts.next()?.ok()?);
    if !(0..=9999).contains(&year) || !(1..=12).contains(&month) || !(1..=31).contains(&day) {
        return None;
    }
    let offset_at = time.find(['Z', 'z', '+', '-']).unwrap_or(time.len());
    let (clock, offset) = time.split_at_checked(offset_at)?;
    let mut parts = clock.splitn(3, ':');
    let hour: i64 = parts.next()?.parse().ok()?;
    let minute: i64 = parts.next()?.parse().ok()?;
    let second: f64 = parts.next().map_or(Some(0.0), |text| text.parse().ok())?;
    if !(0..=24).contains(&hour) || !(0..60).contains(&minute) || !(0.0..61.0).contains(&second) {
        return None;
    }
    let offset = match offset {
        "" | "Z" | "z" => 0,
        text => {
            let (sign, digits) = text.split_at_checked(1)?;
            let digits = digits.replace(':', "");
            let (hours, minutes) = digits.split_at_checked(2)?;
            let minutes: i64 = if minutes.is_empty() { 0 } else { minutes.parse().ok()? };
            (hours.parse::<i64>().ok()? * 60 + minutes) * if sign == "-" { -1 } else { 1 }
        }
    };
    // In range: a second has at most 61,000 milliseconds.
    #[allow(clippy::cast_possible_truncation)]
    let second = (second * 1_000.0).round() as i64;
    Some(days(year, month, day) * DAY + (hour * 60 + minute - offset) * 60_000 + second)
}

/// Reads a length as people write it (`7 days`, `2 hours`) or as ISO 8601 has it (`P1DT2H`).
pub(super) fn parse_length(text: &str) -> Option<i64> {
    match text.trim().strip_prefix('P') {
        Some(rest) => parse_iso_length(rest),
        None => {
            let (number, unit) = text.trim().split_once(' ')?;
            number.parse::<i64>().ok()?.checked_mul(unit_length(unit.trim().trim_end_matches('s'))?)
        }
    }
}

fn unit_length(unit: &str) -> Option<i64> {
    Some(match unit {
        "second" => SECOND,
        "minute" => 60 * SECOND,
        "hour" => 3_600 * SECOND,
        "day" => DAY,
        "week" => 7 * DAY,
        "month" => 30 * DAY,
        "year" => 365 * DAY,
        _ => return None,
    })
}

fn parse_iso_length(text: &str) -> Option<i64> {
    let (mut total, mut number, mut in_time) = (0_i64, String::new(), false);
    for letter in text.chars() {
        let unit = match letter {
            'T' => {
                in_time = true;
                continue;
            }
            '0'..='9' => {
                number.push(letter);
                continue;
            }
            'S' => "second",
            'M' if in_time => "minute",
            'H' => "hour",
            'D' => "day",
            'W' => "week",
            'M' => "month",
            'Y' => "year",
            _ => return None,
        };
        let length = number.parse::<i64>().ok()?.checked_mul(unit_length(unit)?)?;
        total = total.checked_add(length)?;
        number.clear();
    }
    (number.is_empty() && !text.is_empty()).then_some(total)
}

/// The date of a day counted from 1970, after Howard Hinnant's `civil_from_days`.
fn civil(days: i64) -> (i64, i64, i64) {
    let shifted = days + 719_468;
    let era = shifted.div_euclid(146_097);
    let day_of_era = shifted.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted_month + 2) / 5 + 1;
    let month = if shifted_month < 10 { shifted_month + 3 } else { shifted_month - 9 };
    (year_of_era + era * 400 + i64::from(month <= 2), month, day)
}

/// The day counted from 1970 that a date is, after Howard Hinnant's `days_from_civil`.
fn days(year: i64, month: i64, day: i64) -> i64 {
    let year = year - i64::from(month <= 2);
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let day_of_year = (153 * (if month > 2 { month - 3 } else { month + 9 }) + 2) / 5 + day - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    era * 146_097 + day_of_era - 719_468
}

#[cfg(test)]
mod tests {
    use super::{iso, parse, parse_length};

    #[test]
    fn a_moment_is_read_as_it_is_written() {
        for (millis, text) in [
            (0, "1970-01-01T00:00:00.000Z"),
            (1_767_225_600_123, "2026-01-01T00:00:00.123Z"),
            (951_782_400_000, "2000-02-29T00:00:00.000Z"),
            (-1, "1969-12-31T23:59:59.999Z"),
        ] {
            assert_eq!(iso(millis), text);
            assert_eq!(parse(text), Some(millis));
        }
        assert_eq!(parse("2026-01-01T01:30:00+01:30"), Some(1_767_225_600_000));
        assert_eq!(parse("2026-01-01"), Some(1_767_225_600_000));
        for text in ["", "until", "2026-13-01", "2026-01-01Tnoon", "é-01-01", "2026-01-01T00:00:00+é"] {
            assert_eq!(parse(text), None, "{text}");
        }
    }

    #[test]
    fn a_length_is_a_number_and_a_unit_or_iso_8601() {
        assert_eq!(parse_length("7 days"), Some(7 * 86_400_000));
        assert_eq!(parse_length("1 hour"), Some(3_600_000));
        assert_eq!(parse_length("PT30M"), Some(1_800_000));
        assert_eq!(parse_length("P1DT2H"), Some(26 * 3_600_000));
        for text in ["", "P", "P1", "7", "seven days", "7 fortnights", "P99999999999999999Y"] {
            assert_eq!(parse_length(text), None, "{text}");
        }
    }
}
