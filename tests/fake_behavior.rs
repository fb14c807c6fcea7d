//! The fake does what Courier's guides say beyond its description.

#![allow(clippy::expect_used, clippy::indexing_slicing, clippy::panic, reason = "a test fails by a panic")]

#[path = "support/fake.rs"]
mod fake;
#[path = "support/token.rs"]
mod token;

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use fake::{ask, succeed};
use serde_json::{Value, json};
use token::claims;
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
fn creation_responds_with_its_status() {
    let courier = Courier::new();
    let routing = json!({"name": "r", "routing": {"method": "single", "channels": ["email"]}});
    let trigger = json!({"type": "trigger", "trigger_type": "api-invoke"});
    let tenant_template = json!({"template": {"content": {"version": "2022-01-01", "elements": []}}});
    succeed(&courier, "PUT", "/tenants/acme", json!({"name": "Acme"}));
    for (method, target, body, status) in [
        ("POST", "/notifications", notification(json!([])), 201),
        ("POST", "/routing-strategies", routing, 201),
        ("POST", "/providers", json!({"provider": "twilio"}), 201),
        ("POST", "/journeys", json!({"name": "j", "nodes": [trigger]}), 201),
        ("POST", "/bulk", json!({"message": {"event": "e"}}), 201),
        ("PUT", "/tenants/acme/templates/t", tenant_template.clone(), 201),
        ("PUT", "/tenants/acme/templates/t", tenant_template, 200),
        ("POST", "/brands", json!({"name": "b", "settings": {}}), 200),
        ("POST", "/broadcasts", json!({"name": "b", "channel": "email"}), 200),
    ] {
        assert_eq!(ask(&courier, method, target, body).0, status, "{method} {target}");
    }
    let journey = got(&courier, "/journeys?version=draft")["templates"][0]["id"].clone();
    let template = json!({"channel": "email", "notification": notification(json!([]))["notification"]});
    let templates = format!("/journeys/{}/templates", journey.as_str().expect("an id"));
    assert_eq!(ask(&courier, "POST", &templates, template).0, 201);
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
    let steps = json!([{"action": "from-the-future", "list_id": "l"}]);
    assert_eq!(ask(&courier, "POST", "/automations/invoke", json!({"automation": {"steps": steps}})).0, 202);
}

#[test]
fn any_address_names_a_recipient() {
    let courier = Courier::new();
    succeed(&courier, "POST", "/profiles/ada", json!({"profile": {"email": "ada@example.com"}}));
    let reached = |to: Value| {
        let id = send(&courier, json!({"to": to, "content": {"title": "t", "body": "b"}}));
        courier.advance(Duration::from_secs(5));
        let message = got(&courier, &format!("/messages/{id}"));
        message["providers"][0]["channel"]["key"].as_str().or(message["status"].as_str()).unwrap_or_default().to_owned()
    };
    for (to, expected) in [
        (json!({"expo": {"token": "ExponentPushToken[x]"}}), "push"),
        (json!({"apn": {"tokens": ["x"]}}), "push"),
        (json!({"airship": {"audience": {"named_user": "u"}}}), "push"),
        (json!({"firebaseToken": "x"}), "push"),
        (json!({"firebaseToken": ["x", "y"]}), "push"),
        (json!({"pusherBeams": {"interests": ["x"]}}), "push"),
        (json!({"target_arn": "arn:aws:sns:us-east-1:1:t"}), "sms"),
        (json!({"discord": {"user_id": "x"}}), "direct_message"),
        (json!({"intercom": {"from": "x"}}), "direct_message"),
        (json!({"slack": {"access_token": "x", "email": "a@example.com"}}), "slack"),
        (json!({"user_id": "ada", "email": null, "phone_number": ""}), "email"),
        (json!({"from_the_future": {"token": "x"}}), "UNROUTABLE"),
        (json!({}), "UNROUTABLE"),
    ] {
        assert_eq!(reached(to.clone()), expected, "{to}");
    }
}

