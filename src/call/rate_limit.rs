//! The rate limits of operations and resources.

use std::time::Duration;

use crate::ClientBuilder;
use crate::call::{Call, Resource};

impl ClientBuilder {
    /// Limits the calls of an operation, such as [`calls::ListsUpdate`](crate::calls::ListsUpdate), to `calls` in each
    /// `period`, evenly spaced, in addition to the [resource's](Self::rate_limit_for_resource) and the client's
    /// [`rate_limit`](Self::rate_limit). Clones share the limit, each [API key](crate::Client::with_api_key) has a
    /// separate one, and retries do not count. A later limit for the same operation replaces an earlier limit.
    /// [`build`](Self::build) refuses a limit of 0 calls.
    ///
    /// A call that could start only after its [total timeout](crate::Options::total_timeout) fails immediately, with
    /// [`ErrorKind::RateLimited`](crate::ErrorKind::RateLimited).
    ///
    /// ```
    /// use std::time::Duration;
    /// use trycourier::{Client, calls};
    ///
    /// let client = Client::builder()
    ///     .api_key("pk_test_1234")
    ///     .rate_limit_for::<calls::ListsUpdate>(20, Duration::from_secs(60))
    ///     .build()?;
    /// # Ok::<(), trycourier::Error>(())
    /// ```
    #[doc(alias = "throttle")]
    pub fn rate_limit_for<C: Call>(mut self, calls: u32, period: Duration) -> Self {
        self.rate_limits.insert(C::OPERATION.id, (calls, period));
        self
    }

    /// Limits the calls of all operations of a resource and of the resources below it together, in the same way as
    /// [`rate_limit_for`](Self::rate_limit_for). A call waits for all limits that apply to it: those of the client, of
    /// its resources and of its operation.
    ///
    /// ```
    /// use std::time::Duration;
    /// use trycourier::{Client, resources};
    ///
    /// // `client.lists()`, and `client.lists().subscriptions()`
    /// let client = Client::builder()
    ///     .api_key("pk_test_1234")
    ///     .rate_limit_for_resource::<resources::Lists>(20, Duration::from_secs(60))
    ///     .build()?;
    /// # Ok::<(), trycourier::Error>(())
    /// ```
    #[doc(alias = "throttle")]
    pub fn rate_limit_for_resource<R: Resource>(mut self, calls: u32, period: Duration) -> Self {
        self.rate_limits.insert(R::NAME, (calls, period));
        self
    }
}
