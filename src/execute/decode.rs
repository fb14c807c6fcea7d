//! Decodes the body of a success.

use std::fmt;

use bytes::Bytes;
use http::HeaderMap;
use http::header::CONTENT_TYPE;
use serde::Deserializer as _;
use serde::de::{DeserializeOwned, IgnoredAny, MapAccess, Visitor};
use serde_json::Value;

use super::attempt::RawResponse;
use super::errors::with_response;
use super::request::Request;
use crate::client::Client;
use crate::error::{Delivery, RetryHint};
use crate::json::{self, Decode};
use crate::operation::ResponseBody;
use crate::{Error, ErrorKind, Mismatch, Response, Result};

/// The bytes of memory that the values of a response may take for each byte that a response may have.
const VALUES_PER_BYTE: usize = 8;

impl RawResponse {
    /// Returns `true` if the body is empty, or JSON's null.
    pub(crate) fn is_empty(&self) -> bool {
        matches!(self.body.trim_ascii(), b"" | b"null")
    }

    /// Returns the response with its body unchanged.
    pub(super) fn into_bytes(self) -> Response<Bytes> {
        Response::new(self.body, self.status, without_debug(self.headers), self.attempts, Vec::new())
    }

    /// Returns the response with the decoded body. The names in its mismatches come from the server, so they are
    /// redacted.
    fn into_response<T>(self, client: &Client, request: &Request, decoded: json::Decoded<T>) -> Response<T> {
        let json::Decoded { value, mismatches } = decoded;
        let redacted = |mismatch: Mismatch| {
            let path = request.redaction(client).path(mismatch.path());
            mismatch.with_path(path)
        };
        let mismatches = mismatches.into_iter().map(redacted).collect();
        Response::new(value, self.status, without_debug(self.headers), self.attempts, mismatches)
    }
}

/// Decodes the body of a success as the type that the description has for it.
pub(crate) fn decode_described<T: Decode>(
    client: &Client,
    request: &Request,
    response: RawResponse,
) -> Result<Response<T>> {
    let response = check_origin(client, request, response)?;
    let Some(text) = json_text(request.operation.response, &response) else {
        return Err(empty(client, request, response, "body"));
    };
    if request.operation.is_list && text.trim_ascii_start().starts_with(b"[") {
        return Err(undecodable(client, request, response, "it is an array, not an object with the list", false));
    }
    if let Some(name) = request.operation.id_property.filter(|name| lacks(text, name)) {
        return Err(empty(client, request, response, &format!("`{name}`")));
    }
    // Values take more memory than their text.
    let memory_limit = client.options().max_response_bytes.saturating_mul(VALUES_PER_BYTE);
    match json::decode_within(text, memory_limit) {
        Ok(mut decoded) => {
            if is_encoded_twice(text) {
                decoded.mismatches.push(Mismatch::new(String::new(), "a text that is not JSON itself"));
            }
            Ok(response.into_response(client, request, decoded))
        }
        Err(error) => {
            let is_cut_off = matches!(error, json::DecodeError::Ended);
            let cause = match error {
                // It contains property names from the server.
                json::DecodeError::Data(_) => request.redaction(client).path(&error.to_string()),
                _ => error.to_string(),
            };
            Err(undecodable(client, request, response, &cause, is_cut_off))
        }
    }
}

/// Checks the body of a success, which the caller decodes later.
pub(crate) fn check_described(client: &Client, request: &Request, response: RawResponse) -> Result<Response<Bytes>> {
    decode_described::<Value>(client, request, response.clone())?;
    Ok(response.into_bytes())
}

/// Decodes a body that [`check_described`] has checked.
pub(crate) fn decode_checked<T: Decode>(
    client: &Client,
    request: &Request,
    response: Response<Bytes>,
) -> Result<Response<T>> {
    let (status, headers, attempts) = (response.status(), response.headers().clone(), response.attempts());
    let response = RawResponse { status, headers, body: response.into_inner(), attempts };
    decode_described(client, request, response).and_then(|response| check_strictly(client, response)).map_err(|error| {
        let error = error.with_operation(request.operation.id).with_attempts(attempts);
        error.with_idempotency_key(request.key.as_ref())
    })
}

/// Decodes the body of a success as a type of the caller's. If that takes null, an empty body is null, else an empty
/// object.
pub(crate) fn decode_foreign<T: DeserializeOwned>(
    client: &Client,
    request: &Request,
    response: RawResponse,
) -> Result<Response<T>> {
    let response = check_origin(client, request, response)?;
    let takes_null = || serde_json::from_str::<T>("null").is_ok();
    let body = if response.is_empty() && takes_null() { ResponseBody::None } else { ResponseBody::Optional };
    match json::decode_foreign(json_text(body, &response).unwrap_or(b"null")) {
        Ok(decoded) => Ok(response.into_response(client, request, decoded)),
        // The cause itself would quote the value.
        Err(error) => Err(undecodable(client, request, response, category(&error), error.is_eof())),
    }
}

