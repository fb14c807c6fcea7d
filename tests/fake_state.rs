//! The fake keeps its state like Courier.

#![allow(clippy::expect_used, clippy::indexing_slicing, clippy::panic, reason = "a test fails by a panic")]

#[path = "support/fake.rs"]
mod fake;

use std::time::{Duration, UNIX_EPOCH};

use fake::{ask, succeed};
use serde_json::{Value, json};
use trycourier::testing::Courier;
use trycourier::types::{Message, MessageStatus, Recipient};

fn email(title: &str) -> Value {
    json!({"message": {"to": {"email": "ada@example.com"}, "content": {"title": title, "body": "b"}}})
}

fn status(courier: &Courier, id: &Value) -> Value {
    succeed(courier, "GET", &format!("/messages/{}", id.as_str().unwrap_or_default()), Value::Null)["status"].clone()
}

#[test]
fn message_advances_with_the_clock_alone() {
    let courier = Courier::new();
    courier.clock(|| UNIX_EPOCH + Duration::from_secs(1_767_225_600)).delivery_time(Duration::from_secs(3));
    let (code, sent) = ask(&courier, "POST", "/send", email("t"));
    assert_eq!(code, 202);
    let id = &sent["requestId"];
    let mut way = vec![status(&courier, id)];
    for _ in 0..3 {
        courier.advance(Duration::from_secs(1));
        way.push(status(&courier, id));
    }
    assert_eq!(way, ["ENQUEUED", "ROUTED", "SENT", "DELIVERED"]);
    assert!(courier.set_status(id.as_str().unwrap_or_default(), MessageStatus::Clicked, None));
    assert_eq!(status(&courier, id), "CLICKED");
    assert!(!courier.set_status("none", MessageStatus::Clicked, None));
    // A custom clock determines the time, regardless of earlier advances.
    let then = UNIX_EPOCH + Duration::from_secs(1_800_000_000);
    assert_eq!(courier.clock(move || then).now(), then);
}

#[tokio::test(start_paused = true)]
async fn clock_follows_tokio() {
    let courier = Courier::new();
    let id = succeed(&courier, "POST", "/send", email("t"))["requestId"].clone();
    assert_eq!(status(&courier, &id), "ENQUEUED");
    tokio::time::sleep(Duration::from_secs(5)).await;
    assert_eq!(status(&courier, &id), "DELIVERED");
}

#[test]
fn delayed_message_waits_and_can_be_canceled() {
    let courier = Courier::new();
    let mut delayed = email("t");
    delayed["message"]["delay"] = json!({"duration": 1});
    let ids = [(); 2].map(|()| succeed(&courier, "POST", "/send", delayed.clone())["requestId"].clone());
    courier.advance(Duration::from_secs(50));
    assert_eq!(status(&courier, &ids[0]), "DELAYED");
    let cancel = format!("/messages/{}/cancel", ids[0].as_str().unwrap_or_default());
    assert_eq!(succeed(&courier, "POST", &cancel, Value::Null)["status"], "CANCELED");
    courier.advance(Duration::from_secs(20));
    assert_eq!([status(&courier, &ids[0]), status(&courier, &ids[1])], ["CANCELED", "DELIVERED"]);
    let (code, canceled) = ask(&courier, "POST", &cancel, Value::Null);
    assert_eq!((code, &canceled["status"]), (409, &json!("CANCELED")));
    // The events that would have followed do not happen.
    let at_once = succeed(&courier, "POST", "/send", email("t"))["requestId"].clone();
    let path = format!("/messages/{}", at_once.as_str().unwrap_or_default());
    succeed(&courier, "POST", &format!("{path}/cancel"), Value::Null);
    courier.advance(Duration::from_secs(60));
    let history = succeed(&courier, "GET", &format!("{path}/history"), Value::Null)["results"].clone();
    let types: Vec<_> = history.as_array().into_iter().flatten().map(|event| event["type"].clone()).collect();
    assert_eq!(types, ["ENQUEUED", "CANCELED"]);
}

