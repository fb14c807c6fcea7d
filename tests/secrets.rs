//! No text of an error shows a secret of its call, in any form in which the server may repeat it.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a test fails by a panic")]

mod support;

use serde_json::{Value, json};
use support::faulty::everything;
use support::scripted::{Outcome, Scripted, lost, status};
use trycourier::http::{Method, Response};
use trycourier::transport::{Body, TransportError};
use trycourier::{Client, Error};

/// A secret with characters that are escaped in JSON, HTML and URLs.
const SECRET: &str = "s3cr<e>t/\"&+=one";

fn percent_encoded(text: &str) -> String {
    text.bytes()
        .map(|byte| if byte.is_ascii_alphanumeric() { char::from(byte).to_string() } else { format!("%{byte:02x}") })
        .collect()
}

/// The forms in which errors do not show a secret.
fn forms(secret: &str) -> Vec<String> {
    let json = Value::from(secret).to_string();
    let json = json.trim_matches('"');
    let each = |written: fn(u32) -> String| secret.chars().map(|c| written(c.into())).collect::<String>();
    vec![
        secret.to_owned(),
        json.to_owned(),
        json.replace('/', "\\/"),
        // The form in which Go writes JSON.
        json.replace('<', "\\u003c").replace('>', "\\u003E").replace('&', "\\u0026"),
        each(|c| format!("\\u{c:04x}")),
        each(|c| format!("\\u{c:04X}")),
        percent_encoded(secret),
        each(|c| format!("%{c:02X}")),
        // Some encoders keep a plus and a slash.
        percent_encoded(secret).replace("%2b", "+").replace("%2f", "/"),
    ]
}

/// Returns the errors of a call whose server responds with a text, as a page, in JSON and in a header.
async fn repeated(call: impl AsyncFn(&Client) -> Error, change: impl Fn(Client) -> Client, said: &str) -> Vec<Error> {
    let page = format!("<p>no {said} here</p>");
    let message =
        json!({"message": format!("no {said} here"), "type": said, "echo": {"of": [said], said: 1}}).to_string();
    let mut errors = Vec::new();
    for body in [page, message] {
        let header = trycourier::http::HeaderValue::from_str(said);
        let server = Scripted::new(move |_, _| {
            let mut response = Response::builder().status(400);
            if let Ok(value) = &header {
                response = response.header("x-echo", value);
            }
            let response: Outcome = Ok(response.body(Body::from(body.clone())).unwrap());
            async { response }
        });
        errors.push(call(&change(server.builder().build().unwrap())).await);
    }
    errors
}

fn assert_hidden(name: &str, errors: &[Error], said: &str) {
    for error in errors {
        let text = everything(error);
        assert!(!text.contains(said), "{name}: {said}\n{text}");
        assert!(text.contains("[sensitive]"), "{name}: {said}\n{text}");
    }
}

#[tokio::test]
async fn every_secret_is_hidden_in_every_form() {
    let get = async |client: &Client| client.request(Method::GET, "/x").send_raw().await.unwrap_err();
    let post = |body: Value| {
        async move |client: &Client| client.request(Method::POST, "/x").json(&body).send_raw().await.unwrap_err()
    };
    for said in forms(SECRET) {
        for (name, value) in [
            ("authorization", format!("Bearer {SECRET}")),
            ("x-proxy-token", SECRET.to_owned()),
            // The whole value, not its last word.
            ("x-own", format!("{SECRET} and more")),
        ] {
            let whole = if name == "x-own" { None } else { Some(()) };
            if whole.is_none() && said != SECRET {
                continue;
            }
            let said = if name == "x-own" { value.clone() } else { said.clone() };
            let errors =
                repeated(get, |client| client.with_options(|options| options.header(name, &value)), &said).await;
            assert_hidden(name, &errors, &said);
        }
        let errors = repeated(get, |client| client.with_options(|options| options.query("q", SECRET)), &said).await;
        assert_hidden("query", &errors, &said);
        for (name, body) in [
            ("webhook token", json!({"webhook": {"token": SECRET}})),
            ("Slack", json!({"to": {"slack": {"access_token": SECRET, "channel": "c"}}})),
            ("provider", json!({"provider": "sendgrid", "settings": {"anything": {"inner": [SECRET]}}})),
            ("device", json!({"to": {"firebaseToken": SECRET}})),
            ("expo", json!({"to": {"expo": {"token": SECRET}}})),
            ("webhook URL", json!({"incoming_webhook": {"url": SECRET}})),
            ("tokens", json!({"tokens": [{"token": SECRET, "provider_key": "apn"}]})),
        ] {
            let errors = repeated(post(body), |client| client, &said).await;
            assert_hidden(name, &errors, &said);
        }
        for (name, body) in [
            ("form", format!("name=a&client_secret={}", percent_encoded(SECRET))),
            ("text", format!("see \"https://user:{}@example.com/hook\"\n", percent_encoded(SECRET))),
        ] {
            let call = async |client: &Client| {
                client.request(Method::POST, "/x").body(body.clone(), "text/plain").send_raw().await.unwrap_err()
            };
            assert_hidden(name, &repeated(call, |client| client, &said).await, &said);
        }
    }
    for said in forms("pk_test_SECRET-KEY") {
        assert_hidden("key", &repeated(get, |client| client, &said).await, &said);
    }
}

