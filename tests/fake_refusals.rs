//! The fake refuses what Courier refuses, with its status, its type and its reason.

#![allow(clippy::expect_used, clippy::indexing_slicing, clippy::panic, reason = "a test fails by a panic")]

#[path = "support/fake.rs"]
mod fake;

use std::time::Duration;

use fake::{ask, request, succeed};
use serde_json::{Value, json};
use trycourier::testing::Courier;

/// The method and the target of a request, its body, and the status, the type and a part of the message of its refusal.
type Row<'a> = (&'a str, &'a str, Value, u16, &'a str, &'a str);

const INVALID: &str = "invalid_request_error";

fn check(courier: &Courier, rows: &[Row<'_>]) {
    for (method, target, body, status, kind, message) in rows {
        let (given, error) = ask(courier, method, target, body.clone());
        let text = error["message"].as_str().unwrap_or_default();
        assert_eq!((given, &error["type"]), (*status, &json!(kind)), "{method} {target} {body}: {error}");
        assert!(text.contains(message), "{method} {target} {body}: {error}");
    }
}

/// Returns the id of a created resource.
fn create(courier: &Courier, target: &str, body: Value) -> String {
    succeed(courier, "POST", target, body)["id"].as_str().expect("an id").to_owned()
}

fn notification(elements: Value) -> Value {
    json!({
        "name": "Hi", "tags": [], "brand": null, "routing": null, "subscription": null,
        "content": {"version": "2022-01-01", "elements": elements},
    })
}

fn channel(element: Value) -> Value {
    json!([{"type": "channel", "channel": "email", "elements": [element]}])
}

fn with(mut object: Value, name: &str, value: Value) -> Value {
    object[name] = value;
    object
}

#[test]
fn unauthorized_and_malformed_requests_are_refused() {
    let courier = Courier::new();
    let mut without_key = request("GET", "/lists", &Value::Null);
    without_key.headers_mut().remove("authorization");
    let response = courier.handle(&without_key);
    let error: Value = serde_json::from_slice(response.body()).expect("JSON");
    assert_eq!((response.status().as_u16(), &error["type"]), (401, &json!("authentication_error")));
    check(
        &courier,
        &[
            ("GET", "/nowhere", Value::Null, 404, INVALID, "no such path"),
            ("PUT", "/lists/l", json!({}), 400, INVALID, "`name` is required"),
            ("PUT", "/lists/l", json!({"name": 1}), 400, INVALID, "`name` must be a string"),
            ("GET", "/lists?cursor=mine", Value::Null, 400, INVALID, "Unknown `cursor`"),
            ("GET", "/tenants?limit=0", Value::Null, 400, INVALID, "`limit` must be at least 1"),
            ("GET", "/messages?enqueued_after=soon", Value::Null, 400, INVALID, "`enqueued_after`"),
            ("POST", "/auth/issue-token", json!({"scope": "", "expires_in": "1h"}), 400, INVALID, "`scope`"),
            ("POST", "/auth/issue-token", json!({"scope": "s", "expires_in": "soon"}), 400, INVALID, "`expires_in`"),
        ],
    );
    courier.limit_rate(1, Duration::from_secs(1));
    check(&courier, &[("GET", "/lists", Value::Null, 429, "rate_limit_error", "Too many requests")]);
}

#[test]
fn impossible_sends_are_refused() {
    let courier = Courier::new();
    let many: Vec<Value> = (0..501).map(|number| json!({"user_id": number.to_string()})).collect();
    let message = json!({"to": {"user_id": "ada"}, "template": "nt"});
    let but = |name: &str, value: Value| json!({"message": with(message.clone(), name, value)});
    let empty = Value::Null;
    check(
        &courier,
        &[
            ("POST", "/send", json!({}), 400, INVALID, "`message` is required"),
            ("POST", "/send", but("to", empty.clone()), 400, INVALID, "`message.to` must name a recipient"),
            ("POST", "/send", but("to", json!([])), 400, INVALID, "`message.to` must name a recipient"),
            ("POST", "/send", but("to", json!({"user_id": ""})), 400, INVALID, "`message.to` must name a recipient"),
            ("POST", "/send", but("to", json!(many)), 400, INVALID, "message.to has 501 recipients. Max is 500"),
            ("POST", "/send", but("template", empty), 400, INVALID, "`template` or `content`"),
            ("POST", "/send", but("content", json!("text")), 400, INVALID, "`message.content`"),
            ("POST", "/send", but("routing", json!({"method": "some"})), 400, INVALID, "`message.routing"),
            ("POST", "/send", but("delay", json!({"until": "whenever you like"})), 400, INVALID, "`delay.until`"),
            ("POST", "/send", but("delay", json!({"until": "Mo-Xx 09:00-17:00"})), 400, INVALID, "`delay.until`"),
            (
                "POST",
                "/send",
                but("delay", json!({"until": "Mo 09:00-17:00", "timezone": "Mars/Olympus"})),
                400,
                INVALID,
                "`delay.timezone`",
            ),
            ("POST", "/send", but("expiry", json!({"expires_in": "10 minutes"})), 400, INVALID, "`expiry.expires_in`"),
            ("GET", "/messages/none", Value::Null, 404, INVALID, "no message"),
            ("POST", "/messages/none/cancel", Value::Null, 404, INVALID, "no message"),
            ("PUT", "/requests/none/archive", json!({}), 404, INVALID, "no request"),
        ],
    );
    courier.expect_nothing_sent();
}

#[test]
fn invalid_templates_are_refused() {
    let courier = Courier::new();
    let text = json!({"type": "text", "content": "Hi"});
    let taken = with(notification(json!([])), "alias", json!("taken"));
    create(&courier, "/notifications", json!({"notification": taken}));
    let id = create(&courier, "/notifications", json!({"notification": notification(channel(text.clone()))}));
    let path = format!("/notifications/{id}");
    let [content, publish, locale] = ["content", "publish", "locales/fr"].map(|name| format!("{path}/{name}"));
    let read = succeed(&courier, "GET", &format!("{content}?version=draft"), Value::Null);
    let element = read["elements"][0]["elements"][0]["id"].clone();
    let body = |notification: Value| json!({"notification": notification});
    let empty = || notification(json!([]));
    let translated = |fields: Value| {
        let translated = with(text.clone(), "locales", json!({"fr": fields}));
        json!({"content": {"version": "2022-01-01", "elements": channel(translated)}})
    };
    let mut untagged = empty();
    untagged.as_object_mut().expect("an object").remove("tags");
    let strategy = with(empty(), "routing", json!({"strategy_id": "none"}));
    succeed(&courier, "PUT", "/tenants/acme", json!({"name": "Acme"}));
    check(
        &courier,
        &[
            ("POST", "/notifications", body(notification(json!([text]))), 400, INVALID, "`channel`"),
            ("POST", "/notifications", body(untagged), 400, INVALID, "`notification.tags` is required"),
            ("POST", "/notifications", body(strategy), 400, INVALID, "no routing strategy"),
            ("POST", "/notifications", body(with(empty(), "alias", json!("tenant/t"))), 400, INVALID, "`tenant/`"),
            ("POST", "/notifications", body(with(empty(), "alias", json!("taken"))), 409, INVALID, "the alias"),
            (
                "PUT",
                &path,
                body(notification(read["elements"].clone())),
                400,
                INVALID,
                r#"Unrecognized key: "checksum""#,
            ),
            ("PUT", &content, json!({"content": read}), 400, INVALID, r#"Unrecognized key: "checksum""#),
            (
                "PUT",
                &content,
                translated(json!({"content": "Salut", "checksum": "x"})),
                400,
                INVALID,
                r#"Unrecognized key: "checksum""#,
            ),
            (
                "PUT",
                &content,
                translated(json!({"content": "Salut", "_sourceHash": "x"})),
                400,
                INVALID,
                r#"Unrecognized key: "_sourceHash""#,
            ),
            ("PUT", &locale, json!({"elements": [{"id": element, "title": "x"}]}), 400, INVALID, r#"key: "title""#),
            ("PUT", &locale, json!({"elements": [{"id": "none"}]}), 400, INVALID, "no element"),
            ("PUT", &format!("{path}/elements/none"), text.clone(), 404, INVALID, "no element"),
            ("POST", &publish, json!({"version": "1"}), 400, INVALID, "`v001`"),
            ("POST", &publish, json!({"version": "v009"}), 404, INVALID, "no version"),
            ("GET", &path, Value::Null, 404, INVALID, "no version"),
            ("GET", "/notifications/none", Value::Null, 404, INVALID, "no template"),
            (
                "PUT",
                "/tenants/acme/templates/t",
                json!({"template": {"content": {"version": "2022-01-01", "elements": [text]}}}),
                400,
                INVALID,
                "`channel`",
            ),
        ],
    );
}

#[test]
fn impossible_preferences_are_refused() {
    let courier = Courier::new();
    courier.topic("news");
    let section = create(&courier, "/preferences/sections", json!({"name": "Bills"}));
    let topics = format!("/preferences/sections/{section}/topics");
    let bill = json!({"name": "Bills", "default_status": "REQUIRED"});
    let bills = create(&courier, &topics, bill.clone());
    succeed(&courier, "PUT", "/tenants/acme", json!({"name": "Acme"}));
    let choice = |status: &str| json!({"topic": {"status": status}});
    let several = |count: usize| {
        let topics: Vec<Value> = (0..count).map(|_| json!({"topic_id": "news", "status": "OPTED_IN"})).collect();
        json!({"topics": topics})
    };
    let schedule = json!({"topic": {"status": "OPTED_IN", "digest_schedule_id": "none"}});
    let digest = with(bill.clone(), "digest", json!({"template_id": "nt", "schedules": []}));
    let required = json!({"topics": [{"topic_id": bills, "status": "OPTED_OUT"}]});
    check(
        &courier,
        &[
            ("PUT", "/users/ada/preferences/none", choice("OPTED_IN"), 404, INVALID, "no topic"),
            ("PUT", &format!("/users/ada/preferences/{bills}"), choice("OPTED_OUT"), 400, INVALID, "is required"),
            ("PUT", "/users/ada/preferences/news", choice("MAYBE"), 400, INVALID, "`topic.status` must be one of"),
            ("PUT", "/users/ada/preferences/news", schedule, 400, INVALID, "`digest_schedule_id`"),
            ("POST", "/users/ada/preferences", several(0), 400, INVALID, "0 topics, and can have 1 to 50"),
            ("POST", "/users/ada/preferences", several(51), 400, INVALID, "51 topics, and can have 1 to 50"),
            ("PUT", "/users/ada/preferences", several(51), 400, INVALID, "51 topics, and can have 0 to 50"),
            ("PUT", "/users/ada/preferences", required, 400, INVALID, "cannot be set"),
            ("GET", "/preferences/logs?tenant_id=acme", Value::Null, 400, INVALID, "only with `user_id`"),
            ("GET", "/preferences/logs?since=soon", Value::Null, 400, INVALID, "`since`"),
            ("POST", &topics, digest.clone(), 400, INVALID, "needs a schedule"),
            ("PUT", &format!("{topics}/{bills}"), digest, 400, INVALID, "needs a schedule"),
            ("DELETE", &format!("/preferences/sections/{section}"), Value::Null, 409, INVALID, "has topics"),
            (
                "PUT",
                "/tenants/acme/default_preferences/items/none",
                json!({"status": "OPTED_IN"}),
                404,
                INVALID,
                "no topic",
            ),
            ("PUT", "/users/ada/tenants/none", json!({}), 404, INVALID, "no tenant"),
        ],
    );
    for count in [1, 50] {
        assert_eq!(ask(&courier, "POST", "/users/ada/preferences", several(count)).0, 200, "{count}");
        assert_eq!(ask(&courier, "PUT", "/users/ada/preferences", several(count)).0, 200, "{count}");
    }
    assert_eq!(ask(&courier, "PUT", "/users/ada/preferences", several(0)).0, 200);
}

#[test]
fn impossible_journeys_and_runs_are_refused() {
    let courier = Courier::new();
    let trigger = json!({"type": "trigger", "trigger_type": "api-invoke"});
    let exit = |id: Option<&str>| json!({"type": "exit", "id": id});
    let branch = |nodes: Value| json!({"type": "branch", "paths": [{"conditions": ["a", "is", "b"], "nodes": nodes}], "default": {"nodes": []}});
    let send = json!({"type": "send", "message": {"template": "none"}});
    let delay = json!({"type": "delay", "mode": "duration", "duration": "a while"});
    let journey = |nodes: Value| json!({"name": "j", "nodes": nodes});
    let draft = create(&courier, "/journeys", journey(json!([trigger])));
    let twice = json!({"type": "send", "message": {"template": "none", "to": {
        "email_override": "a@example.com", "user_id_override": "ada"}}});
    let batch = json!({"type": "batch", "scope": "user", "wait_period": "PT1M", "max_wait_period": "PT1H",
        "retain": {"type": "highest", "count": 5}});
    let late = json!({"type": "send", "message": {"template": "none", "delay": {"until": "whenever you like"}}});
    let settings = |name: &str, value: Value| {
        let id = create(&courier, "/journeys", with(journey(json!([trigger])), "state", json!("PUBLISHED")));
        let changed = with(with(journey(json!([trigger])), "state", json!("PUBLISHED")), name, value);
        succeed(&courier, "PUT", &format!("/journeys/{id}"), changed);
        id
    };
    let (archived, disabled) = (settings("name", json!("a")), settings("enabled", json!(false)));
    succeed(&courier, "DELETE", &format!("/journeys/{archived}"), Value::Null);
    let [archived_text, disabled_text] = [("archived", &archived), ("disabled", &disabled)]
        .map(|(kind, id)| format!("Cannot invoke {kind} automation template {id}"));
    let invoke = |id: &str| format!("/journeys/{id}/invoke");
    let ids = "client-supplied node ids are not allowed; ids are server-generated";
    let ada = || json!({"user_id": "ada"});
    let steps =
        |step: Value| json!({"automation": {"steps": [{"action": "send", "recipient": "ada", "template": "t"}, step]}});
    let template = json!({"channel": "email", "notification": notification(json!([{"type": "text", "content": "x"}]))});
    check(
        &courier,
        &[
            ("POST", "/journeys", journey(json!([trigger, exit(Some("x"))])), 400, INVALID, ids),
            ("POST", "/journeys", journey(json!([trigger, branch(json!([exit(Some("x"))]))])), 400, INVALID, ids),
            ("POST", "/journeys", journey(json!([trigger, send])), 422, "validation_error", "send nodes"),
            (
                "POST",
                "/journeys",
                journey(json!([trigger, branch(json!([send]))])),
                422,
                "validation_error",
                "send nodes",
            ),
            ("POST", "/journeys", journey(json!([exit(None)])), 400, INVALID, "must be a trigger"),
            ("POST", "/journeys", journey(json!([trigger, delay])), 400, INVALID, "`duration` of a delay"),
            (
                "PUT",
                &format!("/journeys/{draft}"),
                journey(json!([trigger, delay])),
                400,
                INVALID,
                "`duration` of a delay",
            ),
            ("PUT", &format!("/journeys/{draft}"), journey(json!([trigger, send])), 400, INVALID, "no template"),
            ("PUT", &format!("/journeys/{draft}"), journey(json!([trigger, late])), 400, INVALID, "`delay.until`"),
            ("PUT", &format!("/journeys/{draft}"), journey(json!([trigger, twice])), 400, INVALID, "exactly one"),
            ("POST", "/journeys", journey(json!([trigger, batch])), 400, INVALID, "`retain.sort_key`"),
            ("POST", &format!("/journeys/{draft}/templates"), template, 400, INVALID, "`channel`"),
            ("POST", &invoke(&draft), ada(), 404, INVALID, &format!("Automation template {draft} not found")),
            ("POST", &invoke("none"), ada(), 404, INVALID, "Automation template none not found"),
            ("POST", &invoke(&disabled), json!({}), 400, INVALID, "User identifier or profile required"),
            ("POST", &invoke(&archived), ada(), 422, "validation_error", &archived_text),
            ("POST", &invoke(&disabled), ada(), 422, "validation_error", &disabled_text),
            ("POST", "/journeys/cancel", json!({"run_id": "none"}), 404, INVALID, "no run"),
            ("GET", "/journeys/runs/none", Value::Null, 404, INVALID, "no run"),
            ("POST", "/automations/none/invoke", json!({"recipient": "ada"}), 404, INVALID, "no automation template"),
            ("POST", "/automations/invoke", steps(json!({"action": 1})), 400, INVALID, "`automation.steps[1]`"),
            (
                "POST",
                "/automations/invoke",
                steps(json!({"action": "delay", "duration": "a while"})),
                400,
                INVALID,
                "`duration` of a delay",
            ),
            (
                "POST",
                "/automations/invoke",
                steps(json!({"action": "delay", "until": "soon"})),
                400,
                INVALID,
                "`until` of a delay",
            ),
            ("GET", "/automations/runs?start_date=soon", Value::Null, 400, INVALID, "`start_date`"),
        ],
    );
    courier.expect_nothing_sent();
}

#[test]
fn conflicts_and_missing_resources_are_refused() {
    let courier = Courier::new();
    succeed(&courier, "POST", "/brands", json!({"id": "b", "name": "Blue", "settings": {}}));
    let provider = create(&courier, "/providers", json!({"provider": "twilio"}));
    let limit = |rate: i64, period: &str| json!({"settings": {"rate_limit": {"rate": rate, "period": period}}});
    for (rate, period) in [(1_000, "second"), (1, "hour")] {
        succeed(&courier, "PATCH", &format!("/providers/{provider}"), limit(rate, period));
    }
    let routing = json!({"name": "r", "routing": {"method": "single", "channels": ["email"]}});
    let strategy = create(&courier, "/routing-strategies", routing);
    let used = with(notification(json!([])), "routing", json!({"strategy_id": strategy}));
    create(&courier, "/notifications", json!({"notification": used}));
    let broadcast =
        || format!("/broadcasts/{}", create(&courier, "/broadcasts", json!({"name": "b", "channel": "email"})));
    let recipients = json!({"recipient_type": "list", "recipient_id": "l"});
    let (sent, draft) = (format!("{}/send", broadcast()), broadcast());
    succeed(&courier, "POST", &sent, recipients.clone());
    let scheduled =
        |time: &str, zone: &str| with(with(recipients.clone(), "scheduled_to", json!(time)), "timezone", json!(zone));
    let [schedule, cancel] = ["schedule", "cancel"].map(|name| format!("{draft}/{name}"));
    let event = json!({"event": "e", "messageId": "1", "properties": {}, "type": "track"});
    succeed(&courier, "POST", "/inbound/courier", event.clone());
    let filter = json!({"name": "a", "filter": {"filters": [{"operator": "LIKE", "path": "p", "value": "v"}]}});
    let many: Vec<Value> = (0..1_001).map(|number| json!({"recipient": number.to_string()})).collect();
    let patch = json!({"patch": [{"op": "replace", "path": "/none", "value": "x"}]});
    check(
        &courier,
        &[
            ("POST", "/brands", json!({"id": "b", "name": "B", "settings": {}}), 409, INVALID, "already a brand"),
            ("PUT", &format!("/providers/{provider}"), json!({"provider": "sendgrid"}), 400, INVALID, "`provider`"),
            ("PATCH", &format!("/providers/{provider}"), limit(0, "minute"), 400, INVALID, "InvalidRateLimit"),
            ("PATCH", &format!("/providers/{provider}"), limit(1, "day"), 400, INVALID, "InvalidRateLimit"),
            ("PATCH", &format!("/providers/{provider}"), limit(1_001, "second"), 400, INVALID, "InvalidRateLimit"),
            ("POST", "/providers", with(limit(-1, "hour"), "provider", json!("ses")), 400, INVALID, "InvalidRateLimit"),
            ("GET", "/providers/none", Value::Null, 404, INVALID, "no provider"),
            (
                "DELETE",
                &format!("/routing-strategies/{strategy}"),
                Value::Null,
                409,
                INVALID,
                "uses the routing strategy",
            ),
            ("POST", &sent, recipients.clone(), 409, INVALID, "has been sent"),
            ("POST", &cancel, json!({}), 409, INVALID, "not scheduled"),
            ("POST", &schedule, scheduled("2999-01-01T09:00:00Z", "UTC"), 400, INVALID, "`scheduled_to`"),
            ("POST", &schedule, scheduled("2999-01-01T09:00:00+02:00", "UTC"), 400, INVALID, "`scheduled_to`"),
            ("POST", &schedule, scheduled("2999-01-01T09:00:00", "Mars/Olympus"), 400, INVALID, "`timezone`"),
            ("POST", "/inbound/courier", event, 409, INVALID, "already received"),
            ("PUT", "/audiences/a", filter, 400, INVALID, "`filter.filters[0].operator` must be one of"),
            ("GET", "/audiences/none", Value::Null, 404, INVALID, "no audience"),
            ("POST", "/bulk", json!({"message": {"event": ""}}), 400, INVALID, "The 'event' parameter is required."),
            ("POST", "/bulk/none", json!({"users": []}), 404, INVALID, "no bulk job"),
            ("POST", "/bulk/none/run", Value::Null, 404, INVALID, "no bulk job"),
            ("GET", "/profiles/none", Value::Null, 404, INVALID, "no profile"),
            ("PATCH", "/profiles/ada", patch, 400, INVALID, "`patch[0]` cannot be applied"),
            (
                "PUT",
                "/users/u/tokens/t",
                json!({"provider_key": "pigeon"}),
                400,
                INVALID,
                "`provider_key` must be one of",
            ),
            ("GET", "/users/u/tokens/none", Value::Null, 404, INVALID, "no such token"),
            ("GET", "/lists/none", Value::Null, 404, INVALID, "no list"),
            ("PUT", "/lists/none/restore", json!({}), 404, INVALID, "no list"),
            ("GET", "/translations/default/fr", Value::Null, 404, INVALID, "no translation"),
            ("GET", "/tenants/none", Value::Null, 404, INVALID, "no tenant"),
        ],
    );
    let job = succeed(&courier, "POST", "/bulk", json!({"message": {"event": "e"}}))["jobId"].clone();
    let job = format!("/bulk/{}", job.as_str().expect("an id"));
    assert_eq!(ask(&courier, "POST", &job, json!({"users": many})), (502, Value::Null), "with HTML");
}
