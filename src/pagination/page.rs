//! One page of a list.

use std::vec;

use http::{HeaderMap, StatusCode};

use super::paged::Paged;
use crate::json::Structure;
use crate::mismatch::Mismatch;
use crate::{Error, ErrorKind, Response, Result};

/// A page of a list, with the status, the headers and the mismatches of its response.
///
/// ```no_run
/// use futures::TryStreamExt as _;
///
/// # async fn example(client: &trycourier::Client) -> trycourier::Result<()> {
/// let mut pages = client.lists().list().pages();
/// while let Some(page) = pages.try_next().await? {
///     println!("{}: {} lists, then from {:?}", page.status(), page.items.len(), page.next_cursor);
///     page.mismatches().iter().for_each(|mismatch| eprintln!("{mismatch}"));
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
#[non_exhaustive]
pub struct Page<T> {
    /// The items of the page. A page that is not the last can also be empty.
    pub items: Vec<T>,
    /// An error for each item that cannot be decoded at all. An item with a mismatch inside is among the items.
    pub errors: Vec<Error>,
    /// The cursor of the next page; `None` on the last page. To resume the list from there, set it as the call's
    /// `cursor`.
    pub next_cursor: Option<String>,
    /// The index in the response of each of `errors`, in ascending order.
    error_indices: Vec<usize>,
    response: Response<()>,
}

impl<T> Page<T> {
    pub(super) fn from_response<P: Paged<Item = T>>(
        mut response: Response<P::Response>,
        next_cursor: Option<String>,
    ) -> Result<Self> {
        // An array with an element that cannot be decoded is also in `extra`.
        if !response.is_received(P::ITEMS) && !response.extra()[P::ITEMS].is_array() {
            let detail = "the response is not a list; it is not from Courier, or a list of another format";
            let error = Error::new(ErrorKind::Decode, detail).with_operation(P::OPERATION.id);
            let error = error.with_response(response.status(), response.headers().clone());
            return Err(error.with_attempts(response.attempts()));
        }
        let error_indices = response.extra().lost_elements(P::ITEMS).to_vec();
        let error = |index: &usize| {
            let detail = format!("item {index} cannot be decoded; other items are unaffected");
            Error::new(ErrorKind::Decode, detail).with_operation(P::OPERATION.id)
        };
        let errors = error_indices.iter().map(error).collect();
        let items = P::take_items(&mut response);
        Ok(Self { items, errors, next_cursor, error_indices, response: response.map(drop) })
    }

    /// The HTTP status of the response.
    pub fn status(&self) -> StatusCode {
        self.response.status()
    }

    /// The headers of the response, see [`Response::headers`].
    pub fn headers(&self) -> &HeaderMap {
        self.response.headers()
    }

    /// The id of the request in the server's logs, see [`Response::server_request_id`].
    pub fn server_request_id(&self) -> Option<&str> {
        self.response.server_request_id()
    }

    /// The number of times that the request for this page was sent, including the successful attempt.
    pub fn attempts(&self) -> u32 {
        self.response.attempts()
    }

    /// The differences between the response and the API's description, see [`Response::mismatches`].
    pub fn mismatches(&self) -> &[Mismatch] {
        self.response.mismatches()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.items.is_empty() && self.errors.is_empty()
    }

    /// Returns the items and the errors in the order of the response.
    pub(super) fn into_rows(self) -> Rows<T> {
        let errors: Vec<_> = self.error_indices.into_iter().zip(self.errors).collect();
        Rows { items: self.items.into_iter(), errors: errors.into_iter(), index: 0 }
    }
}

/// The items and the errors of a page, in the order of the response.
pub(super) struct Rows<T> {
    items: vec::IntoIter<T>,
    errors: vec::IntoIter<(usize, Error)>,
    /// The index in the response of the next row.
    index: usize,
}

impl<T> Rows<T> {
    pub(super) fn is_empty(&self) -> bool {
        self.items.as_slice().is_empty() && self.errors.as_slice().is_empty()
    }
}

impl<T> Default for Rows<T> {
    fn default() -> Self {
        Self { items: Vec::new().into_iter(), errors: Vec::new().into_iter(), index: 0 }
    }
}

impl<T> Iterator for Rows<T> {
    type Item = Result<T>;

    fn next(&mut self) -> Option<Result<T>> {
        let is_error = self.errors.as_slice().first().is_some_and(|(index, _)| *index == self.index);
        self.index += 1;
        if is_error { self.errors.next().map(|(_, error)| Err(error)) } else { self.items.next().map(Ok) }
    }
}
