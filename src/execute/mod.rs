//! A call on the wire: its request, its attempts, and its response.

mod attempt;
mod attempts;
mod body;
mod decode;
mod errors;
#[cfg(feature = "gzip")]
mod gzip;
mod request;

use std::pin::pin;

use bytes::Bytes;

use self::attempt::RawResponse;
use self::attempts::Attempts;
use self::decode::check_strictly;
pub(crate) use self::decode::{check_described, decode_checked, decode_described, decode_foreign};
pub(crate) use self::request::{Request, push_parameter};
use crate::client::Client;
use crate::error::RetryHint;
use crate::json::Decode;
use crate::operation::Operation;
use crate::telemetry::ActiveReport;
use crate::{Response, Result};

impl Client {
    /// Sends a call, and decodes its response.
    pub(crate) fn call<T: Decode + Send>(
        self,
        operation: &'static Operation,
        request: Result<Box<Request>>,
    ) -> impl Future<Output = Result<Response<T>>> + Send {
        self.call_with(operation, request, decode_described)
    }

    /// Sends a call, and returns the body of its response unchanged.
    pub(crate) fn call_raw(
        self,
        operation: &'static Operation,
        request: Result<Box<Request>>,
    ) -> impl Future<Output = Result<Response<Bytes>>> + Send {
        self.call_with(operation, request, |_, _, response| Ok(response.into_bytes()))
    }

    /// Sends a call, and decodes its response with a function.
    // Small futures are faster. So this is not an `async fn`, and moves nothing large inside, because a future contains
    // both places of a value that is moved.
    pub(crate) fn call_with<T: Send>(
        self,
        operation: &'static Operation,
        request: Result<Box<Request>>,
        decode: impl Fn(&Client, &Request, RawResponse) -> Result<Response<T>> + Send + Sync,
    ) -> impl Future<Output = Result<Response<T>>> + Send {
        let mut completed = request.and_then(|mut request| request.complete(&self).map(|()| request));
        async move {
            let request = match completed {
                Ok(ref mut request) => request,
                Err(error) => return Err(error.with_operation(operation.id)),
            };
            let shared = self.shared();
            let report = ActiveReport::new(operation, &shared.telemetry, &*shared.clock);
            let outcome = {
                let mut attempts = Attempts::new(&self, request, &report);
                let decode = &decode;
                // Only this part is compiled for every type of a response; the attempts are the same code for all.
                let call = pin!(async move {
                    loop {
                        let response = attempts.next_response().await?;
                        let decoded = decode(attempts.client, attempts.request, response)
                            .and_then(|response| check_strictly(attempts.client, response));
                        match decoded {
                            Err(error) if error.retry_hint() == RetryHint::CutOff => {
                                attempts.prepare_retry(error).await?;
                            }
                            outcome => return attempts.finish(outcome),
                        }
                    }
                });
                report.during(call).await
            };
            let outcome =
                outcome.map_err(|error| error.with_operation(operation.id).with_idempotency_key(request.key.as_ref()));
            report.end(&outcome);
            outcome
        }
    }
}