#[tokio::test]
async fn secrets_of_a_whole_bulk_chunk_are_hidden() {
    let token = |number: usize| format!("device-token-{number:05}");
    for users in [1000, 10_000] {
        let body = json!({"users": (0..users).map(|number| json!({"to": {"firebaseToken": token(number)}})).collect::<Vec<_>>()});
        let call = async |client: &Client| client.request(Method::POST, "/x").json(&body).send_raw().await.unwrap_err();
        let began = std::time::Instant::now();
        for number in [0, 500, users - 1] {
            assert_hidden("chunk", &repeated(call, |client| client, &token(number)).await, &token(number));
        }
        assert!(began.elapsed().as_secs() < 20, "{:?}", began.elapsed());
    }
}

/// The texts of errors of many kinds, without any text of a server, of a client with this key.
async fn texts_of_our_own(key: &str) -> Vec<String> {
    // The cause is the transport's text, so it has no word that is also a key here.
    fn unreachable() -> Outcome {
        Err(TransportError::connect("x"))
    }
    fn late() -> Outcome {
        Err(TransportError::timeout("x"))
    }
    let mut texts = Vec::new();
    for fault in
        [unreachable as fn() -> Outcome, lost, late, || status(500, ""), || status(200, "<html>"), || status(200, "{")]
    {
        let client = Scripted::outcomes(vec![fault])
            .builder()
            .api_key(key)
            .options(|options| options.max_retries(0))
            .build()
            .unwrap();
        texts.push(client.request(Method::GET, "/x").send::<Vec<u8>>().await.unwrap_err().to_string());
    }
    texts
}

#[tokio::test]
async fn short_key_is_hidden_only_as_a_word() {
    let texts = texts_of_our_own("pk_test_SECRET-KEY").await;
    for key in ["a", "e", "1", "the", "answer", "server", "connect"] {
        assert_eq!(texts_of_our_own(key).await, texts, "{key}");
    }
    let get = async |client: &Client| client.request(Method::GET, "/x").send_raw().await.unwrap_err();
    let with =
        |key: &'static str| move |client: Client| client.with_options(|options| options.header("x-api-key", key));
    for key in ["p", "pw", "pw-12", "pw_1234"] {
        for said in [key.to_owned(), format!("key={key}."), format!("\"{key}\""), format!("({key})")] {
            for error in repeated(get, with(key), &said).await {
                let text = everything(&error);
                let words = text.split(|c: char| !c.is_alphanumeric() && c != '_' && c != '-');
                assert!(!words.into_iter().any(|word| word == key), "{key}: {text}");
            }
        }
        let said = format!("x{key} and {key}x and {key}_x and x-{key}");
        let errors = repeated(get, with(key), &said).await;
        assert!(errors.iter().all(|error| everything(error).contains(&said)), "{key}: {errors:?}");
    }
}

