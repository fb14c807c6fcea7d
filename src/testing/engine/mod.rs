//! The engine of the fake: it knows the description and no single resource.

pub(crate) mod description;
pub(crate) mod dispatch;
pub(crate) mod example;
pub(crate) mod idempotency;
pub(crate) mod json;
pub(crate) mod json_patch;
pub(crate) mod pagination;
pub(crate) mod request;
pub(crate) mod response;
pub(crate) mod routes;
pub(crate) mod state;
pub(crate) mod table;
pub(crate) mod time;
pub(crate) mod validate;
pub(crate) mod versions;
