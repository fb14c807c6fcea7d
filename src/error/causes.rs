//! The causes of an error.

use std::error::Error;

/// Returns an error and its causes, from the outside in.
pub(crate) fn causes<'a>(error: &'a (dyn Error + 'static)) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    std::iter::successors(Some(error), |error: &&'a (dyn Error + 'static)| Error::source(*error))
}
