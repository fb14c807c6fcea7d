//! How a request comes to its response.

use std::time::Duration;

use bytes::Bytes;
use http::{HeaderName, HeaderValue, Request, Response, header};

use crate::testing::api::courier::{Courier, locked};
use crate::testing::api::recorded_call::Call;
use crate::testing::api::sent::{self, Cause};
use crate::testing::api::stub::Act;
use crate::testing::engine::description::{DESCRIPTION, Found};
use crate::testing::engine::example::of_schema;
use crate::testing::engine::idempotency::{self, Held};
use crate::testing::engine::pagination::Shape;
use crate::testing::engine::request::Request as Known;
use crate::testing::engine::response::Answer;
use crate::testing::engine::state::State;
use crate::testing::engine::time::millis;
use crate::transport::TransportError;

const LOST: &str = "the test has asked for it";

const SHOULD_RETRY: HeaderName = HeaderName::from_static("x-should-retry");

impl Courier {
    /// Answers one request, as the test has said or else as Courier does.
    pub(crate) async fn respond(
        &self,
        request: &Request<Bytes>,
        attempt: u32,
    ) -> Result<Response<Bytes>, TransportError> {
        let call = self.received(request, attempt);
        let stubs = locked(&self.shared.stubs).clone();
        let planned = stubs.iter().rev().find_map(|stub| stub.next(&call));
        // Recorded when it is dropped: also one whose caller does not wait for its response.
        let mut call = Record { courier: self, call };
        if planned.is_none() && self.refuses(&call.call) {
            let refusal = Answer::error(501, "unexpected_call", "The test has set no response for this call");
            let refusal = refusal.header(SHOULD_RETRY, HeaderValue::from_static("false"));
            call.call.status = Some(refusal.status);
            return Ok(refusal.into_response());
        }
        let (act, delay) = planned.unwrap_or((Act::Own, Duration::ZERO));
        let delay = delay.max(self.state().settings.latency);
        if delay > Duration::ZERO {
            let key = matches!(act, Act::Own | Act::DisconnectAfterActing).then(|| idempotency::key(&call.call));
            let held = key.flatten().map(|key| Held::of(self, key));
            // One that meets another under way is refused at once.
            if !matches!(held, Some(None)) {
                tokio::time::sleep(delay).await;
            }
            drop(held);
        }
        let answer = match act {
            Act::Own => self.act(request, &call.call),
            Act::Answer(answer) => {
                let answer = answer(&call.call);
                sent::note_stubbed(&mut self.state(), &call.call, &answer);
                answer
            }
            Act::Disconnect => return Err(TransportError::broken(LOST)),
            Act::DisconnectAfterActing => {
                let _lost = self.act(request, &call.call);
                return Err(TransportError::broken(LOST));
            }
            Act::Unreachable => return Err(TransportError::connect(LOST)),
        };
        call.call.status = Some(answer.status().as_u16());
        Ok(answer)
    }

    /// Answers one request at once, without regard to [`on`](Self::on). Only the path and the query of its URL matter.
    #[must_use]
    pub fn answer(&self, request: &Request<Bytes>) -> Response<Bytes> {
        let mut call = Record { courier: self, call: self.received(request, 1) };
        let answer = self.act(request, &call.call);
        call.call.status = Some(answer.status().as_u16());
        answer
    }

    fn received(&self, request: &Request<Bytes>, attempt: u32) -> Call {
        let operation = match DESCRIPTION.find(request.method().as_str(), request.uri().path()) {
            Found::Operation(operation, _) => Some(operation.id.as_str()),
            _ => None,
        };
        let mut headers = request.headers().clone();
        headers.remove(header::AUTHORIZATION);
        Call {
            operation,
            method: request.method().clone(),
            target: request.uri().path_and_query().map_or_else(String::new, ToString::to_string),
            headers,
            body: request.body().clone(),
            attempt,
            status: None,
            at: self.now(),
        }
    }

    fn act(&self, request: &Request<Bytes>, call: &Call) -> Response<Bytes> {
        let mut state = self.state();
        state.cause = Cause::of(call);
        let answer = answer(&mut state, millis(self.now()), request, call);
        state.cause = None;
        drop(state);
        answer.into_response()
    }
}

/// A call that is remembered when this goes, with the status that it has by then.
struct Record<'a> {
    courier: &'a Courier,
    call: Call,
}

