//! Entry points for `fuzz/`; compiled only with `cfg(fuzzing)`.

use std::time::{Duration, SystemTime};

use http::HeaderMap;

use crate::ext::pagination::{self, Cursors};

/// Returns the cursor if it can lead to a page.
pub fn non_empty(cursor: Option<String>) -> Option<String> {
    pagination::non_empty(cursor)
}

/// Returns the index of the first cursor that leads back to an earlier page.
pub fn first_repeated<'a>(start: Option<&str>, mut cursors: impl Iterator<Item = &'a str>) -> Option<usize> {
    let mut seen = Cursors::new(start);
    cursors.position(|cursor| seen.is_repeated(cursor))
}

/// The delay that the headers of a response ask for.
pub fn asked_delay(headers: &HeaderMap, date: SystemTime) -> Option<Duration> {
    crate::retry::asked_delay(headers, date)
}
