//! The outbox against a real PostgreSQL server, at DATABASE_URL, and a fake Courier over HTTP.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a test fails by a panic")]

use std::collections::HashMap;
use std::io::Write as _;
use std::process::{Child, Command, Stdio};
use std::sync::Once;
use std::time::{Duration, Instant};

use outbox_postgres::{dead_letters, enqueue, migrate, place_order, queued, receive, statuses, worker};
use sqlx::PgPool;
use trycourier::ext::webhook::{SIGNATURE_HEADER, Verifier};
use trycourier::http::StatusCode;
use trycourier::testing::{Courier, Server};
use trycourier::types::ApiError;
use trycourier::{Client, calls};

/// The time until the calls of a killed worker are taken over.
const RECOVER_AFTER: Duration = Duration::from_secs(1);

/// A new database on the server. `None` if there is no server.
async fn database(name: &str) -> Option<(PgPool, String)> {
    static SKIPPED: Once = Once::new();
    let Ok(url) = std::env::var("DATABASE_URL") else {
        // The output of macros is hidden if a test passes.
        let line = b"skipped: the tests of outbox-postgres need a server at DATABASE_URL\n";
        SKIPPED.call_once(|| std::io::stderr().write_all(line).unwrap());
        return None;
    };
    let server = PgPool::connect(&url).await.unwrap();
    let name = format!("{name}_{}", std::process::id());
    sqlx::raw_sql(sqlx::AssertSqlSafe(format!("CREATE DATABASE {name}"))).execute(&server).await.unwrap();
    let url = format!("{}/{name}", url.rsplit_once('/').unwrap().0);
    Some((PgPool::connect(&url).await.unwrap(), url))
}

/// A Courier over HTTP, and a client of it that does not repeat calls by itself.
async fn courier() -> (Courier, Server, Client) {
    let courier = Courier::new();
    courier.template("nt_order");
    let server = courier.serve("127.0.0.1:0").await.unwrap();
    let client = Client::builder().api_key("test").base_url(server.url()).options(|options| options.max_retries(0));
    let client = client.build().unwrap();
    (courier, server, client)
}

/// Performs all calls that are due.
async fn run_once(pool: &PgPool, client: &Client) {
    worker(pool, client, RECOVER_AFTER).await.unwrap().run_once().await.unwrap();
}

fn orders(courier: &Courier) -> HashMap<String, usize> {
    let mut counts = HashMap::new();
    for sent in courier.sent() {
        *counts.entry(sent.message.data.unwrap()["order"].as_str().unwrap().to_owned()).or_default() += 1;
    }
    counts
}

#[tokio::test]
async fn order_and_notification_are_stored_together() {
    let Some((pool, _)) = database("together").await else { return };
    let (courier, _server, client) = courier().await;
    migrate(&pool, &client).await.unwrap();
    place_order(&pool, &client, "A-1", "ada@example.com").await.unwrap();
    // The order exists, so its transaction fails, and with it the second notification.
    assert!(place_order(&pool, &client, "A-1", "eve@example.com").await.is_err());
    assert_eq!((queued(&pool).await.unwrap(), courier.sent().len()), (1, 0));
    run_once(&pool, &client).await;
    assert_eq!(queued(&pool).await.unwrap(), 0);
    let sent = courier.expect_sent(|sent| sent.recipient == "ada@example.com");
    assert_eq!((sent.idempotency_key(), courier.sent().len()), (Some("order-A-1"), 1));
}

#[tokio::test]
async fn any_operation_can_be_queued() {
    let Some((pool, _)) = database("operations").await else { return };
    let (courier, _server, client) = courier().await;
    migrate(&pool, &client).await.unwrap();
    let mut transaction = pool.begin().await.unwrap();
    let call = client.lists().update("customers", "Customers").prepare().unwrap();
    enqueue(&mut transaction, &call.into()).await.unwrap();
    transaction.commit().await.unwrap();
    let mut rolled_back = pool.begin().await.unwrap();
    let call = client.lists().update("others", "Others").prepare().unwrap();
    enqueue(&mut rolled_back, &call.into()).await.unwrap();
    drop(rolled_back);
    run_once(&pool, &client).await;
    assert_eq!(client.lists().retrieve("customers").await.unwrap().name, "Customers");
    assert_eq!(courier.calls_of::<calls::ListsUpdate>().len(), 1);
}

