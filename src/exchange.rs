//! How a request goes out and its answer comes in: the one place for the key, retries, limits and traces.

use std::time::Instant;

use bytes::{Bytes, BytesMut};
use reqwest::header::{AUTHORIZATION, HeaderMap, HeaderValue, USER_AGENT};
use reqwest::{Method, Request, Response, StatusCode};

use crate::client::Client;
use crate::observe::{Call, Trace};
use crate::operation::Operation;
use crate::options::IDEMPOTENCY_KEY;
use crate::retry::{asked_delay, is_retryable};
use crate::{Error, ErrorKind, Result};

/// A success as it came.
pub(crate) struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: Bytes,
    pub attempts: u32,
}

impl Client {
    /// Makes the call: prepares the request, and tries until there is an answer or no further attempt is allowed.
    pub(crate) async fn exchange(&self, operation: &Operation, request: Result<Request>) -> Result<Answer> {
        let request =
            request.and_then(|request| self.prepared(request)).map_err(|error| error.of_operation(operation.id))?;
        let trace = Trace::begin(operation, request.url());
        let begun = self.inner.clock.now();
        let outcome = trace.during(self.attempts(request, begun, &trace)).await;
        let outcome = outcome.map_err(|error| error.of_operation(operation.id));
        let call = Call::of(operation, &outcome, self.inner.clock.now().saturating_duration_since(begun));
        trace.end(&call);
        if let Some(observer) = &self.inner.observer {
            observer(&call);
        }
        outcome
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
            headers.insert(name, value.clone());
        }
        if is_post && self.options.idempotency_keys && !headers.contains_key(IDEMPOTENCY_KEY) {
            let key = uuid::Uuid::new_v4().to_string();
            let key = HeaderValue::try_from(key).map_err(Error::from)?;
            headers.insert(IDEMPOTENCY_KEY, key);
        }
        Ok(request)
    }

    async fn attempts(&self, request: Request, begun: Instant, trace: &Trace) -> Result<Answer> {
        let clock = &self.inner.clock;
        let repeatable = request.method() != Method::POST || request.headers().contains_key(IDEMPOTENCY_KEY);
        let left = || {
            let spent = clock.now().saturating_duration_since(begun);
            self.options.deadline.map(|deadline| deadline.saturating_sub(spent))
        };
        let mut request = Some(request);
        let mut attempts = 0;
        let mut paid = None;
        loop {
            let Some(mut attempt) = request.take() else {
                // Not reached: the loop goes on with a request only.
                return Err(Error::new(ErrorKind::Connection, "the request cannot be repeated").after(attempts));
            };
            request = attempt.try_clone();
            attempts += 1;
            *attempt.timeout_mut() = Some(left().map_or(self.options.timeout, |left| left.min(self.options.timeout)));
            let error = match self.attempt(attempt).await {
                Ok((status, headers, body)) => {
                    self.inner.budget.refund(paid);
                    return Ok(Answer { status, headers, body, attempts });
                }
                Err(error) => error.after(attempts),
            };
            let tried_out = attempts > self.options.max_retries || request.is_none();
            if tried_out || !is_retryable(&error, repeatable) {
                return Err(error);
            }
            let delay = asked_delay(error.headers(), clock.date())
                .unwrap_or_else(|| self.options.backoff.delay(attempts - 1, clock.random()));
            if left().is_some_and(|left| delay >= left) {
                return Err(error);
            }
            let Some(cost) = self.inner.budget.pay(error.kind()) else { return Err(error) };
            paid = Some(cost);
            trace.retry(attempts, &error, delay);
            clock.sleep(delay).await;
        }
    }

    /// One request and its answer, read to the end.
    async fn attempt(&self, request: Request) -> Result<(StatusCode, HeaderMap, Bytes)> {
        let mut response = self.client.execute(request).await.map_err(Error::transport)?;
        let status = response.status();
        let headers = std::mem::take(response.headers_mut());
        let body = match self.body(response, &headers).await {
            Ok(body) => body,
            // Of an error the status is known already, which is what counts.
            Err(_) if !status.is_success() => Bytes::new(),
            Err(error) => return Err(error.answered(status, headers)),
        };
        if status.is_success() {
            return Ok((status, headers, body));
        }
        Err(Error::status_answer(status, headers, &body, |text| self.inner.without_key(text)))
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
