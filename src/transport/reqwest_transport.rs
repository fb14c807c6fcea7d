//! The default transport: HTTP/1.1 and HTTP/2 over pooled connections.

use std::fmt;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, Instant};

use bytes::Bytes;
use http::header::{CONTENT_LENGTH, LOCATION};
use http::{HeaderValue, Method, Response, StatusCode, Uri, Version};
use reqwest::{Url, redirect};

use super::request_body::RequestBody;
use super::{Attempt, Body, BoxFuture, Failure, Transport, TransportError};
use crate::error::causes::causes;
use crate::{Error, ErrorKind, Result};

/// The default transport: HTTP/1.1 and HTTP/2 over pooled connections, with the proxy from the environment.
///
/// [`ClientBuilder::wrap_transport`](crate::ClientBuilder::wrap_transport) passes it to a custom [`Transport`], which
/// can then inspect requests and responses. Clones share the connections.
#[derive(Clone)]
pub struct Http(Arc<Pools>);

struct Pools {
    /// The settings for further pools, or `None` for a pool from the caller, which cannot be replaced.
    settings: Option<Settings>,
    pool: RwLock<Pool>,
    /// `true` if the last response of the pool came over HTTP/1.1.
    uses_http1: AtomicBool,
    start: Instant,
    /// The time of the last event on a connection, in microseconds since the start.
    last_event: AtomicU64,
}

#[derive(Clone)]
struct Pool {
    client: reqwest::Client,
    number: u64,
}

/// The settings of a pool of connections.
#[derive(Clone, Debug)]
pub(crate) struct Settings {
    pub connect_timeout: Duration,
    pub keep_alive: Option<KeepAlive>,
    /// `true` if the API is on this machine, so that no proxy is used.
    pub is_local: bool,
    /// Certificate authorities in addition to the platform's, as PEM.
    #[cfg_attr(
        not(any(feature = "rustls", feature = "rustls-no-provider", feature = "native-tls")),
        expect(dead_code, reason = "there is no TLS")
    )]
    pub authorities: Vec<u8>,
}

/// The pings of HTTP/2 connections.
#[derive(Clone, Copy, Debug)]
pub(crate) struct KeepAlive {
    interval: Duration,
    timeout: Duration,
}

/// The longest duration that makes a difference; a ping after a year is never sent.
const MAX_KEEP_ALIVE: Duration = Duration::from_secs(365 * 24 * 60 * 60);

/// The number of redirects that an attempt follows.
const MAX_REDIRECTS: usize = 10;

/// The most microseconds between two calls of a loop.
const BACK_TO_BACK: u64 = 100;

impl KeepAlive {
    pub(crate) const DEFAULT: Self = Self { interval: Duration::from_secs(10), timeout: Duration::from_secs(5) };

    /// Returns `None`, which turns pings off, if a duration is longer than a year.
    pub(crate) fn new(interval: Duration, timeout: Duration) -> Result<Option<Self>> {
        if interval.is_zero() || timeout.is_zero() {
            let detail =
                "the interval and the timeout of `http2_keep_alive` must not be zero; `Duration::MAX` turns pings off";
            return Err(Error::new(ErrorKind::Configuration, detail));
        }
        let is_off = interval > MAX_KEEP_ALIVE || timeout > MAX_KEEP_ALIVE;
        Ok((!is_off).then_some(Self { interval, timeout }))
    }
}

impl Settings {
    fn build_pool(&self) -> reqwest::Result<reqwest::Client> {
        let mut builder = reqwest::Client::builder()
            .connect_timeout(self.connect_timeout)
            // `redirect_target` decides.
            .redirect(redirect::Policy::none())
            // Only one layer may retry; otherwise, requests could not be counted.
            .retry(reqwest::retry::never())
            // Another crate can turn these features of reqwest on. This crate decodes bodies itself, within their
            // limit.
            .no_gzip()
            .no_brotli()
            .no_deflate()
            .no_zstd();
        if let Some(KeepAlive { interval, timeout }) = self.keep_alive {
            builder = builder
                .http2_keep_alive_interval(interval)
                .http2_keep_alive_timeout(timeout)
                .http2_keep_alive_while_idle(true);
        }
        if self.is_local {
            builder = builder.no_proxy();
        }
        // Without this, the features of another crate could select the TLS library.
        #[cfg(feature = "native-tls")]
        let mut builder = builder.tls_backend_native();
        #[cfg(all(any(feature = "rustls", feature = "rustls-no-provider"), not(feature = "native-tls")))]
        let mut builder = builder.tls_backend_rustls();
        #[cfg(any(feature = "rustls", feature = "rustls-no-provider", feature = "native-tls"))]
        if !self.authorities.is_empty() {
            builder = builder.tls_certs_merge(reqwest::Certificate::from_pem_bundle(&self.authorities)?);
        }
        builder.build()
    }
}

