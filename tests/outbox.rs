//! The outbox example, killed at every await point: each order has its notification exactly once.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a test fails by a panic")]
#![allow(dead_code, reason = "an example has a `main`")]

#[path = "../examples/outbox.rs"]
mod outbox;
#[path = "support/remote.rs"]
mod remote;

use std::future::Future;
use std::path::PathBuf;
use std::pin::Pin;
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
