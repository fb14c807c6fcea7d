//! The contents of a workspace can be created, read, changed and deleted in the fake, as in Courier.

#![allow(clippy::expect_used, clippy::indexing_slicing, clippy::panic, reason = "a test fails by a panic")]

#[path = "support/fake.rs"]
mod fake;
#[path = "support/token.rs"]
mod token;

use std::time::Duration;

use fake::{ask, succeed};
use serde_json::{Value, json};
use token::claims;
use trycourier::testing::Courier;
use trycourier::types::{MessageStatus, Reason};

fn got(courier: &Courier, target: &str) -> Value {
    succeed(courier, "GET", target, Value::Null)
}

fn status(courier: &Courier, method: &str, target: &str, body: Value) -> u16 {
    ask(courier, method, target, body).0
}

/// Returns one property of each row.
fn each(rows: &Value, name: &str) -> Vec<Value> {
    rows.as_array().expect("rows").iter().map(|row| row[name].clone()).collect()
}

#[test]
fn profile_is_merged_patched_and_replaced() {
    let courier = Courier::new();
    let profile = || got(&courier, "/profiles/ada")["profile"].clone();
    assert_eq!(status(&courier, "GET", "/profiles/ada", Value::Null), 404);
    let store = |method: &str, profile: Value| succeed(&courier, method, "/profiles/ada", json!({"profile": profile}));
    assert_eq!(
        store("POST", json!({"email": "a@example.com", "name": "Ada", "address": {"city": "London"}}))["status"],
        "SUCCESS"
    );
    store("POST", json!({"phone_number": "+15550100", "name": null, "address": {"street": "St James's Square"}}));
    let merged = json!({
        "email": "a@example.com", "phone_number": "+15550100", "address": {"city": "London", "street": "St James's Square"},
    });
    assert_eq!(profile(), merged);

    let patch = |patch: Value| ask(&courier, "PATCH", "/profiles/ada", json!({"patch": patch})).0;
    let changes = json!([
        {"op": "test", "path": "/email", "value": "a@example.com"}, {"op": "add", "path": "/locale", "value": "en"},
        {"op": "move", "from": "/phone_number", "path": "/phone"}, {"op": "remove", "path": "/address"},
        {"op": "copy", "from": "/email", "path": "/work_email"}, {"op": "replace", "path": "/locale", "value": "en-GB"},
    ]);
    assert_eq!(patch(changes), 204);
    let patched = json!({
        "email": "a@example.com", "work_email": "a@example.com", "phone": "+15550100", "locale": "en-GB",
    });
    assert_eq!(profile(), patched);
    let half = json!([{"op": "remove", "path": "/phone"}, {"op": "test", "path": "/email", "value": "b@example.com"}]);
    assert_eq!((patch(half), profile()), (400, patched));

    store("PUT", json!({"email": "b@example.com"}));
    assert_eq!(profile(), json!({"email": "b@example.com"}));
    assert_eq!(status(&courier, "DELETE", "/profiles/ada", Value::Null), 204);
    assert_eq!(status(&courier, "GET", "/profiles/ada", Value::Null), 404);
}

#[test]
fn list_and_its_subscriptions_are_kept() {
    let courier = Courier::new();
    let users = |list: &str| each(&got(&courier, &format!("/lists/{list}/subscriptions"))["items"], "recipientId");
    let recipients = |users: &[&str]| {
        let users: Vec<Value> = users.iter().map(|user| json!({"recipientId": user})).collect();
        json!({"recipients": users})
    };
    succeed(&courier, "PUT", "/lists/eng.rust", json!({"name": "Rust"}));
    assert_eq!(got(&courier, "/lists/eng.rust")["name"], "Rust");
    succeed(&courier, "PUT", "/lists/eng.rust/subscriptions/ada", json!({}));
    succeed(&courier, "POST", "/lists/eng.rust/subscriptions", recipients(&["bob", "ada", "cy"]));
    assert_eq!(users("eng.rust"), ["ada", "bob", "cy"]);
    succeed(&courier, "PUT", "/lists/eng.rust/subscriptions", recipients(&["cy", "dee"]));
    assert_eq!(users("eng.rust"), ["cy", "dee"]);
    succeed(&courier, "DELETE", "/lists/eng.rust/subscriptions/cy", Value::Null);
    assert_eq!(status(&courier, "DELETE", "/lists/eng.rust/subscriptions/cy", Value::Null), 404);

    succeed(&courier, "DELETE", "/lists/eng.rust", Value::Null);
    assert_eq!(status(&courier, "GET", "/lists/eng.rust", Value::Null), 404);
    assert_eq!(got(&courier, "/lists")["items"], json!([]));
    assert_eq!(got(&courier, "/profiles/dee/lists")["results"], json!([]));
    succeed(&courier, "PUT", "/lists/eng.rust/restore", json!({}));
    assert_eq!(users("eng.rust"), ["dee"]);
    // A new list with the same id has no subscribers.
    succeed(&courier, "DELETE", "/lists/eng.rust", Value::Null);
    succeed(&courier, "PUT", "/lists/eng.rust", json!({"name": "Rust"}));
    assert_eq!(users("eng.rust"), Vec::<Value>::new());
    assert_eq!(status(&courier, "PUT", "/lists/none/restore", json!({})), 404);

    let preferences = json!({"notifications": {"nt": {"status": "OPTED_OUT"}}});
    let lists = json!({"lists": [{"listId": "eng.go", "preferences": preferences}, {"listId": "ops"}]});
    succeed(&courier, "POST", "/profiles/ada/lists", lists);
    let own = got(&courier, "/profiles/ada/lists")["results"].clone();
    assert_eq!((each(&own, "id"), &own[0]["preferences"]), (vec![json!("eng.go"), json!("ops")], &preferences));
    assert_eq!(each(&got(&courier, "/lists?pattern=eng.*")["items"], "id"), ["eng.rust", "eng.go"]);
    succeed(&courier, "DELETE", "/profiles/ada/lists", Value::Null);
    assert_eq!(got(&courier, "/profiles/ada/lists")["results"], json!([]));
}