impl Http {
    pub(crate) fn new(settings: Settings) -> Result<Self> {
        // Without a provider, reqwest panics.
        #[cfg(all(feature = "rustls-no-provider", not(any(feature = "rustls", feature = "native-tls"))))]
        if rustls::crypto::CryptoProvider::get_default().is_none() {
            let detail = "rustls has no crypto provider: install one before the client is made, for example by \
                          `rustls::crypto::ring::default_provider().install_default()`, or turn on the feature `rustls`";
            return Err(Error::new(ErrorKind::Configuration, detail));
        }
        let client = settings.build_pool().map_err(|error| {
            let detail = "the HTTP client cannot be created; the usual reason is that the platform has no certificates";
            Error::new(ErrorKind::Configuration, detail).caused_by(error)
        })?;
        Ok(Self::from_pool(client, Some(settings)))
    }

    fn from_pool(client: reqwest::Client, settings: Option<Settings>) -> Self {
        let pool = RwLock::new(Pool { client, number: 0 });
        Self(Arc::new(Pools {
            settings,
            pool,
            uses_http1: AtomicBool::new(false),
            start: Instant::now(),
            last_event: AtomicU64::new(0),
        }))
    }
}

/// A request and its response, until the response is complete or the request has failed.
struct Exchange {
    pools: Arc<Pools>,
    /// The number of the pool that it uses.
    number: u64,
    start: Instant,
    timeout: Duration,
    has_ended: bool,
}

/// A caller that also limits the time can drop the exchange right before it fails with its own timeout.
impl Drop for Exchange {
    fn drop(&mut self) {
        if !self.has_ended && self.start.elapsed() >= self.timeout {
            self.pools.replace_after_timeout(self.number);
        }
    }
}

impl Exchange {
    /// Sends the request, and follows the redirects that are safe.
    async fn execute(
        &self,
        client: &reqwest::Client,
        attempt: &mut Attempt,
    ) -> std::result::Result<reqwest::Response, TransportError> {
        let has_own_pool = self.pools.settings.is_some();
        let request = &attempt.request;
        let (method, body) = (request.method(), request.body());
        // A transport that wraps this one can have changed the request.
        let mut url = match attempt.url.take().filter(|url| is_same(url, request.uri())) {
            Some(url) => url,
            None => Url::parse(&request.uri().to_string())
                .map_err(|error| TransportError::new(Failure::Request, error).not_sent())?,
        };
        let mut timeout = self.timeout;
        for _ in 0..=MAX_REDIRECTS {
            let mut copy = reqwest::Request::new(method.clone(), url);
            *copy.headers_mut() = request.headers().clone();
            *copy.timeout_mut() = Some(timeout);
            let mut progress = None;
            if body.is_empty() && matches!(*method, Method::POST | Method::PUT | Method::PATCH) {
                // RFC 9110, section 8.6. Some proxies refuse a request without it, with a 411.
                copy.headers_mut().insert(CONTENT_LENGTH, HeaderValue::from_static("0"));
            } else if !body.is_empty() && !has_own_pool {
                // The caller's client decides about redirects, for which it needs a body that it can repeat.
                *copy.body_mut() = Some(body.clone().into());
            } else if !body.is_empty() {
                let (body, its_progress) = RequestBody::new(body.clone());
                *copy.body_mut() = Some(reqwest::Body::wrap(body));
                progress = Some(its_progress);
            }
            let arriving = client.execute(copy).await.map_err(|error| {
                let error = self.failed(error);
                let is_unread = error.is_timeout() && progress.is_some_and(|progress| progress.abandon());
                if is_unread { error.not_sent() } else { error }
            })?;
            match redirect_target(&arriving).filter(|_| has_own_pool) {
                Some(target) => {
                    url = target;
                    timeout = self.timeout.saturating_sub(self.start.elapsed());
                }
                None => return Ok(arriving),
            }
        }
        Err(TransportError::new(Failure::Redirect, "too many redirects"))
    }

