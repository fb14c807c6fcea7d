//! Times in the formats of the API: milliseconds since 1970, ISO 8601, and opening hours.

use std::time::{Duration, SystemTime};

use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use jiff::{Span, Timestamp, ToSpan};

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

/// Parses a date and time without an offset, in a time zone.
pub(crate) fn parse_local(text: &str, zone: &TimeZone) -> Option<i64> {
    let is_local = text.get(10..)?.starts_with('T') && !text.get(10..)?.contains(['Z', 'z', '+', '-']);
    let local: DateTime = text.parse().ok().filter(|_| is_local)?;
    Some(zone.to_timestamp(local).ok()?.as_millisecond())
}

pub(crate) fn zone(name: &str) -> Option<TimeZone> {
    TimeZone::get(name).ok()
}

/// The first time from `now` on within opening hours in the notation of OpenStreetMap, such as `Mo-Fr 09:00-17:00`.
/// `None` if the text is something else, or if there is no such time.
pub(crate) fn next_opening(text: &str, zone: &TimeZone, now: i64) -> Option<i64> {
    let week = parse_week(text)?;
    let today = zone.to_datetime(Timestamp::from_millisecond(now).ok()?).date();
    // From yesterday on, whose hours can end after midnight.
    let days = (-1..=7_i64).filter_map(|offset| today.checked_add(offset.days()).ok());
    let hours = days.flat_map(|day| {
        let weekday = usize::try_from(day.weekday().to_monday_zero_offset()).unwrap_or_default();
        week.get(weekday).into_iter().flatten().map(move |hours| (day, hours))
    });
    let openings = hours.filter_map(|(day, (from, to))| {
        let at = |minute: i64| zone.to_timestamp(day.at(0, 0, 0, 0).checked_add(minute.minutes()).ok()?).ok();
        (now < at(*to)?.as_millisecond()).then_some(at(*from)?.as_millisecond().max(now))
    });
    openings.min()
}

/// Opening hours of each day, from Monday: the minutes from the day's start, the last one excluded.
type Week = [Vec<(i64, i64)>; 7];

const WEEKDAYS: [&str; 7] = ["Mo", "Tu", "We", "Th", "Fr", "Sa", "Su"];

/// Parses rules such as `Mo-Fr 09:00-12:00,13:00-17:00; Sa 10:00-12:00`. A later rule replaces an earlier one.
fn parse_week(text: &str) -> Option<Week> {
    let mut week = Week::default();
    for rule in text.split(';').map(str::trim) {
        let rule = if rule == "24/7" { "00:00-24:00" } else { rule };
        let start = rule.find(|letter: char| letter.is_ascii_digit()).or_else(|| rule.find("off"));
        let (days, hours) = rule.split_at(start?);
        let hours: Option<Vec<_>> = match hours {
            "off" => Some(Vec::new()),
            hours => hours.split(',').map(|hours| parse_hours(hours.trim())).collect(),
        };
        let (days, hours) = (if days.is_empty() { "Mo-Su" } else { days.trim() }, hours?);
        for days in days.split(',') {
            let (first, last) = days.split_once('-').unwrap_or((days, days));
            let index = |day: &str| WEEKDAYS.iter().position(|own| own.eq_ignore_ascii_case(day.trim()));
            let (first, last) = (index(first)?, index(last)?);
            let selected = (first..=first + (last + 7 - first) % 7).map(|day| day % 7);
            selected.for_each(|day| week.get_mut(day).into_iter().for_each(|own| own.clone_from(&hours)));
        }
    }
    Some(week)
}

fn parse_hours(text: &str) -> Option<(i64, i64)> {
    let minute = |text: &str| {
        let (hour, minute) = text.trim().split_once(':')?;
        let (hour, minute) = (hour.parse::<u8>().ok()?, minute.parse::<u8>().ok()?);
        (hour <= 24 && minute < 60).then_some(i64::from(hour) * 60 + i64::from(minute))
    };
    let (from, to) = text.split_once('-')?;
    let (from, to) = (minute(from)?, minute(to)?);
    Some((from, if to > from { to } else { to + 24 * 60 }))
}

