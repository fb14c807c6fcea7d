//! Calls wait if the server requests a pause, and keep the rate limit that the caller has set.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a test fails by a panic")]

mod support;

use std::collections::VecDeque;
use std::error::Error as _;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures::StreamExt as _;
use futures::future::join_all;
use support::scripted::{Outcome, PausedClock, Scripted, good, lost};
use tokio::time::Instant;
use trycourier::http::{Method, Response};
use trycourier::retry::{Acquire, Limiter, Permit};
use trycourier::testing::Courier;
use trycourier::transport::Body;
use trycourier::{Client, ErrorKind, calls, resources};

fn limited() -> Outcome {
    Ok(Response::builder().status(429).header("retry-after", "20").body(Body::empty()).unwrap())
}

#[tokio::test(start_paused = true)]
async fn a_429_with_a_delay_pauses_its_operation() {
    let begun = Instant::now();
    let server =
        Scripted::new(
            move |_, _| async move { if begun.elapsed() < Duration::from_secs(20) { limited() } else { good() } },
        );
    let client = server.builder().clock(PausedClock).options(|options| options.max_retries(0)).build().unwrap();
    let call = |client: &trycourier::Client| client.request(Method::GET, "/x").send_raw();
    assert_eq!(call(&client).await.unwrap_err().kind(), ErrorKind::RateLimited);
    // The pause also applies to clones and copies.
    let copy = client.clone().with_options(|options| options.max_retries(1));
    let held = join_all((0..10).map(|_| call(&copy))).await;
    assert!(held.iter().all(Result::is_ok));
    assert_eq!((begun.elapsed().as_secs(), server.seen()), (20, 11));
    call(&client).await.unwrap();
    assert_eq!(begun.elapsed().as_secs(), 20, "after that nothing is held back");
}

