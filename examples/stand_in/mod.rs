//! A small stand-in for Courier in this process, so that an example runs without a key and without a network.
#![allow(clippy::indexing_slicing, reason = "of JSON it gives null")]
#![allow(dead_code, reason = "each example uses its part")]

use std::collections::{HashMap, HashSet};
use std::panic;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::body::{Body, to_bytes};
use axum::extract::Request;
use axum::http::{Method, Response};
use axum::{Router, routing};
use serde_json::{Value, json};
use trycourier::Client;

/// A client of Courier where there is a key, and else of a stand-in.
pub async fn client() -> Result<Client, Box<dyn std::error::Error>> {
    if std::env::var("COURIER_API_KEY").is_ok_and(|key| !key.trim().is_empty()) {
        return Ok(Client::from_env()?);
    }
    let courier = StandIn::start().await?;
    eprintln!("COURIER_API_KEY is not set: asking a stand-in for Courier at {}", courier.url);
    Ok(courier.client()?)
}

#[derive(Clone)]
pub struct StandIn {
    pub url: String,
    state: Arc<Mutex<State>>,
}

#[derive(Default)]
pub struct State {
    pub jobs: HashMap<String, Job>,
    /// What was sent, in order.
    pub sent: Vec<Value>,
    /// How often a message was asked for.
    looks: HashMap<String, usize>,
    /// The answers that are kept under a key. Ingestion has none, as on a Courier that does not look at keys there.
    kept: HashMap<String, Value>,
    /// Of so many requests one is acted on, and its answer is lost. 0: none.
    pub loses_one_of: usize,
    requests: usize,
}

#[derive(Default)]
pub struct Job {
    pub definition: Value,
    /// By recipient or address, in the order in which they were added.
    pub users: Vec<String>,
    known: HashSet<String>,
    /// How often it was run from being created; more than once would be sending twice.
    pub runs: usize,
    looks: usize,
    pub largest_chunk: usize,
}

impl StandIn {
    pub async fn start() -> std::io::Result<Self> {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
        let url = format!("http://{}", listener.local_addr()?);
        let state = Arc::new(Mutex::new(State::default()));
        let shared = Arc::clone(&state);
        let service = Router::new().fallback(routing::any(move |request| answer(Arc::clone(&shared), request)));
        tokio::spawn(async move { axum::serve(listener, service).await });
        Ok(Self { url, state })
    }

    pub fn client(&self) -> trycourier::Result<Client> {
        Client::builder().api_key("stand-in").base_url(&self.url).build()
    }

