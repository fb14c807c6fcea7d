//! The outbox example, killed at every await point: each order has its notification exactly once.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a test fails by a panic")]
#![allow(dead_code, reason = "an example has a `main`")]

#[path = "../examples/outbox.rs"]
mod outbox;
#[path = "support/remote.rs"]
mod remote;

use std::future::Future;
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll};

use outbox::{Shop, deliver, place_order};
use remote::Remote;
use trycourier::testing::Courier;
use trycourier::{Client, calls};

/// Dies after a number of polls, at the await point that it has reached.
struct Killed<F> {
    work: Pin<Box<F>>,
    polls_left: usize,
}

impl<F: Future> Future for Killed<F> {
    type Output = Option<F::Output>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        if self.polls_left == 0 {
            return Poll::Ready(None);
        }
        self.polls_left -= 1;
        let polled = self.work.as_mut().poll(context).map(Some);
        if polled.is_pending() && self.polls_left == 0 { Poll::Ready(None) } else { polled }
    }
}

async fn killed<F: Future>(polls: usize, work: F) -> Option<F::Output> {
    Killed { work: Box::pin(work), polls_left: polls }.await
}

fn client(courier: &Courier) -> Client {
    courier.client_builder().transport(Remote(courier.clone())).build().unwrap()
}

struct File(PathBuf);

impl File {
    fn new(name: &str) -> Self {
        Self(std::env::temp_dir().join(format!("outbox-test-{}-{name}.sqlite", std::process::id())))
    }
}

impl Drop for File {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}

/// A separate process: its running blocking tasks finish, and nothing else continues.
fn process<F: Future>(work: F) -> F::Output {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(work)
}

#[test]
fn outbox_killed_at_any_await_sends_once() {
    for lost_answers in [0, 1, 2] {
        let mut ended = false;
        let mut points = 0;
        while !ended {
            let file = File::new(&format!("{lost_answers}-{points}"));
            let courier = Courier::new();
            courier.on::<calls::SendMessage>().disconnect_after_acting().times(lost_answers);
            let work = async {
                let (shop, client) = (Shop::open(&file.0).unwrap(), client(&courier));
                for order in ["A-1", "A-2"] {
                    place_order(&shop, &client, order, "ada@example.com").await.unwrap();
                }
                deliver(&shop, &client).await.unwrap()
            };
            ended = process(killed(points, work)).is_some();
            // Another process continues with the stored state.
            let placed: usize = process(async {
                let (shop, client) = (Shop::open(&file.0).unwrap(), client(&courier));
                deliver(&shop, &client).await.unwrap();
                let count = "SELECT count(*) FROM orders";
                shop.with(move |database| database.query_row(count, [], |row| row.get(0))).await.unwrap()
            });
            let sent = courier.sent().into_iter().map(|sent| sent.message.data.unwrap()["order"].clone());
            let sent: Vec<_> = sent.collect();
            let expected: Vec<_> = ["A-1", "A-2"].into_iter().take(placed).collect();
            assert_eq!(sent, expected, "killed at the await point {points}, {lost_answers} responses lost");
            points += 1;
        }
        assert!(points > 8, "{points}");
    }
}

/// The variables that make a process of this test a worker: the database and the Courier.
const DATABASE: &str = "OUTBOX_TEST_DATABASE";
const COURIER: &str = "OUTBOX_TEST_COURIER";

/// Sends what is in the outbox until it is killed, if the process is a worker.
#[test]
#[ignore = "a part of another test"]
fn worker_process() {
    let (Ok(database), Ok(url)) = (std::env::var(DATABASE), std::env::var(COURIER)) else { return };
    process(async {
        let client = Client::builder().api_key("test").base_url(url).build().unwrap();
        let shop = Shop::open(Path::new(&database)).unwrap();
        loop {
            // A failure is transient: another process has the database, or the server was too slow.
            let _ = deliver(&shop, &client).await;
        }
    });
}

