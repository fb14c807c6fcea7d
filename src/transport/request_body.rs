//! The body of a request, from which follows if the server can have the request.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::task::{Context, Poll};

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};

const UNREAD: u8 = 0;
const READ: u8 = 1;
const ABANDONED: u8 = 2;

/// A body that a connection reads when it is the request's turn: over HTTP/2, the request waits until the server
/// permits a further stream.
pub(super) struct RequestBody {
    bytes: Bytes,
    progress: Progress,
}

/// The progress of a body, known to its attempt.
#[derive(Clone, Default)]
pub(super) struct Progress(Arc<AtomicU8>);

impl Progress {
    /// Returns `true` if the body was not read. Then it cannot be read any more, even if the request is still in a
    /// queue, so that no server gets the complete request.
    pub(super) fn abandon(&self) -> bool {
        self.change(ABANDONED)
    }

    fn change(&self, to: u8) -> bool {
        self.0.compare_exchange(UNREAD, to, Ordering::AcqRel, Ordering::Acquire).is_ok()
    }
}

impl RequestBody {
    pub(super) fn new(bytes: Bytes) -> (Self, Progress) {
        let progress = Progress::default();
        (Self { bytes, progress: progress.clone() }, progress)
    }
}

impl Body for RequestBody {
    type Data = Bytes;
    type Error = &'static str;

    fn poll_frame(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, &'static str>>> {
        Poll::Ready(if self.bytes.is_empty() {
            None
        } else if self.progress.change(READ) {
            Some(Ok(Frame::data(std::mem::take(&mut self.bytes))))
        } else {
            Some(Err("the request was abandoned"))
        })
    }

    fn is_end_stream(&self) -> bool {
        self.bytes.is_empty()
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.bytes.len() as u64)
    }
}
