//! Runs of automations and journeys.

use serde_json::{Value, json};

use super::{content, messages};
use crate::testing::engine::{Outcome, Request, Response, State, iso, page_of_size, stored, text, time, with};

/// The number of runs of a page, if the request does not set it, and its maximum.
const DEFAULT_RUNS: usize = 20;
const MAX_RUNS: usize = 50;

#[derive(Clone, Copy, PartialEq)]
pub(super) enum Kind {
    Automation,
    Journey,
}

pub(super) struct Run {
    pub kind: Kind,
    /// The id of the stored automation or journey.
    pub template: Option<String>,
    pub token: Option<String>,
    pub source: String,
    pub started: i64,
    pub steps: Vec<Step>,
    pub canceled: Option<i64>,
}

pub(super) struct Step {
    pub id: String,
    pub action: String,
    pub begins: i64,
    /// The time at which the next step begins.
    pub ends: i64,
    /// The id of the request that sends its message.
    pub message: Option<String>,
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
        json!({
            "run_id": id, "source": [self.source], "status": self.status(now), "template_id": self.template,
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
            let view = json!({
                "action": step.action, "status": status, "created_at": iso(step.begins),
                "updated_at": iso(step.ends.min(until)), id_name: step.id,
            });
            let message = step.message.as_ref().map_or_else(|| json!({}), |message| json!({"message_id": message}));
            with(view, message)
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

/// Stores a run that has started.
pub(super) fn store(state: &mut State, run: Run) -> Response {
    let id = state.new_request_id(run.started);
    state.table_mut().insert(&id, run);
    Response::new(202, json!({"runId": id}))
}

pub(super) fn find<'a>(state: &'a State, id: &str, kind: Kind) -> Result<&'a Run, Response> {
    let run = state.find::<Run>(id).ok().filter(|run| run.kind == kind);
    run.ok_or_else(|| Response::not_found("run", id))
}

/// Stops a run, with the messages that it has not sent. A finished run does not change.
pub(super) fn cancel(state: &mut State, id: &str, now: i64) -> Result<(), Response> {
    let run = state.find_mut::<Run>(id)?;
    if matches!(run.status(now), "CANCELED" | "PROCESSED") {
        return Ok(());
    }
    run.canceled = Some(now);
    let unsent = run.steps.iter().filter(|step| step.begins > now).filter_map(|step| step.message.clone());
    for request in unsent.collect::<Vec<_>>() {
        messages::of_request(state, &request).for_each(|message| message.cancel(now));
    }
    Ok(())
}

/// Stops all runs with a token, of automations and of journeys.
pub(super) fn cancel_by_token(state: &mut State, token: &str, now: i64) {
    let runs = state.table::<Run>().iter().filter(|(_, run)| run.token.as_deref() == Some(token));
    for id in runs.map(|(id, _)| id.to_owned()).collect::<Vec<_>>() {
        // It exists.
        let _ = cancel(state, &id, now);
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
