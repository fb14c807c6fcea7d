//! The workspace's preference page, its sections and topics: `/preferences`.

use serde_json::{Value, json};

use crate::testing::api::courier::Courier;
use crate::testing::engine::json::{list, or_null, pick, text, with};
use crate::testing::engine::request::Request;
use crate::testing::engine::response::Answer;
use crate::testing::engine::state::State;
use crate::testing::engine::table::Table;
use crate::testing::engine::time::{iso, millis};
use crate::testing::resources::messages::CREATOR;

pub(crate) struct Section {
    properties: Value,
    created: i64,
    updated: i64,
    topics: Table<Value>,
}

impl Section {
    fn new(properties: Value, now: i64) -> Self {
        Self { properties, created: now, updated: now, topics: Table::default() }
    }

    fn view(&self, id: &str) -> Value {
        let topics: Vec<&Value> = self.topics.iter().map(|(_, topic)| topic).collect();
        let about = json!({
            "id": id, "created": iso(self.created), "creator": CREATOR, "updated": iso(self.updated), "updater": CREATOR,
            "topics": topics,
        });
        with(self.properties.clone(), about)
    }
}

impl Courier {
    /// Stores a subscription topic with this id, to which users are opted in until they choose otherwise.
    ///
    /// Courier itself makes up the ids of topics, so a test has no other way to have the one that its service names. A user's
    /// preference for a topic that is not there is refused with a 404.
    ///
    /// ```
    /// use trycourier::testing::Courier;
    /// use trycourier::types::{PreferenceStatus, TopicPreferenceUpdate};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> trycourier::Result<()> {
    /// let courier = Courier::new();
    /// courier.topic("topic_news");
    ///
    /// let preferences = courier.client().users().preferences();
    /// let no_news = TopicPreferenceUpdate::new(PreferenceStatus::OptedOut);
    /// preferences.update_or_create_topic("ada", "topic_news", no_news).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn topic(&self, id: &str) -> &Self {
        let now = millis(self.now());
        let mut section = Section::new(properties(&json!({"name": id})), now);
        let said = json!({"name": id, "default_status": "OPTED_IN"});
        section.topics.insert(id, complete_topic(id, said, &iso(now), now));
        self.state().sections.insert(&format!("sec_{id}"), section);
        self
    }
}

/// All topics with their sections: the section's id, its name, the topic.
pub(crate) fn topics(state: &State) -> impl Iterator<Item = (&str, &str, &Value)> {
    let sections = state.sections.iter();
    sections.flat_map(|(id, section)| {
        let name = text(&section.properties, "name").unwrap_or_default();
        section.topics.iter().map(move |(_, topic)| (id, name, topic))
    })
}

fn properties(body: &Value) -> Value {
    let defaults = json!({"has_custom_routing": false, "routing_options": []});
    with(defaults, pick(body, &["name", "description", "has_custom_routing", "routing_options"]).into())
}

fn found<'a>(state: &'a mut State, request: &Request<'_>) -> Result<&'a mut Section, Answer> {
    state.sections.get_mut(request.id(0)).ok_or_else(|| Answer::not_found("section", request.id(0)))
}

pub(crate) fn create(state: &mut State, request: &Request<'_>) -> Result<Answer, Answer> {
    let (id, properties) = (state.id("sec_"), properties(&request.body));
    let section = Section::new(properties, request.now);
    let view = section.view(&id);
    state.sections.insert(&id, section);
    Ok(Answer::ok(view))
}

pub(crate) fn list_all(state: &mut State, _: &Request<'_>) -> Result<Answer, Answer> {
    let sections: Vec<Value> = state.sections.iter().map(|(id, section)| section.view(id)).collect();
    Ok(Answer::ok(json!({"results": sections})))
}

pub(crate) fn retrieve(state: &mut State, request: &Request<'_>) -> Result<Answer, Answer> {
    Ok(Answer::ok(found(state, request)?.view(request.id(0))))
}

pub(crate) fn replace(state: &mut State, request: &Request<'_>) -> Result<Answer, Answer> {
    let section = found(state, request)?;
    section.properties = properties(&request.body);
    section.updated = request.now;
    Ok(Answer::ok(section.view(request.id(0))))
}

pub(crate) fn archive(state: &mut State, request: &Request<'_>) -> Result<Answer, Answer> {
    if found(state, request)?.topics.len() > 0 {
        return Err(Answer::conflict("The section has topics"));
    }
    state.sections.remove(request.id(0));
    Ok(Answer::empty(204))
}