#[test]
fn impossible_send_is_refused() {
    let courier = Courier::new();
    let many: Vec<Value> = (0..501).map(|number| json!({"user_id": number.to_string()})).collect();
    let content = json!({"title": "t", "body": "b"});
    for message in [
        json!({"content": content}),
        json!({"to": {"user_id": ""}, "content": content}),
        json!({"to": "ada", "content": content}),
        json!({"to": [], "content": content}),
        json!({"to": {"user_id": "u"}}),
        json!({"to": many, "content": content}),
    ] {
        let (code, error) = ask(&courier, "POST", "/send", json!({"message": message}));
        assert_eq!((code, &error["type"]), (400, &json!("invalid_request_error")), "{error}");
    }
    let few: Vec<Value> = (0..500).map(|number| json!({"user_id": number.to_string()})).collect();
    let sent = succeed(&courier, "POST", "/send", json!({"message": {"to": few, "content": content}}));
    let found = format!("/messages?traceId={}&limit=1", sent["requestId"].as_str().unwrap_or_default());
    assert_eq!(succeed(&courier, "GET", &found, Value::Null)["results"].as_array().map(Vec::len), Some(100));
}

#[test]
fn groups_expand_to_their_users() {
    let courier = Courier::new();
    for (user, plan) in [("ada", "pro"), ("bob", "free")] {
        let profile = json!({"profile": {"email": format!("{user}@example.com"), "plan": plan}});
        succeed(&courier, "POST", &format!("/profiles/{user}"), profile);
    }
    succeed(&courier, "PUT", "/lists/eng.rust/subscriptions/ada", json!({}));
    succeed(&courier, "PUT", "/lists/eng.go/subscriptions/ada", json!({}));
    succeed(&courier, "PUT", "/lists/eng.go/subscriptions/bob", json!({}));
    succeed(&courier, "PUT", "/tenants/acme", json!({"name": "Acme"}));
    succeed(&courier, "PUT", "/users/bob/tenants/acme", json!({}));
    let filter = json!({"filters": [{"operator": "EQ", "path": "plan", "value": "pro"}]});
    succeed(&courier, "PUT", "/audiences/pros", json!({"name": "Pros", "operator": "AND", "filter": filter}));
    for (to, expected) in [
        (json!({"list_id": "eng.rust"}), vec!["ada"]),
        (json!({"list_pattern": "eng.*"}), vec!["ada", "bob"]),
        (json!({"tenant_id": "acme"}), vec!["bob"]),
        (json!({"audience_id": "pros"}), vec!["ada"]),
        (json!([{"list_id": "eng.rust"}, {"user_id": "bob"}]), vec!["ada", "bob"]),
        (json!({"user_id": "bob", "list_id": "eng.rust"}), vec!["bob"]),
    ] {
        let message = json!({"message": {"to": to, "content": {"title": "t", "body": "b"}}});
        let sent = succeed(&courier, "POST", "/send", message);
        let found = format!("/messages?traceId={}", sent["requestId"].as_str().unwrap_or_default());
        let found = succeed(&courier, "GET", &found, Value::Null);
        let mut recipients: Vec<&str> =
            found["results"].as_array().into_iter().flatten().filter_map(|row| row["recipient"].as_str()).collect();
        recipients.sort_unstable();
        assert_eq!(recipients, expected, "{to}");
        let to = courier.sent().last().and_then(|sent| serde_json::to_value(&sent.message).ok()).unwrap_or_default();
        assert!(to["to"]["list_pattern"].is_null() && to["to"]["audience_id"].is_null(), "each is sent to one: {to}");
    }
}