/// Parses a duration such as `7 days`, `10h` or `2.5 hrs`, or in ISO 8601 such as `P1DT2H`.
pub(crate) fn parse_duration(text: &str) -> Option<i64> {
    let text = text.trim();
    if text.starts_with('P') {
        return text.parse().ok().map(span_millis);
    }
    let unit = text.trim_start_matches(|letter: char| letter.is_ascii_digit() || letter == '.');
    let number: f64 = text.strip_suffix(unit)?.parse().ok()?;
    let unit = Some(unit.trim()).filter(|unit| unit.chars().all(char::is_alphabetic))?;
    // Too long a time saturates.
    let millis = (number * span_millis(format!("1{unit}").parse().ok()?) as f64).round() as i64;
    Some(millis).filter(|millis| *millis < i64::MAX)
}

/// A month has 30 days here, and a year 365.
fn span_millis(span: Span) -> i64 {
    let days = i64::from(span.get_years()) * 365 + i64::from(span.get_months()) * 30;
    let days = days + i64::from(span.get_weeks()) * 7 + i64::from(span.get_days());
    let minutes = i64::from(span.get_hours()) * 60 + span.get_minutes();
    days * DAY + (minutes * 60 + span.get_seconds()) * SECOND + span.get_milliseconds()
}

#[cfg(test)]
mod tests {
    use super::{TimeZone, iso, next_opening, parse, parse_duration, parse_local, zone};

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
        for (text, seconds) in [("10h", 36_000), ("1d", 86_400), ("5s", 5), ("1y", 365 * 86_400), ("2.5 hrs", 9_000)] {
            assert_eq!(parse_duration(text), Some(seconds * 1_000), "{text}");
        }
        for text in ["", "P", "P1", "7", "h", ".h", "-1 day", "seven days", "7 fortnights", "P99999999999999999Y"] {
            assert_eq!(parse_duration(text), None, "{text}");
        }
        assert_eq!(parse_duration("99999999999999999999 years"), None);
    }

    #[test]
    fn opening_is_now_or_the_next_in_its_time_zone() {
        let next = |hours: &str, name: &str, now: &str| {
            let (zone, now) = (zone(name).unwrap_or(TimeZone::UTC), parse(now).unwrap_or_default());
            next_opening(hours, &zone, now).map(iso).unwrap_or_default()
        };
        // 2026-08-28 is a Friday, and Paris is two hours ahead of UTC.
        for (hours, zone, now, expected) in [
            ("Mo-Fr 09:00-17:00", "Europe/Paris", "2026-08-28T06:59:00Z", "2026-08-28T07:00:00.000Z"),
            ("Mo-Fr 09:00-17:00", "Europe/Paris", "2026-08-28T07:00:00Z", "2026-08-28T07:00:00.000Z"),
            ("Mo-Fr 09:00-17:00", "Europe/Paris", "2026-08-28T15:00:00Z", "2026-08-31T07:00:00.000Z"),
            ("Mo, We-Th 9:00-12:00, 13:00-17:00", "UTC", "2026-08-26T12:30:00Z", "2026-08-26T13:00:00.000Z"),
            ("Fr-Mo 22:00-06:00", "UTC", "2026-08-25T05:59:00Z", "2026-08-25T05:59:00.000Z"),
            ("Mo-Su 08:00-10:00; Fr off", "UTC", "2026-08-28T08:00:00Z", "2026-08-29T08:00:00.000Z"),
            ("08:00-10:00", "UTC", "2026-08-28T10:00:00Z", "2026-08-29T08:00:00.000Z"),
            ("24/7", "UTC", "2026-08-28T10:00:00Z", "2026-08-28T10:00:00.000Z"),
        ] {
            assert_eq!(next(hours, zone, now), expected, "{hours} {now}");
        }
        for hours in ["", "whenever you like", "Mo", "Xx 09:00-17:00", "Mo 09-17", "Mo 25:00-26:00", "off"] {
            assert_eq!(next(hours, "UTC", "2026-08-28T10:00:00Z"), "", "{hours}");
        }
    }

    #[test]
    fn local_time_has_no_offset() {
        let paris = zone("Europe/Paris").unwrap_or(TimeZone::UTC);
        assert_eq!(parse_local("2026-09-01T09:00:00", &paris), parse("2026-09-01T07:00:00Z"));
        for text in ["2026-09-01", "2026-09-01T09:00:00Z", "2026-09-01T09:00:00-05:00", "soon", "é26-09-01T09:00"] {
            assert_eq!(parse_local(text, &paris), None, "{text}");
        }
        assert_eq!(zone("Mars/Olympus"), None);
    }
}
