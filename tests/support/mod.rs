//! A server with scripted responses that records its requests.
#![allow(dead_code, reason = "each test uses its part")]

pub mod faulty;
pub mod sample;
pub mod scripted;
#[cfg(any(feature = "rustls", feature = "native-tls"))]
pub mod tls;

use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::Request;
use axum::http::{HeaderMap, Response};
use serde_json::Value;
use trycourier::{Client, ClientBuilder};

/// A request as it arrived.
#[derive(Clone, Debug)]
pub struct Received {
    pub method: String,
    /// Percent-encoded.
    pub path: String,
    pub query: String,
    pub headers: HeaderMap,
    pub body: Vec<u8>,
}

impl Received {
    pub fn json(&self) -> Value {
        if self.body.is_empty() { Value::Null } else { serde_json::from_slice(&self.body).unwrap() }
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().unwrap())
    }

    /// Returns the decoded value of a query parameter.
    pub fn query(&self, name: &str) -> Option<String> {
        let url = url::Url::parse(&format!("http://server/?{}", self.query)).unwrap();
        url.query_pairs().find(|(key, _)| key == name).map(|(_, value)| value.into_owned())
    }
}

/// A response of the server.
pub struct Reply {
    pub status: u16,
    pub headers: Vec<(&'static str, String)>,
    pub body: Vec<u8>,
}

impl Reply {
    pub fn json(status: u16, body: &Value) -> Self {
        Self::of(status, "application/json", body.to_string())
    }

    pub fn of(status: u16, content_type: &str, body: impl Into<Vec<u8>>) -> Self {
        Self { status, headers: vec![("content-type", content_type.to_owned())], body: body.into() }
    }

    pub fn empty(status: u16) -> Self {
        Self { status, headers: Vec::new(), body: Vec::new() }
    }

    pub fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }
}

pub struct Server {
    pub url: String,
    received: Arc<Mutex<Vec<Received>>>,
}

impl Server {
    /// Starts on a free port; ends with the runtime of the test.
    pub async fn start(answer: impl Fn(&Received) -> Reply + Clone + Send + Sync + 'static) -> Self {
        let received = Arc::new(Mutex::new(Vec::new()));
        let memory = Arc::clone(&received);
        let service = Router::new().fallback(move |request: Request| {
            let (answer, memory) = (answer.clone(), Arc::clone(&memory));
            async move {
                let (parts, body) = request.into_parts();
                let request = Received {
                    method: parts.method.to_string(),
                    path: parts.uri.path().to_owned(),
                    query: parts.uri.query().unwrap_or_default().to_owned(),
                    headers: parts.headers,
                    body: to_bytes(body, usize::MAX).await.unwrap().to_vec(),
                };
                let reply = answer(&request);
                memory.lock().unwrap().push(request);
                let mut response = Response::builder().status(reply.status);
                for (name, value) in reply.headers {
                    response = response.header(name, value);
                }
                response.body(Body::from(reply.body)).unwrap()
            }
        });
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(async move { axum::serve(listener, service).await.unwrap() });
        Self { url, received }
    }

    /// Starts a server with one response.
    pub async fn answering(status: u16, body: Value) -> Self {
        Self::start(move |_| Reply::json(status, &body)).await
    }

    pub fn builder(&self) -> ClientBuilder {
        Client::builder().api_key("pk_test_SECRET").base_url(&self.url)
    }

    /// Returns a client that does not retry.
    pub fn client(&self) -> Client {
        self.builder().options(|options| options.max_retries(0)).build().unwrap()
    }

    pub fn received(&self) -> Vec<Received> {
        self.received.lock().unwrap().clone()
    }

    /// Returns the only request.
    pub fn only(&self) -> Received {
        let mut received = self.received();
        assert_eq!(received.len(), 1, "{received:?}");
        received.remove(0)
    }
}

/// Returns the description from which the crate is generated.
pub fn description() -> Value {
    let text = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/openapi/courier.yaml")).unwrap();
    yaml_serde::from_str(&text).unwrap()
}

/// Returns the operations of the description: id, method, path and the rest.
pub fn operations(description: &Value) -> Vec<(String, String, String, Value)> {
    let mut found = Vec::new();
    for (path, item) in description["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            let id = operation["operationId"].as_str().unwrap().to_owned();
            found.push((id, method.to_uppercase(), path.clone(), operation.clone()));
        }
    }
    found
}

/// Returns a value without the members that are null.
pub fn without_nulls(value: &Value) -> Value {
    match value {
        Value::Object(object) => {
            let members = object.iter().filter(|(_, value)| !value.is_null());
            Value::Object(members.map(|(name, value)| (name.clone(), without_nulls(value))).collect())
        }
        Value::Array(array) => array.iter().map(without_nulls).collect(),
        other => other.clone(),
    }
}
