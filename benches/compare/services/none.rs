//! A service that sends a message to Courier by a call that the crate does not describe.

use serde::{Deserialize, Serialize};
use trycourier::Client;
use trycourier::http::Method;

#[derive(Serialize)]
struct Message<'a> {
    to: Recipient<'a>,
    template: &'a str,
    data: serde_json::Value,
}

#[derive(Serialize)]
struct Recipient<'a> {
    user_id: &'a str,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Sent {
    request_id: String,
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let client = Client::from_env()?;
    let message = Message {
        to: Recipient { user_id: "user_123" },
        template: "nt_welcome",
        data: serde_json::json!({"order": "A-1007"}),
    };
    let request = client.request(Method::POST, "/send").json(&serde_json::json!({"message": message}));
    let sent = request.send::<Sent>().await?;
    println!("{}", sent.request_id);
    Ok(())
}
