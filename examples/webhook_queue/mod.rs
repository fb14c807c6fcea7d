//! What a receiver of webhooks does with each request, whatever it is written with.

use tokio::sync::mpsc;
use trycourier::ext::webhook::{Delivery, Verifier};
use trycourier::http::StatusCode;

/// Puts what is genuine into the queue, and says what to answer. What takes time is done by whoever reads the queue.
pub fn enqueue(verifier: &Verifier, queue: &mpsc::Sender<Delivery>, signature: &[u8], body: &[u8]) -> StatusCode {
    match verifier.verify(signature, body) {
        Err(error) => {
            eprintln!("refused: {error}");
            StatusCode::BAD_REQUEST
        }
        Ok(delivery) => match queue.try_send(delivery) {
            Ok(()) => StatusCode::OK,
            // Courier tries again.
            Err(_) => StatusCode::SERVICE_UNAVAILABLE,
        },
    }
}
