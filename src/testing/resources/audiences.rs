//! Audiences: `/audiences`. Their members are worked out when they are asked for.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use crate::testing::engine::json::{list, path, pick, text, with};
use crate::testing::engine::pagination::page;
use crate::testing::engine::request::Request;
use crate::testing::engine::response::Answer;
use crate::testing::engine::state::State;
use crate::testing::engine::time::{self as moment, iso};
use crate::testing::resources::webhooks::emit;

pub(crate) struct Audience {
    properties: Map<String, Value>,
    created: i64,
    updated: i64,
    version: u64,
}

type Profiles = BTreeMap<String, Map<String, Value>>;

impl Audience {
    fn view(&self, id: &str) -> Value {
        let about = json!({"id": id, "created_at": iso(self.created), "updated_at": iso(self.updated)});
        with(with(json!({"name": id, "description": ""}), Value::Object(self.properties.clone())), about)
    }

    /// The users whose profiles match.
    pub fn members<'a>(&self, profiles: &'a Profiles) -> Vec<&'a str> {
        let Some(filter) = self.properties.get("filter") else { return Vec::new() };
        let operator = self.properties.get("operator").or_else(|| filter.get("operator")).and_then(Value::as_str);
        let users = profiles.iter().filter(|(_, profile)| {
            let profile = Value::Object((*profile).clone());
            group(operator.unwrap_or("AND"), list(filter, "filters"), &profile)
        });
        users.map(|(user, _)| user.as_str()).collect()
    }
}

fn group(operator: &str, filters: &[Value], profile: &Value) -> bool {
    let mut outcomes = filters.iter().map(|filter| matches(filter, profile));
    if operator == "OR" { outcomes.any(|outcome| outcome) } else { outcomes.all(|outcome| outcome) }
}

fn matches(filter: &Value, profile: &Value) -> bool {
    let operator = text(filter, "operator").unwrap_or_default();
    if matches!(operator, "AND" | "OR") {
        return group(operator, list(filter, "filters"), profile);
    }
    let wanted = text(filter, "value").unwrap_or_default();
    let Some(found) = text(filter, "path").and_then(|name| path(profile, name)) else {
        return matches!(operator, "NEQ" | "OMIT");
    };
    let own = found.as_str().map_or_else(|| found.to_string(), str::to_owned);
    let has = match found {
        Value::Array(items) => items.iter().any(|item| item == wanted),
        _ => own.contains(wanted),
    };
    let numbers = || Some((own.parse::<f64>().ok()?, wanted.parse::<f64>().ok()?));
    let moments = || Some((moment::parse(&own)?, moment::parse(wanted)?));
    match operator {
        "EQ" => own == wanted,
        "NEQ" => own != wanted,
        "STARTS_WITH" => own.starts_with(wanted),
        "ENDS_WITH" => own.ends_with(wanted),
        "INCLUDES" => has,
        "OMIT" => !has,
        "GT" => numbers().is_some_and(|(own, wanted)| own > wanted),
        "GTE" => numbers().is_some_and(|(own, wanted)| own >= wanted),
        "LT" => numbers().is_some_and(|(own, wanted)| own < wanted),
        "LTE" => numbers().is_some_and(|(own, wanted)| own <= wanted),
        "IS_BEFORE" => moments().is_some_and(|(own, wanted)| own < wanted),
        "IS_AFTER" => moments().is_some_and(|(own, wanted)| own > wanted),
        "EXISTS" => true,
        _ => false,
    }
}

fn found<'a>(state: &'a State, request: &Request<'_>) -> Result<&'a Audience, Answer> {
    state.audiences.get(request.id(0)).ok_or_else(|| Answer::not_found("audience", request.id(0)))
}

pub(crate) fn list_all(state: &mut State, request: &Request<'_>) -> Result<Answer, Answer> {
    page(request, state.settings.page_size, state.audiences.iter().map(|(id, audience)| audience.view(id)))
}

pub(crate) fn retrieve(state: &mut State, request: &Request<'_>) -> Result<Answer, Answer> {
    Ok(Answer::ok(found(state, request)?.view(request.id(0))))
}

pub(crate) fn update(state: &mut State, request: &Request<'_>) -> Result<Answer, Answer> {
    let (id, now) = (request.id(0), request.now);
    let event = if state.audiences.contains(id) { "audiences:updated" } else { "audiences:created" };
    let made = || Audience { properties: Map::new(), created: now, updated: now, version: 0 };
    let audience = state.audiences.entry(id, made);
    audience.properties.extend(pick(&request.body, &["name", "description", "filter", "operator"]));
    audience.updated = now;
    audience.version += 1;
    let view = audience.view(id);
    emit(state, event, view.clone());
    Ok(Answer::ok(json!({"audience": view})))
}

pub(crate) fn delete(state: &mut State, request: &Request<'_>) -> Result<Answer, Answer> {
    if state.audiences.remove(request.id(0)).is_some() {
        emit(state, "audiences:deleted", json!({"id": request.id(0)}));
    }
    Ok(Answer::empty(204))
}

pub(crate) fn list_members(state: &mut State, request: &Request<'_>) -> Result<Answer, Answer> {
    let audience = found(state, request)?;
    let members = audience.members(&state.profiles).into_iter().map(|user| {
        json!({
            "audience_id": request.id(0), "audience_version": audience.version, "member_id": user,
            "added_at": iso(audience.updated), "reason": "The profile matches the filter",
        })
    });
    page(request, state.settings.page_size, members)
}
