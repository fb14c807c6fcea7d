//! The paths below `/_courier/`, by which a test in any language controls the program.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use trycourier::Bytes;
use trycourier::http::header::{CONNECTION, CONTENT_LENGTH, CONTENT_TYPE, TRANSFER_ENCODING};
use trycourier::http::{HeaderName, HeaderValue, Request, Response, StatusCode};
use trycourier::testing::Courier;

use crate::state::Workspace;

pub const HEALTH: &str = "/_courier/health";

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Advance {
    seconds: f64,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Fault {
    /// The name of the operation in any of Courier's SDKs, such as `send.message` or `lists.subscriptions.subscribeUser`.
    operation: String,
    status: Option<u16>,
    message: Option<String>,
    #[serde(default)]
    headers: BTreeMap<String, String>,
    disconnect: Option<Disconnect>,
    #[serde(default)]
    delay_seconds: f64,
    #[serde(default = "once")]
    times: usize,
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum Disconnect {
    BeforeActing,
    AfterActing,
}

fn once() -> usize {
    1
}

/// Responds to a request below `/_courier/`; `None` if it is for the Courier itself.
pub fn respond(workspace: &Workspace, request: &Request<Bytes>) -> Option<Response<Bytes>> {
    let path = request.uri().path();
    let name = path.strip_prefix("/_courier/")?;
    let invalid = |cause| (400, cause);
    let outcome = match (request.method().as_str(), name) {
        ("GET" | "HEAD", "health") => Ok(json!({"status": "ok", "version": env!("CARGO_PKG_VERSION")})),
        ("GET", "sent") => Ok(sent(&workspace.courier)),
        ("POST", "reset") => workspace.reset().map(|()| json!({})).map_err(invalid),
        ("POST", "advance") => advance(workspace, request.body()).map_err(invalid),
        ("POST", "fail") => parse(request.body()).and_then(|fault| fail(&workspace.courier, fault)).map_err(invalid),
        (_, "health" | "sent" | "reset" | "advance" | "fail") => {
            Err((405, format!("{path} does not have this method")))
        }
        _ => Err((404, "Below /_courier/ are health, sent, reset, advance and fail".to_owned())),
    };
    let (status, body) = match outcome {
        Ok(body) => (200, body),
        Err((status, message)) => (status, json!({"message": message, "type": "invalid_request_error"})),
    };
    let mut response = Response::new(Bytes::from(body.to_string()));
    *response.status_mut() = StatusCode::from_u16(status).unwrap_or_default();
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    Some(response)
}

fn parse<T: DeserializeOwned>(body: &[u8]) -> Result<T, String> {
    serde_json::from_slice(body).map_err(|error| format!("The body is invalid: {error}"))
}

/// The messages that were accepted, the oldest first.
fn sent(courier: &Courier) -> Value {
    let rows = courier.sent().into_iter().map(|sent| {
        json!({
            "id": sent.id, "recipient": sent.recipient, "list": sent.list, "operation": sent.operation,
            "idempotency_key": sent.idempotency_key(), "message": sent.message,
        })
    });
    json!({"items": rows.collect::<Vec<_>>()})
}

fn seconds(seconds: f64) -> Result<Duration, String> {
    Duration::try_from_secs_f64(seconds).map_err(|_| format!("{seconds} is not a number of seconds"))
}

fn advance(workspace: &Workspace, body: &[u8]) -> Result<Value, String> {
    let Advance { seconds: time } = parse(body)?;
    workspace.advance(seconds(time)?);
    Ok(json!({}))
}

/// Sets the next responses to an operation.
fn fail(courier: &Courier, fault: Fault) -> Result<Value, String> {
    let delay = seconds(fault.delay_seconds)?;
    if fault.times == 0 {
        return Err("`times` must be at least 1".to_owned());
    }
    let status = fault.status.map(|status| {
        StatusCode::from_u16(status).ok().filter(|_| status >= 200).ok_or_else(|| format!("{status} is not a status"))
    });
    let status = status.transpose()?;
    if let Some((name, _)) = fault.headers.iter().find(|(name, value)| !can_set(name, value)) {
        return Err(format!("The header `{name}` cannot be set"));
    }
    let stub = || {
        let stub = courier.on_operation(&snake_case(&fault.operation));
        stub.ok_or_else(|| format!("There is no operation `{}`", fault.operation))
    };
    let stub = match (status, fault.disconnect) {
        (Some(_), Some(_)) => return Err("`status` and `disconnect` exclude each other".to_owned()),
        (None, None) if delay.is_zero() => {
            return Err("One of `status`, `disconnect` and `delay_seconds` is required".to_owned());
        }
        (None, None) => stub()?.pass_through(),
        (None, Some(Disconnect::BeforeActing)) => stub()?.disconnect(),
        (None, Some(Disconnect::AfterActing)) => stub()?.disconnect_after_acting(),
        (Some(status), None) => {
            let reason = status.canonical_reason().unwrap_or("Error");
            let body = json!({"message": fault.message.as_deref().unwrap_or(reason), "type": "stubbed_error"});
            let mut headers = vec![("content-type", "application/json")];
            headers.extend(fault.headers.iter().map(|(name, value)| (name.as_str(), value.as_str())));
            stub()?.raw(status.as_u16(), &headers, body.to_string())
        }
    };
    let _ = stub.times(fault.times).delay(delay);
    Ok(json!({}))
}

/// Returns `true` if a response can have the header, and it is not the server's own.
fn can_set(name: &str, value: &str) -> bool {
    let name = HeaderName::try_from(name).ok();
    let name = name.filter(|name| ![CONNECTION, CONTENT_LENGTH, TRANSFER_ENCODING].contains(name));
    name.is_some() && HeaderValue::try_from(value).is_ok()
}

/// Converts a name of the Node SDK: `subscribeUser` is `subscribe_user`.
fn snake_case(name: &str) -> String {
    name.chars().fold(String::new(), |mut name, letter| {
        if letter.is_ascii_uppercase() {
            name.push('_');
        }
        name.push(letter.to_ascii_lowercase());
        name
    })
}
