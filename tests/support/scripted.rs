//! A transport with scripted responses, without a socket, and a clock of tokio's time, which a test can pause.
#![allow(dead_code, reason = "each test uses only a part")]

use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant, SystemTime};

use trycourier::http::{Request, Response};
use trycourier::retry::Clock;
use trycourier::transport::{Attempt, Body, BoxFuture, Transport, TransportError};
use trycourier::{Bytes, Client, ClientBuilder};

pub type Outcome = Result<Response<Body>, TransportError>;

type Act = Box<dyn Fn(&Request<Bytes>, u32) -> BoxFuture<'static, Outcome> + Send + Sync>;

/// Calls a closure for each attempt, and records the requests.
#[derive(Clone)]
pub struct Scripted {
    act: Arc<Act>,
    seen: Arc<Mutex<Vec<Request<Bytes>>>>,
}

impl Scripted {
    pub fn new<F: Future<Output = Outcome> + Send + 'static>(
        act: impl Fn(&Request<Bytes>, u32) -> F + Send + Sync + 'static,
    ) -> Self {
        let act: Act = Box::new(move |request, number| Box::pin(act(request, number)));
        Self { act: Arc::new(act), seen: Arc::default() }
    }

    /// Returns these outcomes in order, and then repeats the last one.
    pub fn outcomes(outcomes: Vec<fn() -> Outcome>) -> Self {
        let next = Mutex::new(0);
        Self::new(move |_, _| {
            let mut next = next.lock().unwrap();
            let outcome = outcomes[*next];
            *next = (*next + 1).min(outcomes.len() - 1);
            async move { outcome() }
        })
    }

    pub fn builder(&self) -> ClientBuilder {
        Client::builder().api_key("pk_test_SECRET-KEY").transport(self.clone())
    }

    pub fn seen(&self) -> usize {
        self.seen.lock().unwrap().len()
    }

    /// Returns the values of a header, in the order of the requests.
    pub fn headers(&self, name: &str) -> Vec<Option<String>> {
        let value = |request: &Request<Bytes>| {
            request.headers().get(name).map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned())
        };
        self.seen.lock().unwrap().iter().map(value).collect()
    }
}

impl Transport for Scripted {
    fn send(&self, attempt: Attempt) -> BoxFuture<'_, Outcome> {
        let outcome = (self.act)(&attempt.request, attempt.number());
        self.seen.lock().unwrap().push(attempt.request);
        outcome
    }
}

/// Returns a response with a status.
pub fn status(status: u16, body: &'static str) -> Outcome {
    Ok(Response::builder().status(status).body(Body::from(body)).unwrap())
}

/// A success that suits every operation.
pub fn good() -> Outcome {
    status(200, r#"{"requestId": "1-a", "jobId": "j", "id": "i"}"#)
}

/// The server has acted, and the connection broke.
pub fn lost() -> Outcome {
    Err(TransportError::broken("the response was lost"))
}

/// No server listens.
pub fn refused() -> Outcome {
    Err(TransportError::connect("no server listens"))
}

/// Uses tokio's time, without randomness.
#[derive(Clone, Copy)]
pub struct PausedClock;

impl Clock for PausedClock {
    fn now(&self) -> Instant {
        tokio::time::Instant::now().into_std()
    }

    fn date(&self) -> SystemTime {
        SystemTime::UNIX_EPOCH
    }

    fn sleep(&self, duration: Duration) -> Pin<Box<dyn Future<Output = ()> + Send>> {
        Box::pin(tokio::time::sleep(duration))
    }

    fn random(&self) -> f64 {
        0.0
    }
}
