//! The way of a call: it is prepared, tried, read and reported, each in a file of its own.

mod decode;
mod errors;
#[cfg(feature = "gzip")]
mod gzip;
mod report;
mod request;
mod retry_loop;

use bytes::Bytes;

pub(crate) use self::decode::{Answer, decoded, described};
use self::report::Report;
use self::request::Prepared;
pub(crate) use self::request::push_parameter;
use crate::client::Client;
use crate::json::Decode;
use crate::operation::{Operation, Outgoing};
use crate::secrets::redact::Redaction;
use crate::{Error, ErrorKind, Response, Result};

impl Client {
    /// Makes a call, and gives the body of its response as its type.
    // Not an `async fn`, and neither is the next, whose futures would hold the request twice.
    pub(crate) fn call<T: Decode + Send>(
        &self,
        operation: &'static Operation,
        outgoing: Result<Outgoing>,
    ) -> impl Future<Output = Result<Response<T>>> + Send {
        self.exchange(operation, outgoing, move |answer, redaction| described(self, operation, answer, redaction))
    }

    /// Makes a call, and gives the body of its response as it came.
    pub(crate) fn call_raw(
        &self,
        operation: &'static Operation,
        outgoing: Result<Outgoing>,
    ) -> impl Future<Output = Result<Response<Bytes>>> + Send {
        self.exchange(operation, outgoing, |answer, _| Ok(answer.raw()))
    }

    /// Makes a call whose response is read in a way of its own.
    pub(crate) async fn exchange<T: Send>(
        &self,
        operation: &'static Operation,
        outgoing: Result<Outgoing>,
        mut read: impl FnMut(Answer, &dyn Fn() -> Redaction) -> Result<Response<T>> + Send,
    ) -> Result<Response<T>> {
        let prepared = outgoing
            .and_then(|outgoing| Prepared::new(self, operation, outgoing))
            .map_err(|error| error.of_operation(operation.id))?;
        let report = Report::begin(self, operation);
        let mut response = None;
        // The attempts are the same code for all types: they see of the response whether it could be read.
        let mut keep = |answer| {
            let read = read(answer, &|| prepared.redaction(self))?;
            if self.options().strict_decoding && !read.mismatches().is_empty() {
                return Err(decode::deviating(&read));
            }
            response = Some(read);
            Ok(())
        };
        let outcome = report.during(self.attempts(&prepared, &report, &mut keep)).await;
        let outcome =
            outcome.and_then(|()| response.ok_or_else(|| Error::new(ErrorKind::Decode, "no response was read")));
        let outcome = outcome.map_err(|error| error.of_operation(operation.id).under(prepared.key()));
        report.end(&outcome);
        outcome
    }
}