impl Drop for Record<'_> {
    fn drop(&mut self) {
        let mut state = self.courier.state();
        state.calls.push_back(self.call.clone());
        state.forget();
        drop(state);
        let observer = locked(&self.courier.shared.observer).clone();
        if let Some(observer) = observer {
            observer(&self.call);
        }
    }
}

fn answer(state: &mut State, now: i64, request: &Request<Bytes>, call: &Call) -> Answer {
    let (operation, arguments) = match DESCRIPTION.find(request.method().as_str(), request.uri().path()) {
        Found::Operation(operation, arguments) => (operation, arguments),
        Found::OtherMethod => {
            return Answer::error(405, "invalid_request_error", "The path does not have this method");
        }
        Found::Nothing if is_inbound_webhook(request) => return Answer::empty(202),
        Found::Nothing => return Answer::error(404, "invalid_request_error", "There is no such path"),
    };
    match refusal(state, request) {
        Some(refusal) => refusal,
        None => Known::read(operation, arguments, request, now)
            .map_or_else(|refusal| refusal, |request| perform(state, &request, idempotency::key(call))),
    }
}

/// Whoever knows the address may post there, without a key.
fn is_inbound_webhook(request: &Request<Bytes>) -> bool {
    request.method() == http::Method::POST && request.uri().path().starts_with("/inbound/webhook/")
}

/// What refuses a request whatever it asks for.
fn refusal(state: &mut State, request: &Request<Bytes>) -> Option<Answer> {
    if let Some((left @ 1.., wait)) = state.settings.limited {
        state.settings.limited = Some((left - 1, wait));
        let refusal = Answer::error(429, "rate_limit_error", "Too many requests");
        let seconds = wait.as_secs() + u64::from(wait.subsec_nanos() > 0);
        return Some(refusal.header(header::RETRY_AFTER, HeaderValue::from(seconds)));
    }
    let key = request.headers().get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    match key.and_then(|key| key.strip_prefix("Bearer ")) {
        Some(key) if !key.trim().is_empty() => None,
        _ => Some(Answer::error(401, "authorization_error", "Unauthorized")),
    }
}

fn perform(state: &mut State, request: &Known<'_>, key: Option<String>) -> Answer {
    if let Some(kept) = key.as_deref().and_then(|key| state.keys.answer(key, request.now)) {
        return kept;
    }
    let outcome = match request.operation.handler {
        Some(handler) => handler(state, request),
        None => Ok(made_up(request)),
    };
    match outcome {
        Ok(answer) => {
            if let Some(key) = key {
                state.keys.remember(&key, request, &answer);
            }
            answer
        }
        Err(_) if state.settings.respond_with_examples => made_up(request),
        // What was refused did not begin to execute, so its key can be used again.
        Err(refusal) => refusal,
    }
}

fn made_up(request: &Known<'_>) -> Answer {
    let operation = request.operation;
    let Some(schema) = &operation.answer else { return Answer::empty(operation.status) };
    let example = of_schema(&DESCRIPTION, schema);
    let example = match Shape::of(operation) {
        Some(shape) => shape.ended(example, &request.url),
        None => example,
    };
    Answer::new(operation.status, example)
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use http::Request;

    use super::Courier;
    use crate::testing::engine::description::DESCRIPTION;
    use crate::testing::engine::example::of_schema;
    use crate::testing::engine::validate::check;

    /// What can be stored is stored, then read, changed and taken away, as the examples of the description have it.
    #[test]
    fn every_answer_is_what_the_description_says() {
        let courier = Courier::new();
        let mut conforming = 0;
        for method in ["PUT", "POST", "PUT", "PATCH", "GET", "DELETE"] {
            for operation in DESCRIPTION.operations.iter().filter(|operation| operation.method == method) {
                let body = operation.body.as_ref().map(|schema| of_schema(&DESCRIPTION, schema).to_string());
                let request = Request::builder().method(method).uri(operation.example_path());
                let request = request.header("authorization", "Bearer test").body(body.unwrap_or_default().into());
                let answer = request.map(|request: Request<Bytes>| courier.answer(&request)).unwrap_or_default();
                let id = &operation.id;
                let read = serde_json::from_slice(answer.body()).unwrap_or_default();
                assert_ne!(answer.status(), 405, "{id}");
                if let Some(schema) = operation.answer.as_ref().filter(|_| answer.status().is_success()) {
                    assert_eq!(check(&DESCRIPTION, schema, &read), Ok(()), "{id}: {read}");
                    conforming += 1;
                }
            }
        }
        assert!(conforming > 60, "{conforming}");
    }
}
