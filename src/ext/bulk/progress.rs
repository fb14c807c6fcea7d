//! A bulk job from its users to its end.

use std::error::Error as StdError;
use std::fmt;
use std::future::IntoFuture;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use futures_util::future::BoxFuture;
use futures_util::stream::{self, BoxStream, Stream, StreamExt};

use super::add_users::Ingested;
use super::checkpoint::{Checkpoint, Stage};
use super::error::Stopped;
use super::job::Job;
use super::rejected::Rejected;
use crate::Error;
use crate::types::{BulkJob, BulkJobStatus, BulkUser};

/// A job that is under way: poll it as a [`Stream`] of its [`Progress`], or await its [`Report`].
///
/// Nothing happens unless it is polled. If you drop it, resume the job with [`Job::resume`] and the last checkpoint.
///
/// ```no_run
/// use futures::TryStreamExt as _;
/// use trycourier::ext::bulk::{Job, Progress};
/// use trycourier::types::BulkUser;
///
/// # async fn example(job: Job, users: Vec<BulkUser>) -> Result<(), Box<dyn std::error::Error>> {
/// let mut sending = job.send(users);
/// while let Some(progress) = sending.try_next().await? {
///     if let Progress::Run { .. } = progress {
///         println!("everybody is in the job, and it runs");
///         break;
///     }
/// }
/// let report = sending.await?; // the rest
/// println!("{}", report.job.status);
/// # Ok(())
/// # }
/// ```
#[must_use = "nothing is done unless it is awaited or polled"]
pub struct Sending<E> {
    progress: BoxStream<'static, Result<Progress, BulkError<E>>>,
    /// What the last step has left, for whoever awaits the rest.
    checkpoint: Checkpoint,
}

/// A step of a job.
///
/// ```
/// use trycourier::ext::bulk::Progress;
///
/// fn show(progress: &Progress, all: u64) {
///     match progress {
///         Progress::Ingested { checkpoint, .. } => println!("{} of {all} users", checkpoint.seen()),
///         Progress::Run { .. } => println!("the job runs"),
///         Progress::State(job) => println!("{}: {} of {}", job.status, job.enqueued, job.received),
///         _ => {}
///     }
/// }
/// ```
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
#[allow(clippy::large_enum_variant, reason = "there is one at a time")]
pub enum Progress {
    /// A chunk of users was added. The first step comes before anything is sent, without a user.
    #[non_exhaustive]
    Ingested {
        /// The users of the chunk who are not in the job.
        rejected: Vec<Rejected>,
        /// The checkpoint to save.
        checkpoint: Checkpoint,
    },
    /// The job was run, so Courier sends the messages from now on.
    #[non_exhaustive]
    Run {
        /// The checkpoint to save.
        checkpoint: Checkpoint,
    },
    /// The state of the job while waiting for its end.
    State(BulkJob),
}

impl Progress {
    /// The checkpoint to save; `None` if this step does not change it.
    ///
    /// ```no_run
    /// # fn example(progress: trycourier::ext::bulk::Progress) -> Result<(), Box<dyn std::error::Error>> {
    /// if let Some(checkpoint) = progress.checkpoint() {
    ///     std::fs::write("job.json", serde_json::to_vec(checkpoint)?)?;
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn checkpoint(&self) -> Option<&Checkpoint> {
        match self {
            Self::Ingested { checkpoint, .. } | Self::Run { checkpoint } => Some(checkpoint),
            Self::State(_) => None,
        }
    }
}

/// The result of a job that has ended.
///
/// ```
/// use trycourier::ext::bulk::Report;
///
/// fn show(report: &Report) {
///     println!("job {}: {} users, {} rejected", report.job_id, report.seen, report.rejected.len());
///     println!("{} of them were enqueued", report.job.enqueued);
/// }
/// ```
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Report {
    /// The job's id.
    pub job_id: String,
    /// How many users there were, including the rejected, and those of an earlier process.
    pub seen: u64,
    /// The users who were not added. If the job was resumed, only those since then.
    pub rejected: Vec<Rejected>,
    /// The final state of the job. A job to which nobody was added is not run.
    pub job: BulkJob,
}

/// Why a job stopped, and where to resume it.
///
/// ```no_run
/// use trycourier::ext::bulk::{Job, Stopped};
/// use trycourier::types::BulkUser;
///
/// # async fn example(job: Job, users: Vec<BulkUser>) {
/// if let Err(error) = job.send(users).await {
///     if let Stopped::MissingAddress { index, .. } = error.reason() {
///         println!("user {index} has no address; nobody was sent anything");
///     }
///     println!("{} users were looked at", error.checkpoint().seen());
/// }
/// # }
/// ```
#[derive(Debug)]
pub struct BulkError<E> {
    reason: Stopped<E>,
    checkpoint: Checkpoint,
    rejected: Vec<Rejected>,
}

impl<E> BulkError<E> {
    /// Why it stopped.
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

