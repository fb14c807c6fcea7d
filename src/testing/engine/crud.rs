//! The handlers that most resources have: retrieve, list, delete, create and replace.

use serde_json::Value;

use super::pagination::page;
use super::request::Request;
use super::response::{Outcome, Response};
use super::state::{State, Stored};

/// A resource that can be retrieved, listed and deleted. The last argument in the path is its id.
pub(crate) trait Resource: Stored {
    /// `true` if lists begin with the newest.
    const NEWEST_FIRST: bool = false;

    /// The body of a response about it.
    fn view(&self, id: &str, state: &State, request: &Request<'_>) -> Result<Value, Response>;

    /// Its row in a list; `None` if it is not listed.
    fn row(&self, id: &str, state: &State, request: &Request<'_>) -> Option<Value> {
        self.view(id, state, request).ok()
    }

    /// Returns `false` if it belongs to another parent than the one in the path.
    fn is_in_scope(&self, _: &Request<'_>) -> bool {
        true
    }

    /// Refuses to delete it, if something still needs it.
    fn check_delete(_id: &str, _: &State) -> Result<(), Response> {
        Ok(())
    }

    /// Marks it as deleted. Returns `false` if it is to be removed instead.
    fn archive(&mut self) -> bool {
        false
    }
}

/// A resource that can be created and replaced.
pub(crate) trait Create: Resource + Clone {
    const ID_PREFIX: &'static str;
    /// The status of a creation.
    const CREATED: u16 = 200;

    fn new_id(state: &mut State, _: &Request<'_>) -> Result<String, Response> {
        Ok(state.new_id(Self::ID_PREFIX))
    }

    /// Creates the resource from a request. `before` is the resource that it replaces.
    fn build(state: &mut State, id: &str, request: &Request<'_>, before: Option<Self>) -> Result<Self, Response>;
}

/// Declares a resource that is stored as JSON, which is also its view.
macro_rules! document {
    ($kind:ident, $noun:literal) => {
        #[derive(Clone)]
        struct $kind(serde_json::Value);

        $crate::testing::engine::stored!($kind, $noun);

        impl $crate::testing::engine::Resource for $kind {
            fn view(
                &self,
                _: &str,
                _: &$crate::testing::engine::State,
                _: &$crate::testing::engine::Request<'_>,
            ) -> Result<serde_json::Value, $crate::testing::engine::Response> {
                Ok(self.0.clone())
            }
        }
    };
}
pub(crate) use document;

/// Finds the resource that a path ends with, or returns a 404.
pub(crate) fn find<'a, T: Resource>(state: &'a State, request: &Request<'_>) -> Result<&'a T, Response> {
    let id = request.last_id();
    state.find::<T>(id).ok().filter(|row| row.is_in_scope(request)).ok_or_else(|| Response::not_found(T::NOUN, id))
}

pub(crate) fn retrieve<T: Resource>(state: &mut State, request: &Request<'_>) -> Outcome {
    find::<T>(state, request)?.view(request.last_id(), state, request).map(Response::ok)
}

pub(crate) fn list<T: Resource>(state: &mut State, request: &Request<'_>) -> Outcome {
    let rows = state.table::<T>().iter().filter(|(_, row)| !row.is_deleted() && row.is_in_scope(request));
    let view = |(id, row): (&str, &T)| row.row(id, state, request);
    if T::NEWEST_FIRST { page(request, rows.rev().filter_map(view)) } else { page(request, rows.filter_map(view)) }
}

pub(crate) fn delete<T: Resource>(state: &mut State, request: &Request<'_>) -> Outcome {
    let id = request.last_id();
    find::<T>(state, request)?;
    T::check_delete(id, state)?;
    if !state.find_mut::<T>(id)?.archive() {
        state.table_mut::<T>().remove(id);
    }
    Ok(Response::empty(204))
}

/// Like [`delete`], but a missing resource is also a success.
pub(crate) fn delete_if_exists<T: Resource>(state: &mut State, request: &Request<'_>) -> Outcome {
    state.table_mut::<T>().remove(request.last_id());
    Ok(Response::empty(204))
}

pub(crate) fn create<T: Create>(state: &mut State, request: &Request<'_>) -> Outcome {
    let id = T::new_id(state, request)?;
    Ok(Response { status: T::CREATED, ..store::<T>(state, &id, request, None)? })
}

pub(crate) fn replace<T: Create>(state: &mut State, request: &Request<'_>) -> Outcome {
    let before = find::<T>(state, request)?.clone();
    store(state, request.last_id(), request, Some(before))
}

fn store<T: Create>(state: &mut State, id: &str, request: &Request<'_>, before: Option<T>) -> Outcome {
    let resource = T::build(state, id, request, before)?;
    state.table_mut::<T>().insert(id, resource);
    state.find::<T>(id)?.view(id, state, request).map(Response::ok)
}
