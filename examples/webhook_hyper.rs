//! Receives Courier's webhooks with only hyper: verifies and queues each delivery, responds, and does the work
//! afterwards.
//!
//! ```sh
//! COURIER_WEBHOOK_SECRET=… cargo run --example webhook_hyper --features webhook
//! ```
//!
//! Without a secret, it posts one delivery to itself, without a network.

mod webhook_queue;

use std::convert::Infallible;
use std::error::Error;
use std::io;
use std::time::SystemTime;

use http_body_util::{BodyExt as _, Empty, Limited};
use hyper::body::{Bytes, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use tokio::net::TcpListener;
use tokio::sync::mpsc;
use trycourier::ext::webhook::{Delivery, SIGNATURE_HEADER, Verifier, sign};
use webhook_queue::enqueue;

/// Larger than any body that Courier sends.
const MAX_BODY: usize = 1024 * 1024;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let (queue, mut deliveries) = mpsc::channel(1000);
    match std::env::var("COURIER_WEBHOOK_SECRET") {
        Ok(secret) => {
            let listener = TcpListener::bind("127.0.0.1:3000").await?;
            tokio::spawn(serve(listener, Verifier::new(secret)?, queue));
            while let Some(delivery) = deliveries.recv().await {
                println!("{}", delivery.event().name());
            }
        }
        Err(_) => {
            let listener = TcpListener::bind("127.0.0.1:0").await?;
            let url = format!("http://{}/courier", listener.local_addr()?);
            tokio::spawn(serve(listener, Verifier::new("whsec_example")?, queue));
            let body = r#"{"type": "audiences:calculated", "data": {"audience_id": "vip"}}"#;
            let signature = sign("whsec_example", SystemTime::now(), body)?;
            let request = reqwest::Client::new().post(url).header(SIGNATURE_HEADER, signature).body(body);
            println!("response: {}", request.send().await?.status());
            if let Some(delivery) = deliveries.recv().await {
                println!("{}", delivery.event().name());
            }
        }
    }
    Ok(())
}

/// Serves every connection.
pub async fn serve(listener: TcpListener, verifier: Verifier, queue: mpsc::Sender<Delivery>) -> io::Result<()> {
    loop {
        let (stream, _) = listener.accept().await?;
        let (verifier, queue) = (verifier.clone(), queue.clone());
        tokio::spawn(async move {
            let service = service_fn(|request| receive(request, &verifier, &queue));
            if let Err(error) = http1::Builder::new().serve_connection(TokioIo::new(stream), service).await {
                eprintln!("a connection broke: {error}");
            }
        });
    }
}

async fn receive(
    request: Request<Incoming>,
    verifier: &Verifier,
    queue: &mpsc::Sender<Delivery>,
) -> Result<Response<Empty<Bytes>>, Infallible> {
    let (head, body) = request.into_parts();
    let signature = head.headers.get(SIGNATURE_HEADER).map(|value| value.as_bytes()).unwrap_or_default();
    let status = match Limited::new(body, MAX_BODY).collect().await {
        Err(_) => StatusCode::PAYLOAD_TOO_LARGE,
        Ok(body) => enqueue(verifier, queue, signature, &body.to_bytes()),
    };
    let mut response = Response::new(Empty::new());
    *response.status_mut() = status;
    Ok(response)
}