#[test]
fn tenant_has_members_defaults_and_templates() {
    let courier = Courier::new();
    assert_eq!(status(&courier, "PUT", "/users/ada/tenants/acme", json!({})), 404);
    let acme = json!({"name": "Acme", "brand_id": "b", "properties": {"plan": "pro"}});
    assert_eq!(succeed(&courier, "PUT", "/tenants/acme", acme)["properties"]["plan"], "pro");
    succeed(&courier, "PUT", "/tenants/sub", json!({"name": "Sub", "parent_tenant_id": "acme"}));
    succeed(&courier, "PUT", "/tenants/acme", json!({"name": "ACME"}));
    let view = got(&courier, "/tenants/acme");
    assert_eq!((&view["name"], &view["brand_id"]), (&json!("ACME"), &Value::Null), "an update replaces");
    assert_eq!(each(&got(&courier, "/tenants?parent_tenant_id=acme")["items"], "id"), ["sub"]);

    succeed(&courier, "PUT", "/users/ada/tenants/acme", json!({"profile": {"title": "CEO"}}));
    succeed(&courier, "PUT", "/users/bob/tenants", json!({"tenants": [{"tenant_id": "acme"}, {"tenant_id": "sub"}]}));
    let members = got(&courier, "/tenants/acme/users")["items"].clone();
    assert_eq!(
        (each(&members, "user_id"), &members[0]["profile"]["title"]),
        (vec![json!("ada"), json!("bob")], &json!("CEO"))
    );
    let unknown = json!({"tenants": [{"tenant_id": "sub"}, {"tenant_id": "none"}]});
    assert_eq!(status(&courier, "PUT", "/users/cy/tenants", unknown), 404);
    assert_eq!(got(&courier, "/users/cy/tenants")["items"], json!([]), "all or none");
    succeed(&courier, "DELETE", "/users/bob/tenants/sub", Value::Null);
    assert_eq!(each(&got(&courier, "/users/bob/tenants")["items"], "tenant_id"), ["acme"]);
    succeed(&courier, "DELETE", "/users/bob/tenants", Value::Null);
    assert_eq!(each(&got(&courier, "/tenants/acme/users")["items"], "user_id"), ["ada"]);

    let topic = "/tenants/acme/default_preferences/items/news";
    assert_eq!(status(&courier, "PUT", topic, json!({"status": "OPTED_OUT"})), 404, "there is no such topic");
    courier.topic("news");
    succeed(&courier, "PUT", topic, json!({"status": "OPTED_OUT"}));
    succeed(&courier, "PUT", topic, json!({"status": "REQUIRED"}));
    let defaults = || got(&courier, "/tenants/acme")["default_preferences"]["items"].clone();
    assert_eq!(defaults(), json!([{"id": "news", "status": "REQUIRED"}]));
    succeed(&courier, "DELETE", topic, Value::Null);
    assert_eq!(defaults(), json!([]));

    let template = |text: &str, published: bool| {
        let elements = json!([{"type": "text", "content": text}]);
        let elements = json!([{"type": "channel", "channel": "email", "elements": elements}]);
        json!({"published": published, "template": {
            "name": "Hi", "content": {"version": "2022-01-01", "elements": elements}, "routing": {"method": "single", "channels": ["email"]},
            "channels": {}, "providers": {},
        }})
    };
    let path = "/tenants/acme/templates/hi";
    succeed(&courier, "PUT", path, template("one", true));
    succeed(&courier, "PUT", path, template("two", false));
    let text = |version: &str| {
        let template = got(&courier, &format!("{path}/versions/{version}"));
        template["data"]["content"]["elements"][0]["elements"][0]["content"].clone()
    };
    assert_eq!([text("published"), text("latest"), text("v001")], ["one", "two", "one"]);
    assert_eq!(succeed(&courier, "POST", &format!("{path}/publish"), json!({}))["version"], "v002");
    assert_eq!(text("published"), "two");
    succeed(&courier, "DELETE", path, Value::Null);
    assert_eq!(status(&courier, "GET", path, Value::Null), 404);
    succeed(&courier, "DELETE", "/tenants/acme", Value::Null);
    assert_eq!(status(&courier, "GET", "/tenants/acme", Value::Null), 404);
}

