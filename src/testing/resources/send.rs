//! `POST /send`: to whom a message goes.

use std::collections::BTreeSet;
use std::sync::Arc;

use serde_json::{Value, json};

use crate::testing::engine::json::{path, text};
use crate::testing::engine::request::Request;
use crate::testing::engine::response::Answer;
use crate::testing::engine::state::State;
use crate::testing::engine::time as moment;
use crate::testing::resources::lists::matches_pattern;
use crate::testing::resources::messages::{self, Draft};

/// The most recipients that one array can have.
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

pub(crate) fn send(state: &mut State, request: &Request<'_>) -> Result<Answer, Answer> {
    let message = request.body.get("message").cloned().unwrap_or_default();
    let id = submit_at(state, request.now, request.now, message, false)?;
    Ok(Answer::new(202, json!({"requestId": id})))
}

/// Takes a message in that goes out at some moment or later, or refuses what cannot be sent. Tells the request's id.
pub(crate) fn submit_at(
    state: &mut State,
    now: i64,
    at: i64,
    mut message: Value,
    template_known: bool,
) -> Result<String, Answer> {
    let to = message.as_object_mut().and_then(|message| message.remove("to")).unwrap_or_default();
    if message.get("content").is_none_or(Value::is_null) && text(&message, "template").is_none() {
        return Err(Answer::invalid("The message needs `template` or `content`"));
    }
    let recipients: &[Value] = match &to {
        Value::Array(recipients) if recipients.len() > MAX_RECIPIENTS => {
            let count = recipients.len();
            return Err(Answer::invalid(format!(
                "`message.to` has {count} recipients; at most {MAX_RECIPIENTS} are allowed"
            )));
        }
        Value::Array(recipients) => recipients,
        one => std::slice::from_ref(one),
    };
    let reachable = |to: &Value| ADDRESSES.iter().any(|name| to.get(name).is_some_and(|value| !value.is_null()));
    if recipients.is_empty() || !recipients.iter().all(reachable) {
        return Err(Answer::invalid("`message.to` must name a recipient"));
    }
    let due = due(&message, at);
    let message = Arc::new(message);
    let request = state.request_id(now);
    let single = !to.is_array() && expand(state, recipients.first().unwrap_or(&Value::Null)).is_none();
    for to in recipients {
        let (list, users) = expand(state, to).unwrap_or_else(|| (None, vec![to.clone()]));
        for to in users {
            let list = list.as_deref();
            let draft = Draft {
                request: &request,
                message: Arc::clone(&message),
                to,
                list,
                due,
                by_profile: false,
                template_known,
            };
            messages::create(state, now, single.then(|| request.clone()), draft);
        }
    }
    Ok(request)
}

/// Whom a group stands for, and the list that it is; nothing for a single recipient.
fn expand(state: &State, to: &Value) -> Option<(Option<String>, Vec<Value>)> {
    let (list, users): (Option<String>, BTreeSet<&str>) = if let Some(id) =
        text(to, "list_id").filter(|_| !is_person(to))
    {
        (Some(id.to_owned()), state.lists.get(id).into_iter().flat_map(|list| list.users()).collect())
    } else if let Some(pattern) = text(to, "list_pattern") {
        let lists = state.lists.iter().filter(|(id, _)| matches_pattern(pattern, id));
        (None, lists.flat_map(|(_, list)| list.users()).collect())
    } else if let Some(id) = text(to, "audience_id") {
        let members = state.audiences.get(id).map(|audience| audience.members(&state.profiles));
        (None, members.unwrap_or_default().into_iter().collect())
    } else if let Some(id) = text(to, "tenant_id").filter(|_| !is_person(to)) {
        (
            None,
            state.tenants.get(id).into_iter().flat_map(|tenant| tenant.members.iter().map(|(user, _)| user)).collect(),
        )
    } else {
        return None;
    };
    let mut shared = to.as_object().cloned().unwrap_or_default();
    for name in ["list_id", "list_pattern", "audience_id"] {
        shared.remove(name);
    }
    let users = users.into_iter().map(|user| {
        let mut to = shared.clone();
        to.insert("user_id".to_owned(), json!(user));
        Value::Object(to)
    });
    Some((list, users.collect()))
}

fn is_person(to: &Value) -> bool {
    ["user_id", "email", "phone_number"].iter().any(|name| text(to, name).is_some())
}

/// When a message may go out. Opening hours are not modelled: such a message goes at once.
fn due(message: &Value, now: i64) -> i64 {
    let duration = path(message, "delay.duration").and_then(Value::as_i64).filter(|duration| *duration > 0);
    let until = path(message, "delay.until").and_then(Value::as_str).and_then(moment::parse);
    match (duration, until) {
        (Some(duration), _) => now.saturating_add(duration.saturating_add(59_999) / 60_000 * 60_000),
        (None, Some(until)) => until,
        (None, None) => now,
    }
}