#[test]
fn bulk_job_accepts_each_user_once_and_runs_once() {
    let courier = Courier::new();
    courier.template("welcome").delivery_time(Duration::from_secs(3));
    let (code, error) = ask(&courier, "POST", "/bulk", json!({"message": {"event": ""}}));
    assert_eq!((code, &error["message"]), (400, &json!("The 'event' parameter is required.")));
    let (code, made) = ask(&courier, "POST", "/bulk", json!({"message": {"event": "welcome"}}));
    assert_eq!(code, 201);
    let job = format!("/bulk/{}", made["jobId"].as_str().unwrap_or_default());

    let users = json!([{"profile": {"email": "a@example.com"}}, {"to": {"email": "b@example.com"}}, {"profile": {"email": "a@example.com"}}]);
    let added = succeed(&courier, "POST", &job, json!({"users": users}));
    let refused = json!([{"error": "Duplicate user", "user": users[2]}]);
    assert_eq!(added, json!({"total": 2, "errors": refused}));
    let many =
        |count: usize| -> Vec<Value> { (0..count).map(|number| json!({"recipient": number.to_string()})).collect() };
    assert_eq!(ask(&courier, "POST", &job, json!({"users": many(1_001)})), (502, Value::Null));
    let other = succeed(&courier, "POST", "/bulk", json!({"message": {"event": "welcome"}}))["jobId"].clone();
    let mut request =
        fake::request("POST", &format!("/bulk/{}", other.as_str().unwrap_or_default()), &json!({"users": many(1_000)}));
    request.headers_mut().insert("idempotency-key", http::HeaderValue::from_static("k"));
    for (total, errors) in [(1_000, 0), (0, 1_000)] {
        // Also under the same key, because chunks do not support it.
        let added: Value = serde_json::from_slice(courier.handle(&request).body()).expect("JSON");
        assert_eq!((&added["total"], added["errors"].as_array().map(Vec::len)), (&json!(total), Some(errors)));
    }

    let run = format!("{job}/run");
    assert_eq!(ask(&courier, "POST", &run, Value::Null), (202, Value::Null));
    assert_eq!(succeed(&courier, "GET", &job, Value::Null)["job"]["status"], "PROCESSING");
    courier.advance(Duration::from_secs(3));
    assert_eq!(ask(&courier, "POST", &run, Value::Null), (202, Value::Null));
    let progress = succeed(&courier, "GET", &job, Value::Null)["job"].clone();
    assert_eq!(
        [&progress["status"], &progress["received"], &progress["enqueued"], &progress["failures"]],
        [&json!("COMPLETED"), &json!(2), &json!(2), &json!(0)]
    );

    let rows = succeed(&courier, "GET", &format!("{job}/users"), Value::Null)["items"].clone();
    assert_eq!(status(&courier, &rows[0]["messageId"]), "DELIVERED");
    // The address belongs in the profile: without one, nothing arrives, and the job does not report it.
    assert_eq!(
        (&rows[1]["status"], status(&courier, &rows[1]["messageId"])),
        (&json!("ENQUEUED"), json!("UNROUTABLE"))
    );
    assert_eq!(succeed(&courier, "GET", "/messages", Value::Null)["results"].as_array().map(Vec::len), Some(2));
}

#[test]
fn key_acts_once_until_it_expires() {
    let courier = Courier::new();
    let send = |key: &str, expiration: Option<&str>| {
        let mut request = fake::request("POST", "/send", &email("t"));
        request.headers_mut().insert("idempotency-key", key.parse().expect("a key"));
        if let Some(expiration) = expiration {
            request.headers_mut().insert("x-idempotency-expiration", expiration.parse().expect("an expiration"));
        }
        courier.handle(&request).into_body()
    };
    let first = send("short", None);
    let long = send("long", Some("2999-01-01T00:00:00Z"));
    assert_ne!(first, long);
    courier.advance(Duration::from_secs(86_000));
    assert_eq!([send("short", None), send("long", None)], [first.clone(), long.clone()]);
    courier.advance(Duration::from_secs(1_000));
    assert_ne!(send("short", None), first);
    assert_eq!(send("long", None), long);

    // Numbers are milliseconds, and no key expires sooner than after a day. Seconds are too small for milliseconds.
    let from_now = |time: Duration| (courier.now() + time).duration_since(UNIX_EPOCH).expect("a time");
    let seconds = from_now(Duration::from_secs(100 * 3_600)).as_secs().to_string();
    let millis = from_now(Duration::from_secs(100 * 3_600)).as_millis().to_string();
    let soon = from_now(Duration::from_secs(60)).as_millis().to_string();
    let made = [("s", seconds), ("ms", millis), ("soon", soon)].map(|(key, at)| (key, send(key, Some(&at))));
    for (hours, kept) in [(23, ["s", "ms", "soon"].as_slice()), (99, &["ms"]), (101, &[])] {
        let before = courier.now();
        courier.clock(move || before + Duration::from_secs(hours * 3_600));
        for (key, response) in &made {
            assert_eq!(send(key, None) == response, kept.contains(key), "{key} after {hours} hours");
        }
        courier.clock(move || before);
    }
}

