//! Compressed responses.
//!
//! The `gzip` feature of reqwest does not replace this: it reads only the first member of a body, and the responses of
//! a custom transport would stay compressed.

use std::io::Read as _;

use bytes::Bytes;
use flate2::bufread::GzDecoder;
use http::header::{CONTENT_ENCODING, CONTENT_LENGTH};
use http::{HeaderMap, HeaderValue};

pub(super) const ACCEPTED: HeaderValue = HeaderValue::from_static("gzip");

/// The beginning of every member.
const MAGIC: &[u8] = &[0x1f, 0x8b];

/// Servers write one member. A body of empty members would take long to read, and contain nothing.
const MAX_MEMBERS: usize = 1000;

/// Returns `true` if the body is compressed. The name can be in any case, or the older `x-gzip`.
pub(super) fn is_compressed(headers: &HeaderMap) -> bool {
    headers.get(CONTENT_ENCODING).is_some_and(|name| {
        ["gzip", "x-gzip"].iter().any(|gzip| name.as_bytes().trim_ascii().eq_ignore_ascii_case(gzip.as_bytes()))
    })
}

/// Decompresses a body up to a limit, and one byte more if it is longer.
///
/// The bytes before an error are returned with it. An empty body stays empty, because servers also declare a 204 as
/// compressed. Bytes after the last member are ignored, as gzip does.
pub(super) fn decompress(headers: &mut HeaderMap, body: &[u8], limit: usize) -> (Bytes, std::io::Result<()>) {
    headers.remove(CONTENT_ENCODING);
    headers.remove(CONTENT_LENGTH);
    let mut decompressed = Vec::new();
    let mut rest = body;
    let mut outcome = Ok(());
    let mut members = 0;
    while !rest.is_empty() {
        members += 1;
        if members > MAX_MEMBERS {
            outcome = Err(std::io::Error::other("the response has too many gzip members"));
            break;
        }
        let room = u64::try_from(limit - decompressed.len()).unwrap_or(u64::MAX).saturating_add(1);
        let mut member = GzDecoder::new(rest);
        outcome = member.by_ref().take(room).read_to_end(&mut decompressed).map(drop);
        rest = member.into_inner();
        if outcome.is_err() || decompressed.len() > limit || !rest.starts_with(MAGIC) {
            break;
        }
    }
    (decompressed.into(), outcome)
}
