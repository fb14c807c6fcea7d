//! Waits for a state, such as a delivered message, or the end of a job or run.

mod conditions;
mod error;
mod poll;
mod status;

use std::fmt;
use std::future::{Future, IntoFuture};
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::BoxFuture;
use futures_util::stream::{self, Stream};

use self::error::Reason;
pub use self::error::WaitError;
use self::poll::Poller;
use crate::Result;
use crate::call::{self, Call};
use crate::retry::{Backoff, Clock, TokioClock};

/// The decision of a [`Wait`] about a state.
///
/// ```
/// use trycourier::ext::Verdict;
/// use trycourier::types::BulkJob;
///
/// /// Waits until a user is enqueued.
/// fn judge(job: &BulkJob) -> Verdict {
///     match (job.enqueued, job.status.is_ended()) {
///         (1.., _) => Verdict::Success,
///         (_, true) => Verdict::Failure,
///         _ => Verdict::Pending,
///     }
/// }
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Verdict {
    /// The wait continues.
    Pending,
    /// The state is the awaited state.
    Success,
    /// The awaited state can no longer occur, so the wait fails.
    Failure,
}

/// Polls until a condition is met.
///
/// `.await` returns the state that meets the condition, and [`states`](Self::states) is a stream of all states up to
/// it. The first poll is immediate. The delay before the next poll is 1 s, doubled each time up to 10 s, and randomly
/// reduced by up to a quarter; after a 429, it is the delay that Courier requests. During the first 30 s, a 404 is not
/// an error, because a new object can be retrieved only after a few seconds. Any other error that the client does not
/// retry ends the wait, as does the [`timeout`](Self::timeout), after 10 minutes by default.
///
/// ```no_run
/// use std::time::Duration;
/// use trycourier::retry::Backoff;
///
/// # async fn example(client: &trycourier::Client) -> Result<(), Box<dyn std::error::Error>> {
/// let rarely = Backoff::default().initial_delay(Duration::from_secs(30)).max_delay(Duration::from_secs(300));
/// let delivered = client.messages().retrieve("1-65f240a0").until_delivered().backoff(rarely);
/// // A message from yesterday exists, or never did.
/// let message = delivered.timeout(Duration::from_secs(24 * 60 * 60)).not_found_for(Duration::ZERO).await?;
/// println!("{}", message.status);
/// # Ok(())
/// # }
/// ```
///
/// [`new`](Self::new) polls anything else:
///
/// ```
/// use trycourier::ext::{Verdict, Wait};
/// use trycourier::retry::TokioClock;
///
/// # async fn example() -> Result<(), Box<dyn std::error::Error>> {
/// let mut rows = 0;
/// let poll = move || {
///     rows += 1;
///     async move { Ok(rows) }
/// };
/// let wait = Wait::new(poll, |rows| if *rows >= 3 { Verdict::Success } else { Verdict::Pending });
/// assert_eq!(wait.clock(TokioClock).await?, 3);
/// # Ok(())
/// # }
/// # tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build().unwrap().block_on(example()).unwrap();
/// ```
#[must_use = "a wait does nothing until it is awaited or polled"]
pub struct Wait<S> {
    poll: Box<dyn FnMut() -> BoxFuture<'static, Result<S>> + Send>,
    judge: Box<dyn FnMut(&S) -> Verdict + Send>,
    clock: Arc<dyn Clock>,
    backoff: Backoff,
    timeout: Duration,
    not_found_for: Duration,
    operation: Option<&'static str>,
    /// Describes a state in the text of an error.
    describe: Option<Describe<S>>,
}

type Describe<S> = Box<dyn Fn(&S) -> String + Send>;

