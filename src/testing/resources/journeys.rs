//! Journeys and the templates that belong to them: `/journeys`.

use serde_json::{Map, Value, json};

use super::content::resolve;
use super::profiles::Profile;
use super::runs::{self, Kind};
use super::send::{due, submit_at};
use super::templates::{self, Template};
use crate::testing::engine::*;

pub(super) const HANDLERS: &[(&str, Handler)] = &[
    ("journeys.list", crud::list::<Journey>),
    ("journeys.create", create),
    ("journeys.retrieve", crud::retrieve::<Journey>),
    ("journeys.replace", replace),
    ("journeys.archive", crud::delete::<Journey>),
    ("journeys.publish", publish),
    ("journeys.list_versions", list_versions),
    ("journeys.invoke", invoke),
    ("journeys.cancel", cancel),
    ("journeys.runs.list", |state, request| runs::list(state, request, Kind::Journey)),
    ("journeys.runs.retrieve", retrieve_run),
    ("journeys.runs.list_steps", |state, request| runs::list_steps(state, request, Kind::Journey, "node_id")),
    ("journeys.templates.list", |state, request| in_journey(state, request, crud::list::<Template>)),
    ("journeys.templates.create", create_template),
    ("journeys.templates.retrieve", |state, request| in_journey(state, request, crud::retrieve::<Template>)),
    ("journeys.templates.replace", replace_template),
    ("journeys.templates.archive", |state, request| in_journey(state, request, crud::delete::<Template>)),
    ("journeys.templates.publish", |state, request| in_journey(state, request, templates::publish)),
    ("journeys.templates.list_versions", |state, request| in_journey(state, request, templates::list_versions)),
    ("journeys.templates.retrieve_content", |state, request| in_journey(state, request, templates::retrieve_content)),
    ("journeys.templates.put_content", |state, request| in_journey(state, request, templates::put_content)),
    ("journeys.templates.put_locale", |state, request| in_journey(state, request, templates::put_locale)),
];

struct Journey {
    /// Name, nodes and settings.
    content: Versions,
}

stored!(Journey, "journey");

impl Resource for Journey {
    fn view(&self, id: &str, _: &State, request: &Request<'_>) -> Result<Value, Response> {
        let (version, content) = self.content.requested(request)?;
        Ok(self.details(id, version, content))
    }

    fn row(&self, id: &str, _: &State, request: &Request<'_>) -> Option<Value> {
        let (version, content) = self.content.requested(request).ok().filter(|_| !self.content.archived)?;
        let (created, updated) = (iso(self.content.created), iso(self.updated()));
        let name = content.get("name");
        Some(json!({"id": id, "name": name, "version": version, "createdAt": created, "updatedAt": updated}))
    }

    fn archive(&mut self) -> bool {
        self.content.archived = true;
        true
    }
}

impl Journey {
    fn details(&self, id: &str, version: &str, content: &Value) -> Value {
        let about = json!({"updated": self.updated(), "updater": CREATOR, "published": self.content.published()});
        let details = with(json!({"enabled": true, "nodes": []}), self.content.details(id, version, content));
        with(details, about)
    }

    fn updated(&self) -> i64 {
        self.content.updated.unwrap_or(self.content.created)
    }
}

/// The content of a journey in a request. Nodes without an id get one.
fn content(state: &mut State, body: &Value) -> Value {
    let mut content = pick(body, &["name", "nodes", "enabled", "cancelation_token"]);
    content.get_mut("nodes").into_iter().for_each(|nodes| give_ids(state, nodes));
    Value::Object(content)
}

fn give_ids(state: &mut State, nodes: &mut Value) {
    for node in nodes.as_array_mut().into_iter().flatten().filter_map(Value::as_object_mut) {
        if !node.get("id").is_some_and(Value::is_string) {
            node.insert("id".to_owned(), json!(state.new_id("node_")));
        }
        let paths = node.get_mut("paths").and_then(Value::as_array_mut).into_iter().flatten();
        paths.filter_map(|path| path.get_mut("nodes")).for_each(|nodes| give_ids(state, nodes));
        node.get_mut("default")
            .and_then(|path| path.get_mut("nodes"))
            .into_iter()
            .for_each(|nodes| give_ids(state, nodes));
    }
}

/// All nodes, also those in branches.
fn all(nodes: &[Value]) -> Vec<&Value> {
    let inner = |node| list(node, "paths").iter().chain(node.get("default")).flat_map(|path| all(list(path, "nodes")));
    nodes.iter().flat_map(|node| std::iter::once(node).chain(inner(node))).collect()
}

