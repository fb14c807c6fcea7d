//! Waiting until something at Courier has come to where it was going.

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

pub use self::error::WaitError;
use self::error::{Reason, too_late};
use self::poll::{Ended, Looks};
use crate::Result;
use crate::call::{self, Call};
use crate::retry::{Backoff, Clock, TokioClock};

/// Whether a [`Wait`] goes on after a state.
///
/// ```
/// use trycourier::ext::Verdict;
/// use trycourier::types::BulkJob;
///
/// /// Waits for the first user who was enqueued.
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
    /// Keep waiting.
    Pending,
    /// This is the state to wait for.
    Success,
    /// The state to wait for can no longer come, so waiting fails.
    Failure,
}

/// Polls until a condition is met.
///
/// `.await` returns the state that meets it, and [`states`](Self::states) is a stream of all states on the way. It asks at once,
/// then after 1 s, doubled each time up to 10 s, less up to a quarter at random; after a 429, it waits as long as Courier asks.
/// During the first 30 s a 404 is not an error, because Courier takes a moment until something new can be found. Any other
/// error that the client does not retry ends the wait, and so does the [`timeout`](Self::timeout), after 10 minutes by default.
///
/// ```no_run
/// use std::time::Duration;
/// use trycourier::ext::{Verdict, Wait};
/// use trycourier::types::BulkJobStatus;
///
/// # async fn example(client: trycourier::Client) -> Result<(), Box<dyn std::error::Error>> {
/// let look = move || {
///     let client = client.clone();
///     async move { Ok(client.bulk().retrieve_job("job").await?.into_inner()) }
/// };
/// let job = Wait::new(look, |answer| match answer.job.status {
///     BulkJobStatus::Completed => Verdict::Success,
///     BulkJobStatus::Error => Verdict::Failure,
///     _ => Verdict::Pending,
/// })
/// .timeout(Duration::from_secs(60))
/// .await?;
/// println!("{} users", job.job.received);
/// # Ok(())
/// # }
/// ```
#[must_use = "nothing is asked for unless it is awaited"]
pub struct Wait<S> {
    look: Box<dyn FnMut() -> BoxFuture<'static, Result<S>> + Send>,
    judge: Box<dyn FnMut(&S) -> Verdict + Send>,
    clock: Arc<dyn Clock>,
    backoff: Backoff,
    timeout: Duration,
    not_found_for: Duration,
}