#[tokio::test]
async fn secret_number_and_name_are_hidden() {
    let body = json!({"otp": 987654321012_u64});
    let call = async |client: &Client| client.request(Method::POST, "/x").json(&body).send_raw().await.unwrap_err();
    assert_hidden("number", &repeated(call, |client| client, "987654321012").await, "987654321012");
    let server = Scripted::outcomes(vec![|| status(400, r#"{"message": "no", "was": 987654321012}"#)]);
    assert_hidden("number", &[call(&server.builder().build().unwrap()).await], "987654321012");

    // The server chooses the name of a mismatched property.
    fn mismatched() -> Outcome {
        status(200, r#"{"pk_test_SECRET-KEY": "\ud800", "other": 1e400}"#)
    }
    let client = Scripted::outcomes(vec![mismatched]).builder().build().unwrap();
    let response = client.request(Method::GET, "/x").send::<Value>().await.unwrap();
    let paths: Vec<&str> = response.mismatches().iter().map(|mismatch| mismatch.path()).collect();
    assert_eq!(paths, ["[sensitive]", "other"]);
    let strict = client.with_options(|options| options.strict_decoding(true));
    let error = strict.request(Method::GET, "/x").send::<Value>().await.unwrap_err();
    assert_hidden("name", &[error], "pk_test_SECRET-KEY");
}

#[tokio::test]
async fn other_text_stays_readable() {
    let body =
        json!({"message": {"to": {"user_id": "user_123"}, "template": "welcome-mail"}, "provider_key": "firebase-fcm"});
    let call = async |client: &Client| client.request(Method::POST, "/x").json(&body).send_raw().await.unwrap_err();
    let said = "template welcome-mail of user_123 has no provider firebase-fcm";
    let errors = repeated(call, |client| client, said).await;
    assert!(errors.iter().all(|error| everything(error).contains(said)), "{errors:?}");
}

#[tokio::test]
async fn error_is_one_line_of_limited_length() {
    let message = format!("first\r\nsecond\u{1b}[31m\u{2028}{}", "x".repeat(5_000_000));
    let body = json!({"message": message, "type": "t\nu".repeat(1_000_000)}).to_string();
    let server = Scripted::new(move |_, _| {
        let response = Response::builder().status(400).body(Body::from(body.clone()));
        async { Ok(response.unwrap()) }
    });
    let error = server.builder().build().unwrap().request(Method::GET, "/x").send_raw().await.unwrap_err();
    for text in [error.to_string(), format!("{error:?}")] {
        assert!(text.len() < 2000, "{}", text.len());
        assert!(!text.chars().any(|c| c.is_control() || c == '\u{2028}'), "{text}");
    }
    // The same holds for a body that is short enough to be read as JSON.
    let server = Scripted::new(move |_, _| {
        let body = json!({"message": format!("a\nb{}", "x".repeat(20_000)), "type": "t\r\n".repeat(5000)});
        let response = Response::builder().status(400).body(Body::from(body.to_string()));
        async { Ok(response.unwrap()) }
    });
    let error = server.builder().build().unwrap().request(Method::GET, "/x").send_raw().await.unwrap_err();
    assert!(error.message().unwrap().starts_with("a\nb"));
    for text in [error.to_string(), format!("{error:?}")] {
        assert!(text.len() < 2000 && text.contains("a bxx"), "{}", text.len());
        assert!(!text.chars().any(char::is_control), "{text}");
    }
}

#[test]
fn debug_has_no_path_of_the_base_url() {
    let client =
        Client::builder().api_key("pk_test_SECRET-KEY").base_url("https://gateway.example/SECRET-TENANT/courier");
    let client = client.options(|options| options.idempotency_keys(true).query("t", "SECRET")).build().unwrap();
    let shown = format!("{client:?} {:?}", client.request(Method::GET, "/SECRET"));
    assert!(shown.contains("https://gateway.example") && !shown.contains("SECRET"), "{shown}");
}

#[tokio::test]
async fn debug_has_no_response_headers() {
    fn echoing() -> Outcome {
        Ok(Response::builder().header("x-echo", "SECRET").body(Body::from("{}")).unwrap())
    }
    let client = Scripted::outcomes(vec![echoing]).builder().build().unwrap();
    let response = client.request(Method::GET, "/x").send_raw().await.unwrap();
    assert_eq!(response.headers()["x-echo"], "SECRET");
    assert!(!format!("{:?} {response:?}", response.headers()).contains("SECRET"));
}

#[tokio::test]
async fn dash_as_a_secret_hides_no_dashes() {
    let client = Scripted::outcomes(vec![|| status(400, r#"{"message": "no - not so"}"#)]).builder().build().unwrap();
    let error = client.request(Method::GET, "/x").query("token", "-").send_raw().await.unwrap_err();
    assert_eq!(error.message(), Some("no - not so"));
}

/// Returns the error of a call with a body, for a 400 response with this message.
async fn refused_with(body: &Value, message: &str) -> Error {
    let text = json!({"message": message}).to_string();
    let server = Scripted::new(move |_, _| {
        let response: Outcome = Ok(Response::builder().status(400).body(Body::from(text.clone())).unwrap());
        async { response }
    });
    server.builder().build().unwrap().request(Method::POST, "/x").json(body).send_raw().await.unwrap_err()
}

#[tokio::test]
async fn short_secrets_of_a_body_are_hidden() {
    for (body, secret) in [
        (json!({"otp": "493817"}), "493817"),
        (json!({"verification_code": 493_817}), "493817"),
        (json!({"password": "hunter2"}), "hunter2"),
        (json!({"pin": "8421"}), "8421"),
        (json!({"token": "abc1234"}), "abc1234"),
        (json!({"settings": {"password": "s3cr3t7"}}), "s3cr3t7"),
        (json!({"settings": {"account": "ac-17"}}), "ac-17"),
    ] {
        let error = refused_with(&body, &format!("invalid value {secret}")).await;
        assert_eq!(error.message(), Some("invalid value [sensitive]"), "{body}");
        assert!(!everything(&error).contains(secret), "{body}");
    }
}

#[tokio::test]
async fn push_tokens_are_secrets_under_every_name() {
    for name in
        ["firebaseToken", "apn", "expo", "airship", "oneSignalPlayerID", "oneSignalExternalUserId", "pushbullet"]
    {
        for value in [json!("dev-1"), json!({"token": "dev-1"}), json!(["dev-1"])] {
            let body = json!({"profile": {name: value}});
            let error = refused_with(&body, "no device dev-1").await;
            assert_eq!(error.message(), Some("no device [sensitive]"), "{body}");
            let debug = format!("{:?}", trycourier::types::Object::from(body));
            assert!(!debug.contains("dev-1"), "{debug}");
        }
    }
}

#[tokio::test]
async fn credentials_in_urls_of_a_body_are_hidden() {
    for (body, secret) in [
        (json!({"callback": "https://ada:PASS-7@hooks.example/x"}), "PASS-7"),
        (json!({"callback": "https://ada:P%40SS@hooks.example/x"}), "P@SS"),
        (json!({"callback": "https://TOKEN-8@hooks.example/x"}), "TOKEN-8"),
        (json!({"callback": "https://hooks.example/x?a=b&sig=SIG%2B9"}), "SIG+9"),
        (json!({"providers": {"aws-sns": {"override": {"accessKeyId": "AKIA-77"}}}}), "AKIA-77"),
        (json!({"override": {"headers": {"Authorization": "Bearer tok-9"}}}), "tok-9"),
    ] {
        let error = refused_with(&body, &format!("cannot use {secret}")).await;
        assert_eq!(error.message(), Some("cannot use [sensitive]"), "{body}");
    }
}

#[tokio::test]
async fn the_path_of_the_base_url_is_hidden() {
    let server = Scripted::outcomes(vec![|| {
        status(404, r#"{"message": "Cannot POST /hooks/S3CRETPATH99/x, no S3CRETPATH99"}"#)
    }]);
    let client = server.builder().base_url("https://gateway.example/hooks/S3CRETPATH99").build().unwrap();
    let error = client.request(Method::POST, "/x").send_raw().await.unwrap_err();
    assert!(!everything(&error).contains("S3CRETPATH99"), "{error}");
}

#[tokio::test]
async fn a_message_is_cut_between_secrets() {
    for before in 470..=500 {
        let message = format!("{} pk_test_SECRET-KEY", "x".repeat(before));
        let error = refused_with(&Value::Null, &message).await;
        let text = format!("{error} {error:?}");
        assert!(!text.contains("pk_") && !text.contains("SECRET"), "{before}: {text}");
    }
}

#[tokio::test]
async fn a_path_is_cut_between_secrets() {
    for before in [0, 40, 50, 60, 63] {
        let name = format!("{}_pk_test_SECRET-KEY_{}", "x".repeat(before), "y".repeat(100));
        let body = json!({name: {"inner": "SURROGATE"}}).to_string().replace("SURROGATE", "\\ud800");
        let server = Scripted::new(move |_, _| {
            let response: Outcome = Ok(Response::builder().body(Body::from(body.clone())).unwrap());
            async { response }
        });
        let client = server.builder().build().unwrap();
        let response = client.request(Method::GET, "/x").send::<Value>().await.unwrap();
        let path = response.mismatches()[0].path();
        assert!(!path.contains("pk_t") && !path.contains("SECRET"), "{before}: {path}");
        assert!(path.ends_with("….inner"), "{path}");
    }
}