#[test]
fn override_alone_is_content() {
    let courier = Courier::new();
    let overridden = json!({"email": {"override": {"subject": "s", "html": "<p>"}}});
    let id = send(&courier, json!({"to": {"email": "a@example.com"}, "channels": overridden}));
    courier.advance(Duration::from_secs(5));
    assert_eq!(status(&courier, &id), "DELIVERED");
    let settings = json!({"to": {"email": "a@example.com"}, "channels": {"email": {"if": "true"}}});
    assert_eq!(ask(&courier, "POST", "/send", json!({"message": settings})).0, 400);
}

#[test]
fn automation_step_sends_its_own_message() {
    let courier = Courier::new();
    let step = |message: Value| {
        let body = json!({"automation": {"steps": [{"action": "send", "message": message}]}, "recipient": "ada", "data": {"n": 1}});
        assert_eq!(ask(&courier, "POST", "/automations/invoke", body).0, 202);
        let sent = courier.sent();
        sent.last().map(|sent| (sent.recipient.clone(), sent.message.template.clone())).expect("a message")
    };
    assert_eq!(step(json!({"to": {"user_id": "u"}, "template": "t"})), ("u".to_owned(), Some("t".to_owned())));
    assert_eq!(step(json!({"content": {"title": "t", "body": "b"}})), ("ada".to_owned(), None));
}

#[test]
fn topic_loses_its_digest_by_null_alone() {
    let courier = Courier::new();
    let section = create(&courier, "/preferences/sections", json!({"name": "News"}));
    let digest = json!({"template_id": "nt", "schedules": [{"frequency": "daily"}]});
    let topic = json!({"name": "Offers", "default_status": "OPTED_IN", "digest": digest});
    let path = create(&courier, &format!("{section}/topics"), topic);
    let replace = |digest: Option<Value>| {
        let mut topic = json!({"name": "Offers", "default_status": "OPTED_IN"});
        if let Some(digest) = digest {
            topic["digest"] = digest;
        }
        let replaced = succeed(&courier, "PUT", &path, topic);
        assert_eq!(replaced["digest"], got(&courier, &path)["digest"]);
        replaced["digest"]["template_id"].clone()
    };
    assert_eq!(replace(None), "nt");
    assert_eq!(replace(Some(Value::Null)), Value::Null);
    assert!(got(&courier, &path).get("digest").is_none());
}

#[test]
fn digest_schedule_of_a_user_is_kept() {
    let courier = Courier::new();
    let section = create(&courier, "/preferences/sections", json!({"name": "News"}));
    let schedules = json!([
        {"frequency": "daily", "schedule_id": "default", "is_default": true}, {"frequency": "weekly", "schedule_id": "own"},
        {"frequency": "monthly", "schedule_id": "off", "disabled": true},
    ]);
    let digest = json!({"template_id": "nt", "schedules": schedules});
    let topic = json!({"name": "Offers", "default_status": "OPTED_IN", "digest": digest});
    let topic = create(&courier, &format!("{section}/topics"), topic);
    let own = format!("/users/ada/preferences/{}", topic.rsplit('/').next().expect("an id"));
    let choose = |choice: Value| {
        let (status, _) = ask(&courier, "PUT", &own, json!({"topic": choice}));
        (status, got(&courier, &own)["topic"].get("digest_schedule_id").cloned())
    };
    let own_schedule = Some(json!("own"));
    assert_eq!(choose(json!({"status": "OPTED_IN", "digest_schedule_id": "own"})), (200, own_schedule.clone()));
    assert_eq!(choose(json!({"status": "OPTED_IN"})), (200, own_schedule.clone()));
    for refused in ["none", "off"] {
        assert_eq!(choose(json!({"status": "OPTED_IN", "digest_schedule_id": refused})), (400, own_schedule.clone()));
    }
    assert_eq!(choose(json!({"status": "OPTED_IN", "digest_schedule_id": null})), (200, None));
    assert_eq!(choose(json!({"status": "OPTED_IN", "digest_schedule_id": "default"})), (200, None));
}

