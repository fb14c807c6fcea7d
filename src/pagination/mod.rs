//! Lists that are split into pages.
//!
//! [`Pages`] combines the calls of a list into a stream of pages, and [`Items`] flattens the pages. The shape of a
//! response, with the paths of the items and of the next cursor, is generated from the description as an implementation
//! of [`Paged`].

mod fetch;
mod page;
mod paged;
mod prefetch;

use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use futures_util::stream::{BoxStream, Fuse, FusedStream, Stream, StreamExt};

#[cfg(fuzzing)]
pub(crate) use self::fetch::Cursors;
pub use self::page::Page;
use self::page::Rows;
#[cfg(fuzzing)]
pub(crate) use self::paged::non_empty;
pub use self::paged::{Next, Paged};
use crate::Result;

/// `pages()` and `items()` for code that is generic over lists. The calls of lists also have both as inherent methods.
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
        Pages { stream: fetch::pages(self).boxed().fuse() }
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
        Items { pages: self.pages(), rows: Rows::default() }
    }
}

impl<P: Paged> Paginate for P {}

/// The pages of a list, as a [`Stream`].
///
/// The stream is lazy: it fetches a page when it is polled, unless you fetch pages ahead with
/// [`prefetch`](Self::prefetch). It starts at the call's `cursor`, if one is set, and keeps every other argument. It
/// ends after the last page, or after an error. Each request has the client's retries.
///
/// Adapters come from the crate `futures`. For example, `StreamExt::take` fetches no page that it does not return:
///
/// ```no_run
/// use futures::{StreamExt as _, TryStreamExt as _};
///
/// # async fn example(client: &trycourier::Client) -> trycourier::Result<()> {
/// let newest: Vec<_> = client.messages().list().pages().take(2).try_collect().await?;
/// # Ok(())
/// # }
/// ```
///
/// # Resuming
///
/// Each page has the cursor of the next one. Save it when you have processed the page, and set it on the call to resume
/// from there after a crash. If the process dies before it saves the cursor, a page is processed twice, but no page is
/// skipped.
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
/// The errors of the operation, [`Decode`](crate::ErrorKind::Decode) if a response is not a list,
/// [`CursorLoop`](crate::ErrorKind::CursorLoop) if a cursor leads back to an earlier page, and
/// [`MissingCursor`](crate::ErrorKind::MissingCursor) if the response indicates more pages but has no cursor.
#[must_use = "a stream does nothing until it is polled"]
pub struct Pages<P: Paged> {
    stream: Fuse<BoxStream<'static, Result<Page<P::Item>>>>,
}

impl<P: Paged> Pages<P> {
    /// Fetches up to `pages` pages ahead while you work on one, and holds them in memory. The default is 0. One is
    /// usually enough; more help if the time that you need for a page varies.
    ///
    /// A tokio task fetches them, from the first poll until the list ends or the stream is dropped. Without a tokio
    /// runtime, nothing is fetched ahead.
    ///
    /// ```no_run
    /// # fn example(client: &trycourier::Client) {
    /// let pages = client.messages().list().pages().prefetch(1);
    /// # }
    /// ```
    pub fn prefetch(self, pages: usize) -> Self {
        Self { stream: prefetch::prefetch(self.stream, pages).fuse() }
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
        self.stream.poll_next_unpin(context)
    }
}

impl<P: Paged> FusedStream for Pages<P> {
    fn is_terminated(&self) -> bool {
        self.stream.is_terminated()
    }
}

/// The items of all pages of a list, as a [`Stream`]; one page is in memory at a time. See [`Pages`].
///
/// An item that cannot be decoded at all is an error at its position, and the stream continues after it. Any other
/// error ends the stream.
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
///
/// To stop after ten items, use `StreamExt::take` of the crate `futures`. Later pages are then not fetched. For lists
/// that support it, the call has a setter for the size of a page.
///
/// ```no_run
/// use futures::{StreamExt as _, TryStreamExt as _};
///
/// # async fn example(client: &trycourier::Client) -> trycourier::Result<()> {
/// let newest: Vec<_> = client.messages().list().items().take(10).try_collect().await?;
/// # Ok(())
/// # }
/// ```
#[must_use = "a stream does nothing until it is polled"]
pub struct Items<P: Paged> {
    pages: Pages<P>,
    /// The rest of the current page.
    rows: Rows<P::Item>,
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
        self.pages = self.pages.prefetch(pages);
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
        loop {
            if let Some(row) = self.rows.next() {
                return Poll::Ready(Some(row));
            }
            match ready!(self.pages.poll_next_unpin(context)).transpose()? {
                Some(page) => self.rows = page.into_rows(),
                None => return Poll::Ready(None),
            }
        }
    }
}

impl<P: Paged> FusedStream for Items<P> {
    fn is_terminated(&self) -> bool {
        self.rows.is_empty() && self.pages.is_terminated()
    }
}

/// Adds `items()` and `pages()` to a call, so that callers do not have to import a trait.
macro_rules! paged_methods {
    ($call:ident) => {
        impl $call {
            /// The items of all pages, as a [`Stream`](futures_util::stream::Stream) that fetches pages as it is
            /// polled.
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
pub(crate) use paged_methods as paged;