#[tokio::test(start_paused = true)]
async fn pauses_can_be_turned_off_and_fit_the_timeout() {
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
async fn rate_limit_spreads_calls_evenly() {
    let begun = Instant::now();
    let server = Scripted::outcomes(vec![good]);
    let client = server.builder().clock(PausedClock).rate_limit(5, Duration::from_secs(1)).build().unwrap();
    join_all((0..11).map(|_| client.request(Method::GET, "/x").send_raw())).await;
    assert_eq!(begun.elapsed().as_secs(), 2);
    // No burst follows a pause.
    tokio::time::sleep(Duration::from_secs(60)).await;
    let begun = Instant::now();
    join_all((0..6).map(|_| client.clone().request(Method::GET, "/x").send_raw())).await;
    assert_eq!(begun.elapsed().as_secs(), 1);

    // The error of a call that cannot wait that long names the client's own limit.
    let brief = client.with_options(|options| options.total_timeout(Duration::from_millis(100)));
    let error = brief.request(Method::GET, "/x").send_raw().await.unwrap_err();
    assert_eq!((error.kind(), error.attempts(), error.was_sent()), (ErrorKind::RateLimited, 0, false));
    assert!(error.to_string().contains("the rate limit") && !error.to_string().contains("server"), "{error}");
}

#[tokio::test(start_paused = true)]
async fn calls_that_cannot_wait_take_no_slot() {
    let server = Scripted::outcomes(vec![good]);
    let client = server.builder().clock(PausedClock).rate_limit(1, Duration::from_secs(1)).build().unwrap();
    let hurried = client.with_options(|options| options.total_timeout(Duration::from_millis(2500)));
    let begun = Instant::now();
    let responses = join_all((0..100).map(|_| hurried.request(Method::GET, "/x").send_raw())).await;
    let refused: Vec<_> = responses.into_iter().filter_map(Result::err).collect();
    assert_eq!((refused.len(), server.seen(), begun.elapsed().as_secs()), (97, 3, 2));
    for error in refused {
        assert_eq!((error.kind(), error.attempts(), error.was_sent()), (ErrorKind::RateLimited, 0, false));
        assert_eq!(
            error.to_string(),
            "request: the rate limit of the client lets this call begin only after its total timeout"
        );
    }
    // Neither does a call that is dropped.
    let waiting = join_all((0..100).map(|_| client.request(Method::GET, "/x").send_raw()));
    assert!(tokio::time::timeout(Duration::from_millis(2500), waiting).await.is_err());
    let (seen, begun) = (server.seen(), Instant::now());
    client.request(Method::GET, "/x").send_raw().await.unwrap();
    assert_eq!(server.seen(), seen + 1);
    assert!(begun.elapsed() <= Duration::from_secs(1), "{:?}", begun.elapsed());
}

#[tokio::test(start_paused = true)]
async fn extreme_rate_limits_are_kept_or_refused() {
    let server = Scripted::outcomes(vec![good]);
    let builder = || server.builder().clock(PausedClock);
    let error = builder().rate_limit(0, Duration::from_secs(1)).build().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Configuration);
    assert_eq!(error.to_string(), "the rate limit permits no calls; it must permit at least one call in its period");

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
async fn pauses_are_per_operation_and_the_longest_counts() {
    let begun = Instant::now();
    let list_calls = std::sync::atomic::AtomicU32::new(0);
    let server = Scripted::new(move |request, _| {
        let number =
            (request.uri().path() == "/lists").then(|| list_calls.fetch_add(1, std::sync::atomic::Ordering::SeqCst));
        async move {
            match number {
                Some(0) => {
                    tokio::time::sleep(Duration::from_secs(1)).await;
                    limited()
                }
                // The later response requests less.
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
    assert_eq!([first, second].map(|response| response.unwrap_err().kind()), [ErrorKind::RateLimited; 2]);
    let _ = client.brands().list().await.unwrap();
    assert_eq!(begun.elapsed().as_secs(), 2);
    let _ = client.lists().list().await.unwrap();
    assert_eq!(begun.elapsed().as_secs(), 21);
}

fn limited_client(server: &Scripted) -> trycourier::Client {
    server.builder().clock(PausedClock).rate_limit(10, Duration::from_secs(1)).build().unwrap()
}

#[tokio::test(start_paused = true)]
async fn waiting_calls_do_not_block_others_of_their_task() {
    let in_time = |test| tokio::time::timeout(Duration::from_secs(60), test);
    let server = Scripted::outcomes(vec![good]);
    // A call waits in one branch, and is not polled while the other branch calls.
    let client = limited_client(&server);
    let call = || client.request(Method::GET, "/x").send_raw();
    let selects = async {
        for _ in 0..20 {
            let waiting = std::pin::pin!(async {
                call().await.unwrap();
                call().await.unwrap();
                std::future::pending::<()>().await;
            });
            let timer = std::pin::pin!(tokio::time::sleep(Duration::from_millis(50)));
            let futures::future::Either::Right((_, _waiting)) = futures::future::select(waiting, timer).await else {
                panic!("the first branch never ends");
            };
            call().await.unwrap();
        }
    };
    in_time(Box::pin(selects) as futures::future::LocalBoxFuture<'_, ()>).await.unwrap();
    // A stream keeps calls that it does not poll while the loop calls.
    let client = limited_client(&server);
    let streams = async {
        let calls = (0..20).map(|_| client.request(Method::GET, "/x").send_raw());
        let mut calls = futures::stream::iter(calls).buffered(3);
        while let Some(response) = calls.next().await {
            response.unwrap();
            client.request(Method::GET, "/y").send_raw().await.unwrap();
        }
    };
    in_time(Box::pin(streams)).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn unpolled_calls_do_not_begin_together() {
    let begun = Instant::now();
    let starts = std::sync::Arc::new(std::sync::Mutex::new(Vec::new()));
    let log = std::sync::Arc::clone(&starts);
    let server = Scripted::new(move |_, _| {
        log.lock().unwrap().push(begun.elapsed());
        async { good() }
    });
    let client = limited_client(&server);
    client.request(Method::GET, "/x").send_raw().await.unwrap();
    let mut calls: Vec<_> = (0..5).map(|_| Box::pin(client.request(Method::GET, "/x").send_raw())).collect();
    for call in &mut calls {
        // Each call reserves its slot.
        let _ = futures::poll!(call);
    }
    // Meanwhile all slots pass.
    tokio::time::sleep(Duration::from_secs(10)).await;
    join_all(calls).await;
    let starts = starts.lock().unwrap();
    assert_eq!(starts.len(), 6);
    assert!(starts[1..].windows(2).all(|pair| pair[1] - pair[0] >= Duration::from_millis(99)), "{starts:?}");
}

#[tokio::test(start_paused = true)]
async fn total_timeout_includes_the_wait_for_a_slot() {
    let server = Scripted::outcomes(vec![good]);
    let client = limited_client(&server);
    let hurried = client.with_options(|options| options.total_timeout(Duration::from_secs(2)));
    let calls: Vec<_> = (0..30).map(|_| tokio::spawn(hurried.request(Method::GET, "/x").send_raw())).collect();
    let begun = Instant::now();
    let responses = join_all(calls).await;
    assert!(begun.elapsed() <= Duration::from_secs(2), "{:?}", begun.elapsed());
    assert_eq!(responses.into_iter().filter(|response| response.as_ref().unwrap().is_ok()).count(), 20);
    // A call that is polled too late is not sent after its timeout.
    let mut call = Box::pin(hurried.request(Method::GET, "/x").send_raw());
    let _ = futures::poll!(&mut call);
    let _ = client.request(Method::GET, "/x").send_raw().await;
    let mut late = Box::pin(hurried.request(Method::GET, "/x").send_raw());
    let _ = futures::poll!(&mut late);
    tokio::time::sleep(Duration::from_secs(5)).await;
    let seen = server.seen();
    let error = late.await.unwrap_err();
    assert_eq!((error.kind(), error.was_sent(), server.seen()), (ErrorKind::RateLimited, false, seen));
}

#[tokio::test(start_paused = true)]
async fn dropped_calls_return_their_slots_in_any_order() {
    for order in [[0, 1, 2], [2, 1, 0], [1, 0, 2], [0, 2, 1]] {
        let server = Scripted::outcomes(vec![good]);
        let client = limited_client(&server);
        client.request(Method::GET, "/x").send_raw().await.unwrap();
        let mut calls: Vec<_> = (0..3).map(|_| Some(Box::pin(client.request(Method::GET, "/x").send_raw()))).collect();
        for call in &mut calls {
            let _ = futures::poll!(call.as_mut().unwrap());
        }
        for index in order {
            calls[index] = None;
        }
        let begun = Instant::now();
        client.request(Method::GET, "/x").send_raw().await.unwrap();
        assert_eq!(begun.elapsed().as_millis(), 100, "{order:?}");
    }
}

const MINUTE: Duration = Duration::from_secs(60);

/// The path of each request, and its time in milliseconds.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<(String, u128)>>>);

impl Log {
    fn starts(&self, path: &str) -> Vec<u128> {
        self.0.lock().unwrap().iter().filter(|(logged, _)| logged == path).map(|(_, start)| *start).collect()
    }
}

fn logging(begun: Instant) -> (Scripted, Log) {
    let log = Log::default();
    let requests = Arc::clone(&log.0);
    let server = Scripted::new(move |request, _| {
        requests.lock().unwrap().push((request.uri().path().to_owned(), begun.elapsed().as_millis()));
        async { good() }
    });
    (server, log)
}

#[tokio::test(start_paused = true)]
async fn operations_have_separate_rate_limits() {
    let (server, log) = logging(Instant::now());
    let client = server
        .builder()
        .clock(PausedClock)
        .rate_limit_for::<calls::ListsUpdate>(1, Duration::from_secs(1))
        .rate_limit_for::<calls::ListsUpdate>(20, MINUTE)
        .rate_limit_for::<calls::ListsDelete>(1, Duration::from_secs(1))
        .build()
        .unwrap();
    let update = || async { client.lists().update("a", "A").await.map(drop) };
    let delete = || async { client.lists().delete("b").await.map(drop) };
    let raw = || async { client.request(Method::GET, "/x").send_raw().await.map(drop) };
    let calls = futures::future::join3(
        join_all((0..4).map(|_| update())),
        join_all((0..3).map(|_| delete())),
        join_all((0..3).map(|_| raw())),
    );
    let (updates, deletes, raws) = calls.await;
    assert!([updates, deletes, raws].iter().flatten().all(Result::is_ok));
    assert_eq!(log.starts("/lists/a"), [0, 3000, 6000, 9000]);
    assert_eq!(log.starts("/lists/b"), [0, 1000, 2000]);
    assert_eq!(log.starts("/x"), [0, 0, 0]);

    let hurried = client.with_options(|options| options.total_timeout(Duration::from_secs(2)));
    let seen = server.seen();
    let error = hurried.lists().update("a", "A").await.unwrap_err();
    assert_eq!((error.kind(), error.attempts(), server.seen()), (ErrorKind::RateLimited, 0, seen));
    let error = server.builder().rate_limit_for::<calls::ListsUpdate>(0, MINUTE).build().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Configuration);
}

#[tokio::test(start_paused = true)]
async fn limit_of_an_operation_adds_to_that_of_all() {
    let (server, log) = logging(Instant::now());
    let client = server
        .builder()
        .clock(PausedClock)
        .rate_limit(10, Duration::from_secs(1))
        .rate_limit_for::<calls::ListsDelete>(1, Duration::from_secs(1));
    let client = client.build().unwrap();
    let delete = || async { client.lists().delete("b").await.map(drop) };
    let raw = || async { client.request(Method::GET, "/x").send_raw().await.map(drop) };
    let (raws, deletes) = futures::join!(join_all((0..20).map(|_| raw())), join_all((0..3).map(|_| delete())));
    assert!(raws.iter().chain(&deletes).all(Result::is_ok));
    assert_eq!(log.starts("/x"), (0..20).map(|number| number * 100).collect::<Vec<_>>());
    assert_eq!(log.starts("/lists/b"), [2000, 3000, 4000]);
}

#[tokio::test(start_paused = true)]
async fn resource_limit_adds_to_those_of_operations() {
    let (server, log) = logging(Instant::now());
    let client = server
        .builder()
        .clock(PausedClock)
        .rate_limit(10, Duration::from_secs(1))
        .rate_limit_for_resource::<resources::Lists>(1, Duration::from_secs(1))
        .rate_limit_for_resource::<resources::Lists>(2, Duration::from_secs(1))
        .rate_limit_for_resource::<resources::ListsSubscriptions>(1, Duration::from_secs(5))
        .rate_limit_for::<calls::ListsDelete>(1, Duration::from_secs(10));
    let client = client.build().unwrap();
    let calls = futures::future::join4(
        join_all((0..4).map(|_| client.lists().update("a", "A").send())),
        join_all((0..3).map(|_| client.lists().subscriptions().unsubscribe_user("b", "u").send())),
        join_all((0..2).map(|_| client.lists().delete("c").send())),
        // A resource whose name begins in the same way, and another.
        join_all((0..2).map(|_| client.profiles().lists().delete("d").send())),
    );
    let (updates, unsubscribed, deleted, profiles) = calls.await;
    assert!(updates.iter().all(Result::is_ok) && profiles.iter().all(Result::is_ok));
    assert!([unsubscribed, deleted].iter().flatten().all(Result::is_ok));
    assert_eq!(log.starts("/lists/a"), [0, 500, 1000, 1500]);
    // Each waits for its turn of the lists as well, behind the others.
    assert_eq!(log.starts("/lists/b/subscriptions/u"), [2000, 7000, 12_000]);
    assert_eq!(log.starts("/lists/c"), [3500, 13_500]);
    assert_eq!(log.starts("/profiles/d/lists"), [900, 1000], "only the limit of all calls");

    let error = server.builder().rate_limit_for_resource::<resources::Lists>(0, MINUTE).build().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Configuration);
}

#[tokio::test(start_paused = true)]
async fn documented_limits_are_kept_on_demand() {
    let update = |client: Client| async move {
        let mut attempts = 0;
        for _ in 0..45 {
            attempts += client.lists().update("customers", "Customers").await.unwrap().attempts();
        }
        attempts
    };
    let courier = Courier::new();
    courier.limit_rates(true);
    assert!(update(courier.client()).await > 45, "the server limits the operation");
    let courier = Courier::new();
    courier.limit_rates(true);
    assert_eq!(update(courier.client_builder().documented_rate_limits(true).build().unwrap()).await, 45);

    let begun = Instant::now();
    let server = Scripted::outcomes(vec![good]);
    let builder = || server.builder().clock(PausedClock).documented_rate_limits(true);
    let client = builder().build().unwrap();
    join_all((0..3).map(|_| client.lists().update("a", "A").send())).await;
    assert_eq!(begun.elapsed().as_secs(), 6);
    // An operation without a documented limit does not wait.
    join_all((0..100).map(|_| client.lists().delete("a").send())).await;
    assert_eq!(begun.elapsed().as_secs(), 6);
    let client = builder().rate_limit_for::<calls::ListsUpdate>(60, MINUTE).build().unwrap();
    join_all((0..3).map(|_| client.lists().update("a", "A").send())).await;
    assert_eq!(begun.elapsed().as_secs(), 8, "the caller's limit overrides it");
}

#[tokio::test(start_paused = true)]
async fn used_up_limit_pauses_its_operation() {
    fn used_up() -> Outcome {
        let response = Response::builder().header("ratelimit-remaining", "0").header("ratelimit-reset", "20");
        Ok(response.body(Body::from("{}")).unwrap())
    }
    let begun = Instant::now();
    let server = Scripted::outcomes(vec![used_up, good]);
    let client = server.builder().clock(PausedClock).build().unwrap();
    client.lists().delete("a").await.unwrap();
    client.brands().delete("a").await.unwrap();
    assert_eq!(begun.elapsed().as_secs(), 0, "only the operation pauses");
    client.lists().delete("a").await.unwrap();
    assert_eq!((begun.elapsed().as_secs(), server.seen()), (20, 3));

    let begun = Instant::now();
    let server = Scripted::outcomes(vec![used_up]);
    let client = server.builder().clock(PausedClock).options(|options| options.pause_on_rate_limit(false));
    let client = client.build().unwrap();
    client.lists().delete("a").await.unwrap();
    client.lists().delete("a").await.unwrap();
    assert_eq!(begun.elapsed().as_secs(), 0);

    // The delay of a 429 without `retry-after`.
    let limited = || {
        let response = Response::builder().status(429).header("ratelimit", "\"minute\";r=0;t=7");
        Ok(response.body(Body::empty()).unwrap())
    };
    let begun = Instant::now();
    let server = Scripted::outcomes(vec![limited, good]);
    server.builder().clock(PausedClock).build().unwrap().lists().delete("a").await.unwrap();
    assert_eq!((begun.elapsed().as_secs(), server.seen()), (7, 2));
    let server = Scripted::outcomes(vec![limited]);
    let client = server.builder().options(|options| options.max_retries(0)).build().unwrap();
    let error = client.lists().delete("a").await.unwrap_err();
    assert_eq!(error.retry_after(), Some(Duration::from_secs(7)));
}

/// Decides as scripted, and then grants.
#[derive(Clone, Default)]
struct Decisions(Arc<Mutex<VecDeque<Decision>>>, Arc<Mutex<Vec<&'static str>>>);

enum Decision {
    Permit(Permit),
    Fail,
    Hang,
}

impl Decisions {
    fn of(decisions: impl IntoIterator<Item = Decision>) -> Self {
        Self(Arc::new(Mutex::new(decisions.into_iter().collect())), Arc::default())
    }

    fn operations(&self) -> Vec<&'static str> {
        self.1.lock().unwrap().clone()
    }

    fn client(&self, server: &Scripted) -> Client {
        server.builder().clock(PausedClock).options(|options| options.limiter(self.clone())).build().unwrap()
    }
}

impl Limiter for Decisions {
    fn acquire(&self, operation: &'static str) -> Acquire<'_> {
        self.1.lock().unwrap().push(operation);
        let decision = self.0.lock().unwrap().pop_front();
        Box::pin(async move {
            match decision {
                Some(Decision::Permit(permit)) => Ok(permit),
                Some(Decision::Fail) => Err("the store is gone".into()),
                Some(Decision::Hang) => std::future::pending().await,
                None => Ok(Permit::Granted),
            }
        })
    }
}

fn wait(seconds: u64) -> Decision {
    Decision::Permit(Permit::Wait(Duration::from_secs(seconds)))
}

#[tokio::test(start_paused = true)]
async fn limiter_permits_each_attempt() {
    let begun = Instant::now();
    let server = Scripted::outcomes(vec![lost, good]);
    let limiter = Decisions::of([
        wait(5),
        wait(3),
        Decision::Permit(Permit::Granted),
        wait(10),
        Decision::Permit(Permit::Wait(Duration::ZERO)),
    ]);
    let client = limiter.client(&server);
    client.lists().delete("a").await.unwrap();
    assert_eq!((begun.elapsed().as_millis(), server.seen()), (18_501, 2));
    assert_eq!(limiter.operations(), ["lists.delete"; 6]);
    client.request(Method::GET, "/x").send_raw().await.unwrap();
    assert_eq!(limiter.operations().len(), 7);
}

#[tokio::test(start_paused = true)]
async fn limiter_waits_within_the_total_timeout() {
    let server = Scripted::outcomes(vec![good]);
    let begun = Instant::now();
    let hurried = |client: &Client| client.with_options(|options| options.total_timeout(Duration::from_secs(8)));
    let client = hurried(&Decisions::of([wait(8)]).client(&server));
    let error = client.lists().delete("a").await.unwrap_err();
    assert_eq!((error.kind(), error.was_sent(), begun.elapsed()), (ErrorKind::RateLimited, false, Duration::ZERO));
    assert_eq!(
        error.to_string(),
        "lists.delete: the limiter lets this request begin only after the call's total timeout"
    );
    let client = hurried(&Decisions::of([wait(3), wait(3), wait(3)]).client(&server));
    let error = client.lists().delete("a").await.unwrap_err();
    assert_eq!((error.kind(), begun.elapsed().as_secs()), (ErrorKind::RateLimited, 6));

    let begun = Instant::now();
    let client = hurried(&Decisions::of([wait(3), Decision::Hang]).client(&server));
    let error = client.lists().delete("a").await.unwrap_err();
    assert_eq!((error.kind(), error.was_sent(), begun.elapsed().as_secs()), (ErrorKind::Timeout, false, 8));
    assert_eq!(server.seen(), 0);
    // Without a total timeout, a limiter may take as long as an attempt.
    let begun = Instant::now();
    let error = Decisions::of([Decision::Hang]).client(&server).lists().delete("a").await.unwrap_err();
    assert_eq!((error.kind(), begun.elapsed().as_secs()), (ErrorKind::Timeout, 60));
}

#[tokio::test(start_paused = true)]
async fn failed_limiter_sends_nothing_more() {
    let server = Scripted::outcomes(vec![lost]);
    let error = Decisions::of([Decision::Fail]).client(&server).lists().delete("a").await.unwrap_err();
    assert_eq!((error.kind(), error.attempts(), error.was_sent()), (ErrorKind::Limiter, 0, false));
    assert!(error.is_transient());
    assert_eq!(error.to_string(), "lists.delete: the limiter failed, so the request was not sent");
    assert_eq!(error.source().unwrap().to_string(), "the store is gone");
    assert_eq!(server.seen(), 0);

    let limiter = Decisions::of([Decision::Permit(Permit::Granted), Decision::Fail]);
    let error = limiter.client(&server).lists().delete("a").await.unwrap_err();
    assert_eq!((error.kind(), error.attempts(), server.seen()), (ErrorKind::Limiter, 1, 1));
    assert!(error.was_sent() && error.response_was_lost(), "the first attempt may have acted");
}
