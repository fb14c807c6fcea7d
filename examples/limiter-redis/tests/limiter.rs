//! The limiter against a real Redis server, at REDIS_URL, and a fake Courier over HTTP.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by a panic")]

use std::io::Write as _;
use std::process::{Child, Command};
use std::sync::Once;
use std::time::{Duration, SystemTime};

use limiter_redis::{RedisLimiter, WithoutRedis};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;
use trycourier::ErrorKind;
use trycourier::testing::Courier;

/// The address of the server; `None` if there is none.
fn redis() -> Option<String> {
    static SKIPPED: Once = Once::new();
    let Ok(url) = std::env::var("REDIS_URL") else {
        // The output of macros is hidden if a test passes.
        let line = b"skipped: the tests of limiter-redis need a server at REDIS_URL\n";
        SKIPPED.call_once(|| std::io::stderr().write_all(line).unwrap());
        return None;
    };
    Some(url)
}

/// The most calls in any period of this length.
fn most_within(courier: &Courier, period: Duration) -> usize {
    let times: Vec<SystemTime> = courier.calls().iter().map(|call| call.at).collect();
    let within = |begin: SystemTime| times.iter().filter(|time| **time >= begin && **time < begin + period).count();
    times.iter().map(|begin| within(*begin)).max().unwrap_or_default()
}

#[tokio::test(flavor = "multi_thread")]
async fn processes_share_a_limit() {
    const PERIOD: Duration = Duration::from_secs(3);
    let Some(url) = redis() else { return };
    let courier = Courier::new();
    let server = courier.serve("127.0.0.1:0").await.unwrap();
    let start = || {
        let mut command = Command::new(env!("CARGO_BIN_EXE_limiter-redis"));
        command.arg("25").env("REDIS_URL", &url).env("PERIOD_SECONDS", PERIOD.as_secs().to_string());
        command.env("COURIER_API_KEY", "test").env("COURIER_BASE_URL", server.url()).spawn().unwrap()
    };
    let processes: Vec<Child> = (0..4).map(|_| start()).collect();
    let ends = processes.into_iter().map(|mut process| tokio::task::spawn_blocking(move || process.wait().unwrap()));
    for end in ends.collect::<Vec<_>>() {
        assert!(end.await.unwrap().success());
    }
    let most = most_within(&courier, PERIOD);
    println!("{} calls, {most} at most in {PERIOD:?}", courier.calls().len());
    assert_eq!(courier.calls().len(), 100);
    // Neither more than permitted, nor so few that the limit is not used.
    assert!((11..=20).contains(&most), "{most}");
}

/// Forwards connections to Redis, until the task is aborted.
async fn forward(url: &str) -> (String, JoinHandle<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let (address, server) = (listener.local_addr().unwrap(), url.trim_start_matches("redis://").to_owned());
    let task = tokio::spawn(async move {
        let mut connections = tokio::task::JoinSet::new();
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut redis = TcpStream::connect(&server).await.unwrap();
            connections.spawn(async move { tokio::io::copy_bidirectional(&mut stream, &mut redis).await });
        }
    });
    (format!("redis://{address}"), task)
}

#[tokio::test(flavor = "multi_thread")]
async fn policy_decides_without_redis() {
    let Some(url) = redis() else { return };
    for without_redis in [WithoutRedis::FailOpen, WithoutRedis::FailClosed] {
        let courier = Courier::new();
        let (url, redis) = forward(&url).await;
        let limiter = RedisLimiter::connect(&url, without_redis).await.unwrap();
        let limiter = limiter.limit("lists.delete", 1000, Duration::from_secs(1)).margin(Duration::ZERO);
        let client = courier.client().with_options(|options| options.limiter(limiter));
        client.lists().update("a", "A").await.unwrap();
        client.lists().delete("a").await.unwrap();
        redis.abort();
        assert!(redis.await.is_err());

        client.lists().update("b", "B").await.unwrap();
        let deleted = client.lists().delete("b").await;
        match without_redis {
            WithoutRedis::FailOpen => assert!(deleted.is_ok()),
            WithoutRedis::FailClosed => assert_eq!(deleted.unwrap_err().kind(), ErrorKind::Limiter),
        }
        let is_deleted = client.lists().retrieve("b").await.is_err();
        assert_eq!(is_deleted, without_redis == WithoutRedis::FailOpen);
    }
}
