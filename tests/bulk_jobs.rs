//! A bulk job of any size: each user is in it once, and it runs once, despite failures and crashes.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a test fails by a panic")]

use std::collections::HashSet;
use std::convert::Infallible;
use std::io;
use std::panic::AssertUnwindSafe;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use futures::{FutureExt as _, StreamExt as _, TryStreamExt as _, stream};
use peak_alloc::PeakAlloc;
use serde_json::{Value, json};
use tokio::process;
use tokio::sync::Notify;
use trycourier::ext::bulk::{BulkError, Channel, Checkpoint, Job, MissingAddress, Progress, Stopped};
use trycourier::retry::Backoff;
use trycourier::testing::Courier;
use trycourier::transport::{Attempt, Body, BoxFuture, Transport, TransportError};
use trycourier::types::{BulkJob, BulkJobStatus, BulkMessage, BulkUser, BulkUserStatus};
use trycourier::{Client, ClientBuilder, ErrorKind, calls, http};

#[global_allocator]
static MEMORY: PeakAlloc = PeakAlloc;

/// A workspace in which a job takes a second to run.
fn courier() -> Courier {
    let courier = Courier::new();
    courier.delivery_time(Duration::from_secs(3));
    courier
}

/// The fake without idempotency keys where users are added: the description has none there. All users of a repeated
/// chunk are duplicates.
struct WithoutKeys(Courier);

impl Transport for WithoutKeys {
    fn send(&self, mut attempt: Attempt) -> BoxFuture<'_, Result<http::Response<Body>, TransportError>> {
        if attempt.operation() == "bulk.add_users" {
            attempt.request.headers_mut().remove("idempotency-key");
        }
        self.0.send(attempt)
    }
}

/// A client that never gives up: other tests cover the retries.
fn patient(builder: ClientBuilder) -> Client {
    builder.options(|options| options.max_retries(20)).retry_budget(1_000_000).build().unwrap()
}

fn client(courier: &Courier) -> Client {
    patient(courier.client_builder().transport(WithoutKeys(courier.clone())))
}

/// Loses one in `one_of` responses to chunks, and the first response to a run, after acting.
fn lose_responses(courier: &Courier, chunks: usize, one_of: usize) {
    let mut adding = courier.on::<calls::BulkAddUsers>();
    for _ in 0..chunks / one_of + 1 {
        adding = adding.pass_through().times(one_of - 1).disconnect_after_acting();
    }
    let _ = adding.pass_through();
    let _ = courier.on::<calls::BulkRunJob>().disconnect_after_acting().pass_through();
}

/// Returns the job in the fake.
async fn state(courier: &Courier, id: &str) -> BulkJob {
    courier.client().bulk().retrieve_job(id).await.unwrap().into_inner().job
}

/// Returns the number of requests to run a job, and of their distinct keys.
fn runs(courier: &Courier) -> (usize, usize) {
    let runs = courier.calls_of::<calls::BulkRunJob>();
    let keys: HashSet<_> = runs.iter().map(|run| run.call.idempotency_key().unwrap().to_owned()).collect();
    (runs.len(), keys.len())
}

fn user(number: usize) -> BulkUser {
    BulkUser::new().recipient(format!("user-{number}")).profile([("email", format!("user{number}@example.com"))])
}

async fn job(client: &Client) -> Job {
    Job::create(client, BulkMessage::new("nt_newsletter")).await.unwrap().channel(Channel::Email)
}

