//! Reading ahead: what a stream has next is fetched while the caller works on what it had last.

use std::panic;
use std::pin::{Pin, pin};
use std::task::{Context, Poll, ready};

use futures_util::stream::{Stream, StreamExt};
use tokio::runtime::Handle;
use tokio::sync::mpsc;
use tokio::task::JoinSet;

use crate::{Error, ErrorKind, Result};

/// A stream that is read by a task of its own, at most so many items ahead of the caller; the one that is under way counts.
///
/// The task ends with the stream that it reads, and with this value. Without a tokio runtime there can be none: then the
/// stream is read as it is asked for.
pub(crate) enum Ahead<S: Stream> {
    Read { items: mpsc::Receiver<S::Item>, task: JoinSet<()> },
    AsAsked(Pin<Box<S>>),
}

impl<S, T> Ahead<S>
where
    S: Stream<Item = Result<T>> + Send + 'static,
    T: Send + 'static,
{
    pub(crate) fn of(source: S, at_most: usize) -> Self {
        let (Ok(runtime), 1..) = (Handle::try_current(), at_most) else {
            return Self::AsAsked(Box::pin(source));
        };
        let (places, items) = mpsc::channel(at_most.min(tokio::sync::Semaphore::MAX_PERMITS));
        let reading = async move {
            let mut source = pin!(source);
            // A place first, and only then a request to fill it.
            while let Ok(place) = places.reserve().await {
                let Some(item) = source.next().await else { break };
                place.send(item);
            }
        };
        #[cfg(feature = "tracing")]
        let reading = tracing::Instrument::in_current_span(reading);
        let mut task = JoinSet::new();
        task.spawn_on(reading, &runtime);
        Self::Read { items, task }
    }
}

impl<S, T> Stream for Ahead<S>
where
    S: Stream<Item = Result<T>> + Send + 'static,
    T: Send + 'static,
{
    type Item = Result<T>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let (items, task) = match &mut *self {
            Self::AsAsked(source) => return source.as_mut().poll_next(context),
            Self::Read { items, task } => (items, task),
        };
        if let Some(item) = ready!(items.poll_recv(context)) {
            return Poll::Ready(Some(item));
        }
        // An end that is none must not look like one.
        Poll::Ready(match ready!(task.poll_join_next(context)) {
            None | Some(Ok(())) => None,
            Some(Err(error)) => match error.try_into_panic() {
                Ok(panic) => panic::resume_unwind(panic),
                Err(_) => Some(Err(Error::new(
                    ErrorKind::Connection,
                    "the tokio runtime that read ahead was shut down before the list's end",
                ))),
            },
        })
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::time::Duration;

    use futures_util::stream::{self, Stream, StreamExt};
    use tokio::time::{Instant, sleep};

    use super::Ahead;
    use crate::{Error, ErrorKind, Result};

    const TAKES: Duration = Duration::from_millis(20);

    /// So many numbers, each of which takes 20 ms to come, and how many were begun.
    fn slow(count: usize) -> (impl Stream<Item = Result<usize>> + Send + 'static, Arc<AtomicUsize>) {
        let begun = Arc::new(AtomicUsize::new(0));
        let counter = Arc::clone(&begun);
        let numbers = stream::iter(0..count).then(move |number| {
            counter.fetch_add(1, Ordering::Relaxed);
            async move {
                sleep(TAKES).await;
                Ok(number)
            }
        });
        (numbers, begun)
    }

    /// How long it takes to work for 20 ms on each.
    async fn worked_through(numbers: impl Stream<Item = Result<usize>>) -> Duration {
        let start = Instant::now();
        let mut numbers = std::pin::pin!(numbers);
        let mut expected = 0..;
        while let Some(number) = numbers.next().await {
            assert_eq!(Some(number.unwrap()), expected.next());
            sleep(TAKES).await;
        }
        start.elapsed()
    }

    #[tokio::test(start_paused = true)]
    async fn fetching_and_working_take_the_time_of_one() {
        assert_eq!(worked_through(slow(50).0).await, 100 * TAKES);
        for at_most in [1, 2, 3, 1000, usize::MAX] {
            assert_eq!(worked_through(Ahead::of(slow(50).0, at_most)).await, 51 * TAKES, "{at_most}");
        }
        assert_eq!(worked_through(Ahead::of(slow(50).0, 0)).await, 100 * TAKES);
    }

    #[tokio::test(start_paused = true)]
    async fn no_more_is_fetched_than_was_said() {
        for at_most in 1..5 {
            let (numbers, begun) = slow(50);
            let mut numbers = Ahead::of(numbers, at_most);
            for taken in 1..10 {
                numbers.next().await.unwrap().unwrap();
                sleep(10 * TAKES).await;
                assert_eq!(begun.load(Ordering::Relaxed), taken + at_most);
            }
        }
    }

    #[tokio::test(start_paused = true)]
    async fn nothing_is_fetched_any_more_for_nobody() {
        let (numbers, begun) = slow(50);
        let mut numbers = Ahead::of(numbers, 3);
        numbers.next().await.unwrap().unwrap();
        drop(numbers);
        let before = begun.load(Ordering::Relaxed);
        sleep(10 * TAKES).await;
        assert_eq!(begun.load(Ordering::Relaxed), before);
    }

    #[tokio::test(start_paused = true)]
    async fn an_error_comes_in_its_place() {
        let failing = stream::iter([Ok(1), Err(Error::new(ErrorKind::Server, "down")), Ok(2)]);
        let kinds: Vec<_> = Ahead::of(failing, 5).map(|item| item.map_err(|error| error.kind())).collect().await;
        assert_eq!(kinds, [Ok(1), Err(ErrorKind::Server), Ok(2)]);
    }

    #[tokio::test]
    #[should_panic(expected = "a transport's own")]
    async fn a_panic_is_no_end() {
        let panicking =
            stream::iter(0..2).map(|number| if number == 1 { panic!("a transport's own") } else { Ok(number) });
        let _all: Vec<_> = Ahead::of(panicking, 1).collect().await;
    }

    #[test]
    fn a_runtime_that_goes_away_is_an_error_and_no_end() {
        let one = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        let other = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let mut numbers = one.block_on(async {
            let mut numbers = Ahead::of(slow(50).0, 1);
            numbers.next().await.unwrap().unwrap();
            numbers
        });
        drop(one);
        let error = other.block_on(numbers.next()).unwrap().unwrap_err();
        assert!(error.to_string().contains("was shut down"), "{error}");
        assert!(other.block_on(numbers.next()).is_none());
    }

    #[test]
    fn without_a_runtime_it_is_read_as_it_is_asked_for() {
        let numbers = Ahead::of(stream::iter((0..3).map(Ok)), 2);
        let all: Vec<_> = futures::executor::block_on(numbers.map(|number| number.unwrap()).collect());
        assert_eq!(all, [0, 1, 2]);
    }
}