#[tokio::test]
async fn retry_after_is_obeyed() {
    let Some((pool, _)) = database("retry_after").await else { return };
    let (courier, _server, client) = courier().await;
    migrate(&pool, &client).await.unwrap();
    place_order(&pool, &client, "A-1", "ada@example.com").await.unwrap();
    courier.limit_rate(1, Duration::from_secs(3600));
    run_once(&pool, &client).await;
    run_once(&pool, &client).await;
    assert_eq!((courier.calls().len(), queued(&pool).await.unwrap()), (1, 1));
    let wait: f64 = sqlx::query_scalar(
        "SELECT extract(epoch FROM run_at - now())::float8 FROM graphile_worker._private_jobs WHERE key = 'order-A-1'",
    )
    .fetch_one(&pool)
    .await
    .unwrap();
    assert!((3500.0..=3600.0).contains(&wait), "{wait}");
    // An hour later.
    sqlx::raw_sql("UPDATE graphile_worker._private_jobs SET run_at = now()").execute(&pool).await.unwrap();
    run_once(&pool, &client).await;
    assert_eq!((orders(&courier)["A-1"], queued(&pool).await.unwrap()), (1, 0));
}

#[tokio::test]
async fn delay_beyond_the_key_is_a_dead_letter() {
    let Some((pool, _)) = database("expired").await else { return };
    let (courier, _server, client) = courier().await;
    migrate(&pool, &client).await.unwrap();
    place_order(&pool, &client, "A-1", "ada@example.com").await.unwrap();
    courier.limit_rate(1, Duration::from_secs(25 * 3600));
    run_once(&pool, &client).await;
    let letters = dead_letters(&pool).await.unwrap();
    assert_eq!((letters[0].0.as_deref(), letters.len(), queued(&pool).await.unwrap()), (Some("order-A-1"), 1, 0));
    assert!(letters[0].1.ends_with("expires before the call may be repeated"), "{}", letters[0].1);

    // A call that was queued a day ago is not sent any more.
    place_order(&pool, &client, "A-2", "ada@example.com").await.unwrap();
    let age = "UPDATE graphile_worker._private_jobs SET payload = jsonb_set(payload::jsonb, '{created_at}', '1')::json";
    sqlx::raw_sql(age).execute(&pool).await.unwrap();
    run_once(&pool, &client).await;
    let error = &dead_letters(&pool).await.unwrap()[1].1;
    assert!(error.contains("expired") && courier.sent().is_empty(), "{error}");
}

#[tokio::test]
async fn refused_call_is_a_dead_letter_with_its_error() {
    let Some((pool, _)) = database("refused").await else { return };
    let (courier, _server, client) = courier().await;
    migrate(&pool, &client).await.unwrap();
    let refusal = ApiError::new().message("no such brand").type_("invalid_request_error");
    courier.on::<calls::SendMessage>().fail_with(400, refusal).times(1);
    place_order(&pool, &client, "A-1", "ada@example.com").await.unwrap();
    sqlx::raw_sql("SELECT graphile_worker.add_job('courier_call', '{\"operation\": \"lists.paint\"}'::json)")
        .execute(&pool)
        .await
        .unwrap();
    run_once(&pool, &client).await;
    place_order(&pool, &client, "A-2", "ada@example.com").await.unwrap();
    run_once(&pool, &client).await;
    let letters = dead_letters(&pool).await.unwrap();
    let find = |key: Option<&str>| letters.iter().find(|letter| letter.0.as_deref() == key).unwrap().1.clone();
    assert!(find(Some("order-A-1")).contains("no such brand"), "{letters:?}");
    assert!(!find(None).is_empty() && letters.len() == 2, "{letters:?}");
    assert_eq!((queued(&pool).await.unwrap(), orders(&courier)["A-2"], courier.sent().len()), (0, 1, 1));
}

#[tokio::test]
async fn unreachable_server_leaves_the_call_in_the_queue() {
    let Some((pool, _)) = database("unreachable").await else { return };
    let (courier, server, client) = courier().await;
    migrate(&pool, &client).await.unwrap();
    place_order(&pool, &client, "A-1", "ada@example.com").await.unwrap();
    server.stop();
    run_once(&pool, &client).await;
    let error: String =
        sqlx::query_scalar("SELECT last_error FROM graphile_worker._private_jobs").fetch_one(&pool).await.unwrap();
    assert!(error.contains("send.message") && dead_letters(&pool).await.unwrap().is_empty(), "{error}");
    assert!(courier.sent().is_empty());
}