#[test]
fn preference_event_leaves_out_the_unknown() {
    let courier = Courier::new();
    courier.collect_webhooks().topic("news");
    let choose = |tenant: &str| {
        let choice = json!({"topic": {"status": "OPTED_OUT"}});
        succeed(&courier, "PUT", &format!("/users/ada/preferences/news{tenant}"), choice);
        let webhook = courier.webhooks(None).pop().expect("a webhook");
        let event: Value = serde_json::from_slice(webhook.body()).expect("JSON");
        assert_eq!(event["type"], "preferences:user:updated");
        (event["data"].get("tenant_id").cloned(), event["data"].get("previous").cloned())
    };
    let previous = json!({"status": "OPTED_OUT", "custom_routing": [], "has_custom_routing": false});
    assert_eq!(choose(""), (None, None));
    assert_eq!(choose(""), (None, Some(previous)));
    assert_eq!(choose("?tenant_id=acme"), (Some(json!("acme")), None));

    for _ in 0..30 {
        choose("");
    }
    let log = |query: &str| got(&courier, &format!("/preferences/logs{query}"))["items"].as_array().map(Vec::len);
    assert_eq!((log(""), log("?limit=30")), (Some(25), Some(30)));
    assert_eq!(log("?user_id=ada&tenant_id=acme"), Some(1));
}

