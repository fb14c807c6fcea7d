//! Automations: `/automations`.

use serde_json::{Map, Value, json};

use crate::testing::api::courier::Courier;
use crate::testing::engine::json::{list, object, or_null, text};
use crate::testing::engine::pagination::page;
use crate::testing::engine::request::Request;
use crate::testing::engine::response::Answer;
use crate::testing::engine::state::State;
use crate::testing::engine::time as moment;
use crate::testing::resources::profiles::merge_into;
use crate::testing::resources::runs::{self, Run, Step};
use crate::testing::resources::send::submit_at;

impl Courier {
    /// Stores a published automation template, which the API has no operation to make.
    pub fn automation(&self, id: &str) -> &Self {
        let template = json!({"id": id, "name": id, "version": "published"});
        self.state().automations.insert(id, template);
        self
    }
}

pub(crate) fn list_templates(state: &mut State, request: &Request<'_>) -> Result<Answer, Answer> {
    let wanted = request.parameter("version").unwrap_or("published");
    let templates = state.automations.iter().filter(|_| wanted == "published").map(|(_, template)| template.clone());
    page(request, state.settings.page_size, templates)
}

pub(crate) fn invoke(state: &mut State, request: &Request<'_>) -> Result<Answer, Answer> {
    let automation = or_null(&request.body, "automation");
    let token = text(&automation, "cancelation_token").map(str::to_owned);
    let run = start(state, request, list(&automation, "steps"), token)?;
    Ok(stored(state, run))
}

pub(crate) fn invoke_template(state: &mut State, request: &Request<'_>) -> Result<Answer, Answer> {
    let id = request.id(0);
    if !state.automations.contains(id) {
        return Err(Answer::not_found("automation template", id));
    }
    let template = Some(id.to_owned());
    let (source, started) = (format!("invoke/{id}"), request.now);
    Ok(stored(state, Run { template, token: None, source, started, steps: Vec::new(), canceled: None }))
}

fn stored(state: &mut State, run: Run) -> Answer {
    let id = state.request_id(run.started);
    state.automation_runs.insert(&id, run);
    Answer::new(202, json!({"runId": id}))
}

/// Does all steps of a run, each at its time. Fetching data and invoking other automations does nothing here.
fn start(state: &mut State, request: &Request<'_>, steps: &[Value], token: Option<String>) -> Result<Run, Answer> {
    let mut now = request.now;
    let mut done = Vec::new();
    for step in steps {
        let action = text(step, "action").unwrap_or_default().to_owned();
        let begins = now;
        let mut message = None;
        match action.as_str() {
            "delay" => {
                let until = text(step, "until").and_then(moment::parse);
                let length = text(step, "duration").and_then(moment::parse_length);
                now = length.map(|length| now.saturating_add(length)).or(until).unwrap_or(now).max(now);
            }
            "send" => {
                let recipient = text(step, "recipient").or(text(&request.body, "recipient"));
                let profile = object(step, "profile").or(object(&request.body, "profile"));
                let mut to: Map<String, Value> = profile.cloned().unwrap_or_default();
                to.extend(recipient.map(|recipient| ("user_id".to_owned(), json!(recipient))));
                message = Some(send(state, request, step, Value::Object(to), begins)?);
            }
            "send-list" => {
                let to = json!({"list_id": text(step, "list")});
                message = Some(send(state, request, step, to, begins)?);
            }
            "update-profile" => {
                let user = text(step, "recipient_id").or(text(&request.body, "recipient")).unwrap_or_default();
                let profile = state.profiles.entry(user.to_owned()).or_default();
                if matches!(text(step, "merge"), None | Some("replace" | "none")) {
                    profile.clear();
                }
                if let Some(given) = object(step, "profile") {
                    merge_into(profile, given);
                }
            }
            "cancel" => {
                if let Some(token) = text(step, "cancelation_token") {
                    runs::cancel_by_token(state, token, now);
                }
            }
            _ => {}
        }
        done.push(Step { id: state.id("step_"), action, begins, ends: now, message });
    }
    let (source, started) = ("invoke/ad-hoc".to_owned(), request.now);
    Ok(Run { template: None, token, source, started, steps: done, canceled: None })
}

fn send(state: &mut State, request: &Request<'_>, step: &Value, to: Value, at: i64) -> Result<String, Answer> {
    let template = text(step, "template").or(text(&request.body, "template"));
    let mut data = object(&request.body, "data").cloned().unwrap_or_default();
    data.extend(object(step, "data").cloned().unwrap_or_default());
    let brand = text(step, "brand").or(text(&request.body, "brand"));
    let message = json!({"to": to, "template": template, "data": data, "brand_id": brand});
    submit_at(state, request.now, at, message, false)
}

pub(crate) fn list_runs(state: &mut State, request: &Request<'_>) -> Result<Answer, Answer> {
    runs::list(&state.automation_runs, state.settings.page_size, request)
}

pub(crate) fn list_run_steps(state: &mut State, request: &Request<'_>) -> Result<Answer, Answer> {
    let run = state.automation_runs.get(request.id(0)).ok_or_else(|| Answer::not_found("run", request.id(0)))?;
    Ok(Answer::ok(json!({"steps": run.steps("step_id", request.now)})))
}
