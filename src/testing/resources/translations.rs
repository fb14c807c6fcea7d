//! Translations: `/translations/{domain}/{locale}`.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::testing::engine::{Handler, Outcome, Request, Response, State, stored};

pub(super) const HANDLERS: &[(&str, Handler)] = &[("translations.retrieve", retrieve), ("translations.update", update)];

/// The translations of a domain, by locale.
#[derive(Default)]
struct Domain(BTreeMap<String, Value>);

stored!(Domain, "domain");

fn retrieve(state: &mut State, request: &Request<'_>) -> Outcome {
    let translation = state.table::<Domain>().get(request.id(0)).and_then(|domain| domain.0.get(request.id(1)));
    translation.cloned().map(Response::ok).ok_or_else(|| Response::not_found("translation", request.id(1)))
}

fn update(state: &mut State, request: &Request<'_>) -> Outcome {
    let text = request.body.as_str().unwrap_or_default();
    state.table_mut().entry(request.id(0), Domain::default).0.insert(request.id(1).to_owned(), text.into());
    Ok(Response::empty(204))
}
