//! Routing strategies: `/routing-strategies`.
//!
//! References between strategies and templates are checked: a template cannot name a strategy that does not exist, and
//! a strategy that a template names cannot be deleted.

use serde_json::{Value, json};

use super::templates::{self, Template};
use crate::testing::engine::*;

pub(super) const HANDLERS: &[(&str, Handler)] = &[
    ("routing_strategies.list", crud::list::<RoutingStrategy>),
    ("routing_strategies.create", crud::create::<RoutingStrategy>),
    ("routing_strategies.retrieve", crud::retrieve::<RoutingStrategy>),
    ("routing_strategies.replace", crud::replace::<RoutingStrategy>),
    ("routing_strategies.archive", crud::delete::<RoutingStrategy>),
    ("routing_strategies.list_notifications", list_templates),
];

const FIELDS: [&str; 6] = ["name", "routing", "channels", "providers", "description", "tags"];
const SUMMARY: [&str; 8] = ["id", "name", "description", "tags", "created", "creator", "updated", "updater"];

#[derive(Clone)]
pub(super) struct RoutingStrategy(Value);

stored!(RoutingStrategy, "routing strategy");

impl Resource for RoutingStrategy {
    fn view(&self, _: &str, _: &State, _: &Request<'_>) -> Result<Value, Response> {
        Ok(self.0.clone())
    }

    fn row(&self, _: &str, _: &State, _: &Request<'_>) -> Option<Value> {
        Some(pick(&self.0, &SUMMARY).into())
    }

    fn check_delete(id: &str, state: &State) -> Result<(), Response> {
        match users(state, id).next() {
            Some(_) => Err(Response::conflict("A template uses the routing strategy")),
            None => Ok(()),
        }
    }
}

impl Create for RoutingStrategy {
    const ID_PREFIX: &'static str = "rs_";
    const CREATED: u16 = 201;

    fn build(_: &mut State, id: &str, request: &Request<'_>, before: Option<Self>) -> Result<Self, Response> {
        let about = match before {
            None => json!({"id": id, "created": request.now, "creator": CREATOR}),
            Some(Self(before)) => json!({
                "id": id, "created": or_null(&before, "created"), "creator": CREATOR, "updated": request.now,
                "updater": CREATOR,
            }),
        };
        let defaults = json!({"channels": {}, "providers": {}});
        Ok(Self(with(with(defaults, pick(&request.body, &FIELDS).into()), about)))
    }
}

/// The templates that name a strategy.
fn users<'a>(state: &'a State, strategy: &str) -> impl Iterator<Item = (&'a str, &'a Template)> {
    templates::sendable(state).filter(move |(_, template)| {
        path(&template.content.draft, "routing.strategy_id").is_some_and(|own| own == strategy)
    })
}

fn list_templates(state: &mut State, request: &Request<'_>) -> Outcome {
    state.find::<RoutingStrategy>(request.id(0))?;
    page(request, users(state, request.id(0)).map(|(id, template)| template.summary(id)))
}
