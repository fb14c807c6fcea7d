//! The fake refuses the same requests as Courier, and responds according to the description.

#![allow(clippy::expect_used, clippy::indexing_slicing, clippy::panic, reason = "a test fails by a panic")]

#[path = "support/fake.rs"]
mod fake;

use std::collections::BTreeSet;
use std::time::Duration;

use fake::{ask, succeed};
use serde_json::{Value, json};
use trycourier::Bytes;
use trycourier::testing::Courier;

const RECORDED: &str = include_str!("fixtures/requests.jsonl");

#[test]
fn recorded_requests_of_official_client_succeed() {
    let courier = Courier::new();
    courier.respond_with_examples(true);
    let mut operations = BTreeSet::new();
    for line in RECORDED.lines() {
        let recorded: Value = serde_json::from_str(line).expect("a recorded request");
        let (method, path) =
            (recorded["method"].as_str().unwrap_or_default(), recorded["path"].as_str().unwrap_or_default());
        let target = format!("{path}?{}", recorded["query"].as_str().unwrap_or_default());
        succeed(&courier, method, &target, recorded["body"].clone());
        let made = courier.calls().last().and_then(|call| call.operation);
        assert_eq!(made.map(|id| id.replace('.', "_")).as_deref(), recorded["operation"].as_str());
        operations.extend(made);
    }
    assert!(operations.len() > 30);
}

#[test]
fn invalid_request_is_refused_with_its_path() {
    let courier = Courier::new();
    for (method, target, body, message) in [
        ("PUT", "/lists/l", json!({}), "`name` is required"),
        ("PUT", "/lists/l", json!({"name": 1}), "`name` must be a string"),
        ("PUT", "/lists/l", Value::Null, "`name` is required"),
        ("PUT", "/lists/l", json!([]), "The body must be an object"),
        ("POST", "/bulk/j", json!({"users": [{"profile": 1}]}), "`users[0].profile` must be an object"),
        (
            "PUT",
            "/users/u/tokens/t",
            json!({"provider_key": "pigeon"}),
            r#"`provider_key` must be one of "firebase-fcm", "apn", "expo", "onesignal""#,
        ),
        ("GET", "/tenants?limit=many", Value::Null, "`limit` must be an integer"),
        ("GET", "/lists?cursor=mine", Value::Null, "Unknown `cursor`: no page has returned it"),
    ] {
        let (status, error) = ask(&courier, method, target, body);
        assert_eq!((status, error), (400, json!({"message": message, "type": "invalid_request_error"})));
    }
    // A property with one possible value can be left out, as the official clients do.
    let event = json!({"event": "e", "messageId": "1", "properties": {}});
    assert_eq!(ask(&courier, "POST", "/inbound/courier", event).0, 202);
    let unread = http::Request::put("/lists/l")
        .header("authorization", "Bearer test")
        .body(Bytes::from("{"))
        .expect("a request");
    assert_eq!(courier.handle(&unread).status(), 400);
}

#[test]
fn refusals_have_couriers_envelope() {
    let courier = Courier::new();
    for key in [None, Some("test"), Some("Bearer "), Some("Basic dGVzdA==")] {
        let request = http::Request::get("/lists");
        let request = key.into_iter().fold(request, |request, key| request.header("authorization", key));
        let response = courier.handle(&request.body(Bytes::new()).expect("a request"));
        assert_eq!(response.status(), 401, "{key:?}");
    }
    assert_eq!(ask(&courier, "GET", "/nowhere", Value::Null).0, 404);
    assert_eq!(ask(&courier, "PATCH", "/lists", Value::Null).0, 405);
    // A fixed path segment is not an id: `runs` is not a journey.
    for (target, operation) in [
        ("/journeys/runs", "journeys.runs.list"),
        ("/journeys/j", "journeys.retrieve"),
        ("/preferences/sections", "workspace_preferences.list"),
    ] {
        ask(&courier, "GET", target, Value::Null);
        assert_eq!(courier.calls().last().and_then(|call| call.operation), Some(operation));
    }
    assert_eq!(ask(&courier, "GET", "/lists/none", Value::Null).0, 404);

    courier.limit_rate(2, Duration::from_millis(1_500));
    for status in [429, 429, 200] {
        let response = courier.handle(&fake::request("GET", "/lists", &Value::Null));
        assert_eq!(response.status(), status);
        let wait = response.headers().get("retry-after").map(http::HeaderValue::as_bytes);
        assert_eq!(wait, (status == 429).then_some(&b"2"[..]));
    }
    let webhook = http::Request::post("/inbound/webhook/token").body(Bytes::from("{}")).expect("a request");
    assert_eq!(courier.handle(&webhook).status(), 202);
}

