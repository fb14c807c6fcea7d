//! What users want to get: `/users/{user_id}/preferences` and `/preferences/logs`.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use crate::testing::engine::json::{list, or_null, path, pick, text, with};
use crate::testing::engine::pagination::page;
use crate::testing::engine::request::Request;
use crate::testing::engine::response::Answer;
use crate::testing::engine::state::State;
use crate::testing::engine::time::{self as moment, iso};
use crate::testing::resources::content;
use crate::testing::resources::sections;
use crate::testing::resources::webhooks::emit;

/// A user, in the context of a tenant or of none.
pub(crate) type Choices = (String, Option<String>);

const FIELDS: [&str; 4] = ["status", "custom_routing", "has_custom_routing", "digest_schedule_id"];

fn whose(request: &Request<'_>) -> Choices {
    (request.id(0).to_owned(), request.parameter("tenant_id").map(str::to_owned))
}

fn choices<'a>(state: &'a State, whose: &Choices) -> Option<&'a BTreeMap<String, Map<String, Value>>> {
    state.preferences.get(whose)
}

/// What holds for a user on a topic.
fn effective(state: &State, whose: &Choices, section: (&str, &str), topic: &Value) -> Value {
    let id = text(topic, "id").unwrap_or_default();
    let tenant = whose.1.as_deref().and_then(|tenant| state.tenants.get(tenant)?.default_for(id));
    let default = tenant.and_then(|default| text(default, "status")).or(text(topic, "default_status"));
    let choice = choices(state, whose).and_then(|choices| choices.get(id)).cloned().unwrap_or_default();
    let about = json!({
        "topic_id": id, "topic_name": or_null(topic, "name"), "section_id": section.0, "section_name": section.1,
        "default_status": default, "status": choice.get("status").and_then(Value::as_str).or(default),
    });
    with(with(json!({"custom_routing": [], "has_custom_routing": false}), choice.into()), about)
}

fn topic<'a>(state: &'a State, id: &str) -> Option<(&'a str, &'a str, &'a Value)> {
    sections::topics(state).find(|(.., topic)| text(topic, "id") == Some(id))
}

/// Whether the recipient has opted out of what a message is about.
pub(crate) fn refuses(state: &State, message: &Value, to: &Value) -> bool {
    let user = text(to, "user_id").unwrap_or_default();
    let tenant = path(message, "context.tenant_id").and_then(Value::as_str).or(text(to, "tenant_id"));
    let found = content::topic(state, message).and_then(|id| topic(state, id));
    found.is_some_and(|(section, name, topic)| {
        let contexts = [tenant.map(str::to_owned), None].into_iter().map(|tenant| (user.to_owned(), tenant));
        let id = text(topic, "id").unwrap_or_default();
        let chosen =
            contexts.clone().find(|whose| choices(state, whose).is_some_and(|choices| choices.contains_key(id)));
        let whose = chosen.or(contexts.into_iter().next());
        whose
            .is_some_and(|whose| text(&effective(state, &whose, (section, name), topic), "status") == Some("OPTED_OUT"))
    })
}

pub(crate) fn list_all(state: &mut State, request: &Request<'_>) -> Result<Answer, Answer> {
    let whose = whose(request);
    let topics = sections::topics(state);
    let items: Vec<Value> =
        topics.map(|(section, name, topic)| effective(state, &whose, (section, name), topic)).collect();
    Ok(Answer::ok(json!({"items": items, "paging": {"more": false, "cursor": null}})))
}

pub(crate) fn retrieve(state: &mut State, request: &Request<'_>) -> Result<Answer, Answer> {
    let id = request.id(1);
    let (section, name, topic) = topic(state, id).ok_or_else(|| Answer::not_found("topic", id))?;
    Ok(Answer::ok(json!({"topic": effective(state, &whose(request), (section, name), topic)})))
}

/// Why a choice cannot be made, if it cannot.
fn fault(state: &State, id: &str, choice: &Value) -> Option<&'static str> {
    let Some((.., topic)) = topic(state, id) else { return Some("The topic does not exist") };
    let required = text(topic, "default_status") == Some("REQUIRED");
    (required && text(choice, "status") == Some("OPTED_OUT")).then_some("The topic is required")
}

