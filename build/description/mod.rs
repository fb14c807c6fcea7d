//! The description as a document, and its preparation for progenitor.

pub mod constants;
pub mod enums;
pub mod features;
pub mod lookup;
pub mod paging;
pub mod rate_limit;
pub mod unions;
pub mod wire;
pub mod yaml;