#[test]
fn documented_rate_limits_are_enforced_if_enabled() {
    let courier = Courier::new();
    let update = || courier.handle(&fake::request("PUT", "/lists/l", &json!({"name": "L"})));
    (0..30).for_each(|_| assert!(update().status().is_success()));
    courier.limit_rates(true);
    let start = std::time::UNIX_EPOCH + Duration::from_secs(1_767_225_600);
    courier.clock(move || start);
    (0..20).for_each(|_| assert!(update().status().is_success()));
    courier.advance(Duration::from_millis(12_500));
    let refusal = update();
    assert_eq!((refusal.status().as_u16(), refusal.headers()["retry-after"].as_bytes()), (429, &b"48"[..]));
    let body: Value = serde_json::from_slice(refusal.body()).expect("JSON");
    assert_eq!(body["type"], "rate_limit_error");
    // Another operation has its own limit, or none.
    let subscribers = json!({"recipients": [{"recipientId": "ada"}]});
    (0..20).for_each(|_| {
        succeed(&courier, "POST", "/lists/l/subscriptions", subscribers.clone());
    });
    assert_eq!(ask(&courier, "POST", "/lists/l/subscriptions", subscribers).0, 429);
    (0..30).for_each(|_| assert_eq!(ask(&courier, "GET", "/lists/l", Value::Null).0, 200));

    courier.advance(Duration::from_millis(47_500));
    assert!(update().status().is_success());
}

/// Returns the rows of a list from all its pages, for any kind of pagination.
fn walk(courier: &Courier, target: &str, rows: &str, cursor: &[&str]) -> (usize, usize) {
    let (mut pages, mut count, mut next) = (0, 0, String::new());
    loop {
        let page = succeed(courier, "GET", &format!("{target}{next}"), Value::Null);
        count += page[rows].as_array().map_or(0, Vec::len);
        pages += 1;
        match cursor.iter().fold(&page, |value, name| &value[name]).as_str() {
            Some(cursor) => next = format!("?cursor={cursor}"),
            None => return (pages, count),
        }
    }
}

#[test]
fn pages_of_all_shapes_end_with_the_last_row() {
    let courier = Courier::new();
    courier.page_size(2);
    for number in 0..5 {
        succeed(&courier, "PUT", &format!("/lists/{number}"), json!({"name": "l"}));
        succeed(&courier, "PUT", &format!("/tenants/{number}"), json!({"name": "t"}));
        succeed(&courier, "POST", "/brands", json!({"name": "b", "settings": {}}));
        succeed(&courier, "POST", "/automations/invoke", json!({"automation": {"steps": []}}));
        courier.automation(&number.to_string());
    }
    assert_eq!(walk(&courier, "/lists", "items", &["paging", "cursor"]), (3, 5));
    assert_eq!(walk(&courier, "/brands", "results", &["paging", "cursor"]), (3, 5));
    assert_eq!(walk(&courier, "/tenants", "items", &["cursor"]), (3, 5));
    assert_eq!(walk(&courier, "/automations", "templates", &["cursor"]), (3, 5));
    assert_eq!(walk(&courier, "/automations/runs", "runs", &["next_cursor"]), (3, 5));
    let page = succeed(&courier, "GET", "/tenants?limit=1", Value::Null);
    assert_eq!((page["items"].as_array().map(Vec::len), &page["has_more"]), (Some(1), &json!(true)));
    let page = succeed(&courier, "GET", "/tenants?limit=50", Value::Null);
    assert_eq!(page["items"].as_array().map(Vec::len), Some(2), "no more than a page has");
    assert_eq!(ask(&courier, "GET", "/tenants?limit=0", Value::Null).0, 400);
}

#[test]
fn missing_things_can_have_examples() {
    let courier = Courier::new();
    assert_eq!(ask(&courier, "GET", "/brands/none", Value::Null).0, 404);
    courier.respond_with_examples(true);
    assert!(succeed(&courier, "GET", "/brands/none", Value::Null)["id"].is_string());
    assert_eq!(ask(&courier, "PUT", "/lists/l", json!({})).0, 400);
}

#[test]
fn recorded_call_has_no_api_key() {
    let courier = Courier::new();
    succeed(&courier, "GET", "/lists?pattern=a.*", Value::Null);
    let calls = courier.calls();
    let [call] = calls.as_slice() else { panic!("{calls:?}") };
    assert_eq!((call.target.as_str(), call.status), ("/lists?pattern=a.*", Some(200)));
    assert!(!call.headers.contains_key("authorization"));
    let mut secret =
        fake::request("POST", "/auth/issue-token", &json!({"scope": "hidden-scope", "expires_in": "1 day"}));
    secret.headers_mut().insert("authorization", http::HeaderValue::from_static("Bearer hidden-key"));
    assert_eq!(courier.handle(&secret).status(), 200);
    assert!(!format!("{:?}", courier.calls()).contains("hidden"));
}
