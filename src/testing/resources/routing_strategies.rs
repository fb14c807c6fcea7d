//! Routing strategies: `/routing-strategies`.

use serde_json::{Value, json};

use crate::testing::engine::json::{or_null, path, pick, with};
use crate::testing::engine::pagination::page;
use crate::testing::engine::request::Request;
use crate::testing::engine::response::Answer;
use crate::testing::engine::state::State;
use crate::testing::resources::messages::CREATOR;
use crate::testing::resources::templates::Template;

const FIELDS: [&str; 6] = ["name", "routing", "channels", "providers", "description", "tags"];
const SUMMARY: [&str; 8] = ["id", "name", "description", "tags", "created", "creator", "updated", "updater"];

fn found<'a>(state: &'a mut State, request: &Request<'_>) -> Result<&'a mut Value, Answer> {
    state.routing_strategies.get_mut(request.id(0)).ok_or_else(|| Answer::not_found("routing strategy", request.id(0)))
}

fn complete(given: &Value, about: Value) -> Value {
    with(with(json!({"channels": {}, "providers": {}}), Value::Object(pick(given, &FIELDS))), about)
}

/// The templates that name a strategy.
fn users<'a>(state: &'a State, strategy: &str) -> impl Iterator<Item = (&'a str, &'a Template)> {
    let templates = state.templates.iter().filter(|(_, template)| !template.archived);
    templates.filter(move |(_, template)| {
        path(template.content.draft(), "routing.strategy_id").is_some_and(|own| own == strategy)
    })
}

pub(crate) fn create(state: &mut State, request: &Request<'_>) -> Result<Answer, Answer> {
    let id = state.id("rs_");
    let strategy = complete(&request.body, json!({"id": id, "created": request.now, "creator": CREATOR}));
    state.routing_strategies.insert(&id, strategy.clone());
    Ok(Answer::ok(strategy))
}

pub(crate) fn list_all(state: &mut State, request: &Request<'_>) -> Result<Answer, Answer> {
    let strategies = state.routing_strategies.iter();
    page(request, state.settings.page_size, strategies.map(|(_, strategy)| pick(strategy, &SUMMARY).into()))
}

pub(crate) fn retrieve(state: &mut State, request: &Request<'_>) -> Result<Answer, Answer> {
    Ok(Answer::ok(found(state, request)?.clone()))
}

pub(crate) fn replace(state: &mut State, request: &Request<'_>) -> Result<Answer, Answer> {
    let strategy = found(state, request)?;
    let created = or_null(strategy, "created");
    let about = json!({
        "id": request.id(0), "created": created, "creator": CREATOR, "updated": request.now, "updater": CREATOR,
    });
    *strategy = complete(&request.body, about);
    Ok(Answer::ok(strategy.clone()))
}

pub(crate) fn archive(state: &mut State, request: &Request<'_>) -> Result<Answer, Answer> {
    found(state, request)?;
    if users(state, request.id(0)).next().is_some() {
        return Err(Answer::conflict("A template uses the routing strategy"));
    }
    state.routing_strategies.remove(request.id(0));
    Ok(Answer::empty(204))
}

pub(crate) fn list_templates(state: &mut State, request: &Request<'_>) -> Result<Answer, Answer> {
    found(state, request)?;
    let templates = users(state, request.id(0)).map(|(id, template)| template.summary(id));
    page(request, state.settings.page_size, templates)
}
