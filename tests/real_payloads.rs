//! Requests, responses and events in the forms that Courier's documentation and its users write, with values of our own:
//! each decodes exactly, is encoded again unchanged, and is accepted by the fake if it is a request.

#![allow(clippy::expect_used, clippy::indexing_slicing, clippy::panic, reason = "a test fails by a panic")]

#[path = "support/fake.rs"]
mod fake;

use std::collections::BTreeMap;
use std::fmt::Debug;

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use trycourier::testing::Courier;
use trycourier::types::*;

/// A payload, and its check as the type that it decodes into.
struct Row {
    kind: &'static str,
    type_name: &'static str,
    payload: Value,
    check: fn(&Value) -> Result<(), String>,
}

macro_rules! rows {
    ($($kind:literal $type:ident $payload:tt)*) => {
        vec![$(Row { kind: $kind, type_name: stringify!($type), payload: json!($payload), check: exact::<$type> }),*]
    };
}

/// Checks that a payload decodes strictly, with a field for each property and a variant for each kind, and is encoded
/// unchanged.
fn exact<T: DeserializeOwned + Serialize + Debug>(payload: &Value) -> Result<(), String> {
    let value: T = serde_json::from_value(payload.clone()).map_err(|error| error.to_string())?;
    let shown = format!("{value:?}");
    if shown.contains("Unrecognized(") {
        return Err(format!("a kind is not recognized: {shown}"));
    }
    if let Some(extra) = shown.split("extra: {").skip(1).find(|rest| !rest.starts_with('}')) {
        return Err(format!("a property has no field: {extra}"));
    }
    let encoded = serde_json::to_value(&value).map_err(|error| error.to_string())?;
    if encoded == *payload { Ok(()) } else { Err(format!("it is encoded as {encoded}")) }
}

/// A message to one user with the given elements.
fn elements(elements: Value) -> Value {
    json!({"message": {"to": {"user_id": "u"}, "content": {"version": "2022-01-01", "elements": elements}}})
}

