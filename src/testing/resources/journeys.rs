//! Journeys and the templates that belong to them: `/journeys`.

use serde_json::{Map, Value, json};

use crate::testing::engine::json::{list, object, or_null, pick, text, with};
use crate::testing::engine::pagination::page;
use crate::testing::engine::request::Request;
use crate::testing::engine::response::Answer;
use crate::testing::engine::state::State;
use crate::testing::engine::table::Table;
use crate::testing::engine::time::{self as moment, iso};
use crate::testing::engine::versions::Versions;
use crate::testing::resources::elements;
use crate::testing::resources::messages::CREATOR;
use crate::testing::resources::runs::{self, Run, Step};
use crate::testing::resources::send::submit_at;
use crate::testing::resources::templates::{self, Template};

pub(crate) struct Journey {
    /// Name, nodes and settings.
    content: Versions,
    created: i64,
    updated: i64,
    archived: bool,
    pub templates: Table<Template>,
}

impl Journey {
    fn view(&self, id: &str, version: &str, content: &Value) -> Value {
        let about = json!({
            "id": id, "state": self.content.state(version), "created": self.created, "creator": CREATOR,
            "updated": self.updated, "updater": CREATOR, "published": self.content.published(),
        });
        let defaults = json!({"enabled": true, "nodes": []});
        with(with(defaults, content.clone()), about)
    }

    fn summary(&self, id: &str, version: &str, content: &Value) -> Value {
        let name = or_null(content, "name");
        json!({"id": id, "name": name, "version": version, "createdAt": iso(self.created), "updatedAt": iso(self.updated)})
    }
}

fn found<'a>(state: &'a mut State, request: &Request<'_>) -> Result<&'a mut Journey, Answer> {
    state.journeys.get_mut(request.id(0)).ok_or_else(|| Answer::not_found("journey", request.id(0)))
}

/// What a request says of a journey; nodes without an id get one.
fn content(state: &mut State, body: &Value) -> Value {
    let mut content = pick(body, &["name", "nodes", "enabled", "cancelation_token"]);
    if let Some(Value::Array(nodes)) = content.get_mut("nodes") {
        for node in nodes.iter_mut().filter_map(Value::as_object_mut) {
            if !node.get("id").is_some_and(Value::is_string) {
                node.insert("id".to_owned(), json!(state.id("node_")));
            }
        }
    }
    Value::Object(content)
}

pub(crate) fn create(state: &mut State, request: &Request<'_>) -> Result<Answer, Answer> {
    let nodes = list(&request.body, "nodes");
    if nodes.iter().any(|node| text(node, "id").is_some()) {
        return Err(Answer::invalid("The nodes of a new journey must not have an `id`"));
    }
    if nodes.iter().any(|node| text(node, "type") == Some("send")) {
        return Err(Answer::unprocessable("A new journey cannot have send nodes, because it has no templates yet"));
    }
    if nodes.first().is_none_or(|node| text(node, "type") != Some("trigger")) {
        return Err(Answer::invalid("The first node must be a trigger"));
    }
    let (id, content) = (state.id("jn_"), content(state, &request.body));
    let content = Versions::new(content, request.now);
    let (created, updated, templates) = (request.now, request.now, Table::default());
    let mut journey = Journey { content, created, updated, archived: false, templates };
    if text(&request.body, "state") == Some("PUBLISHED") {
        journey.content.publish(request.now);
    }
    let view = journey.view(&id, "published", journey.content.draft());
    state.journeys.insert(&id, journey);
    Ok(Answer::ok(view))
}

pub(crate) fn list_all(state: &mut State, request: &Request<'_>) -> Result<Answer, Answer> {
    let version = request.parameter("version").unwrap_or("published");
    let journeys = state.journeys.iter().filter(|(_, journey)| !journey.archived);
    let rows = journeys.filter_map(|(id, journey)| Some(journey.summary(id, version, journey.content.read(version)?)));
    page(request, state.settings.page_size, rows)
}

pub(crate) fn retrieve(state: &mut State, request: &Request<'_>) -> Result<Answer, Answer> {
    let journey = found(state, request)?;
    let version = request.parameter("version").unwrap_or("published");
    let content = journey.content.read(version).ok_or_else(|| Answer::not_found("version", version))?;
    Ok(Answer::ok(journey.view(request.id(0), version, content)))
}

pub(crate) fn replace(state: &mut State, request: &Request<'_>) -> Result<Answer, Answer> {
    let journey = found(state, request)?;
    let sends = list(&request.body, "nodes").iter().filter(|node| text(node, "type") == Some("send"));
    let unknown = sends
        .filter_map(|node| text(node.get("message")?, "template"))
        .find(|template| journey.templates.get(template).is_none_or(|template| template.archived));
    if let Some(unknown) = unknown {
        return Err(Answer::invalid(format!("The journey has no template with the id \"{unknown}\".")));
    }
    let content = content(state, &request.body);
    let journey = found(state, request)?;
    journey.content.write(content);
    journey.updated = request.now;
    if text(&request.body, "state") == Some("PUBLISHED") {
        journey.content.publish(request.now);
    }
    Ok(Answer::ok(journey.view(request.id(0), "draft", journey.content.draft())))
}

