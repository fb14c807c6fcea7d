//! A transactional outbox: an order and its notification are stored together or not at all, and each notification is sent
//! once, wherever the process dies.
//!
//!     COURIER_API_KEY=… cargo run --example outbox
//!
//! Without a key it talks to a stand-in for Courier in this process.

mod stand_in;

use std::error::Error;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use rusqlite::{Connection, OptionalExtension as _};
use serde_json::json;
use trycourier::types::{Message, Recipient};
use trycourier::{Client, Prepared, calls};

type Notification = Prepared<calls::SendMessage>;
type Failure = Box<dyn Error + Send + Sync>;

#[tokio::main]
async fn main() -> Result<(), Failure> {
    let (client, _) = stand_in::client()?;
    let file = std::env::temp_dir().join(format!("outbox-{}.sqlite", std::process::id()));
    let shop = Shop::open(&file)?;
    for order in ["A-1007", "A-1008", "A-1009"] {
        place_order(&shop, &client, order, "ada@example.com").await?;
    }
    // In a service this is a task of its own, which runs every few seconds.
    let count = deliver(&shop, &client).await?;
    println!("{count} notifications were sent");
    Ok(())
}

/// Stores an order, and with it what is to be sent about it. Nothing is sent here.
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

/// Sends what is in the outbox, and says how many notifications that were.
///
/// When it dies between sending and writing that down, the next one sends the same again, under the same key: Courier acts
/// once.
pub async fn deliver(shop: &Shop, client: &Client) -> Result<usize, Failure> {
    let mut count = 0;
    while let Some((id, row)) = shop.with(next).await? {
        let notification: Notification = serde_json::from_str(&row)?;
        let state = match client.perform(&notification).await {
            Ok(_) => "sent",
            // A response that is repeated can be without a body.
            Err(error) if error.was_accepted() => "sent",
            // It stays where it is, for the next time.
            Err(error) if error.is_transient() => return Err(error.into()),
            // For a person to look at: it was refused, or it is too old to be sent again without risk.
            Err(error) => {
                eprintln!("{error}");
                "failed"
            }
        };
        count += usize::from(state == "sent");
        let update = "UPDATE outbox SET state = ?1 WHERE id = ?2";
        shop.with(move |database| database.execute(update, (state, id)).map(drop)).await?;
    }
    Ok(count)
}

fn next(database: &mut Connection) -> rusqlite::Result<Option<(i64, String)>> {
    let select = "SELECT id, prepared FROM outbox WHERE state = 'waiting' ORDER BY id LIMIT 1";
    database.query_row(select, [], |row| Ok((row.get(0)?, row.get(1)?))).optional()
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
                 state TEXT NOT NULL DEFAULT 'waiting'
             );",
        )?;
        Ok(Self(Arc::new(Mutex::new(database))))
    }

    /// SQLite blocks, so it works on a thread of its own.
    pub async fn with<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Connection) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<T, Failure> {
        let database = Arc::clone(&self.0);
        let work = move || work(&mut database.lock().unwrap_or_else(PoisonError::into_inner));
        Ok(tokio::task::spawn_blocking(work).await??)
    }
}
