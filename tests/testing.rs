//! The fake, used as in tests of other projects.

#![allow(clippy::expect_used, clippy::indexing_slicing, clippy::panic, reason = "a test fails by a panic")]

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use futures::TryStreamExt as _;
use serde_json::json;
use trycourier::retry::TokioClock;
use trycourier::testing::{Courier, example};
use trycourier::types::{ApiError, BulkMessage, BulkUser, Message, Recipient};
use trycourier::{Client, Error, ErrorKind, calls, types};

/// The service under test.
struct Orders {
    courier: Client,
}

impl Orders {
    /// Notifies the customer, and the shop if that fails permanently.
    async fn place(&self, customer: &str, order: &str) -> Result<String, Error> {
        let message = Message::new().to(Recipient::user(customer)).template("nt_order").data(json!({"order": order}));
        match self.courier.send().message(message).await {
            Ok(sent) => Ok(sent.request_id.clone()),
            Err(error) if error.status().is_some_and(|status| status.is_server_error()) => self
                .courier
                .send()
                .message(Message::new().to(Recipient::email("shop@example.com")).template("nt_down"))
                .await
                .map(|sent| sent.request_id.clone()),
            Err(error) => Err(error),
        }
    }
}

fn welcome(user: &str) -> Message {
    Message::new().to(Recipient::user(user)).template("nt_welcome")
}

/// Returns the message of a failed check.
fn failure(check: impl FnOnce()) -> String {
    let panic = catch_unwind(AssertUnwindSafe(check)).expect_err("the check must fail");
    panic.downcast_ref::<String>().cloned().unwrap_or_default()
}

#[tokio::test]
async fn service_test_needs_no_socket_and_no_sleep() {
    let begun = Instant::now();
    let courier = Courier::new();
    let orders = Orders { courier: courier.client() };
    orders.place("ada", "A-1007").await.expect("a placed order");

    let sent = courier.expect_sent(|sent| sent.recipient == "ada");
    assert_eq!(sent.message.template.as_deref(), Some("nt_order"));
    assert_eq!(sent.message.data.expect("data")["order"], "A-1007");

    // Every message except the shop's fails: three attempts, and then the shop's message.
    courier.forget_calls();
    courier.on::<calls::SendMessage>().fail(503).when(|call| call.body.message.template.as_deref() == Some("nt_order"));
    orders.place("ada", "A-1008").await.expect("a notified shop");
    assert_eq!(courier.expect::<calls::SendMessage>().times(2).len(), 2);
    assert_eq!(courier.calls().iter().map(|call| call.attempt).collect::<Vec<_>>(), [1, 2, 3, 1]);
    courier.expect_sent(|sent| sent.recipient == "shop@example.com");
    assert!(begun.elapsed() < Duration::from_secs(1), "{:?}", begun.elapsed());
}

