//! What the benchmarks share: two ways of doing the same thing measured in turn, a count of allocations, and whatever
//! answers the calls.
#![allow(dead_code, reason = "each benchmark uses its part")]

pub mod answers;
pub mod server;

use std::hint::black_box;
use std::time::{Duration, Instant};

use trycourier::http::Response;
use trycourier::transport::{Attempt, Body, BoxFuture, Transport, TransportError};
use trycourier::{Bytes, Client};

pub const KEY: &str = "pk_test_4VJQ8ZK2M9W4Z5P0T7Y1";

/// A time that is long enough for the clock, and short enough that a disturbance spoils few of them.
const BLOCK: Duration = Duration::from_millis(4);

/// How often two ways are compared. Without `--bench`, as `cargo test --benches` has it, once: to see that it runs.
fn rounds() -> usize {
    if std::env::args().any(|argument| argument == "--bench") { 301 } else { 1 }
}

/// What one way costs beside another.
pub struct Comparison {
    /// For one time.
    pub ours: Duration,
    pub theirs: Duration,
    pub ratio: f64,
    /// Where the ratio is with 95% confidence.
    pub between: (f64, f64),
}

impl Comparison {
    /// Of the times that both took in each turn, in which each did its thing so many times. It is the median of the turns'
    /// ratios that counts: an average would count what disturbs the machine.
    pub fn of(turns: &[(Duration, Duration)], times: u32) -> Self {
        let mut ratios: Vec<f64> =
            turns.iter().map(|(ours, theirs)| ours.as_secs_f64() / theirs.as_secs_f64()).collect();
        ratios.sort_by(f64::total_cmp);
        let middle = ratios.len() / 2;
        // The ranks between which a median is with 95% confidence.
        let spread = (ratios.len() as f64).sqrt() as usize;
        let between = (ratios[middle.saturating_sub(spread)], ratios[(middle + spread).min(ratios.len() - 1)]);
        let ours = median(turns.iter().map(|(ours, _)| *ours)) / times;
        let theirs = median(turns.iter().map(|(_, theirs)| *theirs)) / times;
        Self { ours, theirs, ratio: ratios[middle], between }
    }
}

/// Measures two ways, each of which does its thing so many times. They take turns in short blocks, so that whatever disturbs
/// the machine disturbs both.
pub fn in_turn(mut ours: impl FnMut(u32), mut theirs: impl FnMut(u32)) -> Comparison {
    let times = times_in_a_block(&mut theirs);
    ours(times);
    let turns: Vec<_> = (0..rounds())
        .map(|round| {
            // Whoever comes second finds another cache.
            if round % 2 == 0 {
                let ours = time(|| ours(times));
                (ours, time(|| theirs(times)))
            } else {
                let theirs = time(|| theirs(times));
                (time(|| ours(times)), theirs)
            }
        })
        .collect();
    Comparison::of(&turns, times)
}

/// How long one way takes.
pub fn alone(mut way: impl FnMut(u32)) -> Duration {
    let times = times_in_a_block(&mut way);
    median((0..rounds()).map(|_| time(|| way(times)))) / times
}

pub fn time(run: impl FnOnce()) -> Duration {
    let begun = Instant::now();
    run();
    begun.elapsed()
}

fn median(durations: impl Iterator<Item = Duration>) -> Duration {
    let mut all: Vec<Duration> = durations.collect();
    all.sort();
    all[all.len() / 2]
}

fn times_in_a_block(way: &mut impl FnMut(u32)) -> u32 {
    let mut times = 1;
    while rounds() > 1 && time(|| way(times)) < BLOCK {
        times *= 2;
    }
    times
}

/// How often one run allocates.
pub fn allocations<T>(run: impl FnOnce() -> T) -> u64 {
    allocation_counter::measure(|| drop(black_box(run()))).count_total
}

/// The bars of a benchmark, and whether they are met.
#[derive(Default)]
pub struct Bars {
    missed: bool,
}

impl Bars {
    /// States what was found. What the doubt covers is not missed.
    pub fn at_most(&mut self, what: &str, found: &Comparison, bar: f64) {
        let (low, high) = found.between;
        let missed = low > bar;
        self.state(what, &format!("{:.3} ({low:.3} to {high:.3})", found.ratio), &format!("{bar:.2}"), missed);
    }

    pub fn state(&mut self, what: &str, found: &str, bar: &str, missed: bool) {
        self.missed |= missed;
        println!("{what}: {found}, at most {bar}: {}", if missed { "MISSED" } else { "met" });
    }

    /// Fails if one was missed, unless nothing was measured in earnest.
    pub fn end(self) {
        if self.missed && rounds() > 1 {
            std::process::exit(1);
        }
    }
}

/// `12.3 µs`, in columns.
pub fn micros(duration: Duration) -> String {
    format!("{:.2} µs", duration.as_secs_f64() * 1e6)
}

/// A runtime on this thread, as cheap as one can be.
pub fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap()
}

/// A transport without a socket: one response for everything.
pub struct Memory(pub Bytes);

impl Transport for Memory {
    fn send(&self, _: Attempt) -> BoxFuture<'_, Result<Response<Body>, TransportError>> {
        Box::pin(std::future::ready(Ok(Response::new(Body::from(self.0.clone())))))
    }
}

/// A client that is always answered the same.
pub fn answered(body: &Bytes) -> Client {
    Client::builder().api_key(KEY).transport(Memory(body.clone())).build().unwrap()
}
