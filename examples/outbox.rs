//! A transactional outbox: an order and its notification are stored together or not at all, and each notification is
//! sent once, even if the process crashes in between.
//!
//!     COURIER_API_KEY=… cargo run --example outbox
//!
//! Without a key it uses a fake Courier in this process.

mod fake;

use std::error::Error;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use rusqlite::Connection;
use serde_json::json;
use trycourier::types::{Message, Recipient};
use trycourier::{Client, Prepared, calls};

type Notification = Prepared<calls::SendMessage>;
type Failure = Box<dyn Error + Send + Sync>;

#[tokio::main]
async fn main() -> Result<(), Failure> {
    let (client, _) = fake::client()?;
    let file = std::env::temp_dir().join(format!("outbox-{}.sqlite", std::process::id()));
    let shop = Shop::open(&file)?;
    for order in ["A-1007", "A-1008", "A-1009"] {
        place_order(&shop, &client, order, "ada@example.com").await?;
    }
    // In a service, a background task does this every few seconds.
    let count = deliver(&shop, &client).await?;
    println!("{count} notifications were sent");
    std::fs::remove_file(file)?;
    Ok(())
}

/// Stores an order and its notification, without sending it.
pub async fn place_order(shop: &Shop, client: &Client, order: &str, email: &str) -> Result<(), Failure> {
    let message = Message::new().to(Recipient::email(email)).template("nt_order").data(json!({"order": order}));
    let notification = client.send().message(message).prepare()?;
    let (order, row) = (order.to_owned(), serde_json::to_string(&notification)?);
    shop.with(move |database| {
        let transaction = database.transaction()?;
        transaction.execute("INSERT INTO orders (id) VALUES (?1)", [&order])?;
        transaction.execute("INSERT INTO outbox (prepared) VALUES (?1)", [&row])?;
        transaction.commit()
    })
    .await
}

/// Tries to send each notification in the outbox once, and returns the number of those that were sent.
///
/// If the process crashes after sending a notification and before updating its row, the next round sends it again under
/// the same key, and Courier acts once. A notification that fails waits for more and more rounds, and holds up no other:
/// Courier stores a 5xx under the key of its call, and repeats it for a day.
pub async fn deliver(shop: &Shop, client: &Client) -> Result<usize, Failure> {
    let mut count = 0;
    for (id, row, failures) in shop.with(round).await? {
        let update = match serde_json::from_str::<Notification>(&row) {
            Ok(notification) => match client.perform(&notification).await {
                Ok(_) => "state = 'sent'",
                // A repeated response can lack its body.
                Err(error) if error.was_accepted() => "state = 'sent'",
                // The row stays in the outbox.
                Err(error) if error.is_transient() => {
                    eprintln!("failed {} times: {error}", failures + 1);
                    "failures = failures + 1, rounds_left = min(1 << failures, 500)"
                }
                // A person must decide: Courier refused it, or its key has expired, so sending it now could send it twice.
                Err(error) => {
                    eprintln!("{error}");
                    "state = 'failed'"
                }
            },
            // Another version of the program wrote it.
            Err(error) => {
                eprintln!("unreadable: {error}");
                "state = 'failed'"
            }
        };
        count += usize::from(update == "state = 'sent'");
        let update = format!("UPDATE outbox SET {update} WHERE id = ?1");
        shop.with(move |database| database.execute(&update, [id]).map(drop)).await?;
    }
    Ok(count)
}

/// Begins a round, and returns its rows: the id, the notification, and the number of failures.
fn round(database: &mut Connection) -> rusqlite::Result<Vec<(i64, String, i64)>> {
    database.execute("UPDATE outbox SET rounds_left = rounds_left - 1 WHERE rounds_left > 0", [])?;
    let select = "SELECT id, prepared, failures FROM outbox WHERE state = 'waiting' AND rounds_left = 0 ORDER BY id";
    let mut select = database.prepare(select)?;
    select.query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?.collect()
}

/// The database of a shop.
#[derive(Clone)]
pub struct Shop(Arc<Mutex<Connection>>);

impl Shop {
    pub fn open(file: &Path) -> Result<Self, Failure> {
        let database = Connection::open(file)?;
        database.busy_timeout(Duration::from_secs(10))?;
        database.execute_batch(
            "CREATE TABLE IF NOT EXISTS orders (id TEXT PRIMARY KEY);
             CREATE TABLE IF NOT EXISTS outbox (
                 id INTEGER PRIMARY KEY,
                 prepared TEXT NOT NULL,
                 state TEXT NOT NULL DEFAULT 'waiting',
                 failures INTEGER NOT NULL DEFAULT 0,
                 rounds_left INTEGER NOT NULL DEFAULT 0
             );",
        )?;
        Ok(Self(Arc::new(Mutex::new(database))))
    }

    /// Runs a function with the database on a blocking thread, because SQLite blocks.
    pub async fn with<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Connection) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<T, Failure> {
        let database = Arc::clone(&self.0);
        let work = move || work(&mut database.lock().unwrap_or_else(PoisonError::into_inner));
        Ok(tokio::task::spawn_blocking(work).await??)
    }
}
