//! The fake does what Courier's guides say beyond its description.

#![allow(clippy::expect_used, clippy::indexing_slicing, clippy::panic, reason = "a test fails by a panic")]

#[path = "support/fake.rs"]
mod fake;

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use fake::{ask, succeed};
use serde_json::{Value, json};
use trycourier::testing::Courier;

fn got(courier: &Courier, target: &str) -> Value {
    succeed(courier, "GET", target, Value::Null)
}

/// Returns the path of a created resource.
fn create(courier: &Courier, target: &str, body: Value) -> String {
    let created = succeed(courier, "POST", target, body);
    format!("{target}/{}", created["id"].as_str().expect("an id"))
}

/// Sends a message, and returns its id.
fn send(courier: &Courier, message: Value) -> String {
    let (status, sent) = ask(courier, "POST", "/send", json!({"message": message}));
    assert_eq!(status, 202, "{message}: {sent}");
    sent["requestId"].as_str().expect("an id").to_owned()
}

fn status(courier: &Courier, message: &str) -> Value {
    got(courier, &format!("/messages/{message}"))["status"].clone()
}

/// Returns the title and the text of a message.
fn content(courier: &Courier, message: &str) -> (Value, Value) {
    courier.advance(Duration::from_secs(5));
    let output = got(courier, &format!("/messages/{message}/output"))["results"][0]["content"].clone();
    (output["title"].clone(), output["text"].clone())
}

/// Sets the clock to a Friday, 2026-08-28, at this second of the day, in UTC.
fn set_clock(courier: &Courier, second: u64) {
    let time: SystemTime = UNIX_EPOCH + Duration::from_secs(1_787_875_200 + second);
    courier.clock(move || time);
}

fn channel(elements: &Value) -> Value {
    json!([{"type": "channel", "channel": "email", "elements": elements}])
}

fn notification(elements: Value) -> Value {
    json!({"notification": {
        "name": "Hi", "tags": [], "brand": null, "routing": null, "subscription": null,
        "content": {"version": "2022-01-01", "elements": elements},
    }})
}

#[test]
fn unknown_kinds_of_elements_and_steps_are_taken() {
    let courier = Courier::new();
    let list = json!([{"type": "list", "elements": [
        {"type": "list-item", "elements": [{"type": "string", "content": "x"}]},
    ]}]);
    let id = send(
        &courier,
        json!({"to": {"email": "a@example.com"}, "content": {"version": "2022-01-01", "elements": list}}),
    );
    assert_eq!(content(&courier, &id).1, "x");
    let group = json!([{"type": "group", "elements": [{"type": "text", "content": "x"}]}]);
    assert_eq!(ask(&courier, "POST", "/notifications", notification(channel(&group))).0, 201);
    let steps = json!([{"action": "subscribe", "list_id": "l"}, {"action": "from-the-future"}]);
    assert_eq!(ask(&courier, "POST", "/automations/invoke", json!({"automation": {"steps": steps}})).0, 202);
}

#[test]
fn lists_in_a_query_can_have_commas() {
    let courier = Courier::new();
    send(&courier, json!({"to": {"email": "a@example.com"}, "content": {"title": "t", "body": "b"}}));
    let found = |query: &str| got(&courier, &format!("/messages?{query}"))["results"].as_array().map(Vec::len);
    assert_eq!(found("status=DELAYED%2CENQUEUED"), Some(1));
    assert_eq!(found("status=DELAYED&status=ENQUEUED"), Some(1));
    assert_eq!(found("status=DELAYED,SENT"), Some(0));
    let call = courier.calls_of::<trycourier::calls::MessagesList>().swap_remove(0);
    let statuses = call
        .arguments
        .status
        .as_ref()
        .map(|statuses| statuses.iter().map(|status| status.as_str().to_owned()).collect());
    assert_eq!(statuses, Some(vec!["DELAYED".to_owned(), "ENQUEUED".to_owned()]));
}

#[test]
fn lifetime_of_a_token_has_any_unit() {
    let courier = Courier::new();
    for (lifetime, seconds) in
        [("10h", 36_000), ("1d", 86_400), ("5s", 5), ("1y", 31_536_000), ("2.5 hrs", 9_000), ("1m", 60)]
    {
        let body = json!({"scope": "user_id:u inbox:read:messages", "expires_in": lifetime});
        let token = succeed(&courier, "POST", "/auth/issue-token", body)["token"].clone();
        let claims = claims(token.as_str().expect("a token"));
        assert_eq!(
            claims["exp"].as_i64().zip(claims["iat"].as_i64()).map(|(exp, iat)| exp - iat),
            Some(seconds),
            "{lifetime}"
        );
    }
}

/// Reads the claims of a token.
fn claims(token: &str) -> Value {
    const ALPHABET: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let (mut bits, mut count, mut bytes) = (0, 0, Vec::new());
    for letter in token.split('.').nth(1).unwrap_or_default().chars() {
        bits = bits << 6 | ALPHABET.find(letter).expect("a letter of base64");
        count += 6;
        if count >= 8 {
            count -= 8;
            bytes.push(u8::try_from(bits >> count & 0xff).expect("a byte"));
        }
    }
    serde_json::from_slice(&bytes).expect("JSON")
}

#[test]
fn device_token_has_the_status_of_its_patch() {
    let courier = Courier::new();
    succeed(&courier, "PUT", "/users/ada/tokens/t-1", json!({"provider_key": "apn"}));
    let status = || got(&courier, "/users/ada/tokens/t-1")["status"].clone();
    assert_eq!(status(), "active");
    for (op, value) in [("replace", "revoked"), ("add", "failed")] {
        let patch = json!({"patch": [{"op": op, "path": "/status", "value": value}]});
        succeed(&courier, "PATCH", "/users/ada/tokens/t-1", patch);
        assert_eq!(status(), value);
    }
}

#[tokio::test]
async fn error_of_the_fake_shows_every_word() {
    let courier = Courier::new();
    for id in ["test", "key", "fake", "api", "courier"] {
        let error = courier.client().lists().retrieve(id).await.expect_err("a missing list");
        assert_eq!(error.message(), Some(format!("There is no list with the id \"{id}\".").as_str()));
        assert!(error.to_string().contains(&format!("\"{id}\"")), "{error}");
    }
}
