//! The users of a bulk job: the first operation that was requested of this SDK.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a test fails by a panic")]

mod support;

use futures::TryStreamExt as _;
use serde_json::{Value, json};
use support::{Reply, Server};
use trycourier::types::{BulkUser, BulkUserStatus, ChannelClassification, Object, PreferenceSource, PreferenceStatus};

fn reference_answer() -> Value {
    serde_json::from_str(include_str!("fixtures/bulk_list_users.json")).unwrap()
}

#[tokio::test]
async fn every_field_of_the_reference_response_is_typed() {
    let server = Server::answering(200, reference_answer()).await;
    let page = server.client().bulk().list_users("job").await.unwrap();
    assert_eq!(server.only().path, "/bulk/job/users");
    assert_eq!(page.status(), 200);

    assert_eq!(page.paging.cursor.as_deref(), Some("MTpFWUNFRkRRN0c1WERTRTU2"));
    assert!(page.paging.more);
    let [user] = page.items.as_slice() else { panic!("{} users", page.items.len()) };
    assert_eq!(user.recipient.as_deref(), Some("string"));
    assert_eq!(user.status, BulkUserStatus::Pending);
    assert_eq!(user.message_id.as_deref(), Some("1-5e2b2615-05efbb3acab9172f88dd3f6f"));
    assert_eq!(user.data, Some(Object::default()));
    assert_eq!(user.profile, Some(Object::default()));

    let preferences = user.preferences.as_ref().unwrap();
    for (group, key) in [(&preferences.categories, "categories_key"), (&preferences.notifications, "notifications_key")]
    {
        let preference = &group.as_ref().unwrap()[key];
        assert_eq!(preference.status, PreferenceStatus::OptedIn);
        let rule = &preference.rules.as_ref().unwrap()[0];
        assert_eq!((rule.start.as_ref().map(|start| start.as_str()), rule.until.as_str()), (Some("string"), "string"));
        let channels = preference.channel_preferences.as_ref().unwrap();
        assert_eq!(channels[0].channel, ChannelClassification::DirectMessage);
    }

    let to = user.to.as_ref().unwrap();
    assert_eq!(to.user_id.as_deref(), Some("user_123"));
    assert_eq!(to.account_id.as_deref(), Some("abc-123"));
    assert_eq!(to.context.as_ref().unwrap().tenant_id.as_deref(), Some("tenant_abc"));
    assert_eq!(to.data, Some(Object::default()));
    assert_eq!(to.email.as_deref(), Some("user@example.com"));
    assert_eq!(to.locale.as_deref(), Some("en-US"));
    assert_eq!(to.phone_number.as_deref(), Some("+15551234567"));
    assert_eq!(to.list_id.as_deref(), Some("example.list.id"));
    assert_eq!(to.tenant_id.as_deref(), Some("tenant_abc"));
    let profile_preferences = to.preferences.as_ref().unwrap();
    assert_eq!(profile_preferences.template_id.as_deref(), Some("TGB7VST3R0PWBHBJD9R6ZMG2DD9A"));
    assert_eq!(profile_preferences.notifications["notifications_key"].source, Some(PreferenceSource::Subscription));
    assert_eq!(profile_preferences.categories.as_ref().unwrap()["categories_key"].status, PreferenceStatus::OptedIn);
}

#[tokio::test]
async fn response_of_the_reference_is_encoded_unchanged() {
    let server = Server::answering(200, reference_answer()).await;
    let page = server.client().bulk().list_users("job").await.unwrap();
    assert_eq!(serde_json::to_value(page.into_inner()).unwrap(), reference_answer());
}

#[tokio::test]
async fn a_large_job_is_listed_page_by_page() {
    const USERS: usize = 12_345;
    const PAGE: usize = 100;
    let server = Server::start(|request| {
        let first: usize =
            request.query("cursor").map_or(0, |cursor| cursor.strip_prefix("MTp/+=").unwrap().parse().unwrap());
        let end = (first + PAGE).min(USERS);
        let users: Vec<Value> =
            (first..end).map(|n| json!({"recipient": format!("user {n}"), "status": "ENQUEUED"})).collect();
        let more = end < USERS;
        Reply::json(
            200,
            &json!({"items": users, "paging": {"more": more, "cursor": more.then(|| format!("MTp/+={end}"))}}),
        )
    })
    .await;
    let client = server.client();
    let users = client.bulk().list_users("job").items().try_collect::<Vec<_>>().await.unwrap();
    assert_eq!(users.len(), USERS);
    assert!(users.iter().enumerate().all(|(n, user)| user.recipient == Some(format!("user {n}"))));
    assert_eq!(server.received().len(), USERS.div_ceil(PAGE));
}

#[tokio::test]
async fn adding_users_reports_rejected_users() {
    let refused = json!({"total": 2, "errors": [{"error": "Duplicate user", "user": {"recipient": "user_1"}}]});
    let server = Server::answering(200, refused).await;
    let response = server.client().bulk().add_users("job", [BulkUser::new().recipient("user_1")]).await.unwrap();
    assert_eq!(server.only().json(), json!({"users": [{"recipient": "user_1"}]}));
    assert_eq!(response.total, Some(2));
    let error = &response.errors.as_ref().unwrap()[0];
    assert_eq!(error.error.as_deref(), Some("Duplicate user"));
    assert_eq!(error.user.as_ref().unwrap().recipient.as_deref(), Some("user_1"));
}