#[test]
fn device_token_is_stored_and_enables_push() {
    let courier = Courier::new();
    let send = |courier: &Courier| {
        let message = json!({"message": {"to": {"user_id": "ada"}, "content": {"title": "t", "body": "b"}}});
        let id = succeed(courier, "POST", "/send", message)["requestId"].clone();
        courier.advance(Duration::from_secs(5));
        got(courier, &format!("/messages/{}", id.as_str().unwrap_or_default()))
    };
    assert_eq!(send(&courier)["status"], "UNROUTABLE");
    let token = |device: &str| json!({"provider_key": "apn", "device": {"device_id": device}});
    succeed(&courier, "PUT", "/users/ada/tokens/t-1", token("phone"));
    let several = json!({"tokens": [{"token": "t-2", "provider_key": "expo"}]});
    succeed(&courier, "PUT", "/users/ada/tokens", several);
    // The official clients send no body.
    succeed(&courier, "PUT", "/users/ada/tokens", Value::Null);
    for invalid in [json!({}), json!({"tokens": [{"provider_key": "expo"}]}), json!({"tokens": [{"token": "t-3"}]})] {
        assert_eq!(status(&courier, "PUT", "/users/ada/tokens", invalid), 400);
    }
    for (expiry, expected) in
        [(json!("soon"), 400), (json!(true), 400), (json!(false), 204), (json!("2030-01-01"), 204)]
    {
        let several = json!({"tokens": [{"token": "t-2", "provider_key": "expo", "expiry_date": expiry}]});
        assert_eq!(status(&courier, "PUT", "/users/ada/tokens", several), expected);
        let one = json!({"provider_key": "apn", "device": {"device_id": "phone"}, "expiry_date": expiry});
        assert_eq!(status(&courier, "PUT", "/users/ada/tokens/t-1", one), expected);
    }
    assert_eq!(each(&got(&courier, "/users/ada/tokens")["tokens"], "token"), ["t-1", "t-2"]);
    let patch = json!({"patch": [{"op": "replace", "path": "/device/device_id", "value": "tablet"}]});
    succeed(&courier, "PATCH", "/users/ada/tokens/t-1", patch);
    let stored = got(&courier, "/users/ada/tokens/t-1");
    assert_eq!((&stored["device"]["device_id"], &stored["status"]), (&json!("tablet"), &json!("active")));
    let delivered = send(&courier);
    assert_eq!(
        (&delivered["status"], &delivered["providers"][0]["channel"]["key"]),
        (&json!("DELIVERED"), &json!("push"))
    );
    for token in ["t-1", "t-2"] {
        succeed(&courier, "DELETE", &format!("/users/ada/tokens/{token}"), Value::Null);
        assert_eq!(status(&courier, "GET", &format!("/users/ada/tokens/{token}"), Value::Null), 404);
    }
    assert_eq!(send(&courier)["status"], "UNROUTABLE");
}

#[test]
fn topic_has_the_id_of_the_test() {
    let courier = Courier::new();
    let choose = || {
        let choice = json!({"topic": {"status": "OPTED_OUT"}});
        status(&courier, "PUT", "/users/ada/preferences/topic_news", choice)
    };
    assert_eq!(choose(), 404);
    courier.topic("topic_news");
    assert_eq!(got(&courier, "/users/ada/preferences/topic_news")["topic"]["status"], "OPTED_IN");
    assert_eq!(choose(), 200);
    assert_eq!(got(&courier, "/users/ada/preferences/topic_news")["topic"]["status"], "OPTED_OUT");
}

