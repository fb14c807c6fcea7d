//! The users of a bulk job, cut into requests.

use std::future;
use std::ops::Range;

use futures_util::stream::{self, Stream, StreamExt};
use serde::Serialize;

use super::checkpoint::Indices;
use super::error::Stopped;
use super::rejected::Rejected;
use crate::Error;

/// The maximum number of users that Courier accepts in one request. It responds to a larger number with 502.
pub(super) const MAX_USERS: usize = 1000;

/// The beginning and the end of the body around the users.
const BODY: (&[u8], &[u8]) = (b"{\"users\":[", b"]}");

/// The size at which a chunk is full.
#[derive(Clone, Copy, Debug)]
pub(super) struct Limits {
    pub users: usize,
    pub bytes: usize,
}

impl Default for Limits {
    /// Returns limits of a thousand users, and of well below the 6 MB that Courier accepts in a request.
    fn default() -> Self {
        Self { users: MAX_USERS, bytes: 4_000_000 }
    }
}

/// A user of the input, as JSON.
struct Row {
    index: u64,
    user: Vec<u8>,
    /// The reason to leave the user out.
    rejection: Option<String>,
}

/// Consecutive users of the input, as the body of one request.
pub(super) struct Chunk {
    /// The indices that the chunk covers, including the indices of the rejected users.
    pub span: Range<u64>,
    /// The indices of the users in the body.
    pub indices: Vec<u64>,
    /// The users who are left out of the body.
    pub rejected: Vec<Rejected>,
    /// The users so far, separated by commas.
    users: Vec<u8>,
}

impl Chunk {
    fn new(first: Row) -> Self {
        let span = first.index..first.index;
        let mut chunk = Self { span, indices: Vec::new(), rejected: Vec::new(), users: Vec::new() };
        chunk.push(first);
        chunk
    }

    /// The body of the request that adds the users.
    pub(super) fn body(&self) -> Vec<u8> {
        [BODY.0, &self.users, BODY.1].concat()
    }

    fn has_room(&self, row: &Row, limits: Limits) -> bool {
        let follows = self.span.end == row.index;
        // A user who is too large for any chunk gets a separate chunk, for Courier to accept or refuse. Rejected users
        // count too, because an unlimited number of them would need unlimited memory.
        let fits = self.indices.is_empty() || self.users.len().saturating_add(row.user.len() + 1) <= limits.bytes;
        follows && fits && self.indices.len() + self.rejected.len() < limits.users
    }

    fn push(&mut self, Row { index, user, rejection }: Row) {
        self.span.end = index + 1;
        if let Some(reason) = rejection {
            self.rejected.push(Rejected { index: Some(index), reason });
            return;
        }
        if !self.users.is_empty() {
            self.users.push(b',');
        }
        self.users.extend(user);
        self.indices.push(index);
    }
}

/// Cuts a stream of users into chunks, without the users who are in the job already. An error of the input follows the
/// users before it. At most one chunk and one more user are in memory.
///
/// `check` returns the reason to leave a user out, or as an error, the reason to stop.
pub(super) fn chunks<U: Serialize, E: Send>(
    users: impl Stream<Item = Result<U, E>> + Send,
    check: impl Fn(&U) -> Result<Option<String>, String> + Send,
    limits: Limits,
    done: Indices,
) -> impl Stream<Item = Result<Chunk, Stopped<E>>> + Send {
    let limits = Limits { users: limits.users.clamp(1, MAX_USERS), ..limits };
    let rows = users.enumerate().filter_map(move |(index, user)| {
        let index = index as u64;
        let is_done = user.is_ok() && done.contains(index);
        future::ready((!is_done).then(|| row(index, user, &check)))
    });
    stream::try_unfold(Box::pin(rows.peekable()), move |mut rows| async move {
        let Some(first) = rows.next().await.transpose()? else { return Ok(None) };
        let mut chunk = Chunk::new(first);
        let fits = |row: &Result<Row, _>, chunk: &Chunk| row.as_ref().is_ok_and(|row| chunk.has_room(row, limits));
        while let Some(row) = rows.as_mut().next_if(|row| fits(row, &chunk)).await {
            chunk.push(row?);
        }
        Ok(Some((chunk, rows)))
    })
}

