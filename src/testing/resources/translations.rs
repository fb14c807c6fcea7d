//! Translations: `/translations/{domain}/{locale}`.

use serde_json::Value;

use crate::testing::engine::request::Request;
use crate::testing::engine::response::Answer;
use crate::testing::engine::state::State;

fn place(request: &Request<'_>) -> (String, String) {
    (request.id(0).to_owned(), request.id(1).to_owned())
}

pub(crate) fn retrieve(state: &mut State, request: &Request<'_>) -> Result<Answer, Answer> {
    let stored =
        state.translations.get(&place(request)).ok_or_else(|| Answer::not_found("translation", request.id(1)))?;
    Ok(Answer::ok(Value::String(stored.clone())))
}

pub(crate) fn update(state: &mut State, request: &Request<'_>) -> Result<Answer, Answer> {
    let given = request.body.as_str().unwrap_or_default();
    state.translations.insert(place(request), given.to_owned());
    Ok(Answer::empty(204))
}
