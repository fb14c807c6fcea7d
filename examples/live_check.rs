//! Checks the promises that only Courier itself can confirm, and prints what it did.
//!
//! ```sh
//! COURIER_API_KEY=… cargo run --example live_check --features webhook
//! ```
//!
//! Without a key, it uses a fake Courier in this process. It sends one message to a user without an address, delayed by a
//! day, and cancels it, so nothing is delivered. With `COURIER_WEBHOOK_SECRET`, it also waits for a webhook: let a tunnel
//! forward the URL in Courier's settings, with the path `/courier`, to `COURIER_WEBHOOK_LISTEN`, by default 127.0.0.1:3000.

mod fake;
#[path = "webhook_axum.rs"]
#[allow(dead_code, reason = "this example uses only its receiver")]
mod webhook_axum;

use std::error::Error;
use std::fmt::Display;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::sync::mpsc;
use trycourier::ext::webhook::{Delivery, Event, Verifier};
use trycourier::http::Method;
use trycourier::types::{Content, Delay, ListMessagesResponse, Message, MessageDetails, MessageStatus, Recipient};
use trycourier::{Client, ErrorKind};

/// Users and messages of this check, which a workspace can recognize by their names.
const USER: &str = "trycourier-live-check";

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let (client, fake) = fake::client()?;
    let webhooks = match std::env::var("COURIER_WEBHOOK_SECRET") {
        Ok(secret) => Some(receive(Verifier::new(secret)?).await?),
        Err(_) => None,
    };
    let findings = check(&client, webhooks).await;
    for finding in &findings {
        println!("{finding}");
    }
    let failures = findings.iter().filter(|finding| finding.outcome.is_err()).count();
    let server = if fake.is_some() { "the fake" } else { "Courier" };
    println!("{} checks of {server}, {failures} failed", findings.len());
    if failures > 0 { Err("Courier did not do what the SDK expects".into()) } else { Ok(()) }
}

/// The server's behavior in one check.
pub struct Finding {
    pub name: &'static str,
    pub outcome: Result<String, String>,
}

impl Display for Finding {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match &self.outcome {
            Ok(text) => write!(f, "ok      {}: {text}", self.name),
            Err(text) => write!(f, "FAILED  {}: {text}", self.name),
        }
    }
}

/// Runs each check, of which the later ones need the message of the first.
pub async fn check(client: &Client, webhooks: Option<mpsc::Receiver<Delivery>>) -> Vec<Finding> {
    let key = client.new_idempotency_key();
    let sent = send(client, &key).await;
    let mut findings = vec![Finding { name: "a send is accepted", outcome: sent.clone() }];
    let Ok(id) = sent else { return findings };
    let mut add = |name, outcome| findings.push(Finding { name, outcome });
    add("a repeated key sends no second message", repeat(client, &key, &id).await);
    add("a delayed message waits", waits(client, &id).await);
    add("a waiting message is canceled", cancel(client, &id).await);
    add("a canceled message stays so", cancel_again(client, &id).await);
    for (name, statuses) in [
        ("two statuses with a comma find the message", &["CANCELED,DELIVERED"][..]),
        ("two statuses as repeated parameters find it", &["CANCELED", "DELIVERED"][..]),
    ] {
        add(name, find(client, &id, statuses).await);
    }
    add("another status does not find it", hide(client, &id).await);
    add("a missing message is a 404", missing(client).await);
    if let Some(webhooks) = webhooks {
        add("a webhook reports the message", webhook(webhooks, &id).await);
    }
    findings
}

fn message() -> Message {
    Message::new()
        .to(Recipient::user(USER))
        .content(Content::new("Live check", "This message is canceled before it is sent."))
        .delay(Delay::after(Duration::from_secs(24 * 60 * 60)))
}

async fn send(client: &Client, key: &str) -> Result<String, String> {
    let sent = client.send().message(message()).idempotency_key(key).await.map_err(text)?;
    let mismatches = sent.mismatches().len();
    if mismatches > 0 { Err(format!("{mismatches} mismatches")) } else { Ok(sent.into_inner().request_id) }
}

