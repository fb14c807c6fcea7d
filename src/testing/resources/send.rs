//! `POST /send`: the recipients of a message.

use std::collections::BTreeSet;
use std::sync::Arc;

use jiff::tz::TimeZone;
use serde_json::{Value, json};

use super::audiences::{Audience, is_member};
use super::messages::{self, Draft};
use super::{content, lists, profiles, recipients, tenants};
use crate::testing::engine::*;

pub(super) const HANDLERS: &[(&str, Handler)] = &[("send.message", send)];

/// The maximum number of recipients of one array.
const MAX_RECIPIENTS: usize = 500;

/// The properties that name a recipient, of which one must not be empty.
const IDS: [&str; 8] =
    ["user_id", "email", "phone_number", "account_id", "list_id", "list_pattern", "audience_id", "tenant_id"];

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
    let has_content = message.get("content").is_some_and(|content| !content.is_null());
    if !has_content && text(&message, "template").is_none() && !content::has_override(&message) {
        return Err(Response::invalid("The message needs `template` or `content`"));
    }
    let recipients: &[Value] = match &to {
        Value::Array(recipients) if recipients.len() > MAX_RECIPIENTS => {
            let count = recipients.len();
            return Err(Response::invalid(format!("message.to has {count} recipients. Max is {MAX_RECIPIENTS}")));
        }
        Value::Array(recipients) => recipients,
        one => std::slice::from_ref(one),
    };
    // A recipient can have the address of any provider, or no address at all if the provider does not need one.
    let is_named = |to: &Value| {
        let mut ids = IDS.iter().filter_map(|name| to.get(name).filter(|id| !id.is_null())).peekable();
        to.is_object() && (ids.peek().is_none() || ids.any(|id| id != ""))
    };
    if recipients.is_empty() || !recipients.iter().all(is_named) {
        return Err(Response::invalid("`message.to` must name a recipient"));
    }
    check_expiry(&message)?;
    due(state, &message, &Value::Null, at)?;
    let message = Arc::new(message);
    let id = state.new_request_id(request.now);
    let is_single = !to.is_array() && expand(state, recipients.first().unwrap_or(&Value::Null)).is_none();
    for to in recipients {
        let users = expand(state, to).unwrap_or_else(|| vec![to.clone()]);
        let list = text(to, "list_id").filter(|_| !is_person(to)).map(str::to_owned);
        for to in users {
            let due = due(state, &message, &to, at)?;
            let (request_id, message, list) = (id.clone(), Arc::clone(&message), list.clone());
            let draft = Draft { request_id, message, to, list, due, by_profile: false, template_known };
            messages::create(state, request, is_single.then(|| id.clone()), draft);
        }
    }
    Ok(id)
}

/// The users of a group; `None` for a single recipient.
fn expand(state: &State, to: &Value) -> Option<Vec<Value>> {
    let users: BTreeSet<&str> = if let Some(id) = text(to, "list_id").filter(|_| !is_person(to)) {
        lists::users(state, |list| list == id).collect()
    } else if let Some(pattern) = text(to, "list_pattern") {
        lists::users(state, |list| lists::matches_pattern(pattern, list)).collect()
    } else if let Some(id) = text(to, "audience_id") {
        state.table::<Audience>().get(id).into_iter().flat_map(|audience| audience.members(state)).collect()
    } else if let Some(id) = text(to, "tenant_id").filter(|_| !is_person(to)) {
        tenants::users(state, id).collect()
    } else {
        return None;
    };
    let accounts = list(to, "filters").iter().filter_map(|filter| text(filter, "value"));
    let users = users.into_iter().filter(|user| accounts.clone().all(|account| is_member(state, user, account)));
    let mut shared = to.as_object().cloned().unwrap_or_default();
    for name in ["list_id", "list_pattern", "audience_id", "filters"] {
        shared.remove(name);
    }
    Some(users.map(|user| with(shared.clone(), json!({"user_id": user}))).collect())
}

fn is_person(to: &Value) -> bool {
    ["user_id", "email", "phone_number"].iter().any(|name| text(to, name).is_some())
}

/// The time from which a message to a recipient may go out.
pub(super) fn due(state: &State, message: &Value, to: &Value, now: i64) -> Result<i64, Response> {
    let duration = path(message, "delay.duration").and_then(Value::as_i64).filter(|duration| *duration > 0);
    if let Some(duration) = duration {
        return Ok(now.saturating_add(duration.saturating_add(59_999) / 60_000 * 60_000));
    }
    let Some(until) = path(message, "delay.until").and_then(Value::as_str) else { return Ok(now) };
    let zone = match path(message, "delay.timezone").and_then(Value::as_str) {
        Some(name) => time::zone(name).ok_or_else(|| Response::invalid("`delay.timezone` is not an IANA time zone"))?,
        None => time::zone(time_zone(state, message, to)).unwrap_or(TimeZone::UTC),
    };
    let due = time::parse(until).or_else(|| time::next_opening(until, &zone, now));
    due.ok_or_else(|| {
        Response::invalid("`delay.until` is neither an ISO 8601 timestamp nor a window such as `Mo-Fr 09:00-17:00`")
    })
}

fn time_zone<'a>(state: &'a State, message: &'a Value, to: &'a Value) -> &'a str {
    let user = text(to, "user_id").unwrap_or_default();
    let stored = |name| profiles::property(state, user, recipients::tenant_of(message, to), name)?.as_str();
    text(to, "timezone").or_else(|| stored("zoneinfo")).or_else(|| stored("timezone")).unwrap_or("UTC")
}

fn check_expiry(message: &Value) -> Result<(), Response> {
    let Some(expires_in) = path(message, "expiry.expires_in").and_then(Value::as_str) else { return Ok(()) };
    if expires_in.parse::<u64>().is_ok() || (expires_in.starts_with('P') && time::parse_duration(expires_in).is_some())
    {
        return Ok(());
    }
    Err(Response::invalid("`expiry.expires_in` is neither milliseconds nor an ISO 8601 duration"))
}
