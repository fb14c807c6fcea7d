//! From page to page, to the end of a list.

use std::collections::HashSet;
use std::collections::hash_map::RandomState;
use std::hash::BuildHasher;
use std::pin::Pin;
use std::task::{Context, Poll};

use futures_util::stream::Stream;

use super::Paged;
use super::rows::Rows;
use crate::call;
use crate::json::Structure;
use crate::{Error, ErrorKind, Result};

/// Goes from page to page.
pub(super) struct Walk<P: Paged> {
    seen: Cursors,
    state: State<P>,
}

enum State<P: Paged> {
    /// The call of the next page.
    Next(P),
    Fetching(Fetching<P>),
    /// The error that ends the list, after the page that came with it.
    Failed(Error),
    Ended,
}

/// A page that is being fetched, with the call that goes on from it.
type Fetching<P> = Pin<Box<dyn Future<Output = Result<(Rows<<P as Paged>::Item>, Result<Option<P>>)>> + Send>>;

impl<P: Paged> Walk<P> {
    pub(super) fn of(mut call: P) -> Self {
        let start = call.cursor_mut().clone();
        Self { seen: Cursors::from(start), state: State::Next(call) }
    }
}

impl<P: Paged> Stream for Walk<P> {
    type Item = Result<Rows<P::Item>>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        loop {
            match std::mem::replace(&mut self.state, State::Ended) {
                State::Ended => return Poll::Ready(None),
                State::Failed(error) => return Poll::Ready(Some(Err(error))),
                State::Next(call) => self.state = State::Fetching(Box::pin(fetch(call))),
                State::Fetching(mut fetching) => {
                    let Poll::Ready(fetched) = fetching.as_mut().poll(context) else {
                        self.state = State::Fetching(fetching);
                        return Poll::Pending;
                    };
                    let (rows, next) = match fetched {
                        Ok(fetched) => fetched,
                        Err(error) => return Poll::Ready(Some(Err(error))),
                    };
                    self.state = match next {
                        Err(error) => State::Failed(error),
                        Ok(None) => State::Ended,
                        Ok(Some(call)) => match &rows.next_cursor {
                            Some(cursor) if self.seen.leads_back(cursor) => State::Failed(endless::<P>()),
                            _ => State::Next(call),
                        },
                    };
                    return Poll::Ready(Some(Ok(rows)));
                }
            }
        }
    }
}

async fn fetch<P: Paged>(call: P) -> Result<(Rows<P::Item>, Result<Option<P>>)> {
    let answer = call::send(call.clone()).await?;
    let (status, headers) = (answer.status(), answer.headers().clone());
    let mut answer = answer.into_inner();
    let next = P::next(&answer).cursor().map_err(|error| error.with_operation(P::OPERATION.id));
    let next_cursor = next.as_ref().ok().cloned().flatten();
    let next = next.map(|cursor| {
        cursor.map(|cursor| {
            let mut call = call;
            *call.cursor_mut() = Some(cursor);
            call
        })
    });
    let rows = rows::<P>(&mut answer);
    Ok((Rows { rows, next_cursor, status, headers }, next))
}

/// The rows of a response in their order. Where some of them did not fit, the whole list is kept beside the field.
fn rows<P: Paged>(answer: &mut P::Response) -> Vec<Result<P::Item>> {
    let Some(kept) = answer.extra().get(P::ITEMS).and_then(serde_json::Value::as_array) else {
        return P::take_items(answer).into_iter().map(Ok).collect();
    };
    let row = |(place, row): (usize, &serde_json::Value)| {
        crate::json::from_value(row).ok_or_else(|| {
            let detail = format!(
                "row {place} of this page is nothing like what the list is of; the rest of the page is not affected"
            );
            Error::new(ErrorKind::Decode, detail).with_operation(P::OPERATION.id)
        })
    };
    kept.iter().enumerate().map(row).collect()
}

fn endless<P: Paged>() -> Error {
    let detail = "the server gave a cursor that has led to an earlier page already; the list would have no end";
    Error::new(ErrorKind::CursorLoop, detail).with_operation(P::OPERATION.id)
}

/// The cursors that have led to a page, each as a hash: a circle of them is found before a page comes twice.
pub(crate) struct Cursors {
    seen: HashSet<u64>,
    hasher: RandomState,
}

impl Cursors {
    pub(crate) fn from(start: Option<String>) -> Self {
        let mut cursors = Self { seen: HashSet::new(), hasher: RandomState::new() };
        if let Some(start) = start {
            cursors.leads_back(&start);
        }
        cursors
    }

    pub(crate) fn leads_back(&mut self, cursor: &str) -> bool {
        !self.seen.insert(self.hasher.hash_one(cursor))
    }
}

#[cfg(test)]
mod tests {
    use super::Cursors;

    #[test]
    fn a_circle_of_any_length_is_found_where_it_closes() {
        for length in 1..100 {
            let cursors: Vec<String> = (0..length).map(|number| number.to_string()).collect();
            let mut seen = Cursors::from(None);
            let found = cursors.iter().cycle().take(1000).position(|cursor| seen.leads_back(cursor));
            assert_eq!(found, Some(length), "{length}");
        }
        assert!(Cursors::from(Some("a".to_owned())).leads_back("a"));
    }

    #[test]
    fn cursors_that_differ_are_no_circle() {
        let mut seen = Cursors::from(None);
        assert!((0..10_000).all(|number| !seen.leads_back(&number.to_string())));
    }
}
