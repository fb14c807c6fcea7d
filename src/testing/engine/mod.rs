//! The engine of the fake: state, checks, pages, versions and time. It uses the API's description, but has no code for
//! individual resources.

pub(crate) mod clock;
pub(crate) mod crud;
pub(crate) mod description;
pub(crate) mod dispatch;
pub(crate) mod example;
pub(crate) mod idempotency;
pub(crate) mod json;
pub(crate) mod json_patch;
pub(crate) mod pagination;
pub(crate) mod request;
pub(crate) mod response;
pub(crate) mod settings;
mod shape;
pub(crate) mod state;
pub(crate) mod table;
pub(crate) mod time;
mod validate;
pub(crate) mod versions;

pub(crate) use crud::{Create, Resource, document};
pub(crate) use dispatch::Handler;
pub(crate) use json::{at, joined, list, object, or_null, path, pick, text, with, without_nulls};
pub(crate) use pagination::{limit, page, page_of_size};
pub(crate) use request::Request;
pub(crate) use response::{Outcome, Response};
pub(crate) use state::{State, Stored, stored};
pub(crate) use table::{key, split};
pub(crate) use time::iso;
pub(crate) use versions::{CREATOR, Versions};