/// A worker process. Killed when dropped.
struct Worker(Child);

impl Worker {
    fn start(database: &Path, courier: &str) -> Self {
        let mut command = Command::new(std::env::current_exe().unwrap());
        command.args(["--ignored", "--exact", "worker_process"]).env(DATABASE, database).env(COURIER, courier);
        Self(command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap())
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        self.0.kill().unwrap();
        self.0.wait().unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn outbox_of_killed_processes_sends_once() {
    const ORDERS: usize = 30;
    let file = File::new("processes");
    let courier = Courier::new();
    let server = courier.serve("127.0.0.1:0").await.unwrap();
    // Every fifth response is lost, after the message has been sent.
    let count = AtomicUsize::new(0);
    let is_lost = move |_: &calls::SendMessage| count.fetch_add(1, Ordering::Relaxed) % 5 == 4;
    courier.on::<calls::SendMessage>().when(is_lost).disconnect_after_acting();
    let shop = Shop::open(&file.0).unwrap();
    for order in 0..ORDERS {
        place_order(&shop, &client(&courier), &format!("A-{order}"), "ada@example.com").await.unwrap();
    }
    // Each process is killed once it has sent another three, at any point of its work.
    let mut kills = 0;
    while courier.sent().len() < ORDERS {
        let before = courier.sent().len();
        let worker = Worker::start(&file.0, &server.url());
        while courier.sent().len() < ORDERS.min(before + 3) {
            tokio::task::yield_now().await;
        }
        drop(worker);
        kills += 1;
    }
    // The rows of the killed are still in the outbox.
    let last = Worker::start(&file.0, &server.url());
    let waiting = || {
        let count = "SELECT count(*) FROM outbox WHERE state = 'waiting'";
        shop.with(move |database| database.query_row(count, [], |row| row.get::<_, usize>(0)))
    };
    while waiting().await.unwrap() > 0 {
        tokio::task::yield_now().await;
    }
    drop(last);
    let mut sent: Vec<_> =
        courier.sent().iter().map(|sent| sent.message.data.clone().unwrap()["order"].clone()).collect();
    sent.sort_by_key(ToString::to_string);
    sent.dedup();
    assert_eq!((sent.len(), courier.sent().len(), kills >= 8), (ORDERS, ORDERS, true), "{kills} kills");
}

/// Courier stores a 500 under its key, so that a row fails each time. The others are sent in the first round.
#[test]
fn poisoned_row_holds_up_no_other() {
    let file = File::new("poisoned");
    let courier = Courier::new();
    courier
        .on::<calls::SendMessage>()
        .when(|send| serde_json::to_string(&send.body).unwrap().contains("POISON"))
        .fail(500);
    process(async {
        let builder = courier.client_builder().transport(Remote(courier.clone()));
        let client = builder.options(|options| options.max_retries(0)).build().unwrap();
        let shop = Shop::open(&file.0).unwrap();
        // A row that this version cannot read.
        let unreadable = "INSERT INTO outbox (prepared) VALUES ('{}')";
        shop.with(move |database| database.execute(unreadable, [])).await.unwrap();
        for order in ["A-1", "POISON", "A-2", "A-3", "A-4"] {
            place_order(&shop, &client, order, "ada@example.com").await.unwrap();
        }
        assert_eq!(deliver(&shop, &client).await.unwrap(), 4);
        assert_eq!(courier.sent().len(), 4);
        let attempts = |count: usize| courier.calls().len() - count;
        // It is tried less and less often.
        for tries in [1, 0, 1, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 1] {
            let before = courier.calls().len();
            assert_eq!(deliver(&shop, &client).await.unwrap(), 0);
            assert_eq!(attempts(before), tries);
        }
        place_order(&shop, &client, "A-5", "ada@example.com").await.unwrap();
        assert_eq!(deliver(&shop, &client).await.unwrap(), 1);
    });
}
