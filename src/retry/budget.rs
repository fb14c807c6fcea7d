//! The retry budget, which keeps retries from multiplying an outage.

use std::sync::Mutex;
use std::time::{Duration, Instant};

use crate::ErrorKind;
use crate::sync::lock;

/// The budget that pays for every retry of the client and its clones.
///
/// Each retry adds to a debt, which successes, further calls and time pay off. The debt may grow to two retries for
/// each active call, or to a reserve if that is more, so that a broken connection loses none of its calls. In an
/// outage, the debt stays at its limit, and only the payments of calls and time are available for retries.
///
/// When the limit falls, the debt falls with it; otherwise, the retries of one burst would be owed for an hour. In an
/// outage, the number of active calls fluctuates constantly, so the debt falls only after a success, or to the highest
/// limit of the last [`PEAK_PERIOD`].
#[derive(Debug)]
pub(crate) struct RetryBudget {
    /// The number of retries that are always available.
    reserve: u32,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    active_calls: u32,
    debt: u64,
    /// The time up to which seconds have paid off debt.
    paid_until: Instant,
    period_start: Instant,
    /// The largest number of active calls in the current period.
    peak: u32,
    /// The largest number of active calls in the period before the current one.
    previous_peak: u32,
}

/// The cost of a retry, in the unit of the other constants.
const RETRY_COST: u64 = 10;
/// The cost of a retry after a timeout, which has kept the server busy for the longest time.
const TIMEOUT_RETRY_COST: u64 = 20;
/// The payment of a call that succeeds without a retry.
const SUCCESS_PAYMENT: u64 = 2;
/// The payment of every call that begins: without other payments, there are at most 1.1 requests per call.
const CALL_PAYMENT: u64 = 1;
const SECOND_PAYMENT: u64 = 10;
const RETRIES_PER_CALL: u64 = 2;
/// A period longer than any gap between the calls of a client that constantly calls a failing server.
const PEAK_PERIOD: Duration = Duration::from_secs(10);

impl RetryBudget {
    pub(crate) const DEFAULT_RESERVE: u32 = 100;

    pub(crate) fn new(reserve: u32, now: Instant) -> Self {
        let (paid_until, period_start) = (now, now);
        let state = State { active_calls: 0, debt: 0, paid_until, period_start, peak: 0, previous_peak: 0 };
        Self { reserve, state: Mutex::new(state) }
    }

    /// Counts a call as active until the guard is dropped.
    pub(crate) fn enter(&self) -> ActiveCall<'_> {
        let mut state = lock(&self.state);
        state.active_calls += 1;
        state.peak = state.peak.max(state.active_calls);
        state.pay_off(CALL_PAYMENT);
        ActiveCall(self)
    }

    /// Takes a retry from the budget. Returns `None` if the budget is spent.
    pub(crate) fn take(&self, cause: ErrorKind, now: Instant) -> Option<Retry<'_>> {
        let mut state = lock(&self.state);
        state.advance(now);
        state.debt = state.debt.min(self.limit(state.previous_peak.max(state.peak)));
        let cost = if cause == ErrorKind::Timeout { TIMEOUT_RETRY_COST } else { RETRY_COST };
        if state.debt + cost > self.limit(state.active_calls) {
            return None;
        }
        state.debt += cost;
        Some(Retry { budget: self, cost, was_sent: false })
    }

    /// Records a success that needed no retry.
    pub(crate) fn succeeded(&self) {
        self.recovered(SUCCESS_PAYMENT);
    }

    /// Pays off debt after a success. A server that responds is not in an outage, so the debt falls to its current
    /// limit.
    fn recovered(&self, payment: u64) {
        let mut state = lock(&self.state);
        state.debt = state.debt.min(self.limit(state.active_calls));
        state.pay_off(payment);
    }

    /// The largest debt while this number of calls is active.
    fn limit(&self, calls: u32) -> u64 {
        if self.reserve == 0 {
            return 0;
        }
        (u64::from(calls) * RETRIES_PER_CALL).max(u64::from(self.reserve)) * RETRY_COST
    }
}

impl State {
    /// Pays off debt for the time since the last call, and begins a period if the current one is over.
    fn advance(&mut self, now: Instant) {
        let seconds = now.saturating_duration_since(self.paid_until).as_secs();
        self.paid_until += Duration::from_secs(seconds);
        self.pay_off(seconds.saturating_mul(SECOND_PAYMENT));
        let age = now.saturating_duration_since(self.period_start);
        if age >= PEAK_PERIOD {
            self.previous_peak = if age < PEAK_PERIOD * 2 { self.peak } else { self.active_calls };
            self.peak = self.active_calls;
            self.period_start = now;
        }
    }

    fn pay_off(&mut self, amount: u64) {
        self.debt = self.debt.saturating_sub(amount);
    }
}

/// A call that the budget counts as active.
#[derive(Debug)]
pub(crate) struct ActiveCall<'a>(&'a RetryBudget);

impl Drop for ActiveCall<'_> {
    fn drop(&mut self) {
        lock(&self.0.state).active_calls -= 1;
    }
}

/// A retry taken from the budget. Dropping it before it was sent returns it to the budget.
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

    /// Returns the retry to the budget after its success, because it was not part of an outage.
    pub(crate) fn succeeded(mut self) {
        // Dropping it must not pay a second time.
        self.was_sent = true;
        self.budget.recovered(self.cost);
    }
}

impl Drop for Retry<'_> {
    fn drop(&mut self) {
        if !self.was_sent {
            lock(&self.budget.state).pay_off(self.cost);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use super::RetryBudget;
    use crate::ErrorKind;

    /// The number of retries that can be taken and sent at once.
    fn retries(budget: &RetryBudget, now: Instant) -> usize {
        std::iter::from_fn(|| budget.take(ErrorKind::Server, now).map(|mut retry| retry.sent())).count()
    }

    #[test]
    fn timeout_costs_two_retries() {
        let now = Instant::now();
        let budget = RetryBudget::new(3, now);
        budget.take(ErrorKind::Timeout, now).unwrap().sent();
        assert!(budget.take(ErrorKind::Timeout, now).is_none());
        assert_eq!(retries(&budget, now), 1);
        assert_eq!(retries(&RetryBudget::new(0, now), now), 0);
    }

    #[test]
    fn unsent_and_successful_retries_are_returned() {
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
    fn calls_and_time_pay_off_debt() {
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
    fn every_active_call_has_two_retries() {
        let now = Instant::now();
        let budget = RetryBudget::new(100, now);
        let calls: Vec<_> = (0..500).map(|_| budget.enter()).collect();
        assert_eq!(retries(&budget, now), 1000);
        drop(calls);
        assert_eq!(retries(&budget, now), 0);
    }

    #[test]
    fn debt_falls_with_the_limit() {
        let now = Instant::now();
        let burst = || {
            let budget = RetryBudget::new(100, now);
            let calls: Vec<_> = (0..2000).map(|_| budget.enter()).collect();
            assert_eq!(retries(&budget, now), 4000);
            drop(calls);
            budget
        };
        // The server has recovered: after a success, only the reserve is owed.
        let recovered = burst();
        (0..6).for_each(|_| recovered.succeeded());
        assert_eq!(retries(&recovered, now), 1);
        // In an outage the debt stays for a while.
        let failing = burst();
        assert_eq!(retries(&failing, now + Duration::from_secs(9)), 0);
        let later = now + Duration::from_secs(30);
        assert_eq!(retries(&failing, later), 0, "the peak has passed, and the reserve is owed");
        assert_eq!(retries(&failing, later + Duration::from_secs(50)), 50);
    }
}