/// Refuses a success that is not Courier's, such as the login page of a proxy. It does not prove that the call was accepted.
fn check_origin(client: &Client, request: &Request, response: RawResponse) -> Result<RawResponse> {
    let body = json::without_byte_order_mark(&response.body).trim_ascii_start();
    let claims_json = || {
        let content_type = response.headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
        content_type.is_some_and(|text| text.contains("json"))
    };
    let is_from_courier = match body.first() {
        None | Some(b'{' | b'[') => true,
        Some(b'<') => false,
        // A body that is not described is not decoded either, so nothing else would notice a text.
        Some(_) if request.operation.response != ResponseBody::None && claims_json() => true,
        Some(_) => serde_json::from_slice::<IgnoredAny>(body).is_ok(),
    };
    if is_from_courier {
        return Ok(response);
    }
    let snippet = request.redaction(client).snippet(&response.body).filter(|_| !request.operation.sensitive);
    let detail = "the response is not from Courier, because it is not JSON: check the base URL and the proxy; \
                  it is unknown whether the call was executed";
    let error = Error::new(ErrorKind::UnexpectedResponse, detail).with_snippet(snippet);
    Err(with_response(client, request, error, response.status, response.headers).with_delivery(Delivery::Sent))
}

/// Returns `true` if JSON lacks the property, or has an empty value for it.
fn lacks(text: &[u8], name: &str) -> bool {
    // Almost every response has it, and is not decoded a second time. As text, which is how a type is decoded next.
    let has_text = |text| serde_json::Deserializer::from_str(text).deserialize_map(HasText(name)).ok();
    if std::str::from_utf8(text).ok().and_then(has_text) == Some(true) {
        return false;
    }
    // Only the strict and the lenient decoding of the whole body report its defects.
    let Ok(decoded) = json::decode::<Value>(text) else { return false };
    match decoded.value.get(name) {
        None | Some(Value::Null) => matches!(decoded.value, Value::Object(_) | Value::Array(_)),
        Some(Value::String(text)) => text.trim().is_empty(),
        // It is a mismatch, and kept.
        Some(_) => false,
    }
}

/// Finds a property whose value is a text that is not empty.
struct HasText<'a>(&'a str);

impl<'de> Visitor<'de> for HasText<'_> {
    type Value = bool;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut object: A) -> Result<bool, A::Error> {
        let mut has_text = false;
        while let Some(name) = object.next_key::<&str>()? {
            if name == self.0 {
                has_text = object.next_value::<&str>()?.contains(|c: char| !c.is_whitespace());
            } else {
                object.next_value::<IgnoredAny>()?;
            }
        }
        Ok(has_text)
    }
}

/// Returns the error of a success without its result.
fn empty(client: &Client, request: &Request, response: RawResponse, part: &str) -> Error {
    let detail = format!(
        "the server accepted the call, but its response has no {part}; do not make the call again under another \
         idempotency key"
    );
    let error = Error::new(ErrorKind::EmptyBody, detail);
    with_response(client, request, error, response.status, response.headers)
}

/// Returns `true` if a response is a JSON string that contains a JSON string: a file that some client has stored as JSON.
fn is_encoded_twice(json: &[u8]) -> bool {
    json.trim_ascii_start().starts_with(br#""\""#)
        && serde_json::from_slice::<String>(json).is_ok_and(|text| serde_json::from_str::<String>(&text).is_ok())
}

/// Returns the JSON to decode, or `None` if a body is required and missing.
fn json_text(described: ResponseBody, response: &RawResponse) -> Option<&[u8]> {
    match described {
        ResponseBody::None => Some(b"null"),
        ResponseBody::Optional if response.is_empty() => Some(b"{}"),
        ResponseBody::Required if response.is_empty() => None,
        _ => Some(&response.body),
    }
}

/// Refuses a response with mismatches if the options require strict decoding.
pub(super) fn check_strictly<T>(client: &Client, response: Response<T>) -> Result<Response<T>> {
    let mismatches = response.mismatches();
    let Some(first) = mismatches.first().filter(|_| client.options().strict_decoding) else {
        return Ok(response);
    };
    let count = mismatches.len();
    let detail = format!(
        "the server accepted the call, but its response does not match the description at {count} path(s): {first}"
    );
    Err(Error::new(ErrorKind::Mismatch, detail)
        .with_response(response.status(), response.headers().clone())
        .with_mismatches(mismatches.to_vec()))
}

fn undecodable(client: &Client, request: &Request, response: RawResponse, cause: &str, is_cut_off: bool) -> Error {
    let snippet = request.redaction(client).snippet(&response.body).filter(|_| !request.operation.sensitive);
    let detail = format!(
        "the server accepted the call, but its response cannot be decoded: {cause}; `send_raw` returns the body unchanged"
    );
    // A connection without a length, or a gateway, has cut the body off.
    let hint = if is_cut_off { RetryHint::CutOff } else { RetryHint::None };
    let error = Error::new(ErrorKind::Decode, detail).with_retry_hint(hint).with_snippet(snippet);
    with_response(client, request, error, response.status, response.headers)
}

/// Describes a serde error without a value of the body.
fn category(error: &serde_json::Error) -> &'static str {
    match error.classify() {
        serde_json::error::Category::Data => "a value has the wrong type, or a field is missing",
        serde_json::error::Category::Eof => "it is truncated",
        _ => "it is not valid JSON",
    }
}

/// Marks the values of headers as sensitive, so that `Debug` does not print what a server may have repeated.
fn without_debug(mut headers: HeaderMap) -> HeaderMap {
    headers.values_mut().for_each(|value| value.set_sensitive(true));
    headers
}
