//! A bulk job at Courier, and its steps.

use std::fmt;
use std::time::Duration;

use futures_util::stream::Stream;

use super::add_users::{Ingested, add_users};
use super::channel::{Channel, MissingAddress};
use super::checkpoint::Checkpoint;
use super::chunks::Limits;
use super::error::Stopped;
use crate::calls::BulkListUsers;
use crate::ext::{Items, Wait};
use crate::types::{BulkJobStatus, BulkMessage, BulkRetrieveJobResponse, BulkUser};
use crate::{Client, Error, ErrorKind, Options, Result};

/// A bulk job at Courier.
///
/// [`send`](Self::send) does everything:
///
/// ```
/// use std::time::Duration;
/// use trycourier::ext::bulk::{Channel, Job, MissingAddress};
/// use trycourier::types::{BulkMessage, BulkUser};
///
/// # #[tokio::main]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let courier = trycourier::testing::Courier::new();
/// # let client = courier.client();
/// let users = ["ada@example.com", "alan@example.com"].map(|email| BulkUser::new().profile([("email", email)]));
/// let job = Job::create(&client, BulkMessage::new("nt_newsletter")).await?;
/// let job = job.channel(Channel::Email).missing_address(MissingAddress::Reject);
/// let job = job.in_flight(2).chunk_users(250).chunk_bytes(1_000_000).timeout(Duration::from_secs(6 * 60 * 60));
/// let report = job.send(users).await?;
/// assert_eq!((report.job.received, report.rejected.len()), (2, 0));
/// # Ok(())
/// # }
/// ```
///
/// You can also perform the steps individually:
///
/// ```no_run
/// use futures::{TryStreamExt as _, stream};
/// use trycourier::ext::bulk::Job;
/// use trycourier::types::BulkUser;
///
/// # async fn example(job: Job, users: Vec<BulkUser>) -> Result<(), Box<dyn std::error::Error>> {
/// println!("job {}, {} users", job.id(), job.checkpoint().seen());
/// let mut chunks = job.ingest(stream::iter(users.into_iter().map(Ok::<_, std::convert::Infallible>)));
/// while let Some(chunk) = chunks.try_next().await? {
///     println!("{} users", chunk.checkpoint.seen());
/// }
/// job.run().await?;
/// let ended = job.ended().await?;
/// println!("{} of {} users", ended.job.enqueued, ended.job.received);
/// let mut results = job.results();
/// while let Some(user) = results.try_next().await? {
///     println!("{:?}: {}", user.recipient, user.status);
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
#[must_use]
pub struct Job {
    pub(super) client: Client,
    pub(super) checkpoint: Checkpoint,
    pub(super) channel: Channel,
    pub(super) missing_address: MissingAddress,
    pub(super) limits: Limits,
    pub(super) in_flight: usize,
    timeout: Duration,
    was_resumed: bool,
}

impl Job {
    /// Creates a job. The message's `event` is required even with a `template`; the template's id is a valid event.
    ///
    /// An idempotency key in the client's options applies only to this call, because the steps of the job are separate
    /// calls.
    ///
    /// ```no_run
    /// use trycourier::ext::bulk::Job;
    /// use trycourier::types::BulkMessage;
    ///
    /// # async fn example(client: &trycourier::Client) -> trycourier::Result<()> {
    /// let job = Job::create(client, BulkMessage::new("nt_newsletter")).await?;
    /// println!("{}", job.id());
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// The errors of [`bulk.create_job`](crate::resources::Bulk::create_job).
    pub async fn create(client: &Client, message: BulkMessage) -> Result<Self> {
        let created = client.bulk().create_job(message).await?;
        if created.job_id.is_empty() {
            let detail = "the server accepted the call, but its response has no `jobId`; do not make the call again \
                          under another idempotency key";
            let error = Error::new(ErrorKind::EmptyBody, detail).with_operation("bulk.create_job");
            return Err(error.with_response(created.status(), created.headers().clone()));
        }
        let created = created.into_inner();
        Ok(Self { was_resumed: false, ..Self::resume(client, Checkpoint::new(created.job_id)) })
    }

