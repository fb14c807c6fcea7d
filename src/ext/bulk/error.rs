//! The errors of a bulk job.

use std::error::Error as StdError;
use std::fmt;

use http::StatusCode;

use super::checkpoint::Checkpoint;
use super::rejected::Rejected;
use crate::types::BulkJob;
use crate::{Error, ErrorKind};

/// The reason why a job stopped.
///
/// ```
/// use trycourier::ext::bulk::Stopped;
///
/// fn advice<E>(reason: &Stopped<E>) -> &'static str {
///     match reason {
///         Stopped::Call(error) if error.is_transient() => "resume later, from the last checkpoint",
///         Stopped::Input(_) | Stopped::MissingAddress { .. } => "correct the users, and resume from the last checkpoint",
///         _ => "ask a person",
///     }
/// }
/// ```
#[derive(Debug)]
#[non_exhaustive]
pub enum Stopped<E> {
    /// A call failed.
    Call(Error),
    /// The stream of users yielded an error.
    Input(E),
    /// A user has no address. The job has not run, and no messages were sent.
    #[non_exhaustive]
    MissingAddress {
        /// The user's zero-based index in the input.
        index: u64,
        /// The description of the missing address.
        reason: String,
    },
    /// The job failed: its status is `ERROR`.
    Failed(Box<BulkJob>),
}

impl<E> fmt::Display for Stopped<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Call(error) => write!(f, "{error}"),
            Self::Input(_) => f.write_str("the stream of users yielded an error"),
            Self::MissingAddress { index, reason } => write!(f, "the user at index {index} {reason}"),
            Self::Failed(_) => f.write_str("the status of the job is ERROR"),
        }
    }
}

impl<E: StdError + 'static> StdError for Stopped<E> {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        match self {
            Self::Call(error) => error.source(),
            Self::Input(error) => Some(error),
            Self::MissingAddress { .. } | Self::Failed(_) => None,
        }
    }
}

/// The error of a job that stopped, with the reason and the checkpoint from which to resume the job.
///
/// ```no_run
/// use trycourier::ext::bulk::{Job, Stopped};
/// use trycourier::types::BulkUser;
///
/// # async fn example(client: &trycourier::Client, job: Job, users: Vec<BulkUser>) {
/// if let Err(error) = job.send(users.clone()).await {
///     println!("{error}: {:?} {:?} {:?}", error.kind(), error.operation(), error.status());
///     error.rejected().iter().for_each(|user| println!("user {:?}: {}", user.index, user.reason));
///     match error.reason() {
///         Stopped::MissingAddress { index, .. } => println!("user {index} has no address; nothing was sent"),
///         _ if error.is_transient() => {
///             let resumed = Job::resume(client, error.checkpoint().clone()).send(users).await;
///         }
///         _ => println!("{} users were processed", error.checkpoint().seen()),
///     }
/// }
/// # }
/// ```
pub struct BulkError<E> {
    reason: Stopped<E>,
    checkpoint: Checkpoint,
    rejected: Vec<Rejected>,
}

impl<E> BulkError<E> {
    pub(super) fn new(reason: Stopped<E>, checkpoint: Checkpoint) -> Self {
        Self { reason, checkpoint, rejected: Vec::new() }
    }

    pub(super) fn with_rejected(self, rejected: Vec<Rejected>) -> Self {
        Self { rejected, ..self }
    }

    /// Returns the reason why the job stopped.
    ///
    /// ```
    /// use trycourier::ext::bulk::{BulkError, Stopped};
    ///
    /// fn is_worth_another_try<E>(error: &BulkError<E>) -> bool {
    ///     matches!(error.reason(), Stopped::Call(call) if call.is_transient())
    /// }
    /// ```
    pub fn reason(&self) -> &Stopped<E> {
        &self.reason
    }

