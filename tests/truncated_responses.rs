//! A response that ends too early, at any point, is not accepted as complete.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a test fails by a panic")]

mod support;

use std::future::Future;
use std::time::Duration;

use serde_json::Value;
use support::faulty::{Act, Faulty, TestClock, answer};
use trycourier::http::Method;

const GOOD: &str = r#"{"requestId": "1-abc"}"#;

/// Fails a test that hangs.
async fn in_time<T>(call: impl Future<Output = T>) -> T {
    tokio::time::timeout(Duration::from_secs(20), call).await.unwrap()
}

#[tokio::test]
async fn response_cut_at_any_byte_is_retried_under_its_key() {
    let all = answer(202, &[("content-type", "application/json")], GOOD);
    let head = all.len() - GOOD.len();
    for (length, resets) in (0..all.len()).flat_map(|length| [(length, false), (length, true)]) {
        let cut = if resets { Act::says_and_resets } else { Act::says_and_closes };
        let cut = cut(all[..length].to_vec());
        let server = Faulty::start(vec![cut.clone(), Act::says(&all[..])]).await;
        let client = server.builder().clock(TestClock::new()).build().unwrap();
        let sent = in_time(client.request(Method::POST, "/send").send::<Value>()).await;
        assert_eq!(sent.unwrap_or_else(|error| panic!("{length}: {error}")).attempts(), 2, "{length}");
        let seen = server.seen();
        let keys: Vec<_> = seen.iter().map(|request| request.header("idempotency-key")).collect();
        assert!(keys.len() == 2 && keys[0].is_some() && keys[0] == keys[1], "{length}: {keys:?}");

        let server = Faulty::start(vec![cut]).await;
        let client = server.builder().clock(TestClock::new()).options(|options| options.idempotency_keys(false));
        let call = client.build().unwrap().request(Method::POST, "/send").send::<Value>();
        let error = in_time(call).await.unwrap_err();
        let known = (error.attempts(), error.was_sent(), error.was_accepted());
        // A reset can overtake the head.
        assert!(known == (1, true, length >= head) || resets && known == (1, true, false), "{length}: {error:?}");
    }
}
