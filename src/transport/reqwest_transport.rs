//! The default transport: HTTP/1.1 and HTTP/2 over pooled connections.

use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, Method, Response, StatusCode, Version};
use reqwest::{Url, redirect};

use super::{Attempt, Body, BoxFuture, Failure, Source, Transport, TransportError};
use crate::error::causes::causes;
use crate::{Error, ErrorKind, Result};

/// The default transport: HTTP/1.1 and HTTP/2 over pooled connections, with the proxy that the
/// environment names.
///
/// [`ClientBuilder::wrap_transport`](crate::ClientBuilder::wrap_transport) gives it to a [`Transport`] of your own, which can
/// then look at what goes in and out. Clones share the connections.
#[derive(Clone)]
pub struct Http(Arc<Pools>);

struct Pools {
    /// How to make another pool; none for a pool of the caller's own.
    settings: Option<Settings>,
    pool: RwLock<Pool>,
    /// Whether the pool has been answered over HTTP/2.
    multiplexes: AtomicBool,
}

#[derive(Clone)]
struct Pool {
    client: reqwest::Client,
    number: u64,
}

/// What a pool of connections is made with.
#[derive(Clone, Debug)]
pub(crate) struct Settings {
    pub connect_timeout: Duration,
    /// How long an HTTP/2 connection may be silent before it is asked for a sign of life, and how long that may take.
    pub keep_alive: Option<(Duration, Duration)>,
    /// Whether the API is on this machine, so that no proxy stands before it.
    pub is_local: bool,
    /// Certificate authorities beside the platform's, as PEM.
    #[cfg_attr(
        not(any(feature = "rustls", feature = "rustls-no-provider", feature = "native-tls")),
        expect(dead_code, reason = "there is no TLS")
    )]
    pub authorities: Vec<u8>,
}

impl Settings {
    fn pool(&self) -> reqwest::Result<reqwest::Client> {
        let mut builder = reqwest::Client::builder()
            .connect_timeout(self.connect_timeout)
            .redirect(redirect::Policy::custom(same_request_same_origin))
            // Only one layer may retry, or nothing could count the requests.
            .retry(reqwest::retry::never());
        if let Some((interval, timeout)) = self.keep_alive {
            builder = builder
                .http2_keep_alive_interval(interval)
                .http2_keep_alive_timeout(timeout)
                .http2_keep_alive_while_idle(true);
        }
        if self.is_local {
            builder = builder.no_proxy();
        }
        // Not what another crate's features happen to make of it.
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
        // Without one reqwest panics.
        #[cfg(all(feature = "rustls-no-provider", not(any(feature = "rustls", feature = "native-tls"))))]
        if rustls::crypto::CryptoProvider::get_default().is_none() {
            let detail = "rustls has no crypto provider: install one before the client is made, for example by \
                          `rustls::crypto::ring::default_provider().install_default()`, or turn on the feature `rustls`";
            return Err(Error::new(ErrorKind::Configuration, detail));
        }
        let client = settings.pool().map_err(|error| {
            let detail = "the HTTP client cannot be created; the usual reason is that the platform has no certificates";
            Error::new(ErrorKind::Configuration, detail).caused_by(error)
        })?;
        Ok(Self::of(client, Some(settings)))
    }

    fn of(client: reqwest::Client, settings: Option<Settings>) -> Self {
        let pool = RwLock::new(Pool { client, number: 0 });
        Self(Arc::new(Pools { settings, pool, multiplexes: AtomicBool::new(false) }))
    }

    /// Sends a request. It is here what `Transport::send` is elsewhere, without a box.
    pub(crate) async fn deliver(
        &self,
        method: Method,
        url: Url,
        headers: HeaderMap,
        body: Option<Bytes>,
        timeout: Duration,
    ) -> std::result::Result<Response<Body>, TransportError> {
        let Pool { client, number } = self.0.pool.read().unwrap_or_else(PoisonError::into_inner).clone();
        let mut request = reqwest::Request::new(method, url);
        *request.headers_mut() = headers;
        *request.body_mut() = body.map(reqwest::Body::from);
        *request.timeout_mut() = Some(timeout);
        let mut answer = client.execute(request).await.map_err(|error| self.0.failed(error, number))?;
        if answer.version() == Version::HTTP_2 {
            self.0.multiplexes.store(true, Ordering::Relaxed);
        }
        let mut response = Response::new(Body::empty());
        *response.status_mut() = answer.status();
        *response.version_mut() = answer.version();
        *response.headers_mut() = std::mem::take(answer.headers_mut());
        *response.body_mut() = Source::Http(Arriving { answer, pools: Arc::clone(&self.0), number }).into();
        Ok(response)
    }
}

