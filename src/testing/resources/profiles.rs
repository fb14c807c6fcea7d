//! Profiles: `/profiles/{user_id}`.

use serde_json::{Map, Value, json};

use crate::testing::engine::{
    Handler, Outcome, Request, Resource, Response, State, crud, json_patch, list, object, stored,
};

pub(super) const HANDLERS: &[(&str, Handler)] = &[
    ("profiles.create", merge),
    ("profiles.retrieve", crud::retrieve::<Profile>),
    ("profiles.update", patch),
    ("profiles.replace", replace),
    ("profiles.delete", crud::delete_if_exists::<Profile>),
];

#[derive(Default)]
pub(super) struct Profile(pub Map<String, Value>);

stored!(Profile, "profile");

impl Resource for Profile {
    fn view(&self, _: &str, _: &State, _: &Request<'_>) -> Result<Value, Response> {
        Ok(json!({"profile": self.0}))
    }
}

impl Profile {
    /// Writes keys into the profile; null removes a key.
    pub fn merge(&mut self, given: &Map<String, Value>) {
        for (name, value) in given {
            if value.is_null() {
                self.0.remove(name);
            } else {
                self.0.insert(name.clone(), value.clone());
            }
        }
    }
}

/// A property of a user's stored profile.
pub(super) fn property<'a>(state: &'a State, user: &str, name: &str) -> Option<&'a Value> {
    state.table::<Profile>().get(user)?.0.get(name)
}

fn merge(state: &mut State, request: &Request<'_>) -> Outcome {
    let profile = state.table_mut().entry(request.id(0), Profile::default);
    profile.merge(object(&request.body, "profile").unwrap_or(&Map::new()));
    Ok(Response::ok(json!({"status": "SUCCESS"})))
}

fn replace(state: &mut State, request: &Request<'_>) -> Outcome {
    let profile = object(&request.body, "profile").cloned().unwrap_or_default();
    state.table_mut().insert(request.id(0), Profile(profile));
    Ok(Response::ok(json!({"status": "SUCCESS"})))
}

fn patch(state: &mut State, request: &Request<'_>) -> Outcome {
    let before = state.table::<Profile>().get(request.id(0)).map(|Profile(profile)| profile.clone());
    let mut profile = Value::Object(before.unwrap_or_default());
    json_patch::apply(&mut profile, list(&request.body, "patch")).map_err(Response::invalid)?;
    match profile {
        Value::Object(profile) => {
            state.table_mut().insert(request.id(0), Profile(profile));
            Ok(Response::empty(204))
        }
        _ => Err(Response::invalid("The profile is no longer an object after the patch")),
    }
}
