//! The limiter against a real Redis server, at REDIS_URL, and a fake Courier over HTTP.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by a panic")]

use std::io::Write as _;
use std::pin::Pin;
use std::process::{Child, Command};
use std::sync::Once;
use std::time::{Duration, Instant, SystemTime};

use futures_util::StreamExt as _;
use limiter_redis::{RedisLimiter, WithoutRedis};
use redis::AsyncCommands as _;
use redis::aio::MultiplexedConnection;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;
use trycourier::retry::{Clock, TokioClock};
use trycourier::testing::{Courier, Server};
use trycourier::{ClientBuilder, ErrorKind};

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

/// Runs four processes at the same time, which all must succeed.
async fn run_four(server: &Server, mut process: impl FnMut() -> Command) {
    let mut start = || process().env("COURIER_API_KEY", "test").env("COURIER_BASE_URL", server.url()).spawn().unwrap();
    let processes: Vec<Child> = (0..4).map(|_| start()).collect();
    let ends = processes.into_iter().map(|mut process| tokio::task::spawn_blocking(move || process.wait().unwrap()));
    for end in ends.collect::<Vec<_>>() {
        assert!(end.await.unwrap().success());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn processes_share_a_limit() {
    const PERIOD: Duration = Duration::from_secs(3);
    let Some(url) = redis() else { return };
    let courier = Courier::new();
    let server = courier.serve("127.0.0.1:0").await.unwrap();
    let process = || {
        let mut command = Command::new(env!("CARGO_BIN_EXE_limiter-redis"));
        command.arg("25").env("REDIS_URL", &url).env("PERIOD_SECONDS", PERIOD.as_secs().to_string());
        command
    };
    run_four(&server, process).await;
    let most = most_within(&courier, PERIOD);
    println!("{} calls, {most} at most in {PERIOD:?}", courier.calls().len());
    assert_eq!(courier.calls().len(), 100);
    // Neither more than permitted, nor so few that the limit is not used.
    assert!((11..=20).contains(&most), "{most}");
}

/// The key with the simulated time of Redis, in milliseconds.
const CLOCK: &str = "simulated-time";

/// The calls of each process in the simulated time.
const CALLS: usize = 350;

/// The limit in the simulated time.
const LIMIT: usize = 20;
const MINUTE: Duration = Duration::from_secs(60);

/// A clock whose delays end at once, and move the simulated time by a part of the delay.
#[derive(Clone)]
struct SimulatedClock(MultiplexedConnection);

impl Clock for SimulatedClock {
    fn now(&self) -> Instant {
        TokioClock.now()
    }

    fn date(&self) -> SystemTime {
        TokioClock.date()
    }

    fn sleep(&self, delay: Duration) -> Pin<Box<dyn Future<Output = ()> + Send>> {
        let (mut redis, part) = (self.0.clone(), fastrand::u64(0..=u64::try_from(delay.as_millis()).unwrap()));
        Box::pin(async move { redis.incr(CLOCK, part).await.unwrap() })
    }

    fn random(&self) -> f64 {
        fastrand::f64()
    }
}

#[tokio::test]
#[ignore = "it is a process of `limit_holds_in_every_minute_of_an_hour`"]
async fn simulated_process() {
    let Some(url) = redis() else { return };
    let limiter = RedisLimiter::connect(&url, WithoutRedis::FailClosed).await.unwrap();
    let limiter = limiter.limit("lists.restore", LIMIT, MINUTE).margin(Duration::ZERO).clock(CLOCK);
    let redis = redis::Client::open(url).unwrap().get_multiplexed_async_connection().await.unwrap();
    let clock = SimulatedClock(redis);
    let builder = ClientBuilder::from_env().unwrap().clock(clock.clone());
    let client = builder.options(|options| options.limiter(limiter)).build().unwrap();
    for _ in 0..CALLS {
        client.lists().restore("customers").await.unwrap();
        // At times the process has something else to do.
        if fastrand::u8(..4) == 0 {
            clock.sleep(Duration::from_secs(15)).await;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn limit_holds_in_every_minute_of_an_hour() {
    let Some(url) = redis() else { return };
    let courier = Courier::new();
    courier.client().lists().update("customers", "Customers").await.unwrap();
    let server = courier.serve("127.0.0.1:0").await.unwrap();
    let redis = redis::Client::open(url.as_str()).unwrap();
    let mut connection = redis.get_multiplexed_async_connection().await.unwrap();
    let () = connection.set(CLOCK, 1).await.unwrap();
    // Redis itself reports the permits.
    let mut commands = Box::pin(redis.get_async_monitor().await.unwrap().into_on_message::<String>());
    let reader = tokio::spawn(async move {
        let mut permits = Vec::new();
        loop {
            let command = commands.next().await.unwrap().to_lowercase();
            match command.split_once("\"lpush\" \"courier-limit:lists.restore\" \"") {
                Some((_, time)) => permits.push(time.trim_end_matches('"').parse::<u64>().unwrap()),
                None if command.contains("\"echo\" \"end\"") => return permits,
                None => {}
            }
        }
    });
    let process = || {
        let mut command = Command::new(std::env::current_exe().unwrap());
        command.args(["--exact", "simulated_process", "--ignored"]).env("REDIS_URL", &url);
        command
    };
    run_four(&server, process).await;
    let _: String = redis::cmd("ECHO").arg("end").query_async(&mut connection).await.unwrap();

    let permits = reader.await.unwrap();
    assert_eq!((permits.len(), courier.calls().len()), (4 * CALLS, 4 * CALLS + 1));
    let minute = u64::try_from(MINUTE.as_millis()).unwrap();
    let shortest = |calls: usize| permits.windows(calls).map(|some| some[calls - 1] - some[0]).min().unwrap();
    let minutes = (permits[permits.len() - 1] - permits[0]) / minute;
    println!("{} calls in {minutes} minutes; 20 in {} ms, 21 in {} ms", permits.len(), shortest(20), shortest(21));
    assert!(minutes >= 60, "{minutes}");
    // Never 21 in a minute, and the limit is used.
    assert!(shortest(LIMIT + 1) >= minute && shortest(LIMIT) < minute / 2);
}

/// Forwards connections to Redis, until the task is aborted.
async fn forward(address: &str, url: &str) -> (String, JoinHandle<()>) {
    let listener = TcpListener::bind(address).await.unwrap();
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
    let Some(server) = redis() else { return };
    for without_redis in [WithoutRedis::FailOpen, WithoutRedis::FailClosed] {
        let courier = Courier::new();
        let (url, redis) = forward("127.0.0.1:0", &server).await;
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

        // Redis is back, and asked again.
        let _redis = forward(url.trim_start_matches("redis://"), &server).await;
        let mut kinds = Vec::new();
        for _ in 0..10 {
            client.lists().update("c", "C").await.unwrap();
            kinds.push(client.lists().delete("c").await.map(drop).map_err(|error| error.kind()));
        }
        assert_eq!(kinds.last(), Some(&Ok(())), "{kinds:?}");
    }
}
