//! Lists that come in pages.
//!
//! Courier pages by a cursor in five shapes; which operation has which is read from the description, by `build/paged.rs`.

use std::future::Future;
use std::mem;

use futures_util::stream::{self, Stream, TryStreamExt};
use reqwest::StatusCode;
use reqwest::header::HeaderMap;

use crate::{Error, ErrorKind, ResponseValue, Result, builder, types};

/// The pages of a list, and their items, one after the other: for the builder of every operation that takes a `cursor`.
///
/// Both streams are lazy: nothing is sent before the first is asked for, and a page is fetched when the one before it is
/// used up, so that one page is in memory. They start at the builder's `cursor` if one is set, keep every other parameter,
/// and are `Send` and `Unpin`. They end where the API says so, and after an error; each request has the client's retries.
///
/// ```no_run
/// use futures::TryStreamExt as _;
/// use trycourier::{Client, ext::Paginate as _};
///
/// # async fn example(client: &Client) -> Result<(), trycourier::Error> {
/// let mut users = client.bulk_list_users().job_id("job").items();
/// while let Some(user) = users.try_next().await? {
///     println!("{:?} {}", user.recipient, user.status);
/// }
/// # Ok(())
/// # }
/// ```
pub trait Paginate: Paged {
    /// The pages, each with its items, the cursor to go on from, and the status and headers of its answer.
    ///
    /// # Errors
    ///
    /// Those of the operation, and [`ErrorKind::EndlessList`] when a cursor comes back that led to an earlier page.
    fn pages(self) -> impl Stream<Item = Result<Page<Self::Item>>> + Send + Unpin {
        let walk = Walk { cursors: Cursors::from(self.start()), next: Some(Ok(self)) };
        Box::pin(stream::try_unfold(walk, Walk::step))
    }

    /// The items of all pages.
    ///
    /// # Errors
    ///
    /// Those of [`pages`](Self::pages).
    fn items(self) -> impl Stream<Item = Result<Self::Item>> + Send + Unpin {
        self.pages().map_ok(|page| stream::iter(page.items.into_iter().map(Ok))).try_flatten()
    }
}

impl<P: Paged> Paginate for P {}

/// A page of a list.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Page<T> {
    /// What it lists; a page that is not the last can be empty.
    pub items: Vec<T>,
    /// Where the next page starts; none on the last. The list can be taken up again from here, by the builder's `cursor`.
    pub next_cursor: Option<String>,
    /// The HTTP status of the answer.
    pub status: StatusCode,
    /// The headers of the answer.
    pub headers: HeaderMap,
}

/// What the builders of the paged operations have in common. It is not for others to implement.
pub trait Paged: Clone + Send + sealed::Sealed {
    /// What the list is of.
    type Item: Send;

    #[doc(hidden)]
    fn start(&self) -> Option<String>;

    #[doc(hidden)]
    fn starting_at(self, cursor: String) -> Self;

    #[doc(hidden)]
    fn page(self) -> impl Future<Output = Result<Page<Self::Item>>> + Send;

    #[doc(hidden)]
    const OPERATION: &'static str;
}

mod sealed {
    pub trait Sealed {}
}

/// The way through the pages so far.
struct Walk<P> {
    /// The call of the next page, or why there is none to be made; nothing after the last.
    next: Option<Result<P>>,
    cursors: Cursors,
}

impl<P: Paged> Walk<P> {
    async fn step(mut self) -> Result<Option<(Page<P::Item>, Self)>> {
        let Some(call) = self.next.take().transpose()? else { return Ok(None) };
        let page = call.clone().page().await?;
        if let Some(cursor) = &page.next_cursor {
            let leads_back = self.cursors.leads_back(cursor);
            self.next =
                Some(if leads_back { Err(endless(P::OPERATION)) } else { Ok(call.starting_at(cursor.clone())) });
        }
        Ok(Some((page, self)))
    }
}