fn choose(state: &mut State, request: &Request<'_>, id: &str, choice: &Value) {
    let whose = whose(request);
    let name = topic(state, id).map(|(.., topic)| or_null(topic, "name")).unwrap_or_default();
    let choice = pick(choice, &FIELDS);
    let before = state.preferences.entry(whose.clone()).or_default().insert(id.to_owned(), choice.clone());
    let defaults = json!({"custom_routing": [], "has_custom_routing": false});
    let complete = |choice: Map<String, Value>| {
        pick(&with(defaults.clone(), choice.into()), &["status", "custom_routing", "has_custom_routing"])
    };
    let log = state.id("pl_");
    let about = json!({
        "id": log, "timestamp": iso(request.now), "topic_id": id, "topic_name": name, "user_id": whose.0,
        "tenant_id": whose.1, "previous": before.map(complete),
    });
    let entry = with(complete(choice), about);
    emit(state, "preferences:user:updated", entry.clone());
    state.preference_log.insert(&log, entry);
}

pub(crate) fn update(state: &mut State, request: &Request<'_>) -> Result<Answer, Answer> {
    let (id, choice) = (request.id(1), or_null(&request.body, "topic"));
    if topic(state, id).is_none() {
        return Err(Answer::not_found("topic", id));
    }
    if let Some(fault) = fault(state, id, &choice) {
        return Err(Answer::invalid(fault));
    }
    choose(state, request, id, &choice);
    Ok(Answer::ok(json!({"message": "success"})))
}

pub(crate) fn delete(state: &mut State, request: &Request<'_>) -> Result<Answer, Answer> {
    if let Some(choices) = state.preferences.get_mut(&whose(request)) {
        choices.remove(request.id(1));
    }
    Ok(Answer::empty(204))
}

/// A choice as the operations on several tell it.
fn told(choice: &Value) -> Value {
    let defaults = json!({"custom_routing": [], "has_custom_routing": false});
    with(defaults, pick(choice, &["topic_id", "status", "custom_routing", "has_custom_routing"]).into())
}

pub(crate) fn update_several(state: &mut State, request: &Request<'_>) -> Result<Answer, Answer> {
    let (mut items, mut errors) = (Vec::new(), Vec::new());
    for choice in list(&request.body, "topics") {
        let id = text(choice, "topic_id").unwrap_or_default();
        match fault(state, id, choice) {
            Some(fault) => errors.push(json!({"topic_id": id, "reason": fault})),
            None => {
                choose(state, request, id, choice);
                items.push(told(choice));
            }
        }
    }
    Ok(Answer::ok(json!({"items": items, "errors": errors})))
}

pub(crate) fn replace_all(state: &mut State, request: &Request<'_>) -> Result<Answer, Answer> {
    let topics = list(&request.body, "topics");
    let id = |choice: &Value| text(choice, "topic_id").unwrap_or_default().to_owned();
    let faults = topics.iter().filter_map(|choice| Some((id(choice), fault(state, &id(choice), choice)?)));
    let errors: Vec<Value> = faults.map(|(id, reason)| json!({"topic_id": id, "reason": reason})).collect();
    if !errors.is_empty() {
        let message = "Some of the topics cannot be set";
        return Err(Answer::new(400, json!({"message": message, "type": "invalid_request_error", "errors": errors})));
    }
    let kept: Vec<String> = topics.iter().map(id).collect();
    let own = state.preferences.entry(whose(request)).or_default();
    let deleted: Vec<String> = own.keys().filter(|id| !kept.contains(id)).cloned().collect();
    own.retain(|id, _| kept.contains(id));
    for choice in topics {
        choose(state, request, &id(choice), choice);
    }
    let items: Vec<Value> = topics.iter().map(told).collect();
    Ok(Answer::ok(json!({"items": items, "deleted": deleted})))
}

pub(crate) fn list_log(state: &mut State, request: &Request<'_>) -> Result<Answer, Answer> {
    let is = |entry: &Value, name: &str| request.parameter(name).is_none_or(|wanted| text(entry, name) == Some(wanted));
    let since = request.parameter("since").and_then(moment::parse).map(iso);
    let recent =
        |entry: &Value| since.as_deref().is_none_or(|since| text(entry, "timestamp").is_some_and(|at| at >= since));
    let entries = state.preference_log.iter().rev().map(|(_, entry)| entry);
    let wanted = entries.filter(|entry| is(entry, "user_id") && is(entry, "tenant_id") && recent(entry));
    page(request, state.settings.page_size, wanted.cloned())
}