fn requests() -> Vec<(&'static str, &'static str, Row)> {
    let mut requests = Vec::new();
    let mut add = |method, path, rows: Vec<Row>| requests.extend(rows.into_iter().map(|row| (method, path, row)));
    add(
        "POST",
        "/send",
        rows! {
            "recipient" SendMessageRequest {"message": {"to": {"expo": {"token": "ExponentPushToken[a]"}}, "template": "t"}}
            "recipient" SendMessageRequest {"message": {"to": {"expo": {"tokens": ["a", "b"]}}, "template": "t",
                "providers": {"expo": {"override": {"ttl": 10, "sound": null}}}}}
            "recipient" SendMessageRequest {"message": {"to": {"apn": {"token": "a"}}, "template": "t"}}
            "recipient" SendMessageRequest {"message": {"to": {"apn": {"tokens": ["a", "b"]}}, "template": "t"}}
            "recipient" SendMessageRequest {"message": {"to": {"firebaseToken": "a"}, "template": "t"}}
            "recipient" SendMessageRequest {"message": {"to": {"firebaseToken": ["a", "b"]}, "template": "t"}}
            "recipient" SendMessageRequest {"message": {
                "to": {"airship": {"audience": {"named_user": "u"}, "device_types": ["ios"]}}, "template": "t"}}
            "recipient" SendMessageRequest {"message": {"to": {"oneSignalPlayerID": "p"}, "template": "t"}}
            "recipient" SendMessageRequest {"message": {"to": {"oneSignalExternalUserId": "e"}, "template": "t"}}
            "recipient" SendMessageRequest {"message": {"to": {"discord": {"user_id": "1"}}, "template": "t"}}
            "recipient" SendMessageRequest {"message": {"to": {"discord": {"channel_id": "2"}}, "template": "t"}}
            "recipient" SendMessageRequest {"message": {
                "to": {"intercom": {"from": "1", "to": {"id": "i"}}}, "template": "t"}}
            "recipient" SendMessageRequest {"message": {"to": {"intercom": {"id": "i"}}, "template": "t"}}
            "recipient" SendMessageRequest {"message": {"to": {"pusher": {"channel": "c"}}, "template": "t"}}
            "recipient" SendMessageRequest {"message": {
                "to": {"pusherBeams": {"interests": ["i"], "mode": ["fcm"]}}, "template": "t"}}
            "recipient" SendMessageRequest {"message": {
                "to": {"streamChat": {"channelType": "messaging", "channelId": "c"}}, "template": "t"}}
            "recipient" SendMessageRequest {"message": {"to": {"magicbell": {"external_id": "e"}}, "template": "t"}}
            "recipient" SendMessageRequest {"message": {"to": {"viber": {"receiver": "v=="}}, "template": "t"}}
            "recipient" SendMessageRequest {"message": {"to": {"facebookPSID": "12"}, "template": "t"}}
            "recipient" SendMessageRequest {"message": {"to": {"target_arn": "arn:aws:sns:a"}, "template": "t"}}
            "recipient" SendMessageRequest {"message": {
                "to": {"splunk_on_call": {"target": {"type": "User", "slug": "s"}}}, "template": "t"}}
            "recipient" SendMessageRequest {"message": {"to": {}, "template": "t"}}
            "recipient" SendMessageRequest {"message": {
                "to": {"email": "a@example.com", "timezone": "Europe/Paris"}, "template": "t",
                "delay": {"until": "Mo-Fr 09:00-17:00"}}}
            "recipient" SendMessageRequest {"message": {
                "to": {"ms_teams": {"conversation_id": "19:a", "tenant_id": "t", "service_url": "https://example.com/amer",
                    "reply_to_activity_id": "17"}}, "content": {"title": "a", "body": "b"}}}
            "recipient" SendMessageRequest {"message": {
                "to": {"ms_teams": {"team_id": "t", "channel_name": "General", "tenant_id": "t",
                    "service_url": "https://example.com/amer"}}, "template": "t"}}
            "recipient" SendMessageRequest {"message": {
                "to": {"user_id": "u", "slack": {"access_token": "x", "channel": "C1"}}, "template": "t"}}
            "recipient" SendMessageRequest {"message": {
                "to": {"slack": {"incoming_webhook": {"url": "https://hooks.slack.example.com/a"}}}, "template": "t"}}
            "recipient" SendMessageRequest {"message": {
                "to": {"email": "a@example.com", "pagerduty": {"event_action": "trigger"}}, "template": "t"}}
            "recipient" SendMessageRequest {"message": {
                "to": {"webhook": {"url": "https://example.com/hook"}, "data": {"n": 1}}, "template": "t"}}
            "recipient" SendMessageRequest {"message": {
                "to": [{"user_id": "u"}, {"phone_number": "+15550100000"}, {"list_id": "l"}, {"expo": {"token": "a"}}],
                "template": "t"}}
            "recipient" SendMessageRequest {"message": {"to": {"tenant_id": "acme"}, "template": "t"}}
            "recipient" SendMessageRequest {"message": {
                "to": {"user_id": "u", "expo": {"token": "a"}, "context": {"tenant_id": "acme"}}, "template": "t"}}
            "content" SendMessageRequest {"message": {
                "to": {"phone_number": "+15550100000"}, "content": {"body": "Your code is 1."}}}
            "content" SendMessageRequest {"message": {
                "to": {"user_id": "u"}, "content": {"title": "a", "body": "b"}, "data": {"n": [1, null, {"a": 0.5}]}}}
            "override" SendMessageRequest {"message": {"to": {"email": "a@example.com"}, "template": "t",
                "channels": {"email": {"override": {"from": {"email": "b@example.com", "name": "B"},
                    "reply_to": "c@example.com", "bcc": "d@example.com", "headers": {"X-Order-Id": "1"},
                    "attachments": [{"filename": "a.pdf", "contentType": "application/pdf", "data": "JVBERg=="}]}}}}}
            "override" SendMessageRequest {"message": {"to": {"email": "a@example.com"}, "template": "t",
                "providers": {"sendgrid": {"override": {"body": {"attachments": [
                    {"content": "JVBERg==", "type": "application/pdf", "filename": "a.pdf"}]}}}}}}
            "override" SendMessageRequest {"message": {"to": {"user_id": "u"}, "template": "t",
                "channels": {"push": {"override": {"data": {"silent": true}, "notification": null}}}}}
        },
    );
    let in_message =
        |rows: Vec<Row>| rows.into_iter().map(|row| Row { payload: elements(row.payload), ..row }).collect();
    add(
        "POST",
        "/send",
        in_message(rows! {
            "element" SendMessageRequest [{"type": "group", "if": "data.n > 0", "loop": "data.items", "ref": "g",
                "channels": ["email"], "elements": [{"type": "text", "content": "{{$.item.name}}"}, {"type": "divider"}]}]
            "element" SendMessageRequest [{"type": "columns", "gap": "15px", "vertical_align": "middle", "padding": "20px",
                "background_color": "#fff", "border_width": "1px", "border_color": "#ccc", "border_radius": "8px",
                "elements": [
                    {"type": "column", "width": "50%", "padding": "10px", "background_color": "#eee",
                        "elements": [{"type": "image", "src": "https://example.com/a.png", "width": "50px"}]},
                    {"type": "column", "width": "auto", "vertical_align": "top", "border_width": "1px",
                        "elements": [{"type": "text", "content": "a", "text_style": "h3"}]}]}]
            "element" SendMessageRequest [{"type": "list", "list_type": "unordered", "imgSrc": "https://example.com/b.png",
                "imgHref": "https://example.com", "elements": [
                    {"type": "list-item", "background_color": "#eee", "loop": "data.items", "elements": [
                        {"type": "string", "content": "{{$.item.name}} "},
                        {"type": "link", "content": "here", "href": "https://example.com"},
                        {"type": "list", "list_type": "ordered", "elements": [
                            {"type": "list-item", "loop": "$.item.parts", "elements": [
                                {"type": "string", "content": "{{$.item}}"}]}]}]}]}]
            "element" SendMessageRequest [{"type": "list", "elements": [
                {"type": "list-item", "content": "a"}, {"type": "list-item", "content": "b"}]}]
            "element" SendMessageRequest [{"type": "comment", "comment": "a"}, {"type": "text", "content": "a"}]
            "element" SendMessageRequest [{"type": "comment", "comment": "a", "object": {"variant": "B"}}]
            "element" SendMessageRequest [{"type": "comment", "content": "a"}]
            "element" SendMessageRequest [{"type": "jsonnet", "template": "{ a: 1 }", "locales": {"es": "{ a: 2 }"}}]
            "element" SendMessageRequest [{"type": "jsonnet", "content": "{ a: 1 }", "channels": ["slack"]}]
            "element" SendMessageRequest [{"type": "partial", "id": "p"}]
            "element" SendMessageRequest [{"type": "html", "content": "<b>a</b>", "channels": ["email"],
                "locales": {"fr": {"content": "<b>b</b>"}}}]
            "element" SendMessageRequest [{"type": "divider", "color": "#eee", "border_width": "3px", "padding": "20px 0"}]
            "inline" SendMessageRequest [{"type": "text", "align": "left", "elements": [
                {"type": "string", "content": "Hey ", "bold": true, "color": "#006b56", "highlight": "#ff0"},
                {"type": "link", "content": "here", "href": "https://example.com", "italic": true, "disable_tracking": true},
                {"type": "img", "src": "https://example.com/a.png", "width": "20px", "alt_text": "a"}]}]
            "inline" SendMessageRequest [{"type": "text",
                "elements": [{"type": "string", "content": "Order "}, {"type": "string", "content": "1", "underline": true}],
                "locales": {"fr": {"elements": [{"type": "string", "content": "Commande "}]}, "es": {"content": "Pedido"}}}]
            "inline" SendMessageRequest [{"type": "text", "content": "a",
                "elements": [{"type": "string", "content": "b", "strikethrough": true, "text_style": "h2", "align": "center",
                    "locales": {"fr": {"content": "c"}}}]}]
            "style" SendMessageRequest [{"type": "text", "content": "a", "bold": true, "italic": false, "underline": true,
                "strikethrough": true, "color": "#007bff", "text_style": "h2", "align": "center"}]
            "style" SendMessageRequest [{"type": "text", "content": "a", "bold": "true"}]
            "style" SendMessageRequest [{"type": "text", "content": "**a**", "format": "markdown"}]
            "locale" SendMessageRequest [{"type": "meta", "title": "a", "locales": {"es": {"title": "b"}}}]
            "locale" SendMessageRequest [{"type": "action", "content": "a", "href": "https://example.com",
                "locales": {"es": {"content": "b", "href": "https://example.com/es"}, "fr": {"href": "https://example.com/fr"}}}]
            "locale" SendMessageRequest [{"type": "image", "src": "https://example.com/a.png", "locales": {
                "es": {"src": "https://example.com/b.png", "href": "https://example.com/es"}}}]
            "locale" SendMessageRequest [{"type": "channel", "channel": "email", "raw": {"subject": "a", "html": "<mjml/>"},
                "locales": {"es": {"raw": {"subject": "b"}}, "fr": {"elements": [{"type": "text", "content": "c"}]}}}]
            "channel" SendMessageRequest [
                {"type": "channel", "channel": "email", "elements": [
                    {"type": "group", "elements": [{"type": "text", "content": "a"}]},
                    {"type": "columns", "elements": [{"type": "column", "elements": [{"type": "divider"}]}]}]},
                {"type": "channel", "channel": "slack", "raw": {"blocks": [{"type": "section"}], "text": "a"}},
                {"type": "channel", "channel": "default", "elements": [{"type": "text", "content": "a"}]}]
            "condition" SendMessageRequest [{"type": "quote", "content": "a", "if": "data.tier == 'premium'"},
                {"type": "action", "content": "b", "href": "https://example.com", "style": "link", "loop": "data.items"}]
        }),
    );
    add(
        "POST",
        "/automations/invoke",
        rows! {
            "step" AutomationsInvokeInvokeAdHocRequest {"automation": {"steps": [
                {"action": "send", "message": {"to": {"user_id": "u"}, "template": "t"}}]}}
            "step" AutomationsInvokeInvokeAdHocRequest {"automation": {"steps": [
                {"action": "send", "message": {"to": {"email": "a@example.com"}, "content": {"title": "a", "body": "b"}},
                    "if": "refs.data.n > 1", "ref": "first"}]}}
            "step" AutomationsInvokeInvokeAdHocRequest {"recipient": "u", "automation": {"steps": [
                {"action": "send", "recipient": "u", "template": "t", "override": {"sendgrid": {"body": {}}},
                    "idempotency_key": "k", "idempotency_expiry": "2027-01-01T00:00:00Z", "data": {"n": 1}}]}}
            "step" AutomationsInvokeInvokeAdHocRequest {"automation": {"steps": [
                {"action": "send-list", "list": "l", "template": "t", "override": {}, "data": {},
                    "data_source": {"webhook": {"url": "https://example.com", "method": "GET", "headers": {}},
                        "merge_strategy": "replace"}}]}}
            "step" AutomationsInvokeInvokeAdHocRequest {"recipient": "u", "automation": {"steps": [
                {"action": "fetch-data", "webhook": {"url": "https://example.com"}, "merge_strategy": "none"}]}}
            "step" AutomationsInvokeInvokeAdHocRequest {"recipient": "u", "automation": {"steps": [
                {"action": "fetch-data", "idempotency_key": "k", "webhook": {"url": "https://example.com", "method": "POST",
                    "params": {"page": 2}, "body": {"a": [1]}, "headers": {"X-A": "b"}}}]}}
            "step" AutomationsInvokeInvokeAdHocRequest {"recipient": "u", "automation": {"steps": [
                {"action": "fetch-data", "webhook": {"url": "https://example.com", "method": "POST", "body": "{}"}}]}}
            "step" AutomationsInvokeInvokeAdHocRequest {"automation": {"steps": [
                {"action": "cancel", "cancelation_token": "k", "if": "data.paid"}]}}
            "step" AutomationsInvokeInvokeAdHocRequest {"automation": {"steps": [{"action": "cancel"}]}}
            "step" AutomationsInvokeInvokeAdHocRequest {"automation": {"steps": [
                {"action": "invoke", "template": "a", "context": {"recipient": "u", "data": {}, "profile": {}}}]}}
            "step" AutomationsInvokeInvokeAdHocRequest {"automation": {"cancelation_token": "k", "steps": [
                {"action": "delay", "duration": "1 day", "ref": "wait", "if": "true"}]}}
            "step" AutomationsInvokeInvokeAdHocRequest {"automation": {"steps": [
                {"action": "update-profile", "recipient_id": "u", "profile": {"plan": "pro"}, "merge": "none", "ref": "p"}]}}
            "step" AutomationsInvokeInvokeAdHocRequest {"recipient": "u", "data": {"n": 1}, "automation": {"steps": [
                {"action": "add-to-batch", "batch_key": "b", "wait_period": "PT1M", "max_wait_period": "PT1H",
                    "max_items": 10, "retain": {"type": "highest", "count": 10, "sort_key": "n"}, "category_key": "c"},
                {"action": "send", "template": "t"}]}}
            "step" AutomationsInvokeInvokeAdHocRequest {"recipient": "u", "automation": {"steps": [
                {"action": "get-profile", "user_id": "u", "merge_strategy": "none", "path": "profile", "tenant_id": "acme"}]}}
            "step" AutomationsInvokeInvokeAdHocRequest {"automation": {"steps": [
                {"action": "subscribe", "list_id": "l", "recipient_id": "u", "subscription": {"preferences": {}}}]}}
        },
    );
    add(
        "PUT",
        "/notifications/nt_1/content",
        rows! {
            "template" NotificationsPutContentRequest {"content": {"version": "2022-01-01", "elements": [
                {"id": "c", "type": "channel", "channel": "email", "elements": [
                    {"id": "m", "type": "meta", "title": "a", "locales": {"es": {"title": "b"}}},
                    {"id": "t", "type": "text", "content": "c", "locales": {"es": {"content": "d"}}},
                    {"id": "g", "type": "group", "elements": [{"id": "i", "type": "image", "src": "https://example.com"}]}]}]},
                "state": "DRAFT"}
        },
    );
    add(
        "PUT",
        "/notifications/nt_1/locales/es",
        rows! {
            "locale" NotificationsPutLocaleRequest {"elements": [
                {"id": "subject", "title": "a"}, {"id": "body", "content": "b"},
                {"id": "button", "content": "c", "href": "https://example.com/es"}], "state": "PUBLISHED"}
        },
    );
    add(
        "PUT",
        "/notifications/nt_1/locales/fr",
        rows! {
            "locale" NotificationsPutLocaleRequest {"elements": [
                {"id": "rich", "elements": [{"type": "string", "content": "a", "bold": true}]},
                {"id": "picture", "src": "https://example.com/fr.png"}, {"id": "channel", "raw": {"subject": "b"}}]}
        },
    );
    add(
        "PUT",
        "/notifications/nt_1/elements/body",
        rows! {
            "template" NotificationsPutElementRequest {"type": "text", "content": "Bye", "locales": {"es": {"content": "a"}}}
        },
    );
    add(
        "POST",
        "/notifications",
        rows! {
            "template" NotificationsCreateRequest {"notification": {"name": "a", "tags": [], "brand": null,
                "routing": null, "subscription": null, "content": {
                    "version": "2022-01-01", "scope": "strict", "elements": []}}}
            "template" NotificationsCreateRequest {"notification": {"name": "a", "tags": ["b"], "brand": null,
                "routing": null, "subscription": {"topic_id": "topic"}, "content": {"version": "2022-01-01", "elements": [
                    {"type": "channel", "channel": "email", "elements": [{"id": "s", "type": "meta", "title": "a"}]}]}}}
        },
    );
    add(
        "POST",
        "/journeys",
        rows! {
            "journey" JourneysCreateRequest {"name": "a", "nodes": [
                {"type": "trigger", "trigger_type": "api-invoke"},
                {"type": "fetch", "method": "get", "url": "https://example.com/{{user_id}}", "merge_strategy": "overwrite",
                    "headers": {"Authorization": {"$ref": "data.token"}, "X-A": "b"}}]}
        },
    );
    add(
        "PUT",
        "/tenants/acme",
        rows! {
            "tenant" TenantsUpdateRequest {"name": "Acme", "user_profile": {"slack": {"access_token": "x"}},
                "default_preferences": {"items": [{"id": "topic", "status": "OPTED_IN"}]}}
        },
    );
    add(
        "POST",
        "/brands",
        rows! {
            "brand" BrandsCreateRequest {"name": "Acme", "settings": {
                "colors": {"primary": "#9D3789", "secondary": "#FFFFFF", "tertiary": "#000000"},
                "email": {"header": {"barColor": "#9D3789"}, "footer": {"content": "a", "social": {
                    "inheritDefault": true, "medium": {"url": "https://example.com"}}}}}}
        },
    );
    add(
        "PUT",
        "/audiences/tagged",
        rows! {
            "audience" AudiencesUpdateRequest {"name": "Tagged", "operator": "AND", "filter": {"filters": [
                {"operator": "INCLUDES", "path": "tags", "value": ["a", "b"]},
                {"operator": "OR", "filters": [{"operator": "EQ", "path": "plan", "value": "pro"}]}]}}
        },
    );
    add(
        "POST",
        "/profiles/u",
        rows! {
            "profile" ProfilesCreateRequest {"profile": {"email": "a@example.com", "expo": {"token": "t"}, "custom": {"n": 1}}}
        },
    );
    requests
}

