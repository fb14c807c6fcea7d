//! Features beyond single calls: paging, waiting, bulk jobs, webhooks and token scopes.
//!
//! Most of them are methods of calls, such as [`items`](crate::calls::BulkListUsers::items) of every list and
//! [`until_delivered`](crate::calls::MessagesRetrieve::until_delivered) of a message. Constructors such as
//! [`Recipient::email`](crate::types::Recipient::email) are methods of the types.

#[cfg(feature = "bulk")]
#[cfg_attr(docsrs, doc(cfg(feature = "bulk")))]
pub mod bulk;
mod constructors;
mod conversions;
#[cfg(has_type = "Message")]
mod email_override;
#[cfg(has_type = "ElementalContent")]
mod normalized;
#[cfg(feature = "notifications")]
mod notification_list_item;
pub(crate) mod performed_call;
mod token_lifetime;
mod token_scope;
mod wait;
#[cfg(feature = "webhook")]
#[cfg_attr(docsrs, doc(cfg(feature = "webhook")))]
pub mod webhook;
#[cfg(any(feature = "testing", feature = "webhook"))]
pub(crate) mod webhook_signature;

#[cfg(has_type = "Message")]
#[cfg_attr(docsrs, doc(cfg(any(feature = "automations", feature = "send"))))]
pub use email_override::{Attachment, EmailOverride};

pub use crate::pagination::{Items, Page, Paged, Pages, Paginate};
pub use token_lifetime::Lifetime;
pub use token_scope::{InvalidScope, Scope};
pub use wait::{Verdict, Wait, WaitError};
