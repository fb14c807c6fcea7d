//! The body of a success, read as its type.

use bytes::Bytes;
use http::{HeaderMap, StatusCode};
use serde::de::DeserializeOwned;

use super::errors::with_response;
use crate::json::{self, Decode};
use crate::operation::{Operation, ResponseBody};
use crate::secrets::redact::Redaction;
use crate::{Client, Error, ErrorKind, Mismatch, Response, Result};

/// How many bytes of memory the values of a response may take for each byte that a response may have.
const VALUES_PER_BYTE: usize = 8;

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

    /// The response, once its body has been read. The names in its mismatches are the server's, so they are looked through.
    fn read<T>(self, decoded: json::Decoded<T>, redaction: &dyn Fn() -> Redaction) -> Response<T> {
        let json::Decoded { value, mut mismatches } = decoded;
        if !mismatches.is_empty() {
            let redaction = redaction();
            let redacted = |mismatch: Mismatch| {
                let path = redaction.path(mismatch.path());
                mismatch.with_path(path)
            };
            mismatches = mismatches.into_iter().map(redacted).collect();
        }
        Response::new(value, self.status, unprintable(self.headers), self.attempts, mismatches)
    }

    pub(crate) fn raw(self) -> Response<Bytes> {
        Response::new(self.body, self.status, unprintable(self.headers), self.attempts, Vec::new())
    }
}

/// The body of a success as the type that the description has for it.
pub(crate) fn described<T: Decode>(
    client: &Client,
    operation: &Operation,
    answer: Answer,
    redaction: &dyn Fn() -> Redaction,
) -> Result<Response<T>> {
    let text = match text(operation.answer, &answer) {
        Some(text) => text,
        None => return Err(empty_handed(answer, redaction)),
    };
    // Values take more memory than their text.
    let budget = client.options().max_response_bytes.saturating_mul(VALUES_PER_BYTE);
    match json::decode_within(text, true, budget) {
        Ok(decoded) => Ok(answer.read(decoded, redaction)),
        Err(error) => {
            let (ended, redaction) = (matches!(error, json::DecodeError::Ended), redaction());
            // The path contains property names from the server.
            let cause = match error {
                json::DecodeError::Data(_) => redaction.path(&error.to_string()),
                _ => error.to_string(),
            };
            Err(undecodable(operation, answer, &cause, ended, &redaction))
        }
    }
}

/// The body of a success as a type of the caller's.
pub(crate) fn decoded<T: DeserializeOwned>(
    operation: &Operation,
    expected: ResponseBody,
    answer: Answer,
    redaction: &dyn Fn() -> Redaction,
) -> Result<Response<T>> {
    match json::decode_foreign(text(expected, &answer).unwrap_or(b"null")) {
        Ok(decoded) => Ok(answer.read(decoded, redaction)),
        // The cause itself would quote the value.
        Err(error) => Err(undecodable(operation, answer, category(&error), error.is_eof(), &redaction())),
    }
}

/// What is read of a body; nothing where one is owed and there is none.
fn text(described: ResponseBody, answer: &Answer) -> Option<&[u8]> {
    match described {
        ResponseBody::None => Some(b"null"),
        ResponseBody::Optional if answer.is_empty() => Some(b"{}"),
        ResponseBody::Required if answer.is_empty() => None,
        _ => Some(&answer.body),
    }
}

/// The error that a response with mismatches is, where the caller wants none.
pub(crate) fn deviating<T>(response: &Response<T>) -> Error {
    let places = response.mismatches();
    let first = places.first().map(ToString::to_string).unwrap_or_default();
    let detail = format!(
        "the server accepted the call, but its response does not match the description at {} path(s): {first}",
        places.len()
    );
    Error::new(ErrorKind::Mismatch, detail)
        .sent(true)
        .answered(response.status(), response.headers().clone())
        .after(response.attempts())
        .deviating(places.to_vec())
}

fn undecodable(operation: &Operation, answer: Answer, cause: &str, ended: bool, redaction: &Redaction) -> Error {
    let beginning = redaction.snippet(&answer.body).filter(|_| !operation.sensitive);
    let detail = format!(
        "the server accepted the call, but its response cannot be decoded: {cause}; `send_raw` returns the body unchanged"
    );
    let failed = Error::new(ErrorKind::Decode, detail).sent(true).after(answer.attempts).with_snippet(beginning);
    let failed = with_response(failed, answer.status, answer.headers, redaction);
    // A connection without a length, or a gateway, has cut the body off.
    if ended { failed.cut_off() } else { failed }
}

fn empty_handed(answer: Answer, redaction: &dyn Fn() -> Redaction) -> Error {
    let detail = "the server accepted the call, but its response has no body; \
                  do not make the call again under another idempotency key";
    let failed = Error::new(ErrorKind::EmptyBody, detail).sent(true).after(answer.attempts);
    with_response(failed, answer.status, answer.headers, &redaction())
}

/// What is wrong, without a word of the body.
fn category(error: &serde_json::Error) -> &'static str {
    match error.classify() {
        serde_json::error::Category::Data => "a value has the wrong type, or a field is missing",
        serde_json::error::Category::Eof => "it is truncated",
        _ => "it is not valid JSON",
    }
}

/// The headers with their values marked, so that `Debug` does not print what a server may have repeated.
fn unprintable(mut headers: HeaderMap) -> HeaderMap {
    headers.values_mut().for_each(|value| value.set_sensitive(true));
    headers
}