fn endless(operation: &'static str) -> Error {
    let detail = "the server gave a cursor that led to an earlier page; the list would have no end";
    Error::new(ErrorKind::EndlessList, detail).sent(true).of_operation(operation)
}

/// Finds a circle of cursors of any length without keeping them all (Brent's algorithm): each is compared with one earlier
/// cursor, which is moved up after 1, 2, 4, 8, … pages.
pub(crate) struct Cursors {
    earlier: Option<String>,
    since: usize,
    until: usize,
}

impl Cursors {
    pub(crate) fn from(start: Option<String>) -> Self {
        Self { earlier: start, since: 0, until: 1 }
    }

    pub(crate) fn leads_back(&mut self, cursor: &str) -> bool {
        if self.earlier.as_deref() == Some(cursor) {
            return true;
        }
        self.since += 1;
        if self.since >= self.until {
            self.earlier = Some(cursor.to_owned());
            self.until *= 2;
            self.since = 0;
        }
        false
    }
}

/// A cursor that leads somewhere.
pub fn leading(cursor: Option<String>) -> Option<String> {
    cursor.filter(|cursor| !cursor.is_empty())
}

macro_rules! next_cursor {
    (paging $answer:ident) => {
        if $answer.paging.more { leading(mem::take(&mut $answer.paging.cursor)) } else { None }
    };
    (has_more $answer:ident) => {
        if $answer.has_more { leading(mem::take(&mut $answer.cursor)) } else { None }
    };
    ($cursor:ident $answer:ident) => {
        leading(mem::take(&mut $answer.$cursor))
    };
}

/// A row an operation: its builder, its answer's type, where the items are, and which shape tells the next page.
macro_rules! paged {
    ($($operation:ident $builder:ident: $answer:ident.$items:ident of $item:ident, by $shape:ident;)*) => {$(
        impl sealed::Sealed for builder::$builder<'_> {}

        impl Paged for builder::$builder<'_> {
            type Item = types::$item;
            const OPERATION: &'static str = stringify!($operation);

            fn start(&self) -> Option<String> {
                self.cursor.clone().ok().flatten()
            }

            fn starting_at(self, cursor: String) -> Self {
                self.cursor(cursor)
            }

            async fn page(self) -> Result<Page<Self::Item>> {
                let answer: ResponseValue<types::$answer> = self.send().await?;
                let (status, headers) = (answer.status(), answer.headers().clone());
                let mut answer = answer.into_inner();
                let next_cursor = next_cursor!($shape answer);
                let items = Option::<Vec<Self::Item>>::from(answer.$items).unwrap_or_default();
                Ok(Page { items, next_cursor, status, headers })
            }
        }
    )*};
}

// The rows, from the description: a new operation that pages has its streams with the next generation.
include!(concat!(env!("OUT_DIR"), "/paged.rs"));

#[cfg(test)]
mod tests {
    use super::Cursors;

    /// How many pages are asked for before a list of cursors is found to go in a circle.
    fn found_after(start: Option<&str>, cursors: &[&str]) -> Option<usize> {
        let mut seen = Cursors::from(start.map(str::to_owned));
        cursors.iter().cycle().take(1000).position(|cursor| seen.leads_back(cursor))
    }

    #[test]
    fn a_circle_of_any_length_is_found() {
        assert_eq!(found_after(None, &["a"]), Some(1));
        assert_eq!(found_after(Some("a"), &["a"]), Some(0));
        for length in 2..100 {
            let cursors: Vec<String> = (0..length).map(|number| number.to_string()).collect();
            let cursors: Vec<&str> = cursors.iter().map(String::as_str).collect();
            assert!(found_after(None, &cursors).is_some_and(|pages| pages <= 4 * length), "{length}");
        }
    }

    #[test]
    fn cursors_that_differ_are_no_circle() {
        let mut seen = Cursors::from(None);
        assert!((0..10_000).all(|number| !seen.leads_back(&number.to_string())));
    }
}
