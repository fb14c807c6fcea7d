//! A whole bulk job: its users are added, it runs, and it ends.

use std::convert::Infallible;
use std::fmt;
use std::future::IntoFuture;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use futures_util::future::BoxFuture;
use futures_util::stream::{self, BoxStream, Stream, StreamExt};

use super::add_users::Ingested;
use super::checkpoint::{Checkpoint, Stage};
use super::error::{BulkError, Stopped};
use super::job::Job;
use super::rejected::Rejected;
use crate::Error;
use crate::types::{BulkJob, BulkJobStatus, BulkRetrieveJobResponse, BulkUser};

/// A bulk job in progress. Await its [`Report`], or poll it as a [`Stream`] of its [`Progress`].
///
/// Nothing happens until it is polled. If you drop it, resume the job with [`Job::resume`] and the last checkpoint.
///
/// ```no_run
/// use futures::TryStreamExt as _;
/// use trycourier::ext::bulk::{Job, Progress};
/// use trycourier::types::BulkUser;
///
/// # async fn example(job: Job, users: Vec<BulkUser>) -> Result<(), Box<dyn std::error::Error>> {
/// let mut sending = job.send(users);
/// while let Some(progress) = sending.try_next().await? {
///     match progress {
///         Progress::Ingested(chunk) => println!("{} users", chunk.checkpoint.seen()),
///         Progress::Run { .. } => break,
///         Progress::State(job) => println!("{}: {} of {}", job.status, job.enqueued, job.received),
///         _ => {}
///     }
/// }
/// let report = sending.await?; // the rest
/// println!("job {}: {}, {} rejected", report.job_id, report.job.status, report.rejected.len());
/// # Ok(())
/// # }
/// ```
#[must_use = "nothing is done unless it is awaited or polled"]
pub struct SendJob<E> {
    progress: BoxStream<'static, Result<Progress, BulkError<E>>>,
    /// The checkpoint of the last step, for the report.
    checkpoint: Checkpoint,
}

/// A step of a job.
///
/// ```
/// use trycourier::ext::bulk::Progress;
///
/// fn show(progress: &Progress, all: u64) {
///     match progress {
///         Progress::Ingested(chunk) => println!("{} of {all} users", chunk.checkpoint.seen()),
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
    /// A chunk of users was added. The first step comes before anything is sent, and has no users.
    Ingested(Ingested),
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
    /// Returns the checkpoint to save, or `None` if this step does not change it.
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
            Self::Ingested(Ingested { checkpoint, .. }) | Self::Run { checkpoint } => Some(checkpoint),
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
    /// The number of users in the input, including rejected users and the users of an earlier process.
    pub seen: u64,
    /// The users who were not added. If the job was resumed, only the users since then.
    pub rejected: Vec<Rejected>,
    /// The final state of the job. A job to which no users were added is not run.
    pub job: BulkJob,
}

impl Job {
    /// Adds the users, runs the job and waits for its end. Nothing happens until the result is awaited or polled as a
    /// stream.
    ///
    /// ```no_run
    /// use trycourier::ext::bulk::Job;
    /// use trycourier::types::BulkUser;
    ///
    /// # async fn example(job: Job) -> Result<(), Box<dyn std::error::Error>> {
    /// let users = ["ada@example.com", "alan@example.com"].map(|email| BulkUser::new().profile([("email", email)]));
    /// let report = job.send(users).await?;
    /// println!("{} of {} users", report.job.enqueued, report.seen);
    /// # Ok(())
    /// # }
    /// ```
    pub fn send<I>(self, users: I) -> SendJob<Infallible>
    where
        I: IntoIterator<Item = BulkUser>,
        I::IntoIter: Send + 'static,
    {
        self.send_stream(stream::iter(users.into_iter().map(Ok)))
    }

