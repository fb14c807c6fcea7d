//! Users in portions that Courier takes.

use std::io;
use std::ops::Range;

use futures_util::stream::{Stream, StreamExt};
use serde::Serialize;

use super::checkpoint::Indices;
use super::rejected::Rejected;

/// What Courier takes at a time; more is answered with 502.
pub(super) const MAX_USERS: usize = 1000;

/// How large a chunk gets.
#[derive(Clone, Copy, Debug)]
pub(super) struct Limits {
    pub users: usize,
    pub bytes: usize,
}

impl Default for Limits {
    /// A thousand users, and well below the 6 MB that Courier's inbound side takes.
    fn default() -> Self {
        Self { users: MAX_USERS, bytes: 4_000_000 }
    }
}

/// Users who follow each other in the input.
pub(super) struct Chunk<U> {
    /// The indices that it is about, those of the rejected included.
    pub span: Range<u64>,
    pub users: Vec<U>,
    /// The index of each of the users.
    pub indices: Vec<u64>,
    /// Those who are left out before they are sent.
    pub rejected: Vec<Rejected>,
    bytes: usize,
}

/// What is made of a user before it is sent.
pub(super) enum Check {
    Add,
    Reject(String),
    Fail(String),
}

/// Why there is no further chunk.
pub(super) enum NoChunk<E> {
    Input(E),
    Check { index: u64, reason: String },
}

/// Cuts a stream of users. One chunk is in memory, and one user more.
pub(super) struct Chunks<S, U, E, C> {
    users: S,
    check: C,
    limits: Limits,
    /// These are in the job already.
    done: Indices,
    index: u64,
    /// The user for whom there was no room, with its size.
    carried: Option<(u64, U, usize)>,
    /// What comes after the users before it, and is the last.
    failed: Option<NoChunk<E>>,
    ended: bool,
}

impl<S, U, E, C> Chunks<S, U, E, C>
where
    S: Stream<Item = Result<U, E>> + Unpin,
    U: Serialize,
    C: Fn(&U) -> Check,
{
    pub(super) fn of(users: S, check: C, limits: Limits, done: Indices) -> Self {
        let limits = Limits { users: limits.users.clamp(1, MAX_USERS), ..limits };
        Self { users, check, limits, done, index: 0, carried: None, failed: None, ended: false }
    }

    /// The next chunk; none after the last, and after an error.
    pub(super) async fn next(&mut self) -> Option<Result<Chunk<U>, NoChunk<E>>> {
        let mut chunk: Option<Chunk<U>> = None;
        while let Some((index, user, bytes)) = self.next_user().await {
            let open = chunk.get_or_insert_with(|| Chunk::at(index));
            if !open.has_room(index, bytes, self.limits) {
                self.carried = Some((index, user, bytes));
                return chunk.map(Ok);
            }
            open.span.end = index + 1;
            match (self.check)(&user) {
                Check::Add => {
                    open.bytes = open.bytes.saturating_add(bytes);
                    open.users.push(user);
                    open.indices.push(index);
                }
                Check::Reject(reason) => open.rejected.push(Rejected { index: Some(index), reason }),
                Check::Fail(reason) => {
                    open.span.end = index;
                    self.failed = Some(NoChunk::Check { index, reason });
                    break;
                }
            }
        }
        match chunk.filter(|chunk| !chunk.span.is_empty()) {
            Some(chunk) => Some(Ok(chunk)),
            None => {
                self.ended = true;
                self.failed.take().map(Err)
            }
        }
    }

    async fn next_user(&mut self) -> Option<(u64, U, usize)> {
        if self.carried.is_some() {
            return self.carried.take();
        }
        if self.failed.is_some() || self.ended {
            return None;
        }
        loop {
            let user = match self.users.next().await? {
                Ok(user) => user,
                Err(error) => {
                    self.failed = Some(NoChunk::Input(error));
                    return None;
                }
            };
            let index = self.index;
            self.index += 1;
            if !self.done.contains(index) {
                let bytes = size(&user);
                return Some((index, user, bytes));
            }
        }
    }
}

impl<U> Chunk<U> {
    fn at(index: u64) -> Self {
        Self { span: index..index, users: Vec::new(), indices: Vec::new(), rejected: Vec::new(), bytes: 0 }
    }

    fn has_room(&self, index: u64, bytes: usize, limits: Limits) -> bool {
        let follows = self.span.end == index;
        // Somebody who is too large for any chunk has one alone, for Courier to judge. The rejected count for the number
        // alone, so that there are not endlessly many.
        let fits = self.users.is_empty() || self.bytes.saturating_add(bytes) <= limits.bytes;
        follows && fits && self.users.len() + self.rejected.len() < limits.users
    }
}