/// The body of a response that is still on its way.
pub(crate) struct Arriving {
    answer: reqwest::Response,
    pools: Arc<Pools>,
    /// The pool of connections that it came from.
    number: u64,
}

impl Arriving {
    pub async fn chunk(&mut self) -> std::result::Result<Option<Bytes>, TransportError> {
        self.answer.chunk().await.map_err(|error| self.pools.failed(error, self.number))
    }
}

impl Pools {
    fn failed(&self, error: reqwest::Error, number: u64) -> TransportError {
        let error = TransportError::of_reqwest(error);
        if error.is_timeout() {
            self.distrust(number);
        }
        error
    }

    /// Leaves a pool after a timeout, for a new one.
    ///
    /// Over HTTP/2 all calls share a connection. If the server no longer reads from it, every further call would wait there in
    /// vain. Calls under way are not disturbed. Over HTTP/1.1 a connection whose call timed out is closed anyway.
    fn distrust(&self, number: u64) {
        let Some(settings) = self.settings.as_ref().filter(|_| self.multiplexes.load(Ordering::Relaxed)) else {
            return;
        };
        let is_current = || self.pool.read().unwrap_or_else(PoisonError::into_inner).number == number;
        if is_current()
            && let Ok(client) = settings.pool()
        {
            let mut pool = self.pool.write().unwrap_or_else(PoisonError::into_inner);
            if pool.number == number {
                *pool = Pool { client, number: number.wrapping_add(1) };
                self.multiplexes.store(false, Ordering::Relaxed);
            }
        }
    }
}

/// A client of your own. Its redirects, proxies, timeouts and certificates are what you make it with.
#[cfg(feature = "reqwest-0-13")]
impl From<reqwest::Client> for Http {
    fn from(client: reqwest::Client) -> Self {
        Self::of(client, None)
    }
}

impl Transport for Http {
    fn send(&self, attempt: Attempt) -> BoxFuture<'_, std::result::Result<Response<Body>, TransportError>> {
        let timeout = attempt.timeout;
        let (parts, body) = attempt.request.into_parts();
        Box::pin(async move {
            let url = Url::parse(&parts.uri.to_string())
                .map_err(|error| TransportError::of(Failure::Request, error).not_sent())?;
            let body = Some(body).filter(|body| !body.is_empty());
            self.deliver(parts.method, url, parts.headers, body, timeout).await
        })
    }
}

impl fmt::Debug for Http {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Http").finish_non_exhaustive()
    }
}

/// Follows a redirect that repeats the request as it is, at the same scheme, host and port: the key goes nowhere else.
fn same_request_same_origin(attempt: redirect::Attempt<'_>) -> redirect::Action {
    const MOST: usize = 10;
    let from = attempt.previous().last();
    if !from.is_some_and(|from| is_same_request_same_origin(attempt.status(), from, attempt.url())) {
        attempt.stop()
    } else if attempt.previous().len() > MOST {
        attempt.error("too many redirects")
    } else {
        attempt.follow()
    }
}

fn is_same_request_same_origin(status: StatusCode, from: &Url, to: &Url) -> bool {
    matches!(status, StatusCode::TEMPORARY_REDIRECT | StatusCode::PERMANENT_REDIRECT) && from.origin() == to.origin()
}

impl TransportError {
    fn of_reqwest(error: reqwest::Error) -> Self {
        // The URL has ids and tokens in it.
        let error = error.without_url();
        if error.is_builder() {
            return Self::of(Failure::Request, error).not_sent();
        }
        if error.is_redirect() {
            return Self::of(Failure::Redirect, error);
        }
        if error.is_connect() {
            let failure = connect_failure(&error);
            return Self::of(failure, error).not_sent();
        }
        let was_refused = causes(&error).any(|cause| cause.downcast_ref::<h2::Error>().is_some_and(is_refused));
        let failed = if error.is_timeout() { Self::timeout(error) } else { Self::broken(error) };
        if was_refused { failed.not_sent() } else { failed }
    }
}

/// Why there is no connection. The types of these causes belong to the TLS library in use, so their words tell it.
fn connect_failure(error: &reqwest::Error) -> Failure {
    let says = |words: &str| causes(error).any(|cause| cause.to_string().to_ascii_lowercase().contains(words));
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

/// Whether HTTP/2 says that the request was not looked at: RFC 9113, section 8.7.
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
    fn a_redirect_is_followed_within_the_origin_alone() {
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
