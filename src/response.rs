//! A success.

use std::fmt;
use std::ops::{Deref, DerefMut};

use http::{HeaderMap, StatusCode};

use crate::Deviation;

/// A success: the answer as its type, with the status and the headers that it came with.
///
/// It dereferences to the answer, so that fields and methods of the answer are at hand.
///
/// ```no_run
/// # async fn example(client: &trycourier::Client) -> Result<(), trycourier::Error> {
/// let answer = client.request(http::Method::GET, "/lists").send::<serde_json::Value>().await?;
/// println!("{} after {} attempt(s): {}", answer.status(), answer.attempts(), answer["items"]);
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Response<T> {
    value: T,
    status: StatusCode,
    headers: HeaderMap,
    attempts: u32,
    deviations: Vec<Deviation>,
}

impl<T> Response<T> {
    pub(crate) fn new(
        value: T,
        status: StatusCode,
        headers: HeaderMap,
        attempts: u32,
        deviations: Vec<Deviation>,
    ) -> Self {
        Self { value, status, headers, attempts, deviations }
    }

    /// The HTTP status.
    pub fn status(&self) -> StatusCode {
        self.status
    }

    /// The headers of the answer.
    ///
    /// Their values are marked as sensitive, so that `Debug` of the map does not print them.
    pub fn headers(&self) -> &HeaderMap {
        &self.headers
    }

    /// The id under which the server logged the request, for questions to Courier's support: the header `x-request-id`, or
    /// `x-amzn-requestid` of the gateway.
    pub fn server_request_id(&self) -> Option<&str> {
        ["x-request-id", "x-amzn-requestid"].iter().find_map(|name| self.headers.get(*name)?.to_str().ok())
    }

    /// How often the request was sent until this answer came.
    pub fn attempts(&self) -> u32 {
        self.attempts
    }

    /// The places where the answer is not as the API's description says. It is empty for almost every answer.
    ///
    /// Such a value is kept in `extra` of the object that it came in, and its field is empty.
    /// [`Options::strict_answers`](crate::Options::strict_answers) makes an error of it.
    pub fn deviations(&self) -> &[Deviation] {
        &self.deviations
    }

    /// The answer alone.
    pub fn into_inner(self) -> T {
        self.value
    }

    /// The same response with another value in place of the answer.
    pub fn map<U>(self, change: impl FnOnce(T) -> U) -> Response<U> {
        let Self { value, status, headers, attempts, deviations } = self;
        Response { value: change(value), status, headers, attempts, deviations }
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
            .field("deviations", &self.deviations)
            .field("value", &self.value)
            .finish_non_exhaustive()
    }
}
