//! What can be set about the double.

use std::time::Duration;

use super::courier::Courier;

/// What can be set.
pub(super) struct Settings {
    /// The most rows that a page has.
    pub page_size: usize,
    /// How many calls, messages and keys are kept of each.
    pub keep: usize,
    /// How long a message takes from its request to its delivery.
    pub delivery: Duration,
    /// How long an answer takes.
    pub latency: Duration,
    /// Answer an example where the state refuses.
    pub make_up_answers: bool,
    /// How many further requests are refused with 429, and the wait that is asked for.
    pub limited: Option<(usize, Duration)>,
    /// Whether anybody takes the webhooks.
    pub webhooks: bool,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            page_size: 100,
            keep: 10_000,
            delivery: Duration::from_secs(5),
            latency: Duration::ZERO,
            make_up_answers: false,
            limited: None,
            webhooks: false,
        }
    }
}

impl Courier {
    /// Sets the most rows that a page has; 100 otherwise.
    pub fn page_size(&self, rows: usize) -> &Self {
        self.state().settings.page_size = rows.max(1);
        self
    }

    /// Sets how long a message takes from its request, or the end of its delay, to its delivery; 5 seconds otherwise.
    ///
    /// It is `ENQUEUED` at once, then `ROUTED`, `SENT` and `DELIVERED`, in equal steps.
    pub fn delivery_time(&self, time: Duration) -> &Self {
        self.state().settings.delivery = time;
        self
    }

    /// Sets how many calls, messages, runs and idempotency keys are remembered of each; 10,000 otherwise. The oldest go first.
    pub fn keep(&self, count: usize) -> &Self {
        let mut state = self.state();
        state.settings.keep = count;
        state.forget();
        drop(state);
        self
    }

    /// Refuses the next requests with 429, and asks for a wait by `retry-after`.
    pub fn limit_rate(&self, requests: usize, retry_after: Duration) -> &Self {
        self.state().settings.limited = Some((requests, retry_after));
        self
    }

    /// Whether to answer a value made from the description where the state would refuse: for what nobody has stored, and for
    /// what is there already.
    ///
    /// It is for the test suites of SDKs, which ask for whatever they like. What the description refuses stays refused.
    pub fn make_up_answers(&self, make_up: bool) -> &Self {
        self.state().settings.make_up_answers = make_up;
        self
    }

    /// Sets how long every answer takes, by tokio's clock; nothing otherwise.
    ///
    /// What is asked for is done at the end of it. Until then others with its idempotency key get 409.
    pub fn latency(&self, time: Duration) -> &Self {
        self.state().settings.latency = time;
        self
    }
}
