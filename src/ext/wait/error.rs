//! Why waiting ended without what was waited for.

use std::error::Error as StdError;
use std::fmt;

use crate::{Error, ErrorKind};

/// Why a [`Wait`](crate::ext::Wait) failed, and the state that it saw last.
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

#[derive(Debug)]
pub(super) enum Reason {
    TooLate,
    Hopeless,
    Failed(Error),
}

impl<S> WaitError<S> {
    /// Whether the deadline passed.
    ///
    /// ```no_run
    /// # async fn example(client: &trycourier::Client) {
    /// let ended = client.bulk().retrieve_job("job_id").until_done().await;
    /// if ended.is_err_and(|error| error.is_timeout()) {
    ///     println!("it is still under way");
    /// }
    /// # }
    /// ```
    pub fn is_timeout(&self) -> bool {
        matches!(self.reason, Reason::TooLate)
    }

    /// Whether the condition can no longer be met. [`last`](Self::last) is the state that shows it.
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
        matches!(self.reason, Reason::Hopeless)
    }

    /// The error of the call that failed; `None` if waiting ended for another reason.
    ///
    /// ```no_run
    /// # async fn example(client: &trycourier::Client) {
    /// if let Err(error) = client.bulk().retrieve_job("job_id").until_done().await {
    ///     println!("{:?}", error.failed().map(trycourier::Error::kind));
    /// }
    /// # }
    /// ```
    pub fn failed(&self) -> Option<&Error> {
        match &self.reason {
            Reason::Failed(error) => Some(error),
            _ => None,
        }
    }

    /// The state that was seen last, if there was one.
    ///
    /// ```no_run
    /// # async fn example(client: &trycourier::Client) {
    /// if let Err(error) = client.bulk().retrieve_job("job_id").until_done().await {
    ///     println!("{:?}", error.last().map(|answer| &answer.job.status));
    /// }
    /// # }
    /// ```
    pub fn last(&self) -> Option<&S> {
        self.last.as_ref()
    }

    /// The state that was seen last, by consuming the error.
    ///
    /// ```no_run
    /// # async fn example(client: &trycourier::Client) {
    /// let settled = client.messages().retrieve("1-65f240a0").until_settled().await;
    /// // Whatever is known of it by now.
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
            Reason::TooLate => f.write_str("the wait timed out"),
            Reason::Hopeless => f.write_str("it ended in a different state than the one awaited"),
            Reason::Failed(_) => f.write_str("polling failed"),
        }
    }
}

/// The state is not shown; it may be a whole message.
impl<S> fmt::Debug for WaitError<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WaitError").field("reason", &self.reason).field("has_last", &self.last.is_some()).finish()
    }
}

impl<S> StdError for WaitError<S> {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.failed().map(|error| error as _)
    }
}

/// The last state is not kept.
impl<S> From<WaitError<S>> for Error {
    fn from(error: WaitError<S>) -> Self {
        match error.reason {
            Reason::TooLate => too_late(),
            Reason::Hopeless => Self::new(ErrorKind::WaitFailed, "it ended in a different state than the one awaited"),
            Reason::Failed(error) => error,
        }
    }
}

pub(super) fn too_late() -> Error {
    Error::new(ErrorKind::Timeout, "the wait timed out")
}

#[cfg(test)]
mod tests {
    use super::{Reason, WaitError};

    #[test]
    fn an_error_shows_no_state() {
        let error = WaitError { reason: Reason::TooLate, last: Some("ada@example.com") };
        assert!(!format!("{error:?} {error}").contains("ada"));
    }
}
