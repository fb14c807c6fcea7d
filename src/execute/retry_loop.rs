//! The attempts of a call, until there is a response or no further one is permitted.

use std::pin::pin;
use std::time::{Duration, Instant};

use bytes::{Bytes, BytesMut};
use futures_util::future::{Either, select};
use http::{HeaderMap, Method, Request, Response, StatusCode};

use super::decode::Answer;
use super::errors::{from_status, from_transport, with_response};
use super::report::Report;
use super::request::Prepared;
use crate::client::{Carrier, Client};
use crate::retry::budget::Retry;
use crate::retry::{asked_delay, is_retryable};
use crate::transport::{Attempt, Body, TransportError};
use crate::{Error, ErrorKind, Result};

/// The most memory that is taken on the word of `Content-Length`. It is more than a page of any list needs.
const MAX_ROOM: usize = 1024 * 1024;

/// The most that is read of the body of an error.
const MAX_ERROR: usize = 64 * 1024;

impl Client {
    /// Sends the request until there is a response that can be read, or no further attempt is permitted.
    pub(super) async fn attempts(
        &self,
        prepared: &Prepared,
        report: &Report<'_>,
        read: &mut (dyn FnMut(Answer) -> Result<()> + Send),
    ) -> Result<()> {
        let (shared, options) = (self.shared(), self.options());
        let (clock, operation) = (&*shared.clock, prepared.operation);
        let begun = report.begun();
        let left = |now: Instant| {
            options.total_timeout.map(|deadline| deadline.saturating_sub(now.saturating_duration_since(begun)))
        };
        let _under_way = shared.budget.enter();
        shared.limits.turn(clock, left(begun)).await?;
        let mut attempts = 0;
        let mut retry: Option<Retry<'_>> = None;
        let mut failed: Option<Error> = None;
        loop {
            if options.pause_on_rate_limit && retry.is_none() {
                let now = clock.now();
                let held = shared.limits.held_for(operation, now);
                if !held.is_zero() {
                    self.wait(held, left(now)).await?;
                }
            }
            let timeout = match options.total_timeout.and_then(|_| left(clock.now())) {
                // A delay can last longer than was asked for, for example on a machine that was asleep.
                Some(Duration::ZERO) => return Err(failed.unwrap_or_else(too_late)),
                Some(left) => left.min(options.attempt_timeout),
                None => options.attempt_timeout,
            };
            attempts += 1;
            if let Some(retry) = &mut retry {
                retry.sent();
            }
            let answered = self.attempt(prepared, attempts, timeout).await;
            let was_answered = answered.is_ok();
            let read = answered.and_then(|(status, headers, body)| read(Answer { status, headers, body, attempts }));
            let error = match read {
                Err(error) if !was_answered || error.is_cut_off() => error.after(attempts).following(failed.as_ref()),
                read => {
                    match retry {
                        Some(retry) => retry.succeeded(),
                        None => shared.budget.succeeded(),
                    }
                    return read.map_err(|error| error.following(failed.as_ref()));
                }
            };
            let asked = asked_delay(error.headers(), clock.date());
            if let (ErrorKind::RateLimited, Some(delay), true) = (error.kind(), asked, options.pause_on_rate_limit) {
                shared.limits.hold(operation, clock.now(), delay);
            }
            if attempts > options.max_retries || !is_retryable(&error, prepared.is_repeatable) {
                return Err(error);
            }
            let delay = asked.unwrap_or_else(|| options.backoff.delay(attempts - 1, clock.random()));
            let now = clock.now();
            if left(now).is_some_and(|left| delay >= left) {
                return Err(error);
            }
            retry = shared.budget.take(error.kind(), now);
            if retry.is_none() {
                return Err(error.without_budget());
            }
            report.retry(attempts, &error, delay);
            failed = Some(error);
            clock.sleep(delay).await;
        }
    }

    /// Waits as long as the server has asked for, unless it would be too late then.
    async fn wait(&self, pause: Duration, left: Option<Duration>) -> Result<()> {
        if left.is_some_and(|left| pause >= left) {
            let detail = "the server paused this operation until after the total timeout of the call";
            return Err(Error::new(ErrorKind::RateLimited, detail));
        }
        self.shared().clock.sleep(pause).await;
        Ok(())
    }

