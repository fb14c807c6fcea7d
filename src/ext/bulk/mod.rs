//! Bulk jobs of any size: one message to any number of users.
//!
//! A bulk job at Courier is created, filled with up to 1,000 users per call, and run once. A [`Job`] takes an iterator
//! or a stream of users and does all of that. Only a few chunks of users are in memory at a time.
//!
//! As a stream, [`SendJob`] reports each step, with a [`Checkpoint`] to save. Another process can resume from it, with
//! the same users in the same order, and no user is added twice. The [guide](crate::guide::bulk) shows both.

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
