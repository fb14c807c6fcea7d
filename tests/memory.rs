//! The memory that a response takes is bounded, even if the server is hostile.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a test fails by a panic")]

mod support;

use std::io::Write as _;

use peak_alloc::PeakAlloc;
use serde_json::Value;
use support::faulty::{Act, Faulty};
use trycourier::ErrorKind;
use trycourier::http::Method;

#[global_allocator]
static MEMORY: PeakAlloc = PeakAlloc;

fn gzipped(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

/// A response of the maximum size that the client reads, made of repetitions.
fn largest(begin: &str, repeated: &str, end: &str) -> Vec<u8> {
    const LIMIT: usize = 8 * 1024 * 1024;
    let times = (LIMIT - begin.len() - end.len()) / repeated.len();
    [begin, &repeated.repeat(times), end].concat().into_bytes()
}

// A single test, because tests in parallel would disturb the counts.
#[tokio::test]
async fn memory_of_a_response_is_bounded() {
    worst_response_stays_below_a_gibibyte().await;
    bomb_is_not_decompressed_beyond_the_limit().await;
    empty_gzip_members_are_limited().await;
}

async fn worst_response_stays_below_a_gibibyte() {
    for (name, body) in [
        ("zeros", largest("[0", ",0", "]")),
        ("empty objects", largest("[{}", ",{}", "]")),
        ("empty lists", largest("[[]", ",[]", "]")),
        ("lists of one", largest("[[0]", ",[0]", "]")),
        ("objects of one", largest("[{\"\":0}", ",{\"\":0}", "]")),
        ("texts", largest("[\"a\"", ",\"a\"", "]")),
    ] {
        let bytes = body.len();
        let body = gzipped(&body);
        let sent = body.len();
        let server = Faulty::start(vec![Act::answer(200, &[("content-encoding", "gzip")], body)]).await;
        let client = server.builder().build().unwrap();
        MEMORY.reset_peak_usage();
        let before = MEMORY.current_usage();
        let value = client.request(Method::GET, "/x").send::<Value>().await.unwrap();
        let peak = MEMORY.peak_usage() - before;
        drop(value);
        println!("{name}: {sent} bytes on the wire, {bytes} of JSON, {} MiB, {} times", peak >> 20, peak / bytes);
        assert!(peak < 1 << 30, "{name}: {peak}");
    }
}

async fn bomb_is_not_decompressed_beyond_the_limit() {
    let bomb = gzipped(&vec![b' '; 256 << 20]);
    for status in [200, 500] {
        let server = Faulty::start(vec![Act::answer(status, &[("content-encoding", "gzip")], &bomb)]).await;
        let client = server.builder().max_retries(0).build().unwrap();
        MEMORY.reset_peak_usage();
        let before = MEMORY.current_usage();
        let error = client.request(Method::GET, "/x").send::<Value>().await.unwrap_err();
        let peak = MEMORY.peak_usage() - before;
        let kind = if status == 200 { ErrorKind::ResponseTooLarge } else { ErrorKind::Server };
        assert_eq!(error.kind(), kind);
        assert!(peak < 64 << 20, "{status}: {peak}");
    }
}

async fn empty_gzip_members_are_limited() {
    let nothing = gzipped(b"");
    for (parts, is_read) in [(1000, true), (1001, false), (8 * 1024 * 1024 / nothing.len(), false)] {
        let body = nothing.repeat(parts);
        let server = Faulty::start(vec![Act::answer(200, &[("content-encoding", "gzip")], body)]).await;
        let client = server.builder().max_retries(0).build().unwrap();
        assert_eq!(client.request(Method::GET, "/x").send_raw().await.is_ok(), is_read, "{parts}");
    }
}
