//! Moments as the API writes them: milliseconds since 1970, or ISO 8601 in UTC.

use std::time::{Duration, SystemTime};

use crate::values::iso_8601::{MILLISECOND, nanoseconds_of, read, written};

const SECOND: i64 = 1_000;
const DAY: i64 = 86_400 * SECOND;

/// Milliseconds since 1970.
pub(crate) fn millis(moment: SystemTime) -> i64 {
    whole_millis(nanoseconds_of(moment)).unwrap_or(i64::MAX)
}

fn whole_millis(nanoseconds: i128) -> Option<i64> {
    i64::try_from(nanoseconds.div_euclid(MILLISECOND)).ok()
}

/// As many milliseconds as a duration has.
pub(crate) fn length(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}

/// `2026-01-31T08:00:00.000Z`.
pub(crate) fn iso(millis: i64) -> String {
    written(i128::from(millis) * MILLISECOND)
}

/// Reads an ISO 8601 date, with or without a time; without an offset it is UTC.
pub(crate) fn parse(text: &str) -> Option<i64> {
    read(text).or_else(|| read(&format!("{}Z", text.trim()))).and_then(whole_millis)
}

/// Reads a length as people write it (`7 days`, `2 hours`) or as ISO 8601 has it (`P1DT2H`).
pub(crate) fn parse_length(text: &str) -> Option<i64> {
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
        for text in ["2026-01-01", "2026-01-01T00:00", " 2026-01-01 00:00:00 "] {
            assert_eq!(parse(text), Some(1_767_225_600_000), "{text}");
        }
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
