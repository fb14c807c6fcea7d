//! Lists that come in pages.
//!
//! Courier pages by a cursor in four shapes; which operation has which is read from the description.

pub(crate) mod fetch;
mod prefetch;
mod rows;

use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use futures_util::stream::{FusedStream, Stream, StreamExt};
use http::{HeaderMap, StatusCode};

use self::fetch::Walk;
use self::rows::{Flat, Rows, Source};
use crate::call::Call;
use crate::json::{Decode, Structure};
use crate::{Error, ErrorKind, Result};

/// `pages()` and `items()` for code that is generic over lists. Each call of a list has both as methods of its own, too.
///
/// ```no_run
/// use futures::TryStreamExt as _;
/// use trycourier::ext::Paginate;
///
/// async fn count(list: impl Paginate) -> trycourier::Result<usize> {
///     list.items().try_fold(0, |count, _| async move { Ok(count + 1) }).await
/// }
///
/// # async fn example(client: &trycourier::Client) -> trycourier::Result<()> {
/// println!("{} brands, {} lists", count(client.brands().list()).await?, count(client.lists().list()).await?);
/// # Ok(())
/// # }
/// ```
#[doc(alias = "pagination")]
#[doc(alias = "cursor")]
pub trait Paginate: Paged {
    /// A stream of the pages, see [`Pages`].
    ///
    /// ```no_run
    /// use futures::StreamExt as _;
    /// use trycourier::ext::Paginate;
    ///
    /// async fn count_pages(list: impl Paginate) -> usize {
    ///     list.pages().count().await
    /// }
    /// # async fn example(client: &trycourier::Client) {
    /// # count_pages(client.lists().list()).await;
    /// # }
    /// ```
    fn pages(self) -> Pages<Self> {
        Pages::of(self)
    }

    /// A stream of the items of all pages, see [`Items`].
    ///
    /// ```no_run
    /// use futures::TryStreamExt as _;
    /// use trycourier::ext::Paginate;
    ///
    /// async fn all<P: Paginate>(list: P) -> trycourier::Result<Vec<P::Item>> {
    ///     list.items().try_collect().await
    /// }
    /// # async fn example(client: &trycourier::Client) -> trycourier::Result<()> {
    /// # all(client.lists().list()).await?;
    /// # Ok(())
    /// # }
    /// ```
    fn items(self) -> Items<Self> {
        Items { rows: Flat::of(Source::of(Walk::of(self))) }
    }
}

impl<P: Paged> Paginate for P {}

/// A page of a list.
///
/// ```no_run
/// use futures::TryStreamExt as _;
///
/// # async fn example(client: &trycourier::Client) -> trycourier::Result<()> {
/// let mut pages = client.lists().list().pages();
/// while let Some(page) = pages.try_next().await? {
///     println!("{} lists, then from {:?}", page.items.len(), page.next_cursor);
///     page.errors.iter().for_each(|error| eprintln!("{error}"));
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
#[non_exhaustive]
pub struct Page<T> {
    /// The items of the page. A page that is not the last can be empty, too.
    pub items: Vec<T>,
    /// An error for each row that cannot be read as an item at all. A row with an odd value inside is among the items.
    pub errors: Vec<Error>,
    /// The cursor of the next page; `None` on the last page. To resume the list from there, set it as the call's `cursor`.
    pub next_cursor: Option<String>,
    /// The HTTP status of the response.
    pub status: StatusCode,
    /// The headers of the response.
    pub headers: HeaderMap,
}

/// What the calls of lists have in common. Only calls of this crate implement it.
///
/// ```no_run
/// use futures::{StreamExt as _, TryStreamExt as _};
/// use trycourier::ext::{Paged, Paginate as _};
///
/// /// The first item of a list.
/// async fn first<P: Paged>(list: P) -> trycourier::Result<Option<P::Item>> {
///     list.items().limit(1).try_next().await
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
    fn next(answer: &Self::Response) -> Next;

    #[doc(hidden)]
    fn take_items(answer: &mut Self::Response) -> Vec<Self::Item>;
}