    fn failed(&self, error: reqwest::Error) -> TransportError {
        let error = TransportError::from_reqwest(error);
        if error.is_timeout() && error.was_sent() {
            self.pools.replace_after_timeout(self.number);
        }
        error
    }
}

/// A response whose body is arriving.
pub(super) struct Arriving {
    response: reqwest::Response,
    exchange: Exchange,
}

impl Arriving {
    /// Returns the next bytes, or `None` at the end.
    pub(super) async fn chunk(&mut self) -> std::result::Result<Option<Bytes>, TransportError> {
        let chunk = self.response.chunk().await;
        let pools = &self.exchange.pools;
        pools.last_event.store(pools.micros(Instant::now()), Ordering::Relaxed);
        let is_complete = self.response.content_length() == Some(0);
        self.exchange.has_ended = is_complete || !matches!(chunk, Ok(Some(_)));
        chunk.map_err(|error| self.exchange.failed(error))
    }
}

impl Pools {
    async fn send(self: Arc<Self>, attempt: &mut Attempt) -> std::result::Result<Response<Body>, TransportError> {
        let Pool { client, number } = self.pool.read().unwrap_or_else(PoisonError::into_inner).clone();
        // Without a runtime, reqwest panics.
        tokio::runtime::Handle::try_current()
            .map_err(|error| TransportError::new(Failure::NoRuntime, error).not_sent())?;
        let (start, timeout) = (Instant::now(), attempt.timeout);
        let mut exchange = Exchange { pools: self, number, start, timeout, has_ended: false };
        exchange.pools.let_connections_close(start).await;
        let outcome = exchange.execute(&client, attempt).await;
        exchange.has_ended = outcome.is_err();
        let mut arriving = outcome?;
        exchange.pools.uses_http1.store(arriving.version() < Version::HTTP_2, Ordering::Relaxed);
        let mut response = Response::new(Body::empty());
        *response.status_mut() = arriving.status();
        *response.version_mut() = arriving.version();
        *response.headers_mut() = std::mem::take(arriving.headers_mut());
        *response.body_mut() = Arriving { response: arriving, exchange }.into();
        Ok(response)
    }

    /// Gives the idle connections a turn, so that those that the server has closed are not used again.
    ///
    /// A current-thread runtime runs the tasks of the connections only during a call. Without a turn, the first poll of
    /// the call would pick a connection before its task has read that it was closed: a `PATCH` would fail as possibly
    /// sent, and an unsolicited 408 would be mistaken for its response.
    async fn let_connections_close(&self, now: Instant) {
        // A call right after another is not slowed down: a server does not close a connection as soon as that.
        if self.micros(now).saturating_sub(self.last_event.load(Ordering::Relaxed)) > BACK_TO_BACK {
            // The first turn polls the sockets, which wakes the tasks, and the second turn runs them.
            tokio::task::yield_now().await;
            tokio::task::yield_now().await;
        }
    }

    /// Returns the microseconds from the start of the pools.
    fn micros(&self, now: Instant) -> u64 {
        u64::try_from(now.saturating_duration_since(self.start).as_micros()).unwrap_or(u64::MAX)
    }

    /// Replaces a pool in which a request has timed out.
    ///
    /// Over HTTP/2, all calls share a connection. If the server no longer reads from it, every further call would wait
    /// in vain until the keep-alive closes it. Active calls are not disturbed. Over HTTP/1.1, the connection of a call
    /// that timed out is closed anyway. Before the first response, the protocol is not known, and the connection may be
    /// dead.
    fn replace_after_timeout(&self, number: u64) {
        let Some(settings) = self.settings.as_ref().filter(|_| !self.uses_http1.load(Ordering::Relaxed)) else {
            return;
        };
        let is_current = || self.pool.read().unwrap_or_else(PoisonError::into_inner).number == number;
        if is_current()
            && let Ok(client) = settings.build_pool()
        {
            let mut pool = self.pool.write().unwrap_or_else(PoisonError::into_inner);
            if pool.number == number {
                *pool = Pool { client, number: number.wrapping_add(1) };
            }
        }
    }
}

/// Returns `true` if a URI is a URL. `Uri == str` would compare each character without its case.
fn is_same(url: &Url, uri: &Uri) -> bool {
    let (Some(scheme), Some(authority), Some(target)) = (uri.scheme_str(), uri.authority(), uri.path_and_query())
    else {
        return false;
    };
    let rest = url.as_str().strip_prefix(scheme).and_then(|rest| rest.strip_prefix("://"));
    rest.and_then(|rest| rest.strip_prefix(authority.as_str())) == Some(target.as_str())
}

