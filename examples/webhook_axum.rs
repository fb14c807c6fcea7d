//! Receives Courier's webhooks with axum: verifies and queues each delivery, responds, and does the work afterwards.
//!
//! With `COURIER_WEBHOOK_SECRET`, it listens on port 3000. Without it, it posts some deliveries to itself, without a
//! network:
//!
//! ```sh
//! cargo run --example webhook_axum --features webhook
//! ```

mod webhook_queue;

use std::collections::{HashMap, HashSet};
use std::error::Error;
use std::time::SystemTime;

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use tokio::net::TcpListener;
use tokio::sync::mpsc;
use trycourier::ext::webhook::{Delivery, Event, SIGNATURE_HEADER, Verifier, sign};
use trycourier::types::MessageStatus;
use webhook_queue::enqueue;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let (queue, deliveries) = mpsc::channel(1000);
    match std::env::var("COURIER_WEBHOOK_SECRET") {
        Ok(secret) => {
            tokio::spawn(work(deliveries, report));
            let listener = TcpListener::bind("127.0.0.1:3000").await?;
            axum::serve(listener, receiver(Verifier::new(secret)?, queue)).await?;
        }
        Err(_) => {
            let listener = TcpListener::bind("127.0.0.1:0").await?;
            let url = format!("http://{}/courier", listener.local_addr()?);
            let service = receiver(Verifier::new("whsec_example")?, queue);
            let server = tokio::spawn(async { axum::serve(listener, service).await });
            deliver(&url).await?;
            server.abort();
            // The queue is closed with the server, so the work ends after the last delivery.
            let _ = server.await;
            work(deliveries, report).await;
        }
    }
    Ok(())
}

/// The route of the webhook's URL in Courier's settings.
pub fn receiver(verifier: Verifier, queue: mpsc::Sender<Delivery>) -> Router {
    Router::new().route("/courier", post(receive)).with_state((verifier, queue))
}

type Receiver = (Verifier, mpsc::Sender<Delivery>);

async fn receive(State((verifier, queue)): State<Receiver>, headers: HeaderMap, body: Bytes) -> StatusCode {
    let signature = headers.get(SIGNATURE_HEADER).map(|value| value.as_bytes()).unwrap_or_default();
    enqueue(&verifier, &queue, signature, &body)
}

/// Does the work of each event once, and ignores a status of a message that arrives after a later one. A service with
/// several processes stores the keys and the statuses in its database.
pub async fn work(mut deliveries: mpsc::Receiver<Delivery>, mut act: impl FnMut(Event)) {
    let mut done = HashSet::new();
    let mut statuses: HashMap<String, MessageStatus> = HashMap::new();
    while let Some(delivery) = deliveries.recv().await {
        if !done.insert(delivery.dedup_key()) {
            continue;
        }
        let event = delivery.event();
        if let Event::MessageUpdated(message) = &event {
            match statuses.get(&message.id) {
                Some(known) if *known != message.status && !message.status.supersedes(known) => continue,
                _ => statuses.insert(message.id.clone(), message.status.clone()),
            };
        }
        act(event);
    }
}

fn report(event: Event) {
    match event {
        Event::MessageUpdated(message) => println!("message {} is {}", message.id, message.status),
        Event::PreferencesUserUpdated(change) => println!("{} chose {}", change.user_id, change.status),
        other => println!("{}", other.name()),
    }
}

/// Posts deliveries as Courier does: an event, the same event again, an event that this version does not know, and a
/// forged one.
async fn deliver(url: &str) -> Result<(), Box<dyn Error>> {
    let message = r#"{"type": "message:updated", "data": {"id": "1-5e2b2615", "status": "DELIVERED", "enqueued": 1700000000000,
        "event": "welcome", "notification": "nt_01kx4h2jdafq8bk9aftxak4b40", "recipient": "user_123"}}"#;
    let newer = r#"{"type": "tenants:renamed", "data": {"id": "acme"}}"#;
    for (secret, body) in
        [("whsec_example", message), ("whsec_example", message), ("whsec_example", newer), ("a guess", message)]
    {
        let signature = sign(secret, SystemTime::now(), body)?;
        let request = reqwest::Client::new().post(url).header(SIGNATURE_HEADER, signature).body(body);
        println!("response: {}", request.send().await?.status());
    }
    Ok(())
}