fn responses() -> Vec<Row> {
    rows! {
        "rendered" RenderOutputResponse {"results": [{"channel": "email", "channel_id": "c", "content": {
            "subject": "a", "html": "<p>", "text": "b"}}]}
        "rendered" RenderOutputResponse {"results": [{"channel": "push", "channel_id": "c", "content": {
            "title": "a", "body": "b"}}]}
        "rendered" RenderOutputResponse {"results": [{"channel": "inbox", "channel_id": "c", "content": {
            "title": "a", "body": "b", "blocks": [{"type": "text", "text": "c"}]}}]}
        "content" NotificationContentResponse {"version": "2022-01-01", "scope": "default", "elements": [
            {"id": "t", "type": "text", "content": "a", "checksum": "1", "locales": {
                "fr": {"content": "b", "checksum": "2", "_sourceHash": "3"}}}]}
        "content" NotificationContentResponse {"version": "2022-01-01", "elements": [
            {"id": "c", "type": "channel", "channel": "email", "checksum": "1", "elements": [
                {"id": "m", "type": "meta", "title": "a", "checksum": "2",
                    "locales": {"es": {"title": "b", "checksum": "3"}}},
                {"id": "t", "type": "text", "checksum": "4", "align": "left",
                    "elements": [{"type": "string", "content": "c", "bold": true}]},
                {"id": "i", "type": "image", "src": "https://example.com", "checksum": "5"},
                {"id": "g", "type": "columns", "gap": "10px", "checksum": "6", "elements": []}]}]}
        "list" NotificationListResponse {"paging": {"more": false}, "results": [
            {"id": "a", "title": "b", "created_at": 1, "updated_at": 2, "routing": {"method": "single", "channels": []}},
            {"id": "c", "name": "d", "state": "DRAFT", "tags": [], "created": 1, "creator": "e"}]}
        "brand" Brand {"id": "b", "name": "a", "created": 1, "updated": 2, "published": 3, "version": "v1",
            "settings": {"colors": {"primary": "#9D3789"}, "email": {"header": {"barColor": "#9D3789"}},
                "inapp": {"borderRadius": "24px", "disableMessageIcon": true, "placement": "bottom"}},
            "snippets": {"items": [{"name": "n", "value": "v", "format": "handlebars"}]}}
        "tenant" Tenant {"id": "acme", "name": "Acme", "type": "tenant", "default_preferences": {
            "type": "default", "items": [{"id": "t", "status": "OPTED_OUT", "type": "topic"}]}}
        "token" UsersTokensListResponse {"tokens": [
            {"token": "t", "provider_key": "apn", "status": "active", "expiry_date": false}]}
        "audit" AuditEvent {"auditEventId": "a", "type": "published", "source": "studio", "actor": {"id": "u"},
            "target": {"id": "t", "email": "a@example.com"}, "timestamp": "2026-01-01T00:00:00.000Z"}
        "audit" AuditEvent {"auditEventId": "a", "type": "published", "source": "studio", "actor": {"id": "u"},
            "target": "t", "timestamp": "2026-01-01T00:00:00.000Z"}
        "event" MessageDetails {"id": "m", "status": "UNDELIVERABLE", "recipient": "u", "recipientId": "u", "event": "t",
            "notification": "t", "enqueued": 1, "reason": "PROVIDER_ERROR", "error": "a",
            "providers": [{"provider": "sendgrid", "error": "b"}]}
        "event" MessageDetails {"id": "m", "status": "ENQUEUED", "recipient": "u", "recipientId": "u", "event": "t",
            "enqueued": 1, "providers": []}
        "journey" JourneyMessage {"template": "t", "experiment": {"bucketingKey": "u", "variants": []}}
        "history" MessageHistoryResponse {"results": [{"ts": 1, "type": "ENQUEUED"}, {"ts": 2, "type": "SENT", "integration": "a"}]}
        "sent" SendMessageResponse {"requestId": "1-a"}
    }
}

