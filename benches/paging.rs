//! The cost of reading a long list: 1,000,000 users on 10,000 pages.
//!
//! `cargo bench --bench paging`. `items()` reads them, in turn with a plain loop that decodes the same pages with
//! `serde_json::from_slice`. The pages come from memory, so only the client is measured. It fails if the stream takes
//! more than 1.05 times as long as the loop, or if the process ever uses more than 32 MiB (measured on Linux only).

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a benchmark fails by a panic")]

mod support;

use std::fs;
use std::hint::black_box;
use std::sync::Arc;

use futures::TryStreamExt as _;
use support::{Bars, Comparison, KEY, responses, runtime, time};
use trycourier::http::Response;
use trycourier::transport::{Attempt, Body, BoxFuture, Transport, TransportError};
use trycourier::{Bytes, Client, types};

const BAR: f64 = 1.05;
const MEMORY_BAR: usize = 32 << 20;

const ITEMS: usize = 1_000_000;
const ON_A_PAGE: usize = 100;
const PAGES: usize = ITEMS / ON_A_PAGE;
/// The number of pages that the stream and the loop read per turn.
const TURN: usize = 20;

fn main() {
    let pages = Arc::new(Pages { items: responses::bulk_job_users(ON_A_PAGE) });
    let client = Client::builder().api_key(KEY).transport(Numbered(Arc::clone(&pages))).build().unwrap();
    let runtime = runtime();
    let mut items = client.bulk().list_users("job").items();
    let mut stream = |_: usize| {
        runtime.block_on(async {
            for _ in 0..TURN * ON_A_PAGE {
                drop(black_box(items.try_next().await.unwrap().unwrap()));
            }
        });
    };
    let plain = |turn: usize| {
        for number in turn * TURN..(turn + 1) * TURN {
            let page: types::BulkListUsersResponse = serde_json::from_slice(&pages.page(number)).unwrap();
            page.items.into_iter().for_each(|item| drop(black_box(item)));
        }
    };

    let mut turns = Vec::new();
    for turn in 0..PAGES / TURN {
        // They alternate, because the second one benefits from a warm cache.
        turns.push(if turn % 2 == 0 {
            let ours = time(|| stream(turn));
            (ours, time(|| plain(turn)))
        } else {
            let theirs = time(|| plain(turn));
            (time(|| stream(turn)), theirs)
        });
    }
    assert!(runtime.block_on(items.try_next()).unwrap().is_none(), "the list has an end");

    let found = Comparison::of(&turns, u32::try_from(TURN * ON_A_PAGE).unwrap());
    println!(
        "{ITEMS} items on {PAGES} pages: {:.0} items/s by the stream, {:.0} items/s by the loop",
        1.0 / found.ours.as_secs_f64(),
        1.0 / found.theirs.as_secs_f64()
    );
    let mut bars = Bars::default();
    bars.at_most("  ratio", &found, BAR);
    match peak_memory() {
        Some(peak) => {
            let found = format!("{:.1} MiB", peak as f64 / f64::from(1 << 20));
            bars.state("  peak memory of the process", &found, "32 MiB", peak > MEMORY_BAR);
        }
        None => println!("  peak memory of the process: unknown on this system"),
    }
    bars.end();
}

/// Returns the peak memory of the process, or `None` if the system is not Linux.
fn peak_memory() -> Option<usize> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    Some(line.trim().strip_suffix(" kB")?.parse::<usize>().ok()? << 10)
}

/// The pages of the list. Each has the same items, and a different cursor.
struct Pages {
    items: String,
}

impl Pages {
    fn page(&self, number: usize) -> Bytes {
        let next = number + 1;
        responses::page(&self.items, (next < PAGES).then(|| next.to_string()).as_deref()).into()
    }
}

/// Responds with the page at the cursor.
struct Numbered(Arc<Pages>);

impl Transport for Numbered {
    fn send(&self, attempt: Attempt) -> BoxFuture<'_, Result<Response<Body>, TransportError>> {
        let cursor = attempt.request.uri().query().and_then(|query| query.strip_prefix("cursor="));
        let number = cursor.map_or(0, |cursor| cursor.parse().unwrap());
        Box::pin(std::future::ready(Ok(Response::new(self.0.page(number).into()))))
    }
}
