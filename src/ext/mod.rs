//! Features beyond single calls: paging, waiting, bulk jobs, webhooks and token scopes.
//!
//! Most of them are methods of calls, such as [`items`](crate::calls::BulkListUsers::items) of every list and
//! [`until_delivered`](crate::calls::MessagesRetrieve::until_delivered) of a message. Constructors such as
//! [`Recipient::email`](crate::types::Recipient::email) are methods of the types.

#[cfg(feature = "bulk")]
#[cfg_attr(docsrs, doc(cfg(feature = "bulk")))]
pub mod bulk;
mod constructors;
#[cfg(any(feature = "automations", feature = "send"))]
mod email_override;
#[cfg(any(
    feature = "automations",
    feature = "broadcasts",
    feature = "bulk",
    feature = "journeys",
    feature = "notifications",
    feature = "send",
    feature = "tenants"
))]
mod normalized;
pub(crate) mod performed_call;
mod token_scope;
mod wait;
#[cfg(feature = "webhook")]
#[cfg_attr(docsrs, doc(cfg(feature = "webhook")))]
pub mod webhook;
#[cfg(any(feature = "testing", feature = "webhook"))]
pub(crate) mod webhook_signature;

#[cfg(any(feature = "automations", feature = "send"))]
#[cfg_attr(docsrs, doc(cfg(any(feature = "automations", feature = "send"))))]
pub use email_override::{Attachment, EmailOverride};

pub use crate::pagination::{Items, Page, Paged, Pages, Paginate};
pub use token_scope::{InvalidScope, Lifetime, Scope};
pub use wait::{Verdict, Wait, WaitError};
