//! `POST /send`: the recipients of a message.

use std::collections::BTreeSet;
use std::sync::Arc;

use serde_json::{Value, json};

use super::audiences::Audience;
use super::lists::{List, matches_pattern};
use super::messages::{self, Draft};
use super::tenants::Tenant;
use crate::testing::engine::{Handler, Outcome, Request, Response, State, path, text, time, with};

pub(super) const HANDLERS: &[(&str, Handler)] = &[("send.message", send)];

/// The maximum number of recipients of one array.
const MAX_RECIPIENTS: usize = 500;

const ADDRESSES: [&str; 12] = [
    "user_id",
    "email",
    "phone_number",
    "account_id",
    "list_id",
    "list_pattern",
    "audience_id",
    "tenant_id",
    "slack",
    "ms_teams",
    "pagerduty",
    "webhook",
];

fn send(state: &mut State, request: &Request<'_>) -> Outcome {
    let message = request.body.get("message").cloned().unwrap_or_default();
    let id = submit_at(state, request, request.now, message, false)?;
    Ok(Response::new(202, json!({"requestId": id})))
}

/// Accepts a message that is sent at a given time or later, or refuses a message that cannot be sent. Returns the
/// request's id.
pub(super) fn submit_at(
    state: &mut State,
    request: &Request<'_>,
    at: i64,
    mut message: Value,
    template_known: bool,
) -> Result<String, Response> {
    let to = message.as_object_mut().and_then(|message| message.remove("to")).unwrap_or_default();
    if message.get("content").is_none_or(Value::is_null) && text(&message, "template").is_none() {
        return Err(Response::invalid("The message needs `template` or `content`"));
    }
    let recipients: &[Value] = match &to {
        Value::Array(recipients) if recipients.len() > MAX_RECIPIENTS => {
            let count = recipients.len();
            return Err(Response::invalid(format!(
                "`message.to` has {count} recipients; at most {MAX_RECIPIENTS} are allowed"
            )));
        }
        Value::Array(recipients) => recipients,
        one => std::slice::from_ref(one),
    };
    let is_reachable = |to: &Value| ADDRESSES.iter().any(|name| to.get(name).is_some_and(|value| !value.is_null()));
    if recipients.is_empty() || !recipients.iter().all(is_reachable) {
        return Err(Response::invalid("`message.to` must name a recipient"));
    }
    let due = due(&message, at);
    let message = Arc::new(message);
    let id = state.new_request_id(request.now);
    let is_single = !to.is_array() && expand(state, recipients.first().unwrap_or(&Value::Null)).is_none();
    for to in recipients {
        let users = expand(state, to).unwrap_or_else(|| vec![to.clone()]);
        let list = text(to, "list_id").filter(|_| !is_person(to));
        for to in users {
            let (request_id, message) = (&id, Arc::clone(&message));
            let draft = Draft { request_id, message, to, list, due, by_profile: false, template_known };
            messages::create(state, request, is_single.then(|| id.clone()), draft);
        }
    }
    Ok(id)
}

/// The users of a group; `None` for a single recipient.
fn expand(state: &State, to: &Value) -> Option<Vec<Value>> {
    let users: BTreeSet<&str> = if let Some(id) = text(to, "list_id").filter(|_| !is_person(to)) {
        state.table::<List>().get(id).into_iter().flat_map(List::users).collect()
    } else if let Some(pattern) = text(to, "list_pattern") {
        let lists = state.table::<List>().iter().filter(|(id, _)| matches_pattern(pattern, id));
        lists.flat_map(|(_, list)| list.users()).collect()
    } else if let Some(id) = text(to, "audience_id") {
        state.table::<Audience>().get(id).into_iter().flat_map(|audience| audience.members(state)).collect()
    } else if let Some(id) = text(to, "tenant_id").filter(|_| !is_person(to)) {
        state.table::<Tenant>().get(id).into_iter().flat_map(Tenant::users).collect()
    } else {
        return None;
    };
    let mut shared = to.as_object().cloned().unwrap_or_default();
    for name in ["list_id", "list_pattern", "audience_id"] {
        shared.remove(name);
    }
    Some(users.into_iter().map(|user| with(shared.clone(), json!({"user_id": user}))).collect())
}

fn is_person(to: &Value) -> bool {
    ["user_id", "email", "phone_number"].iter().any(|name| text(to, name).is_some())
}

/// The time from which a message may go out. Opening hours are not simulated: such a message is sent immediately.
fn due(message: &Value, now: i64) -> i64 {
    let duration = path(message, "delay.duration").and_then(Value::as_i64).filter(|duration| *duration > 0);
    let until = path(message, "delay.until").and_then(Value::as_str).and_then(time::parse);
    match (duration, until) {
        (Some(duration), _) => now.saturating_add(duration.saturating_add(59_999) / 60_000 * 60_000),
        (None, Some(until)) => until,
        (None, None) => now,
    }
}