impl<S: Send + 'static> Wait<S> {
    /// Calls `look` until `judge` says that its result is [`Done`](Verdict::Success) or [`Hopeless`](Verdict::Failure).
    ///
    /// ```
    /// use trycourier::ext::{Verdict, Wait};
    ///
    /// # async fn example() -> Result<(), Box<dyn std::error::Error>> {
    /// let mut rows = 0;
    /// let look = move || {
    ///     rows += 1;
    ///     async move { Ok(rows) }
    /// };
    /// let rows = Wait::new(look, |rows| if *rows >= 3 { Verdict::Success } else { Verdict::Pending }).await?;
    /// assert_eq!(rows, 3);
    /// # Ok(())
    /// # }
    /// # tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build().unwrap().block_on(example()).unwrap();
    /// ```
    pub fn new<F>(
        mut look: impl FnMut() -> F + Send + 'static,
        judge: impl FnMut(&S) -> Verdict + Send + 'static,
    ) -> Self
    where
        F: Future<Output = Result<S>> + Send + 'static,
    {
        Self {
            look: Box::new(move || Box::pin(look())),
            judge: Box::new(judge),
            clock: Arc::new(TokioClock),
            backoff: Backoff::default().initial_delay(Duration::from_secs(1)).max_delay(Duration::from_secs(10)),
            timeout: Duration::from_secs(10 * 60),
            not_found_for: Duration::from_secs(30),
        }
    }

    /// Repeats a call until `judge` says that its response is [`Done`](Verdict::Success) or [`Hopeless`](Verdict::Failure). It uses
    /// the client's clock. The most common cases have methods of their own, such as
    /// [`until_done`](crate::calls::BulkRetrieveJob::until_done).
    ///
    /// ```no_run
    /// # use trycourier::ext::{Verdict, Wait};
    /// # async fn example(client: &trycourier::Client) -> Result<(), Box<dyn std::error::Error>> {
    /// let profile = client.profiles().retrieve("user_123");
    /// let has_email = |answer: &trycourier::types::ProfileGetResponse| {
    ///     if answer.profile["email"].is_null() { Verdict::Pending } else { Verdict::Success }
    /// };
    /// Wait::calling(profile, has_email).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn calling<C: Call<Response = S>>(call: C, judge: impl FnMut(&S) -> Verdict + Send + 'static) -> Self {
        let clock = Arc::clone(call.client().clock());
        let look = move || {
            let call = call.clone();
            async move { Ok(call::send(call).await?.into_inner()) }
        };
        Self { clock, ..Self::new(look, judge) }
    }

    /// How long it waits at most, including the last call. The default is 10 minutes; a message that is delayed, or that a
    /// provider is slow to deliver, can take longer. To look only once, make the call itself: with zero, there is no time for
    /// a response.
    ///
    /// ```no_run
    /// # use std::time::Duration;
    /// # async fn example(client: &trycourier::Client) -> Result<(), Box<dyn std::error::Error>> {
    /// let day = Duration::from_secs(24 * 60 * 60);
    /// client.messages().retrieve("1-65f240a0").until_delivered().timeout(day).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// The delay between two calls; by default 1 s, doubled up to 10 s, less up to a quarter at random.
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

    /// For how long, from the beginning, a 404 only means that it is not there yet; 30 s by default. With zero, the first 404 is
    /// an error.
    ///
    /// ```no_run
    /// # use std::time::Duration;
    /// # async fn example(client: &trycourier::Client) -> Result<(), Box<dyn std::error::Error>> {
    /// // A message from yesterday is there, or never was.
    /// client.messages().retrieve("1-65f240a0").until_settled().not_found_for(Duration::ZERO).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn not_found_for(mut self, at_first: Duration) -> Self {
        self.not_found_for = at_first;
        self
    }

    /// The source of time and randomness, to replace in tests.
    ///
    /// ```
    /// use trycourier::ext::{Verdict, Wait};
    /// use trycourier::retry::TokioClock;
    ///
    /// let wait = Wait::new(|| async { Ok(1) }, |_| Verdict::Success).clock(TokioClock);
    /// # let _ = wait;
    /// ```
    pub fn clock(mut self, clock: impl Clock) -> Self {
        self.clock = Arc::new(clock);
        self
    }

    /// A stream of every state that is seen. The last one meets the condition, or shows that it can no longer be met. No call is
    /// made until the stream is polled for the next state.
    ///
    /// ```
    /// use futures::StreamExt as _;
    /// use trycourier::ext::{Verdict, Wait};
    ///
    /// # async fn example() {
    /// let mut percent = 0;
    /// let look = move || {
    ///     percent += 50;
    ///     async move { Ok(percent) }
    /// };
    /// let states = Wait::new(look, |percent| if *percent == 100 { Verdict::Success } else { Verdict::Pending }).states();
    /// let seen: Vec<i32> = states.map(Result::unwrap).collect().await;
    /// assert_eq!(seen, [50, 100]);
    /// # }
    /// # tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build().unwrap().block_on(example());
    /// ```
    ///
    /// # Errors
    ///
    /// The last item is an error if the deadline passed ([`ErrorKind::Timeout`](crate::ErrorKind::Timeout)) or a call failed.
    pub fn states(self) -> impl Stream<Item = Result<S>> + Send + Unpin + 'static {
        Box::pin(stream::unfold(Some(Looks::of(self)), async |looks| {
            let mut looks = looks?;
            match looks.next().await {
                Ok((state, Verdict::Pending)) => Some((Ok(state), Some(looks))),
                Ok((state, _)) => Some((Ok(state), None)),
                Err(Ended::TooLate) => Some((Err(too_late()), None)),
                Err(Ended::Failed(error)) => Some((Err(error), None)),
            }
        }))
    }

    async fn last(self) -> Result<S, WaitError<S>> {
        let mut looks = Looks::of(self);
        let mut last = None;
        loop {
            last = match looks.next().await {
                Ok((state, Verdict::Success)) => return Ok(state),
                Ok((state, Verdict::Failure)) => {
                    return Err(WaitError { reason: Reason::Hopeless, last: Some(state) });
                }
                Ok((state, Verdict::Pending)) => Some(state),
                Err(Ended::TooLate) => return Err(WaitError { reason: Reason::TooLate, last }),
                Err(Ended::Failed(error)) => return Err(WaitError { reason: Reason::Failed(error), last }),
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

    fn answered(status: u16, headers: &[(&'static str, &'static str)]) -> Result<i32> {
        let pairs =
            headers.iter().map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value)));
        let headers: HeaderMap = pairs.collect();
        let status = StatusCode::from_u16(status).unwrap();
        Err(Error::new(ErrorKind::from_status(status), "refused").answered(status, headers))
    }

    type Times = Arc<Mutex<Vec<u128>>>;

    /// Waits for 100; less than 0 is another end. Gives the answers in order, the last again and again, and the milliseconds
    /// at which they were asked for.
    fn waiting(answers: impl IntoIterator<Item = Result<i32>>) -> (Wait<i32>, Times) {
        let mut answers: VecDeque<Result<i32>> = answers.into_iter().collect();
        let times = Times::default();
        let (memory, start) = (Arc::clone(&times), tokio::time::Instant::now());
        let look = move || {
            memory.lock().unwrap().push(start.elapsed().as_millis());
            let answer =
                if let [Ok(state)] = answers.make_contiguous() { Ok(*state) } else { answers.pop_front().unwrap() };
            async move { answer }
        };
        let wait = Wait::new(look, |state| match state {
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
    async fn what_is_done_at_once_is_looked_at_once() {
        let (wait, looks) = waiting([Ok(100)]);
        assert_eq!(wait.await.unwrap(), 100);
        assert_eq!(times(&looks), [0]);
    }

    #[tokio::test(start_paused = true)]
    async fn the_looks_are_further_and_further_apart() {
        let (wait, looks) = waiting([0, 1, 2, 3, 4, 5, 6, 100].map(Ok));
        assert_eq!(wait.await.unwrap(), 100);
        assert_eq!(times(&looks), [0, 1000, 3000, 7000, 15_000, 25_000, 35_000, 45_000]);
    }

    #[tokio::test(start_paused = true)]
    async fn how_far_apart_can_be_said() {
        let (wait, looks) = waiting([0, 1, 2, 100].map(Ok));
        let even = Backoff::default().initial_delay(Duration::from_millis(250)).max_delay(Duration::from_millis(250));
        wait.backoff(even).await.unwrap();
        assert_eq!(times(&looks), [0, 250, 500, 750]);
    }

    #[tokio::test(start_paused = true)]
    async fn another_end_is_an_error_with_the_state() {
        let (wait, looks) = waiting([Ok(1), Ok(-1), Ok(100)]);
        let error = wait.await.unwrap_err();
        assert!(error.is_failed() && !error.is_timeout() && error.failed().is_none());
        assert_eq!(error.last(), Some(&-1));
        assert_eq!(times(&looks).len(), 2);
    }

    #[tokio::test(start_paused = true)]
    async fn the_deadline_has_a_last_look_before_it() {
        for (deadline, expected) in [
            (60, vec![0, 1000, 3000, 7000, 15_000, 25_000, 35_000, 45_000, 55_000, 59_000]),
            (10, vec![0, 1000, 3000, 7000, 9000]),
            (1, vec![0, 500]),
        ] {
            let (wait, looks) = waiting([Ok(7)]);
            let error = wait.timeout(Duration::from_secs(deadline)).await.unwrap_err();
            assert!(error.is_timeout());
            assert_eq!(error.last(), Some(&7));
            assert_eq!(times(&looks), expected);
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_look_that_hangs_ends_at_the_deadline() {
        let start = tokio::time::Instant::now();
        let wait = Wait::new(future::pending::<Result<i32>>, |_| Verdict::Success).clock(Paused);
        let error = wait.timeout(Duration::from_secs(5)).await.unwrap_err();
        assert!(error.is_timeout() && error.last().is_none());
        assert_eq!(start.elapsed(), Duration::from_secs(5));
    }

    #[tokio::test(start_paused = true)]
    async fn no_time_at_all_is_one_look() {
        let (wait, looks) = waiting([Ok(100)]);
        assert_eq!(wait.timeout(Duration::ZERO).await.unwrap(), 100);
        let (wait, _) = waiting([Ok(1)]);
        assert!(wait.timeout(Duration::ZERO).await.unwrap_err().is_timeout());
        assert_eq!(times(&looks), [0]);
    }

    #[tokio::test(start_paused = true)]
    async fn what_is_not_there_yet_is_waited_for_at_first() {
        let (wait, looks) = waiting([answered(404, &[]), answered(404, &[]), Ok(100)]);
        assert_eq!(wait.await.unwrap(), 100);
        assert_eq!(times(&looks), [0, 1000, 3000]);

        let (wait, looks) = waiting((0..9).map(|_| answered(404, &[])));
        let error = wait.await.unwrap_err();
        assert_eq!(error.failed().unwrap().kind(), ErrorKind::NotFound);
        assert_eq!(times(&looks).last(), Some(&35_000), "the first after half a minute");

        let (wait, looks) = waiting([answered(404, &[])]);
        assert!(wait.not_found_for(Duration::ZERO).await.unwrap_err().failed().is_some());
        assert_eq!(times(&looks), [0]);
    }

    #[tokio::test(start_paused = true)]
    async fn courier_is_left_alone_as_long_as_it_asks() {
        let asked = answered(429, &[("retry-after", "17")]);
        let (wait, looks) = waiting([Ok(1), asked, answered(429, &[]), Ok(100)]);
        assert_eq!(wait.await.unwrap(), 100);
        assert_eq!(times(&looks), [0, 1000, 18_000, 22_000]);
    }

    #[tokio::test(start_paused = true)]
    async fn any_other_error_ends_it_with_the_last_state() {
        for status in [400, 401, 403, 500] {
            let (wait, _) = waiting([Ok(5), answered(status, &[])]);
            let error = wait.await.unwrap_err();
            assert_eq!(error.failed().unwrap().status().unwrap().as_u16(), status);
            assert_eq!(error.last(), Some(&5));
            assert_eq!(error.into_last(), Some(5));
        }
    }

    #[tokio::test(start_paused = true)]
    async fn the_states_are_a_stream_to_the_end() {
        for (answers, expected) in [([1, 2, 100], [1, 2, 100]), ([1, 2, -1], [1, 2, -1])] {
            let (wait, looks) = waiting(answers.map(Ok));
            assert_eq!(wait.states().try_collect::<Vec<_>>().await.unwrap(), expected);
            assert_eq!(times(&looks), [0, 1000, 3000]);
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_stream_of_states_ends_with_its_error() {
        let (wait, _) = waiting([Ok(1)]);
        let states: Vec<_> = wait.timeout(Duration::from_secs(2)).states().collect().await;
        let states: Vec<_> = states.into_iter().map(|state| state.map_err(|error| error.kind())).collect();
        assert_eq!(states, [Ok(1), Ok(1), Ok(1), Err(ErrorKind::Timeout)]);

        let (wait, _) = waiting([Ok(1), answered(401, &[])]);
        let states: Vec<_> = wait.states().map(|state| state.map_err(|error| error.kind())).collect().await;
        assert_eq!(states, [Ok(1), Err(ErrorKind::Authentication)]);
    }

    #[tokio::test(start_paused = true)]
    async fn nothing_is_asked_for_while_nobody_asks() {
        let (wait, looks) = waiting([1, 2, 100].map(Ok));
        let mut states = wait.states();
        states.next().await;
        tokio::time::sleep(Duration::from_secs(100)).await;
        assert_eq!(times(&looks), [0]);
    }

    #[test]
    fn waiting_can_be_spawned() {
        fn spawned<T: Send + 'static>(_: &T) {}
        let wait = Wait::new(|| async { Ok(1) }, |_| Verdict::Success);
        spawned(&wait);
        spawned(&std::future::IntoFuture::into_future(wait));
    }
}
