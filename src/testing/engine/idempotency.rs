//! Idempotency keys: the first response under a key is kept and repeated.

use std::collections::HashSet;

use http::{HeaderMap, Method};

use super::request::Request;
use super::response::Response;
use super::table::Table;
use super::time;
use crate::retry::idempotency::{
    IDEMPOTENCY_EXPIRATION, IDEMPOTENCY_KEY, KEY_LIFETIME, MAX_KEY_LIFETIME, parse_expiration,
};

#[derive(Default)]
pub(crate) struct Keys {
    responses: Table<Stored>,
    /// The keys whose first request has no response yet.
    in_progress: HashSet<String>,
}

struct Stored {
    response: Response,
    expires: i64,
}

/// Returns a call's idempotency key in the form in which it is stored: per path. `None` if it has none that counts.
pub(crate) fn stored_key(
    operation: Option<&str>,
    method: &Method,
    target: &str,
    headers: &HeaderMap,
) -> Option<String> {
    // Calls of bulk jobs can be repeated under their keys, and report the users as duplicates.
    let counts = method == Method::POST && operation.is_some_and(|operation| !operation.starts_with("bulk."));
    let key = headers.get(IDEMPOTENCY_KEY)?.to_str().ok().filter(|key| counts && !key.is_empty())?;
    let path = target.split('?').next().unwrap_or_default();
    Some(format!("{path} {key}"))
}

impl Keys {
    /// The response to a call under a known key.
    pub fn response(&self, key: &str, now: i64) -> Option<Response> {
        if self.in_progress.contains(key) {
            return Some(Response::conflict("A request with this idempotency key is in progress"));
        }
        self.responses.get(key).filter(|stored| now < stored.expires).map(|stored| stored.response.clone())
    }

    pub fn store(&mut self, key: &str, request: &Request<'_>, response: &Response) {
        let expires = request.now.saturating_add(lifetime(request));
        self.responses.remove(key);
        self.responses.insert(key, Stored { response: response.clone(), expires });
    }

    /// Marks a key as in progress. Returns `false` if it was already.
    pub fn begin(&mut self, key: &str) -> bool {
        self.in_progress.insert(key.to_owned())
    }

    pub fn end(&mut self, key: &str) {
        self.in_progress.remove(key);
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
