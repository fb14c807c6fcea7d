//! Idempotency keys: the first answer under a key is kept and given again.

use std::collections::HashSet;

use super::answer::Answer;
use super::moment;
use super::request::Request;
use super::table::Table;

const DAY: i64 = 86_400_000;
const YEAR: i64 = 365 * DAY;

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

/// The key of a request that has one that counts.
pub(super) fn key(request: &Request<'_>) -> Option<String> {
    let counts = request.operation.method == "POST";
    let key = request.header("idempotency-key").filter(|_| counts)?;
    Some(name(&request.url, key))
}

/// A key as it is kept: it counts for one thing that is asked for.
pub(super) fn name(path: &str, key: &str) -> String {
    format!("{path} {key}")
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
