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

/// Returns the delay that the headers of a response request, if the client obeys it.
pub fn requested_delay(headers: &HeaderMap, date: SystemTime) -> Option<Duration> {
    let error = crate::Error::new(crate::ErrorKind::RateLimited, "");
    let error = error.with_server_decision(crate::retry::retry_after::parse_retry_after(headers, date), None);
    crate::retry::retry_after::requested_delay(&error)
}
