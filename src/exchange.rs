//! How a request goes out and its answer comes in: the one place for the key, retries, limits and traces.

use std::time::{Duration, Instant};

use bytes::{Bytes, BytesMut};
use percent_encoding::percent_decode_str;
use reqwest::header::{AUTHORIZATION, HeaderMap, HeaderValue, USER_AGENT};
use reqwest::{Method, Request, Response, StatusCode, Url};

use crate::client::Client;
use crate::observe::{Call, Trace};
use crate::operation::Operation;
use crate::options::{IDEMPOTENCY_EXPIRATION, IDEMPOTENCY_KEY};
use crate::retry::{asked_delay, is_repeatable, is_retryable};
use crate::{Error, ErrorKind, Result};

/// What is shorter than this is not looked for in texts.
const SHORTEST_SECRET: usize = 8;

/// A success as it came.
pub(crate) struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: Bytes,
    pub attempts: u32,
}

impl Answer {
    /// Whether there is nothing in the body, said either way.
    pub(crate) fn is_empty(&self) -> bool {
        matches!(self.body.trim_ascii(), b"" | b"null")
    }
}

/// A call of which nothing more will come, and which is not reported yet: whether its body is as described counts too.
pub(crate) struct Exchange<'a> {
    client: &'a Client,
    operation: &'a Operation,
    url: Url,
    begun: Instant,
    trace: Trace,
    outcome: Result<Answer>,
}

impl Exchange<'_> {
    /// Reads the answer, and reports the call.
    pub(crate) fn end<T>(self, read: impl FnOnce(Answer, &dyn Fn(&str) -> String) -> Result<T>) -> Result<T> {
        let Self { client, operation, url, begun, trace, outcome } = self;
        let answered = outcome.as_ref().ok().map(|answer| (answer.status, answer.attempts));
        let redact = |text: &str| client.redacted(text, operation, &url);
        let outcome =
            outcome.and_then(|answer| read(answer, &redact)).map_err(|error| error.of_operation(operation.id));
        client.report(operation, begun, &trace, answered, outcome.as_ref().err());
        outcome
    }
}

