//! Many keys over the same connections, and keys from a provider: every call goes out with its own key, and a provider is
//! asked once.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a test fails by a panic")]

mod support;

use std::error::Error as _;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures::future::join_all;
use serde_json::json;
use support::faulty::{Act, Faulty, everything};
use support::scripted::{Outcome, PausedClock, Scripted, good, refused, status};
use support::{Reply, Server};
use tokio::time::Instant;
use trycourier::http::{Method, Response};
use trycourier::transport::{Body, BoxFuture};
use trycourier::{ApiKeyProvider, Client, ErrorKind, ProvidedKey};

#[tokio::test]
async fn every_call_goes_out_with_its_own_key() {
    let server = Server::start(|request| Reply::json(200, &json!({"profile": {"path": request.path}}))).await;
    let client = server.builder().build().unwrap();
    let tenants: Vec<Client> =
        (0..20).map(|tenant| client.with_api_key(format!("pk_prod_tenant-{tenant}")).unwrap()).collect();
    let calls = (0..1000).map(|number| {
        let tenant = number % tenants.len();
        // Some of the copies are made from other copies.
        let client = match number % 3 {
            0 => tenants[tenant].clone(),
            1 => tenants[tenant].with_options(|options| options.max_retries(1)),
            _ => tenants[0].with_api_key(format!("pk_prod_tenant-{tenant}")).unwrap(),
        };
        tokio::spawn(async move { client.profiles().retrieve(format!("tenant-{tenant}")).await })
    });
    for call in join_all(calls).await {
        call.unwrap().unwrap();
    }
    client.profiles().retrieve("first").await.unwrap();
    let received = server.received();
    assert_eq!(received.len(), 1001);
    for request in &received[..1000] {
        let tenant = request.path.strip_prefix("/profiles/").unwrap();
        assert_eq!(request.header("authorization"), Some(format!("Bearer pk_prod_{tenant}").as_str()));
    }
    assert_eq!(received[1000].header("authorization"), Some("Bearer pk_test_SECRET"));
}

#[tokio::test]
async fn copies_with_another_key_share_connections() {
    let server = Faulty::start(vec![Act::answer(200, &[], "{}"); 3]).await;
    let client = server.builder().build().unwrap();
    for client in [&client, &client.with_api_key("other").unwrap(), &client.with_api_key("third").unwrap()] {
        client.lists().delete("a").await.unwrap();
    }
    assert_eq!((server.acts(), server.connections()), (3, 1));
}

#[tokio::test(start_paused = true)]
async fn limits_and_budget_are_per_key() {
    let begun = Instant::now();
    let server = Scripted::outcomes(vec![good]);
    let client = server.builder().clock(PausedClock).rate_limit(1, Duration::from_secs(1)).build().unwrap();
    let keys: Vec<Client> = ["a", "a", "b", "pk_test_SECRET-KEY"].map(|key| client.with_api_key(key).unwrap()).into();
    let call = |client: Client| async move { client.lists().delete("x").await.map(drop) };
    join_all(keys.iter().chain([&client]).map(|client| call(client.clone()))).await;
    assert_eq!(begun.elapsed().as_secs(), 1, "the two calls of a key are a second apart");

    // A pause that the server requests applies to the key.
    let limited = || Ok(Response::builder().status(429).header("retry-after", "20").body(Body::empty()).unwrap());
    let server = Scripted::outcomes(vec![limited, good]);
    let client = server.builder().clock(PausedClock).options(|options| options.max_retries(0)).build().unwrap();
    let begun = Instant::now();
    client.lists().delete("x").await.unwrap_err();
    client.with_api_key("b").unwrap().lists().delete("x").await.unwrap();
    assert_eq!(begun.elapsed().as_secs(), 0);
    client.with_api_key("pk_test_SECRET-KEY").unwrap().lists().delete("x").await.unwrap();
    assert_eq!(begun.elapsed().as_secs(), 20);

    // The retry budget belongs to the key as well.
    let server = Scripted::outcomes(vec![refused]);
    let client = server.builder().retry_budget(0).build().unwrap();
    assert!(client.lists().delete("x").await.unwrap_err().budget_was_spent());
    let begun = Instant::now();
    let client = server.builder().clock(PausedClock).retry_budget(2).build().unwrap();
    let spend = |client: &Client| {
        let client = client.with_options(|options| {
            options.backoff(trycourier::retry::Backoff::default().max_delay(Duration::from_millis(1)))
        });
        async move {
            let errors = join_all((0..4).map(|_| client.lists().delete("x").send())).await;
            let more = client.lists().delete("x").await;
            errors.into_iter().chain([more]).filter(|outcome| outcome.as_ref().unwrap_err().budget_was_spent()).count()
        }
    };
    assert!(spend(&client).await > 0);
    let other = client.with_api_key("b").unwrap();
    assert!(!other.lists().delete("x").await.unwrap_err().budget_was_spent(), "the other key has its own");
    assert!(begun.elapsed() < Duration::from_secs(5));
}

