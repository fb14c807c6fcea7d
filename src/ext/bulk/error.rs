//! Why a job did not go on.

use std::error::Error as StdError;
use std::fmt;

use super::chunks::NoChunk;
use crate::Error;
use crate::types::BulkJob;

/// Why a job stopped.
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
    /// A user has no address. The job has not run, and nobody was sent anything.
    #[non_exhaustive]
    MissingAddress {
        /// The user's index in the input, from 0.
        index: u64,
        /// What is missing.
        reason: String,
    },
    /// The job failed: its status is `ERROR`.
    Failed(Box<BulkJob>),
}

impl<E> fmt::Display for Stopped<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Call(_) => f.write_str("a call of the bulk job failed"),
            Self::Input(_) => f.write_str("the input of the bulk job failed"),
            Self::MissingAddress { index, reason } => write!(f, "the user at index {index} {reason}"),
            Self::Failed(_) => f.write_str("Courier reported that the job failed"),
        }
    }
}

impl<E: StdError + 'static> StdError for Stopped<E> {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        match self {
            Self::Call(error) => Some(error),
            Self::Input(error) => Some(error),
            Self::MissingAddress { .. } | Self::Failed(_) => None,
        }
    }
}

impl<E> From<NoChunk<E>> for Stopped<E> {
    fn from(error: NoChunk<E>) -> Self {
        match error {
            NoChunk::Input(error) => Self::Input(error),
            NoChunk::Check { index, reason } => Self::MissingAddress { index, reason },
        }
    }
}