#[tokio::test(start_paused = true)]
async fn users_are_sent_to_and_reported() {
    let courier = courier();
    let job = job(&client(&courier)).await;
    let (id, results) = (job.id().to_owned(), job.results());
    let users = (0..2500).chain([7, 8]).map(user);
    let report = job.send(users).await.unwrap();
    assert_eq!((report.job_id.as_str(), report.seen), (id.as_str(), 2502));
    let rejected: Vec<_> = report.rejected.iter().map(|user| (user.index, user.reason.as_str())).collect();
    assert_eq!(rejected, [(Some(2500), "Duplicate user"), (Some(2501), "Duplicate user")]);
    assert_eq!((report.job.status, report.job.enqueued), (BulkJobStatus::Completed, 2500));
    assert_eq!(runs(&courier), (1, 1));
    let chunks = courier.calls_of::<calls::BulkAddUsers>();
    let sizes: Vec<usize> = chunks.iter().map(|chunk| chunk.body.users.len()).collect();
    assert_eq!(sizes, [1000, 1000, 502]);
    assert_eq!(courier.sent().len(), 2500);
    assert_eq!(courier.sent()[0].message.template.as_deref(), Some("nt_newsletter"));

    let results: Vec<_> = results.try_collect().await.unwrap();
    assert_eq!(results.len(), 2500);
    assert!(results.iter().all(|user| user.status == BulkUserStatus::Enqueued && user.message_id.is_some()));
}

#[tokio::test(start_paused = true)]
async fn client_idempotency_key_creates_only_the_job() {
    let courier = courier();
    let client = courier.client().with_options(|options| options.idempotency_key("newsletter-12"));
    let report = job(&client).await.send((0..2500).map(user)).await.unwrap();
    assert_eq!(report.job.enqueued, 2500);
    let keys = |operation: &str| -> Vec<String> {
        let calls = courier.calls().into_iter().filter(|call| call.operation == Some(operation));
        calls.map(|call| call.idempotency_key().unwrap().to_owned()).collect()
    };
    assert_eq!(keys("bulk.create_job"), ["newsletter-12"]);
    // Under the same key, Courier may treat all chunks as repetitions of the first one.
    let chunks = keys("bulk.add_users");
    let different: HashSet<&String> = chunks.iter().collect();
    assert_eq!((chunks.len(), different.len(), chunks.contains(&"newsletter-12".to_owned())), (3, 3, false));
}

#[tokio::test(start_paused = true)]
async fn steps_can_be_taken_one_by_one() {
    let courier = courier();
    let job = job(&client(&courier)).await.chunk_users(10).in_flight(1);
    let users = stream::iter((0..25).map(|number| Ok::<_, Infallible>(user(number))));
    let seen: Vec<u64> = job.ingest(users).map_ok(|chunk| chunk.checkpoint.seen()).try_collect().await.unwrap();
    assert_eq!(seen, [0, 10, 20, 25, 25]);
    assert_eq!(runs(&courier), (0, 0));
    job.run().await.unwrap();
    job.run().await.unwrap();
    assert_eq!(runs(&courier), (2, 1), "under one key it is run once");
    assert_eq!(job.ended().await.unwrap().job.received, 25);
}

#[tokio::test(start_paused = true)]
async fn progress_is_reported_in_order() {
    let courier = courier();
    let sending = job(&client(&courier)).await.in_flight(1).send((0..1500).map(user));
    let steps: Vec<String> = sending
        .map_ok(|progress| match progress {
            Progress::Ingested(chunk) => format!("{} {}", chunk.checkpoint.seen(), chunk.checkpoint.is_ingested()),
            Progress::Run { checkpoint, .. } => format!("run {}", checkpoint.has_run()),
            Progress::State(job) => job.status.to_string(),
            _ => panic!("{progress:?}"),
        })
        .try_collect()
        .await
        .unwrap();
    assert_eq!(steps, ["0 false", "1000 false", "1500 false", "1500 true", "run true", "PROCESSING", "COMPLETED"]);
}

#[tokio::test(start_paused = true)]
async fn rest_of_a_job_can_be_awaited_at_any_step() {
    for steps in 0..6 {
        let courier = courier();
        let mut sending = job(&client(&courier)).await.in_flight(1).send((0..1500).map(user));
        for _ in 0..steps {
            sending.try_next().await.unwrap().unwrap();
        }
        let report = sending.await.unwrap();
        assert_eq!((report.seen, report.job.status), (1500, BulkJobStatus::Completed), "after {steps} steps");
        assert_eq!(courier.sent().len(), 1500);
        assert_eq!(state(&courier, &report.job_id).await.received, 1500);
    }
}