#[test]
fn payload_decodes_exactly_and_round_trips() {
    let requests = requests().into_iter().map(|(.., row)| row);
    let rows: Vec<Row> = requests.chain(responses()).collect();
    let mut kinds: BTreeMap<&str, usize> = BTreeMap::new();
    let mut failures = Vec::new();
    for row in &rows {
        *kinds.entry(row.kind).or_default() += 1;
        if let Err(failure) = (row.check)(&row.payload) {
            failures.push(format!("{}: {failure}\n{}", row.type_name, row.payload));
        }
    }
    assert!(failures.is_empty(), "{} of {}:\n{}", failures.len(), rows.len(), failures.join("\n"));
    assert!(rows.len() >= 80, "{kinds:?}");
    assert!(["recipient", "element", "step"].iter().all(|kind| kinds.get(kind) > Some(&10)), "{kinds:?}");
}

#[test]
fn check_finds_what_has_no_field_or_kind() {
    let failure = |payload| exact::<Message>(&payload).expect_err("not exact");
    assert!(failure(json!({"to": {"pigeon": 1}})).contains("has no field"));
    assert!(failure(json!({"content": {"text": 1}})).contains("not recognized"));
    assert!(failure(json!({"content": {"version": "2022-01-01", "elements": [{"type": "new"}]}})).contains("not rec"));
    assert!(failure(json!({"template": null})).contains("encoded as"));
    assert!(exact::<Message>(&json!({"template": 1})).is_err());
}

