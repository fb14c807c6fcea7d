//! The retry budget stops a storm but not a blip: one cut loses no call, and a long outage causes few extra requests.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a test fails by a panic")]

mod support;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use futures::future::join_all;
use support::scripted::{Outcome, PausedClock, Scripted, good, refused, status};
use trycourier::http::Method;
use trycourier::retry::Backoff;
use trycourier::transport::TransportError;
use trycourier::{Client, Error};

async fn send(client: &Client) -> Result<(), Error> {
    client.request(Method::POST, "/send").send_raw().await.map(drop)
}

#[tokio::test(start_paused = true)]
async fn one_cut_loses_none_of_five_hundred_calls() {
    for (cut, kind) in [(100_u64, "at once"), (1200, "for a while")] {
        let begun = tokio::time::Instant::now();
        // Every call in flight until the end of the cut has lost the connection.
        let server = Scripted::new(move |_, _| async move {
            tokio::time::sleep(Duration::from_millis(50)).await;
            if begun.elapsed() < Duration::from_millis(cut) { Err(TransportError::broken("cut")) } else { good() }
        });
        let client = server.builder().clock(PausedClock).build().unwrap();
        let outcomes = join_all((0..500).map(|_| send(&client))).await;
        let failed = outcomes.iter().filter(|outcome| outcome.is_err()).count();
        assert_eq!(failed, 0, "{kind}: of 500 calls, {failed} failed");
        // Their cost is refunded: the client also survives another cut.
        assert_eq!(join_all((0..500).map(|_| send(&client))).await.iter().filter(|sent| sent.is_err()).count(), 0);
    }
}

