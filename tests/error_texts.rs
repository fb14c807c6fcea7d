//! The texts of errors say what failed, where and why, on one line.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a test fails by a panic")]

mod support;

use std::error::Error as _;
use std::net::TcpListener;
use std::time::Duration;

use serde_json::json;
use support::faulty::TestClock;
use support::scripted::{PausedClock, Scripted, lost, status};
use support::{Reply, Server};
use trycourier::ext::bulk::{BulkError, Job};
use trycourier::ext::{Verdict, Wait};
use trycourier::testing::Courier;
use trycourier::types::{BulkMessage, BulkUser, Message};
use trycourier::{Client, Error, ErrorKind, calls};

#[tokio::test]
async fn error_that_ends_main_prints_its_text() {
    let server =
        Server::start(|_| Reply::json(404, &json!({"type": "invalid_request_error", "message": "No such list"}))).await;
    let error = server.client().lists().retrieve("l").await.unwrap_err();
    let text = "lists.retrieve: 404 Not Found: No such list (invalid_request_error); check the ids in the call";
    assert_eq!(error.to_string(), text);
    // `main` prints an error by `Debug`.
    assert_eq!(format!("{error:?} {error:#?}"), format!("{text} {text}"));
}

#[tokio::test]
async fn failed_connection_names_its_cause() {
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let builder = || Client::builder().api_key("key").options(|options| options.max_retries(0));
    let refused = builder().base_url(format!("http://127.0.0.1:{port}")).build().unwrap();
    let error = refused.lists().list().await.unwrap_err();
    assert!(error.to_string().contains("cannot connect (Connection refused"), "{error}");
    assert_eq!(error.kind(), ErrorKind::Connection);
    assert!(format!("{error:?}").starts_with(&error.to_string()), "{error:?}");

    let unknown = builder().base_url("https://no-such-host.invalid").build().unwrap();
    let error = unknown.lists().list().await.unwrap_err();
    assert!(error.to_string().contains("cannot connect (") && !error.to_string().contains("()"), "{error}");
}

#[tokio::test]
async fn wait_error_names_operation_id_and_status() {
    let courier = Courier::new();
    let client = courier.client_builder().clock(TestClock::new()).build().unwrap();
    let message = |status: &str| json!({"id": "1-65f2", "status": status, "recipient": "u", "event": "", "notification": "", "enqueued": 1});
    let retrieve = || client.messages().retrieve("1-65f2");

    courier.on::<calls::MessagesRetrieve>().raw(200, &[], message("SENT").to_string());
    let error = retrieve().until_delivered().timeout(Duration::from_secs(30)).await.unwrap_err();
    let text = "messages.retrieve: the wait of 30s timed out: the message 1-65f2 is SENT";
    assert_eq!((error.to_string(), format!("{error:?}")), (text.to_owned(), text.to_owned()));
    assert_eq!(
        (error.kind(), error.operation(), error.status()),
        (ErrorKind::Timeout, Some("messages.retrieve"), None)
    );
    assert!(error.is_transient() && error.source().is_none());
    let error = Error::from(error);
    assert_eq!((error.to_string().as_str(), error.kind()), (text, ErrorKind::Timeout));
    assert_eq!(error.operation(), Some("messages.retrieve"));

    courier.on::<calls::MessagesRetrieve>().raw(200, &[], message("UNMAPPED").to_string());
    let error = retrieve().until_delivered().await.unwrap_err();
    let text = "messages.retrieve: the awaited state can no longer occur: the message 1-65f2 is UNMAPPED";
    assert_eq!((error.to_string().as_str(), error.kind()), (text, ErrorKind::WaitFailed));
    assert!(!error.is_transient());

    courier.on::<calls::MessagesRetrieve>().fail(403);
    let error = retrieve().until_settled().await.unwrap_err();
    assert!(error.to_string().starts_with("messages.retrieve: 403 Forbidden"), "{error}");
    assert_eq!((error.kind(), error.status().unwrap().as_u16()), (ErrorKind::Permission, 403));
    assert!(!error.is_transient());

    let custom = Wait::new(|| async { Ok(1) }, |_| Verdict::Failure).await.unwrap_err();
    assert_eq!(custom.to_string(), "the awaited state can no longer occur");
    assert_eq!((custom.kind(), custom.operation()), (ErrorKind::WaitFailed, None));
}

