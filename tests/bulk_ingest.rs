//! The users of a bulk job are added once, despite any response of Courier and any crash of the process.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a test fails by a panic")]

use std::collections::HashSet;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures::stream::{self, Stream, StreamExt as _};
use serde_json::{Value, json};
use tokio::time::sleep;
use trycourier::ext::bulk::{Channel, Checkpoint, Ingested, Job, MissingAddress, Stopped};
use trycourier::transport::{Attempt, Body, BoxFuture, Transport, TransportError};
use trycourier::types::BulkUser;
use trycourier::{Client, ErrorKind, http};

/// The number of users in a chunk. The last user of each hundred is invalid.
const CHUNK: u64 = 100;

/// Courier's side of a job: the users in it, and the requests that it received.
#[derive(Clone, Default)]
struct Intake(Arc<State>);

#[derive(Default)]
struct State {
    users: Mutex<HashSet<u64>>,
    requests: AtomicUsize,
    in_flight: AtomicUsize,
    max_in_flight: AtomicUsize,
    max_users: AtomicUsize,
    /// Every n-th response is sent only after the client has repeated the request.
    loses_every: usize,
    fails_at: Option<usize>,
    latency: Duration,
}

impl Intake {
    fn new(state: State) -> Self {
        Self(Arc::new(state))
    }

    /// Adds users. Returns the errors of the rejected ones.
    fn add(&self, users: &[Value]) -> Vec<Value> {
        let mut added = self.0.users.lock().unwrap();
        let number = |user: &Value| user["recipient"].as_str().unwrap().parse::<u64>().unwrap();
        let errors = users.iter().filter_map(|user| {
            let reason = match number(user) {
                invalid if invalid % CHUNK == CHUNK - 1 => "Invalid user",
                number => (!added.insert(number)).then_some("Duplicate user")?,
            };
            Some(json!({"user": user, "error": reason}))
        });
        errors.collect()
    }

    fn users(&self) -> usize {
        self.0.users.lock().unwrap().len()
    }

    fn client(&self) -> Client {
        Client::builder().api_key("key").transport(self.clone()).build().unwrap()
    }

    fn requests(&self) -> usize {
        self.0.requests.load(Ordering::Relaxed)
    }
}

impl Transport for Intake {
    fn send(&self, attempt: Attempt) -> BoxFuture<'_, Result<http::Response<Body>, TransportError>> {
        Box::pin(async move {
            let state = &*self.0;
            let body: Value = serde_json::from_slice(attempt.request.body()).unwrap();
            let users = body["users"].as_array().unwrap();
            state.max_users.fetch_max(users.len(), Ordering::Relaxed);
            if attempt.number() > 1 {
                return Ok(response(200, json!({"total": users.len(), "errors": self.add(users)})));
            }
            let request = state.requests.fetch_add(1, Ordering::Relaxed) + 1;
            let in_flight = state.in_flight.fetch_add(1, Ordering::Relaxed) + 1;
            state.max_in_flight.fetch_max(in_flight, Ordering::Relaxed);
            let errors = self.add(users);
            // The later ones are faster.
            sleep(state.latency / (request as u32)).await;
            state.in_flight.fetch_sub(1, Ordering::Relaxed);
            if state.fails_at == Some(request) {
                return Ok(response(400, json!({"message": "down"})));
            }
            if state.loses_every > 0 && request.is_multiple_of(state.loses_every) {
                return Err(TransportError::broken("lost"));
            }
            Ok(response(200, json!({"total": users.len(), "errors": errors})))
        })
    }
}

fn response(status: u16, body: Value) -> http::Response<Body> {
    http::Response::builder().status(status).body(Body::from(body.to_string())).unwrap()
}

fn start() -> Checkpoint {
    serde_json::from_value(json!({"job_id": "job"})).unwrap()
}

fn user(number: u64) -> BulkUser {
    BulkUser::new().recipient(number.to_string()).profile([("email", "ada@example.com")])
}

fn numbers(count: u64) -> impl Stream<Item = Result<BulkUser, String>> + Send + Unpin {
    stream::iter((0..count).map(|number| Ok(user(number))))
}

fn job(intake: &Intake, in_flight: usize, checkpoint: Checkpoint) -> Job {
    Job::resume(&intake.client(), checkpoint).chunk_users(CHUNK as usize).in_flight(in_flight).channel(Channel::Email)
}

fn adding(
    intake: &Intake,
    users: impl Stream<Item = Result<BulkUser, String>> + Send + Unpin + 'static,
    in_flight: usize,
    checkpoint: Checkpoint,
) -> impl Stream<Item = Result<Ingested, Stopped<String>>> + Send + Unpin {
    job(intake, in_flight, checkpoint).ingest(users)
}

