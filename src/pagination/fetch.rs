//! Fetches one page after another, up to the end of a list.

use std::collections::HashSet;
use std::hash::BuildHasher;

use futures_util::stream::{self, Stream};

use super::page::Page;
use super::paged::Paged;
use crate::{Error, ErrorKind, Result, call};

/// Returns the pages of a list. An error is the last element.
pub(super) fn pages<P: Paged>(mut call: P) -> impl Stream<Item = Result<Page<P::Item>>> + Send {
    let cursors = Cursors::new(call.cursor_mut().as_deref());
    stream::try_unfold((Some(Ok(call)), cursors), async |(next, mut cursors)| {
        let Some(call) = next.transpose()? else { return Ok(None) };
        let (page, next) = fetch(call, &mut cursors).await?;
        Ok(Some((page, (next, cursors))))
    })
}

/// Fetches a page, and returns with it the call for the next page, or the error that ends the list after this page.
async fn fetch<P: Paged>(mut call: P, cursors: &mut Cursors) -> Result<(Page<P::Item>, Option<Result<P>>)> {
    let response = call::send(&mut call).await?;
    let next = P::next(&response);
    let has_more = next.more == Some(true);
    let (next_cursor, failure) = match next.into_cursor() {
        Ok(cursor) => (cursor, None),
        Err(error) => (None, Some(Err(error.with_operation(P::OPERATION.id)))),
    };
    let mut page = Page::from_response::<P>(response, next_cursor)?;
    if page.is_empty() && !has_more && page.next_cursor == *call.cursor_mut() {
        // Some servers repeat the cursor on an empty last page.
        page.next_cursor = None;
    }
    let next = match &page.next_cursor {
        None => failure,
        Some(cursor) if cursors.is_repeated(cursor) => {
            let detail =
                "the server returned a cursor that leads back to an earlier page; stopping to avoid an endless loop";
            Some(Err(Error::new(ErrorKind::CursorLoop, detail).with_operation(P::OPERATION.id)))
        }
        Some(cursor) => {
            *call.cursor_mut() = Some(cursor.clone());
            Some(Ok(call))
        }
    };
    Ok((page, next))
}

/// The cursors of the pages so far, each as a hash.
#[derive(Default)]
pub(crate) struct Cursors(HashSet<u64>);

impl Cursors {
    pub(crate) fn new(start: Option<&str>) -> Self {
        let mut cursors = Self::default();
        if let Some(start) = start {
            cursors.is_repeated(start);
        }
        cursors
    }

    /// Records the cursor, and returns `true` if it was recorded before.
    pub(crate) fn is_repeated(&mut self, cursor: &str) -> bool {
        let hash = self.0.hasher().hash_one(cursor);
        !self.0.insert(hash)
    }
}

#[cfg(test)]
mod tests {
    use super::Cursors;

    #[test]
    fn loop_of_any_length_is_found_where_it_closes() {
        for length in 1..100 {
            let cycle: Vec<String> = (0..length).map(|number| number.to_string()).collect();
            let mut cursors = Cursors::new(None);
            let repeated = cycle.iter().cycle().take(1000).position(|cursor| cursors.is_repeated(cursor));
            assert_eq!(repeated, Some(length), "{length}");
        }
        assert!(Cursors::new(Some("a")).is_repeated("a"));
    }

    #[test]
    fn different_cursors_are_not_a_loop() {
        let mut cursors = Cursors::new(None);
        assert!((0..10_000).all(|number| !cursors.is_repeated(&number.to_string())));
    }
}
