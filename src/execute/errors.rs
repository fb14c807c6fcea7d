//! Errors of a call, made from the outcome of an attempt, without its secrets.

use std::borrow::Cow;

use http::header::AUTHORIZATION;
use http::{HeaderMap, StatusCode};
use percent_encoding::percent_decode_str;
use serde_json::Value;

use super::request::Request;
use crate::client::Client;
use crate::client::proxy_env::{self, Proxy};
use crate::error::causes::causes;
use crate::error::text::{MAX_MESSAGE, on_one_line};
use crate::error::{Delivery, RetryHint};
use crate::json;
use crate::retry::classify::parse_should_retry;
use crate::retry::retry_after::{parse_limit_reset, parse_retry_after};
use crate::secrets::names::is_secret_name;
use crate::secrets::redact::Redaction;
use crate::secrets::values::Secrets;
use crate::transport::{Failure, TransportError};
use crate::{Error, ErrorKind};

/// Collects everything confidential that a call has: of the client and its options, of the environment, and of the
/// request.
pub(super) fn redaction(client: &Client, request: &Request) -> Redaction {
    let mut secrets = Secrets::default();
    let (shared, options) = (client.shared(), client.options());
    let Request { operation, target, body, .. } = request;
    request.api_keys().for_each(|key| secrets.add(key.text.expose()));
    for (name, value) in &options.headers {
        let Ok(value) = value.to_str() else { continue };
        if name == AUTHORIZATION || is_secret_name(name.as_str()) {
            secrets.add_authorization(value);
        } else {
            secrets.add(value);
        }
    }
    options.query.iter().for_each(|(_, value)| secrets.add(value));
    for (user, password) in proxy_env::credentials() {
        secrets.add_credentials(&user, &password);
    }
    secrets.add_path(shared.base_url.path());
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    secrets.add_query(query);
    for (parameter, value) in operation.path.split('/').zip(path.split('/')) {
        let name = parameter.strip_prefix('{').and_then(|name| name.strip_suffix('}'));
        if name.is_some_and(|name| operation.secret_parameters.contains(&name)) {
            secrets.add(&percent_decode_str(value).decode_utf8_lossy());
        }
    }
    // The path is shown as the description has it, without ids.
    for path in [target.as_str(), path, &percent_decode_str(path).decode_utf8_lossy()] {
        if path.len() > 1 && path != operation.path {
            secrets.add_shown_as(path, operation.path);
        }
    }
    secrets.add_body(body);
    secrets.into()
}

/// Returns the error of an attempt without a complete response.
#[cold]
pub(super) fn from_transport(client: &Client, error: TransportError, redaction: &Redaction) -> Error {
    let was_sent = error.was_sent();
    let base_url = &client.shared().base_url;
    let proxy = Proxy::from_env(base_url.is_https()).filter(|_| !base_url.is_loopback());
    let (kind, detail): (_, Cow<'static, str>) = match error.failure() {
        Failure::Request => (ErrorKind::InvalidArgument, "the request is invalid".into()),
        Failure::Redirect => (ErrorKind::Redirect, "too many redirects".into()),
        Failure::Certificate => (ErrorKind::Certificate, certificate_detail(&error, redaction).into()),
        Failure::Proxy => (ErrorKind::Proxy, proxy_detail(&error, proxy.as_ref()).into()),
        Failure::Timeout if !was_sent => {
            (ErrorKind::Timeout, "the connection timed out before anything was sent; check the network".into())
        }
        Failure::Timeout => {
            (ErrorKind::Timeout, "the response timed out; raise `attempt_timeout` if this happens often".into())
        }
        Failure::Connect => (ErrorKind::Connection, connect_detail(&error, redaction, proxy.as_ref()).into()),
        Failure::NoRuntime => (
            ErrorKind::Configuration,
            "there is no tokio runtime, which HTTP needs: await the call in a runtime, such as that of `#[tokio::main]`"
                .into(),
        ),
        // hyper has no type for this.
        Failure::Broken if causes(error.cause()).any(|cause| cause.to_string().contains("runtime dropped")) => (
            ErrorKind::Connection,
            "the connection was lost, because the runtime that opened it has ended; use one runtime for all calls".into(),
        ),
        Failure::Broken if was_sent => (ErrorKind::Connection, "the connection was lost".into()),
        Failure::Broken => {
            (ErrorKind::Connection, "the server rejected the request before processing it; retry later".into())
        }
    };
    let delivery = if was_sent { Delivery::Sent } else { Delivery::NotSent };
    let hint = if error.is_permanent() { RetryHint::Permanent } else { RetryHint::None };
    let failed = Error::new(kind, detail).with_delivery(delivery).with_retry_hint(hint);
    failed.caused_by(redaction.cause(error.into_cause()))
}