/// Where a response says that the list goes on.
#[doc(hidden)]
pub struct Next {
    /// Whether there is more, where the response says so beside its cursor.
    pub more: Option<bool>,
    pub cursor: Option<String>,
}

impl Next {
    /// The cursor of the next page; none after the last.
    pub(super) fn cursor(self) -> Result<Option<String>> {
        let cursor = leading(self.cursor);
        match self.more {
            Some(false) => Ok(None),
            Some(true) if cursor.is_none() => Err(Error::new(
                ErrorKind::MissingCursor,
                "the server says that the list goes on and gives no cursor to go on with; the rest of it cannot be read",
            )),
            _ => Ok(cursor),
        }
    }
}

/// A cursor that leads somewhere.
pub fn leading(cursor: Option<String>) -> Option<String> {
    cursor.filter(|cursor| !cursor.is_empty())
}

/// The pages of a list, as a [`Stream`].
///
/// The stream is lazy: it fetches a page when it is polled for it, unless you fetch pages [`ahead`](Self::ahead). It starts at the
/// call's `cursor`, if one is set, and keeps every other argument. It ends after the last page, or after an error. Each request
/// has the client's retries.
///
/// # Resuming
///
/// Each page has the cursor of the next one. Save it when you have processed the page, and set it on the call to resume from
/// there after a crash. If the process dies before the cursor is saved, a page is processed twice, but none is left out.
///
/// ```no_run
/// use futures::TryStreamExt as _;
///
/// # fn process(_: Vec<trycourier::types::MessageDetails>) {}
/// # async fn example(client: &trycourier::Client) -> Result<(), Box<dyn std::error::Error>> {
/// let mut list = client.messages().list();
/// if let Ok(saved) = std::fs::read_to_string("cursor.txt") {
///     list = list.cursor(saved);
/// }
/// let mut pages = list.pages();
/// while let Some(page) = pages.try_next().await? {
///     process(page.items);
///     if let Some(cursor) = page.next_cursor {
///         std::fs::write("cursor.txt", cursor)?;
///     }
/// }
/// # Ok(())
/// # }
/// ```
///
/// # Errors
///
/// Those of the operation, [`ErrorKind::CursorLoop`] if a cursor leads back to an earlier page, and
/// [`ErrorKind::MissingCursor`] if the server says that there is another page, but sends no cursor for it.
#[must_use = "a stream does nothing until it is polled"]
pub struct Pages<P: Paged> {
    source: Source<P::Item>,
}

impl<P: Paged> Pages<P> {
    fn of(call: P) -> Self {
        Self { source: Source::of(Walk::of(call)) }
    }

    /// Fetches up to `pages` pages ahead while you work on one, and holds them in memory. The default is 0. One is usually
    /// enough; more help if the time that you need for a page varies.
    ///
    /// A tokio task fetches them, from the first poll until the list ends or the stream is dropped. Without a tokio runtime,
    /// nothing is fetched ahead.
    ///
    /// ```no_run
    /// # fn example(client: &trycourier::Client) {
    /// let pages = client.messages().list().pages().prefetch(1);
    /// # }
    /// ```
    pub fn prefetch(mut self, pages: usize) -> Self {
        self.source = self.source.prefetch(pages);
        self
    }

    /// Ends the stream after `pages` pages, without a request for further ones.
    ///
    /// ```no_run
    /// # fn example(client: &trycourier::Client) {
    /// let newest = client.messages().list().pages().limit(2);
    /// # }
    /// ```
    pub fn limit(mut self, pages: usize) -> Self {
        self.source = self.source.at_most_pages(pages);
        self
    }
}

impl<P: Paged> fmt::Debug for Pages<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Pages({})", P::OPERATION.id)
    }
}