/// Refuses delays of runs and of messages that are not times, and invalid combinations. Their variables have no values
/// yet.
fn check_nodes(state: &State, nodes: &[&Value]) -> Result<(), Response> {
    nodes.iter().try_for_each(|node| match text(node, "type") {
        Some("delay") => runs::delay_end(node, 0, None).map(drop),
        Some("batch")
            if matches!(path(node, "retain.type").and_then(Value::as_str), Some("highest" | "lowest"))
                && path(node, "retain.sort_key").is_none() =>
        {
            Err(Response::invalid("`retain.sort_key` is required for `highest` and `lowest`"))
        }
        Some("send") if path(node, "message.to").and_then(Value::as_object).is_some_and(|to| to.len() > 1) => {
            Err(Response::invalid("`message.to` of a send node takes exactly one override"))
        }
        _ => match path(node, "message.delay.until").and_then(Value::as_str) {
            Some(until) if !until.contains("{{") => due(state, &or_null(node, "message"), &Value::Null, 0).map(drop),
            _ => Ok(()),
        },
    })
}

fn create(state: &mut State, request: &Request<'_>) -> Outcome {
    let nodes = list(&request.body, "nodes");
    let all = all(nodes);
    if all.iter().any(|node| text(node, "id").is_some()) {
        return Err(Response::invalid("client-supplied node ids are not allowed; ids are server-generated"));
    }
    check_nodes(state, &all)?;
    if all.iter().any(|node| text(node, "type") == Some("send")) {
        return Err(Response::unprocessable("A new journey cannot have send nodes, because it has no templates yet"));
    }
    if nodes.first().is_none_or(|node| text(node, "type") != Some("trigger")) {
        return Err(Response::invalid("The first node must be a trigger"));
    }
    let (id, content) = (state.new_id("jn_"), content(state, &request.body));
    let mut content = Versions::new(content, request.now);
    content.publish_if_requested(request);
    let journey = Journey { content };
    let view = journey.details(&id, "published", &journey.content.draft);
    state.table_mut().insert(&id, journey);
    Ok(Response::new(201, view))
}

fn replace(state: &mut State, request: &Request<'_>) -> Outcome {
    state.find::<Journey>(request.id(0))?;
    let nodes = all(list(&request.body, "nodes"));
    check_nodes(state, &nodes)?;
    let sends = nodes.into_iter().filter(|node| text(node, "type") == Some("send"));
    let is_known = |template: &str| {
        let template = state.table::<Template>().get(&key(&[request.id(0), template]));
        template.is_some_and(|template| !template.content.archived)
    };
    let mut named = sends.filter_map(|node| text(node.get("message")?, "template"));
    if let Some(unknown) = named.find(|template| !is_known(template)) {
        return Err(Response::invalid(format!("The journey has no template with the id \"{unknown}\".")));
    }
    let content = content(state, &request.body);
    let journey = state.find_mut::<Journey>(request.id(0))?;
    // A journey keeps its token unless the replacement has another, or null.
    let token = pick(&journey.content.draft, &["cancelation_token"]);
    let is_kept = request.body.get("cancelation_token").is_none();
    journey.content.write(if is_kept { with(token, content) } else { content }, request.now);
    journey.content.publish_if_requested(request);
    Ok(Response::ok(journey.details(request.id(0), "draft", &journey.content.draft)))
}

fn publish(state: &mut State, request: &Request<'_>) -> Outcome {
    let journey = state.find_mut::<Journey>(request.id(0))?;
    match text(&request.body, "version") {
        None => {
            journey.content.publish(request.now);
            let templates = state.table_mut::<Template>().iter_mut();
            for (_, template) in templates.filter(|(key, _)| split(key).0 == request.id(0)) {
                template.content.publish(request.now);
            }
        }
        Some(version) => journey.content.select(version)?,
    }
    let journey = state.find::<Journey>(request.id(0))?;
    Ok(Response::ok(journey.details(request.id(0), "published", journey.content.live().unwrap_or(&Value::Null))))
}

fn list_versions(state: &mut State, request: &Request<'_>) -> Outcome {
    let versions = state.find::<Journey>(request.id(0))?.content.all().map(|(version, content, at)| {
        let name = or_null(content, "name");
        json!({"version": version, "name": name, "created": at, "published": at, "creator": CREATOR})
    });
    page(request, versions)
}

