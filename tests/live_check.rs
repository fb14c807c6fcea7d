//! The live check passes against the fake, and notices a server that behaves differently.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by a panic")]

#[path = "../examples/live_check.rs"]
#[allow(dead_code, reason = "this test runs the checks itself")]
mod live_check;

use live_check::check;
use tokio::sync::mpsc;
use trycourier::calls;
use trycourier::ext::webhook::{SIGNATURE_HEADER, Verifier};
use trycourier::testing::Courier;
use trycourier::types::{MessageDetails, MessageStatus, SendMessageResponse};

#[tokio::test]
async fn fake_passes_every_check() {
    let courier = Courier::new();
    courier.collect_webhooks();
    let (queue, deliveries) = mpsc::channel(100);
    let verifier = Verifier::new("secret").unwrap();
    let source = courier.clone();
    courier.on_call(move |call| {
        if call.operation == Some("messages.retrieve") {
            for request in source.webhooks(Some("secret")) {
                let signature = request.headers().get(SIGNATURE_HEADER).unwrap();
                queue.try_send(verifier.verify(signature, request.body().clone()).unwrap()).unwrap();
            }
        }
    });
    let findings = check(&courier.client(), Some(deliveries)).await;
    for finding in &findings {
        assert!(finding.outcome.is_ok(), "{finding}");
    }
    assert_eq!(findings.len(), 10);
}

#[tokio::test]
async fn failed_send_ends_the_checks() {
    let courier = Courier::new();
    courier.on::<calls::SendMessage>().fail(403);
    let findings = check(&courier.client(), None).await;
    assert_eq!(findings.len(), 1);
    assert!(findings[0].to_string().starts_with("FAILED  a send is accepted: send.message: 403"), "{}", findings[0]);
}

#[tokio::test]
async fn differences_are_reported() {
    let courier = Courier::new();
    courier.on::<calls::SendMessage>().pass_through();
    let second = std::sync::atomic::AtomicBool::new(false);
    courier
        .on::<calls::SendMessage>()
        .when(move |_| second.swap(true, std::sync::atomic::Ordering::Relaxed))
        .reply(SendMessageResponse::new("1-other"));
    courier.on::<calls::MessagesRetrieve>().reply(MessageDetails::new("1-a", MessageStatus::Delivered, "u", "", 0));
    courier.on::<calls::MessagesCancel>().fail(500);
    let findings = check(&courier.client(), None).await;
    let failed: Vec<&str> =
        findings.iter().filter(|finding| finding.outcome.is_err()).map(|finding| finding.name).collect();
    assert_eq!(
        failed,
        [
            "a repeated key sends no second message",
            "a delayed message waits",
            "a waiting message is canceled",
            "a canceled message stays so",
            "two statuses with a comma find the message",
            "two statuses as repeated parameters find it",
            "a missing message is a 404",
        ]
    );
}