/// Returns the error of a response that is not a success.
#[cold]
pub(super) fn from_status(
    client: &Client,
    request: &Request,
    status: StatusCode,
    headers: HeaderMap,
    body: &[u8],
) -> Error {
    let (operation, redaction) = (request.operation, request.redaction(client));
    let kind = ErrorKind::from_status(status);
    let api_error = json::decode::<Value>(body).ok().map(|decoded| decoded.value).filter(Value::is_object);
    let error = Error::new(kind, kind.advice()).with_api_error(api_error.map(|error| redaction.value(error)));
    let snippet = if operation.sensitive || error.message().is_some() { None } else { redaction.snippet(body) };
    let is_final = status == StatusCode::CONFLICT && operation.final_conflict;
    let hint = if is_final { RetryHint::Permanent } else { RetryHint::None };
    with_response(client, request, error.with_snippet(snippet).with_retry_hint(hint), status, headers)
}

/// Adds the status and the headers of a response to its error.
#[cold]
pub(super) fn with_response(
    client: &Client,
    request: &Request,
    error: Error,
    status: StatusCode,
    headers: HeaderMap,
) -> Error {
    // These headers are parsed before the redaction, which can remove a short value that equals one of the caller's.
    let now = client.clock().date();
    let retry_after = parse_retry_after(&headers, now)
        .or_else(|| parse_limit_reset(&headers, now).filter(|_| status == StatusCode::TOO_MANY_REQUESTS));
    let should_retry = parse_should_retry(&headers);
    let headers = request.redaction(client).headers(headers);
    error.with_response(status, headers).with_server_decision(retry_after, should_retry)
}

/// Returns the text of the cause that describes the certificate best.
fn certificate_detail(error: &TransportError, redaction: &Redaction) -> String {
    let texts = causes(error.cause()).map(ToString::to_string);
    let text = texts
        .filter(|text| text.to_ascii_lowercase().contains("certificate"))
        .max_by_key(String::len)
        .unwrap_or_default();
    format!("the server's certificate was rejected: {}", on_one_line(&redaction.redact(&text), MAX_MESSAGE))
}

fn connect_detail(error: &TransportError, redaction: &Redaction, proxy: Option<&Proxy>) -> String {
    // The innermost cause says the most, such as `Connection refused`.
    let cause = causes(error.cause()).last().map(ToString::to_string).unwrap_or_default();
    let cause = on_one_line(&redaction.redact(&cause), 100);
    match proxy {
        Some(Proxy { address, variable, .. }) => {
            format!("cannot connect ({cause}); check the network and the proxy {address}, which {variable} names")
        }
        None => format!("cannot connect ({cause}); check the base URL and the network"),
    }
}

fn proxy_detail(error: &TransportError, proxy: Option<&Proxy>) -> String {
    let says = |text: &str| causes(error.cause()).any(|cause| cause.to_string().contains(text));
    let name = proxy.map_or_else(|| "the proxy".to_owned(), |proxy| format!("the proxy {}", proxy.address));
    if says("authorization required") {
        format!("{name} requires credentials (407); put them into the proxy's URL")
    } else if says("unsupported scheme") {
        let (scheme, variable) = proxy.map_or(("this", "the environment"), |proxy| (&proxy.scheme, proxy.variable));
        format!(
            "{name}, which {variable} names, cannot be used: {scheme} proxies are not supported, only http and https"
        )
    } else {
        format!("{name} refused to connect to the API")
    }
}
