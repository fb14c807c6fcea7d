//! Waiting for messages and jobs, by the methods of their calls.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a test fails by a panic")]

mod support;

use futures::TryStreamExt as _;
use serde_json::{Value, json};
use support::faulty::TestClock;
use trycourier::testing::{Courier, Stub};
use trycourier::types::{BulkJobStatus, MessageStatus};
use trycourier::{Client, Error, ErrorKind, calls};

/// Returns a Courier, and a client of it with a clock whose sleeps take no time.
fn courier() -> (Courier, Client, TestClock) {
    let (courier, clock) = (Courier::new(), TestClock::new());
    let client =
        courier.client_builder().options(|options| options.max_retries(0)).clock(clock.clone()).build().unwrap();
    (courier, client, clock)
}

/// Does the same, with responses to an operation in order; the last one repeats.
fn answering<C: calls::Call>(answers: impl IntoIterator<Item = Value>) -> (Courier, Client, TestClock) {
    let (courier, client, clock) = courier();
    answers.into_iter().fold(courier.on::<C>(), answer);
    (courier, client, clock)
}

fn answer<C: calls::Call>(on: Stub<C>, body: Value) -> Stub<C> {
    on.raw(200, &[], body.to_string())
}

fn job(status: &str) -> Value {
    let job = json!({"definition": {"event": "nt"}, "status": status, "received": 2, "enqueued": 0, "failures": 0});
    json!({"job": job})
}

fn message(status: &str) -> Value {
    json!({"id": "1-a", "status": status, "recipient": "u", "event": "nt", "notification": "nt", "enqueued": 1})
}

fn run(status: Value) -> Value {
    json!({"run": {"run_id": "r", "source": [], "status": status}})
}

fn steps(statuses: &[&str]) -> Value {
    let steps: Vec<Value> = statuses.iter().map(|status| json!({"action": "send", "status": status})).collect();
    json!({"steps": steps})
}

#[tokio::test]
async fn job_is_awaited_to_its_end() {
    let (courier, client, clock) = courier();
    let states = ["CREATED", "PAUSED", "PROCESSING", "COMPLETED"].map(job);
    states.into_iter().fold(courier.on::<calls::BulkRetrieveJob>().fail(404), answer);
    let response = client.bulk().retrieve_job("j").until_done().await.unwrap();
    assert_eq!(response.job.status, BulkJobStatus::Completed);
    assert_eq!(courier.calls().len(), 5);
    assert_eq!(clock.delays(), [1000, 2000, 4000, 8000]);

    let (_courier, client, _) = answering::<calls::BulkRetrieveJob>([job("PROCESSING"), job("ERROR")]);
    let error = client.bulk().retrieve_job("j").until_done().await.unwrap_err();
    assert!(error.is_failed());
    assert_eq!(error.last().unwrap().job.status, BulkJobStatus::Error);
    assert_eq!(Error::from(error).kind(), ErrorKind::WaitFailed);
}

#[tokio::test]
async fn any_state_of_a_job_can_be_awaited() {
    let (_courier, client, _) =
        answering::<calls::BulkRetrieveJob>([job("CREATED"), job("PROCESSING"), job("COMPLETED")]);
    let states =
        client.bulk().retrieve_job("j").until(|response| response.job.status == BulkJobStatus::Processing).states();
    let seen: Vec<_> = states.map_ok(|response| response.job.status).try_collect().await.unwrap();
    assert_eq!(seen, [BulkJobStatus::Created, BulkJobStatus::Processing]);
}

#[tokio::test]
async fn message_is_awaited_until_delivered() {
    let (_courier, client, _) =
        answering::<calls::MessagesRetrieve>(["ENQUEUED", "NEW", "SENT", "OPENED"].map(message));
    let message_of = client.messages().retrieve("1-a").until_delivered().await.unwrap();
    assert_eq!(message_of.status, MessageStatus::Opened);

    for status in ["UNDELIVERABLE", "FILTERED", "UNMAPPED"] {
        let (_courier, client, _) = answering::<calls::MessagesRetrieve>(["SENT", status].map(message));
        let error = client.messages().retrieve("1-a").until_delivered().await.unwrap_err();
        assert_eq!(error.last().unwrap().status.as_str(), status);
        let settled = client.messages().retrieve("1-a").until_settled().await.unwrap();
        assert_eq!(settled.status.as_str(), status);
    }
}

