//! Help over the generated client that no generator can give.
//!
//! [`Paginate`] walks the pages of every operation that has some.

mod paginate;

#[cfg(fuzzing)]
pub(crate) use paginate::Cursors;
#[cfg(fuzzing)]
pub use paginate::leading;
pub use paginate::{Page, Paged, Paginate};
