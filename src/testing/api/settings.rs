//! What can be set about the fake.

use std::time::Duration;

use crate::testing::api::courier::Courier;

/// What can be set.
pub(crate) struct Settings {
    /// The most rows that a page has.
    pub page_size: usize,
    /// How many calls, messages and keys are kept of each.
    pub keep: usize,
    /// How long a message takes from its request to its delivery.
    pub delivery: Duration,
    /// How long a response takes.
    pub latency: Duration,
    /// Answer an example where the state refuses.
    pub respond_with_examples: bool,
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
            respond_with_examples: false,
            limited: None,
            webhooks: false,
        }
    }
}

impl Courier {
    /// Sets how many rows a page has at most; 100 by default.
    pub fn page_size(&self, rows: usize) -> &Self {
        self.state().settings.page_size = rows.max(1);
        self
    }

    /// Sets how long a message takes from its request, or the end of its delay, to its delivery; 5 seconds by default.
    ///
    /// It is `ENQUEUED` at once, then `ROUTED`, `SENT` and `DELIVERED`, in equal steps.
    pub fn delivery_time(&self, time: Duration) -> &Self {
        self.state().settings.delivery = time;
        self
    }

    /// Sets how many calls, messages, runs and idempotency keys are kept, of each; 10,000 by default. The oldest are dropped
    /// first.
    pub fn keep(&self, count: usize) -> &Self {
        let mut state = self.state();
        state.settings.keep = count;
        state.forget();
        drop(state);
        self
    }

    /// Refuses the next `requests` requests with 429 and the header `retry-after`.
    pub fn limit_rate(&self, requests: usize, retry_after: Duration) -> &Self {
        self.state().settings.limited = Some((requests, retry_after));
        self
    }

    /// Whether to answer with a made-up value where the state would lead to an error: for what has not been stored, or exists
    /// already. The default is `false`.
    ///
    /// It is for the test suites of SDKs, which use arbitrary ids. Requests that do not match the API's description are still
    /// refused.
    pub fn respond_with_examples(&self, make_up: bool) -> &Self {
        self.state().settings.respond_with_examples = make_up;
        self
    }

    /// Sets how long every response takes, by tokio's clock; no time by default.
    ///
    /// The call takes effect at the end of that time. Until then, other calls with its idempotency key get 409.
    pub fn latency(&self, time: Duration) -> &Self {
        self.state().settings.latency = time;
        self
    }
}