#[tokio::test]
async fn run_is_awaited_to_its_end() {
    let states = [json!("PROCESSING"), Value::Null, json!("WAITING"), json!("NEW"), json!("PROCESSED")].map(run);
    let (courier, client, _) = answering::<calls::JourneysRunsRetrieve>(states);
    let _ = client.journeys().runs().retrieve("r").until_done().await.unwrap();
    assert_eq!(courier.calls().len(), 5);
    for status in ["CANCELED", "ERROR", "THROTTLED", "NOT PROCESSED"] {
        let (_courier, client, _) = answering::<calls::JourneysRunsRetrieve>([run(json!(status))]);
        assert!(client.journeys().runs().retrieve("r").until_done().await.unwrap_err().is_failed());
    }

    let states = [&[][..], &["PROCESSING"], &["PROCESSED", "WAITING"], &["PROCESSED", "SKIPPED"]].map(steps);
    let (courier, client, _) = answering::<calls::AutomationsRunsListSteps>(states);
    let _ = client.automations().runs().list_steps("r").until_done().await.unwrap();
    assert_eq!(courier.calls().len(), 4);
    let (_courier, client, _) = answering::<calls::AutomationsRunsListSteps>([steps(&["PROCESSING", "ERROR"])]);
    assert!(client.automations().runs().list_steps("r").until_done().await.unwrap_err().is_failed());
}

#[tokio::test]
async fn timeout_has_the_last_state() {
    let (_courier, client, clock) = answering::<calls::MessagesRetrieve>([message("SENT")]);
    let error = client.messages().retrieve("1-a").until_delivered().await.unwrap_err();
    assert!(error.is_timeout());
    assert_eq!(error.last().unwrap().status, MessageStatus::Sent);
    let waited: u128 = clock.delays().iter().sum();
    assert!((590_000..=600_000).contains(&waited), "{waited}");
    assert_eq!(Error::from(error).kind(), ErrorKind::Timeout);
}

#[tokio::test]
async fn rate_limit_sets_the_delay() {
    let (courier, client, clock) = courier();
    let asks = answer(courier.on::<calls::MessagesRetrieve>(), message("SENT")).raw(429, &[("retry-after", "7")], "{}");
    answer(asks, message("DELIVERED"));
    let client = client.with_options(|options| options.pause_on_rate_limit(false));
    let _ = client.messages().retrieve("1-a").until_delivered().await.unwrap();
    assert_eq!(clock.delays(), [1000, 7000]);
}

#[tokio::test]
async fn status_of_another_type_is_pending() {
    let courier = trycourier::testing::Courier::new();
    let odd = ["7", "null", "[]", "{}", "true", "\"\"", "\"completed\""];
    let job =
        |status: &str| format!(r#"{{"job": {{"definition": {{"event": "nt"}}, "status": {status}, "received": 1}}}}"#);
    let message = |status: &str| format!(r#"{{"id": "1-a", "status": {status}, "recipient": "u"}}"#);
    let (mut jobs, mut messages) =
        (courier.on::<trycourier::calls::BulkRetrieveJob>(), courier.on::<trycourier::calls::MessagesRetrieve>());
    for status in odd {
        (jobs, messages) = (jobs.raw(200, &[], job(status)), messages.raw(200, &[], message(status)));
    }
    let _ = (jobs.raw(200, &[], job("\"COMPLETED\"")), messages.raw(200, &[], message("\"DELIVERED\"")));
    let client = courier.client();
    let states: Vec<_> = client.bulk().retrieve_job("j").until_done().states().try_collect().await.unwrap();
    assert_eq!((states.len(), &states[7].job.status), (odd.len() + 1, &BulkJobStatus::Completed));
    let settled = client.messages().retrieve("1-a").until_settled().await.unwrap();
    assert_eq!(settled.status, MessageStatus::Delivered);
    assert_eq!(courier.calls().len(), 2 * (odd.len() + 1));
}

#[tokio::test]
async fn undeliverable_message_ends_the_wait() {
    for status in ["UNDELIVERABLE", "FILTERED", "UNMAPPED", "THROTTLED"] {
        let courier = trycourier::testing::Courier::new();
        let response = format!(r#"{{"id": "1-a", "status": "{status}", "recipient": "u"}}"#);
        let _ = courier.on::<trycourier::calls::MessagesRetrieve>().raw(200, &[], response);
        let error = courier.client().messages().retrieve("1-a").until_delivered().await.unwrap_err();
        assert!(error.is_failed() && !error.is_timeout(), "{status}");
        assert_eq!(courier.calls().len(), 1, "{status}");
    }
}
