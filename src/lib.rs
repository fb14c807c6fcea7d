//! The Rust SDK for Courier.
#![deny(missing_docs)]

mod client;
mod client_builder;
mod error;
mod exchange;
pub mod ext;
#[cfg(fuzzing)]
#[doc(hidden)]
pub mod fuzzing;
mod generated;
mod observe;
mod operation;
mod options;
mod path_segment;
mod request;
pub mod retry;
mod sensitive;

pub use bytes::Bytes;
pub use client::Client;
pub use client_builder::ClientBuilder;
pub use error::{Error, ErrorKind, Result};
pub use generated::{builder, types};
pub use observe::Call;
pub use options::Options;
pub use path_segment::{PathSegment, PathSegmentError};
pub use progenitor_client::ResponseValue;
pub use request::RequestBuilder;
pub use reqwest;
pub use sensitive::Sensitive;