impl<S: Send + 'static> Wait<S> {
    /// Creates a wait that calls `poll` until `judge` returns [`Success`](Verdict::Success) or
    /// [`Failure`](Verdict::Failure) for its result.
    ///
    /// ```
    /// use trycourier::ext::{Verdict, Wait};
    ///
    /// # async fn example() -> Result<(), Box<dyn std::error::Error>> {
    /// let mut rows = 0;
    /// let poll = move || {
    ///     rows += 1;
    ///     async move { Ok(rows) }
    /// };
    /// let rows = Wait::new(poll, |rows| if *rows >= 3 { Verdict::Success } else { Verdict::Pending }).await?;
    /// assert_eq!(rows, 3);
    /// # Ok(())
    /// # }
    /// # tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build().unwrap().block_on(example()).unwrap();
    /// ```
    pub fn new<F>(
        mut poll: impl FnMut() -> F + Send + 'static,
        judge: impl FnMut(&S) -> Verdict + Send + 'static,
    ) -> Self
    where
        F: Future<Output = Result<S>> + Send + 'static,
    {
        Self {
            poll: Box::new(move || Box::pin(poll())),
            judge: Box::new(judge),
            clock: Arc::new(TokioClock),
            backoff: Backoff::default().initial_delay(Duration::from_secs(1)).max_delay(Duration::from_secs(10)),
            timeout: Duration::from_secs(10 * 60),
            not_found_for: Duration::from_secs(30),
            operation: None,
            describe: None,
        }
    }

    /// Creates a wait that repeats a call until `judge` returns [`Success`](Verdict::Success) or
    /// [`Failure`](Verdict::Failure) for its response. It uses the client's clock. The most common cases have separate
    /// methods, such as [`until_done`](crate::calls::BulkRetrieveJob::until_done).
    ///
    /// ```no_run
    /// # use trycourier::ext::{Verdict, Wait};
    /// # async fn example(client: &trycourier::Client) -> Result<(), Box<dyn std::error::Error>> {
    /// let profile = client.profiles().retrieve("user_123");
    /// let has_email = |response: &trycourier::types::ProfileGetResponse| {
    ///     if response.profile["email"].is_null() { Verdict::Pending } else { Verdict::Success }
    /// };
    /// Wait::calling(profile, has_email).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn calling<C: Call<Response = S>>(call: C, judge: impl FnMut(&S) -> Verdict + Send + 'static) -> Self {
        let clock = Arc::clone(call.client().clock());
        let poll = move || {
            let mut call = call.clone();
            async move { Ok(call::send(&mut call).await?.into_inner()) }
        };
        Self { clock, operation: Some(C::OPERATION.id), ..Self::new(poll, judge) }
    }

    /// Sets the description of a state in the text of an error.
    #[cfg_attr(not(feature = "all-resources"), allow(dead_code, reason = "each use is for its resource"))]
    fn described(self, describe: impl Fn(&S) -> String + Send + 'static) -> Self {
        Self { describe: Some(Box::new(describe)), ..self }
    }

    /// Sets the longest time to wait, including the last call. The default is 10 minutes. A message that is delayed, or
    /// that a provider is slow to deliver, can take longer. To poll only once, make the call itself, because a timeout
    /// of zero leaves no time for a response.
    ///
    /// ```no_run
    /// # use std::time::Duration;
    /// # async fn example(client: &trycourier::Client) -> Result<(), Box<dyn std::error::Error>> {
    /// let day = Duration::from_secs(24 * 60 * 60);
    /// client.messages().retrieve("1-65f240a0").until_delivered().timeout(day).await?;
    /// # Ok(())
    /// # }
    /// ```
    #[doc(alias = "deadline")]
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// Sets the delay between two calls. The default is 1 s, doubled up to 10 s, and randomly reduced by up to a
    /// quarter.
    ///
    /// ```no_run
    /// # use std::time::Duration;
    /// # async fn example(client: &trycourier::Client) -> Result<(), Box<dyn std::error::Error>> {
    /// use trycourier::retry::Backoff;
    ///
    /// let rarely = Backoff::default().initial_delay(Duration::from_secs(30)).max_delay(Duration::from_secs(300));
    /// client.bulk().retrieve_job("job_id").until_done().backoff(rarely).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn backoff(mut self, backoff: Backoff) -> Self {
        self.backoff = backoff;
        self
    }

    /// Sets the time from the start during which a 404 means "not yet". The default is 30 s. With zero, the first 404
    /// is an error.
    ///
    /// ```no_run
    /// # use std::time::Duration;
    /// # async fn example(client: &trycourier::Client) -> Result<(), Box<dyn std::error::Error>> {
    /// // A message from yesterday exists, or never did.
    /// client.messages().retrieve("1-65f240a0").until_settled().not_found_for(Duration::ZERO).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn not_found_for(mut self, duration: Duration) -> Self {
        self.not_found_for = duration;
        self
    }

    /// Sets the source of time and randomness, which tests can replace.
    ///
    /// ```
    /// use trycourier::ext::{Verdict, Wait};
    /// use trycourier::retry::TokioClock;
    ///
    /// let wait = Wait::new(|| async { Ok(1) }, |_| Verdict::Success).clock(TokioClock);
    /// ```
    pub fn clock(mut self, clock: impl Clock) -> Self {
        self.clock = Arc::new(clock);
        self
    }

    /// Returns a stream of all states. The last state meets the condition, or shows that it can no longer be met. No
    /// call is made until the stream is polled for the next state.
    ///
    /// ```no_run
    /// use futures::TryStreamExt as _;
    ///
    /// # async fn example(client: &trycourier::Client) -> trycourier::Result<()> {
    /// let mut states = client.messages().retrieve("1-65f240a0").until_delivered().states();
    /// while let Some(message) = states.try_next().await? {
    ///     println!("{}", message.status);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// The last item is an error if the timeout passed ([`ErrorKind::Timeout`](crate::ErrorKind::Timeout)) or a call
    /// failed.
    pub fn states(self) -> impl Stream<Item = Result<S>> + Send + Unpin + 'static {
        Box::pin(stream::unfold(Some(Poller::new(self)), async |poller| {
            let mut poller = poller?;
            match poller.next().await {
                Ok((state, Verdict::Pending)) => Some((Ok(state), Some(poller))),
                Ok((state, _)) => Some((Ok(state), None)),
                Err(reason) => Some((Err(poller.error(reason, None).into()), None)),
            }
        }))
    }

    async fn last(self) -> Result<S, WaitError<S>> {
        let mut poller = Poller::new(self);
        let mut last = None;
        loop {
            last = match poller.next().await {
                Ok((state, Verdict::Success)) => return Ok(state),
                Ok((state, Verdict::Failure)) => return Err(poller.error(Reason::Failed, Some(state))),
                Ok((state, Verdict::Pending)) => Some(state),
                Err(reason) => return Err(poller.error(reason, last)),
            };
        }
    }
}