    pub fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

async fn answer(state: Arc<Mutex<State>>, request: Request) -> Response<Body> {
    let (parts, body) = request.into_parts();
    let body = to_bytes(body, usize::MAX).await.unwrap_or_default();
    let key = parts.headers.get("idempotency-key").and_then(|key| key.to_str().ok()).map(str::to_owned);
    let body: Value = serde_json::from_slice(&body).unwrap_or_default();
    let (status, answer, is_lost) = {
        let mut state = state.lock().unwrap_or_else(PoisonError::into_inner);
        state.requests += 1;
        let is_lost = state.loses_one_of > 0 && state.requests.is_multiple_of(state.loses_one_of);
        let path: Vec<&str> = parts.uri.path().trim_matches('/').split('/').collect();
        let cursor = parts.uri.query().and_then(|query| query.split("cursor=").nth(1)?.split('&').next());
        let (status, answer) = state.act(&parts.method, &path, cursor, key.as_deref(), body);
        (status, answer, is_lost)
    };
    if is_lost {
        // The server drops the connection, and prints nothing.
        panic::resume_unwind(Box::new(()));
    }
    let body = if answer.is_null() { Body::empty() } else { Body::from(answer.to_string()) };
    let answer = Response::builder().status(status).header("content-type", "application/json").body(body);
    answer.unwrap_or_default()
}

impl State {
    fn act(
        &mut self,
        method: &Method,
        path: &[&str],
        cursor: Option<&str>,
        key: Option<&str>,
        mut body: Value,
    ) -> (u16, Value) {
        let no_such = (404, json!({"message": "Not found", "type": "invalid_request_error"}));
        match (method.as_str(), path) {
            ("POST", ["send"]) => {
                if let Some(kept) = key.and_then(|key| self.kept.get(key)) {
                    return (202, kept.clone());
                }
                let answer = json!({"requestId": format!("1-{:08x}", self.sent.len())});
                self.sent.push(body["message"].take());
                if let Some(key) = key {
                    self.kept.insert(key.to_owned(), answer.clone());
                }
                (202, answer)
            }
            ("GET", ["messages"]) => {
                const ALL: usize = 250;
                const PAGE: usize = 50;
                let first = cursor.and_then(|cursor| cursor.parse().ok()).unwrap_or(0);
                let end = (first + PAGE).min(ALL);
                let results: Vec<Value> = (first..end).map(|n| message(&format!("1-{n:08x}"), "DELIVERED")).collect();
                let cursor = (end < ALL).then(|| end.to_string());
                (200, json!({"results": results, "paging": {"more": cursor.is_some(), "cursor": cursor}}))
            }
            ("GET", ["messages", id]) => {
                let looks = self.looks.entry((*id).to_owned()).or_default();
                *looks += 1;
                match *looks {
                    1 => no_such,
                    2 => (200, message(id, "ENQUEUED")),
                    3 => (200, message(id, "SENT")),
                    _ => (200, message(id, "DELIVERED")),
                }
            }
            ("POST", ["bulk"]) => {
                let id = format!("job-{}", self.jobs.len());
                self.jobs.insert(id.clone(), Job { definition: body["message"].take(), ..Job::default() });
                (201, json!({"jobId": id}))
            }
            ("POST", ["bulk", id]) => match self.jobs.get_mut(*id) {
                Some(job) => job.add(&mut body),
                None => no_such,
            },
            ("POST", ["bulk", id, "run"]) => match self.jobs.get_mut(*id) {
                Some(job) => {
                    job.runs += usize::from(job.runs == 0);
                    (202, Value::Null)
                }
                None => no_such,
            },
            ("GET", ["bulk", id]) => match self.jobs.get_mut(*id) {
                Some(job) => (200, job.state()),
                None => no_such,
            },
            ("GET", ["bulk", id, "users"]) => match self.jobs.get(*id) {
                Some(job) => (200, job.results(cursor.and_then(|cursor| cursor.parse().ok()).unwrap_or(0))),
                None => no_such,
            },
            _ => no_such,
        }
    }
}

fn message(id: &str, status: &str) -> Value {
    json!({"id": id, "status": status, "recipient": "user_123", "event": "nt_welcome", "notification": "nt_welcome", "enqueued": 1_760_000_000_000_i64})
}

impl Job {
    fn add(&mut self, body: &mut Value) -> (u16, Value) {
        let users = body["users"].as_array_mut().map(std::mem::take).unwrap_or_default();
        self.largest_chunk = self.largest_chunk.max(users.len());
        if users.len() > 1000 {
            return (502, Value::Null);
        }
        let mut errors = Vec::new();
        for user in users {
            let known = user["recipient"].as_str().or(user["profile"]["email"].as_str()).unwrap_or_default().to_owned();
            if self.known.insert(known.clone()) {
                self.users.push(known);
            } else {
                errors.push(json!({"error": "Duplicate user", "user": user}));
            }
        }
        (200, json!({"total": self.users.len(), "errors": errors}))
    }

    fn state(&mut self) -> Value {
        self.looks += usize::from(self.runs > 0);
        let status = match self.looks {
            0 => "CREATED",
            1 => "PROCESSING",
            _ => "COMPLETED",
        };
        let count = self.users.len();
        let enqueued = if status == "COMPLETED" { count } else { 0 };
        let counts = json!({"received": count, "enqueued": enqueued, "failures": 0});
        let mut job = json!({"definition": self.definition, "status": status});
        for (name, count) in counts.as_object().into_iter().flatten() {
            job[name] = count.clone();
        }
        json!({"job": job})
    }

    fn results(&self, first: usize) -> Value {
        let end = (first + 100).min(self.users.len());
        let users = self.users.get(first..end).unwrap_or_default().iter().enumerate();
        let items: Vec<Value> = users
            .map(|(n, user)| json!({"recipient": user, "status": "ENQUEUED", "messageId": format!("1-{:08x}", first + n)}))
            .collect();
        let cursor = (end < self.users.len()).then(|| end.to_string());
        json!({"items": items, "paging": {"more": cursor.is_some(), "cursor": cursor}})
    }
}