fn row<U: Serialize, E>(
    index: u64,
    user: Result<U, E>,
    check: impl Fn(&U) -> Result<Option<String>, String>,
) -> Result<Row, Stopped<E>> {
    let user = user.map_err(Stopped::Input)?;
    let rejection = check(&user).map_err(|reason| Stopped::MissingAddress { index, reason })?;
    let user = serde_json::to_vec(&user).map_err(|cause| {
        let detail = format!("the user at index {index} cannot be written as JSON");
        Stopped::Call(Error::invalid_argument(detail).caused_by(cause))
    })?;
    Ok(Row { index, user, rejection })
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use futures_util::stream::{self, StreamExt};

    use super::{Chunk, Limits, chunks};
    use crate::ext::bulk::checkpoint::Indices;
    use crate::ext::bulk::error::Stopped;

    type Cut = Result<Chunk, String>;

    /// Cuts users of the given lengths: 7 is rejected, 8 fails the check, and 0 is an error of the input.
    async fn cut(lengths: &[usize], limits: Limits, done: &[(u64, u64)]) -> Vec<Cut> {
        let users = lengths.iter().map(|length| if *length == 0 { Err("broken") } else { Ok("x".repeat(*length)) });
        let check = |user: &String| match user.len() {
            7 => Ok(Some("seven".to_owned())),
            8 => Err("eight".to_owned()),
            _ => Ok(None),
        };
        let text = |error| match error {
            Stopped::Input(error) => str::to_owned(error),
            Stopped::MissingAddress { index, reason } => format!("{reason} at {index}"),
            error => panic!("{error:?}"),
        };
        let chunks = chunks(stream::iter(users), check, limits, Indices::from(done.to_vec()));
        chunks.map(|chunk| chunk.map_err(text)).collect().await
    }

    fn spans(chunks: &[Cut]) -> Vec<Result<(u64, u64), &str>> {
        let spans = chunks.iter().map(|chunk| chunk.as_ref().map(|chunk| (chunk.span.start, chunk.span.end)));
        spans.map(|span| span.map_err(String::as_str)).collect()
    }

    const WIDE: Limits = Limits { users: 1000, bytes: usize::MAX };

    #[tokio::test]
    async fn chunk_has_at_most_a_thousand_users() {
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
    async fn bytes_limit_a_chunk_unless_one_user_exceeds_them() {
        // Each user has two quotation marks, and a comma before it.
        let limits = Limits { bytes: 12, ..WIDE };
        let chunks = cut(&[3, 3, 3, 1, 1, 1, 50, 9, 4], limits, &[]).await;
        let expected = [Ok((0, 2)), Ok((2, 4)), Ok((4, 6)), Ok((6, 7)), Ok((7, 8)), Ok((8, 9))];
        assert_eq!(spans(&chunks), expected);
    }

    #[tokio::test]
    async fn users_in_the_job_are_left_out() {
        let chunks = cut(&[1; 20], Limits { users: 4, ..WIDE }, &[(0, 3), (5, 7), (9, 10), (18, 30)]).await;
        assert_eq!(spans(&chunks), [Ok((3, 5)), Ok((7, 9)), Ok((10, 14)), Ok((14, 18))]);
        assert!(cut(&[1; 20], WIDE, &[(0, 20)]).await.is_empty());
    }

    #[tokio::test]
    async fn rejected_users_keep_their_indices() {
        let chunks = cut(&[1, 7, 1, 7, 7], WIDE, &[]).await;
        let [Ok(chunk)] = &chunks[..] else { panic!("one chunk") };
        assert_eq!((chunk.span.clone(), &chunk.indices), (0..5, &vec![0, 2]));
        assert_eq!(chunk.rejected.iter().map(|rejected| rejected.index.unwrap()).collect::<Vec<_>>(), [1, 3, 4]);
        assert_eq!(spans(&cut(&[7; 5], Limits { users: 2, ..WIDE }, &[]).await), [Ok((0, 2)), Ok((2, 4)), Ok((4, 5))]);
    }

    #[tokio::test]
    async fn error_follows_the_users_before_it_and_ends() {
        assert_eq!(spans(&cut(&[1, 1, 0, 1], WIDE, &[]).await), [Ok((0, 2)), Err("broken")]);
        assert_eq!(spans(&cut(&[1, 1, 8, 1], WIDE, &[]).await), [Ok((0, 2)), Err("eight at 2")]);
        assert_eq!(spans(&cut(&[8, 1], WIDE, &[]).await), [Err("eight at 0")]);
        assert_eq!(spans(&cut(&[0, 1], WIDE, &[]).await), [Err("broken")]);
    }

    #[tokio::test]
    async fn at_most_a_chunk_and_one_user_is_read() {
        let read = Arc::new(AtomicUsize::new(0));
        let counter = Arc::clone(&read);
        let users = stream::repeat_with(move || Ok::<_, ()>(counter.fetch_add(1, Ordering::Relaxed)));
        let mut chunks = chunks(users, |_: &usize| Ok(None), WIDE, Indices::default()).boxed();
        for count in 1..4 {
            chunks.next().await;
            assert!(read.load(Ordering::Relaxed) <= count * 1000 + 1);
        }
    }
}
