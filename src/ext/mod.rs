//! Hand-written helpers on top of the generated calls and types: paging, waiting, bulk jobs, webhooks, token scopes.
//!
//! Most of them are reached from a call: [`items`](crate::calls::BulkListUsers::items) of every list,
//! [`until_delivered`](crate::calls::MessagesRetrieve::until_delivered) of a message. Shorthands such as
//! [`Recipient::email`](crate::types::Recipient::email) are on the types themselves.

#[cfg(feature = "bulk")]
#[cfg_attr(docsrs, doc(cfg(feature = "bulk")))]
pub mod bulk;
mod constructors;
pub(crate) mod pagination;
mod token_scope;
mod wait;
#[cfg(feature = "webhook")]
#[cfg_attr(docsrs, doc(cfg(feature = "webhook")))]
pub mod webhook;
#[cfg(any(feature = "testing", feature = "webhook"))]
pub(crate) mod webhook_signature;

pub use pagination::{Items, Page, Paged, Pages, Paginate};
pub use token_scope::{InvalidScope, Lifetime, Scope};
pub use wait::{Verdict, Wait, WaitError};