    /// Returns the kind of the failure: the kind of the call's error, [`InvalidArgument`](ErrorKind::InvalidArgument) if
    /// a user has no address, [`WaitFailed`](ErrorKind::WaitFailed) if the job failed, or `None` if the input failed.
    ///
    /// ```
    /// # use trycourier::ext::bulk::BulkError;
    /// fn is_limited<E>(error: &BulkError<E>) -> bool {
    ///     error.kind() == Some(trycourier::ErrorKind::RateLimited)
    /// }
    /// ```
    pub fn kind(&self) -> Option<ErrorKind> {
        Some(match &self.reason {
            Stopped::Call(error) => error.kind(),
            Stopped::MissingAddress { .. } => ErrorKind::InvalidArgument,
            Stopped::Failed(_) => ErrorKind::WaitFailed,
            Stopped::Input(_) => return None,
        })
    }

    /// Returns the dotted name of the operation that failed, if a call failed.
    ///
    /// ```
    /// # use trycourier::ext::bulk::BulkError;
    /// fn show<E>(error: &BulkError<E>) {
    ///     println!("{:?} {:?}", error.operation(), error.status());
    /// }
    /// ```
    pub fn operation(&self) -> Option<&'static str> {
        self.call_error()?.operation()
    }

    /// Returns the HTTP status, if a call failed with one.
    ///
    /// ```
    /// # use trycourier::ext::bulk::BulkError;
    /// fn show<E>(error: &BulkError<E>) {
    ///     println!("{:?} {:?}", error.operation(), error.status());
    /// }
    /// ```
    pub fn status(&self) -> Option<StatusCode> {
        self.call_error()?.status()
    }

    /// Returns `true` if the job can be resumed from the checkpoint without a change, because the error of a call is
    /// temporary.
    ///
    /// ```
    /// # use trycourier::ext::bulk::BulkError;
    /// fn resume_later<E>(error: &BulkError<E>) -> bool {
    ///     error.is_transient()
    /// }
    /// ```
    pub fn is_transient(&self) -> bool {
        self.call_error().is_some_and(Error::is_transient)
    }

    fn call_error(&self) -> Option<&Error> {
        match &self.reason {
            Stopped::Call(error) => Some(error),
            _ => None,
        }
    }

    /// Returns the checkpoint from which [`Job::resume`](super::Job::resume) continues.
    ///
    /// ```
    /// use trycourier::ext::bulk::{BulkError, Job};
    ///
    /// fn resume<E>(client: &trycourier::Client, error: &BulkError<E>) -> Job {
    ///     Job::resume(client, error.checkpoint().clone())
    /// }
    /// ```
    pub fn checkpoint(&self) -> &Checkpoint {
        &self.checkpoint
    }

    /// Returns the users who were not added before the job stopped, as in [`Report::rejected`](super::Report::rejected). A
    /// resumed job does not report them again. The users that you took from the stream, in
    /// [`Progress::Ingested`](super::Progress::Ingested), are left out.
    ///
    /// ```
    /// # use trycourier::ext::bulk::BulkError;
    /// fn show<E>(error: &BulkError<E>) {
    ///     error.rejected().iter().for_each(|user| println!("user {:?}: {}", user.index, user.reason));
    /// }
    /// ```
    pub fn rejected(&self) -> &[Rejected] {
        &self.rejected
    }
}

impl<E> fmt::Display for BulkError<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { reason, checkpoint, .. } = self;
        write!(f, "the bulk job {} stopped after {} users: {reason}", checkpoint.job_id(), checkpoint.seen())
    }
}

/// Formats the text and the error of the input, because `main` prints an error by `Debug`.
impl<E: fmt::Debug> fmt::Debug for BulkError<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.reason {
            Stopped::Input(error) => write!(f, "{self}: {error:?}"),
            _ => write!(f, "{self}"),
        }
    }
}

/// Drops the checkpoint and the rejected users.
impl<E: Into<Box<dyn StdError + Send + Sync>>> From<BulkError<E>> for Error {
    fn from(error: BulkError<E>) -> Self {
        let (kind, text) = (error.kind().unwrap_or(ErrorKind::InvalidArgument), error.to_string());
        match error.reason {
            Stopped::Call(error) => error,
            Stopped::Input(cause) => Self::new(kind, text).caused_by(cause),
            Stopped::MissingAddress { .. } | Stopped::Failed(_) => Self::new(kind, text),
        }
    }
}

impl<E: StdError + 'static> StdError for BulkError<E> {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.reason.source()
    }
}
