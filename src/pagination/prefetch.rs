//! Fetches pages ahead of the caller.

use std::panic;
use std::pin::pin;

use futures_util::stream::{self, BoxStream, Stream, StreamExt};
use tokio::runtime::Handle;
use tokio::sync::{Semaphore, mpsc};
use tokio::task::JoinSet;

use crate::{Error, ErrorKind, Result};

/// Reads `source` in a separate task, at most `count` elements ahead of the caller, including the one in progress.
///
/// The task starts at the first poll, and ends with the source or when the stream is dropped. Outside of a tokio
/// runtime, the source is read when the stream is polled.
pub(super) fn prefetch<T: Send + 'static>(
    source: impl Stream<Item = Result<T>> + Send + 'static,
    count: usize,
) -> BoxStream<'static, Result<T>> {
    stream::once(async move {
        match Handle::try_current() {
            Ok(runtime) if count > 0 => read_in_task(source, count, runtime).left_stream(),
            _ => source.right_stream(),
        }
    })
    .flatten()
    .boxed()
}

fn read_in_task<T: Send + 'static>(
    source: impl Stream<Item = Result<T>> + Send + 'static,
    count: usize,
    runtime: Handle,
) -> impl Stream<Item = Result<T>> + Send {
    let (sender, receiver) = mpsc::channel(count.min(Semaphore::MAX_PERMITS));
    let reading = async move {
        let mut source = pin!(source);
        // Room for an element comes before the request that fills it.
        while let Ok(permit) = sender.reserve().await {
            let Some(element) = source.next().await else { break };
            permit.send(element);
        }
    };
    #[cfg(feature = "tracing")]
    let reading = tracing::Instrument::in_current_span(reading);
    let mut task = JoinSet::new();
    task.spawn_on(reading, &runtime);
    stream::unfold((receiver, task), async |(mut receiver, mut task)| {
        let element = match receiver.recv().await {
            Some(element) => element,
            None => end_of(&mut task).await?,
        };
        Some((element, (receiver, task)))
    })
}

/// Returns `None` if the task read the source to its end: a canceled task must not look like the end of the list.
async fn end_of<T>(task: &mut JoinSet<()>) -> Option<Result<T>> {
    let error = task.join_next().await?.err()?;
    match error.try_into_panic() {
        Ok(panic) => panic::resume_unwind(panic),
        Err(_) => {
            let detail = "the tokio runtime that fetched pages ahead was shut down before the end of the list";
            Some(Err(Error::new(ErrorKind::Connection, detail)))
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::time::Duration;

    use futures_util::stream::{self, Stream, StreamExt};
    use tokio::time::{Instant, sleep};

    use super::prefetch;
    use crate::{Error, ErrorKind, Result};

    const STEP: Duration = Duration::from_millis(20);

    /// Returns numbers that take 20 ms each, and a counter of the started numbers.
    fn slow(length: usize) -> (impl Stream<Item = Result<usize>> + Send + 'static, Arc<AtomicUsize>) {
        let started = Arc::new(AtomicUsize::new(0));
        let counter = Arc::clone(&started);
        let numbers = stream::iter(0..length).then(move |number| {
            counter.fetch_add(1, Ordering::Relaxed);
            async move {
                sleep(STEP).await;
                Ok(number)
            }
        });
        (numbers, started)
    }

    /// Works for 20 ms on each number, and returns the total time.
    async fn process(numbers: impl Stream<Item = Result<usize>>) -> Duration {
        let start = Instant::now();
        let mut numbers = std::pin::pin!(numbers);
        let mut expected = 0..;
        while let Some(number) = numbers.next().await {
            assert_eq!(Some(number.unwrap()), expected.next());
            sleep(STEP).await;
        }
        start.elapsed()
    }

    #[tokio::test(start_paused = true)]
    async fn fetching_and_working_overlap() {
        assert_eq!(process(slow(50).0).await, 100 * STEP);
        for count in [1, 2, 3, 1000, usize::MAX] {
            assert_eq!(process(prefetch(slow(50).0, count)).await, 51 * STEP, "{count}");
        }
        assert_eq!(process(prefetch(slow(50).0, 0)).await, 100 * STEP);
    }

    #[tokio::test(start_paused = true)]
    async fn fetches_count_count_ahead() {
        for count in 1..5 {
            let (numbers, started) = slow(50);
            let mut numbers = prefetch(numbers, count);
            for taken in 1..10 {
                numbers.next().await.unwrap().unwrap();
                sleep(10 * STEP).await;
                assert_eq!(started.load(Ordering::Relaxed), taken + count);
            }
        }
    }

    #[tokio::test(start_paused = true)]
    async fn drop_stops_prefetch() {
        let (numbers, started) = slow(50);
        let mut numbers = prefetch(numbers, 3);
        numbers.next().await.unwrap().unwrap();
        drop(numbers);
        let before = started.load(Ordering::Relaxed);
        sleep(10 * STEP).await;
        assert_eq!(started.load(Ordering::Relaxed), before);
    }

    #[tokio::test(start_paused = true)]
    async fn error_keeps_its_position() {
        let failing = stream::iter([Ok(1), Err(Error::new(ErrorKind::Server, "down")), Ok(2)]);
        let kinds: Vec<_> = prefetch(failing, 5).map(|item| item.map_err(|error| error.kind())).collect().await;
        assert_eq!(kinds, [Ok(1), Err(ErrorKind::Server), Ok(2)]);
    }

    #[tokio::test]
    #[should_panic(expected = "panic in a transport")]
    async fn panic_of_the_source_is_resumed() {
        let panicking =
            stream::iter(0..2).map(|number| if number == 1 { panic!("panic in a transport") } else { Ok(number) });
        let _all: Vec<_> = prefetch(panicking, 1).collect().await;
    }

    #[test]
    fn runtime_shutdown_is_an_error() {
        let one = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        let other = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let mut numbers = one.block_on(async {
            let mut numbers = prefetch(slow(50).0, 1);
            numbers.next().await.unwrap().unwrap();
            numbers
        });
        drop(one);
        let error = other.block_on(numbers.next()).unwrap().unwrap_err();
        assert!(error.to_string().contains("was shut down"), "{error}");
        assert!(other.block_on(numbers.next()).is_none());
    }

    #[test]
    fn source_is_read_directly_without_a_runtime() {
        let numbers = prefetch(stream::iter((0..3).map(Ok)), 2);
        let all: Vec<_> = futures::executor::block_on(numbers.map(|number| number.unwrap()).collect());
        assert_eq!(all, [0, 1, 2]);
    }
}
