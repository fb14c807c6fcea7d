//! The errors of a wait.

use std::error::Error as StdError;
use std::fmt;

use crate::{Error, ErrorKind};

/// The reason why a [`Wait`](crate::ext::Wait) failed, and the last state that it received.
///
/// ```
/// use std::time::Duration;
/// use trycourier::ext::{Verdict, Wait};
///
/// # async fn example() {
/// let error = Wait::new(|| async { Ok("PROCESSING") }, |_| Verdict::Pending)
///     .timeout(Duration::from_secs(60))
///     .await
///     .unwrap_err();
/// assert!(error.is_timeout());
/// assert_eq!(error.last(), Some(&"PROCESSING"));
/// # }
/// # tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build().unwrap().block_on(example());
/// ```
pub struct WaitError<S> {
    pub(super) reason: Reason,
    pub(super) last: Option<S>,
}

/// The text of a wait that failed.
const OTHER_END: &str = "it ended in a different state than the one awaited";

#[derive(Debug)]
pub(super) enum Reason {
    TimedOut,
    Failed,
    Call(Error),
}

impl<S> WaitError<S> {
    /// Returns `true` if the [timeout](crate::ext::Wait::timeout) passed.
    ///
    /// ```no_run
    /// # async fn example(client: &trycourier::Client) {
    /// let ended = client.bulk().retrieve_job("job_id").until_done().await;
    /// if ended.is_err_and(|error| error.is_timeout()) {
    ///     println!("it is still running");
    /// }
    /// # }
    /// ```
    pub fn is_timeout(&self) -> bool {
        matches!(self.reason, Reason::TimedOut)
    }

    /// Returns `true` if the condition can no longer be met. [`last`](Self::last) is the state that shows it.
    ///
    /// ```no_run
    /// # async fn example(client: &trycourier::Client) {
    /// let delivered = client.messages().retrieve("1-65f240a0").until_delivered().await;
    /// if delivered.is_err_and(|error| error.is_failed()) {
    ///     println!("it will not arrive");
    /// }
    /// # }
    /// ```
    pub fn is_failed(&self) -> bool {
        matches!(self.reason, Reason::Failed)
    }

    /// Returns the error of the call that failed, or `None` if the wait failed for another reason.
    ///
    /// ```no_run
    /// # async fn example(client: &trycourier::Client) {
    /// if let Err(error) = client.bulk().retrieve_job("job_id").until_done().await {
    ///     println!("{:?}", error.call_error().map(trycourier::Error::kind));
    /// }
    /// # }
    /// ```
    #[doc(alias = "failed")]
    pub fn call_error(&self) -> Option<&Error> {
        match &self.reason {
            Reason::Call(error) => Some(error),
            _ => None,
        }
    }

    /// Returns the last state, or `None` if no state was received.
    ///
    /// ```no_run
    /// # async fn example(client: &trycourier::Client) {
    /// if let Err(error) = client.bulk().retrieve_job("job_id").until_done().await {
    ///     println!("{:?}", error.last().map(|response| &response.job.status));
    /// }
    /// # }
    /// ```
    pub fn last(&self) -> Option<&S> {
        self.last.as_ref()
    }

    /// Returns the last state by value, or `None` if no state was received.
    ///
    /// ```no_run
    /// # async fn example(client: &trycourier::Client) {
    /// let settled = client.messages().retrieve("1-65f240a0").until_settled().await;
    /// // The last known state, settled or not.
    /// let message = settled.map_or_else(|error| error.into_last(), Some);
    /// # let _ = message;
    /// # }
    /// ```
    pub fn into_last(self) -> Option<S> {
        self.last
    }
}

impl<S> fmt::Display for WaitError<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.reason {
            Reason::TimedOut => f.write_str("the timeout of the wait passed"),
            Reason::Failed => f.write_str(OTHER_END),
            Reason::Call(_) => f.write_str("polling failed"),
        }
    }
}

/// Omits the state, which can be a whole message.
impl<S> fmt::Debug for WaitError<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WaitError").field("reason", &self.reason).field("has_last", &self.last.is_some()).finish()
    }
}

impl<S> StdError for WaitError<S> {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.call_error().map(|error| error as _)
    }
}

/// Drops the last state.
impl<S> From<WaitError<S>> for Error {
    fn from(error: WaitError<S>) -> Self {
        match error.reason {
            Reason::TimedOut => timed_out(),
            Reason::Failed => Self::new(ErrorKind::WaitFailed, OTHER_END),
            Reason::Call(error) => error,
        }
    }
}

pub(super) fn timed_out() -> Error {
    Error::new(ErrorKind::Timeout, "the timeout of the wait passed")
}

#[cfg(test)]
mod tests {
    use super::{Reason, WaitError};

    #[test]
    fn error_text_has_no_state() {
        let error = WaitError { reason: Reason::TimedOut, last: Some("ada@example.com") };
        assert!(!format!("{error:?} {error}").contains("ada"));
    }
}
