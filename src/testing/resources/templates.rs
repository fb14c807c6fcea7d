//! Notification templates: `/notifications`, and with the same inside those of journeys.

use serde_json::{Value, json};

use crate::testing::api::courier::Courier;
use crate::testing::engine::json::{MAX_DEPTH, depth, list, or_null, path, text, with};
use crate::testing::engine::pagination::page;
use crate::testing::engine::request::Request;
use crate::testing::engine::response::Answer;
use crate::testing::engine::state::State;
use crate::testing::engine::time::millis;
use crate::testing::engine::versions::Versions;
use crate::testing::resources::elements;
use crate::testing::resources::messages::CREATOR;

pub(crate) struct Template {
    pub content: Versions,
    created: i64,
    updated: Option<i64>,
    pub archived: bool,
}

impl Template {
    pub fn new(payload: Value, now: i64) -> Self {
        Self { content: Versions::new(payload, now), created: now, updated: None, archived: false }
    }

    /// As the API tells it: a version's payload and what is about the template itself.
    pub fn view(&self, id: &str, version: &str, payload: &Value) -> Value {
        let about = json!({
            "id": id, "created": self.created, "creator": CREATOR, "state": self.content.state(version),
            "updated": self.updated, "updater": self.updated.map(|_| CREATOR),
        });
        with(payload.clone(), about)
    }

    pub fn summary(&self, id: &str) -> Value {
        let version = if self.content.is_published() { "published" } else { "draft" };
        let payload = self.content.read(version).unwrap_or(&Value::Null);
        let topic = path(payload, "subscription.topic_id").cloned().unwrap_or_default();
        let about = json!({
            "name": or_null(payload, "name"), "tags": payload.get("tags").cloned().unwrap_or_else(|| json!([])),
            "subscription_topic_id": topic, "topic_id": topic,
        });
        let mut view = self.view(id, version, &about);
        if let Some(view) = view.as_object_mut().filter(|_| topic.is_null()) {
            view.remove("subscription_topic_id");
            view.remove("topic_id");
        }
        view
    }

    /// Changes the draft, and publishes it if the request says so.
    pub fn write(&mut self, payload: Value, request: &Request<'_>) {
        self.content.write(payload);
        self.updated = Some(request.now);
        if text(&request.body, "state") == Some("PUBLISHED") {
            self.content.publish(request.now);
        }
    }

    /// Changes the content of the draft alone.
    pub fn write_content(&mut self, content: Value, request: &Request<'_>) {
        let payload = with(self.content.draft().clone(), json!({"content": content}));
        self.write(payload, request);
    }

    pub fn draft_content(&self) -> Value {
        self.content.draft().get("content").cloned().unwrap_or_else(|| json!({"elements": []}))
    }

    /// What an operation answers that changed the elements.
    pub fn mutation(&self, id: &str, request: &Request<'_>) -> Answer {
        let content = self.draft_content();
        let state = text(&request.body, "state").unwrap_or("DRAFT");
        let version = text(&content, "version").unwrap_or("2022-01-01");
        let elements = elements::checksums(&content);
        Answer::ok(json!({"id": id, "elements": elements, "state": state, "version": version}))
    }

    pub fn export(&self, request: &Request<'_>) -> Result<Answer, Answer> {
        let version = request.parameter("version").unwrap_or("published");
        let payload = self.content.read(version).ok_or_else(|| Answer::not_found("version", version))?;
        let content = payload.get("content").unwrap_or(&Value::Null);
        let written = text(content, "version").unwrap_or("2022-01-01");
        Ok(Answer::ok(json!({"elements": elements::exported(content), "version": written})))
    }

    pub fn publish(&mut self, request: &Request<'_>) -> Result<Answer, Answer> {
        match text(&request.body, "version") {
            None | Some("draft") => self.content.publish(request.now),
            Some(version) if !version.starts_with('v') => {
                return Err(Answer::invalid("`version` must be written as `v001`"));
            }
            Some(version) if self.content.go_back(version, request.now) => {}
            Some(version) => return Err(Answer::not_found("version", version)),
        }
        Ok(Answer::empty(204))
    }
}

