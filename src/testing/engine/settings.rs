//! The settings of a fake.

use std::time::Duration;

pub(crate) struct Settings {
    pub page_size: usize,
    /// The number of calls, messages, runs and keys to keep, for each of these.
    pub keep: usize,
    /// The time from a message's request to its delivery.
    pub delivery: Duration,
    pub latency: Duration,
    pub accept_any_template: bool,
    pub respond_with_examples: bool,
    /// The number of further requests to refuse with 429, and their `retry-after`.
    pub limited: Option<(usize, Duration)>,
    pub limit_rates: bool,
    pub webhooks: bool,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            page_size: 100,
            keep: 10_000,
            delivery: Duration::from_secs(5),
            latency: Duration::ZERO,
            accept_any_template: false,
            respond_with_examples: false,
            limited: None,
            limit_rates: false,
            webhooks: false,
        }
    }
}