    /// Performs the job like [`send`](Self::send), for users who arrive asynchronously, for example from a database. An
    /// error in the stream stops the job before it is run. Resume it from the last checkpoint.
    ///
    /// ```no_run
    /// use futures::stream::{self, Stream};
    /// use trycourier::ext::bulk::Job;
    /// use trycourier::types::BulkUser;
    ///
    /// # fn rows() -> impl Stream<Item = Result<BulkUser, std::io::Error>> + Send + 'static { stream::empty() }
    /// # async fn example(job: Job) -> Result<(), Box<dyn std::error::Error>> {
    /// let report = job.send_stream(rows()).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn send_stream<E: Send + 'static>(
        self,
        users: impl Stream<Item = Result<BulkUser, E>> + Send + 'static,
    ) -> SendJob<E> {
        let checkpoint = self.checkpoint().clone();
        SendJob { progress: Box::pin(steps(self, users)), checkpoint }
    }
}

/// The next step.
enum Step<E> {
    Ingest(BoxStream<'static, Result<Ingested, Stopped<E>>>),
    Run,
    Poll(BoxStream<'static, crate::Result<BulkRetrieveJobResponse>>),
}

fn steps<E: Send + 'static>(
    job: Job,
    users: impl Stream<Item = Result<BulkUser, E>> + Send + 'static,
) -> impl Stream<Item = Result<Progress, BulkError<E>>> + Send {
    let ingest = job.ingest(users).boxed();
    stream::try_unfold((job, Step::Ingest(ingest)), async |(mut job, mut step)| {
        match perform(&mut job, &mut step).await {
            Ok(progress) => Ok(progress.map(|progress| (progress, (job, step)))),
            Err(reason) => Err(BulkError::new(reason, job.checkpoint)),
        }
    })
}

async fn perform<E>(job: &mut Job, step: &mut Step<E>) -> Result<Option<Progress>, Stopped<E>> {
    loop {
        match step {
            Step::Ingest(chunks) => {
                if let Some(chunk) = chunks.next().await.transpose()? {
                    job.checkpoint = chunk.checkpoint.clone();
                    return Ok(Some(Progress::Ingested(chunk)));
                }
                // A job without users is not run, so only its current state is retrieved.
                *step = if job.is_empty() { Step::Poll(job.ended().states().take(1).boxed()) } else { Step::Run };
            }
            Step::Run => {
                job.run().await.map_err(Stopped::Call)?;
                job.checkpoint.enters(Stage::Run);
                *step = Step::Poll(job.ended().states().boxed());
                return Ok(Some(Progress::Run { checkpoint: job.checkpoint.clone() }));
            }
            Step::Poll(states) => {
                let Some(state) = states.next().await.transpose().map_err(Stopped::Call)? else { return Ok(None) };
                return match state.job.status {
                    BulkJobStatus::Error => Err(Stopped::Failed(Box::new(state.job))),
                    _ => Ok(Some(Progress::State(state.job))),
                };
            }
        }
    }
}

impl<E> Stream for SendJob<E> {
    type Item = Result<Progress, BulkError<E>>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let progress = ready!(self.progress.poll_next_unpin(context));
        if let Some(checkpoint) = progress.as_ref().and_then(|progress| progress.as_ref().ok()?.checkpoint()) {
            self.checkpoint = checkpoint.clone();
        }
        Poll::Ready(progress)
    }
}

impl<E: Send + 'static> IntoFuture for SendJob<E> {
    type Output = Result<Report, BulkError<E>>;
    type IntoFuture = BoxFuture<'static, Self::Output>;

    fn into_future(mut self) -> Self::IntoFuture {
        Box::pin(async move {
            let (mut rejected, mut job) = (Vec::new(), None);
            while let Some(progress) = self.next().await {
                match progress {
                    Ok(Progress::Ingested(chunk)) => rejected.extend(chunk.rejected),
                    Ok(Progress::State(state)) => job = Some(state),
                    Ok(Progress::Run { .. }) => {}
                    Err(error) => return Err(error.with_rejected(rejected)),
                }
            }
            let checkpoint = self.checkpoint;
            match job {
                Some(job) => {
                    Ok(Report { job_id: checkpoint.job_id().to_owned(), seen: checkpoint.seen(), rejected, job })
                }
                None => {
                    let detail = "the progress of the job was polled to its end, so there is no report to await";
                    let reason = Stopped::Call(Error::invalid_argument(detail));
                    Err(BulkError::new(reason, checkpoint).with_rejected(rejected))
                }
            }
        })
    }
}

impl<E> fmt::Debug for SendJob<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SendJob")
    }
}
