//! Sets of devices for previews: `/previews/device-sets`.

use serde_json::{Value, json};

use crate::testing::engine::json::{or_null, pick, with};
use crate::testing::engine::request::Request;
use crate::testing::engine::response::Answer;
use crate::testing::engine::state::State;
use crate::testing::engine::time::iso;

fn found<'a>(state: &'a mut State, request: &Request<'_>) -> Result<&'a mut Value, Answer> {
    state.device_sets.get_mut(request.id(0)).ok_or_else(|| Answer::not_found("device set", request.id(0)))
}

pub(crate) fn create(state: &mut State, request: &Request<'_>) -> Result<Answer, Answer> {
    let id = state.id("pvs_");
    let about = json!({"id": id, "created_at": iso(request.now), "updated_at": iso(request.now)});
    let set = with(pick(&request.body, &["name", "device_ids"]), about);
    state.device_sets.insert(&id, set.clone());
    Ok(Answer::ok(set))
}

pub(crate) fn list_all(state: &mut State, _: &Request<'_>) -> Result<Answer, Answer> {
    let sets: Vec<&Value> = state.device_sets.iter().map(|(_, set)| set).collect();
    Ok(Answer::ok(json!({"results": sets})))
}

pub(crate) fn retrieve(state: &mut State, request: &Request<'_>) -> Result<Answer, Answer> {
    Ok(Answer::ok(found(state, request)?.clone()))
}

pub(crate) fn update(state: &mut State, request: &Request<'_>) -> Result<Answer, Answer> {
    let set = found(state, request)?;
    let about = json!({"id": request.id(0), "created_at": or_null(set, "created_at"), "updated_at": iso(request.now)});
    *set = with(pick(&request.body, &["name", "device_ids"]), about);
    Ok(Answer::ok(set.clone()))
}

pub(crate) fn archive(state: &mut State, request: &Request<'_>) -> Result<Answer, Answer> {
    let set = found(state, request)?.clone();
    state.device_sets.remove(request.id(0));
    Ok(Answer::ok(with(set, json!({"archived_at": iso(request.now)}))))
}
