//! A client is built from its environment, rejects unsafe settings, and shows no secret.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a test fails by a panic")]

mod support;

use std::process::Command;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::{Value, json};
use support::{Reply, Server};
use trycourier::http::{Method, Response};
use trycourier::transport::{Attempt, Body, BoxFuture, Transport, TransportError};
use trycourier::{Client, ErrorKind, Sensitive, types};

/// Returns the output of `from_env` in an environment: runs this test again, alone, with no other variables.
fn from_env(variables: &[(&str, &str)]) -> String {
    let output = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "child_of_from_env", "--ignored", "--nocapture"])
        .env_remove("COURIER_API_KEY")
        .env_remove("COURIER_BASE_URL")
        .env_remove("COURIER_CUSTOM_HEADERS")
        .envs(variables.iter().copied())
        .output()
        .unwrap();
    String::from_utf8(output.stdout).unwrap()
}

#[test]
#[ignore = "run by the tests of the environment, in a separate process"]
fn child_of_from_env() {
    match Client::from_env() {
        Ok(client) => println!("made {client:?}"),
        Err(error) => println!("refused {:?} {error}", error.kind()),
    }
}

#[test]
fn environment_configures_a_client() {
    let made = from_env(&[
        ("COURIER_API_KEY", " pk_test_SECRET \n"),
        ("COURIER_BASE_URL", "https://proxy.example/courier/"),
        ("COURIER_CUSTOM_HEADERS", "X-One: 1\n\n  x-two:  a: b  \n"),
    ]);
    assert!(made.contains("made Client"), "{made}");
    assert!(made.contains("https://proxy.example\""), "{made}");
    assert!(made.contains("x-one") && made.contains("x-two"), "{made}");
    assert!(!made.contains("SECRET") && !made.contains("a: b"), "{made}");
    let made = from_env(&[("COURIER_API_KEY", "k"), ("COURIER_BASE_URL", "  "), ("COURIER_CUSTOM_HEADERS", "")]);
    assert!(made.contains("https://api.courier.com"), "{made}");
}

#[test]
fn error_names_the_invalid_variable() {
    for blank in [vec![], vec![("COURIER_API_KEY", "")], vec![("COURIER_API_KEY", " \t")]] {
        let refused = from_env(&blank);
        assert!(refused.contains("refused Configuration") && refused.contains("COURIER_API_KEY"), "{refused}");
    }
    for (name, value) in [
        ("COURIER_BASE_URL", "api.courier.com"),
        ("COURIER_BASE_URL", "http://api.courier.com"),
        ("COURIER_CUSTOM_HEADERS", "no colon SECRET"),
        ("COURIER_CUSTOM_HEADERS", "bad name: SECRET"),
        ("COURIER_CUSTOM_HEADERS", "X-Bad: SECRET\u{7f}"),
    ] {
        let refused = from_env(&[("COURIER_API_KEY", "k"), (name, value)]);
        assert!(refused.contains("refused Configuration") && refused.contains(name), "{value}: {refused}");
        assert!(!refused.contains("SECRET"), "{refused}");
    }
    let refused = from_env(&[("COURIER_API_KEY", "pk\u{1}SECRET")]);
    assert!(refused.contains("refused Configuration") && !refused.contains("SECRET"), "{refused}");
}

#[test]
fn api_key_with_foreign_characters_is_refused() {
    for (key, hint) in [
        ("\"pk_SECRET\"", "quotes"),
        ("'pk_SECRET'", "quotes"),
        ("pk_SECRET\"", "quotes"),
        ("`pk_SECRET`", "quotes"),
        ("Bearer pk_SECRET", "`Bearer`"),
        ("bearer  pk_SECRET", "`Bearer`"),
        ("COURIER_API_KEY=pk_SECRET", "without `COURIER_API_KEY=`"),
        ("export COURIER_API_KEY=pk_SECRET", "without `COURIER_API_KEY=`"),
        ("courier_api_key=pk_SECRET", "without `COURIER_API_KEY=`"),
        ("Bearer:pk_SECRET", "`Bearer`"),
        ("BEARER", "`Bearer`"),
        ("pk_SECRET,", "punctuation"),
        ("pk_SECRET;", "punctuation"),
        ("<SECRET>", "placeholder"),
        ("{{SECRET}}", "placeholder"),
        ("%SECRET%", "not expanded"),
        ("${SECRET}", "not expanded"),
        ("$SECRET", "not expanded"),
        ("pk_SECRET # production", "blank"),
        ("pk_SEC RET", "blank"),
        ("pk_SEC\tRET", "blank"),
        ("pk_SEC\nRET", "blank"),
        ("\u{feff}pk_SECRET", "ASCII"),
        ("pk_SECRET\u{200b}", "ASCII"),
        ("pk_SEC\u{1}RET", "ASCII"),
    ] {
        let error = Client::builder().api_key(key).build().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Configuration, "{key:?}");
        let text = format!("{error} {error:?}");
        assert!(text.contains(hint) && text.contains("API key"), "{key:?}: {text}");
        assert!(!text.contains("SECRET") && !text.contains("RET"), "{text}");
    }
    for key in [" pk_test_1\n", "pk_prod_K3Y/K3Y+X=Q", "a", "bearerless"] {
        assert!(Client::builder().api_key(key).build().is_ok(), "{key:?}");
    }
}

