//! Bulk jobs: `/bulk`.

use std::collections::HashSet;
use std::sync::Arc;

use serde_json::{Map, Value, json};

use super::messages::{self, Draft};
use crate::testing::engine::*;

pub(super) const HANDLERS: &[(&str, Handler)] = &[
    ("bulk.create_job", create),
    ("bulk.add_users", add_users),
    ("bulk.run_job", run),
    ("bulk.retrieve_job", retrieve),
    ("bulk.list_users", list_users),
];

/// The maximum number of users of one call.
const MAX_USERS: usize = 1_000;

struct Job {
    definition: Value,
    users: Vec<User>,
    known: HashSet<String>,
    /// The time at which it ran, and the milliseconds until its users are enqueued.
    ran: Option<(i64, i64)>,
}

struct User {
    given: Value,
    status: Status,
}

enum Status {
    Pending,
    Enqueued(String),
    Failed,
}

stored!(Job, "bulk job");

impl Job {
    /// Returns `true` if its users are enqueued.
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

/// The recipient, else the address. Users with the same identity are duplicates.
fn identity(user: &Value) -> String {
    let nested = |part: &str, name: &str| user.get(part).and_then(|part| text(part, name)).map(str::to_owned);
    let recipient = text(user, "recipient").map(str::to_owned).or_else(|| nested("to", "user_id"));
    let address =
        || ["profile", "to"].iter().find_map(|part| nested(part, "email").or_else(|| nested(part, "phone_number")));
    recipient.or_else(address).unwrap_or_else(|| user.to_string())
}

fn create(state: &mut State, request: &Request<'_>) -> Outcome {
    let definition = or_null(&request.body, "message");
    if text(&definition, "event").is_none() {
        return Err(Response::invalid("The 'event' parameter is required."));
    }
    let id = state.new_request_id(request.now);
    let job = Job { definition, users: Vec::new(), known: HashSet::new(), ran: None };
    state.table_mut().insert(&id, job);
    Ok(Response::new(201, json!({"jobId": id})))
}

fn add_users(state: &mut State, request: &Request<'_>) -> Outcome {
    let users = list(&request.body, "users");
    if users.len() > MAX_USERS {
        return Err(Response::text(502, "text/html", "<html><body><h1>502 Bad Gateway</h1></body></html>"));
    }
    let job = state.find_mut::<Job>(request.id(0))?;
    let mut errors = Vec::new();
    for user in users {
        if job.known.insert(identity(user)) {
            job.users.push(User { given: user.clone(), status: Status::Pending });
        } else {
            errors.push(json!({"error": "Duplicate user", "user": user}));
        }
    }
    Ok(Response::ok(json!({"total": users.len() - errors.len(), "errors": errors})))
}

fn retrieve(state: &mut State, request: &Request<'_>) -> Outcome {
    let job = state.find::<Job>(request.id(0))?;
    let done = job.is_done(request.now);
    let count = |wanted: fn(&Status) -> bool| job.users.iter().filter(|user| done && wanted(&user.status)).count();
    Ok(Response::ok(json!({"job": {
        "definition": job.definition,
        "status": job.status(request.now),
        "received": job.users.len(),
        "enqueued": count(|status| matches!(status, Status::Enqueued(_))),
        "failures": count(|status| matches!(status, Status::Failed)),
    }})))
}

fn list_users(state: &mut State, request: &Request<'_>) -> Outcome {
    let job = state.find::<Job>(request.id(0))?;
    let done = job.is_done(request.now);
    let users = job.users.iter().map(|user| {
        let result = match &user.status {
            Status::Enqueued(message) if done => json!({"status": "ENQUEUED", "messageId": message}),
            Status::Failed if done => json!({"status": "ERROR"}),
            _ => json!({"status": "PENDING"}),
        };
        with(user.given.clone(), result)
    });
    page(request, users)
}

/// Runs a job. A second call has no effect.
fn run(state: &mut State, request: &Request<'_>) -> Outcome {
    let job = state.find_mut::<Job>(request.id(0))?;
    if job.ran.is_some() {
        return Ok(Response::empty(202));
    }
    job.ran = Some((request.now, request.delivery / 3));
    let definition = job.definition.clone();
    // Moved, not copied: there can be a million.
    let mut users = std::mem::take(&mut job.users);
    for User { given, status } in &mut users {
        *status = enqueue(state, request, &definition, given);
    }
    state.find_mut::<Job>(request.id(0))?.users = users;
    Ok(Response::empty(202))
}

fn enqueue(state: &mut State, request: &Request<'_>, definition: &Value, user: &Value) -> Status {
    // `to` identifies the recipient; a job routes by the profile alone.
    let mut to: Map<String, Value> = object(user, "to").cloned().unwrap_or_default();
    to.extend(text(user, "recipient").map(|recipient| ("user_id".to_owned(), json!(recipient))));
    to.extend(object(user, "profile").map(|profile| ("profile".to_owned(), json!(profile))));
    if to.is_empty() {
        return Status::Failed;
    }
    let mut message = definition.as_object().cloned().unwrap_or_default();
    if text(definition, "template").is_none() && !definition.get("content").is_some_and(Value::is_object) {
        // A template's id is a valid event.
        message.insert("template".to_owned(), or_null(definition, "event"));
    }
    message.insert("data".to_owned(), joined(definition, user, "data").into());
    let draft = Draft {
        request_id: request.id(0).to_owned(),
        message: Arc::new(Value::Object(message)),
        to: Value::Object(to),
        list: None,
        due: request.now,
        by_profile: true,
        template_known: false,
    };
    Status::Enqueued(messages::create(state, request, None, draft))
}
