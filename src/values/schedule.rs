//! Times without an offset, time zones and delivery times.

use crate::values::checked_text::checked_text;
use crate::values::iso_8601::parse;
use crate::values::timestamp::Timestamp;

checked_text! {
    /// A date and a time without an offset, such as `2027-01-31T09:00:00`, for a time zone that is given separately.
    ///
    /// It converts from text, and with the features `jiff` and `chrono` from `jiff::civil::DateTime` and
    /// `chrono::NaiveDateTime`. A text of another format, or with an offset, is not sent: the call fails with
    /// [`ErrorKind::InvalidArgument`](crate::ErrorKind::InvalidArgument).
    ///
    /// ```
    /// use trycourier::types::LocalTime;
    ///
    /// assert_eq!(LocalTime::from("2027-01-31T09:00:00").as_str(), "2027-01-31T09:00:00");
    /// ```
    LocalTime, "local-date-time", is_local_time, "a local time must be ISO 8601 without an offset, such as `2027-01-31T09:00:00`"
}

checked_text! {
    /// The name of a time zone in the IANA database, such as `Europe/Paris` or `UTC`.
    ///
    /// A text that cannot be such a name is not sent: the call fails with
    /// [`ErrorKind::InvalidArgument`](crate::ErrorKind::InvalidArgument). Only Courier knows whether the name exists.
    ///
    /// ```
    /// use trycourier::types::TimeZone;
    ///
    /// assert_eq!(TimeZone::from("Europe/Paris").as_str(), "Europe/Paris");
    /// ```
    TimeZone, "time-zone", is_time_zone, "a time zone must be an IANA name, such as `Europe/Paris`"
}

checked_text! {
    /// The time until which a message is delayed: a [`Timestamp`], a [`LocalTime`], a date, or the opening hours of a
    /// delivery window, such as `Mo-Fr 09:00-17:00`.
    ///
    /// Any other text is not sent: the call fails with
    /// [`ErrorKind::InvalidArgument`](crate::ErrorKind::InvalidArgument).
    ///
    /// ```
    /// use std::time::{Duration, SystemTime};
    /// use trycourier::types::Delay;
    ///
    /// let tomorrow = Delay::until_time(SystemTime::now() + Duration::from_secs(24 * 60 * 60));
    /// let at_work = Delay::window("Mo-Fr 09:00-17:00").timezone("Europe/Paris");
    /// ```
    DeliveryTime, "delivery-time", is_delivery_time, "a delay must end at an ISO 8601 timestamp, such as `2027-01-31T09:00:00Z`, or in a window, such as `Mo-Fr 09:00-17:00`"
}

impl From<Timestamp> for DeliveryTime {
    /// Keeps the text only if it is a timestamp.
    fn from(time: Timestamp) -> Self {
        match time.defect() {
            // Opening hours are not a timestamp.
            Some(_) => String::new().into(),
            None => time.into_string().into(),
        }
    }
}

impl From<LocalTime> for DeliveryTime {
    fn from(time: LocalTime) -> Self {
        time.into_string().into()
    }
}

#[cfg(feature = "jiff")]
#[cfg_attr(docsrs, doc(cfg(feature = "jiff")))]
impl From<jiff::civil::DateTime> for LocalTime {
    fn from(time: jiff::civil::DateTime) -> Self {
        time.to_string().into()
    }
}

#[cfg(feature = "chrono")]
#[cfg_attr(docsrs, doc(cfg(feature = "chrono")))]
impl From<chrono::NaiveDateTime> for LocalTime {
    fn from(time: chrono::NaiveDateTime) -> Self {
        format!("{time:?}").into()
    }
}

fn is_local_time(text: &str) -> bool {
    text.get(10..11) == Some("T") && parse(&format!("{text}Z")).is_some()
}

fn is_time_zone(text: &str) -> bool {
    let is_name = |part: &str| {
        part.starts_with(|first: char| first.is_ascii_alphabetic())
            && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'+' | b'-'))
    };
    // The names of one part are abbreviations and countries.
    text.split('/').all(is_name) && (text.contains('/') || text.starts_with(|first: char| first.is_ascii_uppercase()))
}

fn is_delivery_time(text: &str) -> bool {
    (parse(text).is_some() && text.trim() == text) || is_local_time(text) || is_window(text)
}

/// Returns `true` for opening hours: rules with days, and times of the form `09:00-17:00`.
fn is_window(text: &str) -> bool {
    let is_time = |time: &str| {
        time.split_once(':').is_some_and(|(hour, minute)| {
            let number = |text: &str, limit| text.len() <= 2 && text.parse::<u8>().is_ok_and(|number| number <= limit);
            number(hour, 24) && minute.len() == 2 && number(minute, 59)
        })
    };
    let is_span = |span: &str| span.split_once('-').is_some_and(|(start, end)| is_time(start) && is_time(end));
    let is_day = |day: &str| ["Mo", "Tu", "We", "Th", "Fr", "Sa", "Su", "PH"].contains(&day);
    let is_part = |part: &str| {
        part.split(',').filter(|item| !item.is_empty()).all(|item| is_span(item) || item.split('-').all(is_day))
    };
    let is_rule = |rule: &str| rule.split_whitespace().all(is_part) && rule.contains(':');
    text == "24/7" || text.split(';').all(is_rule)
}