impl<P: Paged> Stream for Pages<P> {
    type Item = Result<Page<P::Item>>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let rows = ready!(self.source.poll_next_unpin(context));
        Poll::Ready(rows.map(|rows| {
            let Rows { rows, next_cursor, status, headers } = rows?;
            let (mut items, mut errors) = (Vec::with_capacity(rows.len()), Vec::new());
            for row in rows {
                match row {
                    Ok(item) => items.push(item),
                    Err(error) => errors.push(error),
                }
            }
            Ok(Page { items, errors, next_cursor, status, headers })
        }))
    }
}

impl<P: Paged> FusedStream for Pages<P> {
    fn is_terminated(&self) -> bool {
        self.source.has_ended()
    }
}

/// The items of all pages of a list, as a [`Stream`]; one page is in memory at a time. See [`Pages`].
///
/// A row that cannot be read as an item at all is an error in its place, and the stream goes on after it. Any other error ends
/// the stream.
///
/// ```no_run
/// use futures::TryStreamExt as _;
///
/// # async fn example(client: &trycourier::Client) -> trycourier::Result<()> {
/// let mut users = client.bulk().list_users("job_id").items();
/// while let Some(user) = users.try_next().await? {
///     println!("{:?} {}", user.recipient, user.status);
/// }
/// # Ok(())
/// # }
/// ```
#[must_use = "a stream does nothing until it is polled"]
pub struct Items<P: Paged> {
    rows: Flat<P::Item>,
}

impl<P: Paged> Items<P> {
    /// Fetches up to `pages` pages ahead, like [`Pages::prefetch`].
    ///
    /// ```no_run
    /// # fn example(client: &trycourier::Client) {
    /// let users = client.bulk().list_users("job_id").items().prefetch(1);
    /// # }
    /// ```
    pub fn prefetch(mut self, pages: usize) -> Self {
        self.rows = self.rows.prefetch(pages);
        self
    }

    /// Ends the stream after `rows` items, without a request for pages that they do not need. The size of a page is another
    /// matter: where Courier lets you choose it, it is a setter of the call.
    ///
    /// ```no_run
    /// # fn example(client: &trycourier::Client) {
    /// let newest = client.messages().list().items().limit(10);
    /// # }
    /// ```
    pub fn limit(mut self, rows: usize) -> Self {
        self.rows = self.rows.limit(rows);
        self
    }
}

impl<P: Paged> fmt::Debug for Items<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Items({})", P::OPERATION.id)
    }
}

impl<P: Paged> Stream for Items<P> {
    type Item = Result<P::Item>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.rows.poll_next_unpin(context)
    }
}

impl<P: Paged> FusedStream for Items<P> {
    fn is_terminated(&self) -> bool {
        self.rows.has_ended()
    }
}

/// `items()` and `pages()` of a call, so that no trait has to be imported.
macro_rules! paged {
    ($call:ident) => {
        impl $call {
            /// The items of all pages, as a [`Stream`](futures_util::stream::Stream) that fetches pages as it is polled.
            ///
            /// ```no_run
            /// use futures::TryStreamExt as _;
            ///
            #[doc = concat!("# async fn example(call: trycourier::calls::", stringify!($call), ") -> trycourier::Result<()> {")]
            /// let mut items = call.items();
            /// while let Some(item) = items.try_next().await? {
            ///     println!("{item:?}");
            /// }
            /// # Ok(())
            /// # }
            /// ```
            #[inline]
            pub fn items(self) -> crate::ext::Items<Self> {
                crate::ext::Paginate::items(self)
            }

            /// The pages, as a [`Stream`](futures_util::stream::Stream).
            ///
            /// ```no_run
            /// use futures::TryStreamExt as _;
            ///
            #[doc = concat!("# async fn example(call: trycourier::calls::", stringify!($call), ") -> trycourier::Result<()> {")]
            /// let mut pages = call.pages();
            /// while let Some(page) = pages.try_next().await? {
            ///     println!("{} items", page.items.len());
            /// }
            /// # Ok(())
            /// # }
            /// ```
            #[inline]
            pub fn pages(self) -> crate::ext::Pages<Self> {
                crate::ext::Paginate::pages(self)
            }
        }
    };
}
pub(crate) use paged;
