//! Profiles: `/profiles/{user_id}`.

use serde_json::{Map, Value, json};

use crate::testing::engine::json::{list, object};
use crate::testing::engine::json_patch;
use crate::testing::engine::request::Request;
use crate::testing::engine::response::Answer;
use crate::testing::engine::state::State;

fn stored() -> Result<Answer, Answer> {
    Ok(Answer::ok(json!({"status": "SUCCESS"})))
}

/// Writes keys into a profile; a key with null goes.
pub(crate) fn merge_into(profile: &mut Map<String, Value>, given: &Map<String, Value>) {
    for (name, value) in given {
        if value.is_null() {
            profile.remove(name);
        } else {
            profile.insert(name.clone(), value.clone());
        }
    }
}

pub(crate) fn merge(state: &mut State, request: &Request<'_>) -> Result<Answer, Answer> {
    let profile = state.profiles.entry(request.id(0).to_owned()).or_default();
    if let Some(given) = object(&request.body, "profile") {
        merge_into(profile, given);
    }
    stored()
}

pub(crate) fn replace(state: &mut State, request: &Request<'_>) -> Result<Answer, Answer> {
    let given = object(&request.body, "profile").cloned().unwrap_or_default();
    state.profiles.insert(request.id(0).to_owned(), given);
    stored()
}

pub(crate) fn patch(state: &mut State, request: &Request<'_>) -> Result<Answer, Answer> {
    let mut profile = Value::Object(state.profiles.get(request.id(0)).cloned().unwrap_or_default());
    json_patch::apply(&mut profile, list(&request.body, "patch")).map_err(Answer::invalid)?;
    match profile {
        Value::Object(profile) => {
            state.profiles.insert(request.id(0).to_owned(), profile);
            Ok(Answer::empty(204))
        }
        _ => Err(Answer::invalid("The patch leaves a profile that is no object")),
    }
}

pub(crate) fn retrieve(state: &mut State, request: &Request<'_>) -> Result<Answer, Answer> {
    let profile = state.profiles.get(request.id(0)).ok_or_else(|| Answer::not_found("profile", request.id(0)))?;
    Ok(Answer::ok(json!({"profile": profile})))
}

pub(crate) fn delete(state: &mut State, request: &Request<'_>) -> Result<Answer, Answer> {
    state.profiles.remove(request.id(0));
    Ok(Answer::empty(204))
}
