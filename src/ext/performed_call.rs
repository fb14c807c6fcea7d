//! Performs prepared calls of any operation.

use std::fmt;
use std::ops::Deref;

use bytes::Bytes;

use crate::call::prepared::{MAX_OPERATION, PreparedCall};
use crate::calls::{Call, OPERATIONS};
use crate::client::Client;
use crate::error::text::on_one_line;
use crate::execute::{check_described, decode_checked};
use crate::{Error, ErrorKind, Response, Result};

impl Client {
    /// Sends a prepared call of any operation. Any client can have prepared it; see [`PreparedCall`].
    ///
    /// # Errors
    ///
    /// The same as those of [`perform`](Self::perform), and [`ErrorKind::UnknownOperation`] if a newer version of the
    /// crate has prepared the call, or if the feature of its resource is not enabled.
    pub fn perform_call(&self, call: &PreparedCall) -> impl Future<Output = Result<PerformedCall>> + Send + 'static {
        let (client, call) = (self.clone(), call.clone());
        async move {
            let Some(operation) = OPERATIONS.iter().find(|operation| operation.id == call.operation()) else {
                let detail = format!(
                    "this version of the crate does not know the operation {:?} of the prepared call: use the version \
                     that prepared it, or enable the feature of its resource",
                    on_one_line(call.operation(), MAX_OPERATION)
                );
                return Err(Error::new(ErrorKind::UnknownOperation, detail));
            };
            let (client, request) = call.clone().into_request(client, operation);
            let response = client.clone().call_with(operation, request, check_described).await?;
            Ok(PerformedCall { client, call, response })
        }
    }
}

/// The response to a [`PreparedCall`].
///
/// It dereferences to a [`Response`] with the body as bytes, unchanged. [`decode`](Self::decode) decodes the body.
pub struct PerformedCall {
    client: Client,
    call: PreparedCall,
    response: Response<Bytes>,
}

impl PerformedCall {
    /// Returns the name of the operation, such as `send.message`.
    pub fn operation(&self) -> &str {
        self.call.operation()
    }

    /// Decodes the body as the response of `C`, such as [`calls::SendMessage`](crate::calls::SendMessage).
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Decode`] if the call is of another operation, and the errors of a response that cannot be decoded. The
    /// server has acted in either case.
    pub fn decode<C: Call>(self) -> Result<Response<C::Response>> {
        let Self { client, call, response } = self;
        if call.operation() != C::OPERATION.id {
            let detail = format!("this is the response to {}, not to {}", call.operation(), C::OPERATION.id);
            return Err(
                Error::new(ErrorKind::Decode, detail).with_response(response.status(), response.headers().clone())
            );
        }
        decode_checked(&client, &*call.request(C::OPERATION)?, response)
    }

    /// Returns the response with the body as bytes.
    pub fn into_response(self) -> Response<Bytes> {
        self.response
    }
}

impl Deref for PerformedCall {
    type Target = Response<Bytes>;

    fn deref(&self) -> &Response<Bytes> {
        &self.response
    }
}

/// Omits the body, which can be confidential.
impl fmt::Debug for PerformedCall {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PerformedCall")
            .field("operation", &self.operation())
            .field("status", &self.status())
            .field("attempts", &self.attempts())
            .finish_non_exhaustive()
    }
}