/// A template's payload as stored: the elements have ids.
pub(crate) fn payload(state: &mut State, given: &Value) -> Value {
    let content = elements::with_ids(state, given.get("content").cloned().unwrap_or_default());
    with(given.clone(), json!({"content": content}))
}

impl Courier {
    /// Stores a published template with this id, for messages that name it.
    ///
    /// A message whose template is not there is accepted, and becomes `UNMAPPED`. So is an event that is mapped to nothing: an
    /// event is a template here.
    pub fn template(&self, id: &str) -> &Self {
        let now = millis(self.now());
        let payload = json!({
            "name": id, "tags": [], "brand": null, "routing": null, "subscription": null,
            "content": {"version": "2022-01-01", "elements": []},
        });
        let mut template = Template::new(payload, now);
        template.content.publish(now);
        self.state().templates.insert(id, template);
        self
    }
}

fn found<'a>(state: &'a mut State, request: &Request<'_>) -> Result<&'a mut Template, Answer> {
    state.templates.get_mut(request.id(0)).ok_or_else(|| Answer::not_found("template", request.id(0)))
}

/// What refuses a template as it is given.
fn check(state: &State, id: Option<&str>, given: &Value) -> Result<(), Answer> {
    elements::check_channels(given.get("content").unwrap_or(&Value::Null))?;
    if let Some(strategy) = path(given, "routing.strategy_id").and_then(Value::as_str)
        && !state.routing_strategies.contains(strategy)
    {
        return Err(Answer::invalid(format!("There is no routing strategy with the id \"{strategy}\".")));
    }
    let Some(alias) = text(given, "alias") else { return Ok(()) };
    let holds = |template: &Template| template.content.draft().get("alias").is_some_and(|own| own == alias);
    match state.templates.iter().find(|(own, template)| Some(*own) != id && holds(template)) {
        Some(_) => Err(Answer::conflict(format!("Another template has the alias \"{alias}\"."))),
        None => Ok(()),
    }
}

pub(crate) fn create(state: &mut State, request: &Request<'_>) -> Result<Answer, Answer> {
    let given = or_null(&request.body, "notification");
    check(state, None, &given)?;
    let (id, payload) = (state.id("nt_"), payload(state, &given));
    let mut template = Template::new(payload, request.now);
    if text(&request.body, "state") == Some("PUBLISHED") {
        template.content.publish(request.now);
        emit_published(state, &id);
    }
    let view = template.view(&id, "published", template.content.draft());
    state.templates.insert(&id, template);
    Ok(Answer::ok(view))
}

fn emit_published(state: &mut State, id: &str) {
    crate::testing::resources::webhooks::emit(state, "notification:published", json!({"id": id}));
}

pub(crate) fn list_all(state: &mut State, request: &Request<'_>) -> Result<Answer, Answer> {
    let wanted: Vec<&str> = request.parameters("tags").flat_map(|tags| tags.split(',')).collect();
    let tagged = |template: &Template| {
        let tags = list(template.content.draft(), "tags");
        wanted.is_empty() || wanted.iter().any(|wanted| tags.iter().any(|tag| tag == wanted))
    };
    let templates = state.templates.iter().filter(|(_, template)| !template.archived && tagged(template));
    page(request, state.settings.page_size, templates.map(|(id, template)| template.summary(id)))
}

pub(crate) fn retrieve(state: &mut State, request: &Request<'_>) -> Result<Answer, Answer> {
    let template = found(state, request)?;
    let version = request.parameter("version").unwrap_or("published");
    let payload = template.content.read(version).ok_or_else(|| Answer::not_found("version", version))?;
    Ok(Answer::ok(template.view(request.id(0), version, payload)))
}

