//! Runs of automations and journeys.

use serde_json::{Value, json};

use crate::testing::engine::pagination::page;
use crate::testing::engine::request::Request;
use crate::testing::engine::response::Answer;
use crate::testing::engine::state::State;
use crate::testing::engine::table::Table;
use crate::testing::engine::time::{self as moment, iso};

pub(crate) struct Run {
    /// The automation or the journey, if it is one that is stored.
    pub template: Option<String>,
    pub token: Option<String>,
    pub source: String,
    pub started: i64,
    pub steps: Vec<Step>,
    pub canceled: Option<i64>,
}

pub(crate) struct Step {
    pub id: String,
    pub action: String,
    /// When it begins, and when the next one can.
    pub begins: i64,
    pub ends: i64,
    pub message: Option<String>,
}

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

    pub fn view(&self, id: &str, now: i64) -> Value {
        let updated = self.canceled.unwrap_or_else(|| self.ends().min(now));
        json!({
            "run_id": id, "source": [self.source], "status": self.status(now), "template_id": self.template,
            "created_at": iso(self.started), "updated_at": iso(updated),
        })
    }

    /// The steps that it has come to. `id` is what the API calls a step's id there.
    pub fn steps(&self, id: &str, now: i64) -> Vec<Value> {
        let until = self.canceled.unwrap_or(now);
        let steps = self.steps.iter().filter(|step| step.begins <= until);
        let view = |step: &Step| {
            let status = match step.ends > until {
                true if self.canceled.is_some() => "CANCELED",
                true if step.action == "delay" => "WAITING",
                true => "PROCESSING",
                false => "PROCESSED",
            };
            let mut view = json!({
                "action": step.action, "status": status, "created_at": iso(step.begins), "updated_at": iso(step.ends.min(until)),
            });
            if let Some(view) = view.as_object_mut() {
                view.insert(id.to_owned(), json!(step.id));
                view.extend(step.message.as_ref().map(|message| ("message_id".to_owned(), json!(message))));
            }
            view
        };
        steps.map(view).collect()
    }

    /// Stops it, with the messages that it has not delivered. One that is over stays as it is.
    pub fn cancel(&mut self, messages: &mut Table<crate::testing::resources::messages::Message>, now: i64) {
        if matches!(self.status(now), "CANCELED" | "PROCESSED") {
            return;
        }
        self.canceled = Some(now);
        for request in self.steps.iter().filter(|step| step.begins > now).filter_map(|step| step.message.as_deref()) {
            for (_, message) in messages.values_mut().filter(|(_, message)| message.request == request) {
                message.mark(now, "CANCELED", None);
            }
        }
    }
}

/// Stops all runs with a token, of automations and of journeys.
pub(crate) fn cancel_by_token(state: &mut State, token: &str, now: i64) {
    let runs = state.automation_runs.values_mut().chain(state.journey_runs.values_mut());
    for (_, run) in runs.filter(|(_, run)| run.token.as_deref() == Some(token)) {
        run.cancel(&mut state.messages, now);
    }
}

/// A page of runs, the newest first.
pub(crate) fn list(runs: &Table<Run>, size: usize, request: &Request<'_>) -> Result<Answer, Answer> {
    let date = |name: &str| match request.parameter(name).map(moment::parse) {
        Some(None) => Err(Answer::invalid(format!("`{name}` is not an ISO 8601 date"))),
        Some(date) => Ok(date),
        None => Ok(None),
    };
    let (start, end) = (date("start_date")?, date("end_date")?);
    let template = request.parameter("template_id");
    let runs = runs.iter().rev().filter(|(_, run)| {
        template.is_none_or(|template| run.template.as_deref() == Some(template))
            && request.parameter("status").is_none_or(|some| some.split(',').any(|one| run.status(request.now) == one))
            && start.is_none_or(|start| run.started >= start)
            && end.is_none_or(|end| run.started <= end)
    });
    page(request, size, runs.map(|(id, run)| run.view(id, request.now)))
}