/// Returns the requests per call of a client whose server fails for some time, with a number of concurrent callers.
async fn multiplied(callers: usize, outage: Duration, takes: Duration, fails: fn() -> Outcome) -> f64 {
    let server = Scripted::new(move |_, _| async move {
        tokio::time::sleep(takes).await;
        fails()
    });
    let client = server.builder().clock(PausedClock).build().unwrap();
    let calls = Arc::new(AtomicUsize::new(0));
    let begun = tokio::time::Instant::now();
    let caller = async || {
        while begun.elapsed() < outage {
            calls.fetch_add(1, Ordering::Relaxed);
            let _ = send(&client).await;
            // A caller of a service that is down does not return immediately.
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    };
    join_all((0..callers).map(|_| caller())).await;
    server.seen() as f64 / calls.load(Ordering::Relaxed) as f64
}

#[tokio::test(start_paused = true)]
async fn long_outages_are_hardly_multiplied() {
    fn overloaded() -> Outcome {
        status(503, "")
    }
    fn too_late() -> Outcome {
        Err(TransportError::timeout("no response"))
    }
    for (callers, seconds, milliseconds, name, fails) in [
        (20, 300, 200, "503", overloaded as fn() -> Outcome),
        (50, 120, 100, "no server listens", refused),
        (500, 60, 300, "503", overloaded),
        (200, 300, 2000, "timeout", too_late),
    ] {
        let (outage, takes) = (Duration::from_secs(seconds), Duration::from_millis(milliseconds));
        let factor = multiplied(callers, outage, takes, fails).await;
        println!(
            "{callers} callers, {seconds} s of {name} after {milliseconds} ms: {factor:.3} requests for each call"
        );
        assert!((1.0..1.2).contains(&factor), "{callers} callers, {name}: {factor}");
    }
}

#[tokio::test(start_paused = true)]
async fn errors_say_if_the_budget_was_spent() {
    let server = Scripted::outcomes(vec![refused]);
    // No time passes in which the budget would be refilled.
    let brief = Backoff::default().max_delay(Duration::from_millis(1));
    let client = server.builder().clock(PausedClock).retry_budget(1).options(|options| options.backoff(brief));
    let client = client.build().unwrap();
    // One active call has two retries, with any reserve.
    let error = send(&client).await.unwrap_err();
    assert_eq!((error.attempts(), error.budget_was_spent()), (3, false));
    let error = send(&client).await.unwrap_err();
    assert!(error.budget_was_spent());
    assert!(error.to_string().contains("the retry budget is spent"), "{error}");
    let none = server.builder().clock(PausedClock).retry_budget(0).build().unwrap();
    assert_eq!(send(&none).await.unwrap_err().attempts(), 1);
}

#[tokio::test(start_paused = true)]
async fn dropped_calls_return_their_retry() {
    let server = Scripted::outcomes(vec![refused]);
    let client = server.builder().clock(PausedClock).retry_budget(1).build().unwrap();
    for _ in 0..50 {
        // Dropped in the delay before its first retry.
        tokio::time::timeout(Duration::from_millis(1), send(&client)).await.unwrap_err();
    }
    let error = send(&client).await.unwrap_err();
    assert_eq!((error.attempts(), error.budget_was_spent()), (3, false));

    // A retry that is too late for the deadline is also returned to the budget.
    let client = server.builder().clock(Oversleeps).retry_budget(1).build().unwrap();
    let brief = client.with_options(|options| options.total_timeout(Duration::from_secs(2)));
    for _ in 0..50 {
        assert_eq!(send(&brief).await.unwrap_err().attempts(), 1);
    }
    assert!(!send(&client).await.unwrap_err().budget_was_spent());
}

/// A clock on a machine that suspends in each delay.
struct Oversleeps;

impl trycourier::retry::Clock for Oversleeps {
    fn now(&self) -> std::time::Instant {
        PausedClock.now()
    }

    fn date(&self) -> std::time::SystemTime {
        PausedClock.date()
    }

    fn sleep(&self, duration: Duration) -> std::pin::Pin<Box<dyn Future<Output = ()> + Send>> {
        PausedClock.sleep(duration + Duration::from_secs(5))
    }

    fn random(&self) -> f64 {
        0.0
    }
}

#[tokio::test(start_paused = true)]
async fn retries_return_soon_after_a_burst() {
    for (success_first, name) in [(true, "after a success"), (false, "by time alone")] {
        let begun = tokio::time::Instant::now();
        let server = Scripted::new(move |request, number| {
            let fails = begun.elapsed() < Duration::from_secs(10) || (request.uri().path() == "/flaky" && number == 1);
            async move { if fails { status(503, "") } else { good() } }
        });
        let client = server.builder().clock(PausedClock).build().unwrap();
        let burst = join_all((0..2000).map(|_| send(&client))).await;
        assert_eq!(burst.iter().filter(|sent| sent.is_err()).count(), 2000);
        assert_eq!(server.seen(), 6000, "each call has two retries");
        if success_first {
            tokio::time::sleep(Duration::from_secs(10)).await;
            for _ in 0..20 {
                send(&client).await.unwrap();
            }
        } else {
            tokio::time::sleep(Duration::from_secs(60)).await;
            // Its limit is applied when a retry is needed.
            let _ = client.request(Method::POST, "/flaky").send_raw().await;
            tokio::time::sleep(Duration::from_secs(60)).await;
        }
        for _ in 0..3 {
            let response = client.request(Method::POST, "/flaky").send_raw().await;
            assert_eq!(response.map(|response| response.attempts()).ok(), Some(2), "{name}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn calls_that_wait_for_a_slot_are_no_load() {
    // The two requests per call that active calls are guaranteed do not apply to queued calls.
    let server = Scripted::outcomes(vec![|| status(503, "")]);
    let client = server.builder().clock(PausedClock).rate_limit(10, Duration::from_secs(1)).build().unwrap();
    let calls = 3000;
    join_all((0..calls).map(|_| send(&client))).await;
    let factor = server.seen() as f64 / f64::from(calls);
    assert!((1.0..1.3).contains(&factor), "{factor}");
}
