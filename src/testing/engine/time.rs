//! Times in the formats of the API: milliseconds since 1970, or ISO 8601 in UTC.

use std::time::{Duration, SystemTime};

use crate::values::iso_8601::{MILLISECOND, format as written, parse as read, to_unix_nanos as nanoseconds_of};

const SECOND: i64 = 1_000;
const DAY: i64 = 86_400 * SECOND;

/// Milliseconds since 1970.
pub(crate) fn millis(time: SystemTime) -> i64 {
    whole_millis(nanoseconds_of(time)).unwrap_or(i64::MAX)
}

fn whole_millis(nanoseconds: i128) -> Option<i64> {
    i64::try_from(nanoseconds.div_euclid(MILLISECOND)).ok()
}

/// The milliseconds of a duration.
pub(crate) fn duration_millis(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}

/// Formats milliseconds as `2026-01-31T08:00:00.000Z`.
pub(crate) fn iso(millis: i64) -> String {
    written(i128::from(millis) * MILLISECOND)
}

/// Parses an ISO 8601 date, with or without a time; without an offset it is UTC.
pub(crate) fn parse(text: &str) -> Option<i64> {
    read(text).or_else(|| read(&format!("{}Z", text.trim()))).and_then(whole_millis)
}

/// Parses a duration such as `7 days`, or in ISO 8601 such as `P1DT2H`.
pub(crate) fn parse_duration(text: &str) -> Option<i64> {
    match text.trim().strip_prefix('P') {
        Some(rest) => parse_iso_duration(rest),
        None => {
            let (number, unit) = text.trim().split_once(' ')?;
            number.parse::<i64>().ok()?.checked_mul(unit_millis(unit.trim().trim_end_matches('s'))?)
        }
    }
}

fn unit_millis(unit: &str) -> Option<i64> {
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

fn parse_iso_duration(text: &str) -> Option<i64> {
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
        let millis = number.parse::<i64>().ok()?.checked_mul(unit_millis(unit)?)?;
        total = total.checked_add(millis)?;
        number.clear();
    }
    (number.is_empty() && !text.is_empty()).then_some(total)
}

#[cfg(test)]
mod tests {
    use super::{iso, parse, parse_duration};

    #[test]
    fn time_parses_back_from_its_text() {
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
        for text in ["2026-01-01", "2026-01-01T00:00", " 2026-01-01 00:00:00 "] {
            assert_eq!(parse(text), Some(1_767_225_600_000), "{text}");
        }
        for text in ["", "until", "2026-13-01", "2026-01-01Tnoon", "é-01-01", "2026-01-01T00:00:00+é"] {
            assert_eq!(parse(text), None, "{text}");
        }
    }

    #[test]
    fn duration_parses_from_unit_or_iso_8601() {
        assert_eq!(parse_duration("7 days"), Some(7 * 86_400_000));
        assert_eq!(parse_duration("1 hour"), Some(3_600_000));
        assert_eq!(parse_duration("PT30M"), Some(1_800_000));
        assert_eq!(parse_duration("P1DT2H"), Some(26 * 3_600_000));
        for text in ["", "P", "P1", "7", "seven days", "7 fortnights", "P99999999999999999Y"] {
            assert_eq!(parse_duration(text), None, "{text}");
        }
    }
}