/// The bytes of a user as JSON, with the comma after it. One that cannot be JSON is found out when it is sent.
fn size(user: &impl Serialize) -> usize {
    struct Counter(usize);

    impl io::Write for Counter {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0 += bytes.len();
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    let mut counter = Counter(1);
    // What was counted up to an error is as good as any number.
    let _ = serde_json::to_writer(&mut counter, user);
    counter.0
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use futures_util::stream::{self, StreamExt};

    use super::{Check, Chunk, Chunks, Limits, NoChunk};
    use crate::ext::bulk::checkpoint::Indices;

    type Cut = Result<Chunk<String>, String>;

    /// Users who are as long as said, those of length 7 being rejected and those of 8 an error; 0 is one of the input.
    async fn cut(lengths: &[usize], limits: Limits, done: &[(u64, u64)]) -> Vec<Cut> {
        let users = lengths.iter().map(|length| if *length == 0 { Err("broken") } else { Ok("x".repeat(*length)) });
        let check = |user: &String| match user.len() {
            7 => Check::Reject("seven".to_owned()),
            8 => Check::Fail("eight".to_owned()),
            _ => Check::Add,
        };
        let mut chunks = Chunks::of(stream::iter(users), check, limits, Indices::from(done.to_vec()));
        let mut all = Vec::new();
        while let Some(chunk) = chunks.next().await {
            all.push(chunk.map_err(|error| match error {
                NoChunk::Input(error) => error.to_owned(),
                NoChunk::Check { index, reason } => format!("{reason} at {index}"),
            }));
        }
        all
    }

    fn spans(chunks: &[Cut]) -> Vec<Result<(u64, u64), &str>> {
        let spans = chunks.iter().map(|chunk| chunk.as_ref().map(|chunk| (chunk.span.start, chunk.span.end)));
        spans.map(|span| span.map_err(String::as_str)).collect()
    }

    const WIDE: Limits = Limits { users: 1000, bytes: usize::MAX };

    #[tokio::test]
    async fn a_chunk_has_a_thousand_users_at_most() {
        for (count, expected) in [
            (0, vec![]),
            (1, vec![Ok((0, 1))]),
            (1000, vec![Ok((0, 1000))]),
            (1001, vec![Ok((0, 1000)), Ok((1000, 1001))]),
            (2000, vec![Ok((0, 1000)), Ok((1000, 2000))]),
        ] {
            for users in [1000, 5000, usize::MAX] {
                assert_eq!(spans(&cut(&vec![1; count], Limits { users, ..WIDE }, &[]).await), expected);
            }
        }
        assert_eq!(cut(&[1; 3], Limits { users: 0, ..WIDE }, &[]).await.len(), 3);
    }

    #[tokio::test]
    async fn a_chunk_has_so_many_bytes_at_most_but_for_somebody_larger() {
        // Two quotation marks and a comma each.
        let limits = Limits { bytes: 12, ..WIDE };
        let chunks = cut(&[3, 3, 3, 1, 1, 1, 50, 9, 4], limits, &[]).await;
        let expected = [Ok((0, 2)), Ok((2, 4)), Ok((4, 6)), Ok((6, 7)), Ok((7, 8)), Ok((8, 9))];
        assert_eq!(spans(&chunks), expected);
    }

    #[tokio::test]
    async fn those_who_are_in_the_job_are_left_out() {
        let chunks = cut(&[1; 20], Limits { users: 4, ..WIDE }, &[(0, 3), (5, 7), (9, 10), (18, 30)]).await;
        assert_eq!(spans(&chunks), [Ok((3, 5)), Ok((7, 9)), Ok((10, 14)), Ok((14, 18))]);
        assert!(cut(&[1; 20], WIDE, &[(0, 20)]).await.is_empty());
    }

    #[tokio::test]
    async fn the_refused_keep_their_indices() {
        let chunks = cut(&[1, 7, 1, 7, 7], WIDE, &[]).await;
        let [Ok(chunk)] = &chunks[..] else { panic!("one chunk") };
        assert_eq!((chunk.span.clone(), &chunk.indices), (0..5, &vec![0, 2]));
        assert_eq!(chunk.rejected.iter().map(|rejected| rejected.index.unwrap()).collect::<Vec<_>>(), [1, 3, 4]);
        assert_eq!(spans(&cut(&[7; 5], Limits { users: 2, ..WIDE }, &[]).await), [Ok((0, 2)), Ok((2, 4)), Ok((4, 5))]);
    }

    #[tokio::test]
    async fn an_error_comes_after_those_before_it_and_ends() {
        assert_eq!(spans(&cut(&[1, 1, 0, 1], WIDE, &[]).await), [Ok((0, 2)), Err("broken")]);
        assert_eq!(spans(&cut(&[1, 1, 8, 1], WIDE, &[]).await), [Ok((0, 2)), Err("eight at 2")]);
        assert_eq!(spans(&cut(&[8, 1], WIDE, &[]).await), [Err("eight at 0")]);
        assert_eq!(spans(&cut(&[0, 1], WIDE, &[]).await), [Err("broken")]);
    }

    #[tokio::test]
    async fn no_more_is_read_than_a_chunk_and_one() {
        let read = Arc::new(AtomicUsize::new(0));
        let counter = Arc::clone(&read);
        let users = stream::repeat_with(move || Ok::<_, ()>(counter.fetch_add(1, Ordering::Relaxed))).boxed();
        let mut chunks = Chunks::of(users, |_: &usize| Check::Add, WIDE, Indices::default());
        for count in 1..4 {
            chunks.next().await;
            assert!(read.load(Ordering::Relaxed) <= count * 1000 + 1);
        }
    }
}
