//! The body of a response, as it arrives.

use std::fmt;
use std::mem;
use std::pin::Pin;

use bytes::{Bytes, BytesMut};
use futures_util::stream::{Stream, StreamExt as _};

use super::active_request::IncomingResponse;
use super::error::TransportError;

/// The body of a response: bytes in memory, or a stream of chunks.
///
/// ```
/// use futures::stream;
/// use trycourier::transport::{Body, TransportError};
///
/// let whole = Body::from(r#"{"items": []}"#);
/// let chunks = Body::from_stream(stream::iter([Ok::<_, TransportError>("{\"items\"".into()), Ok(": []}".into())]));
/// ```
#[derive(Default)]
pub struct Body(Source);

/// The origin of the bytes.
#[derive(Default)]
enum Source {
    #[default]
    End,
    Whole(Bytes),
    Incoming(Box<IncomingResponse>),
    Stream(Pin<Box<dyn Stream<Item = Result<Bytes, TransportError>> + Send>>),
}

impl Body {
    /// Creates a body without bytes.
    pub fn empty() -> Self {
        Self::default()
    }

    /// Creates a body that arrives in chunks.
    pub fn from_stream(chunks: impl Stream<Item = Result<Bytes, TransportError>> + Send + 'static) -> Self {
        Self(Source::Stream(Box::pin(chunks)))
    }

    /// Returns the next bytes, or `None` at the end.
    ///
    /// # Errors
    ///
    /// A [`TransportError`] if the body breaks off.
    pub async fn chunk(&mut self) -> Result<Option<Bytes>, TransportError> {
        match &mut self.0 {
            Source::End => Ok(None),
            Source::Whole(bytes) => {
                let bytes = mem::take(bytes);
                self.0 = Source::End;
                Ok(Some(bytes).filter(|bytes| !bytes.is_empty()))
            }
            Source::Incoming(response) => {
                let chunk = response.chunk().await;
                if chunk.is_err() {
                    self.0 = Source::End;
                }
                chunk
            }
            Source::Stream(chunks) => chunks.next().await.transpose(),
        }
    }

    /// Reads the body to its end.
    ///
    /// # Errors
    ///
    /// A [`TransportError`] if the body breaks off.
    pub async fn bytes(mut self) -> Result<Bytes, TransportError> {
        let Some(first) = self.chunk().await? else { return Ok(Bytes::new()) };
        let Some(second) = self.chunk().await? else { return Ok(first) };
        let mut all = BytesMut::from(first);
        all.extend_from_slice(&second);
        while let Some(chunk) = self.chunk().await? {
            all.extend_from_slice(&chunk);
        }
        Ok(all.freeze())
    }
}

impl From<Bytes> for Body {
    fn from(bytes: Bytes) -> Self {
        Self(Source::Whole(bytes))
    }
}

impl From<IncomingResponse> for Body {
    fn from(response: IncomingResponse) -> Self {
        Self(Source::Incoming(Box::new(response)))
    }
}

impl From<Vec<u8>> for Body {
    fn from(bytes: Vec<u8>) -> Self {
        Bytes::from(bytes).into()
    }
}

impl From<String> for Body {
    fn from(text: String) -> Self {
        Bytes::from(text).into()
    }
}

impl From<&'static str> for Body {
    fn from(text: &'static str) -> Self {
        Bytes::from_static(text.as_bytes()).into()
    }
}

/// Omits the bytes.
impl fmt::Debug for Body {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Body").finish_non_exhaustive()
    }
}
