//! The default transport: HTTP/1.1 and HTTP/2 over pooled connections.

use std::fmt;
use std::mem;
use std::sync::Arc;
use std::time::Instant;

use http::header::{CONTENT_LENGTH, LOCATION};
use http::{HeaderValue, Method, Response, StatusCode, Uri};
use reqwest::Url;

use super::active_request::{ActiveRequest, IncomingResponse};
use super::pools::{Pool, Pools, Settings};
use super::request_body::RequestBody;
use super::{Attempt, Body, BoxFuture, Failure, Transport, TransportError, box_future};
use crate::{Error, ErrorKind, Result};

/// The default transport: HTTP/1.1 and HTTP/2 over pooled connections, with the proxy from the environment.
///
/// [`ClientBuilder::wrap_transport`](crate::ClientBuilder::wrap_transport) passes it to a custom [`Transport`], which
/// can then inspect requests and responses. Clones share the connections.
#[derive(Clone)]
pub struct Http(Arc<Pools>);

/// The number of redirects that an attempt follows.
const MAX_REDIRECTS: usize = 10;

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
        Self(Arc::new(Pools::new(client, settings)))
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
        box_future(|| async move { send(Arc::clone(&self.0), &mut attempt).await })
    }
}

/// Sends an attempt, and returns the response as soon as its headers have arrived.
async fn send(pools: Arc<Pools>, attempt: &mut Attempt) -> std::result::Result<Response<Body>, TransportError> {
    let Pool { client, number } = pools.current();
    // Without a runtime, reqwest panics.
    tokio::runtime::Handle::try_current().map_err(|error| TransportError::new(Failure::NoRuntime, error).not_sent())?;
    let (start, timeout) = (Instant::now(), attempt.timeout);
    let mut active = ActiveRequest { pools, number, start, timeout, has_ended: false };
    active.pools.let_connections_close(start).await;
    let outcome = execute(&active, &client, attempt).await;
    active.has_ended = outcome.is_err();
    let mut incoming = outcome?;
    active.pools.set_version(incoming.version());
    let (status, version, headers) = (incoming.status(), incoming.version(), mem::take(incoming.headers_mut()));
    let mut response = Response::new(IncomingResponse { response: incoming, request: active }.into());
    *response.status_mut() = status;
    *response.version_mut() = version;
    *response.headers_mut() = headers;
    Ok(response)
}

/// Sends the request, and follows the redirects that are safe.
async fn execute(
    active: &ActiveRequest,
    client: &reqwest::Client,
    attempt: &mut Attempt,
) -> std::result::Result<reqwest::Response, TransportError> {
    let has_own_pool = active.pools.settings.is_some();
    let request = &attempt.request;
    let (method, body) = (request.method(), request.body());
    // A transport that wraps this one can have changed the request.
    let mut url = match attempt.url.take() {
        Some(url) if is_same(&url, request.uri()) => url,
        _ => Url::parse(&request.uri().to_string())
            .map_err(|error| TransportError::new(Failure::Request, error).not_sent())?,
    };
    let mut timeout = active.timeout;
    for _ in 0..=MAX_REDIRECTS {
        let mut copy = reqwest::Request::new(method.clone(), url);
        *copy.headers_mut() = request.headers().clone();
        // The pool has the usual limit. Another limit is an extension of the request, which takes memory.
        if active.pools.settings.as_ref().is_none_or(|settings| settings.attempt_timeout != timeout) {
            *copy.timeout_mut() = Some(timeout);
        }
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
        let incoming = client.execute(copy).await.map_err(|error| {
            let error = active.failed(error);
            let is_unread = error.is_timeout() && progress.is_some_and(|progress| progress.abandon());
            if is_unread { error.not_sent() } else { error }
        })?;
        match redirect_target(&incoming).filter(|_| has_own_pool) {
            Some(target) => {
                url = target;
                timeout = active.timeout.saturating_sub(active.start.elapsed());
            }
            None => return Ok(incoming),
        }
    }
    Err(TransportError::new(Failure::Redirect, "too many redirects"))
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
