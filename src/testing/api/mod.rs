//! The fake as a test uses it.

pub(crate) mod client;
pub(crate) mod courier;
pub(crate) mod expect;
mod mailbox;
mod receive;
pub(crate) mod recorded_call;
mod seed;
pub(crate) mod sent;
pub(crate) mod server;
pub(crate) mod settings;
mod strict;
pub(crate) mod stub;
mod webhooks;