/// Returns the indices of the rejected users, and the last checkpoint.
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

/// The indices of the invalid users among the first `count`.
fn invalid(count: u64) -> Vec<u64> {
    (0..count / CHUNK).map(|chunk| chunk * CHUNK + CHUNK - 1).collect()
}

#[tokio::test(start_paused = true)]
async fn users_are_added_once_and_rejections_reported() {
    for in_flight in [0, 1, 4, 100] {
        let intake = Intake::new(State { latency: Duration::from_secs(1), ..State::default() });
        let (rejected, checkpoint) = all(adding(&intake, numbers(1050), in_flight, start()), start()).await;
        assert_eq!((intake.users(), rejected), (1040, invalid(1000)));
        assert_eq!((checkpoint.seen(), checkpoint.rejected()), (1050, 10));
        assert!(checkpoint.is_ingested());
        assert_eq!(intake.0.max_in_flight.load(Ordering::Relaxed), in_flight.clamp(1, 11));
        assert_eq!(intake.0.max_users.load(Ordering::Relaxed), 100);
    }
}

#[tokio::test]
async fn empty_input_is_ingested() {
    let intake = Intake::default();
    let (_, checkpoint) = all(adding(&intake, numbers(0), 4, start()), start()).await;
    assert!(checkpoint.is_ingested() && checkpoint.seen() == 0 && intake.requests() == 0);
}

#[tokio::test(start_paused = true)]
async fn only_real_duplicates_are_reported() {
    for loses_every in [0, 1, 3] {
        let intake = Intake::new(State { loses_every, ..State::default() });
        let users = stream::iter((0..300).chain(0..10).map(|number| Ok(user(number))));
        let (rejected, _) = all(adding(&intake, users, 1, start()), start()).await;
        assert_eq!(intake.users(), 297);
        let mut expected = invalid(300);
        // A lost response makes the client add duplicates, which look the same as duplicates in the input.
        if loses_every != 1 {
            expected.extend(300..310);
        }
        assert_eq!(rejected, expected, "every {loses_every}th response is lost");
    }
}

/// Each checkpoint is saved before the next one is requested.
#[tokio::test(start_paused = true)]
async fn crash_at_any_checkpoint_adds_no_user_twice() {
    for in_flight in [1, 3, 8] {
        for killed_after in 0..23 {
            let state = State { loses_every: 5, latency: Duration::from_secs(1), ..State::default() };
            let intake = Intake::new(state);
            let mut saved = serde_json::to_string(&start()).unwrap();
            let mut rejected = Vec::new();
            {
                let mut before = adding(&intake, numbers(2000), in_flight, start());
                for _ in 0..killed_after {
                    let Some(chunk) = before.next().await else { break };
                    let chunk = chunk.unwrap();
                    rejected.extend(chunk.rejected.iter().map(|rejected| rejected.index.unwrap()));
                    saved = serde_json::to_string(&chunk.checkpoint).unwrap();
                }
                // The next requests begin, and the process is dead when their responses arrive.
                futures::future::poll_immediate(before.next()).await;
            }
            let checkpoint: Checkpoint = serde_json::from_str(&saved).unwrap();
            let (rest, checkpoint) =
                all(adding(&intake, numbers(2000), in_flight, checkpoint.clone()), checkpoint).await;
            rejected.extend(rest);
            rejected.sort_unstable();
            assert_eq!(intake.users(), 1980);
            assert_eq!(rejected, invalid(2000), "{in_flight} in flight, killed after {killed_after}");
            assert_eq!((checkpoint.seen(), checkpoint.rejected()), (2000, 20));
        }
    }
}

#[tokio::test(start_paused = true)]
async fn resumes_after_repeated_crashes() {
    let intake = Intake::new(State { latency: Duration::from_secs(1), ..State::default() });
    let (mut saved, mut rejected) = (start(), Vec::new());
    for in_flight in 1..10 {
        let mut before = adding(&intake, numbers(6000), in_flight, saved.clone());
        for _ in 0..3 {
            let chunk = before.next().await.unwrap().unwrap();
            rejected.extend(chunk.rejected.iter().map(|rejected| rejected.index.unwrap()));
            saved = chunk.checkpoint;
        }
        futures::future::poll_immediate(before.next()).await;
    }
    let (rest, saved) = all(adding(&intake, numbers(6000), 1, saved.clone()), saved).await;
    rejected.extend(rest);
    rejected.sort_unstable();
    assert_eq!(rejected, invalid(6000));
    assert_eq!((intake.users(), saved.seen()), (5940, 6000));
}