impl<S: Send + 'static> IntoFuture for Wait<S> {
    type Output = Result<S, WaitError<S>>;
    type IntoFuture = BoxFuture<'static, Self::Output>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.last())
    }
}

impl<S> fmt::Debug for Wait<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Wait").field("timeout", &self.timeout).field("backoff", &self.backoff).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::VecDeque;
    use std::sync::{Arc, Mutex};
    use std::time::{Duration, Instant, SystemTime};

    use futures::{StreamExt as _, TryStreamExt as _};
    use futures_util::future::{self, BoxFuture};
    use http::StatusCode;
    use http::header::{HeaderMap, HeaderName, HeaderValue};

    use super::{Verdict, Wait};
    use crate::retry::retry_after::parse_retry_after;
    use crate::retry::{Backoff, Clock};
    use crate::{Error, ErrorKind, Result};

    /// Tokio's paused time, and no randomness.
    struct Paused;

    impl Clock for Paused {
        fn now(&self) -> Instant {
            tokio::time::Instant::now().into_std()
        }

        fn date(&self) -> SystemTime {
            SystemTime::UNIX_EPOCH
        }

        fn sleep(&self, duration: Duration) -> BoxFuture<'static, ()> {
            Box::pin(tokio::time::sleep(duration))
        }

        fn random(&self) -> f64 {
            0.0
        }
    }

    fn response(status: u16, headers: &[(&'static str, &'static str)]) -> Result<i32> {
        let pairs =
            headers.iter().map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value)));
        let headers: HeaderMap = pairs.collect();
        let status = StatusCode::from_u16(status).unwrap();
        let retry_after = parse_retry_after(&headers, SystemTime::UNIX_EPOCH);
        let error = Error::new(ErrorKind::from_status(status), "refused").with_response(status, headers);
        Err(error.with_server_decision(retry_after, None))
    }

    type Times = Arc<Mutex<Vec<u128>>>;

    /// Waits for 100; less than 0 is another end. Gives the responses in order, the last again and again, and the
    /// milliseconds at which they were requested.
    fn waiting(responses: impl IntoIterator<Item = Result<i32>>) -> (Wait<i32>, Times) {
        let mut responses: VecDeque<Result<i32>> = responses.into_iter().collect();
        let times = Times::default();
        let (memory, start) = (Arc::clone(&times), tokio::time::Instant::now());
        let poll = move || {
            memory.lock().unwrap().push(start.elapsed().as_millis());
            let response =
                if let [Ok(state)] = responses.make_contiguous() { Ok(*state) } else { responses.pop_front().unwrap() };
            async move { response }
        };
        let wait = Wait::new(poll, |state| match state {
            100 => Verdict::Success,
            ..0 => Verdict::Failure,
            _ => Verdict::Pending,
        });
        (wait.clock(Paused), times)
    }

    fn times(times: &Times) -> Vec<u128> {
        times.lock().unwrap().clone()
    }

    #[tokio::test(start_paused = true)]
    async fn polls_once_if_done() {
        let (wait, polls) = waiting([Ok(100)]);
        assert_eq!(wait.await.unwrap(), 100);
        assert_eq!(times(&polls), [0]);
    }

    #[tokio::test(start_paused = true)]
    async fn poll_interval_grows() {
        let (wait, polls) = waiting([0, 1, 2, 3, 4, 5, 6, 100].map(Ok));
        assert_eq!(wait.await.unwrap(), 100);
        assert_eq!(times(&polls), [0, 1000, 3000, 7000, 15_000, 25_000, 35_000, 45_000]);
    }

    #[tokio::test(start_paused = true)]
    async fn backoff_sets_the_interval() {
        let (wait, polls) = waiting([0, 1, 2, 100].map(Ok));
        let even = Backoff::default().initial_delay(Duration::from_millis(250)).max_delay(Duration::from_millis(250));
        wait.backoff(even).await.unwrap();
        assert_eq!(times(&polls), [0, 250, 500, 750]);
    }

    #[tokio::test(start_paused = true)]
    async fn other_end_is_an_error_with_the_state() {
        let (wait, polls) = waiting([Ok(1), Ok(-1), Ok(100)]);
        let error = wait.await.unwrap_err();
        assert!(error.is_failed() && !error.is_timeout() && error.call_error().is_none());
        assert_eq!(error.last(), Some(&-1));
        assert_eq!(times(&polls).len(), 2);
    }

    #[tokio::test(start_paused = true)]
    async fn last_poll_comes_before_the_timeout() {
        for (timeout, expected) in [
            (60, vec![0, 1000, 3000, 7000, 15_000, 25_000, 35_000, 45_000, 55_000, 59_000]),
            (10, vec![0, 1000, 3000, 7000, 9000]),
            (1, vec![0, 500]),
        ] {
            let (wait, polls) = waiting([Ok(7)]);
            let error = wait.timeout(Duration::from_secs(timeout)).await.unwrap_err();
            assert!(error.is_timeout());
            assert_eq!(error.last(), Some(&7));
            assert_eq!(times(&polls), expected);
        }
    }

    #[tokio::test(start_paused = true)]
    async fn hanging_poll_ends_at_the_timeout() {
        let start = tokio::time::Instant::now();
        let wait = Wait::new(future::pending::<Result<i32>>, |_| Verdict::Success).clock(Paused);
        let error = wait.timeout(Duration::from_secs(5)).await.unwrap_err();
        assert!(error.is_timeout() && error.last().is_none());
        assert_eq!(start.elapsed(), Duration::from_secs(5));
    }

    #[tokio::test(start_paused = true)]
    async fn zero_timeout_polls_once() {
        let (wait, polls) = waiting([Ok(100)]);
        assert_eq!(wait.timeout(Duration::ZERO).await.unwrap(), 100);
        let (wait, _) = waiting([Ok(1)]);
        assert!(wait.timeout(Duration::ZERO).await.unwrap_err().is_timeout());
        assert_eq!(times(&polls), [0]);
    }

    #[tokio::test(start_paused = true)]
    async fn not_found_means_not_yet_at_first() {
        let (wait, polls) = waiting([response(404, &[]), response(404, &[]), Ok(100)]);
        assert_eq!(wait.await.unwrap(), 100);
        assert_eq!(times(&polls), [0, 1000, 3000]);

        let (wait, polls) = waiting((0..9).map(|_| response(404, &[])));
        let error = wait.await.unwrap_err();
        assert_eq!(error.call_error().unwrap().kind(), ErrorKind::NotFound);
        assert_eq!(times(&polls).last(), Some(&35_000), "the first after half a minute");

        let (wait, polls) = waiting([response(404, &[])]);
        assert!(wait.not_found_for(Duration::ZERO).await.unwrap_err().call_error().is_some());
        assert_eq!(times(&polls), [0]);
    }

    #[tokio::test(start_paused = true)]
    async fn rate_limit_sets_the_delay() {
        let rate_limited = response(429, &[("retry-after", "17")]);
        let (wait, polls) = waiting([Ok(1), rate_limited, response(429, &[]), Ok(100)]);
        assert_eq!(wait.await.unwrap(), 100);
        assert_eq!(times(&polls), [0, 1000, 18_000, 22_000]);
    }

    #[tokio::test(start_paused = true)]
    async fn other_error_ends_with_the_last_state() {
        for status in [400, 401, 403, 500] {
            let (wait, _) = waiting([Ok(5), response(status, &[])]);
            let error = wait.await.unwrap_err();
            assert_eq!(error.call_error().unwrap().status().unwrap().as_u16(), status);
            assert_eq!(error.last(), Some(&5));
            assert_eq!(error.into_last(), Some(5));
        }
    }

    #[tokio::test(start_paused = true)]
    async fn states_are_a_stream_to_the_end() {
        for (responses, expected) in [([1, 2, 100], [1, 2, 100]), ([1, 2, -1], [1, 2, -1])] {
            let (wait, polls) = waiting(responses.map(Ok));
            assert_eq!(wait.states().try_collect::<Vec<_>>().await.unwrap(), expected);
            assert_eq!(times(&polls), [0, 1000, 3000]);
        }
    }

    #[tokio::test(start_paused = true)]
    async fn stream_of_states_ends_with_its_error() {
        let (wait, _) = waiting([Ok(1)]);
        let states: Vec<_> = wait.timeout(Duration::from_secs(2)).states().collect().await;
        let states: Vec<_> = states.into_iter().map(|state| state.map_err(|error| error.kind())).collect();
        assert_eq!(states, [Ok(1), Ok(1), Ok(1), Err(ErrorKind::Timeout)]);

        let (wait, _) = waiting([Ok(1), response(401, &[])]);
        let states: Vec<_> = wait.states().map(|state| state.map_err(|error| error.kind())).collect().await;
        assert_eq!(states, [Ok(1), Err(ErrorKind::Authentication)]);
    }

    #[tokio::test(start_paused = true)]
    async fn stream_polls_only_when_polled() {
        let (wait, polls) = waiting([1, 2, 100].map(Ok));
        let mut states = wait.states();
        states.next().await;
        tokio::time::sleep(Duration::from_secs(100)).await;
        assert_eq!(times(&polls), [0]);
    }

    #[test]
    fn wait_can_be_spawned() {
        fn spawned<T: Send + 'static>(_: &T) {}
        let wait = Wait::new(|| async { Ok(1) }, |_| Verdict::Success);
        spawned(&wait);
        spawned(&std::future::IntoFuture::into_future(wait));
    }
}