#[test]
fn opted_out_topic_is_not_delivered() {
    let courier = Courier::new();
    let section = succeed(&courier, "POST", "/preferences/sections", json!({"name": "News"}))["id"].clone();
    let topics = format!("/preferences/sections/{}/topics", section.as_str().unwrap_or_default());
    let topic =
        succeed(&courier, "POST", &topics, json!({"name": "Offers", "default_status": "OPTED_IN"}))["id"].clone();
    succeed(&courier, "PUT", "/tenants/acme", json!({"name": "Acme"}));
    succeed(&courier, "POST", "/profiles/ada", json!({"profile": {"email": "a@example.com"}}));
    let send = |tenant: Option<&str>| {
        let mut message = json!({
            "to": {"user_id": "ada"}, "content": {"title": "t", "body": "b"}, "preferences": {"subscription_topic_id": topic},
        });
        if let Some(tenant) = tenant {
            message["context"] = json!({"tenant_id": tenant});
        }
        let id = succeed(&courier, "POST", "/send", json!({"message": message}))["requestId"].clone();
        courier.advance(Duration::from_secs(5));
        let message = got(&courier, &format!("/messages/{}", id.as_str().unwrap_or_default()));
        (message["status"].clone(), message["reason"].clone())
    };
    let delivered = (json!("DELIVERED"), Value::Null);
    let filtered = (json!("FILTERED"), json!("UNSUBSCRIBED"));
    assert_eq!(send(None), delivered);
    let own = format!("/users/ada/preferences/{}", topic.as_str().unwrap_or_default());
    let choose = |status: &str, tenant: &str| {
        succeed(&courier, "PUT", &format!("{own}{tenant}"), json!({"topic": {"status": status}}));
    };
    let chosen = |tenant: &str| got(&courier, &format!("{own}{tenant}"))["topic"]["status"].clone();
    choose("OPTED_OUT", "");
    assert_eq!(
        (send(None), send(Some("acme"))),
        (filtered.clone(), filtered.clone()),
        "also in a tenant without a choice"
    );
    choose("OPTED_IN", "?tenant_id=acme");
    assert_eq!((send(None), send(Some("acme"))), (filtered.clone(), delivered.clone()));
    assert_eq!([chosen(""), chosen("?tenant_id=acme")], ["OPTED_OUT", "OPTED_IN"]);
    succeed(&courier, "DELETE", &own, Value::Null);
    assert_eq!((send(None), chosen("")), (delivered, json!("OPTED_IN")));
    let defaults = format!("/tenants/acme/default_preferences/items/{}", topic.as_str().unwrap_or_default());
    succeed(&courier, "PUT", &defaults, json!({"status": "OPTED_OUT"}));
    succeed(&courier, "DELETE", &format!("{own}?tenant_id=acme"), Value::Null);
    assert_eq!((send(Some("acme")), chosen("?tenant_id=acme")), (filtered, json!("OPTED_OUT")));

    let log = got(&courier, "/preferences/logs?user_id=ada")["items"].clone();
    assert_eq!(each(&log, "status"), ["OPTED_IN", "OPTED_OUT"], "the newest first");

    // Replacing all choices removes the choices that are not named.
    choose("OPTED_OUT", "");
    let replaced = succeed(&courier, "PUT", "/users/ada/preferences", json!({"topics": []}));
    assert_eq!(replaced, json!({"items": [], "deleted": [topic]}));
    assert_eq!(got(&courier, "/users/ada/preferences")["items"][0]["status"], "OPTED_IN");
    choose("OPTED_OUT", "");
    choose("OPTED_IN", "");
    let log = got(&courier, "/preferences/logs?user_id=ada")["items"].clone();
    assert_eq!((log.as_array().map(Vec::len), &log[0]["previous"]["status"]), (Some(5), &json!("OPTED_OUT")));
    assert_eq!(log[1]["previous"], Value::Null);
    let with_topics = format!("/preferences/sections/{}", section.as_str().unwrap_or_default());
    assert_eq!(status(&courier, "DELETE", &with_topics, Value::Null), 409, "it has a topic");
    succeed(&courier, "DELETE", &format!("{topics}/{}", topic.as_str().unwrap_or_default()), Value::Null);
    succeed(&courier, "DELETE", &with_topics, Value::Null);
    assert_eq!(got(&courier, "/preferences/logs?user_id=bob")["items"], json!([]));
}