#[tokio::test]
async fn failed_request_ends_a_stream_that_resumes() {
    let intake = Intake::new(State { fails_at: Some(3), ..State::default() });
    let mut ingested = adding(&intake, numbers(500), 1, start());
    let mut last = start();
    let error = loop {
        match ingested.next().await.unwrap() {
            Ok(chunk) => last = chunk.checkpoint,
            Err(error) => break error,
        }
    };
    assert!(matches!(error, Stopped::Call(error) if error.kind() == ErrorKind::BadRequest));
    assert!(ingested.next().await.is_none());
    assert_eq!(last.seen(), 200);
    let (rejected, _) = all(adding(&intake, numbers(500), 1, last.clone()), last).await;
    assert_eq!((intake.users(), rejected), (495, vec![299, 399, 499]));
}

#[tokio::test]
async fn input_error_follows_the_users_before_it() {
    let intake = Intake::default();
    let users = numbers(150).chain(stream::iter([Err("line 151".to_owned())]));
    let items: Vec<_> = adding(&intake, users, 4, start()).collect().await;
    assert!(matches!(&items[..], [Ok(_), Ok(_), Ok(_), Err(Stopped::Input(error))] if error == "line 151"));
    assert_eq!(intake.users(), 149);
}

#[tokio::test]
async fn user_without_address_is_not_sent() {
    let users = || {
        stream::iter((0..10).map(|number| Ok(if number == 5 { BulkUser::new().recipient("5") } else { user(number) })))
    };
    let intake = Intake::default();
    let rejecting = |intake: &Intake| job(intake, 4, start()).missing_address(MissingAddress::Reject);
    let (rejected, checkpoint) = all(rejecting(&intake).ingest(users()), start()).await;
    assert_eq!((rejected, checkpoint.seen(), checkpoint.rejected(), intake.users()), (vec![5], 10, 1, 9));

    let intake = Intake::default();
    let without = stream::iter((0..10).map(|number| Ok(BulkUser::new().recipient(number.to_string()))));
    let (_, checkpoint) = all(rejecting(&intake).ingest(without), start()).await;
    assert_eq!((checkpoint.rejected(), intake.requests()), (10, 0));

    let items: Vec<_> = job(&Intake::default(), 4, start()).ingest(users()).collect().await;
    assert!(matches!(items.last(), Some(Err(Stopped::MissingAddress { index: 5, .. }))));
}

#[tokio::test(start_paused = true)]
async fn input_is_read_only_as_far_as_in_flight() {
    let intake = Intake::new(State { latency: Duration::from_secs(1), ..State::default() });
    let read = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&read);
    let users = stream::iter(0..1_000_000).map(move |number| {
        counter.fetch_add(1, Ordering::Relaxed);
        Ok(user(number))
    });
    let mut ingested = adding(&intake, users, 3, start());
    assert!(!ingested.next().await.unwrap().unwrap().checkpoint.is_ingested());
    assert_eq!(read.load(Ordering::Relaxed), 0, "the first checkpoint comes before anything is sent");
    for chunks in 1..50 {
        ingested.next().await.unwrap().unwrap();
        let prefetched = read.load(Ordering::Relaxed) - chunks * 100;
        assert!(prefetched <= 3 * 100 + 1, "{prefetched}");
    }
}

#[tokio::test]
async fn body_has_each_user_as_it_serializes() {
    let intake = Intake::default();
    let bodies = Arc::new(Mutex::new(Vec::new()));
    struct Recorder(Intake, Arc<Mutex<Vec<Value>>>);
    impl Transport for Recorder {
        fn send(&self, attempt: Attempt) -> BoxFuture<'_, Result<http::Response<Body>, TransportError>> {
            self.1.lock().unwrap().push(serde_json::from_slice(attempt.request.body()).unwrap());
            self.0.send(attempt)
        }
    }
    let recorder = Recorder(intake, Arc::clone(&bodies));
    let client = Client::builder().api_key("key").transport(recorder).build().unwrap();
    let job = Job::resume(&client, start()).missing_address(MissingAddress::Add);
    let users =
        [user(1), BulkUser::new().recipient("2").data([("quote", "\"\u{2028}é")]), BulkUser::new().recipient("3")];
    let sent = stream::iter(users.clone().map(Ok::<_, String>));
    job.ingest(sent).for_each(|chunk| async { drop(chunk.unwrap()) }).await;
    assert_eq!(*bodies.lock().unwrap(), [json!({"users": users})]);
}
