//! What keeps an outage from being multiplied by retries.

use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use crate::ErrorKind;

/// What the client and its clones pay every retry from.
///
/// Each retry is entered as a debt, which successes, further calls and time pay off. The debt may grow to two retries for
/// each call under way, or to a reserve if that is more, so that one cut of a connection loses none of its calls. In an
/// outage the debt stays at its limit, and only what calls and time pay off is left for retries.
#[derive(Debug)]
pub(crate) struct RetryBudget {
    /// How many retries there always are.
    reserve: u32,
    /// Calls under way.
    calls: AtomicU32,
    debt: AtomicU64,
    /// Up to when time has paid.
    paid_until: Mutex<Instant>,
}

/// What a retry costs, in the unit of the others.
const RETRY: u64 = 10;
/// A timeout has kept the server busy for longest.
const AFTER_TIMEOUT: u64 = 20;
/// What a call that needed no retry pays off when it succeeds.
const SUCCESS: u64 = 2;
/// What every call pays off when it begins: requests are at most 1.1 times the calls, when nothing else pays.
const CALL: u64 = 1;
const SECOND: u64 = 10;
const RETRIES_OF_A_CALL: u64 = 2;

impl RetryBudget {
    pub(crate) const DEFAULT_RESERVE: u32 = 100;

    pub(crate) fn new(reserve: u32, now: Instant) -> Self {
        Self { reserve, calls: AtomicU32::new(0), debt: AtomicU64::new(0), paid_until: Mutex::new(now) }
    }

    /// Counts a call as under way for as long as the guard lives.
    pub(crate) fn enter(&self) -> UnderWay<'_> {
        self.calls.fetch_add(1, Ordering::Relaxed);
        self.pay_off(CALL);
        UnderWay(self)
    }

    /// Takes a retry from the budget; none when there is no more.
    pub(crate) fn take(&self, after: ErrorKind, now: Instant) -> Option<Retry<'_>> {
        self.let_time_pay(now);
        let cost = if after == ErrorKind::Timeout { AFTER_TIMEOUT } else { RETRY };
        let for_calls = u64::from(self.calls.load(Ordering::Relaxed)) * RETRIES_OF_A_CALL;
        let limit = if self.reserve == 0 { 0 } else { for_calls.max(u64::from(self.reserve)) * RETRY };
        let grown = |debt: u64| Some(debt + cost).filter(|debt| *debt <= limit);
        self.debt.fetch_update(Ordering::Relaxed, Ordering::Relaxed, grown).ok()?;
        Some(Retry { budget: self, cost, was_sent: false })
    }

    /// Notes a success that needed no retry.
    pub(crate) fn succeeded(&self) {
        self.pay_off(SUCCESS);
    }

    fn let_time_pay(&self, now: Instant) {
        let mut paid_until = self.paid_until.lock().unwrap_or_else(PoisonError::into_inner);
        let seconds = now.saturating_duration_since(*paid_until).as_secs();
        if let Some(until) = paid_until.checked_add(Duration::from_secs(seconds)) {
            *paid_until = until;
            drop(paid_until);
            self.pay_off(seconds.saturating_mul(SECOND));
        }
    }

    fn pay_off(&self, amount: u64) {
        // Without a debt, which is the rule, there is nothing to write.
        if self.debt.load(Ordering::Relaxed) == 0 {
            return;
        }
        let less = |debt: u64| Some(debt.saturating_sub(amount));
        // The closure never declines.
        let _ = self.debt.fetch_update(Ordering::Relaxed, Ordering::Relaxed, less);
    }
}

/// A call that is under way.
#[derive(Debug)]
pub(crate) struct UnderWay<'a>(&'a RetryBudget);

impl Drop for UnderWay<'_> {
    fn drop(&mut self) {
        self.0.calls.fetch_sub(1, Ordering::Relaxed);
    }
}

/// A retry that was taken from the budget. One that is dropped before it was sent is given back.
#[derive(Debug)]
pub(crate) struct Retry<'a> {
    budget: &'a RetryBudget,
    cost: u64,
    was_sent: bool,
}

impl Retry<'_> {
    pub(crate) fn sent(&mut self) {
        self.was_sent = true;
    }

    /// Gives the retry back after its success: it was no part of an outage.
    pub(crate) fn succeeded(mut self) {
        self.was_sent = false;
    }
}

impl Drop for Retry<'_> {
    fn drop(&mut self) {
        if !self.was_sent {
            self.budget.pay_off(self.cost);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use super::RetryBudget;
    use crate::ErrorKind;

    /// How many retries can be taken at once, and sent.
    fn retries(budget: &RetryBudget, now: Instant) -> usize {
        std::iter::from_fn(|| budget.take(ErrorKind::Server, now).map(|mut retry| retry.sent())).count()
    }

    #[test]
    fn a_timeout_costs_two_retries_and_nothing_overdraws_the_reserve() {
        let now = Instant::now();
        let budget = RetryBudget::new(3, now);
        budget.take(ErrorKind::Timeout, now).unwrap().sent();
        assert!(budget.take(ErrorKind::Timeout, now).is_none());
        assert_eq!(retries(&budget, now), 1);
        assert_eq!(retries(&RetryBudget::new(0, now), now), 0);
    }

    #[test]
    fn a_retry_that_was_not_sent_or_has_succeeded_is_given_back() {
        let now = Instant::now();
        let budget = RetryBudget::new(1, now);
        for _ in 0..10 {
            drop(budget.take(ErrorKind::Server, now).unwrap());
            let mut retry = budget.take(ErrorKind::Server, now).unwrap();
            retry.sent();
            retry.succeeded();
        }
        assert_eq!(retries(&budget, now), 1);
        (0..4).for_each(|_| budget.succeeded());
        assert_eq!(retries(&budget, now), 0);
        budget.succeeded();
        assert_eq!(retries(&budget, now), 1, "five successes are a retry");
    }

    #[test]
    fn calls_and_time_pay_off() {
        let now = Instant::now();
        let budget = RetryBudget::new(100, now);
        assert_eq!(retries(&budget, now), 100);
        (0..30).for_each(|_| drop(budget.enter()));
        assert_eq!(retries(&budget, now), 3);
        assert_eq!(retries(&budget, now + Duration::from_millis(4500)), 4);
        assert_eq!(retries(&budget, now + Duration::from_secs(5)), 1, "half a second was kept");
        assert_eq!(retries(&budget, now + Duration::from_secs(1_000_000)), 100, "never more than the limit");
    }

    #[test]
    fn each_call_under_way_has_two_retries() {
        let now = Instant::now();
        let budget = RetryBudget::new(100, now);
        let calls: Vec<_> = (0..500).map(|_| budget.enter()).collect();
        assert_eq!(retries(&budget, now), 1000);
        drop(calls);
        assert_eq!(retries(&budget, now), 0);
    }
}