fn invoke(state: &mut State, request: &Request<'_>) -> Outcome {
    let id = request.id(0);
    if recipient(&request.body).is_none() && object(&request.body, "profile").is_none() {
        return Err(Response::invalid("User identifier or profile required"));
    }
    let journey = state.table::<Journey>().get(id);
    if journey.is_some_and(|journey| journey.content.archived) {
        return Err(Response::unprocessable(format!("Cannot invoke archived automation template {id}")));
    }
    let content = journey
        .and_then(|journey| journey.content.live())
        .cloned()
        .ok_or_else(|| Response::error(404, "invalid_request_error", format!("Automation template {id} not found")))?;
    if content.get("enabled").is_some_and(|enabled| enabled == false) {
        return Err(Response::unprocessable(format!("Cannot invoke disabled automation template {id}")));
    }
    let user = recipient(&request.body);
    let stored =
        user.and_then(|user| state.find::<Profile>(user).ok()).map(|Profile(profile)| json!({"profile": profile}));
    let profile = joined(&stored.unwrap_or_default(), &request.body, "profile");
    let run = json!({"data": or_null(&request.body, "data"), "profile": profile, "recipient": user});
    // Only delays and sends have an effect.
    let act = |action: &str, node: &Value, now| match action {
        "send" => send(state, request, &run, node.get("message").unwrap_or(&Value::Null), now).map(Some),
        _ => Ok(None),
    };
    let steps = runs::perform(list(&content, "nodes"), "type", request.now, &run, act)?;
    let token = text(&content, "cancelation_token").and_then(|token| resolve(token, &run));
    Ok(runs::store(state, request, Kind::Journey, token, steps))
}

/// The user of a run: in the request itself, or in its data or profile.
fn recipient(body: &Value) -> Option<&str> {
    let within = ["data", "profile"].into_iter().filter_map(|name| body.get(name));
    let within = |name: &'static str| within.clone().find_map(|part| text(part, name));
    text(body, "user_id").or_else(|| ["user_id", "userId", "anonymousId"].into_iter().find_map(within))
}

fn send(state: &mut State, request: &Request<'_>, run: &Value, node: &Value, at: i64) -> Result<String, Response> {
    let mut to: Map<String, Value> = object(&request.body, "profile").cloned().unwrap_or_default();
    to.extend(recipient(&request.body).map(|user| ("user_id".to_owned(), json!(user))));
    to.extend(object(node, "to").cloned().unwrap_or_default());
    let data = joined(&request.body, node, "data");
    let mut message = with(pick(node, &["template", "delay", "context"]), json!({"to": to, "data": data}));
    if let Some(until) = message.pointer_mut("/delay/until") {
        // Without a value, there is no delay.
        *until = until.as_str().and_then(|until| resolve(until, run)).into();
    }
    submit_at(state, request, at, message, true)
}

fn cancel(state: &mut State, request: &Request<'_>) -> Outcome {
    match (text(&request.body, "cancelation_token"), text(&request.body, "run_id")) {
        (Some(token), None) => {
            runs::cancel(state, request.now, |_, run| run.token.as_deref() == Some(token));
            Ok(Response::new(202, json!({"cancelation_token": token})))
        }
        (None, Some(id)) => {
            runs::find(state, id, Kind::Journey)?;
            runs::cancel(state, request.now, |own, _| own == id);
            let status = runs::find(state, id, Kind::Journey)?.status(request.now);
            Ok(Response::new(202, json!({"run_id": id, "status": status})))
        }
        _ => Err(Response::invalid("Exactly one of `cancelation_token` and `run_id` is required")),
    }
}

fn retrieve_run(state: &mut State, request: &Request<'_>) -> Outcome {
    let run = runs::find(state, request.id(0), Kind::Journey)?;
    Ok(Response::ok(json!({"run": run.details(request.id(0), request.now)})))
}

fn in_journey(state: &mut State, request: &Request<'_>, handler: Handler) -> Outcome {
    state.find::<Journey>(request.id(0))?;
    handler(state, request)
}

fn create_template(state: &mut State, request: &Request<'_>) -> Outcome {
    state.find::<Journey>(request.id(0))?;
    let given = or_null(&request.body, "notification");
    let channel = text(&request.body, "channel");
    let elements = given.get("content").map_or(&[][..], |content| list(content, "elements"));
    if elements.iter().any(|element| text(element, "type") != Some("channel") || text(element, "channel") != channel) {
        return Err(Response::invalid("All elements must be inside one for the template's `channel`"));
    }
    templates::store(state, request, &given)
}

fn replace_template(state: &mut State, request: &Request<'_>) -> Outcome {
    state.find::<Journey>(request.id(0))?;
    templates::write(state, request, &or_null(&request.body, "notification"))
}