#[test]
fn zero_connect_timeout_is_refused() {
    let build = |timeout| Client::builder().api_key("k").connect_timeout(timeout).build();
    let error = build(Duration::ZERO).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Configuration);
    assert!(error.to_string().contains("`connect_timeout`"), "{error}");
    assert!(build(Duration::MAX).is_ok() && build(Duration::from_nanos(1)).is_ok());
}

#[test]
fn bypassed_environment_proxy_is_refused() {
    for (name, proxy) in [
        ("HTTPS_PROXY", "ftp://user:SECRET@127.0.0.1:21"),
        ("https_proxy", "quic://127.0.0.1:21"),
        ("ALL_PROXY", "http://[SECRET"),
        ("HTTPS_PROXY", "http://"),
    ] {
        let made = from_env(&[("COURIER_API_KEY", "k"), (name, proxy)]);
        assert!(made.contains("refused Configuration") && made.contains(name), "{proxy}: {made}");
        assert!(!made.contains("SECRET"), "{made}");
    }
    for (name, proxy) in [
        ("HTTPS_PROXY", "http://127.0.0.1:9"),
        ("HTTPS_PROXY", "localhost:9"),
        ("HTTP_PROXY", "ftp://x"),
        ("ALL_PROXY", ""),
    ] {
        let made = from_env(&[("COURIER_API_KEY", "k"), (name, proxy)]);
        assert!(made.contains("made Client"), "{proxy}: {made}");
    }
}

/// Returns the output of an ignored test that runs alone, in a separate process.
fn alone(test: &str, variables: &[(&str, &str)]) -> String {
    let mut command = Command::new(std::env::current_exe().unwrap());
    let output = command.args(["--exact", test, "--ignored", "--nocapture"]).envs(variables.iter().copied()).output();
    String::from_utf8(output.unwrap().stdout).unwrap()
}

#[test]
#[ignore = "run by the test below, in a separate process"]
fn child_of_the_builder() {
    println!("{:?}", Client::builder().api_key(" ").build().map_err(|error| error.to_string()));
}

#[test]
fn builder_ignores_the_environment() {
    let said = alone("child_of_the_builder", &[("COURIER_API_KEY", "SECRET")]);
    assert!(said.contains("the API key is missing") && said.contains("COURIER_API_KEY"), "{said}");
}

#[tokio::test]
#[ignore = "run by the test below, in a separate process"]
async fn child_behind_a_proxy() {
    let server = Server::answering(200, json!({"items": [], "paging": {"more": false}})).await;
    println!("success: {}", server.client().lists().list().await.is_ok());
}

#[test]
fn proxy_is_not_used_for_this_machine() {
    let dead = "http://127.0.0.1:9";
    let said = alone(
        "child_behind_a_proxy",
        &[("HTTP_PROXY", dead), ("http_proxy", dead), ("ALL_PROXY", dead), ("NO_PROXY", "")],
    );
    assert!(said.contains("success: true"), "{said}");
}

#[test]
fn debug_never_shows_the_key() {
    let builder = Client::builder()
        .api_key("pk_test_SECRET")
        .options(|options| options.header("x-token", "SECRET"))
        .options(|options| options.query("t", "SECRET"));
    assert!(!format!("{builder:?}").contains("SECRET"));
    let client = builder.build().unwrap();
    for shown in [format!("{client:?}"), format!("{client:#?}"), format!("{:?}", client.bulk().run_job("SECRET"))] {
        assert!(!shown.contains("SECRET"), "{shown}");
    }
    let token: types::UserToken = serde_json::from_value(json!({"token": "SECRET", "provider_key": "apn"})).unwrap();
    assert!(!format!("{token:?}").contains("SECRET"));
    assert_eq!(token.token.expose(), "SECRET");
    let slack = types::SlackChannel::new("c", "SECRET");
    assert!(!format!("{slack:?}").contains("SECRET"));
    assert_eq!(serde_json::to_value(slack).unwrap(), json!({"access_token": "SECRET", "channel": "c"}));
    let mut settings = serde_json::Map::new();
    settings.insert("api_key".to_owned(), json!("SECRET"));
    let provider = types::ProvidersCreateRequest::new("sendgrid").settings(settings);
    assert!(!format!("{provider:?}").contains("SECRET"));
    assert_eq!(Sensitive::from("SECRET").into_exposed(), "SECRET");
    // An unrecognized variant of a union whose known variants have secrets does not show them either.
    let unknown: types::Slack = serde_json::from_value(json!({"access_token": "SECRET", "team": "t"})).unwrap();
    assert!(matches!(unknown, types::Slack::Unrecognized(_)));
    assert!(!format!("{unknown:?}").contains("SECRET"));
}