#[test]
fn provider_is_changed_by_a_merge_patch() {
    let courier = Courier::new();
    let settings = json!({"api_key": "k", "from_address": "x", "limits": {"a": [1, 2], "b": 1}});
    let created =
        succeed(&courier, "POST", "/providers", json!({"provider": "sendgrid", "alias": "a", "settings": settings}));
    assert_eq!(created["title"], "Default Configuration");
    let path = format!("/providers/{}", created["id"].as_str().unwrap_or_default());
    let patch = |body: Value| succeed(&courier, "PATCH", &path, body);
    let patched = patch(json!({"settings": {"from_address": "y", "limits": {"a": [3], "b": null}}}));
    assert_eq!(patched["settings"], json!({"api_key": "k", "from_address": "y", "limits": {"a": [3]}}));
    assert_eq!((&patched["alias"], &patched["title"]), (&json!("a"), &created["title"]));
    let patched = patch(json!({"settings": {"api_key": null, "limits": 1}, "title": "T", "provider": "sendgrid"}));
    assert_eq!(patched["settings"], json!({"from_address": "y", "limits": 1}));
    assert_eq!(status(&courier, "PATCH", &path, json!({"provider": "twilio", "title": "U"})), 400);
    let patched = patch(json!({"alias": null}));
    assert_eq!((patched.get("alias"), &patched["title"]), (None, &json!("T")));
    assert_eq!(patch(json!({"title": null}))["title"], created["title"]);
    assert_eq!(got(&courier, &path)["settings"], json!({"from_address": "y", "limits": 1}));
}

#[test]
fn brands_providers_and_strategies_are_kept() {
    let courier = Courier::new();
    succeed(&courier, "POST", "/brands", json!({"id": "b", "name": "Blue", "settings": {}}));
    assert_eq!(status(&courier, "POST", "/brands", json!({"id": "b", "name": "Again", "settings": {}})), 409);
    assert_eq!(succeed(&courier, "PUT", "/brands/b", json!({"name": "Green"}))["name"], "Green");
    let brand = got(&courier, "/brands/b");
    assert_eq!((&brand["name"], &brand["settings"]), (&json!("Green"), &Value::Null), "an update replaces");
    succeed(&courier, "DELETE", "/brands/b", Value::Null);
    assert_eq!(status(&courier, "GET", "/brands/b", Value::Null), 404);

    let id =
        succeed(&courier, "POST", "/providers", json!({"provider": "twilio", "settings": {"sid": "x"}}))["id"].clone();
    let path = format!("/providers/{}", id.as_str().unwrap_or_default());
    succeed(&courier, "PATCH", &path, json!({"alias": "sms"}));
    let provider = got(&courier, &path);
    assert_eq!((&provider["alias"], &provider["settings"]["sid"]), (&json!("sms"), &json!("x")));
    assert_eq!(status(&courier, "PUT", &path, json!({"provider": "sendgrid"})), 400);
    succeed(&courier, "PUT", &path, json!({"provider": "twilio"}));
    assert_eq!(got(&courier, &path)["alias"], Value::Null);

    let routing = json!({"name": "Email first", "routing": {"method": "single", "channels": ["email"]}});
    let strategy = succeed(&courier, "POST", "/routing-strategies", routing)["id"].clone();
    let template = json!({"notification": {
        "name": "Hi", "tags": [], "brand": null, "subscription": null, "routing": {"strategy_id": strategy},
        "content": {"version": "2022-01-01", "elements": []},
    }});
    let template = succeed(&courier, "POST", "/notifications", template)["id"].clone();
    let path = format!("/routing-strategies/{}", strategy.as_str().unwrap_or_default());
    assert_eq!(
        each(&got(&courier, &format!("{path}/notifications"))["results"], "id"),
        std::slice::from_ref(&template)
    );
    assert_eq!(status(&courier, "DELETE", &path, Value::Null), 409, "a template uses it");
    succeed(&courier, "DELETE", &format!("/notifications/{}", template.as_str().unwrap_or_default()), Value::Null);
    succeed(&courier, "DELETE", &path, Value::Null);
    assert_eq!(status(&courier, "GET", &path, Value::Null), 404);
}