#[tokio::test]
async fn repeated_webhook_is_stored_once() {
    let Some((pool, _)) = database("inbox").await else { return };
    let (courier, _server, client) = courier().await;
    migrate(&pool, &client).await.unwrap();
    courier.collect_webhooks();
    place_order(&pool, &client, "A-1", "ada@example.com").await.unwrap();
    run_once(&pool, &client).await;
    courier.advance(Duration::from_secs(60));
    let verifier = Verifier::new("secret").unwrap();
    let webhooks = courier.webhooks(Some("secret"));
    for webhook in webhooks.iter().chain(&webhooks) {
        let signature = webhook.headers()[SIGNATURE_HEADER].as_bytes();
        assert_eq!(receive(&pool, &verifier, signature, webhook.body()).await, StatusCode::OK);
    }
    assert_eq!(receive(&pool, &verifier, b"t=1,signature=00", b"{}").await, StatusCode::BAD_REQUEST);
    assert_eq!(statuses(&pool, "A-1").await.unwrap(), ["ENQUEUED", "ROUTED", "SENT", "DELIVERED"]);
    let count: i64 = sqlx::query_scalar("SELECT count(*) FROM courier_inbox").fetch_one(&pool).await.unwrap();
    assert_eq!(count, 4);
    pool.close().await;
    let first = &webhooks[0];
    let status = receive(&pool, &verifier, first.headers()[SIGNATURE_HEADER].as_bytes(), first.body()).await;
    assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE);
}

/// A worker process. Killed when dropped.
struct WorkerProcess(Child);

impl WorkerProcess {
    fn start(database: &str, courier: &str) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_outbox-postgres"));
        command.arg("worker").env("DATABASE_URL", database).env("COURIER_BASE_URL", courier);
        command.env("COURIER_API_KEY", "test").env("RECOVER_AFTER_SECONDS", RECOVER_AFTER.as_secs().to_string());
        Self(command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap())
    }
}

impl Drop for WorkerProcess {
    fn drop(&mut self) {
        // SIGKILL.
        self.0.kill().unwrap();
        self.0.wait().unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_workers_notify_each_order_once() {
    const ORDERS: usize = 2_000;
    const KILLS: usize = 200;
    let Some((pool, url)) = database("kills").await else { return };
    let (courier, server, client) = courier().await;
    migrate(&pool, &client).await.unwrap();
    let seed = fastrand::u64(..);
    println!("seed {seed}");
    let mut random = fastrand::Rng::with_seed(seed);
    // One in five responses is lost, after the message has been sent.
    courier.on::<calls::SendMessage>().when(|_| fastrand::u32(..5) == 0).disconnect_after_acting();

    let mut workers: Vec<_> = (0..4).map(|_| WorkerProcess::start(&url, &server.url())).collect();
    let mut orders_left = (0..ORDERS).map(|number| format!("A-{number}"));
    let mut kills_in_work = 0;
    for _ in 0..KILLS {
        for order in orders_left.by_ref().take(ORDERS / KILLS) {
            place_order(&pool, &client, &order, "ada@example.com").await.unwrap();
        }
        tokio::time::sleep(Duration::from_millis(random.u64(..300))).await;
        let victim = random.usize(..workers.len());
        let locked = "SELECT count(*) FROM graphile_worker._private_jobs WHERE locked_at IS NOT NULL";
        drop(workers.swap_remove(victim));
        kills_in_work += usize::from(sqlx::query_scalar::<_, i64>(locked).fetch_one(&pool).await.unwrap() > 0);
        workers.push(WorkerProcess::start(&url, &server.url()));
    }
    assert_eq!(orders_left.next(), None);
    let begin = Instant::now();
    while queued(&pool).await.unwrap() > 0 {
        assert!(begin.elapsed() < Duration::from_secs(120), "{} calls are left", queued(&pool).await.unwrap());
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    let counts = orders(&courier);
    let lost = courier.calls().iter().filter(|call| call.status.is_none()).count();
    println!(
        "{KILLS} kills, {kills_in_work} of them while jobs were locked; {} calls, {lost} responses lost",
        courier.calls().len()
    );
    assert!(kills_in_work > 0 && lost > 0);
    assert_eq!((counts.len(), counts.values().max()), (ORDERS, Some(&1)));
    assert_eq!(dead_letters(&pool).await.unwrap(), []);
}
