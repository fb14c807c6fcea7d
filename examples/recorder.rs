//! Records requests and responses in a file, and replays them without a network.
//!
//!     COURIER_API_KEY=… cargo run --example recorder -- record lists.jsonl
//!     cargo run --example recorder -- replay lists.jsonl
//!
//! Without arguments it records a fake Courier in this process, and replays the recording.

#![allow(clippy::indexing_slicing, reason = "what is absent in JSON is null")]

use std::collections::VecDeque;
use std::error::Error;
use std::fs::{self, File};
use std::io::Write as _;
use std::sync::{Mutex, PoisonError};

use serde_json::{Value, json};
use trycourier::Client;
use trycourier::http::{Method, Response};
use trycourier::testing::Courier;
use trycourier::transport::{Attempt, Body, BoxFuture, Transport, TransportError};

/// Forwards every attempt, and writes a line for each request and its response. It omits the headers, which have the
/// API key.
struct Recorder<T> {
    inner: T,
    file: Mutex<File>,
}

impl<T: Transport> Transport for Recorder<T> {
    fn send(&self, attempt: Attempt) -> BoxFuture<'_, Result<Response<Body>, TransportError>> {
        Box::pin(async move {
            let path = attempt.request.uri().path_and_query().map(ToString::to_string);
            let request = format!("{} {}", attempt.request.method(), path.unwrap_or_default());
            let (head, body) = self.inner.send(attempt).await?.into_parts();
            let body = body.bytes().await?;
            let line = json!({
                "request": request,
                "status": head.status.as_u16(),
                "body": String::from_utf8_lossy(&body),
            });
            let mut file = self.file.lock().unwrap_or_else(PoisonError::into_inner);
            writeln!(file, "{line}").map_err(TransportError::broken)?;
            Ok(Response::from_parts(head, Body::from(body)))
        })
    }
}

/// Responds with the recorded responses, in the same order.
struct Replayer {
    exchanges: Mutex<VecDeque<Value>>,
}

impl Transport for Replayer {
    fn send(&self, attempt: Attempt) -> BoxFuture<'_, Result<Response<Body>, TransportError>> {
        let next = self.exchanges.lock().unwrap_or_else(PoisonError::into_inner).pop_front();
        Box::pin(async move {
            let exchange = next.ok_or_else(|| {
                let reason = format!("{} was not recorded", attempt.operation());
                TransportError::connect(reason).permanent()
            })?;
            let body = exchange["body"].as_str().unwrap_or_default().to_owned();
            let mut response = Response::new(Body::from(body));
            let status = exchange["status"].as_u64().and_then(|status| u16::try_from(status).ok());
            *response.status_mut() = status.unwrap_or(500).try_into().map_err(TransportError::broken)?;
            Ok(response)
        })
    }
}

fn replay(path: &str) -> Result<Client, Box<dyn Error>> {
    let lines = fs::read_to_string(path)?;
    let exchanges = lines.lines().map(serde_json::from_str).collect::<Result<VecDeque<Value>, _>>()?;
    let replayer = Replayer { exchanges: Mutex::new(exchanges) };
    Ok(Client::builder().api_key("none").transport(replayer).build()?)
}

async fn list(client: &Client) -> Result<(), Box<dyn Error>> {
    let lists = client.request(Method::GET, "/lists").send::<Value>().await?;
    for list in lists["items"].as_array().into_iter().flatten() {
        println!("{} {}", list["id"], list["name"]);
    }
    Ok(())
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        ["record", path] => {
            let file = Mutex::new(File::create(path)?);
            let builder = trycourier::ClientBuilder::from_env()?;
            list(&builder.wrap_transport(|inner| Recorder { inner, file }).build()?).await
        }
        ["replay", path] => list(&replay(path)?).await,
        _ => {
            let path = std::env::temp_dir().join(format!("trycourier-recorder-{}.jsonl", std::process::id()));
            let courier = Courier::new();
            courier.client().lists().update("customers", "Customers").await?;
            let recorder = Recorder { inner: courier, file: Mutex::new(File::create(&path)?) };
            list(&Client::builder().api_key("none").transport(recorder).build()?).await?;
            let replayed = list(&replay(&path.to_string_lossy())?).await;
            fs::remove_file(path)?;
            replayed
        }
    }
}
