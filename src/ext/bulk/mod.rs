//! Bulk jobs of any size: one message to any number of users.
//!
//! A bulk job at Courier is created, filled with up to 1,000 users per call, and run once. A [`Job`] takes an iterator
//! or a stream of users and does all of that. Only a few chunks of users are in memory at a time.
//!
//! ```no_run
//! use trycourier::ext::bulk::{Channel, Job};
//! use trycourier::types::{BulkMessage, BulkUser};
//!
//! # async fn example(client: &trycourier::Client) -> Result<(), Box<dyn std::error::Error>> {
//! let users = (0..250_000).map(|n| BulkUser::new().profile([("email", format!("user{n}@example.com"))]));
//! let job = Job::create(client, BulkMessage::new("nt_newsletter")).await?.channel(Channel::Email);
//! let report = job.send(users).await?;
//! println!("{} users, of whom {} were rejected", report.seen, report.rejected.len());
//! # Ok(())
//! # }
//! ```
//!
//! # Progress, and resuming after a crash
//!
//! As a stream, [`SendJob`] reports each step. Overwrite the saved checkpoint with each new checkpoint. Another process
//! can resume from it, with the same users in the same order, and no user is added twice.
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
//!     if let Progress::Ingested(chunk) = &progress {
//!         chunk.rejected.iter().for_each(|user| println!("user {:?}: {}", user.index, user.reason));
//!     }
//! }
//! # Ok(())
//! # }
//! ```
//!
//! Once the job has run, [`Job::results`] lists each user with the id of the message.

mod add_users;
mod channel;
mod checkpoint;
mod chunks;
mod error;
mod job;
mod rejected;
mod send_job;

pub use add_users::Ingested;
pub use channel::{Channel, MissingAddress};
pub use checkpoint::Checkpoint;
pub use error::{BulkError, Stopped};
pub use job::Job;
pub use rejected::Rejected;
pub use send_job::{Progress, Report, SendJob};
