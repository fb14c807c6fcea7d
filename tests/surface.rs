//! Each call of the design, as code and as a request.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a test fails by a panic")]

mod support;

use std::time::Duration;

use futures::TryStreamExt as _;
use serde_json::{Value, json};
use support::{Reply, Server};
use trycourier::ext::{Attachment, EmailOverride};
use trycourier::types::{
    Channel, ChannelClassification, Content, ElementalChild, ElementalNode, ElementalText, Extra, Message,
    MessageStatus, Nullable, Object, PreferenceChoice, PreferenceStatus, Recipient, Routing, RoutingMethod,
    SubscriptionTopicStatus, TextContent, UserRecipient,
};
use trycourier::{Client, calls};

async fn accepting() -> (Server, Client) {
    let server = Server::answering(202, json!({"requestId": "1-abc", "status": "SUCCESS"})).await;
    let client = server.client();
    (server, client)
}

#[tokio::test]
async fn send_takes_its_message_as_an_argument() {
    let (server, client) = accepting().await;
    let sent = client
        .send()
        .message(
            Message::new()
                .to(Recipient::email("ada@example.com"))
                .content(Content::new("Hello", "Your order is on its way."))
                .data(json!({"order": "A-1007"})),
        )
        .await
        .unwrap();
    assert_eq!(sent.request_id, "1-abc");
    let request = server.only();
    assert_eq!((request.method.as_str(), request.path.as_str()), ("POST", "/send"));
    assert_eq!(
        request.json(),
        json!({"message": {
            "to": {"email": "ada@example.com"},
            "content": {"title": "Hello", "body": "Your order is on its way."},
            "data": {"order": "A-1007"}
        }})
    );
}

#[tokio::test]
async fn optional_parameters_are_setters() {
    let (server, client) = accepting().await;
    client
        .lists()
        .update("list", "Customers")
        .preferences(trycourier::types::RecipientPreferences::new())
        .await
        .unwrap();
    client.profiles().create("user_123", json!({"email": "ada@example.com"})).idempotency_key("k").await.unwrap();
    client.lists().subscriptions().subscribe_user("list", "user_123").await.unwrap();
    client
        .messages()
        .list()
        .status([MessageStatus::Sent, MessageStatus::Opened])
        .archived(true)
        .cursor("c")
        .send_raw()
        .await
        .unwrap();

    let received = server.received();
    assert_eq!(received[0].json(), json!({"name": "Customers", "preferences": {}}));
    assert_eq!(received[1].json(), json!({"profile": {"email": "ada@example.com"}}));
    assert_eq!(received[1].header("idempotency-key"), Some("k"));
    assert_eq!(received[2].path, "/lists/list/subscriptions/user_123");
    assert_eq!(received[3].query, "archived=true&cursor=c&status=SENT%2COPENED");
}

#[test]
fn documented_rate_limits_are_known_and_shown() {
    use trycourier::calls::Call;

    let minute = Duration::from_secs(60);
    assert_eq!(calls::ListsUpdate::OPERATION.rate_limit, Some((20, minute)));
    assert_eq!(calls::ListsSubscriptionsAdd::OPERATION.rate_limit, Some((20, minute)));
    assert_eq!(calls::BrandsUpdate::OPERATION.rate_limit, Some((200, minute)));
    assert_eq!(calls::NotificationsGetMetrics::OPERATION.rate_limit, Some((1, Duration::from_secs(1))));
    assert_eq!(calls::SendMessage::OPERATION.rate_limit, None);
    let documentation = include_str!(concat!(env!("OUT_DIR"), "/resources.rs"));
    for sentence in
        ["to 20 requests a minute.", "to 200 requests a minute.", "to 1 request a second; larger plans allow more."]
    {
        assert!(documentation.contains(&format!("Courier limits this operation {sentence}")), "{sentence}");
    }
}

#[tokio::test]
async fn call_can_be_cloned_stored_and_spawned() {
    let (server, client) = accepting().await;
    let call = client.bulk().run_job("job");
    drop(client);
    let tasks: Vec<_> = [call.clone(), call.clone().options(|options| options.attempt_timeout(Duration::from_secs(1)))]
        .into_iter()
        .map(|call| tokio::spawn(call.into_future()))
        .collect();
    for task in tasks {
        task.await.unwrap().unwrap();
    }
    let spelled_out = tokio::spawn(call.send());
    spelled_out.await.unwrap().unwrap();
    assert_eq!(server.received().len(), 3);
}

#[tokio::test]
async fn whole_body_can_be_passed_as_its_type() {
    let (server, client) = accepting().await;
    let body = trycourier::types::ProfilesCreateRequest::new(json!({"locale": "en-GB"}));
    calls::ProfilesCreate::with_body(&client, "user_123", body).extra("beta", true).await.unwrap();
    assert_eq!(server.only().json(), json!({"profile": {"locale": "en-GB"}, "beta": true}));
}

