//! Performs a request: finds its operation's handler, after everything that refuses a request before.

use bytes::Bytes;
use http::{HeaderValue, header};

use super::description::{DESCRIPTION, Operation, Route};
use super::request::Request;
use super::response::{Outcome, Response};
use super::state::State;

pub(crate) type Handler = fn(&mut State, &Request<'_>) -> Outcome;

/// Performs a request. `handler` finds the handler of an operation by its id; an operation without one gets examples.
pub(crate) fn dispatch(
    state: &mut State,
    handler: fn(&str) -> Option<Handler>,
    route: &Route,
    request: &http::Request<Bytes>,
    key: Option<&str>,
    now: i64,
) -> Response {
    let (operation, arguments) = match route {
        Route::Operation(operation, arguments) => (*operation, arguments),
        Route::OtherMethod => {
            return Response::error(405, "invalid_request_error", "The path does not have this method");
        }
        Route::Unknown if is_inbound_webhook(request) => return Response::empty(202),
        Route::Unknown => return Response::error(404, "invalid_request_error", "There is no such path"),
    };
    let mut perform = || {
        authorize(state, request)?;
        check_rate(state, operation, now)?;
        let request = Request::parse(operation, arguments, request, now, &state.settings)?;
        if let Some(stored) = key.and_then(|key| state.keys.response(key, now)) {
            return Ok(stored);
        }
        match handler(&operation.id).unwrap_or(respond_with_example)(state, &request) {
            Ok(response) => {
                if let Some(key) = key {
                    state.keys.store(key, &request, &response);
                }
                Ok(response)
            }
            Err(_) if state.settings.respond_with_examples => respond_with_example(state, &request),
            // A refused request was not performed, so its key can be used again.
            Err(refusal) => Err(refusal),
        }
    };
    perform().unwrap_or_else(|refusal| refusal)
}

/// Anyone who knows the address can post there, without a key.
fn is_inbound_webhook(request: &http::Request<Bytes>) -> bool {
    request.method() == http::Method::POST && request.uri().path().starts_with("/inbound/webhook/")
}

/// Refuses requests above the rate limit or without an API key.
fn authorize(state: &mut State, request: &http::Request<Bytes>) -> Result<(), Response> {
    if let Some((left @ 1.., wait)) = state.settings.limited {
        state.settings.limited = Some((left - 1, wait));
        return Err(too_many(wait.as_secs() + u64::from(wait.subsec_nanos() > 0)));
    }
    let key = request.headers().get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    match key.and_then(|key| key.strip_prefix("Bearer ")) {
        Some(key) if !key.trim().is_empty() => Ok(()),
        _ => Err(Response::error(401, "authentication_error", "Unauthorized")),
    }
}

/// Refuses requests above the operation's documented rate limit, if the test wants that.
fn check_rate(state: &mut State, operation: &'static Operation, now: i64) -> Result<(), Response> {
    let Some((limit, seconds)) = operation.rate_limit.filter(|_| state.settings.limit_rates) else { return Ok(()) };
    let period = i64::from(seconds) * 1_000;
    let (start, count) = state.rates.entry(&operation.id).or_insert((now, 0));
    if now.saturating_sub(*start) >= period {
        (*start, *count) = (now, 0);
    }
    if *count == limit {
        let left = start.saturating_add(period).saturating_sub(now);
        return Err(too_many(left.unsigned_abs().div_ceil(1_000)));
    }
    *count += 1;
    Ok(())
}

fn too_many(seconds: u64) -> Response {
    let refusal = Response::error(429, "rate_limit_error", "Too many requests");
    refusal.header(header::RETRY_AFTER, HeaderValue::from(seconds))
}

/// Responds with a valid value, without an effect.
fn respond_with_example(_: &mut State, request: &Request<'_>) -> Outcome {
    let operation = request.operation;
    let Some(schema) = &operation.response else { return Ok(Response::empty(operation.status)) };
    let example = DESCRIPTION.example(schema);
    let example = match &operation.paging {
        Some(shape) => shape.ended(example, request.path),
        None => example,
    };
    Ok(Response::new(operation.status, example))
}
