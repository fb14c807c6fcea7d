//! A transactional outbox on PostgreSQL: an order and its notification are stored together or not at all, and each
//! notification is sent once, regardless of the number of workers and of when they are killed.
//!
//! The queue is `graphile_worker`'s. A job is a prepared call of any operation, stored in the transaction of the order.
//! Its key is the call's idempotency key. If a worker is killed after Courier has acted, the job stays locked; another
//! worker performs it again under the same key, and Courier acts once.

use std::time::{Duration, SystemTime};

use anyhow::Result;
use graphile_worker::{IntoTaskHandlerResult, TaskHandler, Worker, WorkerContext, WorkerOptions};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sqlx::{PgConnection, PgPool};
use trycourier::ext::webhook::{Event, Verifier};
use trycourier::http::StatusCode;
use trycourier::types::{Message, Recipient};
use trycourier::{Client, Error, ErrorKind, PreparedCall, calls};

/// The number of calls that a worker performs at the same time.
const CONCURRENCY: usize = 10;

const SCHEMA: &str = "
    CREATE TABLE IF NOT EXISTS orders (id text PRIMARY KEY, notification_key text NOT NULL UNIQUE, message_id text);
    CREATE TABLE IF NOT EXISTS courier_dead_letters (
        id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        key text UNIQUE,
        call json NOT NULL,
        error text NOT NULL,
        died_at timestamptz NOT NULL DEFAULT now()
    );
    CREATE TABLE IF NOT EXISTS courier_inbox (
        dedup_key text PRIMARY KEY,
        message_id text,
        status text,
        body text NOT NULL,
        received_at timestamptz NOT NULL DEFAULT now()
    );
    CREATE INDEX IF NOT EXISTS courier_inbox_message_id ON courier_inbox (message_id);
";

/// Creates the tables of the shop and of the queue.
pub async fn migrate(pool: &PgPool, client: &Client) -> Result<()> {
    sqlx::raw_sql(SCHEMA).execute(pool).await?;
    // The queue creates its tables when a worker is made.
    worker(pool, client, Duration::from_secs(60)).await?;
    Ok(())
}

/// Stores an order and its notification in one transaction. A second order with the same id is refused.
pub async fn place_order(pool: &PgPool, client: &Client, order: &str, email: &str) -> Result<()> {
    let key = format!("order-{order}");
    let message = Message::new().to(Recipient::email(email)).template("nt_order").data([("order", order)]);
    let notification = client.send().message(message).idempotency_key(&key).prepare()?;
    let mut transaction = pool.begin().await?;
    let insert = sqlx::query("INSERT INTO orders (id, notification_key) VALUES ($1, $2)");
    insert.bind(order).bind(&key).execute(&mut *transaction).await?;
    enqueue(&mut transaction, &notification.into()).await?;
    transaction.commit().await?;
    Ok(())
}

/// Adds a call to the queue, as part of a transaction.
pub async fn enqueue(connection: &mut PgConnection, call: &PreparedCall) -> Result<()> {
    add_job(connection, call.idempotency_key(), &serde_json::to_value(call)?, Duration::ZERO).await
}

async fn add_job(connection: &mut PgConnection, key: Option<&str>, call: &Value, delay: Duration) -> Result<()> {
    let add =
        "SELECT FROM graphile_worker.add_job($1, $2::json, job_key => $3, run_at => now() + make_interval(secs => $4))";
    let query = sqlx::query(add).bind(PerformCall::IDENTIFIER).bind(call).bind(key).bind(delay.as_secs_f64());
    query.execute(connection).await?;
    Ok(())
}

/// Makes a worker. It takes over the calls of a worker that has been silent for `recover_after`.
pub async fn worker(pool: &PgPool, client: &Client, recover_after: Duration) -> Result<Worker> {
    let options = WorkerOptions::default()
        .pg_pool(pool.clone())
        .concurrency(CONCURRENCY)
        .add_extension(client.clone())
        .define_job::<PerformCall>()
        .heartbeat_interval(recover_after / 5)
        .sweep_interval(recover_after / 2)
        .sweep_threshold(recover_after)
        .recovery_delay(Duration::ZERO);
    Ok(options.init().await?)
}

/// The job: a prepared call. The handler parses it, so that a call that cannot be parsed becomes a dead letter.
#[derive(Deserialize, Serialize)]
#[serde(transparent)]
struct PerformCall(Value);

impl TaskHandler for PerformCall {
    const IDENTIFIER: &'static str = "courier_call";

    async fn run(self, context: WorkerContext) -> impl IntoTaskHandlerResult {
        perform(&self.0, &context).await.map_err(|error| format!("{error:#}"))
    }
}