/// Converts a `reqwest` client, and keeps its redirects, proxies, timeouts and certificates.
#[cfg(feature = "reqwest-0-13")]
impl From<reqwest::Client> for Http {
    fn from(client: reqwest::Client) -> Self {
        Self::from_pool(client, None)
    }
}

impl Transport for Http {
    fn send(&self, mut attempt: Attempt) -> BoxFuture<'_, std::result::Result<Response<Body>, TransportError>> {
        Box::pin(async move { Arc::clone(&self.0).send(&mut attempt).await })
    }
}

impl fmt::Debug for Http {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Http").finish_non_exhaustive()
    }
}

/// Returns the target of a redirect that repeats the request unchanged at the same scheme, host and port, so that the
/// key goes nowhere else.
fn redirect_target(response: &reqwest::Response) -> Option<Url> {
    if !response.status().is_redirection() {
        return None;
    }
    let (from, location) = (response.url(), response.headers().get(LOCATION)?.to_str().ok()?);
    from.join(location).ok().filter(|to| is_same_request_same_origin(response.status(), from, to))
}

fn is_same_request_same_origin(status: StatusCode, from: &Url, to: &Url) -> bool {
    matches!(status, StatusCode::TEMPORARY_REDIRECT | StatusCode::PERMANENT_REDIRECT) && from.origin() == to.origin()
}

impl TransportError {
    #[cold]
    fn from_reqwest(error: reqwest::Error) -> Self {
        // The URL contains ids and tokens.
        let error = error.without_url();
        if error.is_builder() {
            return Self::new(Failure::Request, error).not_sent();
        }
        if error.is_redirect() {
            // By the caller's client.
            return Self::new(Failure::Redirect, error);
        }
        if error.is_connect() {
            let failure = connect_failure(&error);
            return Self::new(failure, error).not_sent();
        }
        let was_refused = causes(&error).any(|cause| cause.downcast_ref::<h2::Error>().is_some_and(is_refused));
        let failed = if error.is_timeout() { Self::timeout(error) } else { Self::broken(error) };
        if was_refused { failed.not_sent() } else { failed }
    }
}

/// Classifies a connection that failed. The types of the causes belong to the TLS library in use, so their texts
/// decide.
fn connect_failure(error: &reqwest::Error) -> Failure {
    let says = |text: &str| causes(error).any(|cause| cause.to_string().to_ascii_lowercase().contains(text));
    if says("certificate") {
        Failure::Certificate
    } else if says("tunnel error: unsuccessful")
        || says("tunnel error: proxy authorization required")
        || says("unsupported scheme")
    {
        Failure::Proxy
    } else if error.is_timeout() {
        Failure::Timeout
    } else {
        Failure::Connect
    }
}

/// Returns `true` if HTTP/2 says that the request was not processed: RFC 9113, section 8.7.
fn is_refused(error: &h2::Error) -> bool {
    let without_fault = error.is_go_away() && error.reason() == Some(h2::Reason::NO_ERROR);
    let refused = error.is_reset() && error.reason() == Some(h2::Reason::REFUSED_STREAM);
    error.is_remote() && (without_fault || refused)
}

#[cfg(test)]
mod tests {
    use http::StatusCode;
    use reqwest::Url;

    use super::is_same_request_same_origin;

    #[test]
    fn redirects_are_followed_within_the_origin() {
        let from = Url::parse("https://api.courier.com/send").unwrap();
        for (status, to, followed) in [
            (307, "https://api.courier.com/elsewhere", true),
            (308, "https://api.courier.com:443/elsewhere", true),
            (307, "http://api.courier.com/send", false),
            (307, "http://api.courier.com:443/send", false),
            (307, "https://api.courier.com:8443/send", false),
            (307, "https://api.courier.com.evil.example/send", false),
            (307, "https://api.courier.com@evil.example/send", false),
            (307, "https://courier.com/send", false),
            (307, "data:text/plain,x", false),
            (301, "https://api.courier.com/elsewhere", false),
            (302, "https://api.courier.com/elsewhere", false),
            (303, "https://api.courier.com/elsewhere", false),
        ] {
            let (status, url) = (StatusCode::from_u16(status).unwrap(), Url::parse(to).unwrap());
            assert_eq!(is_same_request_same_origin(status, &from, &url), followed, "{status} {to}");
        }
    }
}
