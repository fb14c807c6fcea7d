//! Watches a message until it has arrived or will not.
//!
//!     COURIER_API_KEY=… cargo run --example watch_message -- MESSAGE_ID
//!
//! Without a key it talks to a stand-in for Courier in this process.

mod stand_in;

use std::error::Error;
use std::time::Duration;

use futures::TryStreamExt as _;
use trycourier::retry::Backoff;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let id = std::env::args().nth(1).unwrap_or_else(|| "1-65f240a0".to_owned());
    let client = stand_in::client().await?;
    let mut states = client
        .messages()
        .retrieve(id)
        .until_settled()
        .deadline(Duration::from_secs(5 * 60))
        .backoff(Backoff::default().first(Duration::from_millis(200)).longest(Duration::from_secs(5)))
        .states();
    let mut last = None;
    while let Some(message) = states.try_next().await? {
        println!("{}", message.status);
        last = Some(message);
    }
    match last {
        Some(message) if message.status.is_delivered() => println!("{} has it", message.recipient),
        Some(message) => println!("it did not arrive: {}", message.error.as_deref().unwrap_or("no reason is given")),
        None => {}
    }
    Ok(())
}