pub(crate) fn publish(state: &mut State, request: &Request<'_>) -> Result<Answer, Answer> {
    state.published_preferences += 1;
    Ok(Answer::ok(json!({
        "page_id": "page_local", "published_at": iso(request.now), "published_by": CREATOR,
        "published_version": state.published_preferences,
    })))
}

fn topic<'a>(state: &'a mut State, request: &Request<'_>) -> Result<&'a mut Value, Answer> {
    let topic = found(state, request)?.topics.get_mut(request.id(1));
    topic.ok_or_else(|| Answer::not_found("topic", request.id(1)))
}

/// A topic with what every one has.
fn complete_topic(id: &str, said: Value, created: &str, now: i64) -> Value {
    let defaults = json!({
        "allowed_preferences": [], "include_unsubscribe_header": false, "routing_options": [], "topic_data": {},
    });
    let about = json!({
        "id": id, "created": created, "creator": CREATOR, "updated": iso(now), "updater": CREATOR,
    });
    with(with(defaults, said), about)
}

/// A topic as it was given. A digest keeps its schedules unless new ones are given.
fn topic_view(state: &mut State, request: &Request<'_>, id: &str, before: &Value) -> Result<Value, Answer> {
    let fields = [
        "name",
        "description",
        "default_status",
        "allowed_preferences",
        "include_unsubscribe_header",
        "routing_options",
        "topic_data",
    ];
    let created = text(before, "created").map_or_else(|| iso(request.now), str::to_owned);
    let mut topic = complete_topic(id, pick(&request.body, &fields).into(), &created, request.now);
    let digest = match request.body.get("digest").filter(|digest| !digest.is_null()) {
        Some(given) => digest(state, given, or_null(before, "digest"), request.now)?,
        None => or_null(before, "digest"),
    };
    if let Some(topic) = topic.as_object_mut().filter(|_| !digest.is_null()) {
        topic.insert("digest".to_owned(), digest);
    }
    Ok(topic)
}

fn digest(state: &mut State, given: &Value, before: Value, now: i64) -> Result<Value, Answer> {
    let mut digest = with(json!({"categories": [], "schedules": []}), before);
    digest = with(digest, pick(given, &["template_id", "audience_id", "categories", "trigger_empty"]).into());
    if let Some(schedules) = given.get("schedules").and_then(Value::as_array) {
        let complete = schedules.iter().map(|schedule| {
            let id = text(schedule, "schedule_id").map_or_else(|| state.id("sch_"), str::to_owned);
            with(schedule.clone(), json!({"schedule_id": id, "created": iso(now), "updated": iso(now)}))
        });
        let complete: Vec<Value> = complete.collect();
        digest = with(digest, json!({"schedules": complete}));
    }
    if list(&digest, "schedules").is_empty() {
        return Err(Answer::invalid("A digest needs a schedule"));
    }
    Ok(with(digest, json!({"created": iso(now), "updated": iso(now)})))
}

pub(crate) fn create_topic(state: &mut State, request: &Request<'_>) -> Result<Answer, Answer> {
    found(state, request)?;
    let id = state.id("pt_");
    let view = topic_view(state, request, &id, &Value::Null)?;
    found(state, request)?.topics.insert(&id, view.clone());
    Ok(Answer::ok(view))
}

pub(crate) fn list_topics(state: &mut State, request: &Request<'_>) -> Result<Answer, Answer> {
    let topics: Vec<&Value> = found(state, request)?.topics.iter().map(|(_, topic)| topic).collect();
    Ok(Answer::ok(json!({"results": topics})))
}

pub(crate) fn retrieve_topic(state: &mut State, request: &Request<'_>) -> Result<Answer, Answer> {
    Ok(Answer::ok(topic(state, request)?.clone()))
}

pub(crate) fn replace_topic(state: &mut State, request: &Request<'_>) -> Result<Answer, Answer> {
    let before = topic(state, request)?.clone();
    let view = topic_view(state, request, request.id(1), &before)?;
    topic(state, request)?.clone_from(&view);
    Ok(Answer::ok(view))
}

pub(crate) fn archive_topic(state: &mut State, request: &Request<'_>) -> Result<Answer, Answer> {
    topic(state, request)?;
    found(state, request)?.topics.remove(request.id(1));
    Ok(Answer::empty(204))
}

pub(crate) fn delete_digest(state: &mut State, request: &Request<'_>) -> Result<Answer, Answer> {
    if let Some(topic) = topic(state, request)?.as_object_mut() {
        topic.remove("digest");
    }
    Ok(Answer::empty(204))
}

/// Nothing is ever held here, so there is nothing to release.
pub(crate) fn release_digest(state: &mut State, request: &Request<'_>) -> Result<Answer, Answer> {
    topic(state, request)?;
    Ok(Answer::empty(204))
}
