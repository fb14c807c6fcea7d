//! A service that sends a message to Courier by reqwest.

use serde::{Deserialize, Serialize};

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
    let message = Message {
        to: Recipient { user_id: "user_123" },
        template: "nt_welcome",
        data: serde_json::json!({"order": "A-1007"}),
    };
    let request = reqwest::Client::new()
        .post("https://api.courier.com/send")
        .bearer_auth(std::env::var("COURIER_API_KEY")?)
        .json(&serde_json::json!({"message": message}));
    let sent: Sent = request.send().await?.error_for_status()?.json().await?;
    println!("{}", sent.request_id);
    Ok(())
}