#[tokio::test]
async fn failed_expectation_lists_what_was_sent() {
    let courier = Courier::new();
    courier.client().send().message(welcome("bob").data(json!({"plan": "free"}))).await.expect("a response");
    courier.client().lists().delete("customers").await.expect_err("no such list");

    let said = failure(|| drop(courier.expect_sent(|sent| sent.recipient == "ada")));
    assert!(said.starts_with("no such message was sent."), "{said}");
    assert!(said.contains("\n  send.message to bob: {"), "{said}");
    assert!(said.contains("nt_welcome") && said.contains(r#"{"plan":"free"}"#), "{said}");
    assert!(said.contains("\n  lists.delete: DELETE /lists/customers -> 404"), "{said}");

    let said = failure(|| drop(courier.expect::<calls::ListsUpdate>().once()));
    assert!(said.starts_with("expected one call of lists.update, but there were 0."), "{said}");
    let said = failure(|| drop(courier.expect::<calls::SendMessage>().times(2)));
    assert!(said.starts_with("expected 2 calls of send.message, but there were 1."), "{said}");
    let said = failure(|| courier.expect::<calls::SendMessage>().when(|call| call.call.attempt == 1).never());
    assert!(said.starts_with("expected no call of send.message like this, but there were 1."), "{said}");
    assert!(failure(|| courier.expect_nothing_sent()).starts_with("something was sent."));
    assert!(
        failure(|| drop(Courier::new().expect_sent(|_| true))).contains("What was sent: nothing\nAll calls: nothing")
    );
}

#[tokio::test]
async fn failure_lists_the_last_calls() {
    let courier = Courier::new();
    for number in 0..40 {
        courier.client().lists().update(format!("list-{number}."), "List").await.expect("a response");
    }
    let said = failure(|| drop(courier.expect::<calls::ListsUpdate>().once()));
    assert!(said.starts_with("expected one call of lists.update, but there were 40."), "{said}");
    assert!(said.contains("\n  … 10 before\n  lists.update: PUT /lists/list-10."), "{said}");
    assert!(said.contains("/lists/list-39.") && !said.contains("/lists/list-9."), "{said}");
}

#[tokio::test]
async fn sequence_repeats_its_last_response() {
    let courier = Courier::new();
    let client = courier.client().with_options(|options| options.max_retries(0));
    let status = async || match client.lists().retrieve("l").await {
        Ok(list) => list.name.clone(),
        Err(error) => error.status().expect("a status").as_u16().to_string(),
    };
    let mut list = example::<types::SubscriptionList>();
    list.name = "stubbed".to_owned();
    courier.on::<calls::ListsRetrieve>().fail(500).fail(503).times(2).pass_through().reply(list.clone());
    let mut seen = Vec::new();
    for _ in 0..6 {
        seen.push(status().await);
    }
    assert_eq!(seen, ["500", "503", "503", "404", "stubbed", "stubbed"]);
    // The last `on` has priority, until it has no more responses, and only if its condition holds.
    courier.on::<calls::ListsRetrieve>().fail(418).times(1);
    courier.on::<calls::ListsRetrieve>().fail(409).when(|call| call.list_id == "other");
    assert_eq!([status().await, status().await], ["418", "stubbed"]);
    let other = client.lists().retrieve("other").await.expect_err("a conflict");
    assert_eq!(other.status().map(|status| status.as_u16()), Some(409));
    let _nothing_yet = courier.on::<calls::ListsRetrieve>();
    courier.on::<calls::ListsDelete>().fail(500);
    assert_eq!(status().await, "stubbed");
}

#[tokio::test]
async fn stubbed_error_has_its_message() {
    let courier = Courier::new();
    let error = ApiError::new().message("The list is frozen").type_("invalid_request_error");
    courier.on::<calls::ListsRetrieve>().fail_with(422, error);
    let error = courier.client().lists().retrieve("l").await.expect_err("an error");
    assert_eq!((error.kind(), error.message()), (ErrorKind::Unprocessable, Some("The list is frozen")));
    assert_eq!(error.error_type(), Some("invalid_request_error"));
    assert_eq!(courier.calls().len(), 1);
}

#[tokio::test]
async fn lost_response_does_not_send_twice() {
    let courier = Courier::new();
    courier.on::<calls::SendMessage>().disconnect_after_acting().times(1);
    let sent = courier.client().send().message(welcome("ada")).await.expect("the second attempt's response");
    let calls = courier.calls_of::<calls::SendMessage>();
    assert_eq!(
        calls.iter().map(|call| (call.call.attempt, call.call.status)).collect::<Vec<_>>(),
        [(1, None), (2, Some(202))]
    );
    assert!(calls[0].call.idempotency_key().is_some());
    assert_eq!(calls[0].call.idempotency_key(), calls[1].call.idempotency_key());
    let once = courier.sent();
    assert_eq!((once.len(), once[0].id.as_str(), once[0].attempt), (1, sent.request_id.as_str(), 1));
    assert_eq!(once[0].idempotency_key(), calls[0].call.idempotency_key());
    courier.expect::<calls::SendMessage>().once();
}

#[tokio::test]
async fn connection_breaks_before_or_after_the_call() {
    let courier = Courier::new();
    let client = courier.client().with_options(|options| options.max_retries(0));
    courier.on::<calls::SendMessage>().disconnect();
    let error = client.send().message(welcome("ada")).await.expect_err("no response");
    assert_eq!((error.kind(), error.was_sent(), courier.sent().len()), (ErrorKind::Connection, true, 0));
    courier.on::<calls::SendMessage>().unreachable();
    let error = client.send().message(welcome("ada")).await.expect_err("no response");
    assert_eq!((error.kind(), error.was_sent(), courier.sent().len()), (ErrorKind::Connection, false, 0));
    courier.on::<calls::SendMessage>().disconnect_after_acting();
    let error = client.send().message(welcome("ada")).await.expect_err("no response");
    assert_eq!((error.kind(), error.was_sent(), courier.sent().len()), (ErrorKind::Connection, true, 1));

    // A patch without a key is repeated only if it certainly was not done.
    courier.on::<calls::ProfilesUpdate>().disconnect().times(1);
    let update = || courier.client().profiles().update("ada", []);
    assert!(update().await.is_err());
    courier.on::<calls::ProfilesUpdate>().unreachable().times(1).reply(());
    assert!(update().await.is_ok());
    assert_eq!(courier.calls_of::<calls::ProfilesUpdate>().len(), 3);
}

#[tokio::test]
async fn raw_bytes_can_be_the_response() {
    let courier = Courier::new();
    courier.on::<calls::ListsRetrieve>().raw(200, &[("x-request-id", "r-1"), ("no header", "")], r#"{"id": 7}"#);
    let list = courier.client().lists().retrieve("l").await.expect("a lenient response");
    assert_eq!(list.headers()["x-request-id"], "r-1");
    assert!(!list.mismatches().is_empty());
    let strict = courier.client().with_options(|options| options.strict_decoding(true));
    assert_eq!(strict.lists().retrieve("l").await.expect_err("a mismatch").kind(), ErrorKind::Mismatch);
}

#[tokio::test(start_paused = true)]
async fn slow_response_times_out_in_no_real_time() {
    let begun = Instant::now();
    let courier = Courier::new();
    courier.on::<calls::SendMessage>().delay(Duration::from_secs(3_600));
    let options = |options: trycourier::Options| options.attempt_timeout(Duration::from_secs(10)).max_retries(1);
    let client = courier.client().with_options(options);
    let virtually = tokio::time::Instant::now();
    let error = client.send().message(welcome("ada")).await.expect_err("no response in time");
    assert_eq!((error.kind(), error.attempts()), (ErrorKind::Timeout, 2));
    assert_eq!(virtually.elapsed().as_secs(), 20);
    // The call was dropped before its response, so nothing was done; the calls are recorded nevertheless.
    assert_eq!((courier.sent().len(), courier.calls().len()), (0, 2));
    assert_eq!(courier.calls()[1].status, None);
    assert!(begun.elapsed() < Duration::from_secs(5));
}

#[tokio::test(start_paused = true)]
async fn each_response_of_a_sequence_is_delayed() {
    let courier = Courier::new();
    courier.on::<calls::ListsRetrieve>().fail(400).reply(example()).delay(Duration::from_secs(7)).times(1);
    let begun = tokio::time::Instant::now();
    courier.client().lists().retrieve("l").await.expect_err("an error");
    courier.client().lists().retrieve("l").await.expect("a response");
    assert_eq!(begun.elapsed().as_secs(), 14);
    courier.client().lists().retrieve("l").await.expect_err("the Courier's own response");
    assert_eq!(begun.elapsed().as_secs(), 14);
}

#[tokio::test(start_paused = true)]
async fn waits_of_a_client_count_against_its_timeout() {
    let courier = Courier::new();
    courier.on::<calls::ListsList>().raw(503, &[("retry-after", "8")], "");
    let options = |options: trycourier::Options| options.max_retries(9).total_timeout(Duration::from_secs(20));
    let error = courier.client().with_options(options).lists().list().await.expect_err("an error");
    assert_eq!((error.kind(), error.attempts()), (ErrorKind::Server, 3));
}

#[tokio::test(start_paused = true)]
async fn wait_advances_the_clock_unless_replaced() {
    let courier = Courier::new();
    courier.limit_rate(1, Duration::from_secs(30));
    let (real, own) = (tokio::time::Instant::now(), courier.now());
    courier.client().lists().list().await.expect("the second attempt's response");
    assert_eq!(real.elapsed(), Duration::ZERO);
    assert_eq!(courier.now().duration_since(own).expect("later").as_secs(), 30);

    courier.limit_rate(1, Duration::from_secs(30));
    let patient = courier.client_builder().clock(TokioClock).build().expect("a client");
    patient.lists().list().await.expect("the second attempt's response");
    assert_eq!(real.elapsed().as_secs(), 30);
}

#[tokio::test]
async fn closure_receives_all_arguments() {
    let courier = Courier::new();
    let inner = courier.clone();
    courier.on::<calls::MessagesList>().when(|call| call.archived == Some(true)).reply_with(move |call| {
        assert_eq!(call.tag.clone().unwrap_or_default(), ["a b", "c&d"]);
        // The closure may use the Courier, which has not responded to this call yet.
        assert_eq!(inner.calls().len(), 0);
        example()
    });
    let client = courier.client();
    client.messages().list().archived(true).tag(["a b", "c&d"]).await.expect("a response");
    client.messages().list().await.expect("its own response");

    let key = "k 1";
    client.profiles().create("a/b ü", json!({"email": "x"})).idempotency_key(key).await.expect("a response");
    let create = courier.expect::<calls::ProfilesCreate>().once();
    assert_eq!((create.user_id.as_str(), create.idempotency_key.as_deref()), ("a/b ü", Some(key)));
    assert_eq!(create.body.profile["email"], "x");
    assert!(create.call.headers.get("authorization").is_none());
    assert!(courier.calls()[0].arguments::<calls::ProfilesCreate>().is_none());
}

#[tokio::test]
async fn stubbed_list_has_pages_of_every_shape() {
    let courier = Courier::new();
    let client = courier.client();
    macro_rules! walks {
        ($($call:ident => $list:expr;)*) => {$(
            courier.on::<calls::$call>().pages((0..5).map(|_| example()), 2);
            let rows: Vec<_> = $list.items().try_collect().await.expect(stringify!($call));
            assert_eq!((rows.len(), courier.calls_of::<calls::$call>().len()), (5, 3), stringify!($call));
        )*};
    }
    walks! {
        BrandsList => client.brands().list();
        BulkListUsers => client.bulk().list_users("job");
        JourneysList => client.journeys().list();
        ListsList => client.lists().list();
        MessagesList => client.messages().list();
        TenantsList => client.tenants().list();
        TenantsListUsers => client.tenants().list_users("tenant");
        UsersTenantsList => client.users().tenants().list("user");
        WorkspacePreferencesListLogs => client.workspace_preferences().list_logs();
    }
    // The second page fails permanently.
    courier.on::<calls::BrandsList>().pages((0..5).map(|_| example()), 2).times(1).fail(400);
    let brands = client.brands().list().items().try_collect::<Vec<_>>().await;
    assert_eq!(brands.expect_err("an error").kind(), ErrorKind::BadRequest);
}

#[tokio::test]
async fn sent_lists_messages_of_every_operation() {
    let courier = Courier::new();
    let client = courier.client();
    client.lists().update("team", "Team").await.expect("a list");
    client.lists().subscriptions().subscribe_user("team", "ada").await.expect("a subscription");
    let to_list = Message::new().to(Recipient::list("team")).template("nt_welcome");
    client.send().message(to_list).await.expect("a send");
    let id = courier.sent()[0].id.clone();
    client.messages().resend(&id).await.expect("another message");
    let job = client
        .bulk()
        .create_job(BulkMessage::new("nt_news").data(json!({"month": "May", "n": 1})))
        .await
        .expect("a job");
    let users = [BulkUser::new().recipient("bob").data(json!({"n": 2}))];
    client.bulk().add_users(&job.job_id, users).await.expect("users");
    client.bulk().run_job(&job.job_id).await.expect("a run");
    courier.on::<calls::SendMessage>().reply(types::SendMessageResponse::new("stubbed"));
    let both = Message::new().to(vec![Recipient::user("cy"), Recipient::email("dee@example.com")]).template("nt_bye");
    client.send().message(both).await.expect("the stub's response");

    let sent = courier.sent();
    let lines: Vec<_> =
        sent.iter().map(|sent| (sent.operation, sent.recipient.as_str(), sent.list.as_deref())).collect();
    assert_eq!(
        lines,
        [
            ("send.message", "ada", Some("team")),
            ("messages.resend", "ada", Some("team")),
            ("bulk.run_job", "bob", None),
            ("send.message", "cy", None),
            ("send.message", "dee@example.com", None),
        ]
    );
    assert_eq!(sent[2].message.template.as_deref(), Some("nt_news"));
    assert_eq!(
        sent[2].message.data.as_ref().map(|data| (&data["month"], &data["n"])),
        Some((&json!("May"), &json!(2)))
    );
    assert_eq!(sent[3].id, "stubbed");
    // A failed send has sent nothing.
    courier.on::<calls::SendMessage>().fail(400);
    client.send().message(welcome("eve")).await.expect_err("an error");
    assert_eq!(courier.sent().len(), 5);
}

#[tokio::test]
async fn strict_courier_refuses_unset_calls() {
    let courier = Courier::new();
    courier.strict().on::<calls::SendMessage>().pass_through();
    let client = courier.client();
    client.send().message(welcome("ada")).await.expect("a response");
    courier.verify();
    let error = client.lists().delete("customers").await.expect_err("a refusal");
    assert_eq!((error.status().map(|status| status.as_u16()), error.attempts()), (Some(501), 1));
    let said = failure(|| courier.verify());
    assert_eq!(said, "calls for which the test has set no response:\n  lists.delete: DELETE /lists/customers");
    // The failure has been reported once.
    courier.verify();
    client.lists().delete("others").await.expect_err("a refusal");
    drop(client);
    assert!(failure(move || drop(courier)).contains("DELETE /lists/others"));
}

#[tokio::test(flavor = "multi_thread")]
async fn couriers_are_separate_and_clones_are_one() {
    let tests = (0..50).map(|number| {
        tokio::spawn(async move {
            let courier = Courier::new();
            let user = format!("user-{number}");
            courier.clone().on::<calls::ListsList>().fail(400).when(move |_| number % 2 == 0);
            courier.client().send().message(welcome(&user)).await.expect("a response");
            assert_eq!(courier.client().lists().list().await.is_err(), number % 2 == 0);
            let sent = courier.clone().sent();
            assert_eq!((sent.len(), sent[0].recipient.clone()), (1, user));
        })
    });
    for test in tests.collect::<Vec<_>>() {
        test.await.expect("a test that passes");
    }
}

#[tokio::test]
async fn stubs_apply_over_http() {
    let courier = Courier::new();
    let server = courier.serve("127.0.0.1:0").await.expect("a server");
    let client = Client::builder().api_key("any").base_url(server.url()).build().expect("a client");
    courier.on::<calls::ListsRetrieve>().disconnect().times(1).reply(example());
    client.lists().retrieve("l").await.expect("the second attempt's response");
    assert_eq!(courier.calls().iter().map(|call| call.status).collect::<Vec<_>>(), [None, Some(200)]);
    server.stop();
}

#[tokio::test]
async fn many_sends_are_fast_and_bounded() {
    let courier = Courier::new();
    courier.keep(100);
    let (client, seen) = (courier.client(), Arc::new(AtomicUsize::new(0)));
    let count = Arc::clone(&seen);
    courier.on_call(move |_| {
        count.fetch_add(1, Ordering::Relaxed);
    });
    let begun = Instant::now();
    for _ in 0..100_000 {
        client.send().message(welcome("ada")).await.expect("a response");
    }
    println!("100,000 sends took {:?}", begun.elapsed());
    assert!(begun.elapsed() < Duration::from_secs(120), "{:?}", begun.elapsed());
    assert_eq!((seen.load(Ordering::Relaxed), courier.calls().len(), courier.sent().len()), (100_000, 100, 100));
    let messages: Vec<_> = client.messages().list().items().try_collect().await.expect("the messages that are kept");
    assert_eq!(messages.len(), 100);
}

#[tokio::test]
async fn member_of_a_tenant_is_reached_in_its_context() {
    let courier = Courier::new();
    courier.template("nt_invoice");
    let client = courier.client();
    client.tenants().update("acme", "Acme Ltd").await.expect("a tenant");
    let membership = client.users().tenants().add_single("user_123", "acme");
    membership.profile([("email", "ada@acme.example")]).await.expect("a membership");
    let message = Message::new()
        .to(Recipient::user("user_123"))
        .context(types::MessageContext::new().tenant_id("acme"))
        .delay(types::Delay::new().until("Mo-Fr 09:00-17:00").timezone("Europe/Paris"))
        .template("nt_invoice");
    let sent = client.send().message(message).await.expect("a message").into_inner();
    courier.advance(Duration::from_secs(4 * 86_400));
    let details = client.messages().retrieve(&sent.request_id).await.expect("details");
    assert_eq!(details.status, types::MessageStatus::Delivered);
}