#[tokio::test]
async fn bulk_error_names_job_operation_and_status() {
    let courier = Courier::new();
    let client = courier.client_builder().options(|options| options.max_retries(0)).build().unwrap();
    let job = Job::create(&client, BulkMessage::new("e")).await.unwrap();
    let users = || [BulkUser::new().profile([("email", "ada@example.com")])];

    courier.on::<calls::BulkAddUsers>().fail(503);
    let error = job.clone().send(users()).await.unwrap_err();
    let text = error.to_string();
    let begin = format!("the bulk job {} stopped after 0 users: bulk.add_users: 503 Service Unavailable", job.id());
    assert!(text.starts_with(&begin), "{text}");
    assert_eq!((error.kind(), error.operation()), (Some(ErrorKind::Server), Some("bulk.add_users")));
    assert_eq!(error.status().unwrap().as_u16(), 503);
    assert!(error.is_transient());
    assert_eq!(Error::from(error).kind(), ErrorKind::Server);

    let error = job.clone().send([BulkUser::new().recipient("u")]).await.unwrap_err();
    assert!(error.to_string().contains("the user at index 0"), "{error}");
    assert_eq!(
        (error.kind(), error.operation(), error.is_transient()),
        (Some(ErrorKind::InvalidArgument), None, false)
    );
    assert_eq!(Error::from(error).kind(), ErrorKind::InvalidArgument);

    let broken = futures::stream::iter([Err(std::io::Error::other("the file ends"))]);
    let error: BulkError<std::io::Error> = job.send_stream(broken).await.unwrap_err();
    assert_eq!((error.kind(), error.status()), (None, None));
    let error = Error::from(error);
    assert!(error.source().unwrap().to_string().contains("the file ends"), "{error}");
}

/// Courier stores a 5xx under its key, so that the recipe "again under the same key" does not end.
#[tokio::test(start_paused = true)]
async fn repeated_5xx_under_a_key_says_what_to_do() {
    let send = async |server: Scripted| {
        let client = server.builder().clock(PausedClock).build().unwrap();
        client.send().message(Message::new()).await.unwrap_err()
    };
    let stored = || status(500, r#"{"message": "It broke", "type": "api_error"}"#);
    let error = send(Scripted::outcomes(vec![stored])).await;
    assert!(error.to_string().contains("check whether the call was executed"), "{error}");
    assert!(error.is_transient());
    // Different failures are not stored ones, and a call without a key has none.
    let other = || status(502, "<html>gateway</html>");
    let error = send(Scripted::outcomes(vec![stored, other, stored])).await;
    assert!(!error.to_string().contains("check whether"), "{error}");
    let server = Scripted::outcomes(vec![stored]);
    let error = server.builder().clock(PausedClock).build().unwrap().lists().list().await.unwrap_err();
    assert!(!error.to_string().contains("check whether"), "{error}");
}

/// After a timeout, the server is still at work, and says so by a 409 under the key.
#[tokio::test(start_paused = true)]
async fn call_in_progress_gets_the_longest_delay() {
    let conflict = || status(409, r#"{"message": "in progress"}"#);
    let done = || status(202, r#"{"requestId": "1-a"}"#);
    let server = Scripted::outcomes(vec![lost, conflict, done]);
    let client = server.builder().clock(PausedClock).build().unwrap();
    let start = tokio::time::Instant::now();
    assert_eq!(client.send().message(Message::new()).await.unwrap().request_id, "1-a");
    assert_eq!(start.elapsed(), Duration::from_millis(8_500));
    // A conflict with nothing lost before it is not waited for.
    let server = Scripted::outcomes(vec![conflict, done]);
    let client = server.builder().clock(PausedClock).build().unwrap();
    let start = tokio::time::Instant::now();
    client.send().message(Message::new()).await.unwrap();
    assert_eq!(start.elapsed(), Duration::from_millis(500));
}