#[test]
fn key_counts_per_path() {
    let courier = Courier::new();
    let post = |target: &str, body: Value| {
        let mut request = fake::request("POST", target, &body);
        request.headers_mut().insert("idempotency-key", http::HeaderValue::from_static("k"));
        serde_json::from_slice::<Value>(courier.handle(&request).body()).expect("JSON")
    };
    let sent = post("/send", email("t"));
    assert_eq!(post("/send", email("other")), sent);
    assert_eq!(post("/profiles/ada", json!({"profile": {}}))["status"], "SUCCESS");
}

#[test]
fn refused_request_does_not_use_its_key() {
    let courier = Courier::new();
    let run = |body: Value| {
        let mut request = fake::request("POST", "/send", &body);
        request.headers_mut().insert("idempotency-key", http::HeaderValue::from_static("k"));
        courier.handle(&request).status().as_u16()
    };
    assert_eq!(run(json!({"message": {}})), 400);
    assert_eq!(run(email("t")), 202);
}

#[tokio::test(start_paused = true)]
async fn key_in_progress_is_a_conflict() {
    let courier = Courier::new();
    courier.latency(Duration::from_secs(1));
    let client = courier.client().with_options(|options| options.max_retries(0).idempotency_key("k"));
    let send = || client.send().message(Message::new().to(Recipient::user("ada")).template("t")).send();
    let (first, second) = tokio::join!(send(), send());
    assert_eq!(second.expect_err("a conflict").status().map(|status| status.as_u16()), Some(409));
    let again = send().await.expect("a response");
    assert_eq!(again.request_id, first.expect("a response").request_id);
}

#[test]
fn template_is_a_draft_until_published() {
    let courier = Courier::new();
    let notification = |title: &str| {
        let elements = json!([{"type": "channel", "channel": "email", "elements": [{"type": "meta", "title": title}]}]);
        json!({"notification": {
            "name": "Welcome", "tags": [], "brand": null, "routing": null, "subscription": null,
            "content": {"version": "2022-01-01", "elements": elements},
        }})
    };
    let id = succeed(&courier, "POST", "/notifications", notification("one"))["id"].clone();
    let path = format!("/notifications/{}", id.as_str().unwrap_or_default());
    let title = |version: &str| {
        let (code, template) = ask(&courier, "GET", &format!("{path}?version={version}"), Value::Null);
        (code, template.pointer("/content/elements/0/elements/0/title").cloned().unwrap_or_default())
    };
    assert_eq!(title("published").0, 404);
    assert_eq!(title("draft"), (200, json!("one")));
    succeed(&courier, "POST", &format!("{path}/publish"), json!({}));
    succeed(&courier, "PUT", &path, notification("two"));
    assert_eq!([title("published").1, title("draft").1], ["one", "two"]);
    succeed(&courier, "POST", &format!("{path}/publish"), json!({}));
    succeed(&courier, "POST", &format!("{path}/publish"), json!({"version": "v001"}));
    assert_eq!(title("published").1, "one");
    let versions = succeed(&courier, "GET", &format!("{path}/versions"), Value::Null)["versions"].clone();
    let names: Vec<&str> =
        versions.as_array().into_iter().flatten().filter_map(|row| row["version"].as_str()).collect();
    assert_eq!(names, ["draft", "published:v003", "v002", "v001"]);
}

