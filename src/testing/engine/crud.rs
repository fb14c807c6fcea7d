//! The handlers that most resources have: retrieve, list, delete, create and replace.

use serde_json::Value;

use super::pagination::page;
use super::request::Request;
use super::response::{Outcome, Response};
use super::state::{State, Stored};
use super::table::split;

/// A resource that can be retrieved, listed and deleted. Its key is the arguments in the path.
pub(crate) trait Resource: Stored {
    /// `true` if lists begin with the newest.
    const NEWEST_FIRST: bool = false;

    /// The body of a response about it.
    fn view(&self, id: &str, state: &State, request: &Request<'_>) -> Result<Value, Response>;

    /// Its row in a list; `None` if it is not listed.
    fn row(&self, id: &str, state: &State, request: &Request<'_>) -> Option<Value> {
        self.view(id, state, request).ok()
    }

    /// Refuses requests whose parent in the path is missing.
    fn check_parent(_: &State, _: &Request<'_>) -> Result<(), Response> {
        Ok(())
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

pub(crate) fn retrieve<T: Resource>(state: &mut State, request: &Request<'_>) -> Outcome {
    T::check_parent(state, request)?;
    state.find::<T>(&request.key())?.view(request.last_id(), state, request).map(Response::ok)
}

pub(crate) fn list<T: Resource>(state: &mut State, request: &Request<'_>) -> Outcome {
    T::check_parent(state, request)?;
    let parent = request.key();
    let rows = state.table::<T>().below(&parent).filter(|(_, row)| !row.is_deleted());
    let view = |(id, row): (&str, &T)| row.row(id, state, request);
    if T::NEWEST_FIRST { page(request, rows.rev().filter_map(view)) } else { page(request, rows.filter_map(view)) }
}

pub(crate) fn delete<T: Resource>(state: &mut State, request: &Request<'_>) -> Outcome {
    T::check_parent(state, request)?;
    let key = request.key();
    state.find::<T>(&key)?;
    T::check_delete(request.last_id(), state)?;
    if !state.find_mut::<T>(&key)?.archive() {
        state.table_mut::<T>().remove(&key);
    }
    Ok(Response::empty(204))
}

/// Like [`delete`], but a missing resource is also a success.
pub(crate) fn delete_if_exists<T: Resource>(state: &mut State, request: &Request<'_>) -> Outcome {
    state.table_mut::<T>().remove(&request.key());
    Ok(Response::empty(204))
}

pub(crate) fn create<T: Create>(state: &mut State, request: &Request<'_>) -> Outcome {
    T::check_parent(state, request)?;
    let key = request.key_of_new(&T::new_id(state, request)?);
    Ok(Response { status: T::CREATED, ..store::<T>(state, &key, request, None)? })
}

pub(crate) fn replace<T: Create>(state: &mut State, request: &Request<'_>) -> Outcome {
    T::check_parent(state, request)?;
    let key = request.key();
    let before = state.find::<T>(&key)?.clone();
    store(state, &key, request, Some(before))
}

fn store<T: Create>(state: &mut State, key: &str, request: &Request<'_>, before: Option<T>) -> Outcome {
    let id = split(key).1;
    let resource = T::build(state, id, request, before)?;
    state.table_mut::<T>().insert(key, resource);
    state.find::<T>(key)?.view(id, state, request).map(Response::ok)
}
