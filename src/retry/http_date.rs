//! Dates in the headers of servers.
//!
//! The crate `httpdate` accepts the three forms of RFC 9110 only if they are written exactly. Servers and gateways also
//! write `UTC` or `+0000`, other cases, single digits and ISO 8601, and a delay that is not understood is a retry too
//! early.

use std::time::SystemTime;

use crate::values::iso_8601;

/// The names of UTC. A longer name precedes any shorter name that it ends with.
const UTC: [&str; 7] = ["gmt", "utc", "ut", "z", "+0000", "-0000", "+00:00"];

const DAYS: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];

const MONTHS: [&str; 12] = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];

/// Parses a date: the three forms of RFC 9110, in any case, with any padding and any name of UTC, or ISO 8601.
///
/// Returns `None` for a date in another zone, except in ISO 8601.
pub(super) fn parse(text: &str) -> Option<SystemTime> {
    let text = text.trim().to_ascii_lowercase();
    let before_zone = UTC.iter().find_map(|zone| text.strip_suffix(zone)).map(str::trim_end);
    let nanoseconds = iso_8601::parse(&text)
        .or_else(|| iso_8601::parse(&format!("{}z", before_zone?)))
        .or_else(|| iso_8601::parse(&as_iso_8601(before_zone.unwrap_or(&text), before_zone.is_some())?))?;
    iso_8601::from_unix_nanos(nanoseconds)
}

/// Rewrites a date whose parts can be distinguished as ISO 8601.
fn as_iso_8601(text: &str, mut in_utc: bool) -> Option<String> {
    let (mut day, mut month, mut year, mut time) = (None, None, None, None);
    for word in text.split([' ', ',', '-']).filter(|word| !word.is_empty()) {
        // Only C's `asctime`, which is in UTC by definition, has the year last, without a zone after it.
        in_utc |= time.is_some() && word.len() == 4;
        if word.contains(':') {
            time.replace(word).is_none().then_some(())?;
        } else if word.bytes().all(|byte| byte.is_ascii_digit()) {
            let number = if day.is_none() { &mut day } else { &mut year };
            number.replace(word.parse::<u16>().ok()?).is_none().then_some(())?;
        } else if let Some(index) = MONTHS.iter().position(|month| word.starts_with(month)) {
            month = Some(index + 1);
        } else if !DAYS.iter().any(|day| word.starts_with(day)) && !UTC.contains(&word) {
            return None;
        }
    }
    let year = match year? {
        year @ 0..70 => year + 2000,
        year @ 70..100 => year + 1900,
        year => year,
    };
    let time: Vec<String> = time?.split(':').map(|part| format!("{part:0>2}")).collect();
    in_utc.then_some(format!("{year:04}-{:02}-{:02}t{}z", month?, day?, time.join(":")))
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, SystemTime};

    use super::parse;

    #[test]
    fn common_forms_of_a_date_are_parsed() {
        // 9 September 2001, a Sunday.
        let date = SystemTime::UNIX_EPOCH + Duration::from_secs(1_000_000_030);
        for text in [
            "Sun, 09 Sep 2001 01:47:10 GMT",
            "Sunday, 09-Sep-01 01:47:10 GMT",
            "Sun Sep  9 01:47:10 2001",
            "Sun, 09 Sep 2001 01:47:10 UTC",
            "Sun, 09 Sep 2001 01:47:10 UT",
            "Sun, 09 Sep 2001 01:47:10 +0000",
            "Sun, 09 Sep 2001 01:47:10 -0000",
            "sun, 09 sep 2001 01:47:10 gmt",
            "SUNDAY, 09-SEP-01 01:47:10 UTC",
            "sunday, 9-sep-01 1:47:10 gmt",
            "sun sep 9 01:47:10 2001",
            "SUN SEP 09 1:47:10 2001",
            "Sun Sep  9 01:47:10 UTC 2001",
            "Sun, 9 September 2001 01:47:10 GMT",
            "Sun, 9 Sep 2001 01:47:10 GMT",
            "sun, 9 sep 2001 1:47:10 utc",
            "Sun,09 Sep 2001 01:47:10GMT",
            "09 Sep 2001 01:47:10 GMT",
            "  09 Sep 2001 01:47:10 GMT ",
            "2001-09-09T01:47:10Z",
            "2001-09-09T01:47:10.000Z",
            "2001-09-09T01:47:10+00:00",
            "2001-09-09T03:47:10+02:00",
            "2001-09-09 01:47:10 UTC",
        ] {
            assert_eq!(parse(text), Some(date), "{text}");
        }
        assert_eq!(parse("Sat, 29-Feb-92 00:00:00 GMT"), parse("1992-02-29"));
    }

    #[test]
    fn dates_outside_utc_are_rejected() {
        for text in [
            "",
            "Z",
            "-T:Z",
            "soon UTC",
            "2001-13-09T01:47:10Z",
            "2001-00-09T01:47:10Z",
            "2001-09T01:47:10Z",
            "2001-09-09T01:47:10",
            "Sun, 09 Sep 2001 01:47:10",
            "Sun, 09 Sep 2001 01:47:10 PST",
            "Sun, 09 Sep 2001 01:47:10 +0200",
            "Sun, 09 Sep 2001 24:47:10 GMT",
            "Sun, 09 Sep 2001 01:60:10 GMT",
            "Sun, 31 Feb 2001 01:47:10 GMT",
            "Sun, 09 Sep 2001 GMT",
            "Sun, 09 Sep 01:47:10 GMT",
            "09 Sep 2001 01:47:10 01:47:10 GMT",
            "09 09 09 Sep 2001 01:47:10 GMT",
            "Sun, 09 Sep 2001 9999999999999999999:47:10 GMT",
            "Sun, 99999999999999999999 Sep 2001 01:47:10 GMT",
            "Sun, 09 Sep 2001 01:47:1\u{e9} GMT",
            "::::::: GMT",
        ] {
            assert_eq!(parse(text), None, "{text}");
        }
    }
}
