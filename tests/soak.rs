//! For any rate of lost responses, each notification exists exactly once.
//!
//! The large run, which also checks the memory: `cargo test --release --test soak -- --ignored --nocapture`.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a test fails by a panic")]

mod support;

use std::collections::HashMap;
use std::sync::atomic::{AtomicU8, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use futures::stream::{self, StreamExt as _};
use serde_json::{Value, json};
use support::faulty::{answer, read_request};
use tokio::io::AsyncWriteExt as _;
use tokio::net::{TcpListener, TcpStream};
use trycourier::retry::Backoff;
use trycourier::{Client, ErrorKind, types};

const CONCURRENCY: usize = 64;

/// The outcome that the server keeps under a key.
#[derive(Clone, Copy)]
enum Kept {
    Accepted(u32),
    /// The notification was created, and a later step failed.
    Failed,
    /// The notification is being created, for a client that has disconnected.
    Underway,
}

/// A server that fails a fifth of all requests after it has acted on them.
struct Server {
    /// The number of times that each notification was created.
    made: Vec<AtomicU8>,
    kept: Mutex<HashMap<u128, Kept>>,
    chance: AtomicU64,
    requests: AtomicU64,
    failed: AtomicU64,
}

impl Server {
    async fn start(sends: usize) -> (Arc<Self>, String) {
        let mut kept = HashMap::with_capacity(sends);
        // Touched once, so that its growth is not counted as the client's.
        kept.extend((0..sends as u128).map(|key| (key, Kept::Failed)));
        kept.clear();
        let server = Arc::new(Self {
            made: (0..sends).map(|_| AtomicU8::new(0)).collect(),
            kept: Mutex::new(kept),
            chance: AtomicU64::new(1),
            requests: AtomicU64::new(0),
            failed: AtomicU64::new(0),
        });
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let shared = Arc::clone(&server);
        tokio::spawn(async move {
            loop {
                let (socket, _) = listener.accept().await.unwrap();
                let server = Arc::clone(&shared);
                tokio::spawn(async move { while_connected(socket, &server).await });
            }
        });
        (server, url)
    }

    /// Returns the next number of a sequence in which each of 0..100 is equally frequent.
    fn chance(&self) -> u64 {
        let count = self.chance.fetch_add(1, Ordering::Relaxed);
        // The final steps of MurmurHash3.
        let mixed = (count ^ (count >> 33)).wrapping_mul(0xff51_afd7_ed55_8ccd);
        let mixed = (mixed ^ (mixed >> 33)).wrapping_mul(0xc4ce_b9fe_1a85_ec53);
        (mixed ^ (mixed >> 33)) % 100
    }

    /// Acts on a request, once per key.
    fn act(self: &Arc<Self>, key: &str, body: &[u8]) -> (Kept, bool) {
        let key = key.chars().filter_map(|c| c.to_digit(16)).fold(0_u128, |key, digit| key << 4 | u128::from(digit));
        let mut kept = self.kept.lock().unwrap();
        if let Some(first) = kept.get(&key) {
            return (*first, true);
        }
        let body: Value = serde_json::from_slice(body).unwrap();
        let number: u32 = body["message"]["template"].as_str().unwrap().parse().unwrap();
        self.made[number as usize].fetch_add(1, Ordering::Relaxed);
        let first = match self.chance() {
            ..2 => Kept::Failed,
            2..5 => Kept::Underway,
            _ => Kept::Accepted(number),
        };
        kept.insert(key, first);
        if let Kept::Underway = first {
            let server = Arc::clone(self);
            tokio::spawn(async move {
                tokio::time::sleep(Duration::from_millis(1)).await;
                server.kept.lock().unwrap().insert(key, Kept::Accepted(number));
            });
        }
        (first, false)
    }
}

async fn while_connected(mut socket: TcpStream, server: &Arc<Server>) {
    let mut buffer = Vec::new();
    while let Ok(request) = read_request(&mut socket, &mut buffer).await {
        server.requests.fetch_add(1, Ordering::Relaxed);
        let (kept, repeated) = server.act(request.header("idempotency-key").unwrap(), &request.body);
        let chance = server.chance();
        let says = match kept {
            // The network loses the response, or a gateway replaces it. Neither is kept.
            _ if chance < 10 => {
                server.failed.fetch_add(1, Ordering::Relaxed);
                let _ = socket.set_zero_linger();
                return;
            }
            _ if chance < 20 => {
                server.failed.fetch_add(1, Ordering::Relaxed);
                answer(503, &[], "")
            }
            Kept::Underway if repeated => answer(409, &[], r#"{"message": "Another request has this key"}"#),
            Kept::Underway => {
                server.failed.fetch_add(1, Ordering::Relaxed);
                return;
            }
            Kept::Failed => answer(500, &[], r#"{"message": "Internal error"}"#),
            // Some responses arrive empty.
            Kept::Accepted(_) if repeated && chance < 24 => answer(202, &[], ""),
            Kept::Accepted(number) => answer(202, &[], json!({"requestId": format!("1-{number}")}).to_string()),
        };
        if socket.write_all(&says).await.is_err() {
            return;
        }
    }
}

/// Returns the memory usage, in KiB.
fn resident() -> u64 {
    let statm = std::fs::read_to_string("/proc/self/statm").unwrap_or_default();
    statm.split(' ').nth(1).and_then(|pages| pages.parse::<u64>().ok()).map_or(0, |pages| pages * 4)
}

fn request(number: usize) -> types::Message {
    serde_json::from_value(json!({"to": {"user_id": "user"}, "template": number.to_string()})).unwrap()
}

/// The outcome of a send.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
enum End {
    Sent,
    SentWithoutBody,
    Failed(u16),
    Lost,
}

async fn send(client: &Client, number: usize) -> End {
    match client.send().message(request(number)).await {
        Ok(sent) => {
            assert_eq!(sent.request_id, format!("1-{number}"), "a response of another send");
            End::Sent
        }
        Err(error) => {
            assert!(error.was_sent(), "{error}");
            match (error.kind(), error.status()) {
                (ErrorKind::EmptyBody, _) => End::SentWithoutBody,
                (ErrorKind::Server | ErrorKind::Conflict, Some(status)) => End::Failed(status.as_u16()),
                (ErrorKind::Connection, _) => End::Lost,
                _ => panic!("{error}"),
            }
        }
    }
}

async fn soak(sends: usize) -> Vec<u64> {
    let (server, url) = Server::start(sends).await;
    let brief = Backoff::default().initial_delay(Duration::from_micros(100)).max_delay(Duration::from_millis(1));
    let client =
        Client::builder().api_key("key").base_url(url).options(|options| options.backoff(brief)).build().unwrap();
    let began = Instant::now();
    let mut ends: HashMap<End, u64> = HashMap::new();
    let mut memory = Vec::new();
    let mut calls = stream::iter(0..sends).map(|number| send(&client, number)).buffer_unordered(CONCURRENCY);
    let mut done = 0;
    while let Some(end) = calls.next().await {
        *ends.entry(end).or_default() += 1;
        done += 1;
        if done % (sends / 10) == 0 {
            memory.push(resident());
        }
    }
    let (requests, failed) = (server.requests.load(Ordering::Relaxed), server.failed.load(Ordering::Relaxed));
    let mut ends: Vec<_> = ends.into_iter().collect();
    ends.sort();
    println!(
        "{sends} sends, {CONCURRENCY} at a time: {requests} requests, {failed} failed after the act, {:.1?}",
        began.elapsed()
    );
    println!("ended as {ends:?}");
    println!("memory at each tenth, in KiB: {memory:?}");

    let not_once = server.made.iter().filter(|made| made.load(Ordering::Relaxed) != 1).count();
    assert_eq!(not_once, 0, "notifications that do not exist exactly once");
    assert!(failed * 100 / requests > 17, "the server hardly failed");
    let sent = ends
        .iter()
        .filter(|(end, _)| matches!(end, End::Sent | End::SentWithoutBody))
        .map(|(_, count)| count)
        .sum::<u64>();
    // Except for sends that fail three times, and the 2% that fail permanently.
    assert!(sent * 100 >= sends as u64 * 95, "retries did not help: {ends:?}");
    memory
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_notification_exists_once() {
    soak(2_000).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "takes a minute; run it in release"]
async fn hundred_thousand_notifications_keep_memory_flat() {
    let memory = soak(100_000).await;
    let (settled, end) = (memory[1], memory[9]);
    assert!(end < settled + 4096, "memory grows: {memory:?}");
}