#[test]
fn fake_accepts_every_request() {
    let translated = json!({"content": {"version": "2022-01-01", "elements": [
        {"id": "channel", "type": "channel", "channel": "email", "elements": [
            {"id": "subject", "type": "meta", "title": "a"}, {"id": "body", "type": "text", "content": "b"},
            {"id": "button", "type": "action", "content": "c", "href": "https://example.com"},
            {"id": "rich", "type": "text", "content": "d"},
            {"id": "picture", "type": "image", "src": "https://example.com/a.png"}]}]}});
    let mut failures = Vec::new();
    for (method, path, row) in requests() {
        let courier = Courier::new();
        courier.template("t").template("nt_1").topic("topic").automation("a");
        fake::succeed(&courier, "PUT", "/notifications/nt_1/content", translated.clone());
        let (status, response) = fake::ask(&courier, method, path, row.payload.clone());
        if !(200..300).contains(&status) {
            failures.push(format!("{method} {path}: {status} {response}\n{}", row.payload));
        }
    }
    assert!(failures.is_empty(), "{} are refused:\n{}", failures.len(), failures.join("\n"));
}

#[test]
fn content_as_read_is_refused_until_normalized() {
    let courier = Courier::new();
    courier.template("nt_1");
    let written = json!({"content": {"version": "2022-01-01", "elements": [
        {"id": "channel", "type": "channel", "channel": "email", "elements": [
            {"id": "subject", "type": "meta", "title": "a", "locales": {"es": {"title": "b"}}},
            {"id": "body", "type": "text", "elements": [{"id": "part", "type": "string", "content": "c", "bold": true}]}]}]}});
    fake::succeed(&courier, "PUT", "/notifications/nt_1/content", written.clone());
    let read = fake::succeed(&courier, "GET", "/notifications/nt_1/content?version=draft", Value::Null);
    let (status, refusal) = fake::ask(&courier, "PUT", "/notifications/nt_1/content", json!({"content": read}));
    assert_eq!(status, 400, "{refusal}");

    let read: ContentElements = serde_json::from_value(read).expect("content");
    let content = serde_json::to_value(read.normalized()).expect("JSON");
    assert_eq!(json!({"content": content}), written);
    fake::succeed(&courier, "PUT", "/notifications/nt_1/content", json!({"content": content}));
}

