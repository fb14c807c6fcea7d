//! Watches a message until it is delivered or has failed.
//!
//!     COURIER_API_KEY=… cargo run --example watch_message -- MESSAGE_ID
//!
//! Without a key it uses a fake Courier in this process, and sends a message to watch.

mod fake;

use std::error::Error;
use std::time::Duration;

use futures::TryStreamExt as _;
use trycourier::Client;
use trycourier::retry::Backoff;
use trycourier::types::{Content, Message, Recipient};

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let (client, fake) = fake::client()?;
    let id = match std::env::args().nth(1) {
        Some(id) => id,
        None if fake.is_some() => send(&client).await?,
        None => return Err("usage: cargo run --example watch_message -- MESSAGE_ID".into()),
    };
    let mut states = client
        .messages()
        .retrieve(id)
        .until_settled()
        .timeout(Duration::from_secs(5 * 60))
        .backoff(Backoff::default().initial_delay(Duration::from_millis(200)).max_delay(Duration::from_secs(5)))
        .states();
    let mut last = None;
    while let Some(message) = states.try_next().await? {
        println!("{}", message.status);
        last = Some(message);
    }
    match last {
        Some(message) if message.status.is_delivered() => println!("delivered to {}", message.recipient),
        Some(message) => println!("not delivered: {}", message.error.as_deref().unwrap_or("Courier gives no reason")),
        None => {}
    }
    Ok(())
}

async fn send(client: &Client) -> trycourier::Result<String> {
    client.profiles().create("user_123", [("email", "ada@example.com")]).await?;
    let message = Message::new().to(Recipient::user("user_123")).content(Content::new("Hello", "It is on its way."));
    Ok(client.send().message(message).await?.into_inner().request_id)
}
