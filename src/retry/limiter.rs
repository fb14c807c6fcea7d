//! Rate limits that processes share.

use std::error::Error as StdError;
use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

/// A rate limit outside of the client, such as a counter in Redis that several processes share.
///
/// The client asks it for a permit before each attempt, after waiting for the client's own [rate
/// limits](crate::ClientBuilder::rate_limit). [`Options::limiter`](crate::Options::limiter) sets it. To use a separate
/// limit for each [API key](crate::Client::with_api_key), give each copy of the client another limiter.
///
/// If its storage cannot be reached, the limiter decides: it *fails open* if it returns [`Permit::Granted`], and *fails
/// closed* if it returns an error. An implementation should document its choice.
///
/// ```
/// use std::time::Duration;
/// use tokio::sync::Semaphore;
/// use trycourier::Client;
/// use trycourier::retry::{Acquire, Limiter, Permit};
///
/// /// Permits as many attempts as the semaphore has permits, to which another task adds.
/// struct Tokens(Semaphore);
///
/// impl Limiter for Tokens {
///     fn acquire(&self, _operation: &'static str) -> Acquire<'_> {
///         Box::pin(async {
///             match self.0.try_acquire() {
///                 Ok(permit) => permit.forget(),
///                 Err(_) => return Ok(Permit::Wait(Duration::from_millis(100))),
///             }
///             Ok(Permit::Granted)
///         })
///     }
/// }
///
/// let limiter = Tokens(Semaphore::new(20));
/// let client = Client::builder().api_key("pk_test_1234").options(|options| options.limiter(limiter)).build()?;
/// # Ok::<(), trycourier::Error>(())
/// ```
pub trait Limiter: Send + Sync + 'static {
    /// Asks for a permit to send an attempt of an operation, such as `lists.update`.
    ///
    /// The future can wait by itself, or return the time after which the client asks again. Both count toward the
    /// [total timeout](crate::Options::total_timeout), and the client drops a future that takes longer than the
    /// [attempt timeout](crate::Options::attempt_timeout). A dropped future should not use up a permit.
    ///
    /// # Errors
    ///
    /// Any error. The attempt is then not sent, and the call fails with [`ErrorKind::Limiter`](crate::ErrorKind::Limiter).
    /// The error is the [source](StdError::source) of the call's error.
    fn acquire(&self, operation: &'static str) -> Acquire<'_>;
}

/// The future of [`Limiter::acquire`], a boxed future as in [`transport`](crate::transport::BoxFuture).
pub type Acquire<'a> = Pin<Box<dyn Future<Output = Result<Permit, Box<dyn StdError + Send + Sync>>> + Send + 'a>>;

/// The decision of a [`Limiter`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Permit {
    /// The attempt may be sent now.
    Granted,
    /// The client waits for this time, and then asks again. If the call's total timeout ends first, the call fails with
    /// [`ErrorKind::RateLimited`](crate::ErrorKind::RateLimited) immediately.
    Wait(Duration),
}