    /// Where to resume, with [`Job::resume`].
    ///
    /// ```
    /// use trycourier::ext::bulk::{BulkError, Job};
    ///
    /// fn again<E>(client: &trycourier::Client, error: &BulkError<E>) -> Job {
    ///     Job::resume(client, error.checkpoint().clone())
    /// }
    /// ```
    pub fn checkpoint(&self) -> &Checkpoint {
        &self.checkpoint
    }

    /// The users who were not added until then, as in [`Report::rejected`]. A resumed job does not report them again. Steps that
    /// you took from the stream have reported theirs in [`Progress::Ingested`] and are left out here.
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
        write!(f, "the bulk job stopped after {} users", self.checkpoint.seen())?;
        match &self.reason {
            Stopped::MissingAddress { .. } | Stopped::Failed(_) => write!(f, ": {}", self.reason),
            // They are the source.
            Stopped::Call(_) | Stopped::Input(_) => Ok(()),
        }
    }
}

impl<E: StdError + 'static> StdError for BulkError<E> {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.reason.source()
    }
}

impl<E: Send + 'static> Sending<E> {
    pub(super) fn of(job: Job, users: impl Stream<Item = Result<BulkUser, E>> + Send + 'static) -> Self {
        let checkpoint = job.checkpoint().clone();
        Self { progress: Box::pin(steps(job, users)), checkpoint }
    }
}

/// The step that is next.
enum Step<E> {
    Ingest(BoxStream<'static, Result<Ingested, Stopped<E>>>),
    Run,
    Look(BoxStream<'static, crate::Result<crate::types::BulkRetrieveJobResponse>>),
    Over,
}

fn steps<E: Send + 'static>(
    job: Job,
    users: impl Stream<Item = Result<BulkUser, E>> + Send + 'static,
) -> impl Stream<Item = Result<Progress, BulkError<E>>> + Send {
    let ingest = job.ingest(users).boxed();
    stream::unfold((job, Step::Ingest(ingest)), async |(mut job, mut step)| {
        loop {
            let happened = match &mut step {
                Step::Over => return None,
                Step::Ingest(chunks) => match chunks.next().await {
                    Some(Ok(Ingested { rejected, checkpoint })) => {
                        job.at(&checkpoint);
                        Ok(Progress::Ingested { rejected, checkpoint })
                    }
                    Some(Err(reason)) => Err(reason),
                    None => {
                        step = if job.is_empty() { Step::Look(once(&job)) } else { Step::Run };
                        continue;
                    }
                },
                Step::Run => match job.run().await {
                    Ok(()) => {
                        job.enters(Stage::Run);
                        step = Step::Look(job.ended().states().boxed());
                        Ok(Progress::Run { checkpoint: job.checkpoint.clone() })
                    }
                    Err(error) => Err(Stopped::Call(error)),
                },
                Step::Look(states) => match states.next().await {
                    Some(Ok(state)) if state.job.status == BulkJobStatus::Error => {
                        Err(Stopped::Failed(Box::new(state.job)))
                    }
                    Some(Ok(state)) => Ok(Progress::State(state.job)),
                    Some(Err(error)) => Err(Stopped::Call(error)),
                    None => return None,
                },
            };
            let happened = happened.map_err(|reason| {
                step = Step::Over;
                BulkError { reason, checkpoint: job.checkpoint.clone(), rejected: Vec::new() }
            });
            return Some((happened, (job, step)));
        }
    })
}

/// The job as it is, without waiting.
fn once(job: &Job) -> BoxStream<'static, crate::Result<crate::types::BulkRetrieveJobResponse>> {
    let call = job.client.bulk().retrieve_job(job.id());
    stream::once(async { Ok(call.await?.into_inner()) }).boxed()
}

impl<E> Stream for Sending<E> {
    type Item = Result<Progress, BulkError<E>>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let progress = ready!(self.progress.poll_next_unpin(context));
        if let Some(Ok(Progress::Ingested { checkpoint, .. } | Progress::Run { checkpoint })) = &progress {
            self.checkpoint = checkpoint.clone();
        }
        Poll::Ready(progress)
    }
}

impl<E: Send + 'static> IntoFuture for Sending<E> {
    type Output = Result<Report, BulkError<E>>;
    type IntoFuture = BoxFuture<'static, Self::Output>;

    fn into_future(mut self) -> Self::IntoFuture {
        Box::pin(async move {
            let (mut rejected, mut job) = (Vec::new(), None);
            while let Some(progress) = self.next().await {
                match progress {
                    Ok(Progress::Ingested { rejected: some, .. }) => rejected.extend(some),
                    Ok(Progress::State(state)) => job = Some(state),
                    Ok(Progress::Run { .. }) => {}
                    Err(error) => return Err(BulkError { rejected, ..error }),
                }
            }
            let checkpoint = self.checkpoint;
            match job {
                Some(job) => {
                    Ok(Report { job_id: checkpoint.job_id().to_owned(), seen: checkpoint.seen(), rejected, job })
                }
                None => {
                    let detail = "the job was awaited after its stream had ended";
                    let reason = Stopped::Call(Error::invalid_argument(detail));
                    Err(BulkError { reason, checkpoint, rejected })
                }
            }
        })
    }
}

impl<E> fmt::Debug for Sending<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Sending")
    }
}