    /// Resumes a job from a checkpoint. The users must be the same, in the same order.
    ///
    /// The checkpoint does not contain settings such as the channel, so set them again.
    ///
    /// ```no_run
    /// use trycourier::ext::bulk::{Checkpoint, Job};
    ///
    /// # async fn example(client: &trycourier::Client, saved: &str) -> Result<(), Box<dyn std::error::Error>> {
    /// let checkpoint: Checkpoint = serde_json::from_str(saved)?;
    /// let job = Job::resume(client, checkpoint);
    /// # Ok(())
    /// # }
    /// ```
    pub fn resume(client: &Client, checkpoint: Checkpoint) -> Self {
        Self {
            // Under one key, Courier would execute only the first chunk.
            client: client.with_options(Options::without_idempotency_key),
            checkpoint,
            channel: Channel::default(),
            missing_address: MissingAddress::default(),
            limits: Limits::default(),
            in_flight: 4,
            timeout: Duration::from_secs(60 * 60),
            was_resumed: true,
        }
    }

    /// Returns the job's id.
    ///
    /// ```no_run
    /// # fn example(job: &trycourier::ext::bulk::Job) {
    /// println!("job {}", job.id());
    /// # }
    /// ```
    pub fn id(&self) -> &str {
        self.checkpoint.job_id()
    }