#[test]
fn broadcast_is_sent_when_due_unless_canceled() {
    let courier = Courier::new();
    succeed(&courier, "POST", "/profiles/ada", json!({"profile": {"email": "a@example.com"}}));
    succeed(&courier, "PUT", "/lists/all/subscriptions/ada", json!({}));
    let make = || {
        let made = succeed(&courier, "POST", "/broadcasts", json!({"name": "News", "channel": "email"}));
        format!("/broadcasts/{}", made["id"].as_str().unwrap_or_default())
    };
    let state = |path: &str| got(&courier, path)["status"].clone();
    let schedule = json!({"recipient_type": "list", "recipient_id": "all", "scheduled_to": "2999-01-01T00:00:00", "timezone": "UTC"});
    let (canceled, sent) = (make(), make());
    succeed(&courier, "POST", &format!("{canceled}/schedule"), schedule);
    assert_eq!(state(&canceled), "scheduled");
    succeed(&courier, "POST", &format!("{canceled}/cancel"), json!({}));
    assert_eq!(state(&canceled), "draft");
    assert_eq!(status(&courier, "POST", &format!("{canceled}/cancel"), json!({})), 409);
    succeed(&courier, "POST", &format!("{sent}/send"), json!({"recipient_type": "list", "recipient_id": "all"}));
    assert_eq!(state(&sent), "sending");
    courier.advance(Duration::from_secs(5));
    assert_eq!(state(&sent), "sent");
    assert_eq!(
        status(&courier, "POST", &format!("{sent}/send"), json!({"recipient_type": "list", "recipient_id": "all"})),
        409
    );
    let messages = got(&courier, "/messages")["results"].clone();
    assert_eq!(each(&messages, "status"), ["DELIVERED", "CANCELED"]);

    let filter = json!({"filters": [{"operator": "EXISTS", "path": "email", "value": "any"}]});
    succeed(&courier, "PUT", "/audiences/everybody", json!({"name": "All", "operator": "AND", "filter": filter}));
    succeed(&courier, "POST", "/profiles/bob", json!({"profile": {"email": "b@example.com"}}));
    let to_audience = json!({"recipient_type": "audience", "recipient_id": "everybody"});
    succeed(&courier, "POST", &format!("{}/send", make()), to_audience);
    let recipients = each(&got(&courier, "/messages?status=ENQUEUED")["results"], "recipient");
    assert_eq!(recipients.len(), 2, "{recipients:?}");
}

#[test]
fn automation_runs_in_steps_and_can_be_canceled() {
    let courier = Courier::new();
    let steps = json!([
        {"action": "update-profile", "recipient_id": "ada", "profile": {"email": "a@example.com"}, "merge": "replace"},
        {"action": "send", "recipient": "ada", "template": "nt"},
        {"action": "delay", "duration": "2 hours"},
        {"action": "send", "recipient": "ada", "template": "nt"},
    ]);
    courier.template("nt");
    let invoke = || {
        let automation = json!({"automation": {"steps": steps, "cancelation_token": "token"}});
        let run = succeed(&courier, "POST", "/automations/invoke", automation)["runId"].clone();
        format!("/automations/runs/{}/steps", run.as_str().unwrap_or_default())
    };
    let states = |run: &str| each(&got(&courier, run)["steps"], "status");
    let run = invoke();
    courier.advance(Duration::from_secs(10));
    assert_eq!(states(&run), ["PROCESSED", "PROCESSED", "WAITING"]);
    assert_eq!(each(&got(&courier, "/messages")["results"], "status"), ["DELAYED", "DELIVERED"]);
    let cancel = json!({"automation": {"steps": [{"action": "cancel", "cancelation_token": "token"}]}});
    succeed(&courier, "POST", "/automations/invoke", cancel);
    courier.advance(Duration::from_secs(3 * 3_600));
    assert_eq!(states(&run), ["PROCESSED", "PROCESSED", "CANCELED"]);
    assert_eq!(each(&got(&courier, "/messages")["results"], "status"), ["CANCELED", "DELIVERED"]);
    let run = invoke();
    courier.advance(Duration::from_secs(3 * 3_600));
    assert_eq!(states(&run), ["PROCESSED"; 4]);

    let profile = |merge: Value, profile: Value| {
        let step = json!({"action": "update-profile", "recipient_id": "ada", "profile": profile, "merge": merge});
        succeed(&courier, "POST", "/automations/invoke", json!({"automation": {"steps": [step]}}));
        got(&courier, "/profiles/ada")["profile"].clone()
    };
    let merged = profile(json!("overwrite"), json!({"name": "Ada"}));
    assert_eq!(merged, json!({"email": "a@example.com", "name": "Ada"}));
    assert_eq!(profile(json!("replace"), json!({"name": "A"})), json!({"name": "A"}));

    assert_eq!(status(&courier, "POST", "/automations/stored/invoke", json!({"recipient": "ada"})), 404);
    courier.automation("stored");
    assert_eq!(status(&courier, "POST", "/automations/stored/invoke", json!({"recipient": "ada"})), 202);
}

