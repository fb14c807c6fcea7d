//! The speed of decoding responses, and the number of allocations.
//!
//! `cargo bench --bench decode`. Each kind of body is decoded in three ways, in turn: by a call of the client, whose
//! transport responds from memory; by `serde_json::from_slice` as the same type; and by `serde_json::from_slice` as a
//! `Value`. It fails if the client is slower than the second.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a benchmark fails by a panic")]

mod support;

use std::hint::black_box;

use serde::de::DeserializeOwned;
use serde_json::Value;
use support::{Bars, allocations, client_with, in_turn, responses, runtime};
use trycourier::{Bytes, Client, types};

/// The maximum ratio of the client's time to that of decoding the body.
const BAR: f64 = 1.03;

fn main() {
    let mut bars = Bars::default();
    println!("{:<12} {:>8}  {:>10} {:>12}  {:>22} {:>22}", "", "", "client", "", "the same type", "Value");
    println!(
        "{:<12} {:>8}  {:>10} {:>12}  {:>9} {:>12} {:>9} {:>12}",
        "body", "kB", "MB/s", "allocations", "ratio", "allocations", "ratio", "allocations"
    );
    compare(&mut bars, "bulk users", responses::bulk_users(100), async |client: &Client| {
        client.bulk().list_users("job").await.unwrap().into_inner()
    });
    compare(&mut bars, "messages", responses::messages(100), async |client: &Client| {
        client.messages().list().await.unwrap().into_inner()
    });
    compare(&mut bars, "journey", responses::journey(20), async |client: &Client| {
        client.journeys().retrieve("journey").await.unwrap().into_inner()
    });
    compare(&mut bars, "elemental", responses::template(100), async |client: &Client| -> types::JourneyTemplate {
        client.journeys().templates().retrieve("journey", "template").await.unwrap().into_inner()
    });
    println!("\nA ratio is the client's time to that of the other.");
    bars.end();
}

fn compare<T: DeserializeOwned + PartialEq + std::fmt::Debug>(
    bars: &mut Bars,
    name: &str,
    body: String,
    call: impl AsyncFn(&Client) -> T,
) {
    let body = Bytes::from(body);
    let (client, runtime) = (client_with(&body), runtime());
    let typed = || serde_json::from_slice::<T>(&body).unwrap();
    let value = || serde_json::from_slice::<Value>(&body).unwrap();
    assert_eq!(runtime.block_on(call(&client)), typed(), "{name}");

    let counts = (allocations(|| runtime.block_on(call(&client))), allocations(typed), allocations(value));
    let client = |times| {
        runtime.block_on(async {
            for _ in 0..times {
                black_box(call(&client).await);
            }
        });
    };
    let beside_typed = in_turn(client, |times| (0..times).for_each(|_| drop(black_box(typed()))));
    let beside_value = in_turn(client, |times| (0..times).for_each(|_| drop(black_box(value()))));
    let speed = body.len() as f64 / 1e6 / beside_typed.ours.as_secs_f64();
    println!(
        "{name:<12} {:>8.1}  {speed:>10.0} {:>12}  {:>9.3} {:>12} {:>9.3} {:>12}",
        body.len() as f64 / 1e3,
        counts.0,
        beside_typed.ratio,
        counts.1,
        beside_value.ratio,
        counts.2
    );
    bars.at_most(&format!("  {name}, relative to the same type"), &beside_typed, BAR);
}
