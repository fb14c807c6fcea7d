//! The fake as a transport, and its client.

use std::future::Future;
use std::pin::Pin;
use std::time::{Duration, Instant, SystemTime};

use http::Response;

use super::courier::Courier;
use super::recorded_call::API_KEY;
use crate::retry::Clock;
use crate::transport::{Attempt, Body, BoxFuture, Transport, TransportError};
use crate::{Client, ClientBuilder};

impl Transport for Courier {
    fn send(&self, attempt: Attempt) -> BoxFuture<'_, Result<Response<Body>, TransportError>> {
        Box::pin(async move {
            let response = self.respond(&attempt.request, attempt.number()).await?;
            Ok(response.map(Body::from))
        })
    }
}

impl Courier {
    /// Returns a client of this Courier, for the code under test.
    ///
    /// It is the real client, on a transport without sockets. Its delays between retries take no real time, but move
    /// the [clock](Self::now) forward. For other settings, use [`client_builder`](Self::client_builder).
    ///
    /// ```
    /// use trycourier::testing::Courier;
    ///
    /// # #[tokio::main]
    /// # async fn main() -> trycourier::Result<()> {
    /// let courier = Courier::new();
    /// let client = courier.client();
    /// client.lists().update("customers", "Customers").await?;
    /// assert_eq!(client.lists().retrieve("customers").await?.name, "Customers");
    /// # Ok(())
    /// # }
    /// ```
    #[allow(clippy::expect_used, reason = "a key and a transport are all that a client needs")]
    #[must_use]
    pub fn client(&self) -> Client {
        self.client_builder().build().expect("a key and a transport are all that a client needs")
    }

    /// Starts to build a client of this Courier with other settings, such as a rate limit, or a clock that really
    /// waits:
    ///
    /// ```
    /// use std::time::Duration;
    /// use trycourier::retry::TokioClock;
    /// use trycourier::testing::Courier;
    ///
    /// # fn main() -> trycourier::Result<()> {
    /// let client = Courier::new().client_builder().clock(TokioClock).rate_limit(5, Duration::from_secs(1)).build()?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn client_builder(&self) -> ClientBuilder {
        Client::builder().api_key(API_KEY).transport(self.clone()).clock(AdvancingClock(self.clone()))
    }
}

/// Advances the fake's clock instead of waiting.
struct AdvancingClock(Courier);

impl Clock for AdvancingClock {
    fn now(&self) -> Instant {
        let now = tokio::time::Instant::now().into_std();
        now.checked_add(self.0.advanced()).unwrap_or(now)
    }

    fn date(&self) -> SystemTime {
        self.0.now()
    }

    fn sleep(&self, duration: Duration) -> Pin<Box<dyn Future<Output = ()> + Send>> {
        let courier = self.0.clone();
        Box::pin(async move {
            courier.advance(duration);
        })
    }

    fn random(&self) -> f64 {
        0.0
    }
}
