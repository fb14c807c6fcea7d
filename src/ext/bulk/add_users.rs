//! The first step of a bulk job: its users are added in chunks, several at a time.

use std::ops::Range;
use std::sync::Arc;

use bytes::Bytes;
use futures_util::stream::{self, Stream, StreamExt};

use super::checkpoint::{Checkpoint, Stage};
use super::chunks::{Chunk, MAX_USERS, chunks};
use super::error::Stopped;
use super::job::Job;
use super::rejected::{Rejected, is_duplicate, locate};
use crate::calls::{BulkAddUsers, Call};
use crate::types::BulkUser;
use crate::{Result, call};

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

/// Adds the users of the input who are not in the job yet, several chunks at a time, and yields each chunk that Courier
/// accepted. The first item comes before anything is sent, with a checkpoint that covers the chunks sent next. The last
/// item is an error, or a checkpoint that shows that all users are in the job.
///
/// If the stream is dropped or ends in an error, Courier may have acted on the chunks in flight. The last checkpoint
/// covers them.
pub(super) fn add_users<E: Send>(
    job: Job,
    users: impl Stream<Item = Result<BulkUser, E>> + Send,
) -> impl Stream<Item = Result<Ingested, Stopped<E>>> + Send {
    let in_flight = job.in_flight.max(1);
    // The users in flight follow those who are done: a chunk begins only when another one has ended.
    let ahead = (in_flight as u64).saturating_mul(MAX_USERS as u64);
    let mut checkpoint = job.checkpoint.clone();
    if !checkpoint.is_ingested() {
        checkpoint.reaches(ahead);
    }
    let first = Ingested { rejected: Vec::new(), checkpoint: checkpoint.clone() };
    let (channel, missing_address) = (job.channel, job.missing_address);
    let check = move |user: &BulkUser| missing_address.check(user, channel);
    let chunks = chunks(users, check, job.limits, checkpoint.done.clone());
    let job = Arc::new(job);
    let requests = chunks.map(move |chunk| {
        let job = Arc::clone(&job);
        async move { Ok(add(&job, chunk?).await) }
    });
    let accepted = Box::pin(requests.buffer_unordered(in_flight));
    let chunks =
        stream::try_unfold((accepted, checkpoint, None), move |(mut accepted, mut checkpoint, mut end)| async move {
            if checkpoint.is_ingested() {
                return Ok(None);
            }
            let rejected = loop {
                match accepted.next().await {
                    Some(Ok(added)) => {
                        let (span, rejected) = added.map_err(Stopped::Call)?;
                        checkpoint.add(span, rejected.len() as u64);
                        break rejected;
                    }
                    // The error of the input is yielded after the chunks before it.
                    Some(Err(reason)) => end = Some(reason),
                    None => {
                        end.take().map_or(Ok(()), Err)?;
                        checkpoint.enters(Stage::Ingested);
                        break Vec::new();
                    }
                }
            };
            checkpoint.reaches(ahead);
            let ingested = Ingested { rejected, checkpoint: checkpoint.clone() };
            Ok(Some((ingested, (accepted, checkpoint, end))))
        });
    stream::iter([Ok(first)]).chain(chunks)
}

/// Adds a chunk. Returns the indices that it covers, and the users who are not in the job.
async fn add(job: &Job, chunk: Chunk) -> Result<(Range<u64>, Vec<Rejected>)> {
    let body = Bytes::from(chunk.body());
    let Chunk { span, indices, mut rejected, .. } = chunk;
    if indices.is_empty() {
        return Ok((span, rejected));
    }
    // The users are JSON already; written by the call, each would be written twice.
    let mut request = call::request(&mut job.client.bulk().add_users(job.id(), [] as [BulkUser; 0]))?;
    request.body = body.clone();
    let response = job.client.call::<<BulkAddUsers as Call>::Response>(BulkAddUsers::OPERATION, Ok(request)).await?;
    let was_repeated = response.attempts() > 1;
    let mut errors = response.into_inner().errors.unwrap_or_default();
    // These users are in the job because of an earlier request from this job.
    if was_repeated || span.start < job.checkpoint.reach {
        errors.retain(|error| !is_duplicate(error));
    }
    if !errors.is_empty() {
        rejected.extend(locate(errors, &body, &indices));
        rejected.sort_by_key(|rejected| rejected.index);
    }
    Ok((span, rejected))
}