#[test]
fn client_clones_share_and_cross_threads() {
    fn shared<T: Send + Sync + Clone + 'static>() {}
    shared::<Client>();
    assert!(size_of::<Client>() <= 6 * size_of::<usize>());
}

#[tokio::test]
async fn api_key_is_trimmed() {
    let server = Server::answering(200, json!({"items": [], "paging": {"more": false}})).await;
    let client = server.builder().api_key(" pk_test_SECRET\n").build().unwrap();
    client.lists().list().await.unwrap();
    assert_eq!(server.only().header("authorization"), Some("Bearer pk_test_SECRET"));
}

/// Fails, and records the URL and the timeout of each attempt.
struct Down(Arc<Mutex<Vec<(String, Duration)>>>);

impl Transport for Down {
    fn send(&self, attempt: Attempt) -> BoxFuture<'_, Result<Response<Body>, TransportError>> {
        self.0.lock().unwrap().push((attempt.request.uri().to_string(), attempt.timeout()));
        Box::pin(async { Err(TransportError::broken("it is down")) })
    }
}

#[tokio::test(start_paused = true)]
async fn defaults_match_the_readme() {
    let attempts = Arc::default();
    let client = Client::builder().api_key("k").transport(Down(Arc::clone(&attempts))).build().unwrap();
    let begun = tokio::time::Instant::now();
    client.lists().list().await.unwrap_err();
    let attempt = ("https://api.courier.com/lists".to_owned(), Duration::from_secs(60));
    assert_eq!(*attempts.lock().unwrap(), [attempt.clone(), attempt.clone(), attempt], "two retries");
    let waited = begun.elapsed().as_secs_f64();
    assert!((1.125..1.6).contains(&waited), "0.5 s and 1 s, less up to a quarter: {waited}");
}

#[tokio::test]
async fn options_change_a_copy_and_reach_the_wire() {
    let server = Server::answering(200, json!({"items": [], "paging": {"more": false}})).await;
    let client = server.client();
    let copy = client.with_options(|options| {
        options
            .header("X-Extra", "1")
            .header("user-agent", "mine")
            .query("debug", "a b")
            .query("pattern", "x")
            .idempotency_key("order-1")
    });
    copy.lists().list().pattern("p").await.unwrap();
    client.lists().list().await.unwrap();
    let [with, without] = server.received().try_into().unwrap();
    assert_eq!(with.query, "pattern=p&debug=a+b", "the parameters of the call have priority");
    assert_eq!((with.header("x-extra"), with.header("user-agent")), (Some("1"), Some("mine")));
    assert_eq!(with.header("idempotency-key"), Some("order-1"), "set by the caller, it goes out on any method");
    assert_eq!(
        (without.query.as_str(), without.header("x-extra"), without.header("idempotency-key")),
        ("", None, None)
    );

    let refused = client.with_options(|options| options.header("no good", "1").header("x", "line\nbreak"));
    let error = refused.lists().list().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Configuration);
    assert!(error.to_string().contains("no good"), "{error}");
    assert_eq!(server.received().len(), 2);
}

#[tokio::test]
async fn only_posts_carry_a_key_each_a_new_one() {
    let server = Server::answering(200, json!({"requestId": "r", "id": "x", "name": "n"})).await;
    let client = server.client();
    let send = || client.send().message(types::Message::new());
    send().await.unwrap();
    send().await.unwrap();
    send().idempotency_key("mine").idempotency_expiration("1785312000").await.unwrap();
    client.with_options(|options| options.idempotency_key("theirs")).bulk().run_job("j").await.unwrap();
    client.with_options(|options| options.idempotency_keys(false)).bulk().run_job("j").await.unwrap();
    client.lists().retrieve("l").await.unwrap();
    client.lists().delete("l").await.unwrap();
    let keys: Vec<Option<String>> =
        server.received().iter().map(|request| request.header("idempotency-key").map(str::to_owned)).collect();
    let [first, second, third, fourth, off, get, delete] = keys.try_into().unwrap();
    let uuid = |key: &Option<String>| key.as_ref().is_some_and(|key| key.len() == 36 && key.as_bytes()[14] == b'4');
    assert!(uuid(&first) && uuid(&second) && first != second, "{first:?} {second:?}");
    assert_eq!((third.as_deref(), fourth.as_deref()), (Some("mine"), Some("theirs")));
    assert_eq!((off, get, delete), (None, None, None));
    assert_eq!(server.received()[2].header("x-idempotency-expiration"), Some("1785312000"));
}

