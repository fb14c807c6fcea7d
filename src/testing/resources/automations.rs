//! Automations: `/automations`.

use serde_json::{Value, json};

use super::profiles::Profile;
use super::runs::{self, Kind};
use super::send::submit_at;
use crate::testing::engine::*;

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

pub(crate) fn add_published(state: &mut State, id: &str) {
    state.table_mut().insert(id, Automation);
}

fn invoke_ad_hoc(state: &mut State, request: &Request<'_>) -> Outcome {
    let automation = or_null(&request.body, "automation");
    let steps = list(&automation, "steps");
    let mut delays = steps.iter().filter(|step| text(step, "action") == Some("delay"));
    delays.try_for_each(|step| runs::delay_end(step, request.now, Some(&request.body)).map(drop))?;
    let act = |action: &str, step: &Value, now| perform(state, request, action, step, now);
    let mut steps = runs::perform(steps, "action", request.now, &request.body, act)?;
    steps.iter_mut().for_each(|step| step.id = state.new_id("step_"));
    let token = text(&automation, "cancelation_token").map(str::to_owned);
    Ok(runs::store(state, request, Kind::Automation, token, steps))
}

fn invoke_by_template(state: &mut State, request: &Request<'_>) -> Outcome {
    state.find::<Automation>(request.id(0))?;
    Ok(runs::store(state, request, Kind::Automation, None, Vec::new()))
}

/// Performs a step. Returns the id of the request that sends its message. Fetching data and invoking other automations
/// have no effect.
fn perform(
    state: &mut State,
    request: &Request<'_>,
    action: &str,
    step: &Value,
    now: i64,
) -> Result<Option<String>, Response> {
    let own = |name| text(step, name).or(text(&request.body, name));
    match action {
        "send" | "send-list" => {
            let data = joined(&request.body, step, "data");
            let message = match object(step, "message").filter(|_| action == "send") {
                Some(given) => with(json!({"data": request.body.get("data")}), given.clone().into()),
                None => json!({"template": own("template"), "data": data, "brand_id": own("brand")}),
            };
            let to = if action == "send" {
                let profile = object(step, "profile").or(object(&request.body, "profile"));
                with(profile.cloned().unwrap_or_default(), without_nulls(json!({"user_id": own("recipient")})))
            } else {
                json!({"list_id": text(step, "list")})
            };
            return submit_at(state, request, now, with(json!({"to": to}), message), false).map(Some);
        }
        "update-profile" => {
            let user = text(step, "recipient_id").or(text(&request.body, "recipient")).unwrap_or_default();
            let profile = state.table_mut().entry(user, Profile::new);
            if matches!(text(step, "merge"), None | Some("replace" | "none")) {
                *profile = Profile::new();
            }
            profile.merge(at(step, "profile"));
        }
        "cancel" => {
            if let Some(token) = text(step, "cancelation_token") {
                runs::cancel(state, now, |_, run| run.token.as_deref() == Some(token));
            }
        }
        _ => {}
    }
    Ok(None)
}
