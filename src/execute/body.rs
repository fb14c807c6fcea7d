//! The body of a response, read within a limit.

use std::mem;

use bytes::{Bytes, BytesMut};
use http::Response;
use http::header::CONTENT_LENGTH;

use crate::transport::{Body, TransportError};

/// The most memory that is reserved because of a `Content-Length`. A page of any list needs less.
const MAX_RESERVED_BYTES: usize = 1024 * 1024;

/// The most that is read of the body of an error.
const MAX_ERROR_BYTES: usize = 64 * 1024;

/// The reason why a body cannot be used.
pub(super) enum BodyError {
    TooLarge,
    Broken(TransportError),
}

impl From<TransportError> for BodyError {
    fn from(error: TransportError) -> Self {
        Self::Broken(error)
    }
}

/// Reads a body to its end, and decompresses it.
pub(super) async fn read(response: &mut Response<Body>, limit: usize, must_be_json: bool) -> Result<Bytes, BodyError> {
    let received = receive(response, limit).await?;
    #[cfg(feature = "gzip")]
    let received = if super::gzip::is_compressed(response.headers()) {
        let (decompressed, outcome) = super::gzip::decompress(response.headers_mut(), &received, limit);
        outcome.map_err(TransportError::broken)?;
        if decompressed.len() > limit {
            return Err(BodyError::TooLarge);
        }
        decompressed
    } else {
        received
    };
    if must_be_json && serde_json::from_slice::<serde::de::IgnoredAny>(&received).is_err() {
        let cause = "the response may be truncated: it has no length and no clean close";
        return Err(TransportError::broken(cause).into());
    }
    Ok(received)
}

/// Receives a body to its end, compressed or not.
async fn receive(response: &mut Response<Body>, limit: usize) -> Result<Bytes, BodyError> {
    let announced = response.headers().get(CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse::<usize>().ok());
    if announced.is_some_and(|length| length > limit) {
        return Err(BodyError::TooLarge);
    }
    // Most responses are one chunk, which is not copied.
    let mut first = Bytes::new();
    let mut received = BytesMut::new();
    while let Some(chunk) = response.body_mut().chunk().await? {
        if first.len() + received.len() + chunk.len() > limit {
            return Err(BodyError::TooLarge);
        }
        if first.is_empty() && received.is_empty() {
            if announced == Some(chunk.len()) {
                return Ok(chunk);
            }
            first = chunk;
            continue;
        }
        if received.is_empty() {
            received.reserve(announced.unwrap_or_default().min(MAX_RESERVED_BYTES));
            received.extend_from_slice(&mem::take(&mut first));
        }
        received.extend_from_slice(&chunk);
    }
    let received = if received.is_empty() { first } else { received.freeze() };
    // Over HTTP/2, a stream that is reset with NO_ERROR ends like a complete stream.
    if announced.is_some_and(|length| received.len() < length) {
        return Err(TransportError::broken("the response is shorter than its `content-length`").into());
    }
    Ok(received)
}

/// Reads the beginning of an error's body, as far as it arrives.
pub(super) async fn read_beginning(response: &mut Response<Body>, limit: usize) -> Bytes {
    let mut received = BytesMut::new();
    while let Ok(Some(chunk)) = response.body_mut().chunk().await {
        let room = limit.min(MAX_ERROR_BYTES).saturating_sub(received.len());
        received.extend_from_slice(chunk.get(..room).unwrap_or(&chunk));
        if chunk.len() >= room {
            break;
        }
    }
    #[cfg(feature = "gzip")]
    if super::gzip::is_compressed(response.headers()) {
        return super::gzip::decompress(response.headers_mut(), &received, MAX_ERROR_BYTES).0;
    }
    received.freeze()
}
