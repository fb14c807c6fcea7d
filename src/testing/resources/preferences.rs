//! Preferences of users: `/users/{user_id}/preferences` and `/preferences/logs`.

use serde_json::{Map, Value, json};

use super::content;
use super::recipients::tenant_of;
use super::sections::{self, TopicInSection, find_topic};
use super::tenants::Tenant;
use crate::testing::engine::*;

pub(super) const HANDLERS: &[(&str, Handler)] = &[
    ("users.preferences.retrieve", list_all),
    ("users.preferences.bulk_update", update_several),
    ("users.preferences.bulk_replace", replace_all),
    ("users.preferences.retrieve_topic", retrieve),
    ("users.preferences.update_or_create_topic", update),
    ("users.preferences.delete_topic", delete),
    ("workspace_preferences.list_logs", list_log),
];

/// The choice of a user on a topic, for a tenant or for none.
struct Choice(Map<String, Value>);

struct LogEntry(Value);

stored!(Choice, "choice");
stored!(LogEntry, "log entry", log);

const FIELDS: [&str; 4] = ["status", "custom_routing", "has_custom_routing", "digest_schedule_id"];

const MAX_TOPICS: usize = 50;

/// The number of entries on a page of the log, if the request does not set it.
const LOG_PAGE: usize = 25;

fn choice<'a>(state: &'a State, user: &str, tenant: Option<&str>, topic: &str) -> Option<&'a Map<String, Value>> {
    Some(&state.table::<Choice>().get(&key(&[user, tenant.unwrap_or_default(), topic]))?.0)
}

/// The user and the tenant of a request, under which choices are stored.
fn scope(request: &Request<'_>) -> String {
    key(&[request.id(0), request.parameter("tenant_id").unwrap_or_default()])
}

/// The preference of a user that is in effect on a topic.
fn effective(
    state: &State,
    user: &str,
    tenant: Option<&str>,
    (section, section_name, topic): TopicInSection<'_>,
) -> Value {
    let id = text(topic, "id").unwrap_or_default();
    let of_tenant = tenant.and_then(|tenant| state.table::<Tenant>().get(tenant)?.default_for(id));
    let default = of_tenant.and_then(|default| text(default, "status")).or(text(topic, "default_status"));
    let mut choice = choice(state, user, tenant, id).cloned().unwrap_or_default();
    let schedule = choice.get("digest_schedule_id").and_then(|id| active_schedule(topic, id.as_str()?));
    if schedule.is_none_or(|schedule| schedule.get("is_default").is_some_and(|is_default| is_default == true)) {
        choice.remove("digest_schedule_id");
    }
    let about = json!({
        "topic_id": id, "topic_name": or_null(topic, "name"), "section_id": section, "section_name": section_name,
        "default_status": default, "status": choice.get("status").and_then(Value::as_str).or(default),
    });
    with(with(json!({"custom_routing": [], "has_custom_routing": false}), choice.into()), about)
}

/// The schedule of a topic's digest with this id, unless it is disabled.
fn active_schedule<'a>(topic: &'a Value, id: &str) -> Option<&'a Value> {
    let mut schedules = list(topic.get("digest")?, "schedules").iter();
    let schedule = schedules.find(|schedule| text(schedule, "schedule_id") == Some(id))?;
    schedule.get("disabled").is_none_or(|disabled| disabled != true).then_some(schedule)
}

/// Returns `true` if the recipient has opted out of a message's topic.
pub(super) fn is_opted_out(state: &State, message: &Value, to: &Value) -> bool {
    let user = text(to, "user_id").unwrap_or_default();
    let tenant = tenant_of(message, to);
    let Some(topic) = content::topic(state, message).and_then(|id| find_topic(state, id).ok()) else { return false };
    let id = text(topic.2, "id").unwrap_or_default();
    // A choice for the tenant comes before one for all of them.
    let chosen = [tenant, None].into_iter().find(|tenant| choice(state, user, *tenant, id).is_some());
    text(&effective(state, user, chosen.unwrap_or(tenant), topic), "status") == Some("OPTED_OUT")
}

fn list_all(state: &mut State, request: &Request<'_>) -> Outcome {
    let topics = sections::topics(state);
    page(request, topics.map(|topic| effective(state, request.id(0), request.parameter("tenant_id"), topic)))
}

fn retrieve(state: &mut State, request: &Request<'_>) -> Outcome {
    let topic = find_topic(state, request.id(1))?;
    let effective = effective(state, request.id(0), request.parameter("tenant_id"), topic);
    Ok(Response::ok(json!({"topic": effective})))
}

/// The reason why a choice is not possible.
fn fault(state: &State, id: &str, choice: &Value) -> Option<&'static str> {
    let Ok((.., topic)) = find_topic(state, id) else { return Some("The topic does not exist") };
    if text(topic, "default_status") == Some("REQUIRED") && text(choice, "status") == Some("OPTED_OUT") {
        return Some("The topic is required");
    }
    let schedule = choice.get("digest_schedule_id")?.as_str()?;
    active_schedule(topic, schedule).is_none().then_some("`digest_schedule_id` is not an active schedule of the topic")
}

