//! Help over the generated client that no generator can give.
//!
//! [`Paginate`] walks the pages of every operation that has some.

mod paginate;

pub use paginate::{Page, Paged, Paginate};
