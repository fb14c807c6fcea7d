//! Bulk jobs: `/bulk`.

use std::collections::HashSet;
use std::sync::Arc;

use serde_json::{Map, Value, json};

use crate::testing::engine::json::{list, object, or_null, text, with};
use crate::testing::engine::pagination::page;
use crate::testing::engine::request::Request;
use crate::testing::engine::response::Answer;
use crate::testing::engine::state::State;
use crate::testing::resources::messages::{self, Draft};

/// The most users that one call can add.
const MAX_USERS: usize = 1_000;

pub(crate) struct Job {
    definition: Value,
    users: Vec<User>,
    known: HashSet<String>,
    /// When it ran, and how long its users take to be enqueued.
    ran: Option<(i64, i64)>,
}

struct User {
    given: Value,
    outcome: Outcome,
}

enum Outcome {
    Pending,
    Enqueued(String),
    Failed,
}

impl Job {
    /// Whether its users have been enqueued.
    fn is_done(&self, now: i64) -> bool {
        self.ran.is_some_and(|(at, takes)| now >= at.saturating_add(takes))
    }

    fn status(&self, now: i64) -> &'static str {
        match self.ran {
            None => "CREATED",
            Some(_) if self.is_done(now) => "COMPLETED",
            Some(_) => "PROCESSING",
        }
    }
}

/// What makes two users the same: the recipient, else the address.
fn identity(user: &Value) -> String {
    let nested = |part: &str, name: &str| user.get(part).and_then(|part| text(part, name)).map(str::to_owned);
    let recipient = text(user, "recipient").map(str::to_owned).or_else(|| nested("to", "user_id"));
    let address =
        || ["profile", "to"].iter().find_map(|part| nested(part, "email").or_else(|| nested(part, "phone_number")));
    recipient.or_else(address).unwrap_or_else(|| user.to_string())
}

fn found<'a>(state: &'a mut State, request: &Request<'_>) -> Result<&'a mut Job, Answer> {
    state.jobs.get_mut(request.id(0)).ok_or_else(|| Answer::not_found("bulk job", request.id(0)))
}

pub(crate) fn create(state: &mut State, request: &Request<'_>) -> Result<Answer, Answer> {
    let definition = or_null(&request.body, "message");
    if text(&definition, "event").is_none() {
        return Err(Answer::invalid("The 'event' parameter is required."));
    }
    let id = state.request_id(request.now);
    let job = Job { definition, users: Vec::new(), known: HashSet::new(), ran: None };
    state.jobs.insert(&id, job);
    Ok(Answer::new(201, json!({"jobId": id})))
}

pub(crate) fn add_users(state: &mut State, request: &Request<'_>) -> Result<Answer, Answer> {
    let users = list(&request.body, "users");
    if users.len() > MAX_USERS {
        return Err(Answer::text(502, "text/html", "<html><body><h1>502 Bad Gateway</h1></body></html>"));
    }
    let job = found(state, request)?;
    let mut errors = Vec::new();
    for user in users {
        if job.known.insert(identity(user)) {
            job.users.push(User { given: user.clone(), outcome: Outcome::Pending });
        } else {
            errors.push(json!({"error": "Duplicate user", "user": user}));
        }
    }
    Ok(Answer::ok(json!({"total": users.len() - errors.len(), "errors": errors})))
}

pub(crate) fn retrieve(state: &mut State, request: &Request<'_>) -> Result<Answer, Answer> {
    let job = found(state, request)?;
    let done = job.is_done(request.now);
    let count = |wanted: fn(&Outcome) -> bool| job.users.iter().filter(|user| done && wanted(&user.outcome)).count();
    Ok(Answer::ok(json!({"job": {
        "definition": job.definition,
        "status": job.status(request.now),
        "received": job.users.len(),
        "enqueued": count(|outcome| matches!(outcome, Outcome::Enqueued(_))),
        "failures": count(|outcome| matches!(outcome, Outcome::Failed)),
    }})))
}

pub(crate) fn list_users(state: &mut State, request: &Request<'_>) -> Result<Answer, Answer> {
    let size = state.settings.page_size;
    let job = found(state, request)?;
    let done = job.is_done(request.now);
    let users = job.users.iter().map(|user| {
        let result = match &user.outcome {
            Outcome::Enqueued(message) if done => json!({"status": "ENQUEUED", "messageId": message}),
            Outcome::Failed if done => json!({"status": "ERROR"}),
            _ => json!({"status": "PENDING"}),
        };
        with(user.given.clone(), result)
    });
    page(request, size, users)
}

/// Runs a job that has not run; a second time nothing happens.
pub(crate) fn run(state: &mut State, request: &Request<'_>) -> Result<Answer, Answer> {
    let takes = state.delivery() / 3;
    let job = found(state, request)?;
    if job.ran.is_some() {
        return Ok(Answer::empty(202));
    }
    job.ran = Some((request.now, takes));
    let definition = job.definition.clone();
    // They can be a million, and are not copied.
    let mut users = std::mem::take(&mut job.users);
    for User { given, outcome } in &mut users {
        *outcome = enqueue(state, request, &definition, given);
    }
    found(state, request)?.users = users;
    Ok(Answer::empty(202))
}

fn enqueue(state: &mut State, request: &Request<'_>, definition: &Value, user: &Value) -> Outcome {
    // `to` says who somebody is; what the job routes by is the profile alone.
    let mut to: Map<String, Value> = object(user, "to").cloned().unwrap_or_default();
    to.extend(text(user, "recipient").map(|recipient| ("user_id".to_owned(), json!(recipient))));
    to.extend(object(user, "profile").map(|profile| ("profile".to_owned(), json!(profile))));
    if to.is_empty() {
        return Outcome::Failed;
    }
    let mut message = definition.as_object().cloned().unwrap_or_default();
    if text(definition, "template").is_none() && !definition.get("content").is_some_and(Value::is_object) {
        // A template's id is a valid event.
        message.insert("template".to_owned(), or_null(definition, "event"));
    }
    let mut data = object(definition, "data").cloned().unwrap_or_default();
    data.extend(object(user, "data").cloned().unwrap_or_default());
    message.insert("data".to_owned(), Value::Object(data));
    let draft = Draft {
        request: request.id(0),
        message: Arc::new(Value::Object(message)),
        to: Value::Object(to),
        list: None,
        due: request.now,
        by_profile: true,
        template_known: false,
    };
    Outcome::Enqueued(messages::create(state, request.now, None, draft))
}
