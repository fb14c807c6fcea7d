//! A service that sends a message to Courier.

use serde::Serialize;
use trycourier::Client;
use trycourier::types::{Message, Object, Recipient};

#[derive(Serialize)]
struct Order<'a> {
    order: &'a str,
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let client = Client::from_env()?;
    let message = Message::new()
        .to(Recipient::user("user_123"))
        .template("nt_welcome")
        .data(Object::from_serialize(&Order { order: "A-1007" })?);
    let sent = client.send().message(message).await?;
    println!("{}", sent.request_id);
    Ok(())
}
