//! A bulk job of any size: everybody is in it once, and it runs once, whatever happens on the way.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a test fails by a panic")]

#[path = "support/remote.rs"]
mod remote;

use std::collections::HashSet;
use std::convert::Infallible;
use std::future::Future;
use std::io;
use std::pin::Pin;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant, SystemTime};

use futures::{StreamExt as _, TryStreamExt as _, poll, stream};
use remote::Remote;
use trycourier::ext::bulk::{BulkError, Channel, Checkpoint, Job, Progress, Stopped, Unaddressed};
use trycourier::retry::Clock;
use trycourier::testing::Courier;
use trycourier::types::{BulkJobStatus, BulkMessage, BulkUser, BulkUserStatus};
use trycourier::{Client, calls};

/// A client that never gives up: the retries are tested elsewhere.
fn client(courier: &Courier) -> Client {
    courier.client_builder().transport(Remote(courier.clone())).max_retries(20).retry_budget(1_000_000).build().unwrap()
}

/// Of the requests about bulk jobs one in twenty is acted on, and its answer is lost.
fn lose_answers(courier: &Courier) {
    fn of<C: calls::Call>(courier: &Courier, requests: &Arc<AtomicUsize>) {
        let requests = Arc::clone(requests);
        let is_lost = move |_: &C| requests.fetch_add(1, Ordering::Relaxed) % 20 == 19;
        courier.on::<C>().disconnect_after_acting().when(is_lost);
    }
    let requests = Arc::default();
    of::<calls::BulkCreateJob>(courier, &requests);
    of::<calls::BulkAddUsers>(courier, &requests);
    of::<calls::BulkRunJob>(courier, &requests);
    of::<calls::BulkRetrieveJob>(courier, &requests);
    of::<calls::BulkListUsers>(courier, &requests);
}

fn user(number: usize) -> BulkUser {
    BulkUser::new().recipient(format!("user-{number}")).profile([("email", format!("user{number}@example.com"))])
}

async fn job(client: &Client) -> Job {
    Job::create(client, BulkMessage::new("nt_newsletter")).await.unwrap().channel(Channel::Email)
}

#[tokio::test]
async fn users_are_sent_to_and_reported() {
    let courier = Courier::new();
    let job = job(&client(&courier)).await.in_flight(1);
    let (id, results) = (job.id().to_owned(), job.results());
    let users = (0..2500).chain([7, 8]).map(user);
    let report = job.send(users).await.unwrap();
    assert_eq!((report.job_id.as_str(), report.seen), (id.as_str(), 2502));
    let refused: Vec<_> = report.refused.iter().map(|user| (user.place, user.reason.as_str())).collect();
    assert_eq!(refused, [(Some(2500), "Duplicate user"), (Some(2501), "Duplicate user")]);
    assert_eq!((report.job.status, report.job.enqueued), (BulkJobStatus::Completed, 2500));
    assert_eq!(report.job.definition.event, "nt_newsletter");
    courier.expect::<calls::BulkRunJob>().once();
    let chunks = courier.calls_of::<calls::BulkAddUsers>();
    assert_eq!(chunks.iter().map(|chunk| chunk.body.users.len()).max(), Some(1000));
    assert_eq!(courier.sent().len(), 2500);
    let results: Vec<_> = results.try_collect().await.unwrap();
    assert_eq!(results.len(), 2500);
    assert!(results.iter().all(|user| user.status == BulkUserStatus::Enqueued && user.message_id.is_some()));
}

#[tokio::test]
async fn each_step_can_be_taken_by_itself() {
    let courier = Courier::new();
    let job = job(&client(&courier)).await.chunk_users(10).in_flight(1);
    let users = stream::iter((0..25).map(|number| Ok::<_, Infallible>(user(number))));
    let seen: Vec<u64> = job.ingest(users).map_ok(|chunk| chunk.checkpoint.seen()).try_collect().await.unwrap();
    assert_eq!(seen, [0, 10, 20, 25, 25]);
    courier.expect_nothing_sent();
    job.run().await.unwrap();
    job.run().await.unwrap();
    assert_eq!(courier.sent().len(), 25);
    assert_eq!(job.ended().await.unwrap().job.received, 25);
}