pub(crate) fn replace(state: &mut State, request: &Request<'_>) -> Result<Answer, Answer> {
    let given = or_null(&request.body, "notification");
    let before = found(state, request)?.content.draft().clone();
    check(state, Some(request.id(0)), &given)?;
    let mut payload = payload(state, &given);
    if let Some(payload) = payload.as_object_mut() {
        for kept in ["alias", "email"] {
            if let Some(value) = before.get(kept) {
                payload.entry(kept).or_insert_with(|| value.clone());
            }
        }
    }
    let template = found(state, request)?;
    template.write(payload, request);
    Ok(Answer::ok(template.view(request.id(0), "draft", template.content.draft())))
}

pub(crate) fn archive(state: &mut State, request: &Request<'_>) -> Result<Answer, Answer> {
    found(state, request)?.archived = true;
    Ok(Answer::empty(204))
}

pub(crate) fn publish(state: &mut State, request: &Request<'_>) -> Result<Answer, Answer> {
    let answer = found(state, request)?.publish(request)?;
    emit_published(state, request.id(0));
    Ok(answer)
}

pub(crate) fn list_versions(state: &mut State, request: &Request<'_>) -> Result<Answer, Answer> {
    let size = state.settings.page_size;
    page(request, size, found(state, request)?.content.history())
}

pub(crate) fn put_content(state: &mut State, request: &Request<'_>) -> Result<Answer, Answer> {
    found(state, request)?;
    let content = or_null(&request.body, "content");
    elements::check_channels(&content)?;
    let content = elements::with_ids(state, content);
    let template = found(state, request)?;
    template.write_content(content, request);
    Ok(template.mutation(request.id(0), request))
}

pub(crate) fn retrieve_content(state: &mut State, request: &Request<'_>) -> Result<Answer, Answer> {
    found(state, request)?.export(request)
}

pub(crate) fn put_element(state: &mut State, request: &Request<'_>) -> Result<Answer, Answer> {
    let template = found(state, request)?;
    let mut content = template.draft_content();
    let id = request.id(1);
    let element = elements::find(&mut content, id).ok_or_else(|| Answer::not_found("element", id))?;
    let mut given = request.body.clone();
    if let Some(given) = given.as_object_mut() {
        given.remove("state");
        // The fields of the element are given in `data`, or beside it.
        if let Some(Value::Object(data)) = given.remove("data") {
            given.extend(data);
        }
    }
    *element = with(given, json!({"id": id}));
    if depth(&content) > MAX_DEPTH {
        return Err(Answer::invalid("The content is too deep"));
    }
    template.write_content(content, request);
    Ok(template.mutation(request.id(0), request))
}

pub(crate) fn put_locale(state: &mut State, request: &Request<'_>) -> Result<Answer, Answer> {
    let template = found(state, request)?;
    let mut content = template.draft_content();
    elements::translate(&mut content, request.id(1), list(&request.body, "elements"))?;
    template.write_content(content, request);
    Ok(template.mutation(request.id(0), request))
}

fn submission(request: &Request<'_>) -> (String, String) {
    (request.id(0).to_owned(), request.id(1).to_owned())
}

pub(crate) fn update_checks(state: &mut State, request: &Request<'_>) -> Result<Answer, Answer> {
    let given = list(&request.body, "checks").iter();
    let checks: Vec<Value> = given.map(|check| with(check.clone(), json!({"updated": request.now}))).collect();
    let resolved = checks.iter().all(|check| text(check, "status") == Some("RESOLVED"));
    if let Some(template) = state.templates.get_mut(request.id(0)).filter(|_| resolved) {
        template.content.publish(request.now);
    }
    state.checks.insert(submission(request), checks.clone());
    Ok(Answer::ok(json!({"checks": checks})))
}

pub(crate) fn list_checks(state: &mut State, request: &Request<'_>) -> Result<Answer, Answer> {
    let checks = state.checks.get(&submission(request));
    let checks = checks.ok_or_else(|| Answer::not_found("submission", request.id(1)))?;
    Ok(Answer::ok(json!({"checks": checks})))
}

pub(crate) fn delete_checks(state: &mut State, request: &Request<'_>) -> Result<Answer, Answer> {
    let gone = state.checks.remove(&submission(request));
    gone.map(|_| Answer::empty(204)).ok_or_else(|| Answer::not_found("submission", request.id(1)))
}
