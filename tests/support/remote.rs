//! A remote Courier, without a socket.

use tokio::task::yield_now;
use trycourier::http::Response;
use trycourier::testing::Courier;
use trycourier::transport::{Attempt, Body, BoxFuture, Transport, TransportError};

/// A call waits before the work is done, and then for its response; at either point it can be dropped.
pub struct Remote(pub Courier);

impl Transport for Remote {
    fn send(&self, attempt: Attempt) -> BoxFuture<'_, Result<Response<Body>, TransportError>> {
        Box::pin(async {
            yield_now().await;
            let response = self.0.send(attempt).await;
            yield_now().await;
            response
        })
    }
}
