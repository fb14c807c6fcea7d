//! The first step of a bulk job: its users are added in chunks, several at a time.

use std::ops::Range;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use futures_util::stream::{self, Stream, StreamExt};
use serde::Serialize;

use super::checkpoint::{Checkpoint, Stage};
use super::chunks::{Check, Chunk, Chunks, Limits, MAX_USERS};
use super::error::Stopped;
use super::rejected::{Rejected, Rejection, locate};
use crate::calls::{BulkAddUsers, Call};
use crate::sync::lock;
use crate::types::BulkUser;
use crate::{Client, Result, call};

/// A chunk of users that Courier accepted.
///
/// ```
/// use trycourier::ext::bulk::Ingested;
///
/// fn note(chunk: &Ingested) {
///     for user in &chunk.rejected {
///         println!("user {:?}: {}", user.index, user.reason);
///     }
///     println!("{} users so far", chunk.checkpoint.seen());
/// }
/// ```
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Ingested {
    /// The users of the chunk who are not in the job.
    pub rejected: Vec<Rejected>,
    /// The checkpoint to save.
    pub checkpoint: Checkpoint,
}

/// Adds the users of the input who are not in the job yet, `in_flight` chunks at a time, and yields each chunk that
/// Courier accepted. The first item comes before anything is sent, with a checkpoint that covers the chunks sent next.
/// The last item is an error, or a checkpoint that shows that all users are in the job.
///
/// If the stream is dropped or ends in an error, Courier may have acted on the chunks in flight. The last checkpoint
/// covers them.
pub(super) fn add_users<U, E>(
    client: Client,
    users: impl Stream<Item = std::result::Result<U, E>> + Send + Unpin,
    check: impl Fn(&U) -> Check + Send,
    limits: Limits,
    in_flight: usize,
    mut checkpoint: Checkpoint,
) -> impl Stream<Item = std::result::Result<Ingested, Stopped<E>>> + Send
where
    U: Serialize + Send,
    E: Send,
{
    let in_flight = in_flight.max(1);
    // Each request in flight can begin another chunk before the next checkpoint.
    let reach = move |begun: u64| begun.saturating_add((in_flight as u64).saturating_mul(MAX_USERS as u64));
    let known_reach = checkpoint.reach();
    let end = checkpoint.done().end();
    checkpoint.reaches(reach(end));
    let first = Ingested { rejected: Vec::new(), checkpoint: checkpoint.clone() };
    let begun = Arc::new(AtomicU64::new(end));
    // The error of the input is yielded after the chunks before it.
    let input_error = Arc::new(Mutex::new(None));
    let job_id: Arc<str> = Arc::from(checkpoint.job_id());
    let chunks = {
        let input_error = Arc::clone(&input_error);
        let chunks = Chunks::new(users, check, limits, checkpoint.done().clone());
        stream::unfold(chunks, move |mut chunks| {
            let input_error = Arc::clone(&input_error);
            async move {
                match chunks.next().await? {
                    Ok(chunk) => Some((chunk, chunks)),
                    Err(error) => {
                        *lock(&input_error) = Some(error);
                        None
                    }
                }
            }
        })
    };
    let requests = {
        let begun = Arc::clone(&begun);
        chunks.map(move |chunk| {
            begun.fetch_max(chunk.span.end, Ordering::Relaxed);
            add(client.clone(), Arc::clone(&job_id), chunk, known_reach)
        })
    };
    let accepted = Box::pin(requests.buffer_unordered(in_flight));
    let chunks = stream::unfold(Some((accepted, checkpoint)), move |state| {
        let (begun, input_error) = (Arc::clone(&begun), Arc::clone(&input_error));
        async move {
            let (mut accepted, mut checkpoint) = state?;
            let rejected = match accepted.next().await {
                Some(Err(error)) => return Some((Err(Stopped::Call(error)), None)),
                Some(Ok((span, rejected))) => {
                    checkpoint.add(span, rejected.len() as u64);
                    rejected
                }
                None if checkpoint.is_ingested() => return None,
                None => {
                    if let Some(error) = lock(&input_error).take() {
                        return Some((Err(error), None));
                    }
                    checkpoint.enters(Stage::Ingested);
                    Vec::new()
                }
            };
            checkpoint.reaches(reach(begun.load(Ordering::Relaxed)));
            let ingested = Ingested { rejected, checkpoint: checkpoint.clone() };
            Some((Ok(ingested), Some((accepted, checkpoint))))
        }
    });
    stream::iter([Ok(first)]).chain(chunks)
}

/// Adds a chunk. Returns the indices that it covers, and the users who are not in the job.
async fn add(client: Client, job_id: Arc<str>, chunk: Chunk, known_reach: u64) -> Result<(Range<u64>, Vec<Rejected>)> {
    let body = Bytes::from(chunk.body());
    let Chunk { span, indices, mut rejected, .. } = chunk;
    if indices.is_empty() {
        return Ok((span, rejected));
    }
    // The users are JSON already; written by the call, each would be written twice.
    let mut request = call::request(&mut client.bulk().add_users(&*job_id, [] as [BulkUser; 0]))?;
    request.body = body.clone();
    let response = client.call::<<BulkAddUsers as Call>::Response>(BulkAddUsers::OPERATION, Ok(request)).await?;
    let was_repeated = response.attempts() > 1;
    let errors = response.into_inner().errors.unwrap_or_default().into_iter();
    let mut rejections: Vec<Rejection> = errors.map(Rejection::from).collect();
    // These users are in the job because of an earlier request from this job.
    if was_repeated || span.start < known_reach {
        rejections.retain(|rejection| !rejection.is_duplicate());
    }
    if !rejections.is_empty() {
        rejected.extend(locate(&rejections, &body, &indices));
        rejected.sort_by_key(|rejected| rejected.index);
    }
    Ok((span, rejected))
}