#[tokio::test]
async fn raw_request_is_sent_like_any_call() {
    let server = Server::start(|request| match request.path.as_str() {
        "/beta/a%2Fb" => Reply::json(200, &json!({"ok": true})),
        "/beta/empty" => Reply::empty(204),
        _ => Reply::json(404, &json!({"message": "nothing here"})),
    })
    .await;
    let client = server.client();
    let response = client
        .request(Method::POST, "/beta/a%2Fb")
        .query("q", "1 2")
        .json(&json!({"x": 1}))
        .send::<Value>()
        .await
        .unwrap();
    assert_eq!(response.into_inner(), json!({"ok": true}));
    client.request(Method::GET, "/beta/empty").send::<()>().await.unwrap();
    let error = client.request(Method::GET, "/beta/none").send::<Value>().await.unwrap_err();
    assert_eq!(
        (error.kind(), error.message(), error.operation()),
        (ErrorKind::NotFound, Some("nothing here"), Some("request"))
    );
    let raw = client.request(Method::GET, "/beta/a%2Fb").send_raw().await.unwrap();
    assert_eq!(&raw.into_inner()[..], br#"{"ok":true}"#);

    let post = &server.received()[0];
    assert_eq!((post.query.as_str(), post.json()), ("q=1+2", json!({"x": 1})));
    assert_eq!(post.header("authorization"), Some("Bearer pk_test_SECRET"));
    assert!(post.header("idempotency-key").is_some());

    let before = server.received().len();
    for path in ["", "beta", "/a/../b", "/a/./b", "/a/%2e%2E/b", "/..", "/a\\b", "/a?b=c", "/a#b"] {
        let error = client.request(Method::GET, path).send::<Value>().await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidArgument, "{path}");
    }
    assert_eq!(server.received().len(), before);
}

#[tokio::test]
async fn body_is_available_unchanged() {
    let text = "{ \"items\": [], \"paging\": {\"more\": false} , \"new\": 1.0 }";
    let server = Server::start(move |_| Reply::of(203, "application/json", text).with("x-request-id", "r-1")).await;
    let raw = server.client().lists().list().send_raw().await.unwrap();
    assert_eq!((raw.status().as_u16(), raw.headers()["x-request-id"].to_str().unwrap()), (203, "r-1"));
    assert_eq!(raw.into_inner(), text);
}

#[tokio::test]
async fn on_call_reports_every_call() {
    let (sender, receiver) = std::sync::mpsc::channel();
    let server = Server::start(|request| match request.method.as_str() {
        "GET" => Reply::json(200, &json!({"items": [], "paging": {"more": false}})),
        "POST" => Reply::empty(202),
        _ => Reply::empty(404),
    })
    .await;
    let client = server
        .builder()
        .options(|options| options.attempt_timeout(Duration::from_secs(5)))
        .on_call(move |call| sender.send(call.clone()).unwrap())
        .build()
        .unwrap();
    client.bulk().list_users("SECRET").await.unwrap();
    let _ = client.lists().delete("SECRET").await;
    let calls: Vec<_> = receiver.try_iter().collect();
    assert_eq!(
        (calls[0].operation, calls[0].method, calls[0].path),
        ("bulk.list_users", "GET", "/bulk/{job_id}/users")
    );
    assert_eq!((calls[0].attempts, calls[0].error), (1, None));
    assert_eq!((calls[1].error, calls[1].status.map(|status| status.as_u16())), (Some(ErrorKind::NotFound), Some(404)));
    assert!(!format!("{calls:?}").contains("SECRET"));

    // If the caller does not get a success, the metric does not count one.
    let error = client.bulk().create_job(types::BulkMessage::new("e")).await.unwrap_err();
    let call = receiver.try_recv().unwrap();
    assert_eq!((call.error, call.attempts), (Some(ErrorKind::EmptyBody), 1));
    assert_eq!((call.error, call.status), (Some(error.kind()), error.status()));
}
