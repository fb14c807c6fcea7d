//! A call can be dropped at any await point: it does nothing more, and later calls lose nothing.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a test fails by a panic")]

mod support;

use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::Poll;
use std::time::Duration;

use futures::stream;
use support::scripted::{Outcome, PausedClock, Scripted, refused};
use tokio::task::yield_now;
use trycourier::Client;
use trycourier::http::{Method, Response};
use trycourier::retry::Backoff;
use trycourier::transport::Body;

/// Waits at each step: before the response, before each part of its body, and before its end.
async fn step_by_step(number: u32) -> Outcome {
    yield_now().await;
    if number < 3 {
        yield_now().await;
        return refused();
    }
    let chunks = stream::unfold(0, |part| async move {
        yield_now().await;
        (part < 3).then(|| (Ok(["{\"a\"", ": [1, 2", "]}"].map(trycourier::Bytes::from)[part].clone()), part + 1))
    });
    Ok(Response::new(Body::from_stream(chunks)))
}

async fn call(client: &Client) -> Result<(), trycourier::Error> {
    client.request(Method::POST, "/send").send::<serde_json::Value>().await.map(drop)
}

#[tokio::test(start_paused = true)]
async fn call_can_be_dropped_wherever_it_waits() {
    let reported = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&reported);
    let server = Scripted::new(|_, number| step_by_step(number));
    let client = server.builder().clock(PausedClock).retry_budget(1).on_call(move |_| {
        count.fetch_add(1, Ordering::SeqCst);
    });
    let client = client.build().unwrap();
    let mut points = 0;
    loop {
        let before = server.seen();
        let mut polls = 0;
        let ended = {
            let mut future = pin!(call(&client));
            std::future::poll_fn(|context| {
                polls += 1;
                match future.as_mut().poll(context) {
                    Poll::Ready(outcome) => Poll::Ready(Some(outcome)),
                    // Dropped here.
                    Poll::Pending if polls > points => Poll::Ready(None),
                    Poll::Pending => Poll::Pending,
                }
            })
            .await
        };
        let sent = server.seen() - before;
        if let Some(outcome) = ended {
            outcome.unwrap();
            assert_eq!(sent, 3);
            break;
        }
        assert!(sent <= 3);
        // Nothing continues in the background.
        tokio::time::sleep(Duration::from_secs(100)).await;
        assert_eq!(server.seen() - before, sent, "dropped at point {points}");
        points += 1;
    }
    assert!(points > 8, "{points}");
    assert_eq!(reported.load(Ordering::SeqCst), 1, "dropped calls are not reported");

    // The budget is unchanged: an active call has its two retries, and dropped calls do not count.
    let refusing = Scripted::outcomes(vec![refused]);
    // No time passes in which the budget would be refilled.
    let brief = Backoff::default().max_delay(Duration::from_millis(1));
    let client = refusing.builder().clock(PausedClock).retry_budget(1).options(|options| options.backoff(brief));
    let client = client.build().unwrap();
    for _ in 0..50 {
        let mut future = pin!(call(&client));
        // Dropped in the delay before its first retry.
        let first = std::future::poll_fn(|context| Poll::Ready(future.as_mut().poll(context).is_pending()));
        assert!(first.await);
    }
    let error = call(&client).await.unwrap_err();
    assert_eq!((error.attempts(), error.budget_was_spent()), (3, false));
}
