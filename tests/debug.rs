//! `Debug` of a type shows no secret that the type holds.

#![allow(clippy::unwrap_used, reason = "a test fails by a panic")]

use serde_json::json;
use trycourier::types;

#[test]
fn push_tokens_are_not_printed() {
    for name in
        ["firebaseToken", "apn", "expo", "airship", "oneSignalPlayerID", "oneSignalExternalUserId", "pushbullet"]
    {
        for value in [json!("dev-1"), json!({"token": "dev-1"}), json!(["dev-1"])] {
            let user = types::BulkUser::new().profile(json!({name: value}));
            assert!(!format!("{user:?}").contains("dev-1"), "{user:?}");
        }
    }
}

#[test]
fn webhook_urls_and_token_properties_are_not_printed() {
    let webhook = types::WebhookProfile::new("https://u:SECRET@hooks.example/?token=SECRET");
    assert!(!format!("{webhook:?}").contains("SECRET"), "{webhook:?}");
    let properties = json!({"properties": {"secret": "SECRET"}, "token": "SECRET", "provider_key": "apn"});
    let token: types::UserToken = serde_json::from_value(properties).unwrap();
    assert!(!format!("{token:?}").contains("SECRET"), "{token:?}");
    let text = json!({"properties": "SECRET", "token": "SECRET", "provider_key": "apn"});
    let token: types::UserToken = serde_json::from_value(text.clone()).unwrap();
    assert!(!format!("{token:?}").contains("SECRET"), "{token:?}");
    assert_eq!(serde_json::to_value(token).unwrap(), text, "any JSON is kept");
}
