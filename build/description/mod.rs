//! The description as a document, and what is done to it before progenitor reads it.

pub mod constants;
pub mod features;
pub mod lookup;
pub mod paging;
pub mod unions;
pub mod yaml;