#[test]
fn message_has_history_content_and_archive() {
    let courier = Courier::new();
    let message = json!({"message": {
        "to": {"email": "ada@example.com", "data": {"name": "Ada"}}, "content": {"title": "Hi {{name}}", "body": "{{order}} {{none}}"},
        "data": {"order": "A-1"}, "metadata": {"tags": ["vip"], "trace_id": "trace"},
    }});
    let id = succeed(&courier, "POST", "/send", message)["requestId"].clone();
    let path = format!("/messages/{}", id.as_str().unwrap_or_default());
    courier.advance(Duration::from_secs(5));
    assert!(courier.set_status(id.as_str().unwrap_or_default(), MessageStatus::Undeliverable, Some(Reason::Bounced)));
    let history = got(&courier, &format!("{path}/history"))["results"].clone();
    assert_eq!(each(&history, "type"), ["ENQUEUED", "ROUTED", "SENT", "DELIVERED", "UNDELIVERABLE"]);
    assert_eq!(each(&got(&courier, &format!("{path}/history?type=SENT"))["results"], "type"), ["SENT"]);
    assert_eq!(got(&courier, &path)["reason"], "BOUNCED");
    let content = got(&courier, &format!("{path}/output"))["results"][0]["content"].clone();
    assert_eq!((&content["title"], &content["text"]), (&json!("Hi Ada"), &json!("A-1 ")));
    for (query, found) in [
        ("?tag=vip", 1),
        ("?tag=other", 0),
        ("?tags=other,vip", 1),
        ("?traceId=trace", 1),
        ("?status=UNDELIVERABLE&status=SENT", 1),
        ("?status=SENT,UNDELIVERABLE", 1),
        ("?status=SENT%2CUNDELIVERABLE&provider=email,sms", 1),
        ("?status=SENT", 0),
        ("?recipient=ada@example.com", 1),
        ("?recipient=bob", 0),
        ("?enqueued_after=2999-01-01", 0),
        ("?provider=email", 1),
        ("?provider=sms", 0),
        ("?event=none", 0),
        ("?list=none", 0),
    ] {
        let rows = got(&courier, &format!("/messages{query}"))["results"].clone();
        assert_eq!(rows.as_array().map(Vec::len), Some(found), "{query}");
    }
    assert_eq!(status(&courier, "GET", "/messages?enqueued_after=soon", Value::Null), 400);
    succeed(&courier, "PUT", &format!("/requests/{}/archive", id.as_str().unwrap_or_default()), json!({}));
    assert_eq!(got(&courier, "/messages")["results"], json!([]));
    assert_eq!(got(&courier, "/messages?archived=true")["results"].as_array().map(Vec::len), Some(1));
    assert_eq!(status(&courier, "PUT", "/requests/none/archive", json!({})), 404);
}

#[test]
fn template_is_sent_in_every_language() {
    let courier = Courier::new();
    let ada = json!({"profile": {"email": "a@example.com", "first_name": "Ada"}});
    succeed(&courier, "POST", "/profiles/ada", ada);
    let text = json!({"type": "text", "content": "Hi {{first_name}}"});
    let channel =
        json!({"type": "channel", "channel": "email", "elements": [{"type": "meta", "title": "Hello"}, text]});
    let notification = |alias: Option<&str>| {
        let mut notification = json!({
            "name": "Hi", "tags": ["greeting"], "brand": null, "routing": null, "subscription": null,
            "content": {"version": "2022-01-01", "elements": [channel]},
        });
        if let Some(alias) = alias {
            notification["alias"] = json!(alias);
        }
        json!({"notification": notification})
    };
    let id = succeed(&courier, "POST", "/notifications", notification(Some("hi")))["id"].clone();
    let path = format!("/notifications/{}", id.as_str().unwrap_or_default());
    assert_eq!(status(&courier, "POST", "/notifications", notification(Some("hi"))), 409, "the alias is taken");
    succeed(&courier, "PUT", &path, notification(None));
    succeed(&courier, "POST", &format!("{path}/publish"), json!({}));

    let message = json!({"message": {"to": {"user_id": "ada"}, "template": "hi"}});
    let sent = succeed(&courier, "POST", "/send", message)["requestId"].clone();
    courier.advance(Duration::from_secs(5));
    let output = got(&courier, &format!("/messages/{}/output", sent.as_str().unwrap_or_default()));
    let output = &output["results"][0]["content"];
    assert_eq!((&output["title"], &output["text"]), (&json!("Hello"), &json!("Hi Ada")), "by the alias, which stays");

    let elements = || got(&courier, &format!("{path}/content?version=draft"))["elements"][0]["elements"].clone();
    let (before, element) = (elements(), elements()[1]["id"].clone());
    let locale = json!({"elements": [{"id": element, "content": "Salut {{first_name}}"}]});
    succeed(&courier, "PUT", &format!("{path}/locales/fr"), locale);
    assert_eq!(elements()[1]["locales"]["fr"]["content"], "Salut {{first_name}}");
    assert_ne!(elements()[1]["checksum"], before[1]["checksum"]);
    assert_eq!(elements()[0]["checksum"], before[0]["checksum"]);
    let unknown = json!({"elements": [{"id": "none", "content": "x"}]});
    assert_eq!(status(&courier, "PUT", &format!("{path}/locales/fr"), unknown), 400);
    let put = format!("{path}/elements/{}", element.as_str().unwrap_or_default());
    succeed(&courier, "PUT", &put, json!({"type": "text", "content": "Bye"}));
    assert_eq!((&elements()[1]["content"], &elements()[1]["id"]), (&json!("Bye"), &element));

    assert_eq!(each(&got(&courier, "/notifications?tags=greeting")["results"], "id"), [id]);
    assert_eq!(got(&courier, "/notifications?tags=other")["results"], json!([]));
    succeed(&courier, "DELETE", &path, Value::Null);
    assert_eq!(got(&courier, "/notifications")["results"], json!([]));
}