#[tokio::test]
async fn unusable_keys_are_refused() {
    let client = Scripted::outcomes(vec![good]).builder().build().unwrap();
    for (key, reason) in [("", "is empty"), (" ", "is empty"), ("Bearer SECRET", "starts with"), ("SEC\nRET", "blank")]
    {
        let error = client.with_api_key(key).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Configuration);
        assert!(error.to_string().contains(reason) && !everything(&error).contains("SECRET"), "{error}");
    }
    assert!(!format!("{:?}", client.with_api_key("pk_other").unwrap()).contains("pk_"));
}

/// Returns keys in order, and then the last one again. An empty key is a failure.
#[derive(Clone)]
struct Rotating {
    keys: Arc<Mutex<Vec<&'static str>>>,
    requests: Arc<Mutex<usize>>,
    delay: Duration,
    valid_for: Option<Duration>,
}

impl Rotating {
    fn keys(keys: &[&'static str]) -> Self {
        let keys = Arc::new(Mutex::new(keys.iter().rev().copied().collect()));
        Self { keys, requests: Arc::default(), delay: Duration::from_secs(1), valid_for: None }
    }

    fn requests(&self) -> usize {
        *self.requests.lock().unwrap()
    }

    fn client(&self, server: &Scripted) -> Client {
        server.builder().clock(PausedClock).api_key_provider(self.clone()).build().unwrap()
    }
}

impl ApiKeyProvider for Rotating {
    fn api_key(&self) -> BoxFuture<'_, Result<ProvidedKey, Box<dyn std::error::Error + Send + Sync>>> {
        Box::pin(async {
            *self.requests.lock().unwrap() += 1;
            tokio::time::sleep(self.delay).await;
            let mut keys = self.keys.lock().unwrap();
            let key = if keys.len() > 1 { keys.pop().unwrap() } else { keys[0] };
            if key.is_empty() {
                return Err("the vault is sealed".into());
            }
            let key = ProvidedKey::new(key);
            Ok(match self.valid_for {
                Some(time) => key.valid_for(time),
                None => key,
            })
        })
    }
}