fn choose(state: &mut State, request: &Request<'_>, id: &str, given: &Value) {
    let name = find_topic(state, id).map(|(.., topic)| or_null(topic, "name")).unwrap_or_default();
    let key = key(&[&*scope(request), id]);
    let before = state.table_mut::<Choice>().remove(&key).map(|Choice(before)| Value::Object(before));
    let mut choice = pick(given, &FIELDS);
    // A choice keeps the schedule unless it names another, or null.
    if let Some(schedule) = before.as_ref().filter(|_| given.get("digest_schedule_id").is_none()) {
        choice.extend(pick(schedule, &["digest_schedule_id"]));
    }
    state.table_mut().insert(&key, Choice(choice.clone()));
    let log = state.new_id("pl_");
    let about = json!({
        "id": log, "timestamp": iso(request.now), "topic_id": id, "topic_name": name, "user_id": request.id(0),
    });
    let known = json!({"tenant_id": request.parameter("tenant_id"), "previous": before.as_ref().map(summary)});
    let entry = with(with(summary(&choice.into()), about), without_nulls(known));
    state.emit("preferences:user:updated", &entry);
    state.table_mut().insert(&log, LogEntry(entry));
}

fn update(state: &mut State, request: &Request<'_>) -> Outcome {
    let (id, choice) = (request.id(1), or_null(&request.body, "topic"));
    find_topic(state, id)?;
    if let Some(fault) = fault(state, id, &choice) {
        return Err(Response::invalid(fault));
    }
    choose(state, request, id, &choice);
    Ok(Response::ok(json!({"message": "success"})))
}

fn delete(state: &mut State, request: &Request<'_>) -> Outcome {
    state.table_mut::<Choice>().remove(&key(&[&*scope(request), request.id(1)]));
    Ok(Response::empty(204))
}

/// A choice in responses and in the log.
fn summary(choice: &Value) -> Value {
    let defaults = json!({"custom_routing": [], "has_custom_routing": false});
    with(defaults, pick(choice, &["topic_id", "status", "custom_routing", "has_custom_routing"]).into())
}

fn check_count(request: &Request<'_>, min: usize) -> Result<(), Response> {
    let count = list(&request.body, "topics").len();
    let refusal = || Response::invalid(format!("`topics` has {count} topics, and can have {min} to {MAX_TOPICS}"));
    (min..=MAX_TOPICS).contains(&count).then_some(()).ok_or_else(refusal)
}

fn update_several(state: &mut State, request: &Request<'_>) -> Outcome {
    let (mut items, mut errors) = (Vec::new(), Vec::new());
    check_count(request, 1)?;
    for choice in list(&request.body, "topics") {
        let id = text(choice, "topic_id").unwrap_or_default();
        match fault(state, id, choice) {
            Some(fault) => errors.push(json!({"topic_id": id, "reason": fault})),
            None => {
                choose(state, request, id, choice);
                items.push(summary(choice));
            }
        }
    }
    Ok(Response::ok(json!({"items": items, "errors": errors})))
}

fn replace_all(state: &mut State, request: &Request<'_>) -> Outcome {
    check_count(request, 0)?;
    let topics = list(&request.body, "topics");
    let id = |choice: &Value| text(choice, "topic_id").unwrap_or_default().to_owned();
    let faults = topics.iter().filter_map(|choice| Some((id(choice), fault(state, &id(choice), choice)?)));
    let errors: Vec<Value> = faults.map(|(id, reason)| json!({"topic_id": id, "reason": reason})).collect();
    if !errors.is_empty() {
        let message = "Some of the topics cannot be set";
        return Err(Response::new(400, json!({"message": message, "type": "invalid_request_error", "errors": errors})));
    }
    let scope = scope(request);
    let own = state.table::<Choice>().below(&scope).map(|(id, _)| id.to_owned());
    let deleted: Vec<String> = own.filter(|own| topics.iter().all(|choice| id(choice) != *own)).collect();
    for id in &deleted {
        state.table_mut::<Choice>().remove(&key(&[&scope, id]));
    }
    for choice in topics {
        choose(state, request, &id(choice), choice);
    }
    let items: Vec<Value> = topics.iter().map(summary).collect();
    Ok(Response::ok(json!({"items": items, "deleted": deleted})))
}

fn list_log(state: &mut State, request: &Request<'_>) -> Outcome {
    let is = |entry: &Value, name: &str| request.parameter(name).is_none_or(|wanted| text(entry, name) == Some(wanted));
    if request.parameter("tenant_id").is_some() && request.parameter("user_id").is_none() {
        return Err(Response::invalid("`tenant_id` is valid only with `user_id`"));
    }
    let since = request.time("since")?.map(iso);
    let is_recent = |entry: &Value| since.as_deref().is_none_or(|since| text(entry, "timestamp") >= Some(since));
    let entries = state.table::<LogEntry>().iter().rev().map(|(_, LogEntry(entry))| entry);
    let matching = entries.filter(|entry| is(entry, "user_id") && is(entry, "tenant_id") && is_recent(entry));
    page_of_size(limit(request, LOG_PAGE)?, request, matching.cloned())
}
