//! The fake over HTTP, for programs in any language.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::{BodyExt, Full, LengthLimitError, Limited};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::net::{TcpListener, ToSocketAddrs};
use tokio::task::JoinHandle;

use crate::operation::{Operation, ResponseBody};
use crate::testing::api::courier::Courier;
use crate::testing::api::mailbox;
use crate::testing::engine::response::Answer;
use crate::testing::engine::time::millis;
use crate::transport::{Attempt, Http, Settings, Transport, TransportError};

/// The most that a request's body may have.
const MAX_BYTES: usize = 6 * 1024 * 1024;

/// How Courier's own SDKs count their attempts.
const RETRY_COUNT: &str = "x-stainless-retry-count";

/// How often it is looked whether a webhook is due, and the waits before a failed one is posted again.
const PERIOD: Duration = Duration::from_millis(100);
const TIMEOUT: Duration = Duration::from_secs(10);
const WAITS: [Duration; 3] = [Duration::from_millis(500), Duration::from_secs(2), Duration::from_secs(8)];

/// The webhook, as a call of somebody else's.
static WEBHOOK: Operation = Operation {
    id: "webhook",
    method: "POST",
    path: "",
    answer: ResponseBody::None,
    sensitive: true,
    repeatable: true,
    final_conflict: false,
};

/// A [`Courier`] that listens on a port, until [`stop`](Self::stop) or the end of the runtime.
#[derive(Debug)]
pub struct Server {
    address: SocketAddr,
    task: JoinHandle<()>,
}

impl Server {
    /// The address that it listens on.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The base URL to set in an SDK, such as `http://127.0.0.1:4010`.
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
    /// The page at `/` shows what was sent.
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
    /// If the address cannot be listened on, or other machines can reach it.
    pub async fn serve(&self, address: impl ToSocketAddrs) -> io::Result<Server> {
        let addresses: Vec<SocketAddr> = tokio::net::lookup_host(address).await?.collect();
        if let Some(open) = addresses.iter().find(|address| !address.ip().is_loopback()) {
            let message = format!("{open} can be reached from other machines; see `serve_public`");
            return Err(io::Error::new(io::ErrorKind::InvalidInput, message));
        }
        self.serve_public(addresses.as_slice()).await
    }

    /// Like [`serve`](Self::serve), on any address. Everybody who can reach it can read what was sent.
    ///
    /// # Errors
    ///
    /// If the address cannot be listened on.
    pub async fn serve_public(&self, address: impl ToSocketAddrs) -> io::Result<Server> {
        let listener = TcpListener::bind(address).await?;
        let address = listener.local_addr()?;
        Ok(Server { address, task: tokio::spawn(accept(self.clone(), listener)) })
    }

    /// Posts webhooks to an address as they become due, signed with a secret if there is one.
    ///
    /// A webhook that cannot be delivered, or is answered with 408, 429 or 5xx, is posted up to three more times. After that,
    /// `failed` is called with the reason.
    pub fn post_webhooks(
        &self,
        url: impl Into<String>,
        secret: Option<String>,
        failed: impl Fn(&str) + Send + 'static,
    ) -> JoinHandle<()> {
        self.collect_webhooks();
        let (courier, url) = (self.clone(), url.into());
        tokio::spawn(async move {
            let settings =
                Settings { connect_timeout: TIMEOUT, keep_alive: None, is_local: true, authorities: Vec::new() };
            let http = match Http::new(settings) {
                Ok(http) => http,
                Err(error) => return failed(&error.to_string()),
            };
            loop {
                for webhook in courier.webhooks(secret.as_deref()) {
                    if let Err(cause) = post(&http, &url, &webhook).await {
                        failed(&cause);
                    }
                }
                tokio::time::sleep(PERIOD).await;
            }
        })
    }
}

async fn post(http: &Http, url: &str, webhook: &Request<Bytes>) -> Result<(), String> {
    let mut request = webhook.clone();
    *request.uri_mut() = url.parse().map_err(|error| format!("the webhook's address is none: {error}"))?;
    let mut waits = WAITS.into_iter();
    loop {
        let attempt = Attempt { request: request.clone(), operation: &WEBHOOK, number: 1, timeout: TIMEOUT };
        let (cause, again) = match http.send(attempt).await.map(|answer| answer.status()) {
            Ok(status) if status.is_success() => return Ok(()),
            Ok(status) => (
                format!("the webhook was answered with {status}"),
                status.is_server_error() || matches!(status.as_u16(), 408 | 429),
            ),
            Err(error) => (format!("the webhook could not be posted: {error}"), true),
        };
        match waits.next().filter(|_| again) {
            Some(wait) => tokio::time::sleep(wait).await,
            None => return Err(cause),
        }
    }
}

async fn accept(courier: Courier, listener: TcpListener) {
    loop {
        let stream = match listener.accept().await {
            Ok((stream, _)) => stream,
            // Too many open files, for instance: there will be fewer.
            Err(_) => {
                tokio::time::sleep(PERIOD).await;
                continue;
            }
        };
        let courier = courier.clone();
        tokio::spawn(async move {
            let service = service_fn(move |request| respond(courier.clone(), request));
            // A connection that breaks is the caller's to notice.
            let _ = http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
        });
    }
}

/// An error closes the connection.
async fn respond(courier: Courier, request: Request<Incoming>) -> Result<Response<Full<Bytes>>, TransportError> {
    let (head, body) = request.into_parts();
    let response = match Limited::new(body, MAX_BYTES).collect().await {
        Err(error) if error.is::<LengthLimitError>() => {
            Answer::error(413, "invalid_request_error", "The body is too large").into_response()
        }
        Err(_) => Answer::invalid("The body does not end as it says").into_response(),
        Ok(_) if head.method == http::Method::GET && head.uri.path() == "/" => {
            mailbox::page(&courier.state(), millis(courier.now())).into_response()
        }
        Ok(body) => {
            let retries = head.headers.get(RETRY_COUNT).and_then(|count| count.to_str().ok()?.parse::<u32>().ok());
            let attempt = retries.unwrap_or_default().saturating_add(1);
            courier.respond(&Request::from_parts(head, body.to_bytes()), attempt).await?
        }
    };
    Ok(response.map(Full::new))
}
