//! Audiences: `/audiences`. Their members are computed for every request.

use serde_json::{Value, json};

use super::profiles::{Profile, property};
use super::tenants;
use crate::testing::engine::*;

pub(super) const HANDLERS: &[(&str, Handler)] = &[
    ("audiences.list", crud::list::<Audience>),
    ("audiences.retrieve", crud::retrieve::<Audience>),
    ("audiences.update", update),
    ("audiences.delete", delete),
    ("audiences.list_members", list_members),
];

/// An audience, and the number of its changes.
pub(super) struct Audience(Value, u64);

stored!(Audience, "audience");

impl Resource for Audience {
    fn view(&self, _: &str, _: &State, _: &Request<'_>) -> Result<Value, Response> {
        Ok(self.0.clone())
    }
}

impl Audience {
    /// The users whose profiles match.
    pub fn members<'a>(&'a self, state: &'a State) -> impl Iterator<Item = &'a str> {
        let filter = self.0.get("filter");
        let operator = self.0.get("operator").or_else(|| filter?.get("operator")).and_then(Value::as_str);
        let matching = move |(user, Profile(profile)): (&'a str, &'a Profile)| {
            let person = Person { state, user, profile };
            person.matches_group(operator.unwrap_or("AND"), list(filter?, "filters")).then_some(user)
        };
        state.table::<Profile>().iter().filter_map(matching)
    }
}

/// Returns `true` if a user belongs to an account, which is a tenant.
pub(super) fn is_member(state: &State, user: &str, account: &str) -> bool {
    tenants::membership(state, user, account).is_some()
        || property(state, user, None, "account_id").is_some_and(|own| own == account)
}

struct Person<'a> {
    state: &'a State,
    user: &'a str,
    profile: &'a Value,
}

impl Person<'_> {
    fn matches_group(&self, operator: &str, filters: &[Value]) -> bool {
        let mut outcomes = filters.iter().map(|filter| self.matches(filter));
        if operator == "OR" { outcomes.any(|outcome| outcome) } else { outcomes.all(|outcome| outcome) }
    }

    fn matches(&self, filter: &Value) -> bool {
        let expected = text(filter, "value").unwrap_or_default();
        match text(filter, "operator").unwrap_or_default() {
            operator @ ("AND" | "OR") => self.matches_group(operator, list(filter, "filters")),
            "MEMBER_OF" => is_member(self.state, self.user, expected),
            operator if at(filter, "value").is_array() => {
                let mut values = list(filter, "value").iter().filter_map(Value::as_str);
                let mut matches = |expected| compare(operator, filter, expected, self.profile);
                if operator == "OMIT" { values.all(&mut matches) } else { values.any(matches) }
            }
            operator => compare(operator, filter, expected, self.profile),
        }
    }
}

fn compare(operator: &str, filter: &Value, expected: &str, profile: &Value) -> bool {
    let Some(value) = text(filter, "path").and_then(|name| path(profile, name)) else {
        return matches!(operator, "NEQ" | "OMIT");
    };
    let own = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let has = match value {
        Value::Array(items) => items.iter().any(|item| item == expected),
        _ => own.contains(expected),
    };
    let numbers = || Some((own.parse::<f64>().ok()?, expected.parse::<f64>().ok()?));
    let times = || Some((time::parse(&own)?, time::parse(expected)?));
    match operator {
        "EQ" => own == expected,
        "NEQ" => own != expected,
        "STARTS_WITH" => own.starts_with(expected),
        "ENDS_WITH" => own.ends_with(expected),
        "INCLUDES" => has,
        "OMIT" => !has,
        "GT" => numbers().is_some_and(|(own, expected)| own > expected),
        "GTE" => numbers().is_some_and(|(own, expected)| own >= expected),
        "LT" => numbers().is_some_and(|(own, expected)| own < expected),
        "LTE" => numbers().is_some_and(|(own, expected)| own <= expected),
        "IS_BEFORE" => times().is_some_and(|(own, expected)| own < expected),
        "IS_AFTER" => times().is_some_and(|(own, expected)| own > expected),
        "EXISTS" => true,
        _ => false,
    }
}

fn update(state: &mut State, request: &Request<'_>) -> Outcome {
    let (id, now) = (request.id(0), iso(request.now));
    let before = state.find::<Audience>(id).ok().map(|Audience(audience, version)| (audience.clone(), *version));
    let event = if before.is_some() { "audiences:updated" } else { "audiences:created" };
    let new = || (json!({"id": id, "name": id, "description": "", "created_at": now}), 0);
    let (audience, version) = before.unwrap_or_else(new);
    let given = pick(&request.body, &["name", "description", "filter", "operator"]);
    let audience = with(with(audience, given.into()), json!({"updated_at": now}));
    state.emit(event, &audience);
    state.table_mut().insert(id, Audience(audience.clone(), version + 1));
    Ok(Response::ok(json!({"audience": audience})))
}

fn delete(state: &mut State, request: &Request<'_>) -> Outcome {
    if state.table_mut::<Audience>().remove(request.id(0)).is_some() {
        state.emit("audiences:deleted", &json!({"id": request.id(0)}));
    }
    Ok(Response::empty(204))
}

fn list_members(state: &mut State, request: &Request<'_>) -> Outcome {
    let audience = state.find::<Audience>(request.id(0))?;
    let members = audience.members(state).map(|user| {
        json!({
            "audience_id": request.id(0), "audience_version": audience.1, "member_id": user,
            "added_at": at(&audience.0, "updated_at"), "reason": "The profile matches the filter",
        })
    });
    page(request, members)
}