    /// One request and its response, read to the end.
    async fn attempt(
        &self,
        prepared: &Prepared,
        number: u32,
        timeout: Duration,
    ) -> Result<(StatusCode, HeaderMap, Bytes)> {
        let (url, headers) = (prepared.url(self)?, prepared.headers(self));
        let (method, body) = (prepared.method.clone(), prepared.body.clone());
        match &self.shared().transport {
            Carrier::Http(http) => self.answer(prepared, http.deliver(method, url, headers, body, timeout).await).await,
            Carrier::Own(transport) => {
                let mut request = Request::new(body.unwrap_or_default());
                *request.method_mut() = method;
                *request.headers_mut() = headers;
                *request.uri_mut() = url.as_str().parse().map_err(|error: http::uri::InvalidUri| {
                    Error::invalid_argument("the path does not make a valid URL").caused_by(error)
                })?;
                let attempt = Attempt { request, operation: prepared.operation, number, timeout };
                let exchange = pin!(async { self.answer(prepared, transport.send(attempt).await).await });
                // It begins after the transport's own limit, which so can act on being over.
                let limit = pin!(async { self.shared().clock.limit(timeout).await });
                match select(exchange, limit).await {
                    Either::Left((outcome, _)) => outcome,
                    Either::Right(((), _)) => {
                        let late = TransportError::timeout("the attempt timed out");
                        Err(from_transport(self, late, &prepared.redaction(self)))
                    }
                }
            }
        }
    }

    /// Reads what came of an attempt.
    async fn answer(
        &self,
        prepared: &Prepared,
        sent: std::result::Result<Response<Body>, TransportError>,
    ) -> Result<(StatusCode, HeaderMap, Bytes)> {
        let redaction = || prepared.redaction(self);
        let response = sent.map_err(|error| from_transport(self, error, &redaction()))?;
        let (parts, body) = response.into_parts();
        let (status, mut headers) = (parts.status, parts.headers);
        let limit = self.options().max_response_bytes;
        if !status.is_success() {
            // Of an error the status is known already, which is what counts.
            let body = beginning(body, limit.min(MAX_ERROR)).await;
            #[cfg(feature = "gzip")]
            let (headers, body) = unpacked_beginning(headers, body);
            return Err(from_status(prepared.operation, status, headers, &body, &redaction()));
        }
        // The length that a `HEAD` announces is of a body that does not come.
        let body = if prepared.method == Method::HEAD {
            Ok(Bytes::new())
        } else {
            let ends_by_close = self.ends_by_close(parts.version, status, &headers);
            whole(body, &mut headers, limit).await.and_then(|body| if_whole(body, ends_by_close))
        };
        let error = match body {
            Ok(body) => return Ok((status, headers, body)),
            Err(Unreadable::TooLarge) => {
                let detail = format!(
                    "the server accepted the call, but its response is larger than the {limit} bytes that \
                     `max_response_bytes` permits, and was not read"
                );
                Error::new(ErrorKind::ResponseTooLarge, detail).sent(true)
            }
            // The server has answered, whatever became of the rest.
            Err(Unreadable::Broken(error)) => from_transport(self, error, &redaction()).sent(true),
        };
        Err(with_response(error, status, headers, &redaction()))
    }
}

impl Client {
    /// Whether nothing but the end of the connection says that a body is whole, and the end says nothing.
    ///
    /// TLS says when a connection ends, so that nobody on the way can cut it off. The platform's library on Linux does not
    /// tell us; rustls makes an error of it.
    fn ends_by_close(&self, version: http::Version, status: StatusCode, headers: &HeaderMap) -> bool {
        let has_end = version > http::Version::HTTP_11
            || status == StatusCode::NO_CONTENT
            || headers.contains_key(http::header::CONTENT_LENGTH)
            || headers.contains_key(http::header::TRANSFER_ENCODING);
        cfg!(feature = "native-tls")
            && !has_end
            && self.shared().base_url.is_https()
            && matches!(self.shared().transport, Carrier::Http(_))
    }
}

fn too_late() -> Error {
    Error::new(ErrorKind::Timeout, "the total timeout passed before the request was sent")
}

enum Unreadable {
    TooLarge,
    Broken(TransportError),
}

/// A body to its end.
async fn whole(body: Body, headers: &mut HeaderMap, limit: usize) -> std::result::Result<Bytes, Unreadable> {
    let body = as_it_came(body, headers, limit).await?;
    #[cfg(feature = "gzip")]
    if super::gzip::is_compressed(headers) {
        let (body, outcome) = super::gzip::unpack(headers, &body, limit);
        outcome.map_err(|error| Unreadable::Broken(TransportError::broken(error)))?;
        return if body.len() > limit { Err(Unreadable::TooLarge) } else { Ok(body) };
    }
    Ok(body)
}