#[test]
fn normalized_removes_only_what_courier_adds() {
    let stored = json!({"version": "2022-01-01", "elements": [{
        "id": "channel", "type": "channel", "channel": "slack", "checksum": "1",
        "raw": {"checksum": "kept", "_kept": true, "elements": [{"checksum": "kept"}], "locales": {"_kept": 1}},
        "elements": [{"id": "text", "type": "text", "checksum": "2", "content": "a", "new": {"checksum": "kept"}}],
        "locales": {"_source": {"hash": "3"}, "es": {"_sourceHash": "4", "checksum": "5", "elements": [
            {"type": "text", "checksum": "6", "content": "b"}]}}}]});
    let content: ElementalContent = serde_json::from_value(stored).expect("content");
    let expected = json!({"version": "2022-01-01", "elements": [{
        "id": "channel", "type": "channel", "channel": "slack",
        "raw": {"checksum": "kept", "_kept": true, "elements": [{"checksum": "kept"}], "locales": {"_kept": 1}},
        "elements": [{"id": "text", "type": "text", "content": "a", "new": {"checksum": "kept"}}],
        "locales": {"es": {"elements": [{"type": "text", "content": "b"}]}}}]});
    assert_eq!(serde_json::to_value(content.normalized()).expect("JSON"), expected);
    assert_eq!(content.normalized().normalized(), content.normalized());
}

