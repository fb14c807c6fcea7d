//! The fake as a test uses it.

pub(crate) mod client;
pub(crate) mod clock;
pub(crate) mod courier;
pub(crate) mod expect;
pub(crate) mod mailbox;
pub(crate) mod recorded_call;
pub(crate) mod sent;
pub(crate) mod server;
pub(crate) mod settings;
pub(crate) mod strict;
pub(crate) mod stub;