#[tokio::test]
async fn list_is_streamed_without_a_trait() {
    let server =
        Server::answering(200, json!({"items": [{"recipient": "u", "status": "ENQUEUED"}], "paging": {"more": false}}))
            .await;
    let client = server.client();
    let page = client.bulk().list_users("job_id").await.unwrap();
    assert_eq!(page.items.len(), 1);
    let users = tokio::spawn(client.bulk().list_users("job_id").items().try_collect::<Vec<_>>());
    assert_eq!(users.await.unwrap().unwrap()[0].recipient.as_deref(), Some("u"));
}

#[tokio::test]
async fn invalid_object_is_refused_before_sending() {
    let (server, client) = accepting().await;
    let error = client.profiles().create("user_123", json!("ada@example.com")).await.unwrap_err();
    assert_eq!(error.kind(), trycourier::ErrorKind::InvalidArgument, "{error}");
    assert_eq!(error.operation(), Some("profiles.create"));
    assert!(error.to_string().contains("object"), "{error}");
    assert!(!error.to_string().contains("ada@"), "{error}");
    assert!(server.received().is_empty());
}

#[test]
fn setters_accept_unambiguous_types() {
    let of = |message: Message| serde_json::to_value(&message).unwrap();
    assert_eq!(of(Message::new().to(UserRecipient::new().user_id("u"))), json!({"to": {"user_id": "u"}}));
    assert_eq!(
        of(Message::new().to([Recipient::user("u"), Recipient::list("l")])),
        json!({"to": [{"user_id": "u"}, {"list_id": "l"}]})
    );
    assert_eq!(
        of(Message::new().to(vec![UserRecipient::new().email("a@example.com")])),
        json!({"to": [{"email": "a@example.com"}]})
    );
    assert_eq!(
        of(Message::new().content(TextContent::new("b").title("t")).routing(Routing::single(["push", "email"]))),
        json!({"content": {"title": "t", "body": "b"}, "routing": {"method": "single", "channels": ["push", "email"]}})
    );
    assert_eq!(
        of(Message::new().content(Content::elemental([
            ElementalNode::text("Hi"),
            ElementalNode::action("Go", "https://example.com"),
            ElementalNode::divider(),
        ]))),
        json!({"content": {"version": "2022-01-01", "elements": [
            {"type": "text", "content": "Hi"},
            {"type": "action", "content": "Go", "href": "https://example.com"},
            {"type": "divider"}
        ]}})
    );
    assert_eq!(RoutingMethod::Unrecognized("new".into()).to_string(), "new");
    assert!("singel".parse::<RoutingMethod>().is_err());
    assert_eq!("single".parse::<RoutingMethod>().unwrap(), RoutingMethod::Single);
}

#[test]
fn callers_struct_becomes_an_object() {
    #[derive(serde::Serialize)]
    struct Order {
        number: u32,
    }
    let data = Object::from_serialize(&Order { number: 7 }).unwrap();
    assert_eq!(data["number"], 7);
    assert_eq!(data["absent"], Value::Null);
    assert!(Object::from_serialize(&7).is_err());
    assert_eq!(Object::from([("number", 7)]), data);
}

#[tokio::test]
async fn odd_response_fails_no_call_and_is_reported() {
    let odd = json!({"items": [
        {"recipient": 7, "status": "ENQUEUED", "new": [1]},
        {"recipient": "b"},
        "no user at all",
        {"recipient": "d", "status": null, "profile": "text"},
        {"recipient": "e", "status": "NEW"}
    ], "paging": {"more": false, "cursor": null}});
    let server = Server::answering(200, odd.clone()).await;
    let client = server.client();
    let page = client.bulk().list_users("job").await.unwrap();
    let paths: Vec<&str> = page.mismatches().iter().map(|mismatch| mismatch.path()).collect();
    for path in ["items[0].recipient", "items[1].status", "items[2]", "items[3].status", "items[3].profile"] {
        assert!(paths.contains(&path), "{path} is not among {paths:?}");
    }
    assert_eq!(page.items[0].extra["recipient"], 7);
    assert_eq!(page.items[0].extra["new"], json!([1]));
    assert_eq!(serde_json::to_value(page.into_inner()).unwrap()["items"], odd["items"]);

    // With `items()`, a row that is not a user is a separate error, and the remaining rows follow.
    let rows: Vec<_> = futures::StreamExt::collect::<Vec<_>>(client.bulk().list_users("job").items()).await;
    assert_eq!(rows.iter().map(Result::is_ok).collect::<Vec<_>>(), [true, true, false, true, true]);

    let strict = client.with_options(|options| options.strict_decoding(true));
    let error = strict.bulk().list_users("job").await.unwrap_err();
    assert_eq!(error.kind(), trycourier::ErrorKind::Mismatch);
    assert!(error.was_accepted());
}

