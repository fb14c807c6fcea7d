//! Calls wait where the server has asked for it, and keep the pace that the caller has set.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a test fails by a panic")]

mod support;

use std::time::Duration;

use futures::future::join_all;
use support::scripted::{Outcome, PausedClock, Scripted, good};
use tokio::time::Instant;
use trycourier::ErrorKind;
use trycourier::http::{Method, Response};
use trycourier::transport::Body;

fn limited() -> Outcome {
    Ok(Response::builder().status(429).header("retry-after", "20").body(Body::empty()).unwrap())
}

#[tokio::test(start_paused = true)]
async fn a_429_with_a_delay_holds_back_the_other_calls_of_its_operation() {
    let begun = Instant::now();
    let server =
        Scripted::new(
            move |_, _| async move { if begun.elapsed() < Duration::from_secs(20) { limited() } else { good() } },
        );
    let client = server.builder().clock(PausedClock).options(|options| options.max_retries(0)).build().unwrap();
    let call = |client: &trycourier::Client| client.request(Method::GET, "/x").send_raw();
    assert_eq!(call(&client).await.unwrap_err().kind(), ErrorKind::RateLimited);
    // Clones and copies know of it.
    let copy = client.clone().with_options(|options| options.max_retries(1));
    let held = join_all((0..10).map(|_| call(&copy))).await;
    assert!(held.iter().all(Result::is_ok));
    assert_eq!((begun.elapsed().as_secs(), server.seen()), (20, 11));
    call(&client).await.unwrap();
    assert_eq!(begun.elapsed().as_secs(), 20, "after that nothing is held back");
}

#[tokio::test(start_paused = true)]
async fn holding_back_can_be_turned_off_and_respects_the_deadline() {
    let server = Scripted::outcomes(vec![limited]);
    let client = server.builder().clock(PausedClock).options(|options| options.max_retries(0)).build().unwrap();
    let call = |client: &trycourier::Client| client.request(Method::GET, "/x").send_raw();
    call(&client).await.unwrap_err();
    let begun = Instant::now();
    call(&client.with_options(|options| options.pause_on_rate_limit(false))).await.unwrap_err();
    assert_eq!((begun.elapsed(), server.seen()), (Duration::ZERO, 2));

    let error = call(&client.with_options(|options| options.total_timeout(Duration::from_secs(5)))).await.unwrap_err();
    assert_eq!((error.kind(), error.attempts(), server.seen()), (ErrorKind::RateLimited, 0, 2));
    assert!(!error.was_sent() && error.is_transient());
    assert_eq!(begun.elapsed(), Duration::ZERO);
}

#[tokio::test(start_paused = true)]
async fn a_pace_spreads_calls_evenly() {
    let begun = Instant::now();
    let server = Scripted::outcomes(vec![good]);
    let client = server.builder().clock(PausedClock).rate_limit(5, Duration::from_secs(1)).build().unwrap();
    join_all((0..11).map(|_| client.request(Method::GET, "/x").send_raw())).await;
    assert_eq!(begun.elapsed().as_secs(), 2);
    // A pause is not made up for by a burst.
    tokio::time::sleep(Duration::from_secs(60)).await;
    let begun = Instant::now();
    join_all((0..6).map(|_| client.clone().request(Method::GET, "/x").send_raw())).await;
    assert_eq!(begun.elapsed().as_secs(), 1);

    // A call that would have to wait beyond its deadline says that it was its own client's doing.
    let brief = client.with_options(|options| options.total_timeout(Duration::from_millis(100)));
    let error = brief.request(Method::GET, "/x").send_raw().await.unwrap_err();
    assert_eq!((error.kind(), error.attempts(), error.was_sent()), (ErrorKind::RateLimited, 0, false));
    assert!(error.to_string().contains("the pace") && !error.to_string().contains("server"), "{error}");
}