#[test]
fn template_file_may_omit_empty_properties() {
    let file = json!({"name": "a", "content": {"version": "2022-01-01", "elements": []}});
    let template: NotificationTemplateInput = serde_json::from_value(file.clone()).expect("a template");
    let mut complete = file;
    for (name, value) in [("brand", Value::Null), ("routing", Value::Null), ("subscription", Value::Null)] {
        complete[name] = value;
    }
    complete["tags"] = json!([]);
    assert_eq!(serde_json::to_value(&template).expect("JSON"), complete);
    let error = serde_json::from_value::<NotificationTemplateInput>(json!({"name": "a"})).expect_err("no content");
    assert!(error.to_string().contains("content"), "{error}");
}

#[test]
fn addresses_of_devices_are_not_shown() {
    let devices = ["airship", "apn", "expo", "firebaseToken", "oneSignalExternalUserId", "oneSignalPlayerID"];
    let mut found = 0;
    for (.., row) in requests() {
        let to = &row.payload["message"]["to"];
        if devices.iter().any(|name| to.get(name).is_some()) {
            let mut marked = to.to_string();
            for value in ["ExponentPushToken[a]", "\"a\"", "\"b\"", "\"p\"", "\"e\"", "named_user"] {
                marked = marked.replace(value, &value.replace(value.trim_matches('"'), "DEVICE-SECRET"));
            }
            assert!(marked.contains("DEVICE-SECRET"), "{marked}");
            let recipient: Recipient = serde_json::from_str(&marked).expect("a recipient");
            assert!(!format!("{recipient:?}").contains("DEVICE-SECRET"), "{recipient:?}");
            found += 1;
        }
    }
    assert!(found > 8, "{found}");
}