#[test]
fn response_values_have_constructors() {
    let user = trycourier::types::BulkJobUser::new(trycourier::types::BulkUserStatus::Enqueued).recipient("u");
    assert_eq!(serde_json::to_value(&user).unwrap(), json!({"recipient": "u", "status": "ENQUEUED"}));
    assert_eq!(user.extra, Extra::default());
    let _: Option<Nullable<String>> = None;
    let _ = PreferenceStatus::OptedIn;
}

#[tokio::test]
async fn client_is_shared_by_threads_and_calls() {
    fn shared<T: Clone + Send + Sync + 'static>(_: &T) {}
    let server = Server::start(|_| Reply::empty(204)).await;
    let client = server.client();
    shared(&client);
    shared(&client.lists().subscriptions());
    shared(&client.lists().delete("l"));
}

#[test]
fn unknown_kinds_are_written_as_json() {
    let carousel = json!({"type": "carousel", "images": [1]});
    let content = Content::elemental([ElementalNode::from(carousel.clone()), ElementalNode::text("a")]);
    assert_eq!(serde_json::to_value(content).unwrap()["elements"][0], carousel);
    let known = ElementalNode::from(json!({"type": "text", "content": "a"}));
    assert!(matches!(known, ElementalNode::Text(_)));
    let group = json!({"group_id": "g"});
    let message = Message::new().to([Recipient::from(group.clone()), Recipient::user("u")]);
    assert_eq!(serde_json::to_value(message).unwrap()["to"][0], group);
    let user = UserRecipient::new().user_id("u").extra("matrix", json!({"room": "r"}));
    let expected = json!({"user_id": "u", "matrix": {"room": "r"}});
    assert_eq!(serde_json::to_value(Recipient::from(user)).unwrap(), expected);
}

#[test]
fn shorthands_write_what_courier_documents() {
    let of = |value: ElementalNode| serde_json::to_value(value).unwrap();
    assert_eq!(
        of(ElementalNode::channel("email", [ElementalChild::meta("a"), ElementalChild::markdown("**b**")])),
        json!({"type": "channel", "channel": "email", "elements": [
            {"type": "meta", "title": "a"},
            {"type": "text", "content": "**b**", "format": "markdown"},
        ]})
    );
    let text = ElementalText::new().content("a").bold(true).italic("true");
    assert_eq!(of(text.into()), json!({"type": "text", "content": "a", "bold": true, "italic": "true"}));

    let email = EmailOverride::new()
        .subject("a")
        .from(json!({"email": "b@example.com", "name": "B"}))
        .reply_to("c@example.com")
        .cc("d@example.com,e@example.com")
        .bcc("f@example.com")
        .html("<p>")
        .text("g")
        .brand(json!({"settings": {}}))
        .track_opens(false)
        .header("X-A", "1")
        .header("X-B", "2")
        .attach("a.txt", "text/plain", "hello")
        .attach("b.bin", "application/octet-stream", [0xff_u8, 0x00]);
    let message = Message::new().channels([(ChannelClassification::Email, Channel::new().override_(email))]);
    assert_eq!(
        serde_json::to_value(message).unwrap()["channels"]["email"]["override"],
        json!({
            "subject": "a",
            "from": {"email": "b@example.com", "name": "B"},
            "reply_to": "c@example.com",
            "cc": "d@example.com,e@example.com",
            "bcc": "f@example.com",
            "html": "<p>",
            "text": "g",
            "brand": {"settings": {}},
            "tracking": {"open": false},
            "headers": {"X-A": "1", "X-B": "2"},
            "attachments": [
                {"filename": "a.txt", "contentType": "text/plain", "data": "aGVsbG8="},
                {"filename": "b.bin", "contentType": "application/octet-stream", "data": "/wA="},
            ],
        })
    );
    let file = Attachment::new("a.txt", "text/plain", "hello");
    assert_eq!(file.to_sendgrid(), json!({"filename": "a.txt", "type": "text/plain", "content": "aGVsbG8="}));
    assert_eq!(file.to_postmark(), json!({"Name": "a.txt", "ContentType": "text/plain", "Content": "aGVsbG8="}));
}

#[test]
fn equal_values_of_different_enums_convert() {
    assert_eq!(PreferenceStatus::from(SubscriptionTopicStatus::Required), PreferenceStatus::Required);
    assert_eq!(SubscriptionTopicStatus::from(PreferenceStatus::OptedOut), SubscriptionTopicStatus::OptedOut);
    assert_eq!(PreferenceStatus::from(PreferenceChoice::OptedIn), PreferenceStatus::OptedIn);
    let new = PreferenceChoice::Unrecognized("PAUSED".to_owned());
    assert_eq!(SubscriptionTopicStatus::from(new).as_str(), "PAUSED");
    let routing = Routing::single([ChannelClassification::Push, ChannelClassification::Email]);
    assert_eq!(serde_json::to_value(routing).unwrap()["channels"], json!(["push", "email"]));
}
