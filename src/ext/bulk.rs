//! Bulk jobs of any size: one message to as many users as there are.
//!
//! Courier takes a thousand users at a time, in a job that is created, filled and run. A [`Job`] does all of it, from an
//! iterator or a stream of users to the end of the job, with a few chunks in memory, however many users there are.
//!
//! ```no_run
//! use trycourier::ext::bulk::{Channel, Job};
//! use trycourier::types::{BulkMessage, BulkUser};
//!
//! # async fn example(client: &trycourier::Client) -> Result<(), Box<dyn std::error::Error>> {
//! let users = (0..250_000).map(|n| BulkUser::new().profile([("email", format!("user{n}@example.com"))]));
//! let job = Job::create(client, BulkMessage::new("nt_newsletter")).await?.channel(Channel::Email);
//! let report = job.send(users).await?;
//! println!("{} users, of whom {} were refused", report.seen, report.refused.len());
//! # Ok(())
//! # }
//! ```
//!
//! # On the way, and after a crash
//!
//! As a stream, [`Sending`] tells every step. Save each checkpoint in place of the one before: another process goes on from
//! it, with the same users in the same order, and adds nobody twice.
//!
//! ```no_run
//! use futures::TryStreamExt as _;
//! use trycourier::ext::bulk::{Channel, Job, Progress};
//! use trycourier::types::{BulkMessage, BulkUser};
//!
//! # fn users() -> Vec<BulkUser> { Vec::new() }
//! # async fn example(client: &trycourier::Client) -> Result<(), Box<dyn std::error::Error>> {
//! let job = match std::fs::read("job.json") {
//!     Ok(saved) => Job::resume(client, serde_json::from_slice(&saved)?),
//!     Err(_) => Job::create(client, BulkMessage::new("nt_newsletter")).await?,
//! };
//! let mut sending = job.channel(Channel::Email).send(users());
//! while let Some(progress) = sending.try_next().await? {
//!     if let Some(checkpoint) = progress.checkpoint() {
//!         std::fs::write("job.json", serde_json::to_vec(checkpoint)?)?;
//!     }
//!     if let Progress::Ingested { refused, .. } = &progress {
//!         refused.iter().for_each(|user| println!("user {:?}: {}", user.place, user.reason));
//!     }
//! }
//! # Ok(())
//! # }
//! ```
//!
//! What each user was sent is told by [`Job::results`], once the job has run.

mod channel;
mod checkpoint;
mod chunks;
mod ingest;
mod job;
mod refused;
mod sending;
mod stopped;

pub use channel::{Channel, Unaddressed};
pub use checkpoint::Checkpoint;
pub use ingest::Ingested;
pub use job::Job;
pub use refused::Refused;
pub use sending::{BulkError, Progress, Report, Sending};
pub use stopped::Stopped;
