//! A success.

use std::fmt;
use std::ops::{Deref, DerefMut};

use http::{HeaderMap, StatusCode};

use crate::Mismatch;

/// The response to a successful call, with its status and headers.
///
/// It dereferences to the response, so `response.request_id` reads a field of the response.
/// [`into_inner`](Self::into_inner) returns the response itself, to move fields out of it.
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

    /// The HTTP status.
    pub fn status(&self) -> StatusCode {
        self.status
    }

    /// The headers of the response.
    ///
    /// Their values are marked as sensitive, so `Debug` of the map does not print them.
    pub fn headers(&self) -> &HeaderMap {
        &self.headers
    }

    /// The id of the request in the server's logs, to quote when you ask Courier's support: the header `x-request-id`, or
    /// `x-amzn-requestid` of the gateway.
    pub fn server_request_id(&self) -> Option<&str> {
        ["x-request-id", "x-amzn-requestid"].iter().find_map(|name| self.headers.get(*name)?.to_str().ok())
    }

    /// How often the request was sent, this response's attempt included.
    pub fn attempts(&self) -> u32 {
        self.attempts
    }

    /// Where the response does not match the API's description. It is empty for almost every response.
    ///
    /// A value that does not fit is kept in `extra` of its object, and its field is empty.
    /// [`Options::strict_decoding`](crate::Options::strict_decoding) makes it an error instead.
    pub fn mismatches(&self) -> &[Mismatch] {
        &self.mismatches
    }

    /// The response, without its status and headers.
    pub fn into_inner(self) -> T {
        self.value
    }

    /// The same response with another value in place of the response.
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
