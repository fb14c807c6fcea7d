//! The response to a successful call.

use std::fmt;
use std::ops::{Deref, DerefMut};

use http::{HeaderMap, StatusCode};

use crate::Mismatch;

/// The response to a successful call, with its status and headers.
///
/// It dereferences to the decoded response, so `response.request_id` reads a field of it. To move fields out, call
/// [`into_inner`](Self::into_inner), which returns the decoded response itself.
///
/// ```no_run
/// # async fn example(client: &trycourier::Client) -> Result<(), trycourier::Error> {
/// let response = client.request(http::Method::GET, "/lists").send::<serde_json::Value>().await?;
/// println!("{} after {} attempt(s): {}", response.status(), response.attempts(), response["items"]);
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Response<T> {
    value: T,
    status: StatusCode,
    headers: HeaderMap,
    attempts: u32,
    mismatches: Vec<Mismatch>,
}

impl<T> Response<T> {
    pub(crate) fn new(
        value: T,
        status: StatusCode,
        headers: HeaderMap,
        attempts: u32,
        mismatches: Vec<Mismatch>,
    ) -> Self {
        Self { value, status, headers, attempts, mismatches }
    }

    /// Returns the HTTP status.
    pub fn status(&self) -> StatusCode {
        self.status
    }

    /// Returns the headers of the response.
    ///
    /// Their values are marked as sensitive, so `Debug` of the map does not print them.
    pub fn headers(&self) -> &HeaderMap {
        &self.headers
    }

    /// Returns the id of the request in the server's logs, to include when you contact Courier's support. It is from
    /// the header `x-request-id`, or from the gateway's `x-amzn-requestid`.
    pub fn server_request_id(&self) -> Option<&str> {
        ["x-request-id", "x-amzn-requestid"].iter().find_map(|name| self.headers.get(*name)?.to_str().ok())
    }

    /// Returns the number of times that the request was sent, including the attempt that produced this response.
    pub fn attempts(&self) -> u32 {
        self.attempts
    }

    /// Returns the mismatches between the response and the API's description. The slice is empty for almost every
    /// response.
    ///
    /// A value that does not match is kept in the `extra` of its object, and its field is empty, or has the text of a
    /// whole number. With [`Options::strict_decoding`](crate::Options::strict_decoding), a mismatch is an error instead.
    pub fn mismatches(&self) -> &[Mismatch] {
        &self.mismatches
    }

    /// Returns the decoded response, without the status and headers.
    pub fn into_inner(self) -> T {
        self.value
    }

    /// Converts the decoded response with a closure, and keeps the status and headers.
    pub fn map<U>(self, change: impl FnOnce(T) -> U) -> Response<U> {
        let Self { value, status, headers, attempts, mismatches } = self;
        Response { value: change(value), status, headers, attempts, mismatches }
    }
}

impl<T> Deref for Response<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.value
    }
}

impl<T> DerefMut for Response<T> {
    fn deref_mut(&mut self) -> &mut T {
        &mut self.value
    }
}

impl<T: fmt::Debug> fmt::Debug for Response<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Response")
            .field("status", &self.status)
            .field("attempts", &self.attempts)
            .field("mismatches", &self.mismatches)
            .field("value", &self.value)
            .finish_non_exhaustive()
    }
}
