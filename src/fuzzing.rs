//! Doors for `fuzz/`, which are there in its builds alone.

use std::time::{Duration, SystemTime};

use http::HeaderMap;

use crate::ext::Cursors;
pub use crate::ext::leading;

/// The place of the cursor at which a walk is found to go in a circle.
pub fn leads_back<'a>(start: Option<String>, mut cursors: impl Iterator<Item = &'a str>) -> Option<usize> {
    let mut seen = Cursors::from(start);
    cursors.position(|cursor| seen.leads_back(cursor))
}

/// The delay that the headers of a response ask for.
pub fn asked_delay(headers: &HeaderMap, date: SystemTime) -> Option<Duration> {
    crate::retry::asked_delay(headers, date)
}
