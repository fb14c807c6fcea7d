//! Runs of automations and journeys.

use serde_json::{Value, json};

use super::{content, messages};
use crate::testing::engine::*;

/// The number of runs of a page, if the request does not set it, and its maximum.
const DEFAULT_RUNS: usize = 20;
const MAX_RUNS: usize = 50;

#[derive(Clone, Copy, PartialEq)]
pub(super) enum Kind {
    Automation,
    Journey,
}

pub(super) struct Run {
    kind: Kind,
    /// The id of the stored automation or journey.
    template: Option<String>,
    pub token: Option<String>,
    started: i64,
    steps: Vec<Step>,
    canceled: Option<i64>,
}

pub(super) struct Step {
    pub id: String,
    action: String,
    begins: i64,
    /// The time at which the next step begins.
    ends: i64,
    /// The id of the request that sends its message.
    message: Option<String>,
}

stored!(Run, "run", log);

impl Run {
    pub fn status(&self, now: i64) -> &'static str {
        let waits = self.steps.iter().any(|step| step.action == "delay" && step.begins <= now && now < step.ends);
        if self.canceled.is_some() {
            "CANCELED"
        } else if waits {
            "WAITING"
        } else if self.ends() > now {
            "PROCESSING"
        } else {
            "PROCESSED"
        }
    }

    fn ends(&self) -> i64 {
        self.steps.last().map_or(self.started, |step| step.ends)
    }

    pub fn details(&self, id: &str, now: i64) -> Value {
        let updated = self.canceled.unwrap_or_else(|| self.ends().min(now));
        let source = format!("invoke/{}", self.template.as_deref().unwrap_or("ad-hoc"));
        json!({
            "run_id": id, "source": [source], "status": self.status(now), "template_id": self.template,
            "created_at": iso(self.started), "updated_at": iso(updated),
        })
    }

    /// The steps that have begun. `id_name` is the API's name for a step's id.
    fn steps(&self, id_name: &str, now: i64) -> Vec<Value> {
        let until = self.canceled.unwrap_or(now);
        let view = |step: &Step| {
            let status = match step.ends > until {
                true if self.canceled.is_some() => "CANCELED",
                true if step.action == "delay" => "WAITING",
                true => "PROCESSING",
                false => "PROCESSED",
            };
            without_nulls(json!({
                "action": step.action, "status": status, "created_at": iso(step.begins),
                "updated_at": iso(step.ends.min(until)), id_name: step.id, "message_id": step.message,
            }))
        };
        self.steps.iter().filter(|step| step.begins <= until).map(view).collect()
    }
}

/// The time at which a delay that begins `now` ends. Variables have values only in a `run`; a delay whose variables have
/// none ends immediately.
pub(super) fn delay_end(step: &Value, now: i64, run: Option<&Value>) -> Result<i64, Response> {
    let (name, given) = match (text(step, "duration"), text(step, "until")) {
        (Some(duration), _) => ("duration", duration),
        (None, Some(until)) => ("until", until),
        (None, None) => return Ok(now),
    };
    let Some(resolved) = content::resolve(given, run.unwrap_or(&Value::Null)) else { return Ok(now) };
    let end = match name {
        "duration" => time::parse_duration(&resolved).map(|duration| now.saturating_add(duration)),
        _ => time::parse(&resolved),
    };
    end.map(|end| end.max(now)).ok_or_else(|| Response::invalid(format!("`{name}` of a delay is not a time")))
}

/// Performs steps, each at its scheduled time: `act` performs every step but a delay, and returns the id of the request
/// that sends its message. `kind` is the API's name for the kind of a step.
pub(super) fn perform(
    steps: &[Value],
    kind: &str,
    mut now: i64,
    run: &Value,
    mut act: impl FnMut(&str, &Value, i64) -> Result<Option<String>, Response>,
) -> Result<Vec<Step>, Response> {
    let perform = |step: &Value| {
        let (begins, action) = (now, text(step, kind).unwrap_or_default().to_owned());
        let message = if action == "delay" {
            now = delay_end(step, now, Some(run)).unwrap_or(now);
            None
        } else {
            act(&action, step, now)?
        };
        let id = text(step, "id").unwrap_or_default().to_owned();
        Ok(Step { id, action, begins, ends: now, message })
    };
    steps.iter().map(perform).collect()
}

/// Stores a run that the request has started.
pub(super) fn store(
    state: &mut State,
    request: &Request<'_>,
    kind: Kind,
    token: Option<String>,
    steps: Vec<Step>,
) -> Response {
    let (id, template) = (state.new_request_id(request.now), Some(request.last_id()).filter(|id| !id.is_empty()));
    let run = Run { kind, template: template.map(str::to_owned), token, started: request.now, steps, canceled: None };
    state.table_mut().insert(&id, run);
    Response::new(202, json!({"runId": id}))
}

pub(super) fn find<'a>(state: &'a State, id: &str, kind: Kind) -> Result<&'a Run, Response> {
    state.find::<Run>(id).ok().filter(|run| run.kind == kind).ok_or_else(|| Run::not_found(id))
}

/// Stops the runs that meet a condition, with the messages that they have not sent. Finished runs do not change.
pub(super) fn cancel(state: &mut State, now: i64, is_wanted: impl Fn(&str, &Run) -> bool) {
    let mut unsent = Vec::new();
    for (_, run) in state.table_mut::<Run>().iter_mut().filter(|(id, run)| is_wanted(id, run)) {
        if !matches!(run.status(now), "CANCELED" | "PROCESSED") {
            run.canceled = Some(now);
            unsent.extend(run.steps.iter().filter(|step| step.begins > now).filter_map(|step| step.message.clone()));
        }
    }
    for request in unsent {
        messages::of_request(state, &request).for_each(|message| message.cancel(now));
    }
}

/// A page of runs, the newest first.
pub(super) fn list(state: &State, request: &Request<'_>, kind: Kind) -> Outcome {
    let (start, end) = (request.time("start_date")?, request.time("end_date")?);
    let template = request.parameter("template_id");
    let runs = state.table::<Run>().iter().rev().filter(|(_, run)| {
        run.kind == kind
            && template.is_none_or(|template| run.template.as_deref() == Some(template))
            && request.parameter("status").is_none_or(|some| some.split(',').any(|one| run.status(request.now) == one))
            && start.is_none_or(|start| run.started >= start)
            && end.is_none_or(|end| run.started <= end)
    });
    // Courier clamps the number of runs, and ignores text.
    let size = request.parameter("limit").and_then(|limit| limit.parse::<usize>().ok());
    let size = size.map_or(DEFAULT_RUNS, |limit| limit.clamp(1, MAX_RUNS));
    page_of_size(size, request, runs.map(|(id, run)| run.details(id, request.now)))
}

pub(super) fn list_steps(state: &State, request: &Request<'_>, kind: Kind, id_name: &str) -> Outcome {
    Ok(Response::ok(json!({"steps": find(state, request.id(0), kind)?.steps(id_name, request.now)})))
}