/// Performs a call. If this fails, the queue repeats the job later, each time after a longer delay.
async fn perform(call: &Value, context: &WorkerContext) -> Result<()> {
    let (pool, job) = (context.pg_pool(), context.job());
    let prepared: PreparedCall = match serde_json::from_value(call.clone()) {
        Ok(prepared) => prepared,
        Err(error) => return bury(pool, None, call, &error.to_string()).await,
    };
    let key = prepared.idempotency_key();
    let client = context.get_ext::<Client>().ok_or_else(|| anyhow::anyhow!("the worker has no client"))?;
    match client.perform_call(&prepared).await {
        Ok(performed) => match performed.decode::<calls::SendMessage>() {
            Ok(sent) => store_message(pool, key, &sent.request_id).await,
            // Another operation.
            Err(_) => Ok(()),
        },
        // Only the response was lost.
        Err(error) if error.was_accepted() => Ok(()),
        Err(error) if can_succeed(&error) && job.attempts() < job.max_attempts() => match error.retry_after() {
            None => Err(error.into()),
            Some(delay) if is_expired_after(&prepared, delay) => {
                bury(pool, key, call, &format!("{error}; the idempotency key expires before the call may be repeated"))
                    .await
            }
            // A job with the same key takes the place of this one.
            Some(delay) => add_job(&mut *pool.acquire().await?, key, call, delay).await,
        },
        // A person must decide: Courier refuses the call, or its key has expired, so that it could act twice.
        Err(error) => bury(pool, key, call, &error.to_string()).await,
    }
}

/// Returns `true` if a later attempt can succeed, perhaps by a worker of a newer version.
fn can_succeed(error: &Error) -> bool {
    error.is_transient() || error.kind() == ErrorKind::UnknownOperation
}

fn is_expired_after(call: &PreparedCall, delay: Duration) -> bool {
    let then = SystemTime::now().checked_add(delay);
    call.expires_at().is_some_and(|end| then.is_none_or(|then| then >= end))
}

async fn store_message(pool: &PgPool, key: Option<&str>, message: &str) -> Result<()> {
    let update = sqlx::query("UPDATE orders SET message_id = $1 WHERE notification_key = $2");
    update.bind(message).bind(key).execute(pool).await?;
    Ok(())
}

/// Stores a call as a dead letter, once, even if the worker is killed before its job is removed.
async fn bury(pool: &PgPool, key: Option<&str>, call: &Value, error: &str) -> Result<()> {
    let insert = "INSERT INTO courier_dead_letters (key, call, error) VALUES ($1, $2, $3) ON CONFLICT (key) DO NOTHING";
    sqlx::query(insert).bind(key).bind(call).bind(error).execute(pool).await?;
    Ok(())
}

/// Returns the keys and the errors of the dead letters, the oldest first.
pub async fn dead_letters(pool: &PgPool) -> Result<Vec<(Option<String>, String)>> {
    let select = "SELECT key, error FROM courier_dead_letters ORDER BY id";
    Ok(sqlx::query_as(select).fetch_all(pool).await?)
}

/// Returns the number of calls that are not performed yet.
pub async fn queued(pool: &PgPool) -> Result<i64> {
    Ok(sqlx::query_scalar("SELECT count(*) FROM graphile_worker._private_jobs").fetch_one(pool).await?)
}

/// Stores a webhook, once for each event, and returns the status of the response to Courier.
pub async fn receive(pool: &PgPool, verifier: &Verifier, signature: &[u8], body: &[u8]) -> StatusCode {
    let delivery = match verifier.verify(signature, body) {
        Ok(delivery) => delivery,
        Err(error) => {
            eprintln!("refused: {error}");
            return StatusCode::BAD_REQUEST;
        }
    };
    let (message, status) = match delivery.event() {
        Event::MessageUpdated(message) => (Some(message.id.clone()), Some(message.status.to_string())),
        _ => (None, None),
    };
    let insert = "INSERT INTO courier_inbox (dedup_key, message_id, status, body) VALUES ($1, $2, $3, $4)
        ON CONFLICT (dedup_key) DO NOTHING";
    let insert = sqlx::query(insert).bind(delivery.dedup_key()).bind(message).bind(status);
    match insert.bind(String::from_utf8_lossy(body)).execute(pool).await {
        Ok(_) => StatusCode::OK,
        // Courier repeats the webhook.
        Err(error) => {
            eprintln!("{error}");
            StatusCode::SERVICE_UNAVAILABLE
        }
    }
}

/// Returns the statuses of an order's notification, in the order of their arrival.
pub async fn statuses(pool: &PgPool, order: &str) -> Result<Vec<String>> {
    let select = "SELECT status FROM courier_inbox JOIN orders USING (message_id)
        WHERE orders.id = $1 AND status IS NOT NULL ORDER BY received_at";
    Ok(sqlx::query_scalar(select).bind(order).fetch_all(pool).await?)
}