pub(crate) fn archive(state: &mut State, request: &Request<'_>) -> Result<Answer, Answer> {
    found(state, request)?.archived = true;
    Ok(Answer::empty(204))
}

pub(crate) fn publish(state: &mut State, request: &Request<'_>) -> Result<Answer, Answer> {
    let journey = found(state, request)?;
    match text(&request.body, "version") {
        None => {
            journey.content.publish(request.now);
            for (_, template) in journey.templates.values_mut() {
                template.content.publish(request.now);
            }
        }
        Some(version) if journey.content.select(version) => {}
        Some(version) => return Err(Answer::not_found("version", version)),
    }
    let content = journey.content.live().cloned().unwrap_or_default();
    Ok(Answer::ok(journey.view(request.id(0), "published", &content)))
}

pub(crate) fn list_versions(state: &mut State, request: &Request<'_>) -> Result<Answer, Answer> {
    let size = state.settings.page_size;
    let versions = found(state, request)?.content.all().map(|(version, content, at)| {
        let name = or_null(content, "name");
        json!({"version": version, "name": name, "created": at, "published": at, "creator": CREATOR})
    });
    page(request, size, versions)
}

pub(crate) fn invoke(state: &mut State, request: &Request<'_>) -> Result<Answer, Answer> {
    if text(&request.body, "user_id").is_none() && object(&request.body, "profile").is_none() {
        return Err(Answer::invalid("`user_id` or `profile` must say whom to notify"));
    }
    let journey = found(state, request)?;
    if journey.archived {
        return Err(Answer::unprocessable("The automation template is archived"));
    }
    let content =
        journey.content.live().cloned().ok_or_else(|| Answer::not_found("published journey", request.id(0)))?;
    if content.get("enabled").is_some_and(|enabled| enabled == false) {
        return Err(Answer::unprocessable("The automation template is disabled"));
    }
    let run = start(state, request, &content)?;
    let id = state.request_id(request.now);
    state.journey_runs.insert(&id, run);
    Ok(Answer::new(202, json!({"runId": id})))
}

/// Goes through the nodes of a run, each at its time. Only delays and sends do something here.
fn start(state: &mut State, request: &Request<'_>, content: &Value) -> Result<Run, Answer> {
    let mut now = request.now;
    let mut steps = Vec::new();
    for node in list(content, "nodes") {
        let action = text(node, "type").unwrap_or_default().to_owned();
        let begins = now;
        let mut message = None;
        match action.as_str() {
            "delay" => {
                let until = text(node, "until").and_then(moment::parse);
                let length = text(node, "duration").and_then(moment::parse_length);
                now = length.map(|length| now.saturating_add(length)).or(until).unwrap_or(now).max(now);
            }
            "send" => message = Some(send(state, request, node.get("message").unwrap_or(&Value::Null), begins)?),
            _ => {}
        }
        let id = text(node, "id").unwrap_or_default().to_owned();
        steps.push(Step { id, action, begins, ends: now, message });
    }
    let token = text(content, "cancelation_token").map(str::to_owned);
    let (template, source) = (Some(request.id(0).to_owned()), format!("invoke/{}", request.id(0)));
    Ok(Run { template, token, source, started: request.now, steps, canceled: None })
}

fn send(state: &mut State, request: &Request<'_>, node: &Value, at: i64) -> Result<String, Answer> {
    let mut to: Map<String, Value> = object(&request.body, "profile").cloned().unwrap_or_default();
    to.extend(text(&request.body, "user_id").map(|user| ("user_id".to_owned(), json!(user))));
    to.extend(object(node, "to").cloned().unwrap_or_default());
    let mut data = object(&request.body, "data").cloned().unwrap_or_default();
    data.extend(object(node, "data").cloned().unwrap_or_default());
    let mut message = pick(node, &["template", "delay", "context"]);
    message.insert("to".to_owned(), Value::Object(to));
    message.insert("data".to_owned(), Value::Object(data));
    submit_at(state, request.now, at, Value::Object(message), true)
}

pub(crate) fn cancel(state: &mut State, request: &Request<'_>) -> Result<Answer, Answer> {
    match (text(&request.body, "cancelation_token"), text(&request.body, "run_id")) {
        (Some(token), None) => {
            runs::cancel_by_token(state, token, request.now);
            Ok(Answer::new(202, json!({"cancelation_token": token})))
        }
        (None, Some(id)) => {
            let run = state.journey_runs.get_mut(id).ok_or_else(|| Answer::not_found("run", id))?;
            run.cancel(&mut state.messages, request.now);
            Ok(Answer::new(202, json!({"run_id": id, "status": run.status(request.now)})))
        }
        _ => Err(Answer::invalid("Exactly one of `cancelation_token` and `run_id` is required")),
    }
}

