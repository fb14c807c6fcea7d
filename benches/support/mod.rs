//! Shared by the benchmarks: comparison of two ways in turn, counting of allocations, and transports and servers that
//! respond.
#![allow(dead_code, reason = "each benchmark uses its part")]

pub mod responses;
pub mod server;

use std::hint::black_box;
use std::time::{Duration, Instant};

use trycourier::http::Response;
use trycourier::transport::{Attempt, Body, BoxFuture, Transport, TransportError};
use trycourier::{Bytes, Client};

pub const KEY: &str = "pk_test_4VJQ8ZK2M9W4Z5P0T7Y1";

/// The time of a block: long enough for the clock, and short enough that a disturbance affects only few blocks.
const BLOCK: Duration = Duration::from_millis(4);

/// Returns the number of comparisons: one without `--bench`, for `cargo test --benches`, which only checks that it
/// runs.
fn rounds() -> usize {
    if std::env::args().any(|argument| argument == "--bench") { 301 } else { 1 }
}

/// The cost of one way, compared with another.
pub struct Comparison {
    /// The time of one run.
    pub ours: Duration,
    pub theirs: Duration,
    pub ratio: f64,
    /// The 95% confidence interval of the ratio.
    pub between: (f64, f64),
}

impl Comparison {
    /// Compares the times of both ways in each turn, in which each ran `times` times. The result is the median of the
    /// turns' ratios, because an average would include disturbances.
    pub fn of(turns: &[(Duration, Duration)], times: u32) -> Self {
        let mut ratios: Vec<f64> =
            turns.iter().map(|(ours, theirs)| ours.as_secs_f64() / theirs.as_secs_f64()).collect();
        ratios.sort_by(f64::total_cmp);
        let middle = ratios.len() / 2;
        // The ranks of the 95% confidence interval of a median.
        let spread = (ratios.len() as f64).sqrt() as usize;
        let between = (ratios[middle.saturating_sub(spread)], ratios[(middle + spread).min(ratios.len() - 1)]);
        let ours = median(turns.iter().map(|(ours, _)| *ours)) / times;
        let theirs = median(turns.iter().map(|(_, theirs)| *theirs)) / times;
        Self { ours, theirs, ratio: ratios[middle], between }
    }
}

/// Measures two ways, each of which runs as often as its argument says. They take turns in short blocks, so that a
/// disturbance affects both.
pub fn in_turn(mut ours: impl FnMut(u32), mut theirs: impl FnMut(u32)) -> Comparison {
    let times = times_in_a_block(&mut theirs);
    ours(times);
    let turns: Vec<_> = (0..rounds())
        .map(|round| {
            // They alternate, because the second one benefits from a warm cache.
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

/// Measures the time of one way.
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

/// Returns the number of allocations of one run.
pub fn allocations<T>(run: impl FnOnce() -> T) -> u64 {
    allocation_counter::measure(|| drop(black_box(run()))).count_total
}

/// The bars of a benchmark, and whether they are met.
#[derive(Default)]
pub struct Bars {
    missed: bool,
}

impl Bars {
    /// Prints a ratio and whether it meets its bar. A bar within the confidence interval is met.
    pub fn at_most(&mut self, what: &str, found: &Comparison, bar: f64) {
        let (low, high) = found.between;
        let missed = low > bar;
        self.state(what, &format!("{:.3} ({low:.3} to {high:.3})", found.ratio), &format!("{bar:.2}"), missed);
    }

    pub fn state(&mut self, what: &str, found: &str, bar: &str, missed: bool) {
        self.missed |= missed;
        println!("{what}: {found}, at most {bar}: {}", if missed { "MISSED" } else { "met" });
    }

    /// Fails if a bar was missed, unless this was only a test run.
    pub fn end(self) {
        if self.missed && rounds() > 1 {
            std::process::exit(1);
        }
    }
}

/// Formats a duration as `12.34 µs`.
pub fn micros(duration: Duration) -> String {
    format!("{:.2} µs", duration.as_secs_f64() * 1e6)
}

/// Creates a runtime on this thread, the cheapest kind.
pub fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap()
}

/// A transport without a socket, with the same response for every request.
pub struct Memory(pub Bytes);

impl Transport for Memory {
    fn send(&self, _: Attempt) -> BoxFuture<'_, Result<Response<Body>, TransportError>> {
        Box::pin(std::future::ready(Ok(Response::new(Body::from(self.0.clone())))))
    }
}

/// Creates a client that always gets the same response.
pub fn client_with(body: &Bytes) -> Client {
    Client::builder().api_key(KEY).transport(Memory(body.clone())).build().unwrap()
}
