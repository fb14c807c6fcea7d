//! The fake over HTTP, for programs in any language.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use bytes::Bytes;
use http::{Method, Request};
use http_body_util::{BodyExt, Full, LengthLimitError, Limited};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::net::{TcpListener, ToSocketAddrs};
use tokio::task::JoinHandle;
use tokio::time::sleep;

use super::courier::Courier;
use super::mailbox;
use crate::testing::engine::response::Response;
use crate::transport::TransportError;

/// The maximum size of a request's body.
const MAX_BYTES: usize = 6 * 1024 * 1024;

/// The delay after a connection could not be accepted, for instance because of too many open files.
const ACCEPT_DELAY: Duration = Duration::from_millis(100);

/// The header in which Courier's own SDKs count their attempts.
const RETRY_COUNT: &str = "x-stainless-retry-count";

/// A [`Courier`] that listens on a port, until [`stop`](Self::stop) or the end of the runtime.
#[derive(Debug)]
pub struct Server {
    address: SocketAddr,
    task: JoinHandle<()>,
}

impl Server {
    /// Returns the address that it listens on.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Returns the base URL to set in an SDK, such as `http://127.0.0.1:4010`.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Stops listening.
    pub fn stop(self) {
        self.task.abort();
    }
}

impl Courier {
    /// Listens on an address that only this machine can reach, such as `127.0.0.1:4010`. Port 0 picks any free port.
    ///
    /// The page at `/` shows the messages.
    ///
    /// ```no_run
    /// # async fn example() -> std::io::Result<()> {
    /// let courier = trycourier::testing::Courier::new();
    /// let server = courier.serve("127.0.0.1:0").await?;
    /// println!("COURIER_BASE_URL={}", server.url());
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// If it cannot listen on the address, or other machines can reach it.
    pub async fn serve(&self, address: impl ToSocketAddrs) -> io::Result<Server> {
        let addresses: Vec<SocketAddr> = tokio::net::lookup_host(address).await?.collect();
        if let Some(open) = addresses.iter().find(|address| !address.ip().is_loopback()) {
            let message = format!("{open} can be reached from other machines; see `serve_public`");
            return Err(io::Error::new(io::ErrorKind::InvalidInput, message));
        }
        self.listen(addresses.as_slice()).await
    }

    /// Like [`serve`](Self::serve), on any address. Everyone who can reach it can read the messages.
    ///
    /// # Errors
    ///
    /// If it cannot listen on the address.
    pub async fn serve_public(&self, address: impl ToSocketAddrs) -> io::Result<Server> {
        self.listen(address).await
    }

    async fn listen(&self, address: impl ToSocketAddrs) -> io::Result<Server> {
        let listener = TcpListener::bind(address).await?;
        let address = listener.local_addr()?;
        Ok(Server { address, task: tokio::spawn(accept(self.clone(), listener)) })
    }
}

async fn accept(courier: Courier, listener: TcpListener) {
    loop {
        let Ok((stream, _)) = listener.accept().await else {
            sleep(ACCEPT_DELAY).await;
            continue;
        };
        let courier = courier.clone();
        tokio::spawn(async move {
            let service = service_fn(move |request| respond(courier.clone(), request));
            // The caller notices a broken connection itself.
            let _ = http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
        });
    }
}

/// Responds to a request. An error closes the connection.
async fn respond(courier: Courier, request: Request<Incoming>) -> Result<http::Response<Full<Bytes>>, TransportError> {
    let (head, body) = request.into_parts();
    let response = match Limited::new(body, MAX_BYTES).collect().await {
        Err(error) if error.is::<LengthLimitError>() => {
            Response::error(413, "invalid_request_error", "The body is too large").into_http()
        }
        Err(_) => Response::invalid("The body is incomplete").into_http(),
        Ok(_) if head.method == Method::GET && head.uri.path() == "/" => {
            mailbox::page(&courier.state(), courier.now_millis()).into_http()
        }
        Ok(body) => {
            let retries = head.headers.get(RETRY_COUNT).and_then(|count| count.to_str().ok()?.parse::<u32>().ok());
            let attempt = retries.unwrap_or_default().saturating_add(1);
            courier.respond(&Request::from_parts(head, body.to_bytes()), attempt).await?
        }
    };
    Ok(response.map(Full::new))
}
