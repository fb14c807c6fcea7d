//! Notification templates: `/notifications`, and the templates of journeys: `/journeys/{template_id}/templates`.

use serde_json::{Value, json};

use super::elements;
use super::routing_strategies::RoutingStrategy;
use crate::testing::engine::json::{MAX_DEPTH, depth};
use crate::testing::engine::*;

pub(super) const HANDLERS: &[(&str, Handler)] = &[
    ("notifications.list", crud::list::<Template>),
    ("notifications.create", create),
    ("notifications.retrieve", crud::retrieve::<Template>),
    ("notifications.replace", replace),
    ("notifications.archive", crud::delete::<Template>),
    ("notifications.publish", publish),
    ("notifications.list_versions", list_versions),
    ("notifications.retrieve_content", retrieve_content),
    ("notifications.put_content", put_content),
    ("notifications.put_element", put_element),
    ("notifications.put_locale", put_locale),
    ("notifications.checks.update", update_checks),
    ("notifications.checks.list", crud::retrieve::<Checks>),
    ("notifications.checks.delete", crud::delete::<Checks>),
];

#[derive(Clone)]
pub(super) struct Template {
    pub content: Versions,
}

stored!(Template, "template");

impl Resource for Template {
    fn view(&self, id: &str, _: &State, request: &Request<'_>) -> Result<Value, Response> {
        let (version, payload) = self.content.requested(request)?;
        Ok(self.content.details(id, version, payload))
    }

    fn row(&self, id: &str, _: &State, request: &Request<'_>) -> Option<Value> {
        let mut wanted = request.parameters("tags").flat_map(|tags| tags.split(','));
        let tags: Vec<String> =
            list(&self.content.draft, "tags").iter().filter_map(Value::as_str).map(str::to_lowercase).collect();
        let is_tagged = wanted.all(|wanted| tags.contains(&wanted.trim().to_lowercase()));
        (is_tagged && !self.content.archived).then(|| self.summary(id))
    }

    fn archive(&mut self) -> bool {
        self.content.archived = true;
        true
    }
}

document!(Checks, "submission");

/// The templates that messages can name: those that are neither archived nor part of a journey.
pub(super) fn sendable(state: &State) -> impl Iterator<Item = (&str, &Template)> {
    state.table::<Template>().below("").filter(|(_, template)| !template.content.archived)
}

/// The template with this id, also one of a journey.
pub(super) fn of_journey<'a>(state: &'a State, id: &str) -> Option<&'a Template> {
    state.table::<Template>().named(id).map(|(_, template)| template).next()
}

impl Template {
    pub fn new(payload: Value, now: i64) -> Self {
        Self { content: Versions::new(payload, now) }
    }

    pub fn summary(&self, id: &str) -> Value {
        let (version, payload) =
            self.content.live().map_or(("draft", &self.content.draft), |payload| ("published", payload));
        let tags = payload.get("tags").cloned().unwrap_or_else(|| json!([]));
        let (name, topic) = (payload.get("name"), path(payload, "subscription.topic_id"));
        let summary = json!({"name": name, "tags": tags, "subscription_topic_id": topic, "topic_id": topic});
        self.content.details(id, version, &without_nulls(summary))
    }

    /// Changes the draft, and publishes it if the request specifies so.
    fn write(&mut self, payload: Value, request: &Request<'_>) {
        self.content.write(payload, request.now);
        self.content.publish_if_requested(request);
    }

    /// Changes the content of the draft. Returns the response of operations that change elements.
    pub fn write_content(&mut self, content: Value, request: &Request<'_>) -> Response {
        let state = text(&request.body, "state").unwrap_or("DRAFT");
        let version = text(&content, "version").unwrap_or("2022-01-01").to_owned();
        let elements = elements::checksums(&content);
        self.write(with(self.content.draft.clone(), json!({"content": content})), request);
        // The template's id comes before the ids of its elements and locales.
        let id = request.id(template_index(request));
        Response::ok(json!({"id": id, "elements": elements, "state": state, "version": version}))
    }

    pub fn draft_content(&self) -> Value {
        self.content.draft.get("content").cloned().unwrap_or_else(|| json!({"elements": []}))
    }
}

/// The index of the template's id among the arguments in the path: a journey's id can come before it.
fn template_index(request: &Request<'_>) -> usize {
    usize::from(request.operation.id.starts_with("journeys."))
}

pub(super) fn find<'a>(state: &'a mut State, request: &Request<'_>) -> Result<&'a mut Template, Response> {
    state.find_mut(&request.key_until(template_index(request)))
}

fn payload(state: &mut State, given: &Value) -> Result<Value, Response> {
    let content = elements::prepare(state, given.get("content").cloned().unwrap_or_default())?;
    Ok(with(given.clone(), json!({"content": content})))
}

/// Stores a published template without content.
pub(crate) fn add_published(state: &mut State, id: &str, now: i64) {
    let payload = json!({
        "name": id, "tags": [], "brand": null, "routing": null, "subscription": null,
        "content": {"version": "2022-01-01", "elements": []},
    });
    let mut template = Template::new(payload, now);
    template.content.publish(now);
    state.table_mut().insert(id, template);
}

