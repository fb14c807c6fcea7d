//! The workspace's preference page, its sections and topics: `/preferences`.

use serde_json::{Value, json};

use crate::testing::engine::*;

pub(super) const HANDLERS: &[(&str, Handler)] = &[
    ("workspace_preferences.list", crud::list::<Section>),
    ("workspace_preferences.create", crud::create::<Section>),
    ("workspace_preferences.retrieve", crud::retrieve::<Section>),
    ("workspace_preferences.replace", crud::replace::<Section>),
    ("workspace_preferences.archive", crud::delete::<Section>),
    ("workspace_preferences.publish", publish),
    ("workspace_preferences.topics.list", crud::list::<Topic>),
    ("workspace_preferences.topics.create", crud::create::<Topic>),
    ("workspace_preferences.topics.retrieve", crud::retrieve::<Topic>),
    ("workspace_preferences.topics.replace", crud::replace::<Topic>),
    ("workspace_preferences.topics.archive", crud::delete::<Topic>),
    ("workspace_preferences.topics.delete_digest", delete_digest),
    ("workspace_preferences.topics.release_digest", release_digest),
];

#[derive(Clone)]
struct Section(Value);

#[derive(Clone)]
struct Topic(Value);

struct Publication;

stored!(Section, "section");
stored!(Topic, "topic");
stored!(Publication, "publication");

impl Resource for Section {
    fn view(&self, id: &str, state: &State, _: &Request<'_>) -> Result<Value, Response> {
        Ok(with(self.0.clone(), json!({"topics": topics_of(state, id).collect::<Vec<_>>()})))
    }

    fn check_delete(id: &str, state: &State) -> Result<(), Response> {
        match topics_of(state, id).next() {
            Some(_) => Err(Response::conflict("The section has topics")),
            None => Ok(()),
        }
    }
}

impl Create for Section {
    const ID_PREFIX: &'static str = "sec_";

    fn build(_: &mut State, id: &str, request: &Request<'_>, before: Option<Self>) -> Result<Self, Response> {
        let before = before.map(|before| before.0).unwrap_or_default();
        Ok(Self(complete_section(id, &request.body, &before, request.now)))
    }
}

impl Resource for Topic {
    fn view(&self, _: &str, _: &State, _: &Request<'_>) -> Result<Value, Response> {
        Ok(self.0.clone())
    }

    fn check_parent(state: &State, request: &Request<'_>) -> Result<(), Response> {
        state.find::<Section>(request.id(0)).map(drop)
    }
}

impl Create for Topic {
    const ID_PREFIX: &'static str = "pt_";

    fn build(state: &mut State, id: &str, request: &Request<'_>, before: Option<Self>) -> Result<Self, Response> {
        let fields = [
            "name",
            "description",
            "default_status",
            "allowed_preferences",
            "include_unsubscribe_header",
            "routing_options",
            "topic_data",
        ];
        let before = before.map(|before| before.0).unwrap_or_default();
        let content = complete_topic(id, pick(&request.body, &fields).into(), &before, request.now);
        // Null removes the digest. It keeps its schedules unless new ones are given.
        let digest = match request.body.get("digest") {
            None => or_null(&before, "digest"),
            Some(Value::Null) => Value::Null,
            Some(given) => digest(state, given, or_null(&before, "digest"), request.now)?,
        };
        Ok(Self(if digest.is_null() { content } else { with(content, json!({"digest": digest})) }))
    }
}

/// Stores a topic with this id, in a section that has no other topics.
pub(crate) fn add_topic(state: &mut State, id: &str, now: i64) {
    let section = format!("sec_{id}");
    let content = complete_section(&section, &json!({"name": id}), &Value::Null, now);
    state.table_mut().insert(&section, Section(content));
    let content = complete_topic(id, json!({"name": id, "default_status": "OPTED_IN"}), &Value::Null, now);
    state.table_mut().insert(&key(&[&*section, id]), Topic(content));
}

fn topics_of<'a>(state: &'a State, section: &str) -> impl Iterator<Item = &'a Value> {
    state.table::<Topic>().below(section).map(|(_, topic)| &topic.0)
}

/// All topics, section by section: the section's id, its name, the topic.
pub(super) fn topics(state: &State) -> impl Iterator<Item = TopicInSection<'_>> {
    state.table::<Section>().iter().flat_map(move |(id, section)| {
        let name = text(&section.0, "name").unwrap_or_default();
        topics_of(state, id).map(move |topic| (id, name, topic))
    })
}

/// A topic with the id and the name of its section.
pub(super) type TopicInSection<'a> = (&'a str, &'a str, &'a Value);

pub(super) fn find_topic<'a>(state: &'a State, id: &str) -> Result<TopicInSection<'a>, Response> {
    let topic = topics(state).find(|(.., topic)| text(topic, "id") == Some(id));
    topic.ok_or_else(|| Response::not_found("topic", id))
}

fn complete_section(id: &str, given: &Value, before: &Value, now: i64) -> Value {
    let given = pick(given, &["name", "description", "has_custom_routing", "routing_options"]);
    let defaults = json!({"has_custom_routing": false, "routing_options": []});
    with(with(defaults, given.into()), about(id, before, now))
}

fn complete_topic(id: &str, given: Value, before: &Value, now: i64) -> Value {
    let defaults = json!({
        "allowed_preferences": [], "include_unsubscribe_header": false, "routing_options": [], "topic_data": {},
    });
    with(with(defaults, given), about(id, before, now))
}

/// The properties of a section or topic that no request sets.
fn about(id: &str, before: &Value, now: i64) -> Value {
    let created = text(before, "created").map_or_else(|| iso(now), str::to_owned);
    json!({"id": id, "created": created, "creator": CREATOR, "updated": iso(now), "updater": CREATOR})
}

fn digest(state: &mut State, given: &Value, before: Value, now: i64) -> Result<Value, Response> {
    let given_fields = pick(given, &["template_id", "audience_id", "categories", "trigger_empty"]);
    let mut digest = with(with(json!({"categories": [], "schedules": []}), before), given_fields.into());
    if let Some(schedules) = given.get("schedules").and_then(Value::as_array) {
        let complete = schedules.iter().map(|schedule| {
            let id = text(schedule, "schedule_id").map_or_else(|| state.new_id("sch_"), str::to_owned);
            with(schedule.clone(), json!({"schedule_id": id, "created": iso(now), "updated": iso(now)}))
        });
        let complete: Vec<Value> = complete.collect();
        digest = with(digest, json!({"schedules": complete}));
    }
    if list(&digest, "schedules").is_empty() {
        return Err(Response::invalid("A digest needs a schedule"));
    }
    Ok(with(digest, json!({"created": iso(now), "updated": iso(now)})))
}

fn publish(state: &mut State, request: &Request<'_>) -> Outcome {
    let publications = state.table_mut::<Publication>();
    let version = publications.len() + 1;
    publications.insert(&version.to_string(), Publication);
    Ok(Response::ok(json!({
        "page_id": "page_local", "published_at": iso(request.now), "published_by": CREATOR, "published_version": version,
    })))
}

fn delete_digest(state: &mut State, request: &Request<'_>) -> Outcome {
    release_digest(state, request)?;
    if let Some(topic) = state.find_mut::<Topic>(&request.key())?.0.as_object_mut() {
        topic.remove("digest");
    }
    Ok(Response::empty(204))
}

/// The fake never holds anything back, so there is nothing to release.
fn release_digest(state: &mut State, request: &Request<'_>) -> Outcome {
    crud::retrieve::<Topic>(state, request)?;
    Ok(Response::empty(204))
}
