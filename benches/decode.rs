//! How fast answers are decoded, against plain JSON as the measure.
//!
//! `cargo bench`: each figure stands beside `serde_json::Value` on the same bytes, in the same run.

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use serde_json::{Value, json};
use trycourier::types;

/// A page of a bulk job's users, as large as Courier's pages are.
fn page() -> String {
    let users: Vec<Value> = (0..100)
        .map(|number| {
            json!({
                "recipient": format!("user_{number}"),
                "status": "ENQUEUED",
                "messageId": format!("1-65f240a0-{number:024}"),
                "data": {"order": number, "items": ["a", "b"]},
                "to": {"user_id": format!("user_{number}"), "email": "user@example.com", "locale": "en-GB"},
                "preferences": {"notifications": {"welcome": {"status": "OPTED_IN"}}}
            })
        })
        .collect();
    json!({"items": users, "paging": {"more": true, "cursor": "MTpFWUNFRkRRN0c1WERTRTU2"}}).to_string()
}

/// Elemental content: a tagged union, nested.
fn content() -> String {
    let elements: Vec<Value> = (0..100)
        .map(|number| match number % 3 {
            0 => json!({"type": "text", "content": format!("Paragraph {number}"), "align": "left"}),
            1 => json!({"type": "action", "content": "Open", "href": "https://example.com"}),
            _ => json!({"type": "image", "src": "https://example.com/a.png"}),
        })
        .collect();
    json!({"version": "2022-01-01", "elements": elements}).to_string()
}

fn decode(criterion: &mut Criterion) {
    let mut compare = |name: &str, json: &str, typed: fn(&str) -> bool| {
        assert!(typed(json), "{name}");
        let mut group = criterion.benchmark_group(name);
        group.throughput(Throughput::Bytes(json.len() as u64));
        group.bench_function("value", |bencher| bencher.iter(|| serde_json::from_str::<Value>(json).is_ok()));
        group.bench_function("typed", |bencher| bencher.iter(|| typed(json)));
        group.finish();
    };
    compare("bulk users", &page(), |json| serde_json::from_str::<types::BulkListUsersResponse>(json).is_ok());
    compare("elemental", &content(), |json| serde_json::from_str::<types::ElementalContent>(json).is_ok());
}

criterion_group!(benches, decode);
criterion_main!(benches);