#[tokio::test(start_paused = true)]
async fn missing_address_stops_before_anything_is_sent() {
    let courier = courier();
    let client = client(&courier);
    let users = || (0..10).map(|number| if number == 5 { BulkUser::new().recipient("bare") } else { user(number) });

    let error: BulkError<Infallible> = job(&client).await.send(users()).await.unwrap_err();
    assert!(matches!(error.reason(), Stopped::MissingAddress { index: 5, .. }), "{error:?}");
    assert_eq!(
        error.to_string(),
        format!(
            "the bulk job {} stopped after 5 users: the user at index 5 lacks `profile.email`",
            error.checkpoint().job_id()
        )
    );
    assert_eq!(runs(&courier), (0, 0));

    let report = job(&client).await.missing_address(MissingAddress::Reject).send(users()).await.unwrap();
    let indices: Vec<_> = report.rejected.iter().map(|user| user.index).collect();
    assert_eq!((indices, report.job.received), (vec![Some(5)], 9));

    let report = job(&client).await.missing_address(MissingAddress::Add).send(users()).await.unwrap();
    assert_eq!((report.rejected.len(), report.job.received), (0, 10));
}

#[tokio::test(start_paused = true)]
async fn job_without_users_is_not_run() {
    let courier = courier();
    let client = client(&courier);
    let no_users = stream::empty::<Result<BulkUser, io::Error>>();
    let missing_address = || [BulkUser::new().recipient("bare")];
    let reports = [
        job(&client).await.send([]).await.unwrap(),
        job(&client).await.send_stream(no_users).await.unwrap(),
        job(&client).await.missing_address(MissingAddress::Reject).send(missing_address()).await.unwrap(),
    ];
    for report in reports {
        assert_eq!((report.seen - report.rejected.len() as u64, report.job.status), (0, BulkJobStatus::Created));
    }
    assert_eq!(runs(&courier), (0, 0));
}

#[tokio::test(start_paused = true)]
async fn resumes_after_input_error() {
    let courier = courier();
    let client = client(&courier);
    let rows = || stream::iter((0..3000).map(user)).map(Ok);
    let broken = rows().take(2500).chain(stream::iter([Err(io::Error::other("the database went away"))]));
    let error = job(&client).await.send_stream(broken).await.unwrap_err();
    assert!(matches!(error.reason(), Stopped::Input(_)));
    let text = format!("{error:?}");
    assert!(text.starts_with("the bulk job ") && text.contains("the database went away"), "{text}");
    assert_eq!(runs(&courier), (0, 0));

    let report = Job::resume(&client, error.checkpoint().clone()).send_stream(rows()).await.unwrap();
    assert_eq!((report.seen, report.rejected.len(), report.job.received), (3000, 0, 3000));
}

#[tokio::test(start_paused = true)]
async fn job_not_found_ends_with_that_error() {
    let courier = courier();
    let client = client(&courier);
    let _ = courier.on::<calls::BulkAddUsers>().pass_through().times(2).fail(404);
    let users = || (0..5000).map(user).chain([user(0)]);
    let error = job(&client).await.in_flight(1).send(users()).await.unwrap_err();
    let Stopped::Call(call) = error.reason() else { panic!("{error:?}") };
    assert_eq!((call.kind(), call.operation()), (ErrorKind::NotFound, Some("bulk.add_users")));
    assert_eq!((error.checkpoint().seen(), runs(&courier)), (2000, (0, 0)));

    // In a workspace that never had the job, for any checkpoint.
    let elsewhere = self::courier();
    let error = Job::resume(&self::client(&elsewhere), error.checkpoint().clone()).send(users()).await.unwrap_err();
    assert!(matches!(error.reason(), Stopped::Call(call) if call.kind() == ErrorKind::NotFound), "{error:?}");
    assert_eq!(elsewhere.calls_of::<calls::BulkRunJob>().len(), 0);
}