/// A body to its end, compressed or not.
async fn as_it_came(mut body: Body, headers: &HeaderMap, limit: usize) -> std::result::Result<Bytes, Unreadable> {
    let announced =
        headers.get(http::header::CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse::<usize>().ok());
    if announced.is_some_and(|length| length > limit) {
        return Err(Unreadable::TooLarge);
    }
    let mut all = BytesMut::new();
    while let Some(chunk) = body.chunk().await.map_err(Unreadable::Broken)? {
        if all.len() + chunk.len() > limit {
            return Err(Unreadable::TooLarge);
        }
        if all.is_empty() {
            // The usual response is one chunk, and stays where it is.
            if announced == Some(chunk.len()) {
                return Ok(chunk);
            }
            all.reserve(announced.unwrap_or_default().min(MAX_ROOM));
        }
        all.extend_from_slice(&chunk);
    }
    // Over HTTP/2 a stream that is reset with NO_ERROR ends like one that is complete.
    if announced.is_some_and(|length| all.len() < length) {
        return Err(Unreadable::Broken(TransportError::broken("the response is shorter than its `content-length`")));
    }
    Ok(all.freeze())
}

/// A body of which only the end of its connection says that it is whole must be JSON that is.
fn if_whole(body: Bytes, ends_by_close: bool) -> std::result::Result<Bytes, Unreadable> {
    if ends_by_close && serde_json::from_slice::<serde::de::IgnoredAny>(&body).is_err() {
        return Err(Unreadable::Broken(TransportError::broken(
            "the response may be truncated: it has no length and no clean close",
        )));
    }
    Ok(body)
}

#[cfg(feature = "gzip")]
fn unpacked_beginning(mut headers: HeaderMap, body: Bytes) -> (HeaderMap, Bytes) {
    if !super::gzip::is_compressed(&headers) {
        return (headers, body);
    }
    let (body, _) = super::gzip::unpack(&mut headers, &body, MAX_ERROR);
    (headers, body)
}

/// As much of a body as is there, up to a limit.
async fn beginning(mut body: Body, limit: usize) -> Bytes {
    let mut all = BytesMut::new();
    while let Ok(Some(chunk)) = body.chunk().await {
        let room = limit.saturating_sub(all.len());
        all.extend_from_slice(chunk.get(..room).unwrap_or(&chunk));
        if chunk.len() >= room {
            break;
        }
    }
    all.freeze()
}

#[cfg(test)]
mod tests {
    use http::{Method, Response};

    use crate::operation::{Operation, Outgoing, ResponseBody};
    use crate::retry::Backoff;
    use crate::transport::{Attempt, Body, BoxFuture, Transport, TransportError};
    use crate::{Client, ErrorKind};

    /// Answers with a status, or is lost for 0.
    struct Answers(u16);

    impl Transport for Answers {
        fn send(&self, _: Attempt) -> BoxFuture<'_, Result<Response<Body>, TransportError>> {
            let outcome = match self.0 {
                0 => Err(TransportError::broken("lost")),
                status => Ok(Response::builder().status(status).body(Body::empty()).unwrap()),
            };
            Box::pin(async { outcome })
        }
    }

    const fn operation(method: &'static str, repeatable: bool, final_conflict: bool) -> Operation {
        let (id, path, answer, sensitive) = ("things.change", "/things", ResponseBody::None, false);
        Operation { id, method, path, secret_parameters: &[], answer, sensitive, repeatable, final_conflict }
    }

    static CANCEL: Operation = operation("POST", false, true);
    static CREATE: Operation = operation("POST", false, false);
    static PATCH: Operation = operation("PATCH", false, false);
    static REPEATABLE_PATCH: Operation = operation("PATCH", true, false);
    static PUT_THAT_ADDS: Operation = operation("PUT", false, false);

    #[tokio::test(start_paused = true)]
    async fn what_may_be_repeated_is_a_fact_of_the_operation() {
        for (operation, status, attempts, transient) in [
            (&CANCEL, 409, 1, false),
            (&CREATE, 409, 3, true),
            (&PATCH, 0, 1, true),
            (&REPEATABLE_PATCH, 0, 3, true),
            (&PUT_THAT_ADDS, 0, 1, true),
        ] {
            let brief = Backoff::default().max_delay(std::time::Duration::from_millis(1));
            let client = Client::builder().api_key("key").transport(Answers(status));
            let client = client.options(|options| options.backoff(brief)).build().unwrap();
            let outgoing =
                Outgoing::new(Method::from_bytes(operation.method.as_bytes()).unwrap(), operation.path.to_owned());
            let error = client.call::<()>(operation, Ok(outgoing)).await.unwrap_err();
            let kind = if status == 409 { ErrorKind::Conflict } else { ErrorKind::Connection };
            assert_eq!(
                (error.kind(), error.attempts(), error.is_transient()),
                (kind, attempts, transient),
                "{operation:?}"
            );
            assert_eq!(error.operation(), Some("things.change"));
        }
    }
}