#[tokio::test(start_paused = true)]
async fn who_cannot_wait_for_the_pace_takes_no_place_in_it() {
    let server = Scripted::outcomes(vec![good]);
    let client = server.builder().clock(PausedClock).rate_limit(1, Duration::from_secs(1)).build().unwrap();
    let hurried = client.with_options(|options| options.total_timeout(Duration::from_millis(2500)));
    let begun = Instant::now();
    let answers = join_all((0..100).map(|_| hurried.request(Method::GET, "/x").send_raw())).await;
    let refused: Vec<_> = answers.into_iter().filter_map(Result::err).collect();
    assert_eq!((refused.len(), server.seen(), begun.elapsed().as_secs()), (97, 3, 2));
    for error in refused {
        assert_eq!((error.kind(), error.attempts(), error.was_sent()), (ErrorKind::RateLimited, 0, false));
        assert_eq!(error.to_string(), "request: the pace of the client lets no call begin before this one's deadline");
    }
    // Nor does who goes away.
    let waiting = join_all((0..100).map(|_| client.request(Method::GET, "/x").send_raw()));
    assert!(tokio::time::timeout(Duration::from_millis(2500), waiting).await.is_err());
    let (seen, begun) = (server.seen(), Instant::now());
    client.request(Method::GET, "/x").send_raw().await.unwrap();
    assert_eq!(server.seen(), seen + 1);
    assert!(begun.elapsed() <= Duration::from_secs(1), "{:?}", begun.elapsed());
}

#[tokio::test(start_paused = true)]
async fn a_pace_is_kept_whatever_it_is() {
    let server = Scripted::outcomes(vec![good]);
    let builder = || server.builder().clock(PausedClock);
    let error = builder().rate_limit(0, Duration::from_secs(1)).build().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Configuration);
    assert_eq!(error.to_string(), "the pace lets no call begin: it has to be of at least one call");

    let unlimited = builder().rate_limit(u32::MAX, Duration::ZERO).build().unwrap();
    let begun = Instant::now();
    join_all((0..100).map(|_| unlimited.request(Method::GET, "/x").send_raw())).await;
    assert_eq!((begun.elapsed(), server.seen()), (Duration::ZERO, 100));

    let slowest = builder().rate_limit(1, Duration::MAX).build().unwrap();
    slowest.request(Method::GET, "/x").send_raw().await.unwrap();
    let hour = Duration::from_secs(3600);
    assert!(tokio::time::timeout(hour, slowest.request(Method::GET, "/x").send_raw()).await.is_err());
    assert_eq!(server.seen(), 101);
}

#[tokio::test(start_paused = true)]
async fn a_hold_is_of_its_operation_alone_and_the_longest_counts() {
    let begun = Instant::now();
    let asked = std::sync::atomic::AtomicU32::new(0);
    let server = Scripted::new(move |request, _| {
        let number =
            (request.uri().path() == "/lists").then(|| asked.fetch_add(1, std::sync::atomic::Ordering::SeqCst));
        async move {
            match number {
                Some(0) => {
                    tokio::time::sleep(Duration::from_secs(1)).await;
                    limited()
                }
                // The later answer asks for less.
                Some(1) => {
                    tokio::time::sleep(Duration::from_secs(2)).await;
                    Ok(Response::builder().status(429).header("retry-after", "5").body(Body::empty()).unwrap())
                }
                _ => good(),
            }
        }
    });
    let client = server.builder().clock(PausedClock).options(|options| options.max_retries(0)).build().unwrap();
    let (first, second) = futures::join!(client.lists().list().send(), client.lists().list().send());
    assert_eq!([first, second].map(|answer| answer.unwrap_err().kind()), [ErrorKind::RateLimited; 2]);
    let _ = client.brands().list().await.unwrap();
    assert_eq!(begun.elapsed().as_secs(), 2);
    let _ = client.lists().list().await.unwrap();
    assert_eq!(begun.elapsed().as_secs(), 21);
}