#[tokio::test(start_paused = true)]
async fn job_that_has_run_is_only_retrieved() {
    let courier = courier();
    let client = client(&courier);
    let mut sending = job(&client).await.send((0..10).map(user));
    let mut saved = None;
    while let Some(progress) = sending.try_next().await.unwrap() {
        saved = progress.checkpoint().cloned().or(saved);
    }
    courier.forget_calls();
    let report = Job::resume(&client, saved.unwrap()).send((0..10).map(user)).await.unwrap();
    assert_eq!((report.seen, report.job.status), (10, BulkJobStatus::Completed));
    let operations: Vec<_> = courier.calls().iter().map(|call| call.operation).collect();
    assert_eq!(operations, [Some("bulk.retrieve_job")]);
}

#[tokio::test(start_paused = true)]
async fn resume_runs_job_unless_already_run() {
    for (status, times) in
        [("\"CREATED\"", 1), ("null", 1), ("\"PROCESSING\"", 0), ("\"COMPLETED\"", 0), ("\"NEW\"", 0)]
    {
        let courier = courier();
        let client = client(&courier);
        let id = job(&client).await.id().to_owned();
        let running = format!(r#"{{"job": {{"definition": {{"event": "nt"}}, "status": {status}, "received": 10}}}}"#);
        let ended = r#"{"job": {"definition": {"event": "nt"}, "status": "COMPLETED", "received": 10}}"#;
        let _ = courier.on::<calls::BulkRetrieveJob>().raw(200, &[], running).raw(200, &[], ended);
        let saved = json!({"job_id": id, "done": [[0, 10]], "stage": "ingested"});
        let job = Job::resume(&client, serde_json::from_value(saved).unwrap());
        assert_eq!(job.send([]).await.unwrap().seen, 10);
        assert_eq!(runs(&courier), (times, times), "{status}");
    }
}

#[tokio::test(start_paused = true)]
async fn rejections_are_in_the_order_of_the_input() {
    let courier = courier();
    let users = (0..20).map(|index| match index {
        3 | 12 => user(0),
        5 | 11 => BulkUser::new().recipient("bare"),
        number => user(number),
    });
    let report = job(&client(&courier)).await.missing_address(MissingAddress::Reject).send(users).await.unwrap();
    let rejected: Vec<_> = report.rejected.iter().map(|user| user.index).collect();
    assert_eq!(rejected, [Some(3), Some(5), Some(11), Some(12)]);
}

#[tokio::test(start_paused = true)]
async fn error_reports_earlier_rejections() {
    let courier = courier();
    let _ = courier.on::<calls::BulkAddUsers>().pass_through().times(2).fail(400);
    let users = (0..1000).chain([7]).map(user).chain((1001..3000).map(user));
    let error = job(&client(&courier)).await.in_flight(1).send(users).await.unwrap_err();
    let rejected: Vec<_> = error.rejected().iter().map(|user| (user.index, user.reason.as_str())).collect();
    assert_eq!(rejected, [(Some(1000), "Duplicate user")]);
}

#[tokio::test(start_paused = true)]
async fn bytes_limit_the_users_of_a_chunk() {
    let courier = courier();
    let large = |number: usize| {
        let profile = [("email", format!("user{number}@example.com")), ("biography", "x".repeat(1_000_000))];
        BulkUser::new().recipient(format!("user-{number}")).profile(profile)
    };
    let report = job(&client(&courier)).await.send((0..10).map(large)).await.unwrap();
    assert_eq!((report.seen, report.job.received), (10, 10));
    let chunks = courier.calls_of::<calls::BulkAddUsers>();
    assert_eq!(chunks.iter().map(|chunk| chunk.body.users.len()).collect::<Vec<_>>(), [3, 3, 3, 1]);
    assert!(chunks.iter().all(|chunk| chunk.call.body.len() <= 4_000_000));
    courier.forget_calls();
    job(&client(&courier)).await.chunk_bytes(2_500_000).send((0..4).map(large)).await.unwrap();
    let chunks = courier.calls_of::<calls::BulkAddUsers>();
    assert_eq!(chunks.iter().map(|chunk| chunk.body.users.len()).collect::<Vec<_>>(), [2, 2]);
}

#[tokio::test(start_paused = true)]
async fn lost_response_makes_no_duplicates() {
    let courier = courier();
    lose_responses(&courier, 3, 1);
    let report = job(&client(&courier)).await.send((0..2500).map(user)).await.unwrap();
    assert_eq!((report.seen, report.rejected.len(), report.job.received), (2500, 0, 2500));
    assert!(courier.calls_of::<calls::BulkAddUsers>().len() > 3);
    assert_eq!((courier.sent().len(), runs(&courier)), (2500, (2, 1)));
}

#[tokio::test(start_paused = true)]
async fn timeout_limits_the_wait_for_the_end() {
    let courier = courier();
    let client = client(&courier);
    // It takes a third of that.
    courier.delivery_time(Duration::from_secs(3 * 50 * 60));
    let report = job(&client).await.send([user(1)]).await.unwrap();
    assert_eq!(report.job.status, BulkJobStatus::Completed, "an hour by default");
    let error = job(&client).await.timeout(Duration::from_secs(40 * 60)).send([user(1)]).await.unwrap_err();
    assert!(matches!(error.reason(), Stopped::Call(call) if call.kind() == ErrorKind::Timeout), "{error:?}");
    assert!(error.checkpoint().has_run());
}

#[tokio::test(start_paused = true)]
async fn failed_job_is_an_error_with_the_job() {
    let courier = courier();
    let ended = r#"{"job": {"definition": {"event": "nt"}, "status": "ERROR", "received": 1, "failures": 1}}"#;
    let _ = courier.on::<calls::BulkRetrieveJob>().raw(200, &[], ended);
    let mut sending = job(&client(&courier)).await.send([user(1)]);
    let error = loop {
        if let Err(error) = sending.try_next().await {
            break error;
        }
    };
    assert!(matches!(error.reason(), Stopped::Failed(job) if job.failures == 1), "{error:?}");
    assert_eq!(
        error.to_string(),
        format!("the bulk job {} stopped after 1 users: the status of the job is ERROR", error.checkpoint().job_id())
    );
    assert!(sending.try_next().await.unwrap().is_none(), "it is over");
}

#[tokio::test(start_paused = true)]
async fn stored_failure_of_a_run_is_left_by_a_new_key() {
    let courier = courier();
    // Courier stores a 5xx under its key, and repeats it for a day.
    let _ = courier
        .on::<calls::BulkRunJob>()
        .when(|run| run.idempotency_key.as_ref().is_some_and(|key| key.starts_with("trycourier-run-")))
        .fail(500);
    let report = job(&client(&courier)).await.send([user(1)]).await.unwrap();
    assert_eq!((report.job.status, courier.sent().len()), (BulkJobStatus::Completed, 1));
    assert_eq!(runs(&courier).1, 2);

    // Courier ran the job, and only the response failed, so the client does not repeat anything.
    let courier = self::courier();
    let job = job(&client(&courier)).await;
    let users = stream::iter([Ok::<_, Infallible>(user(1))]);
    job.ingest(users).try_for_each(|_| async { Ok(()) }).await.unwrap();
    courier.client().bulk().run_job(job.id()).await.unwrap();
    let _ = courier.on::<calls::BulkRunJob>().fail(500);
    job.run().await.unwrap();
    assert_eq!(runs(&courier).1, 2, "the first one was by hand");
}

#[tokio::test(start_paused = true)]
async fn rejected_run_is_not_repeated() {
    let courier = courier();
    let _ = courier.on::<calls::BulkRunJob>().fail(400);
    let mut sending = job(&client(&courier)).await.send([user(1)]);
    let error = loop {
        if let Err(error) = sending.try_next().await {
            break error;
        }
    };
    assert!(matches!(error.reason(), Stopped::Call(call) if call.kind() == ErrorKind::BadRequest), "{error:?}");
    assert!(error.checkpoint().is_ingested() && !error.checkpoint().has_run());
    assert!(sending.try_next().await.unwrap().is_none(), "it is over");
    assert_eq!(runs(&courier), (1, 1));
}

#[tokio::test(start_paused = true)]
async fn resumes_after_panic_of_the_caller() {
    let courier = courier();
    let client = client(&courier);
    let users = || (0..10_000).map(user);
    // In the callback and in the input.
    let job = job(&client).await;
    let mut saved = job.checkpoint().clone();
    let mut reports = 0;
    let sending = job.send(users()).try_for_each(|progress| {
        saved = progress.checkpoint().cloned().unwrap_or_else(|| saved.clone());
        reports += 1;
        assert!(reports < 4, "the progress bar");
        async { Ok(()) }
    });
    assert!(AssertUnwindSafe(sending).catch_unwind().await.is_err());
    let broken = users().inspect(|user| assert_ne!(user.recipient.as_deref(), Some("user-7777"), "the input"));
    let mut sending = Job::resume(&client, saved.clone()).send(broken);
    while let Ok(progress) = AssertUnwindSafe(sending.try_next()).catch_unwind().await {
        saved = progress.unwrap().unwrap().checkpoint().unwrap().clone();
    }
    let report = Job::resume(&client, saved).send(users()).await.unwrap();
    assert_eq!((report.seen, report.rejected.len(), report.job.received), (10_000, 0, 10_000));
    assert_eq!(runs(&courier), (1, 1));
}

#[tokio::test(start_paused = true)]
async fn foreign_checkpoint_adds_no_user_twice() {
    let courier = courier();
    let client = client(&courier);
    for (edited, seen) in [
        // From an older version, from a newer version, and written by hand.
        (json!({}), 3000),
        (json!({"done": [[0, 1000]], "written_by": "2.0"}), 3000),
        (json!({"done": [[2000, 3000], [0, 1500], [1000, 1200]], "reach": 9000}), 3000),
        (json!({"done": [[5, 3], [7, 7]]}), 3000),
        (json!({"done": [[0, 18_446_744_073_709_551_615_u64]], "rejected": 5}), u64::MAX),
        (json!({"reach": 18_446_744_073_709_551_615_u64, "rejected": 18_446_744_073_709_551_615_u64}), 3000),
        (json!({"stage": "ingested", "done": [[0, 3000]]}), 3000),
        (json!({"stage": "run", "done": [[0, 3000]]}), 3000),
        (json!({"stage": "run"}), 0),
    ] {
        let created = job(&client).await;
        let id = created.id().to_owned();
        // All of them were added before, and the checkpoint has lost everything else.
        let first = created.ingest(stream::iter((0..3000).map(user).map(Ok::<_, Infallible>)));
        first.try_for_each(|_| async { Ok(()) }).await.unwrap();
        if edited["stage"] == "run" {
            created.run().await.unwrap();
        }
        let mut saved = json!({"job_id": id, "reach": 3000});
        saved.as_object_mut().unwrap().extend(edited.as_object().unwrap().clone());
        let checkpoint: Checkpoint = serde_json::from_value(saved).unwrap();
        let report = Job::resume(&client, checkpoint).send((0..3000).map(user)).await.unwrap();
        assert_eq!((report.seen, report.rejected.len()), (seen, 0), "{edited}");
        assert_eq!((report.job.received, report.job.status), (3000, BulkJobStatus::Completed), "{edited}");
    }
    let rejected = |edited: Value| serde_json::from_value::<Checkpoint>(edited).unwrap_err().to_string();
    assert!(rejected(json!({"done": []})).contains("job_id"));
    assert!(rejected(json!({"job_id": "j", "stage": "paused"})).contains("paused"));
    assert!(rejected(json!({"job_id": "j", "done": [[-1, 5]]})).contains("-1"));
    assert!(rejected(json!({"job_id": "j", "rejected": "many"})).contains("many"));

    for id in ["", "..", "a/../b"] {
        let checkpoint: Checkpoint = serde_json::from_value(json!({"job_id": id})).unwrap();
        let before = courier.calls().len();
        let error = Job::resume(&client, checkpoint).send([user(1)]).await.unwrap_err();
        let Stopped::Call(call) = error.reason() else { panic!("{error:?}") };
        let expected = if id == "a/../b" { ErrorKind::NotFound } else { ErrorKind::InvalidArgument };
        assert_eq!((call.kind(), courier.calls().len() - before), (expected, usize::from(id == "a/../b")), "{id}");
    }
}

/// One in three responses is lost, and the process dies repeatedly, after a given number of checkpoints.
async fn survives(users: usize, kills: &[usize]) {
    let courier = courier();
    let client = client(&courier);
    let job = job(&client).await;
    lose_responses(&courier, users / 1000 * (kills.len() + 1), 3);
    let mut saved = serde_json::to_string(job.checkpoint()).unwrap();
    let mut rejected = Vec::new();
    for killed_after in kills.iter().copied().chain([usize::MAX]) {
        // Another process, which has only the saved checkpoint.
        let checkpoint: Checkpoint = serde_json::from_str(&saved).unwrap();
        let mut sending = Job::resume(&client, checkpoint).channel(Channel::Email).send((0..users).map(user));
        let mut count = 0;
        while let Some(progress) = sending.try_next().await.unwrap() {
            if let Some(checkpoint) = progress.checkpoint() {
                saved = serde_json::to_string(checkpoint).unwrap();
            }
            if let Progress::Ingested(chunk) = progress {
                rejected.extend(chunk.rejected);
            }
            count += 1;
            if count >= killed_after {
                // When the process dies, requests are in flight, and the responses to some finished ones are lost.
                let _ = sending.next().now_or_never();
                break;
            }
        }
    }
    assert!(rejected.is_empty(), "{rejected:?}");
    let id = serde_json::from_str::<Checkpoint>(&saved).unwrap().job_id().to_owned();
    courier.page_size(1000);
    let added: Vec<_> = client.bulk().list_users(&id).items().try_collect().await.unwrap();
    let recipients: HashSet<_> = added.iter().map(|user| user.recipient.clone().unwrap()).collect();
    assert_eq!((added.len(), recipients.len()), (users, users));
    assert!(added.iter().all(|user| user.status == BulkUserStatus::Enqueued));
    // The first response was lost.
    assert_eq!(runs(&courier), (2, 1));
}

#[tokio::test(start_paused = true)]
async fn lost_responses_and_kills_add_no_user_twice() {
    survives(20_000, &[5, 9]).await;
}

#[tokio::test(start_paused = true)]
async fn small_job_survives_a_kill_after_any_step() {
    for killed_after in 1..9 {
        survives(3000, &[killed_after]).await;
    }
}

/// A process that resumes the saved job, and prints its memory usage.
#[tokio::test]
#[ignore = "other tests run it as a separate process and kill it"]
async fn process() {
    let variable = |name: &str| std::env::var(name).unwrap();
    let (file, users) = (PathBuf::from(variable("BULK_FILE")), variable("BULK_USERS").parse().unwrap());
    let soon = Backoff::default().initial_delay(Duration::from_millis(1)).max_delay(Duration::from_millis(1));
    let builder = Client::builder().api_key("test").base_url(variable("BULK_URL"));
    let client = patient(builder.options(|options| options.backoff(soon)));
    let saved: Checkpoint = serde_json::from_slice(&std::fs::read(&file).unwrap()).unwrap();
    MEMORY.reset_peak_usage();
    let before = MEMORY.current_usage();
    let mut sending = Job::resume(&client, saved).channel(Channel::Email).send((0..users).map(user));
    while let Some(progress) = sending.try_next().await.unwrap() {
        if let Some(checkpoint) = progress.checkpoint() {
            write(&file, &serde_json::to_string(checkpoint).unwrap());
        }
        if let Progress::Ingested(chunk) = &progress {
            assert!(chunk.rejected.is_empty(), "{:?}", chunk.rejected);
        }
    }
    write(&file.with_extension("memory"), &(MEMORY.peak_usage() - before).to_string());
}

/// Writes a file in one step, so that it is never half written.
fn write(file: &Path, text: &str) {
    let new = file.with_extension("new");
    std::fs::write(&new, text).unwrap();
    std::fs::rename(new, file).unwrap();
}

/// Sends many users by several processes, two of which are killed with requests in flight; one in twenty responses is
/// lost. Every user is in the job once, the job runs once, and no process needs more memory than a few chunks.
async fn survives_as_processes(users: usize) {
    let (begun, chunks) = (std::time::Instant::now(), users.div_ceil(1000));
    let courier = courier();
    // Of each request, only its effect is kept, without its idempotency key.
    courier.keep(0).delivery_time(Duration::ZERO);
    let server = courier.serve("127.0.0.1:0").await.unwrap();
    let directory = std::env::temp_dir().join(format!("bulk-jobs-{}-{users}", std::process::id()));
    std::fs::create_dir_all(&directory).unwrap();
    let file = directory.join("job.json");
    let created = job(&courier.client()).await;
    write(&file, &serde_json::to_string(created.checkpoint()).unwrap());
    lose_responses(&courier, 2 * chunks, 20);

    let (added, ran, enough) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)), Arc::new(Notify::new()));
    {
        let (added, ran, enough) = (Arc::clone(&added), Arc::clone(&ran), Arc::clone(&enough));
        courier.on_call(move |call| match call.operation {
            Some("bulk.add_users") => {
                let count = added.fetch_add(1, Ordering::Relaxed) + 1;
                if count == chunks / 3 || count == chunks * 2 / 3 {
                    enough.notify_one();
                }
            }
            Some("bulk.run_job") => drop(ran.fetch_add(1, Ordering::Relaxed)),
            _ => {}
        });
    }
    for is_killed in [true, true, false] {
        let mut process = process::Command::new(std::env::current_exe().unwrap())
            .args(["--ignored", "--exact", "process"])
            .env("BULK_URL", server.url())
            .env("BULK_FILE", &file)
            .env("BULK_USERS", users.to_string())
            .stdout(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        tokio::select! {
            () = enough.notified(), if is_killed => process.kill().await.unwrap(),
            status = process.wait() => assert!(!is_killed && status.unwrap().success(), "it ended early, or failed"),
        }
    }

    let checkpoint: Checkpoint = serde_json::from_slice(&std::fs::read(&file).unwrap()).unwrap();
    assert_eq!((checkpoint.seen(), checkpoint.rejected(), checkpoint.has_run()), (users as u64, 0, true));
    let job = state(&courier, created.id()).await;
    // The fake accepts each recipient once, so equal counts mean that each user is in the job once.
    assert_eq!((job.status, job.received, job.enqueued), (BulkJobStatus::Completed, users as i64, users as i64));
    assert_eq!(ran.load(Ordering::Relaxed), 2, "once, and again because the response was lost");
    assert!(added.load(Ordering::Relaxed) > chunks + chunks / 25, "some responses were lost");
    let memory: usize = std::fs::read_to_string(file.with_extension("memory")).unwrap().parse().unwrap();
    std::fs::remove_dir_all(directory).unwrap();
    println!("{users} users: {} kB at most, in {:?}", memory / 1000, begun.elapsed());
    assert!(memory < 40_000_000, "{memory}");
}

#[tokio::test]
async fn twenty_thousand_users_survive_two_kills() {
    survives_as_processes(20_000).await;
}

#[tokio::test]
#[ignore = "a million users take a minute, and the fake needs some gigabytes for them"]
async fn million_users_take_the_memory_of_a_few_chunks() {
    survives_as_processes(1_000_000).await;
}