#[test]
fn templates_are_found_by_all_their_tags() {
    let courier = Courier::new();
    for (name, tags) in [("a", json!(["Order", "Eu"])), ("b", json!(["order"]))] {
        let mut template = notification(json!([]));
        template["notification"]["name"] = json!(name);
        template["notification"]["tags"] = tags;
        succeed(&courier, "POST", "/notifications", template);
    }
    let names = |query: &str| {
        let rows = got(&courier, &format!("/notifications{query}"))["results"].clone();
        rows.as_array().into_iter().flatten().map(|row| row["name"].clone()).collect::<Vec<_>>()
    };
    assert_eq!(names("?tags=order&tags=eu"), ["a"]);
    assert_eq!(names("?tags=order,eu"), ["a"]);
    assert_eq!(names("?tags=ORDER"), ["a", "b"]);
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
fn flat_elements_are_refused_at_creation_alone() {
    let courier = Courier::new();
    let flat = json!([{"type": "text", "content": "x"}]);
    assert_eq!(ask(&courier, "POST", "/notifications", notification(flat.clone())).0, 400);
    let path = create(&courier, "/notifications", notification(json!([])));
    assert_eq!(ask(&courier, "PUT", &path, notification(flat.clone())).0, 200);
    let unwrapped = json!({"content": {"version": "2022-01-01", "elements": flat}});
    assert_eq!(ask(&courier, "PUT", &format!("{path}/content"), unwrapped).0, 200);

    succeed(&courier, "PUT", "/tenants/t", json!({"name": "T"}));
    let template = |elements: &Value| json!({"template": {"content": {"version": "2022-01-01", "elements": elements}}});
    assert_eq!(ask(&courier, "PUT", "/tenants/t/templates/new", template(&flat)).0, 400);
    assert_eq!(ask(&courier, "GET", "/tenants/t/templates/new", Value::Null).0, 404);
    assert_eq!(ask(&courier, "PUT", "/tenants/t/templates/new", template(&channel(&flat))).0, 201);
    assert_eq!(ask(&courier, "PUT", "/tenants/t/templates/new", template(&flat)).0, 200);
    let text = json!({"published": true, "template": {"content": {"title": "Hello", "body": "Hi {{name}}"}}});
    assert_eq!(ask(&courier, "PUT", "/tenants/t/templates/text", text).0, 201);
    let message = json!({
        "to": {"email": "a@example.com"}, "template": "tenant/text", "context": {"tenant_id": "t"}, "data": {"name": "Ada"},
    });
    assert_eq!(content(&courier, &send(&courier, message)), (json!("Hello"), json!("Hi Ada")));
}

#[test]
fn content_as_read_cannot_be_written() {
    let courier = Courier::new();
    let elements = channel(&json!([{"type": "meta", "title": "Hello"}, {"type": "text", "content": "Hi"}]));
    let path = create(&courier, "/notifications", notification(elements));
    let read = || got(&courier, &format!("{path}/content?version=draft"));
    let ids = [0, 1].map(|index| read()["elements"][0]["elements"][index]["id"].clone());
    let translate = |id: &Value, field: &str| {
        let body = json!({"elements": [{"id": ids[1], "content": "Salut"}, {"id": id, field: "x"}]});
        ask(&courier, "PUT", &format!("{path}/locales/fr"), body)
    };
    let before = read();
    for (id, field, message) in [
        (&ids[0], "content", r#"Unrecognized key: "content""#),
        (&json!("none"), "content", "There is no element with the id \"none\"."),
    ] {
        let (status, error) = translate(id, field);
        assert_eq!((status, &error["message"]), (400, &json!(message)));
        assert_eq!(read(), before, "nothing is written");
    }
    assert_eq!(translate(&ids[0], "title").0, 200);

    let mut content = read();
    let write = |content: &Value| {
        let put = ask(&courier, "PUT", &format!("{path}/content"), json!({"content": content})).1["message"].clone();
        let replaced = ask(&courier, "PUT", &path, notification(content["elements"].clone())).1["message"].clone();
        assert_eq!(put, replaced);
        put
    };
    assert_eq!(write(&content), r#"Unrecognized key: "checksum""#);
    let outer = &mut content["elements"][0];
    outer.as_object_mut().expect("an element").remove("checksum");
    for element in outer["elements"].as_array_mut().expect("elements") {
        element.as_object_mut().expect("an element").remove("checksum");
        element["locales"]["fr"].as_object_mut().expect("a locale").remove("checksum");
    }
    assert_eq!(write(&content), r#"Unrecognized key: "_sourceHash""#);
    for element in content["elements"][0]["elements"].as_array_mut().expect("elements") {
        element["locales"]["fr"].as_object_mut().expect("a locale").remove("_sourceHash");
    }
    assert_eq!(write(&content), Value::Null);
    let kept = read()["elements"][0]["elements"][0].clone();
    assert_eq!((&kept["id"], &kept["locales"]["fr"]["title"]), (&ids[0], &json!("x")));
}

#[test]
fn element_is_stored_as_it_is_given() {
    let courier = Courier::new();
    let path = create(&courier, "/notifications", notification(channel(&json!([{"type": "text", "content": "Hi"}]))));
    let element = || got(&courier, &format!("{path}/content?version=draft"))["elements"][0]["elements"][0].clone();
    let put = format!("{path}/elements/{}", element()["id"].as_str().expect("an id"));
    succeed(&courier, "PUT", &put, json!({"type": "text", "content": "Bye"}));
    assert_eq!(element()["content"], "Bye");
    succeed(&courier, "PUT", &put, json!({"type": "text", "data": {"content": "Bye"}}));
    assert_eq!(element().get("content"), None);
}

#[test]
fn scope_of_content_decides_how_data_is_named() {
    let courier = Courier::new();
    let rendered = |scope: Option<&str>| {
        let mut template =
            notification(channel(&json!([{"type": "text", "content": "{{id}}/{{data.id}}/{{profile.email}}"}])));
        template["notification"]["content"]["scope"] = json!(scope);
        template["state"] = json!("PUBLISHED");
        let id = succeed(&courier, "POST", "/notifications", template)["id"].clone();
        let message = json!({"to": {"email": "a@example.com"}, "template": id, "data": {"id": "4821"}});
        content(&courier, &send(&courier, message)).1
    };
    assert_eq!(rendered(None), "4821//a@example.com");
    assert_eq!(rendered(Some("default")), "4821//a@example.com");
    assert_eq!(rendered(Some("strict")), "/4821/a@example.com");
}

#[test]
fn journey_token_is_filled_in_per_run() {
    let courier = Courier::new();
    let nodes = json!([{"type": "trigger", "trigger_type": "api-invoke"}, {"type": "delay", "mode": "duration", "duration": "P1D"}]);
    let journey = |token: Option<&str>| {
        let mut journey = json!({"name": "j", "nodes": nodes, "state": "PUBLISHED"});
        if let Some(token) = token {
            journey["cancelation_token"] = json!(token);
        }
        journey
    };
    let path = create(&courier, "/journeys", journey(Some("order-{{data.order_id}}-{{recipient}}")));
    let invoke = |data: Value| {
        let run = succeed(&courier, "POST", &format!("{path}/invoke"), json!({"user_id": "ada", "data": data}));
        format!("/journeys/runs/{}", run["runId"].as_str().expect("an id"))
    };
    let (one, other, without) =
        (invoke(json!({"order_id": "4821"})), invoke(json!({"order_id": 4822})), invoke(json!({})));
    let statuses = || [&one, &other, &without].map(|run| got(&courier, run)["run"]["status"].clone());
    for token in ["order-{{data.order_id}}-{{recipient}}", "order--ada"] {
        assert_eq!(ask(&courier, "POST", "/journeys/cancel", json!({"cancelation_token": token})).0, 202);
    }
    assert_eq!(statuses(), ["WAITING"; 3]);
    assert_eq!(ask(&courier, "POST", "/journeys/cancel", json!({"cancelation_token": "order-4821-ada"})).0, 202);
    assert_eq!(statuses(), ["CANCELED", "WAITING", "WAITING"]);

    let token = || got(&courier, &path).get("cancelation_token").cloned();
    succeed(&courier, "PUT", &path, journey(None));
    assert_eq!(token(), Some(json!("order-{{data.order_id}}-{{recipient}}")), "absent keeps it");
    let mut without = journey(None);
    without["cancelation_token"] = Value::Null;
    succeed(&courier, "PUT", &path, without);
    assert_eq!(token(), None);
}

#[test]
fn journey_finds_its_recipient_and_delays() {
    let courier = Courier::new();
    set_clock(&courier, 0);
    let trigger = json!({"type": "trigger", "trigger_type": "api-invoke"});
    let path = create(&courier, "/journeys", json!({"name": "j", "nodes": [trigger]}));
    let notification = notification(json!([]))["notification"].clone();
    let template = succeed(
        &courier,
        "POST",
        &format!("{path}/templates"),
        json!({"channel": "email", "notification": notification}),
    )["id"]
        .clone();
    let nodes = json!([
        trigger, {"type": "delay", "mode": "duration", "duration": "{{wait}}"},
        {"type": "send", "message": {"template": template, "delay": {"until": "{{data.at}}", "timezone": "UTC"}}},
    ]);
    succeed(&courier, "PUT", &path, json!({"name": "j", "nodes": nodes}));
    succeed(&courier, "POST", &format!("{path}/publish"), json!({}));
    let invoke = |body: Value| {
        let (status, _) = ask(&courier, "POST", &format!("{path}/invoke"), body);
        assert_eq!(status, 202);
        courier.sent().pop().map(|sent| sent.recipient).expect("a message")
    };
    assert_eq!(invoke(json!({"data": {"userId": "ada", "wait": "PT1H", "at": "Mo 09:00-17:00"}})), "ada");
    let last = courier.sent().pop().expect("a message").id;
    courier.advance(Duration::from_secs(2 * 86_400));
    assert_eq!(status(&courier, &last), "DELAYED", "until Monday");
    courier.advance(Duration::from_secs(86_400 + 10 * 3_600));
    assert_eq!(status(&courier, &last), "UNROUTABLE");
    assert_eq!(invoke(json!({"profile": {"anonymousId": "a-1"}})), "a-1");
    let last = courier.sent().pop().expect("a message").id;
    assert_eq!(status(&courier, &last), "ENQUEUED", "variables without values do not delay");
}

#[test]
fn limit_of_runs_is_clamped() {
    let courier = Courier::new();
    for _ in 0..60 {
        succeed(&courier, "POST", "/automations/invoke", json!({"automation": {"steps": []}}));
    }
    for (limit, count) in [("", 20), ("?limit=many", 20), ("?limit=0", 1), ("?limit=30", 30), ("?limit=99", 50)] {
        let runs = got(&courier, &format!("/automations/runs{limit}"))["runs"].clone();
        assert_eq!(runs.as_array().map(Vec::len), Some(count), "{limit}");
    }
}

#[test]
fn profile_is_merged_at_any_depth() {
    let courier = Courier::new();
    let merge = |profile: Value| {
        succeed(&courier, "POST", "/profiles/ada", json!({"profile": profile}));
        got(&courier, "/profiles/ada")["profile"].clone()
    };
    merge(json!({"address": {"city": "London", "tags": ["a", "b"]}}));
    let merged = merge(json!({"address": {"street": "Strand", "tags": ["c"]}}));
    assert_eq!(merged, json!({"address": {"city": "London", "street": "Strand", "tags": ["c"]}}));
    assert_eq!(merge(json!({"address": {"city": null}})), json!({"address": {"street": "Strand", "tags": ["c"]}}));
}

#[test]
fn profiles_of_tenant_and_membership_are_merged() {
    let courier = Courier::new();
    let group =
        json!({"name": "Group", "user_profile": {"phone_number": "+15550100", "city": "Rome", "title": "Member"}});
    succeed(&courier, "PUT", "/tenants/group", group);
    succeed(
        &courier,
        "PUT",
        "/tenants/acme",
        json!({"name": "Acme", "parent_tenant_id": "group", "user_profile": {"city": "Oslo"}}),
    );
    succeed(
        &courier,
        "PUT",
        "/users/ada/tenants/acme",
        json!({"profile": {"email": "ada@acme.example", "title": "CEO"}}),
    );
    succeed(&courier, "POST", "/profiles/ada", json!({"profile": {"title": "Ms"}}));
    let text = json!({"title": "{{title}}", "body": "{{city}} {{email}}"});
    let inside = json!("CEO");
    for (to, context) in [
        (json!({"user_id": "ada"}), json!({"tenant_id": "acme"})),
        (json!({"user_id": "ada", "tenant_id": "acme"}), Value::Null),
        (json!({"user_id": "ada", "context": {"tenant_id": "acme"}}), Value::Null),
        (json!({"tenant_id": "acme"}), Value::Null),
    ] {
        let message = json!({"to": to, "content": text, "context": context});
        send(&courier, message);
        let id = courier.sent().pop().expect("a message").id;
        assert_eq!(content(&courier, &id), (inside.clone(), json!("Oslo ada@acme.example")), "{to}");
        assert_eq!(status(&courier, &id), "DELIVERED");
    }
    let outside = send(&courier, json!({"to": {"user_id": "ada"}, "content": text}));
    courier.advance(Duration::from_secs(5));
    assert_eq!(status(&courier, &outside), "UNROUTABLE");
    let by_sms = json!({"to": {"user_id": "ada"}, "content": text, "context": {"tenant_id": "acme"}, "routing": {"method": "single", "channels": ["sms"]}});
    let by_sms = send(&courier, by_sms);
    courier.advance(Duration::from_secs(5));
    assert_eq!(status(&courier, &by_sms), "DELIVERED", "by the number of the parent tenant");
}

#[test]
fn message_waits_for_its_window() {
    let courier = Courier::new();
    succeed(
        &courier,
        "POST",
        "/profiles/ada",
        json!({"profile": {"zoneinfo": "Europe/Paris", "timezone": "Asia/Tokyo", "email": "a@example.com"}}),
    );
    let start = |to: Value, delay: Value| {
        set_clock(&courier, 0);
        let id = send(&courier, json!({"to": to, "content": {"title": "t", "body": "b"}, "delay": delay}));
        // The hour in which it goes out.
        (0..168).find(|hour| {
            set_clock(&courier, hour * 3_600 + 60);
            status(&courier, &id) != "DELAYED"
        })
    };
    let ada = || json!({"user_id": "ada"});
    for (to, delay, hour) in [
        (ada(), json!({"until": "Mo-Fr 09:00-17:00", "timezone": "America/New_York"}), 13),
        (ada(), json!({"until": "Mo-Fr 09:00-17:00"}), 7),
        (json!({"user_id": "ada", "timezone": "UTC"}), json!({"until": "Mo-Fr 09:00-17:00"}), 9),
        (json!({"email": "b@example.com"}), json!({"until": "Sa 10:00-12:00"}), 34),
        (ada(), json!({"until": "Fr 00:00-04:00"}), 0),
        (ada(), json!({"until": "2026-08-28T09:00:00-05:00"}), 14),
        (ada(), json!({"until": "2026-08-29"}), 24),
    ] {
        assert_eq!(start(to.clone(), delay.clone()), Some(hour), "{to} {delay}");
    }
}

#[test]
fn broadcast_goes_out_at_its_local_time() {
    let courier = Courier::new();
    set_clock(&courier, 0);
    succeed(&courier, "POST", "/profiles/ada", json!({"profile": {"email": "a@example.com"}}));
    succeed(&courier, "PUT", "/lists/all/subscriptions/ada", json!({}));
    let path = create(&courier, "/broadcasts", json!({"name": "News", "channel": "email"}));
    let schedule = json!({"recipient_type": "list", "recipient_id": "all", "scheduled_to": "2026-09-01T09:00:00", "timezone": "Europe/Paris"});
    succeed(&courier, "POST", &format!("{path}/schedule"), schedule);
    let status_at = |second: u64| {
        set_clock(&courier, 4 * 86_400 + second);
        got(&courier, &path)["status"].clone()
    };
    assert_eq!([status_at(7 * 3_600 - 1), status_at(7 * 3_600)], ["scheduled", "sending"]);
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

#[test]
fn account_filter_selects_members() {
    let courier = Courier::new();
    succeed(&courier, "PUT", "/tenants/acme", json!({"name": "Acme"}));
    succeed(&courier, "PUT", "/users/ada/tenants/acme", json!({}));
    for (user, account) in [("ada", Value::Null), ("bob", json!("acme")), ("cy", json!("other"))] {
        succeed(
            &courier,
            "POST",
            &format!("/profiles/{user}"),
            json!({"profile": {"account_id": account, "email": "a@example.com"}}),
        );
        succeed(&courier, "PUT", &format!("/lists/all/subscriptions/{user}"), json!({}));
    }
    let filter = json!({"operator": "MEMBER_OF", "path": "account_id", "value": "acme"});
    succeed(
        &courier,
        "PUT",
        "/audiences/members",
        json!({"name": "m", "operator": "AND", "filter": {"filters": [filter]}}),
    );
    for to in [json!({"audience_id": "members"}), json!({"list_id": "all", "filters": [filter]})] {
        courier.forget_calls();
        send(&courier, json!({"to": to, "content": {"title": "t", "body": "b"}}));
        let recipients: Vec<String> = courier.sent().into_iter().map(|sent| sent.recipient).collect();
        assert_eq!(recipients, ["ada", "bob"], "{to}");
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
