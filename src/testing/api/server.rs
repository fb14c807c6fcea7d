//! The fake over HTTP, for programs in any language.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::uri::Authority;
use http::{HeaderValue, Method, Request, Uri, header, request};
use http_body_util::{BodyExt, Full, LengthLimitError, Limited};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, ToSocketAddrs};
use tokio::task::{JoinHandle, JoinSet};
use tokio::time::{sleep, timeout};

use super::courier::Courier;
use super::mailbox;
use crate::sync::lock;
use crate::testing::engine::response::Response;
use crate::transport::TransportError;

/// The maximum size of a request's body.
const MAX_BYTES: usize = 6 * 1024 * 1024;

/// The time in which a caller must send the head of a request, and again its body.
const READ_TIMEOUT: Duration = Duration::from_secs(30);

/// The delay after a connection could not be accepted, for instance because of too many open files.
const ACCEPT_DELAY: Duration = Duration::from_millis(100);

/// The header in which Courier's own SDKs count their attempts.
const RETRY_COUNT: &str = "x-stainless-retry-count";

pub(super) type Interceptor = Arc<dyn Fn(&Request<Bytes>) -> Option<http::Response<Bytes>> + Send + Sync>;

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

    /// Stops listening, and closes all connections.
    pub fn stop(self) {
        self.task.abort();
    }
}

impl Courier {
    /// Listens on an address that only this machine can reach, such as `127.0.0.1:4010`. Port 0 picks any free port.
    ///
    /// The page at `/` shows the messages. Requests must be addressed to this machine by a local name, such as
    /// `localhost` or `127.0.0.1`, and web pages from elsewhere are refused: otherwise any web site could read the
    /// messages. A caller that takes more than 30 seconds to send a request is disconnected.
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
        self.listen(addresses.as_slice(), false).await
    }

    /// Like [`serve`](Self::serve), on any address and by any name. Everyone who can reach it can read the messages.
    ///
    /// # Errors
    ///
    /// If it cannot listen on the address.
    pub async fn serve_public(&self, address: impl ToSocketAddrs) -> io::Result<Server> {
        self.listen(address, true).await
    }

    /// Runs a function before each request over HTTP. If it returns a response, the request goes no further, and is not
    /// recorded. A second function replaces the first.
    ///
    /// It is for programs that offer the Courier together with other paths, such as a health check.
    pub fn intercept(
        &self,
        respond: impl Fn(&Request<Bytes>) -> Option<http::Response<Bytes>> + Send + Sync + 'static,
    ) -> &Self {
        *lock(&self.shared.interceptor) = Some(Arc::new(respond));
        self
    }

    async fn listen(&self, address: impl ToSocketAddrs, is_public: bool) -> io::Result<Server> {
        let listener = TcpListener::bind(address).await?;
        let address = listener.local_addr()?;
        Ok(Server { address, task: tokio::spawn(accept(self.clone(), listener, is_public)) })
    }
}

async fn accept(courier: Courier, listener: TcpListener, is_public: bool) {
    // Dropped with the task, which closes the connections.
    let mut connections = JoinSet::new();
    loop {
        let Ok((stream, _)) = listener.accept().await else {
            sleep(ACCEPT_DELAY).await;
            continue;
        };
        while connections.try_join_next().is_some() {}
        let courier = courier.clone();
        connections.spawn(async move {
            let service = service_fn(move |request| respond(courier.clone(), request, is_public));
            let mut builder = http1::Builder::new();
            builder.timer(TokioTimer::new()).header_read_timeout(READ_TIMEOUT);
            // The caller notices a broken connection itself.
            let _ = builder.serve_connection(TokioIo::new(stream), service).await;
        });
    }
}

/// Responds to a request. An error closes the connection.
async fn respond(
    courier: Courier,
    request: Request<Incoming>,
    is_public: bool,
) -> Result<http::Response<Full<Bytes>>, TransportError> {
    let (head, body) = request.into_parts();
    if !is_public && !is_local(&head) {
        let message = "This server responds only to local names such as `localhost`; see `serve_public`";
        return Ok(Response::error(403, "authorization_error", message).into_http().map(Full::new));
    }
    let response = match timeout(READ_TIMEOUT, Limited::new(body, MAX_BYTES).collect()).await {
        Err(_) => Response::error(408, "invalid_request_error", "The body took too long").into_http(),
        Ok(Err(error)) if error.is::<LengthLimitError>() => {
            Response::error(413, "invalid_request_error", "The body is too large").into_http()
        }
        Ok(Err(_)) => Response::invalid("The body is incomplete").into_http(),
        Ok(Ok(_)) if head.method == Method::GET && head.uri.path() == "/" => {
            mailbox::page(&courier.state(), courier.now_millis()).into_http()
        }
        Ok(Ok(body)) => {
            let request = Request::from_parts(head, body.to_bytes());
            let interceptor = lock(&courier.shared.interceptor).clone();
            if let Some(response) = interceptor.and_then(|respond| respond(&request)) {
                return Ok(response.map(Full::new));
            }
            let retries = request.headers().get(RETRY_COUNT).and_then(|count| count.to_str().ok()?.parse::<u32>().ok());
            let attempt = retries.unwrap_or_default().saturating_add(1);
            courier.respond(&request, attempt).await?
        }
    };
    Ok(response.map(Full::new))
}

/// Returns `true` if a request is addressed to this machine by a local name, and comes from no page of another host.
///
/// A web site can let its own name point to 127.0.0.1 (DNS rebinding), but it cannot change the names in these headers.
fn is_local(head: &request::Parts) -> bool {
    let is_local = |value: &HeaderValue| {
        let uri = value.to_str().ok().and_then(|text| text.parse::<Uri>().ok());
        is_local_host(uri.as_ref().and_then(Uri::authority))
    };
    let mut names = head.headers.get_all(header::HOST).iter().chain(head.headers.get_all(header::ORIGIN));
    head.headers.contains_key(header::HOST)
        && names.all(is_local)
        && head.uri.authority().is_none_or(|authority| is_local_host(Some(authority)))
}

fn is_local_host(authority: Option<&Authority>) -> bool {
    let Some(host) = authority.map(|authority| authority.host().to_ascii_lowercase()) else { return false };
    let host = host.strip_suffix('.').unwrap_or(&host);
    let address = host.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>();
    host == "localhost"
        || host.ends_with(".localhost")
        || address.is_ok_and(|address| address.to_canonical().is_loopback())
}
