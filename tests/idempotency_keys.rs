//! An idempotency key is checked in the same way wherever it is set.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a test fails by a panic")]

mod support;

use support::scripted::{Scripted, good};
use trycourier::ErrorKind;
use trycourier::http::Method;
use trycourier::types::Message;

#[tokio::test]
async fn keys_have_one_check_wherever_they_are_set() {
    let server = Scripted::outcomes(vec![good]);
    let client = server.builder().build().unwrap();
    let message = || Message::new();
    for key in ["bestellung-\u{fc}", "order-1 ", " order-1", "\torder-1", "", " ", "a\tb", "a\u{7f}", "\u{a0}x"] {
        let errors = [
            client.send().message(message()).idempotency_key(key).await.unwrap_err(),
            client.send().message(message()).options(|options| options.idempotency_key(key)).await.unwrap_err(),
            client
                .send()
                .message(message())
                .options(|options| options.header("idempotency-key", key))
                .await
                .unwrap_err(),
            client.with_options(|options| options.idempotency_key(key)).send().message(message()).await.unwrap_err(),
            client.request(Method::POST, "/send").options(|o| o.idempotency_key(key)).send_raw().await.unwrap_err(),
            client.send().message(message()).idempotency_key(key).prepare().unwrap_err(),
            client.send().message(message()).options(|options| options.idempotency_key(key)).prepare().unwrap_err(),
        ];
        assert!(errors.iter().all(|error| error.kind() == ErrorKind::InvalidArgument), "{key:?}: {errors:?}");
        assert!(errors.iter().all(|error| error.to_string().contains("idempotency key")), "{key:?}: {errors:?}");
    }
    assert_eq!(server.seen(), 0);
    let key = "order 1: \"A\", ~x";
    client.request(Method::POST, "/send").options(|options| options.idempotency_key(key)).send_raw().await.unwrap();
    assert_eq!(server.headers("idempotency-key"), [Some(key.to_owned())]);
}