/// Refuses a template whose routing strategy or alias is invalid.
fn check(state: &State, id: Option<&str>, given: &Value) -> Result<(), Response> {
    if let Some(strategy) = path(given, "routing.strategy_id").and_then(Value::as_str)
        && state.find::<RoutingStrategy>(strategy).is_err()
    {
        return Err(Response::invalid(format!("There is no routing strategy with the id \"{strategy}\".")));
    }
    let Some(alias) = text(given, "alias") else { return Ok(()) };
    if alias.starts_with("tenant/") {
        return Err(Response::invalid("`alias` must not begin with `tenant/`"));
    }
    let has_alias = |template: &Template| template.content.draft.get("alias").is_some_and(|own| own == alias);
    let mut others = state.table::<Template>().below("").filter(|(own, _)| Some(*own) != id);
    match others.find(|(_, template)| has_alias(template)) {
        Some(_) => Err(Response::conflict(format!("Another template has the alias \"{alias}\"."))),
        None => Ok(()),
    }
}

fn create(state: &mut State, request: &Request<'_>) -> Outcome {
    let given = or_null(&request.body, "notification");
    elements::check_channels(given.get("content").unwrap_or(&Value::Null))?;
    check(state, None, &given)?;
    store(state, request, &given)
}

/// Stores a new template.
pub(super) fn store(state: &mut State, request: &Request<'_>, given: &Value) -> Outcome {
    let (id, payload) = (state.new_id("nt_"), payload(state, given)?);
    let mut template = Template::new(payload, request.now);
    if template.content.publish_if_requested(request) {
        emit_published(state, request, &id);
    }
    let view = Response::new(201, template.content.details(&id, "published", &template.content.draft));
    state.table_mut().insert(&request.key_of_new(&id), template);
    Ok(view)
}

/// Templates of journeys cause no webhooks.
fn emit_published(state: &mut State, request: &Request<'_>, id: &str) {
    if template_index(request) == 0 {
        state.emit("notification:published", &json!({"id": id}));
    }
}

fn replace(state: &mut State, request: &Request<'_>) -> Outcome {
    let given = or_null(&request.body, "notification");
    let before = find(state, request)?.content.draft.clone();
    check(state, Some(request.id(0)), &given)?;
    // A template keeps these unless its replacement has others.
    write(state, request, &with(pick(&before, &["alias", "email"]), given))
}

pub(super) fn write(state: &mut State, request: &Request<'_>, given: &Value) -> Outcome {
    find(state, request)?;
    let payload = payload(state, given)?;
    let template = find(state, request)?;
    template.write(payload, request);
    Ok(Response::ok(template.content.details(request.last_id(), "draft", &template.content.draft)))
}

pub(super) fn publish(state: &mut State, request: &Request<'_>) -> Outcome {
    let template = find(state, request)?;
    match text(&request.body, "version") {
        None | Some("draft") => template.content.publish(request.now),
        Some(version) if !version.starts_with('v') => {
            return Err(Response::invalid("`version` must be written as `v001`"));
        }
        Some(version) => template.content.restore(version, request.now)?,
    }
    emit_published(state, request, request.last_id());
    Ok(Response::empty(204))
}

pub(super) fn list_versions(state: &mut State, request: &Request<'_>) -> Outcome {
    page(request, find(state, request)?.content.history())
}

pub(super) fn retrieve_content(state: &mut State, request: &Request<'_>) -> Outcome {
    let (_, payload) = find(state, request)?.content.requested(request)?;
    Ok(elements::export(payload.get("content").unwrap_or(&Value::Null)))
}

pub(super) fn put_content(state: &mut State, request: &Request<'_>) -> Outcome {
    find(state, request)?;
    let content = elements::prepare(state, or_null(&request.body, "content"))?;
    Ok(find(state, request)?.write_content(content, request))
}

fn put_element(state: &mut State, request: &Request<'_>) -> Outcome {
    let template = find(state, request)?;
    let mut content = template.draft_content();
    let id = request.id(1);
    let element = elements::find(&mut content, id).ok_or_else(|| Response::not_found("element", id))?;
    let mut given = request.body.clone();
    if let Some(given) = given.as_object_mut() {
        given.remove("state");
    }
    *element = with(given, json!({"id": id}));
    if depth(&content) > MAX_DEPTH {
        return Err(Response::invalid("The content is too deep"));
    }
    Ok(template.write_content(content, request))
}

pub(super) fn put_locale(state: &mut State, request: &Request<'_>) -> Outcome {
    let template = find(state, request)?;
    let mut content = template.draft_content();
    elements::translate(&mut content, request.last_id(), list(&request.body, "elements"))?;
    Ok(template.write_content(content, request))
}

fn update_checks(state: &mut State, request: &Request<'_>) -> Outcome {
    let given = list(&request.body, "checks").iter();
    let checks: Vec<Value> = given.map(|check| with(check.clone(), json!({"updated": request.now}))).collect();
    let resolved = checks.iter().all(|check| text(check, "status") == Some("RESOLVED"));
    if let Some(template) = state.table_mut::<Template>().get_mut(request.id(0)).filter(|_| resolved) {
        template.content.publish(request.now);
    }
    state.table_mut().insert(&request.key(), Checks(json!({"checks": checks})));
    crud::retrieve::<Checks>(state, request)
}
