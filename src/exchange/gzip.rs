//! Answers that come compressed.

use std::io::Read as _;

use bytes::Bytes;
use flate2::bufread::MultiGzDecoder;
use http::header::{CONTENT_ENCODING, CONTENT_LENGTH};
use http::{HeaderMap, HeaderValue};

pub(super) const ACCEPTED: HeaderValue = HeaderValue::from_static("gzip");

/// Whether the body is compressed. The name may be in any case, and be the older one.
pub(super) fn is_compressed(headers: &HeaderMap) -> bool {
    headers.get(CONTENT_ENCODING).is_some_and(|name| {
        ["gzip", "x-gzip"].iter().any(|gzip| name.as_bytes().trim_ascii().eq_ignore_ascii_case(gzip.as_bytes()))
    })
}

/// Unpacks a body up to a limit, and one byte more if there is more.
///
/// The bytes that came before an error are given with it.
pub(super) fn unpack(headers: &mut HeaderMap, body: &[u8], limit: usize) -> (Bytes, std::io::Result<()>) {
    headers.remove(CONTENT_ENCODING);
    headers.remove(CONTENT_LENGTH);
    let mut unpacked = Vec::new();
    let limit = u64::try_from(limit).unwrap_or(u64::MAX).saturating_add(1);
    let read = MultiGzDecoder::new(body).take(limit).read_to_end(&mut unpacked);
    (unpacked.into(), read.map(drop))
}
