//! What no generator can give: help over the generated calls and types.
//!
//! [`Paginate`] walks the pages of every list. The shorthands, such as [`Recipient::email`](crate::types::Recipient::email)
//! and [`Content::elemental`](crate::types::Content::elemental), are on the types themselves.

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
