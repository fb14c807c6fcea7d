//! The part of a webhook receiver that does not depend on the web framework.

use tokio::sync::mpsc;
use trycourier::ext::webhook::{Delivery, Verifier};
use trycourier::http::StatusCode;

/// Verifies a request, puts its delivery into the queue, and returns the status of the response. The work is done
/// later, by the reader of the queue.
pub fn enqueue(verifier: &Verifier, queue: &mpsc::Sender<Delivery>, signature: &[u8], body: &[u8]) -> StatusCode {
    match verifier.verify(signature, body) {
        Err(error) => {
            eprintln!("refused: {error}");
            StatusCode::BAD_REQUEST
        }
        Ok(delivery) => match queue.try_send(delivery) {
            Ok(()) => StatusCode::OK,
            // Courier retries.
            Err(_) => StatusCode::SERVICE_UNAVAILABLE,
        },
    }
}