async fn repeat(client: &Client, key: &str, id: &str) -> Result<String, String> {
    match client.send().message(message()).idempotency_key(key).await {
        Ok(repeated) if repeated.request_id == id => Ok("the same request id came back".to_owned()),
        Ok(repeated) => Err(format!("it was sent again as {}", repeated.request_id)),
        Err(error) if error.was_accepted() => Ok("the response was empty, which the SDK reports".to_owned()),
        Err(error) => Err(text(error)),
    }
}

async fn waits(client: &Client, id: &str) -> Result<String, String> {
    let delayed = |message: &MessageDetails| message.status == MessageStatus::Delayed;
    let wait = client.messages().retrieve(id).until(delayed).timeout(Duration::from_secs(120));
    wait.await.map(|message| format!("its status is {}", message.status)).map_err(text)
}

async fn cancel(client: &Client, id: &str) -> Result<String, String> {
    let canceled = client.messages().cancel(id).await.map_err(text)?;
    let ended = |message: &MessageDetails| message.status == MessageStatus::Canceled;
    let wait = client.messages().retrieve(id).until(ended).timeout(Duration::from_secs(120));
    let ended = wait.await.map_err(text)?;
    Ok(format!("the response says {}, and then the message is {}", canceled.status, ended.status))
}

async fn cancel_again(client: &Client, id: &str) -> Result<String, String> {
    match client.messages().cancel(id).await {
        Ok(message) => Ok(format!("a second call succeeds and says {}", message.status)),
        Err(error) if error.kind() == ErrorKind::Conflict => Ok("a second call is a 409".to_owned()),
        Err(error) => Err(text(error)),
    }
}

async fn find(client: &Client, id: &str, statuses: &[&str]) -> Result<String, String> {
    let rows = rows(client, id, statuses).await?;
    if rows.iter().any(|row| row == id) { Ok("found".to_owned()) } else { Err(format!("{} other rows", rows.len())) }
}

async fn hide(client: &Client, id: &str) -> Result<String, String> {
    let rows = rows(client, id, &["DELIVERED"]).await?;
    if rows.is_empty() { Ok("no rows".to_owned()) } else { Err(format!("{} rows", rows.len())) }
}

async fn rows(client: &Client, id: &str, statuses: &[&str]) -> Result<Vec<String>, String> {
    let request = client.request(Method::GET, "/messages").query("messageId", id);
    let request = statuses.iter().fold(request, |request, status| request.query("status", status));
    let page = request.send::<ListMessagesResponse>().await.map_err(text)?;
    Ok(page.into_inner().results.into_iter().map(|row| row.id).collect())
}

async fn missing(client: &Client) -> Result<String, String> {
    match client.messages().retrieve("1-00000000-000000000000000000000000").await {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(text(error)),
        Err(error) => Err(text(error)),
        Ok(message) => Err(format!("its status is {}", message.status)),
    }
}

/// Listens for the webhooks of the workspace.
async fn receive(verifier: Verifier) -> Result<mpsc::Receiver<Delivery>, Box<dyn Error>> {
    let address = std::env::var("COURIER_WEBHOOK_LISTEN").unwrap_or_else(|_| "127.0.0.1:3000".to_owned());
    let listener = TcpListener::bind(address).await?;
    let (queue, deliveries) = mpsc::channel(1000);
    tokio::spawn(async { axum::serve(listener, webhook_axum::receiver(verifier, queue)).await });
    Ok(deliveries)
}

async fn webhook(mut deliveries: mpsc::Receiver<Delivery>, id: &str) -> Result<String, String> {
    let arrival = async {
        while let Some(delivery) = deliveries.recv().await {
            match delivery.event() {
                Event::MessageUpdated(message) if message.id == id => return Ok(format!("{}", message.status)),
                _ => {}
            }
        }
        Err("the receiver stopped".to_owned())
    };
    let arrived = tokio::time::timeout(Duration::from_secs(180), arrival).await;
    arrived.unwrap_or_else(|_| Err("it did not arrive within 3 minutes".to_owned()))
}

fn text(error: impl Display) -> String {
    error.to_string()
}
