//! Hand-written helpers on top of the generated calls and types: paging, waiting, bulk jobs, webhooks, token scopes.
//!
//! Most of them are reached from a call: [`items`](crate::calls::BulkListUsers::items) of every list,
//! [`until_delivered`](crate::calls::MessagesRetrieve::until_delivered) of a message. Shorthands such as
//! [`Recipient::email`](crate::types::Recipient::email) are on the types themselves.

mod ahead;
#[cfg(feature = "bulk")]
#[cfg_attr(docsrs, doc(cfg(feature = "bulk")))]
pub mod bulk;
pub(crate) mod paginate;
mod rows;
mod scope;
mod shorthand;
mod status;
mod until;
mod wait;
mod walk;
#[cfg(feature = "webhook")]
#[cfg_attr(docsrs, doc(cfg(feature = "webhook")))]
pub mod webhook;

#[cfg(fuzzing)]
pub use paginate::leading;
pub use paginate::{Items, Page, Paged, Pages, Paginate};
pub use scope::{InvalidScope, Lifetime, Scope};
pub use wait::{Verdict, Wait, WaitError};
#[cfg(fuzzing)]
pub(crate) use walk::Cursors;
