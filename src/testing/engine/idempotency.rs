//! Idempotency keys: the first response under a key is kept and repeated.

use std::collections::HashSet;

use super::request::Request;
use super::response::Response;
use super::table::Table;
use super::time;
use crate::retry::idempotency::{IDEMPOTENCY_EXPIRATION, KEY_LIFETIME, MAX_KEY_LIFETIME, parse_expiration};

#[derive(Default)]
pub(crate) struct Keys {
    /// The response under each key, and the time at which the key expires.
    responses: Table<(Response, i64)>,
    /// The keys whose first request has no response yet.
    pub in_progress: HashSet<String>,
}

impl Keys {
    /// The response to a call under a known key.
    pub fn response(&self, key: &str, now: i64) -> Option<Response> {
        if self.in_progress.contains(key) {
            return Some(Response::conflict("A request with this idempotency key is in progress"));
        }
        self.responses.get(key).filter(|(_, expires)| now < *expires).map(|(response, _)| response.clone())
    }

    pub fn store(&mut self, key: &str, request: &Request<'_>, response: &Response) {
        let expires = request.now.saturating_add(lifetime(request));
        self.responses.remove(key);
        self.responses.insert(key, (response.clone(), expires));
    }

    pub fn keep(&mut self, count: usize) {
        self.responses.keep(count);
    }
}

/// The milliseconds for which a key is kept: a day, or as requested, up to a year.
fn lifetime(request: &Request<'_>) -> i64 {
    let (default, max) = (time::duration_millis(KEY_LIFETIME), time::duration_millis(MAX_KEY_LIFETIME));
    let requested = request.header(IDEMPOTENCY_EXPIRATION.as_str()).and_then(parse_expiration).map(time::millis);
    requested.map_or(default, |until| until.saturating_sub(request.now).clamp(default, max))
}
