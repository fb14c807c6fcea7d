//! What is waited for, by the calls themselves.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a test fails by a panic")]

mod support;

use std::sync::Arc;
use std::sync::Mutex;

use futures::TryStreamExt as _;
use serde_json::{Value, json};
use support::faulty::TestClock;
use support::{Reply, Server};
use trycourier::types::{BulkJobStatus, MessageStatus};
use trycourier::{Client, Error, ErrorKind};

/// A server whose answers come in order, the last again and again; and a client with a clock whose sleeps last no time.
async fn answering(answers: Vec<Reply>) -> (Server, Client, TestClock) {
    let answers = Arc::new(Mutex::new(answers.into_iter().collect::<std::collections::VecDeque<_>>()));
    let server = Server::start(move |_| {
        let mut answers = answers.lock().unwrap();
        let next = answers.pop_front().unwrap();
        if answers.is_empty() {
            answers.push_back(Reply { status: next.status, headers: next.headers.clone(), body: next.body.clone() });
        }
        next
    })
    .await;
    let clock = TestClock::new();
    let client = server.builder().max_retries(0).clock(clock.clone()).build().unwrap();
    (server, client, clock)
}

fn job(status: &str) -> Reply {
    let job = json!({"definition": {"event": "nt"}, "status": status, "received": 2, "enqueued": 0, "failures": 0});
    Reply::json(200, &json!({"job": job}))
}

fn message(status: &str) -> Reply {
    Reply::json(
        200,
        &json!({"id": "1-a", "status": status, "recipient": "u", "event": "nt", "notification": "nt", "enqueued": 1}),
    )
}

fn run(status: Value) -> Reply {
    Reply::json(200, &json!({"run": {"run_id": "r", "source": [], "status": status}}))
}

fn steps(statuses: &[&str]) -> Reply {
    let steps: Vec<Value> = statuses.iter().map(|status| json!({"action": "send", "status": status})).collect();
    Reply::json(200, &json!({"steps": steps}))
}

#[tokio::test]
async fn a_job_is_waited_for_to_its_end() {
    let (server, client, clock) =
        answering(vec![Reply::empty(404), job("CREATED"), job("PAUSED"), job("PROCESSING"), job("COMPLETED")]).await;
    let answer = client.bulk().retrieve_job("j").until_done().await.unwrap();
    assert_eq!(answer.job.status, BulkJobStatus::Completed);
    assert_eq!(server.received().len(), 5);
    assert_eq!(clock.delays(), [1000, 2000, 4000, 8000]);

    let (_server, client, _) = answering(vec![job("PROCESSING"), job("ERROR")]).await;
    let error = client.bulk().retrieve_job("j").until_done().await.unwrap_err();
    assert!(error.is_hopeless());
    assert_eq!(error.last().unwrap().job.status, BulkJobStatus::Error);
    assert_eq!(Error::from(error).kind(), ErrorKind::AnotherEnd);
}

#[tokio::test]
async fn any_state_of_a_job_can_be_waited_for() {
    let (_server, client, _) = answering(vec![job("CREATED"), job("PROCESSING"), job("COMPLETED")]).await;
    let states =
        client.bulk().retrieve_job("j").until(|answer| answer.job.status == BulkJobStatus::Processing).states();
    let seen: Vec<_> = states.map_ok(|answer| answer.job.status).try_collect().await.unwrap();
    assert_eq!(seen, [BulkJobStatus::Created, BulkJobStatus::Processing]);
}

#[tokio::test]
async fn a_message_is_waited_for_until_it_arrived() {
    let (_server, client, _) = answering(["ENQUEUED", "NEW", "SENT", "OPENED"].map(message).into()).await;
    let message_of = client.messages().retrieve("1-a").until_delivered().await.unwrap();
    assert_eq!(message_of.status, MessageStatus::Opened);

    for status in ["UNDELIVERABLE", "FILTERED", "UNMAPPED"] {
        let (_server, client, _) = answering(["SENT", status].map(message).into()).await;
        let error = client.messages().retrieve("1-a").until_delivered().await.unwrap_err();
        assert_eq!(error.last().unwrap().status.as_str(), status);
        let settled = client.messages().retrieve("1-a").until_settled().await.unwrap();
        assert_eq!(settled.status.as_str(), status);
    }
}

#[tokio::test]
async fn a_run_is_waited_for_to_its_end() {
    let states = [json!("PROCESSING"), Value::Null, json!("WAITING"), json!("NEW"), json!("PROCESSED")].map(run);
    let (server, client, _) = answering(states.into()).await;
    let _ = client.journeys().runs().retrieve("r").until_done().await.unwrap();
    assert_eq!(server.received().len(), 5);
    for status in ["CANCELED", "ERROR", "THROTTLED", "NOT PROCESSED"] {
        let (_server, client, _) = answering(vec![run(json!(status))]).await;
        assert!(client.journeys().runs().retrieve("r").until_done().await.unwrap_err().is_hopeless());
    }

    let states = [&[][..], &["PROCESSING"], &["PROCESSED", "WAITING"], &["PROCESSED", "SKIPPED"]].map(steps);
    let (server, client, _) = answering(states.into()).await;
    let _ = client.automations().runs().list_steps("r").until_done().await.unwrap();
    assert_eq!(server.received().len(), 4);
    let (_server, client, _) = answering(vec![steps(&["PROCESSING", "ERROR"])]).await;
    assert!(client.automations().runs().list_steps("r").until_done().await.unwrap_err().is_hopeless());
}

#[tokio::test]
async fn what_never_comes_ends_at_the_deadline_with_the_last_state() {
    let (_server, client, clock) = answering(vec![message("SENT")]).await;
    let error = client.messages().retrieve("1-a").until_delivered().await.unwrap_err();
    assert!(error.is_too_late());
    assert_eq!(error.last().unwrap().status, MessageStatus::Sent);
    let waited: u128 = clock.delays().iter().sum();
    assert!((590_000..=600_000).contains(&waited), "{waited}");
    assert_eq!(Error::from(error).kind(), ErrorKind::Timeout);
}

#[tokio::test]
async fn courier_is_left_alone_for_as_long_as_it_asks() {
    let asks = Reply::json(429, &json!({})).with("retry-after", "7");
    let (_server, client, clock) = answering(vec![message("SENT"), asks, message("DELIVERED")]).await;
    let client = client.with_options(|options| options.hold_back(false));
    let _ = client.messages().retrieve("1-a").until_delivered().await.unwrap();
    assert_eq!(clock.delays(), [1000, 7000]);
}
