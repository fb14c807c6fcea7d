//! Profiles: `/profiles/{user_id}`.

use serde_json::{Value, json};

use super::tenants;
use crate::testing::engine::*;

pub(super) const HANDLERS: &[(&str, Handler)] = &[
    ("profiles.create", update),
    ("profiles.retrieve", crud::retrieve::<Profile>),
    ("profiles.update", patch),
    ("profiles.replace", replace),
    ("profiles.delete", crud::delete_if_exists::<Profile>),
];

/// An object.
pub(super) struct Profile(pub Value);

stored!(Profile, "profile");

impl Resource for Profile {
    fn view(&self, _: &str, _: &State, _: &Request<'_>) -> Result<Value, Response> {
        Ok(json!({"profile": self.0}))
    }
}

impl Profile {
    pub fn new() -> Self {
        Self(json!({}))
    }

    /// Writes values into the profile, at any depth; null removes a value.
    pub fn merge(&mut self, given: &Value) {
        if given.is_object() {
            ::json_patch::merge(&mut self.0, given);
        }
    }
}

/// A property of a user's stored profile in the context of a tenant: of the membership, else of the user, else of the
/// tenant.
pub(super) fn property<'a>(state: &'a State, user: &str, tenant: Option<&str>, name: &str) -> Option<&'a Value> {
    let of_member = || tenants::membership(state, user, tenant?)?.0.get(name);
    let own = || state.table::<Profile>().get(user)?.0.get(name);
    let of_tenant =
        || tenants::with_ancestors(state, tenant?).find_map(|tenant| at(&tenant.0, "user_profile").get(name));
    of_member().or_else(own).or_else(of_tenant)
}

fn update(state: &mut State, request: &Request<'_>) -> Outcome {
    state.table_mut().entry(request.id(0), Profile::new).merge(at(&request.body, "profile"));
    Ok(Response::ok(json!({"status": "SUCCESS"})))
}

fn replace(state: &mut State, request: &Request<'_>) -> Outcome {
    let profile = object(&request.body, "profile").cloned().unwrap_or_default();
    state.table_mut().insert(request.id(0), Profile(profile.into()));
    Ok(Response::ok(json!({"status": "SUCCESS"})))
}

fn patch(state: &mut State, request: &Request<'_>) -> Outcome {
    let stored = state.find::<Profile>(request.id(0)).ok();
    let mut profile = stored.map_or_else(|| json!({}), |Profile(profile)| profile.clone());
    json_patch::apply(&mut profile, list(&request.body, "patch")).map_err(Response::invalid)?;
    if !profile.is_object() {
        return Err(Response::invalid("The profile is no longer an object after the patch"));
    }
    state.table_mut().insert(request.id(0), Profile(profile));
    Ok(Response::empty(204))
}