#[tokio::test]
async fn the_progress_is_told_in_order() {
    let courier = Courier::new();
    courier.delivery_time(Duration::from_secs(3)); // A third of it until all are enqueued.
    let sending = job(&client(&courier)).await.in_flight(1).send((0..1500).map(user));
    let told: Vec<String> = sending
        .map_ok(|progress| match progress {
            Progress::Ingested { checkpoint, .. } => format!("{} {}", checkpoint.seen(), checkpoint.is_ingested()),
            Progress::Run { checkpoint } => format!("run {}", checkpoint.has_run()),
            Progress::State(job) => job.status.to_string(),
            _ => panic!("{progress:?}"),
        })
        .try_collect()
        .await
        .unwrap();
    assert_eq!(told, ["0 false", "1000 false", "1500 false", "1500 true", "run true", "PROCESSING", "COMPLETED"]);
}

#[tokio::test]
async fn a_user_without_an_address_is_found_before_anybody_is_sent_anything() {
    let courier = Courier::new();
    let client = client(&courier);
    let users = || (0..10).map(|number| if number == 5 { BulkUser::new().recipient("bare") } else { user(number) });

    let error: BulkError<Infallible> = job(&client).await.send(users()).await.unwrap_err();
    assert!(matches!(error.reason(), Stopped::Unaddressed { place: 5, .. }), "{error:?}");
    assert_eq!(error.to_string(), "the bulk job stopped after 5 users: the user at place 5 lacks `profile.email`");
    courier.expect_nothing_sent();

    let report = job(&client).await.unaddressed(Unaddressed::Refuse).send(users()).await.unwrap();
    let places: Vec<_> = report.refused.iter().map(|user| user.place).collect();
    assert_eq!((places, report.job.received), (vec![Some(5)], 9));

    let report = job(&client).await.unaddressed(Unaddressed::Add).send(users()).await.unwrap();
    assert_eq!((report.refused.len(), report.job.received), (0, 10));
}

#[tokio::test]
async fn a_job_without_anybody_is_not_run() {
    let courier = Courier::new();
    let report = job(&client(&courier)).await.send([]).await.unwrap();
    assert_eq!((report.seen, report.job.status), (0, BulkJobStatus::Created));
    courier.expect::<calls::BulkRunJob>().never();
}

#[tokio::test]
async fn an_input_that_breaks_leaves_a_job_that_can_be_gone_on_with() {
    let courier = Courier::new();
    let client = client(&courier);
    let rows = || stream::iter((0..3000).map(user)).map(Ok);
    let broken = rows().take(2500).chain(stream::iter([Err(io::Error::other("the database went away"))]));
    let error = job(&client).await.send_stream(broken).await.unwrap_err();
    assert!(matches!(error.reason(), Stopped::Input(_)));
    courier.expect_nothing_sent();

    let report = Job::resume(&client, error.checkpoint().clone()).send_stream(rows()).await.unwrap();
    assert_eq!((report.seen, report.refused.len(), report.job.received), (3000, 0, 3000));
}

/// One of twenty answers is lost, and the process dies after so many checkpoints, again and again.
async fn survives(users: usize, kills: &[usize]) {
    let courier = Courier::new();
    courier.keep(users);
    let job = job(&client(&courier)).await;
    lose_answers(&courier);
    let mut saved = serde_json::to_string(job.checkpoint()).unwrap();
    let mut refused = Vec::new();
    for killed_after in kills.iter().copied().chain([usize::MAX]) {
        // Another process: nothing is known but what was saved.
        let client = client(&courier);
        let checkpoint: Checkpoint = serde_json::from_str(&saved).unwrap();
        let mut sending = Job::resume(&client, checkpoint).channel(Channel::Email).send((0..users).map(user));
        let mut count = 0;
        while let Some(progress) = sending.try_next().await.unwrap() {
            if let Some(checkpoint) = progress.checkpoint() {
                saved = serde_json::to_string(checkpoint).unwrap();
            }
            if let Progress::Ingested { refused: more, .. } = progress {
                refused.extend(more);
            }
            count += 1;
            if count >= killed_after {
                // Something is under way when it dies: it may be done, and nobody knows.
                for _ in 0..killed_after % 4 {
                    let _ = poll!(sending.next());
                }
                break;
            }
        }
    }
    assert!(refused.is_empty(), "{refused:?}");
    let sent: Vec<String> = courier.sent().into_iter().map(|sent| sent.recipient).collect();
    assert_eq!((sent.len(), sent.iter().collect::<HashSet<_>>().len()), (users, users));
}

