//! One attempt of a call, and its response.

use std::mem;
use std::pin::pin;

use bytes::Bytes;
use futures_util::future::{Either, select};
use http::header::{CONTENT_LENGTH, TRANSFER_ENCODING};
use http::{HeaderMap, Method, Response, StatusCode, Version};

use super::body::{self, BodyError};
use super::errors::{from_status, from_transport, with_response};
use super::request::Request;
use crate::client::Client;
use crate::telemetry::ActiveAttempt;
use crate::transport::{Attempt, Body, TransportError};
use crate::{Error, ErrorKind, Result};

/// A success whose body is complete, and not decoded yet.
#[derive(Clone)]
pub(crate) struct RawResponse {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: Bytes,
    pub attempts: u32,
}

/// Sends one attempt, and reads its response to the end.
// Not an `async fn`, whose future would contain the attempt.
pub(super) fn send<'a>(
    client: &'a Client,
    request: &'a Request,
    attempt: Attempt,
    report: &'a ActiveAttempt<'_>,
) -> impl Future<Output = Result<RawResponse>> + Send + 'a {
    let (number, timeout) = (attempt.number, attempt.timeout);
    let shared = client.shared();
    let response = shared.transport.send(attempt);
    let response = async move {
        let failed = |error| from_transport(client, error, request.redaction(client));
        let mut response = response.await.map_err(failed)?;
        read(client, request, number, &mut response, report).await
    };
    if shared.is_default_transport {
        return Either::Left(response);
    }
    let response = Box::pin(response);
    Either::Right(async move {
        // The clock starts after the limit of the transport itself, which can act on its timeout.
        let limit = pin!(async { shared.clock.limit(timeout).await });
        match select(response, limit).await {
            Either::Left((outcome, _)) => outcome,
            Either::Right(((), _)) => {
                let error = TransportError::timeout("the attempt timed out");
                Err(from_transport(client, error, request.redaction(client)))
            }
        }
    })
}

/// Reads the response to an attempt.
async fn read(
    client: &Client,
    request: &Request,
    attempts: u32,
    response: &mut Response<Body>,
    report: &ActiveAttempt<'_>,
) -> Result<RawResponse> {
    let status = response.status();
    report.set_version(response.version());
    let limit = client.options().max_response_bytes;
    if !status.is_success() {
        // The status is known already, and decides more than the body.
        let body = body::read_beginning(response, limit).await;
        return Err(from_status(client, request, status, mem::take(response.headers_mut()), &body));
    }
    // The response to a `HEAD` announces the length of a body that does not follow.
    let body = if request.method == Method::HEAD {
        Ok(Bytes::new())
    } else {
        let must_be_json = may_be_truncated(client, response);
        body::read(response, limit, must_be_json).await
    };
    let headers = mem::take(response.headers_mut());
    let error = match body {
        Ok(body) => return Ok(RawResponse { status, headers, body, attempts }),
        Err(BodyError::TooLarge) => {
            let detail = format!(
                "the server accepted the call, but its response is larger than the {limit} bytes that \
                 `max_response_bytes` permits, and was not read"
            );
            Error::new(ErrorKind::ResponseTooLarge, detail)
        }
        Err(BodyError::Broken(error)) => from_transport(client, error, request.redaction(client)),
    };
    Err(with_response(client, request, error, status, headers))
}

/// Returns `true` if only the end of the connection ends the body, and the end cannot be trusted.
///
/// TLS signals the end of a connection, so that an attacker cannot truncate it. With rustls, a missing end is an error.
/// The platform's library on Linux does not report it.
fn may_be_truncated(client: &Client, response: &Response<Body>) -> bool {
    let shared = client.shared();
    let has_end = || {
        response.version() > Version::HTTP_11
            || response.status() == StatusCode::NO_CONTENT
            || response.headers().contains_key(CONTENT_LENGTH)
            || response.headers().contains_key(TRANSFER_ENCODING)
    };
    cfg!(feature = "native-tls") && shared.base_url.is_https() && shared.is_default_transport && !has_end()
}
