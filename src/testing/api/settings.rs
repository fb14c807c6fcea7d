//! The settings and the clock, as a test sets them.

use std::time::{Duration, SystemTime};

use super::courier::Courier;
use crate::sync::lock;
use crate::testing::engine::time::millis;

impl Courier {
    /// Sets the maximum number of rows of a page; 100 by default.
    pub fn page_size(&self, rows: usize) -> &Self {
        self.state().settings.page_size = rows.max(1);
        self
    }

    /// Sets the time from a message's request, or the end of its delay, to its delivery; 5 seconds by default.
    ///
    /// It is `ENQUEUED` immediately, then `ROUTED`, `SENT` and `DELIVERED`, in equal steps.
    pub fn delivery_time(&self, time: Duration) -> &Self {
        self.state().settings.delivery = time;
        self
    }

    /// Sets the maximum number of calls that are kept, and likewise of messages, runs and idempotency keys; 10,000 of
    /// each by default. The oldest are dropped first.
    pub fn keep(&self, count: usize) -> &Self {
        let mut state = self.state();
        state.settings.keep = count;
        state.trim();
        drop(state);
        self.trim_calls();
        self
    }

    /// Refuses the next `requests` requests with 429 and the header `retry-after`.
    pub fn limit_rate(&self, requests: usize, retry_after: Duration) -> &Self {
        self.state().settings.limited = Some((requests, retry_after));
        self
    }

    /// Enforces the rate limits that Courier documents, such as 20 requests a minute for
    /// [`lists.update`](crate::resources::Lists::update), by the Courier's [clock](Self::now). The default is `false`.
    ///
    /// A request above its operation's limit is refused with 429 and the header `retry-after`. The documentation of each
    /// operation states its limit.
    ///
    /// ```
    /// use trycourier::ErrorKind;
    /// use trycourier::testing::Courier;
    ///
    /// # #[tokio::main]
    /// # async fn main() -> trycourier::Result<()> {
    /// let courier = Courier::new();
    /// courier.limit_rates(true);
    /// let client = courier.client().with_options(|options| options.max_retries(0));
    /// for _ in 0..20 {
    ///     client.lists().update("customers", "Customers").await?;
    /// }
    /// let error = client.lists().update("customers", "Customers").await.unwrap_err();
    /// assert_eq!(error.kind(), ErrorKind::RateLimited);
    /// # Ok(())
    /// # }
    /// ```
    pub fn limit_rates(&self, enabled: bool) -> &Self {
        self.state().settings.limit_rates = enabled;
        self
    }

    /// Treats every template that a message names as published, so that none becomes `UNMAPPED`. The default is `false`.
    pub fn accept_any_template(&self, enabled: bool) -> &Self {
        self.state().settings.accept_any_template = enabled;
        self
    }

    /// Responds with an example if the state leads to an error, for instance because a resource is missing or exists
    /// already. The default is `false`.
    ///
    /// It is for the test suites of SDKs, which use arbitrary ids. Requests that do not match the API's description are
    /// still refused.
    pub fn respond_with_examples(&self, enabled: bool) -> &Self {
        self.state().settings.respond_with_examples = enabled;
        self
    }

    /// Sets the time that every response takes, by tokio's clock; no time by default.
    ///
    /// The call takes effect at the end of that time. Until then, other calls with its idempotency key get 409.
    pub fn latency(&self, time: Duration) -> &Self {
        self.state().settings.latency = time;
        self
    }

    /// Returns the current time of its clock.
    #[must_use]
    pub fn now(&self) -> SystemTime {
        lock(&self.shared.clock).now()
    }

    /// Replaces the source of the time.
    pub fn clock(&self, source: impl Fn() -> SystemTime + Send + 'static) -> &Self {
        lock(&self.shared.clock).set_source(source);
        self
    }

    /// Moves the clock forward. Messages are delivered, delays end, idempotency keys expire.
    pub fn advance(&self, time: Duration) -> &Self {
        lock(&self.shared.clock).advance(time);
        self
    }

    pub(super) fn advanced(&self) -> Duration {
        lock(&self.shared.clock).advanced()
    }

    /// The current time in milliseconds since 1970.
    pub(super) fn now_millis(&self) -> i64 {
        millis(self.now())
    }
}
