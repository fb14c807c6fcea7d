//! The calls that return pages.

use crate::call::Call;
use crate::json::{Decode, Structure};
use crate::{Error, ErrorKind, Result};

/// The calls of lists, for code that is generic over them. Only calls of this crate implement it.
///
/// ```no_run
/// use futures::TryStreamExt as _;
/// use trycourier::ext::{Paged, Paginate as _};
///
/// /// The first item of a list.
/// async fn first<P: Paged>(list: P) -> trycourier::Result<Option<P::Item>> {
///     list.items().try_next().await
/// }
/// # async fn example(client: &trycourier::Client) -> trycourier::Result<()> {
/// # let _ = first(client.lists().list()).await?;
/// # Ok(())
/// # }
/// ```
pub trait Paged: Call<Response: Structure> + Unpin {
    /// The type of the list's items.
    type Item: Decode + Send + Unpin + 'static;

    /// The property of the response that holds the items.
    #[doc(hidden)]
    const ITEMS: &'static str;

    #[doc(hidden)]
    fn cursor_mut(&mut self) -> &mut Option<String>;

    #[doc(hidden)]
    fn next(response: &Self::Response) -> Next;

    #[doc(hidden)]
    fn take_items(response: &mut Self::Response) -> Vec<Self::Item>;
}

/// The part of a response that leads to the next page.
#[doc(hidden)]
pub struct Next {
    /// `true` if there are more pages; `None` if the response has only a cursor, which then decides.
    pub more: Option<bool>,
    pub cursor: Option<String>,
}

impl Next {
    /// Returns the cursor of the next page, or `None` after the last page.
    pub(super) fn into_cursor(self) -> Result<Option<String>> {
        let cursor = non_empty(self.cursor);
        match self.more {
            Some(false) => Ok(None),
            Some(true) if cursor.is_none() => Err(Error::new(
                ErrorKind::MissingCursor,
                "the response says that there are more pages but has no cursor",
            )),
            _ => Ok(cursor),
        }
    }
}

/// Returns the cursor if it can lead to a page: Courier ends some lists with an empty cursor.
pub fn non_empty(cursor: Option<String>) -> Option<String> {
    cursor.filter(|cursor| !cursor.is_empty())
}