pub(crate) fn list_runs(state: &mut State, request: &Request<'_>) -> Result<Answer, Answer> {
    runs::list(&state.journey_runs, state.settings.page_size, request)
}

fn run<'a>(state: &'a State, request: &Request<'_>) -> Result<&'a Run, Answer> {
    state.journey_runs.get(request.id(0)).ok_or_else(|| Answer::not_found("run", request.id(0)))
}

pub(crate) fn retrieve_run(state: &mut State, request: &Request<'_>) -> Result<Answer, Answer> {
    Ok(Answer::ok(json!({"run": run(state, request)?.view(request.id(0), request.now)})))
}

pub(crate) fn list_run_steps(state: &mut State, request: &Request<'_>) -> Result<Answer, Answer> {
    Ok(Answer::ok(json!({"steps": run(state, request)?.steps("node_id", request.now)})))
}

fn template<'a>(state: &'a mut State, request: &Request<'_>) -> Result<&'a mut Template, Answer> {
    let template = found(state, request)?.templates.get_mut(request.id(1));
    template.ok_or_else(|| Answer::not_found("template", request.id(1)))
}

pub(crate) fn create_template(state: &mut State, request: &Request<'_>) -> Result<Answer, Answer> {
    found(state, request)?;
    let given = or_null(&request.body, "notification");
    let channel = text(&request.body, "channel");
    let elements = given.get("content").map_or(&[][..], |content| list(content, "elements"));
    if elements.iter().any(|element| text(element, "type") != Some("channel") || text(element, "channel") != channel) {
        return Err(Answer::invalid("All elements must be inside one for the template's `channel`"));
    }
    let (id, payload) = (state.id("nt_"), templates::payload(state, &given));
    let mut template = Template::new(payload, request.now);
    if text(&request.body, "state") == Some("PUBLISHED") {
        template.content.publish(request.now);
    }
    let view = template.view(&id, "published", template.content.draft());
    found(state, request)?.templates.insert(&id, template);
    Ok(Answer::ok(view))
}

pub(crate) fn list_templates(state: &mut State, request: &Request<'_>) -> Result<Answer, Answer> {
    let size = state.settings.page_size;
    let templates = found(state, request)?.templates.iter().filter(|(_, template)| !template.archived);
    page(request, size, templates.map(|(id, template)| template.summary(id)))
}

pub(crate) fn retrieve_template(state: &mut State, request: &Request<'_>) -> Result<Answer, Answer> {
    let template = template(state, request)?;
    let payload = template.content.live().ok_or_else(|| Answer::not_found("published template", request.id(1)))?;
    Ok(Answer::ok(template.view(request.id(1), "published", payload)))
}

pub(crate) fn archive_template(state: &mut State, request: &Request<'_>) -> Result<Answer, Answer> {
    template(state, request)?.archived = true;
    Ok(Answer::empty(204))
}

pub(crate) fn replace_template(state: &mut State, request: &Request<'_>) -> Result<Answer, Answer> {
    template(state, request)?;
    let payload = templates::payload(state, &or_null(&request.body, "notification"));
    let template = template(state, request)?;
    template.write(payload, request);
    Ok(Answer::ok(template.view(request.id(1), "draft", template.content.draft())))
}

pub(crate) fn put_template_content(state: &mut State, request: &Request<'_>) -> Result<Answer, Answer> {
    template(state, request)?;
    let content = elements::with_ids(state, or_null(&request.body, "content"));
    let template = template(state, request)?;
    template.write_content(content, request);
    Ok(template.mutation(request.id(1), request))
}

pub(crate) fn retrieve_template_content(state: &mut State, request: &Request<'_>) -> Result<Answer, Answer> {
    template(state, request)?.export(request)
}

pub(crate) fn put_template_locale(state: &mut State, request: &Request<'_>) -> Result<Answer, Answer> {
    let template = template(state, request)?;
    let mut content = template.draft_content();
    elements::translate(&mut content, request.id(2), list(&request.body, "elements"))?;
    template.write_content(content, request);
    Ok(template.mutation(request.id(1), request))
}

pub(crate) fn publish_template(state: &mut State, request: &Request<'_>) -> Result<Answer, Answer> {
    template(state, request)?.publish(request)
}

pub(crate) fn list_template_versions(state: &mut State, request: &Request<'_>) -> Result<Answer, Answer> {
    let size = state.settings.page_size;
    page(request, size, template(state, request)?.content.history())
}