/// A server that accepts only this key, until the test sets another.
fn accepting(key: &Arc<Mutex<&'static str>>) -> Scripted {
    let key = Arc::clone(key);
    Scripted::new(move |request, _| {
        let expected = format!("Bearer {}", key.lock().unwrap());
        let is_valid = request.headers()["authorization"] == expected.as_str();
        async move {
            tokio::time::sleep(Duration::from_millis(10)).await;
            if is_valid { good() } else { status(401, r#"{"message": "Unauthorized"}"#) }
        }
    })
}

fn call(client: &Client) -> impl Future<Output = trycourier::Result<u32>> + use<> {
    let call = client.lists().delete("x");
    async move { call.await.map(|response| response.attempts()) }
}

#[tokio::test(start_paused = true)]
async fn provider_is_asked_once_for_a_thousand_calls() {
    let begun = Instant::now();
    let server = accepting(&Arc::new(Mutex::new("key-1")));
    let provider = Rotating { valid_for: Some(Duration::from_secs(60)), ..Rotating::keys(&["key-1"]) };
    let client = provider.client(&server);
    assert_eq!(provider.requests(), 0, "not before the first call");
    let outcomes = join_all((0..1000).map(|_| call(&client))).await;
    assert!(outcomes.iter().all(|outcome| *outcome.as_ref().unwrap() == 1));
    assert_eq!((provider.requests(), begun.elapsed().as_millis()), (1, 1010));
    tokio::time::sleep(Duration::from_secs(58)).await;
    call(&client).await.unwrap();
    assert_eq!(provider.requests(), 1);
    tokio::time::sleep(Duration::from_secs(2)).await;
    assert!(join_all((0..1000).map(|_| call(&client))).await.iter().all(Result::is_ok));
    assert_eq!(provider.requests(), 2, "the key was valid for a minute");
}

#[tokio::test(start_paused = true)]
async fn refused_keys_are_replaced_once() {
    let accepted = Arc::new(Mutex::new("key-1"));
    let server = accepting(&accepted);
    let provider = Rotating::keys(&["key-1", "key-2", "key-3"]);
    let client = provider.client(&server);
    call(&client).await.unwrap();
    *accepted.lock().unwrap() = "key-2";
    let outcomes = join_all((0..1000).map(|_| call(&client))).await;
    assert!(outcomes.iter().all(|outcome| *outcome.as_ref().unwrap() == 2), "{:?}", outcomes[0]);
    assert_eq!((provider.requests(), server.seen()), (2, 2001));
    assert_eq!(call(&client).await.unwrap(), 1);

    // A call is refused twice at most.
    *accepted.lock().unwrap() = "unknown";
    let error = call(&client).await.unwrap_err();
    assert_eq!((error.kind(), error.attempts(), provider.requests()), (ErrorKind::Authentication, 2, 3));
}

#[tokio::test(start_paused = true)]
async fn refused_key_that_is_current_is_not_sent_again() {
    let accepted = Arc::new(Mutex::new("other"));
    let server = accepting(&accepted);
    let provider = Rotating::keys(&["key-1"]);
    let client = provider.client(&server);
    let error = call(&client).await.unwrap_err();
    assert_eq!((error.kind(), error.attempts()), (ErrorKind::Authentication, 1));
    assert_eq!((provider.requests(), server.seen()), (2, 1));
    // A failing call does not always request a key from the provider.
    join_all((0..100).map(|_| call(&client))).await;
    assert_eq!(provider.requests(), 2);
    tokio::time::sleep(Duration::from_secs(10)).await;
    join_all((0..100).map(|_| call(&client))).await;
    assert_eq!(provider.requests(), 3);
}

#[tokio::test(start_paused = true)]
async fn replaced_key_keeps_the_idempotency_key_of_a_post() {
    let server = Scripted::outcomes(vec![|| status(401, ""), || status(202, r#"{"requestId": "1"}"#)]);
    let client = Rotating::keys(&["key-1", "key-2"]).client(&server).with_options(|options| options.max_retries(0));
    client.send().message(trycourier::types::Message::new()).await.unwrap();
    assert_eq!(server.headers("authorization"), [Some("Bearer key-1".to_owned()), Some("Bearer key-2".to_owned())]);
    let keys = server.headers("idempotency-key");
    assert!(keys[0].is_some() && keys[0] == keys[1]);
}

#[tokio::test(start_paused = true)]
async fn failed_provider_is_asked_by_the_next_call() {
    let server = accepting(&Arc::new(Mutex::new("key-1")));
    let provider = Rotating::keys(&["", "Bearer SECRET", "key-1"]);
    let client = provider.client(&server);
    let errors = join_all((0..100).map(|_| call(&client))).await;
    for error in errors.into_iter().map(Result::unwrap_err) {
        assert_eq!((error.kind(), error.was_sent(), error.attempts()), (ErrorKind::ApiKey, false, 0));
        assert!(error.is_transient());
        assert_eq!(error.to_string(), "lists.delete: the API key provider failed, so the request was not sent");
        assert_eq!(error.source().unwrap().to_string(), "the vault is sealed");
    }
    assert_eq!(provider.requests(), 1);
    let error = call(&client).await.unwrap_err();
    assert_eq!((error.kind(), error.is_transient()), (ErrorKind::ApiKey, false));
    assert!(error.to_string().contains("starts with `Bearer`") && !everything(&error).contains("SECRET"), "{error}");
    call(&client).await.unwrap();
    assert_eq!((provider.requests(), server.seen()), (3, 1));
}

#[tokio::test(start_paused = true)]
async fn hanging_provider_ends_with_the_total_timeout() {
    let server = accepting(&Arc::new(Mutex::new("key-1")));
    let provider = Rotating { delay: Duration::from_secs(1_000_000), ..Rotating::keys(&["key-1"]) };
    let client = provider.client(&server);
    let begun = Instant::now();
    let hurried = client.with_options(|options| options.total_timeout(Duration::from_secs(7)));
    let errors = join_all((0..100).map(|_| call(&hurried))).await;
    assert!(errors.iter().all(|error| error.as_ref().unwrap_err().kind() == ErrorKind::Timeout));
    assert!(errors.iter().all(|error| !error.as_ref().unwrap_err().was_sent()));
    assert_eq!((begun.elapsed().as_secs(), provider.requests()), (7, 1));
    // Without a total timeout, it may take as long as an attempt.
    assert_eq!(call(&client).await.unwrap_err().kind(), ErrorKind::Timeout);
    assert_eq!((begun.elapsed().as_secs(), server.seen()), (67, 0));
}

#[tokio::test(start_paused = true)]
async fn request_for_a_key_outlives_the_call_that_made_it() {
    let server = accepting(&Arc::new(Mutex::new("key-1")));
    let provider = Rotating::keys(&["key-1"]);
    let client = provider.client(&server);
    let mut first = Box::pin(call(&client));
    let mut second = Box::pin(call(&client));
    assert!(futures::poll!(&mut first).is_pending() && futures::poll!(&mut second).is_pending());
    drop(first);
    // A call that is not polled holds up no other.
    let in_time = tokio::time::timeout(Duration::from_secs(5), call(&client)).await;
    assert_eq!(in_time.unwrap().unwrap(), 1);
    second.await.unwrap();
    assert_eq!(provider.requests(), 1);
}

#[tokio::test]
async fn provided_keys_are_not_shown() {
    fn echo(request: &trycourier::http::Request<trycourier::Bytes>) -> Outcome {
        let key = request.headers()["authorization"].to_str().unwrap().to_owned();
        let is_first = key.contains("SECRET-1");
        let body = format!(r#"{{"message": "no {key}, nor Bearer pk_SECRET-1"}}"#);
        Ok(Response::builder().status(if is_first { 401 } else { 403 }).body(Body::from(body)).unwrap())
    }
    let server = Scripted::new(|request, _| {
        let outcome = echo(request);
        async { outcome }
    });
    let provider = Rotating { delay: Duration::ZERO, ..Rotating::keys(&["pk_SECRET-1", "pk_SECRET-2"]) };
    let client = server.builder().api_key_provider(provider.clone());
    assert!(!format!("{client:?}").contains("SECRET"));
    let client = client.build().unwrap();
    let error = client.request(Method::GET, "/x").send_raw().await.unwrap_err();
    assert_eq!((error.kind(), error.attempts(), provider.requests()), (ErrorKind::Permission, 2, 2));
    assert!(!everything(&error).contains("SECRET"), "{}", everything(&error));
    assert!(!format!("{client:?} {:?}", ProvidedKey::new("pk_SECRET")).contains("SECRET"));
}

#[tokio::test(start_paused = true)]
async fn copies_can_have_providers() {
    let server = Scripted::outcomes(vec![good]);
    let client = server.builder().clock(PausedClock).build().unwrap();
    let copy = client.with_api_key_provider(Rotating::keys(&["key-1"]));
    call(&copy).await.unwrap();
    call(&client).await.unwrap();
    call(&copy.with_api_key("key-2").unwrap()).await.unwrap();
    let keys: Vec<String> = server.headers("authorization").into_iter().flatten().collect();
    assert_eq!(keys, ["Bearer key-1", "Bearer pk_test_SECRET-KEY", "Bearer key-2"]);
    // The last one that is set counts.
    let client = server.builder().api_key_provider(Rotating::keys(&["key-1"])).api_key("key-3").build().unwrap();
    call(&client).await.unwrap();
    assert_eq!(server.headers("authorization").pop().unwrap().unwrap(), "Bearer key-3");
}