    /// Returns the checkpoint that the job starts from.
    ///
    /// ```no_run
    /// # fn example(job: &trycourier::ext::bulk::Job) -> Result<(), Box<dyn std::error::Error>> {
    /// // Save it before anything is sent, so that a crash does not lose the job.
    /// std::fs::write("job.json", serde_json::to_vec(job.checkpoint())?)?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn checkpoint(&self) -> &Checkpoint {
        &self.checkpoint
    }

    /// Sets the channel of the job's message, for which each user needs an address in `profile`. The default is
    /// [`Channel::Any`].
    ///
    /// ```no_run
    /// use trycourier::ext::bulk::{Channel, Job};
    ///
    /// # fn example(job: Job) -> Job {
    /// job.channel(Channel::Email)
    /// # }
    /// ```
    pub fn channel(mut self, channel: Channel) -> Self {
        self.channel = channel;
        self
    }

    /// Sets the treatment of users without an address. The default, [`MissingAddress::Fail`], stops with an error
    /// before that user's chunk is sent and before the job is run.
    ///
    /// ```no_run
    /// # use trycourier::ext::bulk::{Job, MissingAddress};
    /// # fn example(job: Job) -> Job {
    /// // Courier has all addresses in stored profiles.
    /// job.missing_address(MissingAddress::Add)
    /// # }
    /// ```
    pub fn missing_address(mut self, missing_address: MissingAddress) -> Self {
        self.missing_address = missing_address;
        self
    }

    /// Sets the number of chunks that are sent concurrently. The default is 4, and the minimum is 1.
    ///
    /// ```no_run
    /// # use trycourier::ext::bulk::Job;
    /// # fn example(job: Job) -> Job {
    /// job.in_flight(1)
    /// # }
    /// ```
    pub fn in_flight(mut self, requests: usize) -> Self {
        self.in_flight = requests;
        self
    }

    /// Sets the maximum number of users in a chunk. The default is 1,000, which is also the maximum that Courier
    /// accepts.
    ///
    /// ```no_run
    /// # use trycourier::ext::bulk::Job;
    /// # fn example(job: Job) -> Job {
    /// job.chunk_users(250)
    /// # }
    /// ```
    pub fn chunk_users(mut self, users: usize) -> Self {
        self.limits.users = users;
        self
    }

    /// Sets the maximum size of a chunk, in bytes of JSON. The default is 4,000,000. A user whose JSON is larger gets a
    /// separate chunk.
    ///
    /// ```no_run
    /// # use trycourier::ext::bulk::Job;
    /// # fn example(job: Job) -> Job {
    /// job.chunk_bytes(1_000_000)
    /// # }
    /// ```
    pub fn chunk_bytes(mut self, bytes: usize) -> Self {
        self.limits.bytes = bytes;
        self
    }

    /// Sets the longest time to wait for the end of the job once it runs. The default is an hour.
    ///
    /// ```no_run
    /// # use std::time::Duration;
    /// # use trycourier::ext::bulk::Job;
    /// # fn example(job: Job) -> Job {
    /// job.timeout(Duration::from_secs(6 * 60 * 60))
    /// # }
    /// ```
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// Adds the users, which is the first step. Each item of the stream is a chunk that was added, and the
    /// [`Checkpoint`] of the last item shows that all users are in the job. Chunks are sent only while the stream is
    /// polled.
    ///
    /// ```no_run
    /// use futures::{TryStreamExt as _, stream};
    /// use trycourier::ext::bulk::Job;
    /// use trycourier::types::BulkUser;
    ///
    /// # async fn example(job: Job, users: Vec<BulkUser>) -> Result<(), Box<dyn std::error::Error>> {
    /// let users = stream::iter(users.into_iter().map(Ok::<_, std::convert::Infallible>));
    /// let mut chunks = job.ingest(users);
    /// while let Some(chunk) = chunks.try_next().await? {
    ///     println!("{} users", chunk.checkpoint.seen());
    /// }
    /// job.run().await?;
    /// let ended = job.ended().await?;
    /// println!("{}", ended.job.status);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// The last item is an error if a call or the input failed, or if a user has no address. See [`Stopped`].
    pub fn ingest<E, S>(&self, users: S) -> impl Stream<Item = Result<Ingested, Stopped<E>>> + Send + Unpin + use<E, S>
    where
        E: Send + 'static,
        S: Stream<Item = Result<BulkUser, E>> + Send + 'static,
    {
        Box::pin(add_users(self.clone(), users))
    }

    /// Runs the job, which is the second step. Running it again has no effect, so this is safe to repeat.
    ///
    /// ```no_run
    /// # async fn example(job: trycourier::ext::bulk::Job) -> trycourier::Result<()> {
    /// job.run().await?;
    /// job.run().await?; // no message is sent twice
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// The errors of [`bulk.run_job`](crate::resources::Bulk::run_job).
    pub async fn run(&self) -> Result<()> {
        if self.checkpoint.has_run() {
            return Ok(());
        }
        if self.was_resumed {
            let status = self.status().await?;
            if status != BulkJobStatus::Created && status.as_str() != "" {
                return Ok(());
            }
        }
        // The key is the same in every process: if two processes run the job, Courier acts on only one request.
        let key = format!("trycourier-run-{}", self.id());
        let run = |key: String| self.client.bulk().run_job(self.id()).idempotency_key(key);
        let Err(error) = run(key).await else { return Ok(()) };
        if error.kind() != ErrorKind::Server {
            return Err(error);
        }
        // Courier stores a 5xx under its key, and repeats it for a day. Another key cannot send twice: a job runs once.
        match self.status().await {
            Ok(BulkJobStatus::Created) => run(self.client.new_idempotency_key()).await.map(drop),
            Ok(status) if !status.as_str().is_empty() => Ok(()),
            _ => Err(error),
        }
    }

    /// Waits for the end of the job, which is the third step. At the end, the messages to all users are on their way.
    ///
    /// ```no_run
    /// # async fn example(job: trycourier::ext::bulk::Job) -> Result<(), Box<dyn std::error::Error>> {
    /// let ended = job.ended().await?;
    /// println!("{} of {} users", ended.job.enqueued, ended.job.received);
    /// # Ok(())
    /// # }
    /// ```
    pub fn ended(&self) -> Wait<BulkRetrieveJobResponse> {
        self.client.bulk().retrieve_job(self.id()).until_done().timeout(self.timeout)
    }

    /// Lists the users of the job, each with a status and the id of the message.
    ///
    /// ```no_run
    /// use futures::TryStreamExt as _;
    /// use trycourier::types::BulkUserStatus;
    ///
    /// # async fn example(job: trycourier::ext::bulk::Job) -> trycourier::Result<()> {
    /// let mut results = job.results();
    /// while let Some(user) = results.try_next().await? {
    ///     if user.status == BulkUserStatus::Error {
    ///         println!("{:?} was sent nothing", user.recipient);
    ///     }
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn results(&self) -> Items<BulkListUsers> {
        self.client.bulk().list_users(self.id()).items()
    }

    async fn status(&self) -> Result<BulkJobStatus> {
        Ok(self.client.bulk().retrieve_job(self.id()).await?.into_inner().job.status)
    }

    /// Returns `true` if the job has no users and has not run.
    pub(super) fn is_empty(&self) -> bool {
        !self.checkpoint.has_run() && self.checkpoint.seen() == self.checkpoint.rejected()
    }
}

impl fmt::Debug for Job {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Job")
            .field("checkpoint", &self.checkpoint)
            .field("channel", &self.channel)
            .field("missing_address", &self.missing_address)
            .field("in_flight", &self.in_flight)
            .finish_non_exhaustive()
    }
}