#[tokio::test]
async fn lost_answers_and_two_kills_add_nobody_twice() {
    survives(50_000, &[11, 23]).await;
}

#[tokio::test]
async fn a_kill_after_any_step_of_a_small_job_is_survived() {
    for killed_after in 1..9 {
        survives(3000, &[killed_after]).await;
    }
}

/// The most memory that this process has had, in kB.
fn most_memory() -> usize {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("VmHWM:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}

/// A time that need not be waited for.
struct AtOnce;

impl Clock for AtOnce {
    fn now(&self) -> Instant {
        Instant::now()
    }

    fn date(&self) -> SystemTime {
        SystemTime::now()
    }

    fn sleep(&self, _: Duration) -> Pin<Box<dyn Future<Output = ()> + Send>> {
        Box::pin(async {})
    }

    fn random(&self) -> f64 {
        0.0
    }
}

/// The server alone, for a test that measures its own process.
#[tokio::test]
#[ignore = "it is run by another test, in a process of its own"]
async fn serve() {
    let courier = Courier::new();
    lose_answers(&courier);
    let server = courier.serve("127.0.0.1:0").await.unwrap();
    let file = std::env::var("URL_FILE").unwrap();
    std::fs::write(format!("{file}.new"), server.url()).unwrap();
    std::fs::rename(format!("{file}.new"), file).unwrap();
    futures::future::pending::<()>().await;
}

#[tokio::test]
#[ignore = "a million users take a while; Linux only"]
async fn a_million_users_take_no_more_memory_than_a_few_chunks() {
    let file = std::env::temp_dir().join(format!("courier-{}.url", std::process::id()));
    let mut server = Command::new(std::env::current_exe().unwrap())
        .args(["--ignored", "--exact", "serve"])
        .env("URL_FILE", &file)
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    let url = loop {
        if let Ok(url) = std::fs::read_to_string(&file) {
            break url;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    };
    std::fs::remove_file(&file).unwrap();

    let builder = Client::builder().api_key("any").base_url(url).clock(AtOnce);
    let client = builder.max_retries(20).retry_budget(1_000_000).build().unwrap();
    let before = most_memory();
    let mut saved = serde_json::to_string(job(&client).await.checkpoint()).unwrap();
    let start = Instant::now();
    let mut last = None;
    for killed_after in [300, 300, usize::MAX] {
        let checkpoint = serde_json::from_str(&saved).unwrap();
        let mut sending = Job::resume(&client, checkpoint).channel(Channel::Email).send((0..1_000_000).map(user));
        let mut count = 0;
        while let Some(progress) = sending.try_next().await.unwrap() {
            if let Some(checkpoint) = progress.checkpoint() {
                saved = serde_json::to_string(checkpoint).unwrap();
            }
            if let Progress::Ingested { refused, .. } = &progress {
                assert!(refused.is_empty(), "{refused:?}");
            }
            last = Some(progress);
            count += 1;
            if count >= killed_after {
                let _ = tokio::time::timeout(Duration::from_millis(5), sending.next()).await;
                break;
            }
        }
    }
    server.kill().unwrap();
    server.wait().unwrap();
    let Some(Progress::State(job)) = last else { panic!("{last:?}") };
    assert_eq!((job.status, job.received), (BulkJobStatus::Completed, 1_000_000));
    let grown = most_memory() - before;
    println!("{grown} kB more than the {before} kB before, in {:?}", start.elapsed());
    assert!(grown < 100_000, "{grown} kB");
}
