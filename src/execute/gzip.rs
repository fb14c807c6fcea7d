//! Answers that come compressed.

use std::io::Read as _;

use bytes::Bytes;
use flate2::bufread::GzDecoder;
use http::header::{CONTENT_ENCODING, CONTENT_LENGTH};
use http::{HeaderMap, HeaderValue};

pub(super) const ACCEPTED: HeaderValue = HeaderValue::from_static("gzip");

/// What every member begins with.
const MAGIC: &[u8] = &[0x1f, 0x8b];

/// Servers write one. A body of empty ones alone would take long to read, and have nothing in it.
const MAX_MEMBERS: usize = 1000;

/// Whether the body is compressed. The name may be in any case, and be the older one.
pub(super) fn is_compressed(headers: &HeaderMap) -> bool {
    headers.get(CONTENT_ENCODING).is_some_and(|name| {
        ["gzip", "x-gzip"].iter().any(|gzip| name.as_bytes().trim_ascii().eq_ignore_ascii_case(gzip.as_bytes()))
    })
}

/// Unpacks a body up to a limit, and one byte more if there is more.
///
/// The bytes that came before an error are given with it. A body without a byte is empty: servers say of a 204, too, that it
/// is compressed. What follows the last member and is none itself is left out, as gzip does it.
pub(super) fn unpack(headers: &mut HeaderMap, body: &[u8], limit: usize) -> (Bytes, std::io::Result<()>) {
    headers.remove(CONTENT_ENCODING);
    headers.remove(CONTENT_LENGTH);
    let mut unpacked = Vec::new();
    let mut rest = body;
    let mut outcome = Ok(());
    let mut members = 0;
    while !rest.is_empty() {
        members += 1;
        if members > MAX_MEMBERS {
            outcome = Err(std::io::Error::other("the response has too many gzip members"));
            break;
        }
        let room = u64::try_from(limit - unpacked.len()).unwrap_or(u64::MAX).saturating_add(1);
        let mut member = GzDecoder::new(rest);
        outcome = member.by_ref().take(room).read_to_end(&mut unpacked).map(drop);
        rest = member.into_inner();
        if outcome.is_err() || unpacked.len() > limit || !rest.starts_with(MAGIC) {
            break;
        }
    }
    (unpacked.into(), outcome)
}