impl Client {
    /// Makes the call: prepares the request, and tries until there is an answer or no further attempt is allowed.
    pub(crate) async fn exchange<'a>(
        &'a self,
        operation: &'a Operation,
        request: Result<Request>,
    ) -> Result<Exchange<'a>> {
        let request =
            request.and_then(|request| self.prepared(request)).map_err(|error| error.of_operation(operation.id))?;
        let url = request.url().clone();
        let trace = Trace::begin(operation, &url);
        let begun = self.inner.clock.now();
        let outcome = trace.during(self.attempts(operation, request, &url, begun, &trace)).await;
        Ok(Exchange { client: self, operation, url, begun, trace, outcome })
    }

    fn report(
        &self,
        operation: &Operation,
        begun: Instant,
        trace: &Trace,
        answered: Option<(StatusCode, u32)>,
        error: Option<&Error>,
    ) {
        let call = Call::of(operation, answered, error, self.inner.clock.now().saturating_duration_since(begun));
        trace.end(&call);
        if let Some(observer) = &self.inner.observer {
            observer(&call);
        }
    }

    /// Adds what every request carries.
    fn prepared(&self, mut request: Request) -> Result<Request> {
        self.options.check()?;
        if !self.options.query.is_empty() {
            request.url_mut().query_pairs_mut().extend_pairs(&self.options.query);
        }
        let is_post = request.method() == Method::POST;
        let headers = request.headers_mut();
        headers.insert(AUTHORIZATION, self.inner.authorization.clone());
        headers.insert(USER_AGENT, HeaderValue::from_static(concat!("trycourier-rust/", env!("CARGO_PKG_VERSION"))));
        for (name, value) in &self.options.headers {
            // What the one call says of itself is not overruled by what is said of many.
            if !(headers.contains_key(name) && [IDEMPOTENCY_KEY, IDEMPOTENCY_EXPIRATION].contains(name)) {
                headers.insert(name, value.clone());
            }
        }
        if is_post && self.options.idempotency_keys && !headers.contains_key(IDEMPOTENCY_KEY) {
            let key = uuid::Uuid::new_v4().to_string();
            let key = HeaderValue::try_from(key).map_err(Error::from)?;
            headers.insert(IDEMPOTENCY_KEY, key);
        }
        // To the server it may be none, and then a retry would be a second request.
        if headers.get(IDEMPOTENCY_KEY).is_some_and(|key| key.as_bytes().trim_ascii().is_empty()) {
            return Err(Error::invalid_request("the idempotency key is blank".to_owned()));
        }
        Ok(request)
    }

    async fn attempts(
        &self,
        operation: &Operation,
        mut request: Request,
        url: &Url,
        begun: Instant,
        trace: &Trace,
    ) -> Result<Answer> {
        let clock = &self.inner.clock;
        let repeatable = is_repeatable(&request);
        let left = || {
            let spent = clock.now().saturating_duration_since(begun);
            self.options.deadline.map(|deadline| deadline.saturating_sub(spent))
        };
        let mut attempts = 0;
        let mut paid = None;
        let mut failed = Error::new(ErrorKind::Timeout, "the deadline passed before the request went out");
        loop {
            let timeout = match left() {
                // A delay can last longer than was asked, on a machine that was asleep say.
                Some(Duration::ZERO) => return Err(failed),
                Some(left) => left.min(self.options.timeout),
                None => self.options.timeout,
            };
            let again = request.try_clone();
            *request.timeout_mut() = Some(timeout);
            attempts += 1;
            let error = match self.attempt(operation, request, url).await {
                Ok((status, headers, body)) => {
                    self.inner.budget.refund(paid);
                    return Ok(Answer { status, headers, body, attempts });
                }
                Err(error) => error,
            };
            let may_repeat = is_retryable(&error, repeatable);
            failed = error.after(attempts).following(&failed);
            let Some(again) = again.filter(|_| may_repeat && attempts <= self.options.max_retries) else {
                return Err(failed);
            };
            let delay = asked_delay(failed.headers(), clock.date())
                .unwrap_or_else(|| self.options.backoff.delay(attempts - 1, clock.random()));
            if left().is_some_and(|left| delay >= left) {
                return Err(failed);
            }
            let Some(cost) = self.inner.budget.pay(failed.kind()) else { return Err(failed) };
            paid = Some(cost);
            trace.retry(attempts, &failed, delay);
            clock.sleep(delay).await;
            request = again;
        }
    }

    /// One request and its answer, read to the end.
    async fn attempt(
        &self,
        operation: &Operation,
        request: Request,
        url: &Url,
    ) -> Result<(StatusCode, HeaderMap, Bytes)> {
        let is_head = request.method() == Method::HEAD;
        let mut response = self.client.execute(request).await.map_err(Error::transport)?;
        let status = response.status();
        let headers = std::mem::take(response.headers_mut());
        // The length that a `HEAD` announces is of a body that does not come.
        let body = if is_head { Ok(Bytes::new()) } else { self.body(response, &headers).await };
        let body = match body {
            Ok(body) => body,
            // Of an error the status is known already, which is what counts.
            Err(_) if !status.is_success() => Bytes::new(),
            Err(error) => return Err(error.answered(status, headers)),
        };
        if status.is_success() {
            return Ok((status, headers, body));
        }
        Err(Error::status_answer(status, headers, &body, operation.sensitive, |text| {
            self.redacted(text, operation, url)
        }))
    }

    /// A text of the server's without what it may repeat of the request: the URL, the key and whatever else opens a door.
    fn redacted(&self, text: &str, operation: &Operation, url: &Url) -> String {
        let mut text = text.replace(self.inner.key.expose(), "[sensitive]");
        for (name, value) in &self.options.headers {
            // A scheme before the secret, as in `Bearer`, is none.
            let secret = value.to_str().ok().and_then(|value| value.split_whitespace().last());
            // A short value is part of too many words, unless it is what takes the key's place.
            let is_sought = |secret: &&str| name == AUTHORIZATION || secret.len() >= SHORTEST_SECRET;
            if let Some(secret) = secret.filter(is_sought) {
                text = text.replace(secret, "[sensitive]");
            }
        }
        let sent = url.as_str().strip_prefix(&*self.baseurl).unwrap_or(url.path());
        let path = sent.split('?').next().unwrap_or(sent);
        let decoded = percent_decode_str(path).decode_utf8_lossy();
        for part in [sent, path, &decoded] {
            if part.len() > 1 && part != operation.path {
                text = text.replace(part, operation.path);
            }
        }
        for (name, value) in operation.path.split('/').zip(path.split('/')) {
            // A device token is the one path parameter that is a secret by itself.
            if name == "{token}" && !value.is_empty() {
                text = text.replace(value, "[sensitive]");
                text = text.replace(&*percent_decode_str(value).decode_utf8_lossy(), "[sensitive]");
            }
        }
        text
    }

    async fn body(&self, mut response: Response, headers: &HeaderMap) -> Result<Bytes> {
        let limit = self.options.max_answer_bytes;
        let too_large = || {
            let detail =
                format!("the answer is larger than the {limit} bytes that `max_answer_bytes` allows, and was not read");
            Error::new(ErrorKind::AnswerTooLarge, detail).sent(true)
        };
        let announced =
            headers.get(reqwest::header::CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse::<usize>().ok());
        if announced.is_some_and(|length| length > limit) {
            return Err(too_large());
        }
        let mut body = BytesMut::new();
        while let Some(chunk) = response.chunk().await.map_err(Error::transport)? {
            if body.len() + chunk.len() > limit {
                return Err(too_large());
            }
            // The usual answer is one chunk, and stays where it is.
            if body.is_empty() && announced == Some(chunk.len()) {
                return Ok(chunk);
            }
            body.extend_from_slice(&chunk);
        }
        Ok(body.freeze())
    }
}

#[cfg(test)]
mod tests {
    use std::io::{Read as _, Write as _};
    use std::net::TcpListener;

    use bytes::Bytes;
    use http_body_util::Full;
    use reqwest::{Body, Method, Request};

    use crate::operation::{self, Operation};
    use crate::{Client, ErrorKind};

    #[tokio::test]
    async fn a_body_that_cannot_be_cloned_is_sent_once() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let server = std::thread::spawn(move || {
            let (mut socket, _) = listener.accept().unwrap();
            let _ = socket.read(&mut [0; 4096]).unwrap();
            socket.write_all(b"HTTP/1.1 503 No\r\ncontent-length: 0\r\nconnection: close\r\n\r\n").unwrap();
        });
        let client = Client::builder().api_key("key").base_url(&url).build().unwrap();
        let mut request = Request::new(Method::PUT, url.parse().unwrap());
        *request.body_mut() = Some(Body::wrap(Full::<Bytes>::from("once")));
        let put = Operation { id: "put", method: "PUT", path: "/", body: operation::Body::None, sensitive: false };
        let error = client.call::<()>(&put, Ok(request)).await.err().unwrap();
        assert_eq!((error.kind(), error.attempts()), (ErrorKind::Server, 1));
        server.join().unwrap();
    }
}
