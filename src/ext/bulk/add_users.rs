//! Adding users to a job, a few chunks at a time.

use std::future::Future;
use std::ops::Range;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use futures_util::stream::{self, Stream, StreamExt};
use serde::Serialize;
use serde_json::Value;

use super::checkpoint::{Checkpoint, Stage};
use super::chunks::{Check, Chunk, Chunks, Limits, MAX_USERS};
use super::error::Stopped;
use super::rejected::{Rejected, Rejection, located};
use crate::sync::lock;

/// The one thing of a job that this needs.
pub(super) trait Intake: Clone + Send + Sync + 'static {
    type User: Serialize + Send + Sync + 'static;

    /// Adds a chunk. It is held until the response is there, to find the rejected in it.
    fn add(&self, users: Arc<Vec<Self::User>>) -> impl Future<Output = crate::Result<Added>> + Send;
}

/// Courier's response to a chunk.
pub(super) struct Added {
    pub rejections: Vec<Rejection>,
    /// Whether the request may have been acted on before the one that was answered.
    pub was_repeated: bool,
}

/// A chunk of users that Courier has taken.
///
/// ```
/// use trycourier::ext::bulk::Ingested;
///
/// fn note(chunk: &Ingested) {
///     for user in &chunk.rejected {
///         println!("user {:?}: {}", user.index, user.reason);
///     }
///     println!("{} users so far", chunk.checkpoint.seen());
/// }
/// ```
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Ingested {
    /// The users of the chunk who are not in the job.
    pub rejected: Vec<Rejected>,
    /// The checkpoint to save.
    pub checkpoint: Checkpoint,
}

/// Adds the users of the input who are not in the job yet, so many chunks at a time, and gives each chunk that is done. The
/// first item comes before anything is sent, with a checkpoint that covers what is sent next; the last is an error, or has a
/// checkpoint that says that all users are in the job.
///
/// What is under way when it is dropped, or when it ends in an error, may have been acted on; the checkpoint knows.
pub(super) fn ingest<J, E>(
    job: J,
    users: impl Stream<Item = Result<J::User, E>> + Send + Unpin,
    check: impl Fn(&J::User) -> Check + Send,
    limits: Limits,
    in_flight: usize,
    mut checkpoint: Checkpoint,
) -> impl Stream<Item = Result<Ingested, Stopped<E>>> + Send
where
    J: Intake,
    E: Send,
{
    let in_flight = in_flight.max(1);
    // Before the next checkpoint every flight can begin another chunk.
    let reach = move |begun: u64| begun.saturating_add((in_flight as u64).saturating_mul(MAX_USERS as u64));
    let known_reach = checkpoint.reach();
    let end = checkpoint.done().end();
    checkpoint.reaches(reach(end));
    let first = Ingested { rejected: Vec::new(), checkpoint: checkpoint.clone() };
    let begun = Arc::new(AtomicU64::new(end));
    let no_more = Arc::new(Mutex::new(None));
    let chunks = Chunks::of(users, check, limits, checkpoint.done().clone());
    let chunks = {
        let no_more = Arc::clone(&no_more);
        stream::unfold(chunks, move |mut chunks| {
            let no_more = Arc::clone(&no_more);
            async move {
                match chunks.next().await? {
                    Ok(chunk) => Some((chunk, chunks)),
                    // It is told when those before it are in the job.
                    Err(error) => {
                        *lock(&no_more) = Some(error);
                        None
                    }
                }
            }
        })
    };
    let flights = {
        let begun = Arc::clone(&begun);
        chunks.map(move |chunk| {
            begun.fetch_max(chunk.span.end, Ordering::Relaxed);
            add(job.clone(), chunk, known_reach)
        })
    };
    let done = Box::pin(flights.buffer_unordered(in_flight));
    let chunks = stream::unfold(Some((done, checkpoint)), move |state| {
        let (begun, no_more) = (Arc::clone(&begun), Arc::clone(&no_more));
        async move {
            let (mut done, mut checkpoint) = state?;
            let rejected = match done.next().await {
                Some(Err(error)) => return Some((Err(Stopped::Call(error)), None)),
                Some(Ok((span, rejected))) => {
                    checkpoint.add(span, rejected.len() as u64);
                    rejected
                }
                None if checkpoint.is_ingested() => return None,
                None => {
                    if let Some(error) = lock(&no_more).take() {
                        return Some((Err(error.into()), None));
                    }
                    checkpoint.enters(Stage::Ingested);
                    Vec::new()
                }
            };
            checkpoint.reaches(reach(begun.load(Ordering::Relaxed)));
            let ingested = Ingested { rejected, checkpoint: checkpoint.clone() };
            Some((Ok(ingested), Some((done, checkpoint))))
        }
    });
    stream::iter([Ok(first)]).chain(chunks)
}

