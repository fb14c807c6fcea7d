//! Sends a message to an address.
//!
//!     COURIER_API_KEY=… cargo run --example send -- ada@example.com
//!
//! Without a key it uses a fake Courier in this process.

mod fake;

use std::error::Error;

use serde_json::json;
use trycourier::types::{Content, Message, Recipient};

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let email = std::env::args().nth(1).unwrap_or_else(|| "ada@example.com".to_owned());
    let (client, _) = fake::client()?;
    let message = Message::new()
        .to(Recipient::email(email))
        .content(Content::new("Your order", "Hello {{name}}, your order is on its way."))
        .data(json!({"name": "Ada"}));
    let sent = client.send().message(message).await?;
    println!("sent: {}", sent.request_id);
    Ok(())
}
