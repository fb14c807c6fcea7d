//! Idempotency keys: the first response under a key is kept and given again.

use std::collections::HashSet;

use http::Method;

use super::answer::Answer;
use super::call::Call;
use super::courier::Courier;
use super::moment;
use super::request::Request;
use super::table::Table;
use crate::retry::idempotency::{IDEMPOTENCY_EXPIRATION, KEY_LIFETIME, MAX_KEY_LIFETIME, parse_expiration};

#[derive(Default)]
pub(super) struct Keys {
    kept: Table<Kept>,
    /// The keys whose first request has not been answered yet.
    under_way: HashSet<String>,
}

struct Kept {
    answer: Answer,
    expires: i64,
}

/// The key of a call that has one that counts, as it is kept: for one thing that is asked for.
pub(super) fn key(call: &Call) -> Option<String> {
    // Those of bulk jobs may be repeated under their keys, and report the users as duplicates.
    let counts = call.method == Method::POST && call.operation.is_some_and(|operation| !operation.starts_with("bulk."));
    let key = call.idempotency_key().filter(|key| counts && !key.is_empty())?;
    let path = call.target.split('?').next().unwrap_or_default();
    Some(format!("{path} {key}"))
}

impl Keys {
    /// What is answered without doing anything.
    pub fn answer(&self, key: &str, now: i64) -> Option<Answer> {
        if self.under_way.contains(key) {
            return Some(Answer::conflict("A request with this idempotency key is under way"));
        }
        self.kept.get(key).filter(|kept| now < kept.expires).map(|kept| kept.answer.clone())
    }

    pub fn remember(&mut self, key: &str, request: &Request<'_>, answer: &Answer) {
        let expires = request.now.saturating_add(life(request));
        self.kept.remove(key);
        self.kept.insert(key, Kept { answer: answer.clone(), expires });
    }

    /// Marks a key as under way, and tells whether it was not before.
    pub fn hold(&mut self, key: &str) -> bool {
        self.under_way.insert(key.to_owned())
    }

    pub fn release(&mut self, key: &str) {
        self.under_way.remove(key);
    }

    pub fn keep(&mut self, count: usize) {
        self.kept.keep(count);
    }
}

/// A day, or as long as is requested, up to a year.
fn life(request: &Request<'_>) -> i64 {
    let (default, max) = (moment::length(KEY_LIFETIME), moment::length(MAX_KEY_LIFETIME));
    let requested = request.header(IDEMPOTENCY_EXPIRATION.as_str()).and_then(parse_expiration).map(moment::millis);
    requested.map_or(default, |until| until.saturating_sub(request.now).clamp(default, max))
}

/// An idempotency key that is under way for as long as this lives.
pub(super) struct Held<'a> {
    courier: &'a Courier,
    key: String,
}

impl<'a> Held<'a> {
    /// Holds a key, unless another request holds it.
    pub fn of(courier: &'a Courier, key: String) -> Option<Self> {
        let is_free = courier.state().keys.hold(&key);
        is_free.then(|| Self { courier, key })
    }
}

impl Drop for Held<'_> {
    fn drop(&mut self) {
        self.courier.state().keys.release(&self.key);
    }
}
