//! Automations: `/automations`.

use serde_json::{Map, Value, json};

use super::profiles::Profile;
use super::runs::{self, Kind, Run, Step};
use super::send::submit_at;
use crate::testing::engine::{
    Handler, Outcome, Request, Resource, Response, State, crud, list, object, or_null, stored, text, with,
};

pub(super) const HANDLERS: &[(&str, Handler)] = &[
    ("automations.list", crud::list::<Automation>),
    ("automations.invoke.invoke_ad_hoc", invoke_ad_hoc),
    ("automations.invoke.invoke_by_template", invoke_by_template),
    ("automations.runs.list", |state, request| runs::list(state, request, Kind::Automation)),
    ("automations.runs.list_steps", |state, request| runs::list_steps(state, request, Kind::Automation, "step_id")),
];

/// A published automation template, which the API has no operation to create.
struct Automation;

stored!(Automation, "automation template");

impl Resource for Automation {
    fn view(&self, id: &str, _: &State, _: &Request<'_>) -> Result<Value, Response> {
        Ok(json!({"id": id, "name": id, "version": "published"}))
    }

    fn row(&self, id: &str, state: &State, request: &Request<'_>) -> Option<Value> {
        let is_wanted = request.parameter("version").is_none_or(|version| version == "published");
        self.view(id, state, request).ok().filter(|_| is_wanted)
    }
}

/// Stores a published automation template.
pub(crate) fn add_published(state: &mut State, id: &str) {
    state.table_mut().insert(id, Automation);
}

fn invoke_ad_hoc(state: &mut State, request: &Request<'_>) -> Outcome {
    let automation = or_null(&request.body, "automation");
    let steps = steps(state, request, list(&automation, "steps"))?;
    let (source, token) = ("invoke/ad-hoc".to_owned(), text(&automation, "cancelation_token").map(str::to_owned));
    let run =
        Run { kind: Kind::Automation, template: None, token, source, started: request.now, steps, canceled: None };
    Ok(runs::store(state, run))
}

fn invoke_by_template(state: &mut State, request: &Request<'_>) -> Outcome {
    let id = request.id(0);
    state.find::<Automation>(id)?;
    let (template, source, steps) = (Some(id.to_owned()), format!("invoke/{id}"), Vec::new());
    let run =
        Run { kind: Kind::Automation, template, token: None, source, started: request.now, steps, canceled: None };
    Ok(runs::store(state, run))
}

/// Performs all steps, each at its scheduled time. Fetching data and invoking other automations have no effect.
fn steps(state: &mut State, request: &Request<'_>, steps: &[Value]) -> Result<Vec<Step>, Response> {
    let mut delays = steps.iter().filter(|step| text(step, "action") == Some("delay"));
    delays.try_for_each(|step| runs::delay_end(step, request.now, Some(&request.body)).map(drop))?;
    let mut now = request.now;
    let mut performed = Vec::new();
    for step in steps {
        let action = text(step, "action").unwrap_or_default().to_owned();
        let begins = now;
        let mut message = None;
        match action.as_str() {
            "delay" => now = runs::delay_end(step, now, Some(&request.body))?,
            "send" => {
                let recipient = text(step, "recipient").or(text(&request.body, "recipient"));
                let profile = object(step, "profile").or(object(&request.body, "profile"));
                let mut to: Map<String, Value> = profile.cloned().unwrap_or_default();
                to.extend(recipient.map(|recipient| ("user_id".to_owned(), json!(recipient))));
                message = Some(match object(step, "message") {
                    Some(given) => {
                        let defaults = json!({"to": to, "data": request.body.get("data")});
                        submit_at(state, request, begins, with(defaults, given.clone().into()), false)?
                    }
                    None => send(state, request, step, Value::Object(to), begins)?,
                });
            }
            "send-list" => {
                let to = json!({"list_id": text(step, "list")});
                message = Some(send(state, request, step, to, begins)?);
            }
            "update-profile" => {
                let user = text(step, "recipient_id").or(text(&request.body, "recipient")).unwrap_or_default();
                let profile = state.table_mut().entry(user, Profile::default);
                if matches!(text(step, "merge"), None | Some("replace" | "none")) {
                    profile.0.clear();
                }
                if let Some(given) = object(step, "profile") {
                    profile.merge(given);
                }
            }
            "cancel" => {
                if let Some(token) = text(step, "cancelation_token") {
                    runs::cancel_by_token(state, token, now);
                }
            }
            _ => {}
        }
        performed.push(Step { id: state.new_id("step_"), action, begins, ends: now, message });
    }
    Ok(performed)
}

fn send(state: &mut State, request: &Request<'_>, step: &Value, to: Value, at: i64) -> Result<String, Response> {
    let template = text(step, "template").or(text(&request.body, "template"));
    let mut data = object(&request.body, "data").cloned().unwrap_or_default();
    data.extend(object(step, "data").cloned().unwrap_or_default());
    let brand = text(step, "brand").or(text(&request.body, "brand"));
    let message = json!({"to": to, "template": template, "data": data, "brand_id": brand});
    submit_at(state, request, at, message, false)
}
