//! The pages of a list as rows: read ahead, and no further than is needed.

use std::mem;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::vec;

use futures_util::stream::{self, BoxStream, Stream, StreamExt};
use http::{HeaderMap, StatusCode};

use super::prefetch::Ahead;
use crate::Result;

/// A page whose rows are in the order in which they came.
pub(super) struct Rows<T> {
    pub rows: Vec<Result<T>>,
    pub next_cursor: Option<String>,
    pub status: StatusCode,
    pub headers: HeaderMap,
}

/// The pages of a list, one after the other. Nothing is sent before the first page is asked for.
pub(super) struct Source<T> {
    pages: BoxStream<'static, Result<Rows<T>>>,
    began: bool,
    ended: bool,
    ahead: usize,
    needed: Needed,
}

/// How much of a list is still asked for.
#[derive(Clone, Copy)]
struct Needed {
    pages: usize,
    rows: usize,
}

impl<T: Send + 'static> Source<T> {
    pub(super) fn of(pages: impl Stream<Item = Result<Rows<T>>> + Send + 'static) -> Self {
        let needed = Needed { pages: usize::MAX, rows: usize::MAX };
        Self { pages: pages.boxed(), began: false, ended: false, ahead: 0, needed }
    }

    /// Fetches up to so many pages ahead.
    pub(super) fn prefetch(mut self, pages: usize) -> Self {
        self = self.anew();
        self.ahead = pages;
        self
    }

    /// Asks for no page after so many.
    pub(super) fn at_most_pages(mut self, pages: usize) -> Self {
        self = self.anew();
        self.needed.pages = self.needed.pages.min(pages);
        self
    }

    /// Asks for no page when the earlier ones have so many rows.
    pub(super) fn for_rows(mut self, rows: usize) -> Self {
        self = self.anew();
        self.needed.rows = self.needed.rows.min(rows);
        self
    }

    /// What has begun is not changed any more: it becomes the source of another.
    fn anew(self) -> Self {
        if self.began && !self.ended { Self::of(self) } else { self }
    }

    fn begin(&mut self) {
        let pages = mem::replace(&mut self.pages, stream::empty().boxed());
        // Below the reading ahead, which would otherwise fetch too much.
        let pages = until_enough(pages, self.needed);
        self.pages = if self.ahead == 0 { pages.boxed() } else { Ahead::of(pages, self.ahead).boxed() };
        self.began = true;
    }
}

impl<T> Source<T> {
    /// Whether there is nothing left.
    pub(super) fn has_ended(&self) -> bool {
        self.ended
    }
}

/// Ends by itself, without asking for the next page, once there is enough.
fn until_enough<T>(
    pages: impl Stream<Item = Result<Rows<T>>> + Send + Unpin,
    needed: Needed,
) -> impl Stream<Item = Result<Rows<T>>> + Send {
    stream::unfold((pages, needed), async |(mut pages, mut needed)| {
        if needed.pages == 0 || needed.rows == 0 {
            return None;
        }
        let page = pages.next().await?;
        if let Ok(page) = &page {
            needed.pages -= 1;
            needed.rows = needed.rows.saturating_sub(page.rows.len());
        }
        Some((page, (pages, needed)))
    })
}

impl<T: Send + 'static> Stream for Source<T> {
    type Item = Result<Rows<T>>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        if self.ended {
            return Poll::Ready(None);
        }
        if !self.began {
            self.begin();
        }
        let page = ready!(self.pages.poll_next_unpin(context));
        // An error is the last that a list gives.
        self.ended = !matches!(page, Some(Ok(_)));
        Poll::Ready(page)
    }
}

/// The rows of all pages, one after the other.
pub(super) struct Flat<T> {
    /// Those of the page that was fetched last.
    rows: vec::IntoIter<Result<T>>,
    needed: usize,
    source: Source<T>,
}

impl<T: Send + 'static> Flat<T> {
    pub(super) fn of(source: Source<T>) -> Self {
        Self { rows: Vec::new().into_iter(), needed: usize::MAX, source }
    }

    pub(super) fn prefetch(mut self, pages: usize) -> Self {
        self.source = self.source.prefetch(pages);
        self
    }

    pub(super) fn limit(mut self, rows: usize) -> Self {
        self.needed = self.needed.min(rows);
        self.source = self.source.for_rows(self.needed.saturating_sub(self.rows.len()));
        self
    }
}

impl<T> Flat<T> {
    pub(super) fn has_ended(&self) -> bool {
        self.needed == 0 || self.rows.as_slice().is_empty() && self.source.has_ended()
    }
}

impl<T: Send + 'static> Stream for Flat<T> {
    type Item = Result<T>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        if self.needed == 0 {
            return Poll::Ready(None);
        }
        loop {
            if let Some(row) = self.rows.next() {
                self.needed -= 1;
                return Poll::Ready(Some(row));
            }
            match ready!(self.source.poll_next_unpin(context)) {
                Some(Ok(page)) => self.rows = page.rows.into_iter(),
                Some(Err(error)) => return Poll::Ready(Some(Err(error))),
                None => return Poll::Ready(None),
            }
        }
    }
}