#[test]
fn translations_device_sets_and_events_are_kept() {
    let courier = Courier::new();
    assert_eq!(status(&courier, "GET", "/translations/default/fr", Value::Null), 404);
    let file = "msgid \"Hello\"\nmsgstr \"Bonjour\"\n";
    let put = |domain: &str, kind: &str, body: String| {
        let request = http::Request::put(format!("/translations/{domain}/fr")).header("content-type", kind);
        let request = request.header("authorization", "Bearer test").body(body.into()).expect("a request");
        let response = courier.handle(&request);
        (response.status().as_u16(), response.body().len())
    };
    assert_eq!(put("default", "text/plain", file.to_owned()), (204, 0));
    assert_eq!(got(&courier, "/translations/default/fr"), file);
    assert_eq!(put("other", "text/plain", file.to_owned()).0, 400);
    assert_eq!(status(&courier, "GET", "/translations/other/fr", Value::Null), 400);
    // JSON is stored as the text that it is, so it is encoded twice when it is read.
    let json = Value::from(file).to_string();
    assert_eq!(put("default", "application/json", json.clone()), (204, 0));
    assert_eq!(got(&courier, "/translations/default/fr"), json);

    let set = succeed(&courier, "POST", "/previews/device-sets", json!({"name": "Phones", "device_ids": ["a", "b"]}));
    let path = format!("/previews/device-sets/{}", set["id"].as_str().unwrap_or_default());
    succeed(&courier, "PUT", &path, json!({"name": "Phones", "device_ids": ["c"]}));
    assert_eq!(got(&courier, &path)["device_ids"], json!(["c"]));
    succeed(&courier, "DELETE", &path, Value::Null);
    assert_eq!(status(&courier, "GET", &path, Value::Null), 404);

    let event = json!({"event": "order-placed", "messageId": "e-1", "properties": {}, "type": "track"});
    assert_eq!(status(&courier, "POST", "/inbound/courier", event.clone()), 202);
    assert_eq!(status(&courier, "POST", "/inbound/courier", event), 409);
}

#[test]
fn browser_token_has_its_expiry() {
    let courier = Courier::new();
    let then = std::time::UNIX_EPOCH + Duration::from_secs(1_767_225_600);
    courier.clock(move || then);
    let issue = |body: Value| ask(&courier, "POST", "/auth/issue-token", body);
    let (_, response) = issue(json!({"scope": "user_id:ada read:messages", "expires_in": "2 hours"}));
    let claims = claims(response["token"].as_str().unwrap_or_default());
    assert_eq!((&claims["scope"], &claims["iat"]), (&json!("user_id:ada read:messages"), &json!(1_767_225_600)));
    assert_eq!(claims["exp"], 1_767_225_600 + 2 * 3_600);
    assert_eq!(issue(json!({"scope": "user_id:ada", "expires_in": "soon"})).0, 400);
    assert_eq!(issue(json!({"scope": "", "expires_in": "2 hours"})).0, 400);
}

#[test]
fn message_uses_the_channels_of_its_routing() {
    let courier = Courier::new();
    let channel = |to: Value, channels: Value| {
        let routing = json!({"method": "single", "channels": channels});
        let message = json!({"to": to, "content": {"title": "t", "body": "b"}, "routing": routing});
        let id = succeed(&courier, "POST", "/send", json!({"message": message}))["requestId"].clone();
        courier.advance(Duration::from_secs(5));
        let message = got(&courier, &format!("/messages/{}", id.as_str().unwrap_or_default()));
        (message["status"].clone(), message["providers"][0]["channel"]["key"].clone())
    };
    let both = json!({"email": "a@example.com", "phone_number": "+15550100"});
    let by = |channel: &str| (json!("DELIVERED"), json!(channel));
    assert_eq!(channel(both.clone(), json!(["sms", "email"])), by("sms"));
    assert_eq!(channel(both.clone(), json!(["push", "email"])), by("email"));
    assert_eq!(channel(both.clone(), json!(["twilio"])), by("sms"));
    assert_eq!(channel(both, json!(["push"])), (json!("UNROUTABLE"), Value::Null));
    assert_eq!(channel(json!({"user_id": "ada"}), json!(["inbox"])), by("inbox"));
}
