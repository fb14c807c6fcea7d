//! Idempotency keys: the first response under a key is kept and given again.

use std::collections::HashSet;

use http::Method;

use crate::testing::api::courier::Courier;
use crate::testing::api::recorded_call::Call;
use crate::testing::engine::request::Request;
use crate::testing::engine::response::Answer;
use crate::testing::engine::table::Table;
use crate::testing::engine::time as moment;

const DAY: i64 = 86_400_000;
const YEAR: i64 = 365 * DAY;

#[derive(Default)]
pub(crate) struct Keys {
    kept: Table<Kept>,
    /// The keys whose first request has not been answered yet.
    under_way: HashSet<String>,
}

struct Kept {
    answer: Answer,
    expires: i64,
}

/// The key of a call that has one that counts, as it is kept: for one thing that is asked for.
pub(crate) fn key(call: &Call) -> Option<String> {
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

/// A day, or as long as is asked for, up to a year.
fn life(request: &Request<'_>) -> i64 {
    let asked = request.header("x-idempotency-expiration").and_then(|text| match text.parse::<i64>() {
        // Seconds until the year 5138, milliseconds from 1973 on.
        Ok(seconds) if seconds < 100_000_000_000 => seconds.checked_mul(1_000),
        Ok(millis) => Some(millis),
        Err(_) => moment::parse(text),
    });
    asked.map_or(DAY, |until| until.saturating_sub(request.now).clamp(DAY, YEAR))
}

/// An idempotency key that is under way for as long as this lives.
pub(crate) struct Held<'a> {
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