/// A row that waits to be taken is not moved by anything that is pinned.
impl<T> Unpin for Flat<T> {}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::time::Duration;

    use futures::TryStreamExt as _;
    use futures_util::stream::{self, StreamExt};
    use http::HeaderMap;
    use http::StatusCode;
    use tokio::time::{Instant, sleep};

    use super::{Flat, Rows, Source};
    use crate::{Error, ErrorKind};

    fn page(numbers: Vec<usize>) -> Rows<usize> {
        let rows = numbers.into_iter().map(Ok).collect();
        Rows { rows, next_cursor: None, status: StatusCode::OK, headers: HeaderMap::new() }
    }

    /// Pages of these sizes with the numbers from 0, each of which takes 20 ms, and how many were asked for.
    fn pages(sizes: &'static [usize]) -> (Source<usize>, Arc<AtomicUsize>) {
        let asked = Arc::new(AtomicUsize::new(0));
        let counter = Arc::clone(&asked);
        let mut next = 0..;
        let pages = stream::iter(sizes).then(move |size| {
            counter.fetch_add(1, Ordering::Relaxed);
            let items = next.by_ref().take(*size).collect();
            async move {
                sleep(Duration::from_millis(20)).await;
                Ok(page(items))
            }
        });
        (Source::of(pages), asked)
    }

    async fn all(items: Flat<usize>) -> Vec<usize> {
        items.try_collect().await.unwrap()
    }

    #[tokio::test(start_paused = true)]
    async fn fifty_pages_are_worked_through_in_the_time_of_one_of_both() {
        for (ahead, milliseconds) in [(0, 2000), (1, 1020), (5, 1020)] {
            let start = Instant::now();
            let mut pages = pages(&[2; 50]).0.prefetch(ahead);
            while let Some(page) = pages.try_next().await.unwrap() {
                assert_eq!(page.rows.len(), 2);
                sleep(Duration::from_millis(20)).await;
            }
            assert_eq!(start.elapsed().as_millis(), milliseconds, "{ahead}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn no_page_is_asked_for_that_is_not_needed() {
        for ahead in [0, 1, 10] {
            for (limit, expected_pages) in [(0, 0), (1, 1), (3, 1), (4, 2), (6, 2), (7, 4), (9, 4), (10, 5), (99, 5)] {
                for ahead_first in [true, false] {
                    let (pages, asked) = pages(&[3, 3, 0, 3, 1]);
                    let items = Flat::of(pages);
                    let items = if ahead_first {
                        items.prefetch(ahead).limit(limit)
                    } else {
                        items.limit(limit).prefetch(ahead)
                    };
                    assert_eq!(all(items).await, (0..limit.min(10)).collect::<Vec<_>>());
                    // Whatever is still under way comes to its end.
                    sleep(Duration::from_secs(1)).await;
                    assert_eq!(asked.load(Ordering::Relaxed), expected_pages, "{limit} with {ahead} ahead");
                }
            }
        }
    }

    #[tokio::test(start_paused = true)]
    async fn pages_are_limited_by_their_number() {
        for limit in 0..4 {
            let (pages, asked) = pages(&[3; 10]);
            let found: Vec<_> = pages.at_most_pages(limit).prefetch(5).at_most_pages(7).try_collect().await.unwrap();
            assert_eq!((found.len(), asked.load(Ordering::Relaxed)), (limit, limit));
        }
    }

    #[tokio::test(start_paused = true)]
    async fn the_smallest_limit_counts() {
        let (pages, asked) = pages(&[3; 10]);
        assert_eq!(all(Flat::of(pages).limit(4).limit(2).limit(9)).await, [0, 1]);
        assert_eq!(asked.load(Ordering::Relaxed), 1);
    }

    #[tokio::test(start_paused = true)]
    async fn what_has_begun_can_be_limited_and_read_ahead() {
        for ahead in [0, 3] {
            let (pages, asked) = pages(&[3; 10]);
            let mut items = Flat::of(pages);
            assert_eq!(items.try_next().await.unwrap(), Some(0));
            // Two are at hand, and three are on the next page.
            assert_eq!(all(items.limit(5).prefetch(ahead)).await, [1, 2, 3, 4, 5]);
            sleep(Duration::from_secs(1)).await;
            assert_eq!(asked.load(Ordering::Relaxed), 2, "{ahead}");
        }
        let (mut pages, asked) = pages(&[3; 10]);
        pages.try_next().await.unwrap().unwrap();
        assert_eq!(pages.at_most_pages(2).try_collect::<Vec<_>>().await.unwrap().len(), 2);
        assert_eq!(asked.load(Ordering::Relaxed), 3);
    }

    #[tokio::test(start_paused = true)]
    async fn nothing_is_asked_for_before_the_first_poll() {
        let (pages, asked) = pages(&[3; 10]);
        let items = Flat::of(pages.prefetch(5)).limit(100);
        sleep(Duration::from_secs(1)).await;
        assert_eq!(asked.load(Ordering::Relaxed), 0);
        drop(items);
    }

    #[tokio::test(start_paused = true)]
    async fn an_error_comes_after_what_was_before_it() {
        for ahead in [0, 3] {
            let answers = [Ok(page(vec![1, 2])), Err(Error::new(ErrorKind::Server, "down")), Ok(page(vec![3]))];
            let mut items = Flat::of(Source::of(stream::iter(answers)).prefetch(ahead));
            assert_eq!(items.try_next().await.unwrap(), Some(1));
            assert_eq!(items.try_next().await.unwrap(), Some(2));
            assert_eq!(items.try_next().await.unwrap_err().kind(), ErrorKind::Server);
            assert!(items.next().await.is_none());
        }
    }

    #[tokio::test]
    async fn a_million_empty_pages_are_walked_without_a_deep_stack() {
        let empty = stream::repeat_with(|| Ok(page(Vec::new()))).take(1_000_000);
        let last = stream::iter([Ok(page(vec![7]))]);
        assert_eq!(all(Flat::of(Source::of(empty.chain(last)))).await, [7]);
    }

    #[test]
    fn the_streams_can_be_stored_and_sent() {
        fn stored<T: Send + Unpin + 'static>() {}
        stored::<Source<usize>>();
        stored::<Flat<std::marker::PhantomPinned>>();
    }
}