async fn add<J: Intake>(job: J, chunk: Chunk<J::User>, known_reach: u64) -> crate::Result<(Range<u64>, Vec<Rejected>)> {
    let Chunk { span, users, indices, mut rejected, .. } = chunk;
    if users.is_empty() {
        return Ok((span, rejected));
    }
    let users = Arc::new(users);
    let Added { mut rejections, was_repeated } = job.add(Arc::clone(&users)).await?;
    if was_repeated || span.start < known_reach {
        rejections.retain(|rejection| !rejection.is_of_a_duplicate());
    }
    if !rejections.is_empty() {
        let sent: Vec<Value> = users.iter().map(|user| serde_json::to_value(user).unwrap_or_default()).collect();
        rejected.extend(located(&rejections, &sent, &indices));
        rejected.sort_by_key(|rejected| rejected.index);
    }
    Ok((span, rejected))
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::sync::{Arc, Mutex};
    use std::time::Duration;

    use futures_util::stream::{self, Stream, StreamExt};
    use serde_json::{Value, json};
    use tokio::time::sleep;

    use super::{Added, Ingested, Intake, Stopped, ingest};
    use crate::ext::bulk::checkpoint::Checkpoint;
    use crate::ext::bulk::chunks::{Check, Limits};
    use crate::ext::bulk::rejected::Rejection;
    use crate::{Error, ErrorKind};

    type User = u64;

    /// Courier's side of a job: who is in it, and how often somebody was taken.
    #[derive(Clone, Default)]
    struct Fake(Arc<State>);

    #[derive(Default)]
    struct State {
        users: Mutex<HashMap<User, u32>>,
        calls: AtomicUsize,
        flying: AtomicUsize,
        most_flying: AtomicUsize,
        largest: AtomicUsize,
        /// Every n-th answer is lost after acting, and the chunk is repeated.
        loses_every: usize,
        fails_at: Option<usize>,
        takes: Duration,
    }

    impl Fake {
        fn of(state: State) -> Self {
            Self(Arc::new(state))
        }

        fn act(&self, users: &[User]) -> Vec<Rejection> {
            let mut taken = self.0.users.lock().unwrap();
            let mut rejected = Vec::new();
            for user in users {
                let rejection = |reason: &str| Rejection { reason: reason.to_owned(), user: json!(user) };
                if user % 1000 == 999 {
                    rejected.push(rejection("Invalid user"));
                } else if taken.contains_key(user) {
                    rejected.push(rejection("Duplicate user"));
                } else {
                    taken.insert(*user, 1);
                }
            }
            rejected
        }

        fn users(&self) -> usize {
            self.0.users.lock().unwrap().len()
        }
    }

    impl Intake for Fake {
        type User = User;

        async fn add(&self, users: Arc<Vec<User>>) -> crate::Result<Added> {
            let state = &*self.0;
            let call = state.calls.fetch_add(1, Ordering::Relaxed) + 1;
            let flying = state.flying.fetch_add(1, Ordering::Relaxed) + 1;
            state.most_flying.fetch_max(flying, Ordering::Relaxed);
            state.largest.fetch_max(users.len(), Ordering::Relaxed);
            let mut rejections = self.act(&users);
            // The later ones are faster.
            sleep(state.takes / (call as u32)).await;
            state.flying.fetch_sub(1, Ordering::Relaxed);
            if state.fails_at == Some(call) {
                return Err(Error::new(ErrorKind::Server, "down"));
            }
            let was_repeated = state.loses_every > 0 && call.is_multiple_of(state.loses_every);
            if was_repeated {
                rejections = self.act(&users);
            }
            Ok(Added { rejections, was_repeated })
        }
    }

    fn start() -> Checkpoint {
        Checkpoint::of("job".to_owned())
    }

    fn numbers(count: u64) -> impl Stream<Item = Result<User, String>> + Send + Unpin {
        stream::iter((0..count).map(Ok))
    }

    fn adding(
        fake: &Fake,
        users: impl Stream<Item = Result<User, String>> + Send + Unpin,
        in_flight: usize,
        checkpoint: Checkpoint,
    ) -> impl Stream<Item = Result<Ingested, Stopped<String>>> + Send + Unpin {
        let check = |_: &User| Check::Add;
        Box::pin(ingest(fake.clone(), users, check, Limits::default(), in_flight, checkpoint))
    }

    /// The indices of the rejected, and the last checkpoint.
    async fn all(
        mut ingested: impl Stream<Item = Result<Ingested, Stopped<String>>> + Unpin,
        before: Checkpoint,
    ) -> (Vec<u64>, Checkpoint) {
        let (mut indices, mut last) = (Vec::new(), before);
        while let Some(chunk) = ingested.next().await {
            let chunk = chunk.unwrap();
            indices.extend(chunk.rejected.iter().map(|rejected| rejected.index.unwrap()));
            last = chunk.checkpoint;
        }
        indices.sort_unstable();
        (indices, last)
    }

    #[tokio::test(start_paused = true)]
    async fn everybody_is_in_the_job_once_and_the_refused_are_told() {
        for in_flight in [0, 1, 4, 100] {
            let fake = Fake::of(State { takes: Duration::from_secs(1), ..State::default() });
            let (rejected, checkpoint) = all(adding(&fake, numbers(10_500), in_flight, start()), start()).await;
            assert_eq!(fake.users(), 10_490);
            assert_eq!(rejected, (0..10).map(|thousand| thousand * 1000 + 999).collect::<Vec<_>>());
            assert_eq!((checkpoint.seen(), checkpoint.rejected()), (10_500, 10));
            assert!(checkpoint.is_ingested());
            assert_eq!(fake.0.most_flying.load(Ordering::Relaxed), in_flight.clamp(1, 11));
            assert_eq!(fake.0.largest.load(Ordering::Relaxed), 1000);
        }
    }

    #[tokio::test]
    async fn nobody_at_all_is_ingested() {
        let (_, checkpoint) = all(adding(&Fake::default(), numbers(0), 4, start()), start()).await;
        assert!(checkpoint.is_ingested() && checkpoint.seen() == 0);
    }

    #[tokio::test]
    async fn real_duplicates_are_told_and_those_of_a_lost_answer_are_not() {
        for loses_every in [0, 1, 3] {
            let fake = Fake::of(State { loses_every, ..State::default() });
            let users = stream::iter((0..3000).chain(0..10).map(Ok));
            let (rejected, _) = all(adding(&fake, users, 1, start()), start()).await;
            assert_eq!(fake.users(), 2997);
            let mut expected = vec![999, 1999, 2999];
            if loses_every == 0 || loses_every == 3 {
                expected.extend(3000..3010);
            }
            assert_eq!(rejected, expected);
        }
    }

    /// Killed after every number of checkpoints, each of which was saved before the next was asked for.
    #[tokio::test(start_paused = true)]
    async fn a_crash_at_any_checkpoint_adds_nobody_twice_and_reports_nobody_who_is_ours() {
        for in_flight in [1, 3, 8] {
            for killed_after in 0..23 {
                let fake = Fake::of(State { loses_every: 5, takes: Duration::from_secs(1), ..State::default() });
                let mut saved = serde_json::to_string(&start()).unwrap();
                let mut rejected = Vec::new();
                {
                    let mut before = adding(&fake, numbers(20_000), in_flight, start());
                    for _ in 0..killed_after {
                        let Some(chunk) = before.next().await else { break };
                        let chunk = chunk.unwrap();
                        rejected.extend(chunk.rejected.iter().map(|rejected| rejected.index.unwrap()));
                        saved = serde_json::to_string(&chunk.checkpoint).unwrap();
                    }
                    // The next flights begin, and nobody is there when they land.
                    futures::future::poll_immediate(before.next()).await;
                }
                let checkpoint: Checkpoint = serde_json::from_str(&saved).unwrap();
                let (rest, checkpoint) =
                    all(adding(&fake, numbers(20_000), in_flight, checkpoint.clone()), checkpoint).await;
                rejected.extend(rest);
                rejected.sort_unstable();
                assert_eq!(fake.users(), 19_980);
                let expected: Vec<u64> = (0..20).map(|thousand| thousand * 1000 + 999).collect();
                assert_eq!(rejected, expected, "{in_flight} in flight, killed after {killed_after}");
                assert_eq!((checkpoint.seen(), checkpoint.rejected()), (20_000, 20));
            }
        }
    }

    #[tokio::test(start_paused = true)]
    async fn crash_after_crash_with_more_and_more_in_flight_is_gone_on_from() {
        let fake = Fake::of(State { takes: Duration::from_secs(1), ..State::default() });
        let (mut saved, mut rejected) = (start(), Vec::new());
        for in_flight in 1..10 {
            let mut before = adding(&fake, numbers(60_000), in_flight, saved.clone());
            for _ in 0..3 {
                let chunk = before.next().await.unwrap().unwrap();
                rejected.extend(chunk.rejected.iter().map(|rejected| rejected.index.unwrap()));
                saved = chunk.checkpoint;
            }
            futures::future::poll_immediate(before.next()).await;
        }
        let (rest, saved) = all(adding(&fake, numbers(60_000), 1, saved.clone()), saved).await;
        rejected.extend(rest);
        rejected.sort_unstable();
        assert_eq!(rejected, (0..60).map(|thousand| thousand * 1000 + 999).collect::<Vec<_>>());
        assert_eq!((fake.users(), saved.seen()), (59_940, 60_000));
    }

    #[tokio::test]
    async fn a_failing_call_ends_it_and_it_can_be_gone_on_from() {
        let fake = Fake::of(State { fails_at: Some(3), ..State::default() });
        let mut ingested = adding(&fake, numbers(5000), 1, start());
        let mut last = start();
        let error = loop {
            match ingested.next().await.unwrap() {
                Ok(chunk) => last = chunk.checkpoint,
                Err(error) => break error,
            }
        };
        assert!(matches!(error, Stopped::Call(error) if error.kind() == ErrorKind::Server));
        assert!(ingested.next().await.is_none());
        assert_eq!(last.seen(), 2000);
        let (rejected, _) = all(adding(&fake, numbers(5000), 1, last.clone()), last).await;
        assert_eq!((fake.users(), rejected), (4995, vec![2999, 3999, 4999]));
    }

    #[tokio::test]
    async fn an_input_that_breaks_ends_it_after_those_before() {
        let fake = Fake::default();
        let users = numbers(1500).chain(stream::iter([Err("line 1501".to_owned())]));
        let found: Vec<_> = adding(&fake, users, 4, start()).collect().await;
        assert!(matches!(&found[..], [Ok(_), Ok(_), Ok(_), Err(Stopped::Input(error))] if error == "line 1501"));
        assert_eq!(fake.users(), 1499);
    }

    #[tokio::test]
    async fn whoever_does_not_pass_the_check_is_not_sent() {
        let fake = Fake::default();
        let check = |user: &User| if *user == 5 { Check::Reject("no address".to_owned()) } else { Check::Add };
        let ingested = Box::pin(ingest(fake.clone(), numbers(10), check, Limits::default(), 4, start()));
        let (rejected, checkpoint) = all(ingested, start()).await;
        assert_eq!((rejected, checkpoint.seen(), checkpoint.rejected(), fake.users()), (vec![5], 10, 1, 9));

        let fake = Fake::default();
        let check = |_: &User| Check::Reject("no address".to_owned());
        let (_, checkpoint) =
            all(Box::pin(ingest(fake.clone(), numbers(10), check, Limits::default(), 4, start())), start()).await;
        assert_eq!((checkpoint.rejected(), fake.0.calls.load(Ordering::Relaxed)), (10, 0));

        let check = |user: &User| if *user == 5 { Check::Fail("no address".to_owned()) } else { Check::Add };
        let found: Vec<_> = ingest(fake.clone(), numbers(10), check, Limits::default(), 4, start()).collect().await;
        assert!(matches!(found.last(), Some(Err(Stopped::MissingAddress { index: 5, .. }))));
    }

    #[tokio::test(start_paused = true)]
    async fn no_more_is_read_than_is_in_flight() {
        let fake = Fake::of(State { takes: Duration::from_secs(1), ..State::default() });
        let read = Arc::new(AtomicUsize::new(0));
        let counter = Arc::clone(&read);
        let users = stream::iter(0..1_000_000).map(move |user| {
            counter.fetch_add(1, Ordering::Relaxed);
            Ok(user)
        });
        let mut ingested = adding(&fake, users, 3, start());
        assert!(!ingested.next().await.unwrap().unwrap().checkpoint.is_ingested());
        assert_eq!(read.load(Ordering::Relaxed), 0, "first it says what it is about to do");
        for chunks in 1..50 {
            ingested.next().await.unwrap().unwrap();
            let ahead = read.load(Ordering::Relaxed) - chunks * 1000;
            assert!(ahead <= 3 * 1000 + 1, "{ahead}");
        }
    }

    #[test]
    fn a_refusal_is_of_a_duplicate_by_its_words() {
        let rejection = |reason: &str| Rejection { reason: reason.to_owned(), user: Value::Null }.is_of_a_duplicate();
        assert!(rejection("Duplicate user") && rejection("user is a duplicate") && !rejection("Invalid user"));
    }
}