#[test]
fn journey_is_stored_published_and_run() {
    let courier = Courier::new();
    succeed(&courier, "POST", "/profiles/ada", json!({"profile": {"email": "ada@example.com"}}));
    let trigger = json!({"type": "trigger", "trigger_type": "api-invoke"});
    let journey = succeed(&courier, "POST", "/journeys", json!({"name": "Welcome", "nodes": [trigger]}));
    let path = format!("/journeys/{}", journey["id"].as_str().unwrap_or_default());
    let template = json!({"channel": "email", "notification": {
        "name": "Hi", "tags": [], "brand": null, "subscription": null, "content": {"version": "2022-01-01", "elements": []},
    }});
    let template = succeed(&courier, "POST", &format!("{path}/templates"), template)["id"].clone();
    let nodes = json!([
        trigger, {"type": "delay", "mode": "duration", "duration": "P1D"}, {"type": "send", "message": {"template": template}},
    ]);
    succeed(&courier, "PUT", &path, json!({"name": "Welcome", "nodes": nodes}));
    let invoke = |body: Value| ask(&courier, "POST", &format!("{path}/invoke"), body);
    assert_eq!(invoke(json!({"user_id": "ada"})).0, 404);
    let own = format!("{path}/templates/{}", template.as_str().unwrap_or_default());
    assert_eq!(ask(&courier, "GET", &own, Value::Null).0, 404, "the template is also a draft");
    succeed(&courier, "POST", &format!("{path}/publish"), json!({}));
    succeed(&courier, "GET", &own, Value::Null);
    assert_eq!(invoke(json!({})).0, 400);
    let (code, run) = invoke(json!({"user_id": "ada"}));
    assert_eq!(code, 202);
    let run = format!("/journeys/runs/{}", run["runId"].as_str().unwrap_or_default());
    assert_eq!(succeed(&courier, "GET", &run, Value::Null)["run"]["status"], "WAITING");
    courier.advance(Duration::from_secs(86_400 + 5));
    assert_eq!(succeed(&courier, "GET", &run, Value::Null)["run"]["status"], "PROCESSED");
    let steps = succeed(&courier, "GET", &format!("{run}/steps"), Value::Null)["steps"].clone();
    assert_eq!(status(&courier, &steps[2]["message_id"]), "DELIVERED");
    // A waiting run is canceled by its id or by the journey's token.
    let waiting = || {
        let run = invoke(json!({"user_id": "ada"})).1["runId"].clone();
        (run.clone(), format!("/journeys/runs/{}", run.as_str().unwrap_or_default()))
    };
    let (id, run) = waiting();
    assert_eq!(succeed(&courier, "POST", "/journeys/cancel", json!({"run_id": id}))["status"], "CANCELED");
    courier.advance(Duration::from_secs(2 * 86_400));
    assert_eq!(succeed(&courier, "GET", &run, Value::Null)["run"]["status"], "CANCELED");
    let settings = |settings: Value| {
        let mut journey = json!({"name": "Welcome", "nodes": nodes, "state": "PUBLISHED"});
        for (name, value) in settings.as_object().into_iter().flatten() {
            journey[name] = value.clone();
        }
        succeed(&courier, "PUT", &path, journey);
    };
    settings(json!({"cancelation_token": "token"}));
    let (_, run) = waiting();
    succeed(&courier, "POST", "/journeys/cancel", json!({"cancelation_token": "token"}));
    assert_eq!(succeed(&courier, "GET", &run, Value::Null)["run"]["status"], "CANCELED");
    settings(json!({"enabled": false}));
    assert_eq!(invoke(json!({"user_id": "ada"})).0, 422);
    settings(json!({"enabled": true}));
    assert_eq!(invoke(json!({"user_id": "ada"})).0, 202);
    succeed(&courier, "DELETE", &path, Value::Null);
    assert_eq!(invoke(json!({"user_id": "ada"})).0, 422);
    let sends = json!({"name": "j", "nodes": [trigger, {"type": "send", "message": {"template": "nt"}}]});
    assert_eq!(ask(&courier, "POST", "/journeys", sends).0, 422);
}

#[test]
fn preference_is_the_default_until_chosen() {
    let courier = Courier::new();
    let section = succeed(&courier, "POST", "/preferences/sections", json!({"name": "News"}))["id"].clone();
    let topics = format!("/preferences/sections/{}/topics", section.as_str().unwrap_or_default());
    let make = |name: &str, status: &str| {
        succeed(&courier, "POST", &topics, json!({"name": name, "default_status": status}))["id"].clone()
    };
    let (offers, bills) = (make("Offers", "OPTED_IN"), make("Bills", "REQUIRED"));
    let choice = |topic: &Value| json!({"topic_id": topic, "status": "OPTED_OUT"});
    let unknown = json!({"topic_id": "none", "status": "OPTED_IN"});
    let body = json!({"topics": [choice(&offers), choice(&bills), unknown]});
    let outcome = succeed(&courier, "POST", "/users/ada/preferences", body.clone());
    assert_eq!(outcome["items"][0]["topic_id"], offers);
    let faults = json!([
        {"topic_id": bills, "reason": "The topic is required"}, {"topic_id": "none", "reason": "The topic does not exist"},
    ]);
    assert_eq!(outcome["errors"], faults);
    let (code, error) = ask(&courier, "PUT", "/users/ada/preferences", body);
    assert_eq!((code, &error["errors"]), (400, &faults));
    let log = succeed(&courier, "GET", "/preferences/logs", Value::Null);
    assert_eq!(log["items"].as_array().map(Vec::len), Some(1));
}
