//! A web service that sends messages: one client as the state of an axum router, traces on standard output, and a
//! shutdown that waits for running calls.
//!
//!     COURIER_API_KEY=… cargo run --example axum_service
//!     curl -X POST localhost:3000/orders/A-1007/confirmation -H 'content-type: application/json' -d '{"user_id": "user_123"}'

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::routing::post;
use axum::{Json, Router};
use serde::{Deserialize, Serialize};
use tokio::net::TcpListener;
use tracing::Level;
use tracing_subscriber::fmt::format::FmtSpan;
use trycourier::Client;
use trycourier::types::{Message, Recipient};

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    tracing_subscriber::fmt().with_max_level(Level::INFO).with_span_events(FmtSpan::CLOSE).init();

    let client = Client::from_env()?;
    let service = Router::new().route("/orders/{order}/confirmation", post(confirm)).with_state(client);

    let listener = TcpListener::bind("127.0.0.1:3000").await?;
    tracing::info!("listening on {}", listener.local_addr()?);
    axum::serve(listener, service).with_graceful_shutdown(interrupted()).await?;
    Ok(())
}

#[derive(Deserialize)]
struct Order {
    user_id: String,
}

#[derive(Serialize)]
struct Confirmation {
    /// `None` if the message was sent, but its id is not known.
    request_id: Option<String>,
}

/// Sends the confirmation of an order.
///
/// The caller may repeat the request, for instance after a timeout, and axum drops the handler if the caller
/// disconnects. Both are safe: the idempotency key belongs to the order, so the user gets one confirmation.
async fn confirm(
    State(client): State<Client>,
    Path(number): Path<String>,
    Json(order): Json<Order>,
) -> Result<(StatusCode, Json<Confirmation>), StatusCode> {
    let message = Message::new()
        .to(Recipient::user(order.user_id))
        .template("nt_order_confirmed")
        .data([("order", number.as_str())]);
    let request_id = match client.send().message(message).idempotency_key(format!("confirm-{number}")).await {
        Ok(sent) => Some(sent.into_inner().request_id),
        Err(error) if error.was_accepted() => None,
        Err(error) => {
            tracing::error!("{error}");
            let is_transient = error.is_transient();
            return Err(if is_transient { StatusCode::SERVICE_UNAVAILABLE } else { StatusCode::INTERNAL_SERVER_ERROR });
        }
    };
    Ok((StatusCode::ACCEPTED, Json(Confirmation { request_id })))
}

/// Waits for Ctrl-C. A service in a container should also wait for SIGTERM.
async fn interrupted() {
    if let Err(error) = tokio::signal::ctrl_c().await {
        tracing::error!("cannot wait for Ctrl-C: {error}");
    }
}
