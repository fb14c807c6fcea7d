//! The errors of a wait.

use std::error::Error as StdError;
use std::fmt;
use std::time::Duration;

use http::StatusCode;

use crate::error::text::{MAX_MESSAGE, on_one_line};
use crate::{Error, ErrorKind};

/// The reason why a [`Wait`](crate::ext::Wait) failed, and the last state that it received.
///
/// ```
/// use std::time::Duration;
/// use trycourier::ErrorKind;
/// use trycourier::ext::{Verdict, Wait};
///
/// # async fn example() {
/// let error = Wait::new(|| async { Ok("PROCESSING") }, |_| Verdict::Pending)
///     .timeout(Duration::from_secs(60))
///     .await
///     .unwrap_err();
/// assert!(error.is_timeout() && error.is_transient() && !error.is_failed());
/// assert_eq!((error.kind(), error.operation(), error.status()), (ErrorKind::Timeout, None, None));
/// assert!(error.call_error().is_none());
/// assert_eq!(error.last(), Some(&"PROCESSING"));
/// assert_eq!(error.into_last(), Some("PROCESSING")); // by value
/// # }
/// # tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build().unwrap().block_on(example());
/// ```
pub struct WaitError<S> {
    pub(super) reason: Reason,
    pub(super) last: Option<S>,
    pub(super) operation: Option<&'static str>,
    /// The description of the last state, such as `message 1-65f2 is SENT`.
    pub(super) state: Option<String>,
}

/// The reason why a wait failed.
pub(super) enum Reason {
    TimedOut(Duration),
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
        matches!(self.reason, Reason::TimedOut(_))
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

    /// Returns the kind of the failure: [`Timeout`](ErrorKind::Timeout), [`WaitFailed`](ErrorKind::WaitFailed), or the
    /// kind of the call's error.
    ///
    /// ```no_run
    /// # async fn example(client: &trycourier::Client) {
    /// use trycourier::ErrorKind;
    ///
    /// let delivered = client.messages().retrieve("1-65f240a0").until_delivered().await;
    /// match delivered.map_err(|error| error.kind()) {
    ///     Err(ErrorKind::NotFound) => println!("no such message"),
    ///     other => println!("{other:?}"),
    /// }
    /// # }
    /// ```
    pub fn kind(&self) -> ErrorKind {
        match &self.reason {
            Reason::TimedOut(_) => ErrorKind::Timeout,
            Reason::Failed => ErrorKind::WaitFailed,
            Reason::Call(error) => error.kind(),
        }
    }

    /// Returns the dotted name of the operation that was polled, or `None` for a custom poll.
    ///
    /// ```no_run
    /// # async fn example(client: &trycourier::Client) {
    /// let error = client.bulk().retrieve_job("job_id").until_done().await.unwrap_err();
    /// assert_eq!(error.operation(), Some("bulk.retrieve_job"));
    /// # }
    /// ```
    pub fn operation(&self) -> Option<&'static str> {
        self.operation.or_else(|| self.call_error()?.operation())
    }

    /// Returns the HTTP status if a call failed with one.
    ///
    /// ```no_run
    /// # async fn example(client: &trycourier::Client) {
    /// if let Err(error) = client.bulk().retrieve_job("job_id").until_done().await {
    ///     println!("{:?}", error.status());
    /// }
    /// # }
    /// ```
    pub fn status(&self) -> Option<StatusCode> {
        self.call_error()?.status()
    }

    /// Returns `true` if waiting again can succeed: the timeout passed, or the error of the call is transient.
    ///
    /// ```no_run
    /// # async fn example(client: &trycourier::Client) {
    /// let ended = client.bulk().retrieve_job("job_id").until_done().await;
    /// if ended.is_err_and(|error| error.is_transient()) {
    ///     println!("look again later");
    /// }
    /// # }
    /// ```
    pub fn is_transient(&self) -> bool {
        self.is_timeout() || self.call_error().is_some_and(Error::is_transient)
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
    /// # }
    /// ```
    pub fn into_last(self) -> Option<S> {
        self.last
    }

    /// Returns the text without the operation.
    fn detail(&self) -> String {
        let reason = match &self.reason {
            Reason::Call(error) => return error.to_string(),
            Reason::TimedOut(timeout) => format!("the wait of {timeout:?} timed out"),
            Reason::Failed => "the awaited state can no longer occur".to_owned(),
        };
        match &self.state {
            Some(state) => format!("{reason}: {}", on_one_line(state, MAX_MESSAGE)),
            None => reason,
        }
    }
}

impl<S> fmt::Display for WaitError<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let (Some(operation), None) = (self.operation, self.call_error()) {
            write!(f, "{operation}: ")?;
        }
        f.write_str(&self.detail())
    }
}

/// Formats the text, without the last state, which can be a whole message.
impl<S> fmt::Debug for WaitError<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.reason {
            Reason::Call(error) => write!(f, "{error:?}"),
            _ => write!(f, "{self}"),
        }
    }
}

impl<S> StdError for WaitError<S> {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.call_error()?.source()
    }
}

/// Drops the last state.
impl<S> From<WaitError<S>> for Error {
    fn from(error: WaitError<S>) -> Self {
        let plain = Self::new(error.kind(), error.detail());
        match error.reason {
            Reason::Call(error) => error,
            _ => error.operation.into_iter().fold(plain, Self::with_operation),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{Reason, WaitError};

    #[test]
    fn error_text_has_no_state() {
        let error = WaitError {
            reason: Reason::TimedOut(Duration::from_secs(1)),
            last: Some("ada@example.com"),
            operation: None,
            state: None,
        };
        assert!(!format!("{error:?} {error}").contains("ada"));
    }
}
