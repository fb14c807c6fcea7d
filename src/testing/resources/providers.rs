//! Provider configurations: `/providers`.

use serde_json::{Value, json};

use crate::testing::engine::json::{or_null, pick, text, with};
use crate::testing::engine::pagination::page;
use crate::testing::engine::request::Request;
use crate::testing::engine::response::Answer;
use crate::testing::engine::state::State;

const FIELDS: [&str; 4] = ["provider", "alias", "settings", "title"];

fn found<'a>(state: &'a mut State, request: &Request<'_>) -> Result<&'a mut Value, Answer> {
    state.providers.get_mut(request.id(0)).ok_or_else(|| Answer::not_found("provider", request.id(0)))
}

/// A configuration with what every one has.
fn complete(given: &Value, about: Value) -> Value {
    let title = text(given, "provider").unwrap_or_default();
    with(with(json!({"settings": {}, "title": title}), Value::Object(pick(given, &FIELDS))), about)
}

pub(crate) fn create(state: &mut State, request: &Request<'_>) -> Result<Answer, Answer> {
    let id = state.id("pv_");
    let provider = complete(&request.body, json!({"id": id, "created": request.now}));
    state.providers.insert(&id, provider.clone());
    Ok(Answer::ok(provider))
}

pub(crate) fn list_all(state: &mut State, request: &Request<'_>) -> Result<Answer, Answer> {
    page(request, state.settings.page_size, state.providers.iter().map(|(_, provider)| provider.clone()))
}

pub(crate) fn retrieve(state: &mut State, request: &Request<'_>) -> Result<Answer, Answer> {
    Ok(Answer::ok(found(state, request)?.clone()))
}

pub(crate) fn update(state: &mut State, request: &Request<'_>) -> Result<Answer, Answer> {
    let provider = found(state, request)?;
    if text(provider, "provider") != text(&request.body, "provider") {
        return Err(Answer::invalid("A configuration keeps its `provider`"));
    }
    let created = or_null(provider, "created");
    *provider = complete(&request.body, json!({"id": request.id(0), "created": created, "updated": request.now}));
    Ok(Answer::ok(provider.clone()))
}

pub(crate) fn patch(state: &mut State, request: &Request<'_>) -> Result<Answer, Answer> {
    let provider = found(state, request)?;
    *provider =
        with(with(provider.clone(), Value::Object(pick(&request.body, &FIELDS))), json!({"updated": request.now}));
    Ok(Answer::ok(provider.clone()))
}

pub(crate) fn delete(state: &mut State, request: &Request<'_>) -> Result<Answer, Answer> {
    let gone = state.providers.remove(request.id(0));
    gone.map(|_| Answer::empty(204)).ok_or_else(|| Answer::not_found("provider", request.id(0)))
}
