//! A token permits the actions in its scope, and no others.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a test fails by a panic")]

mod support;

use std::time::Duration;

use serde_json::json;
use support::Server;
use trycourier::ext::{Lifetime, Scope};

#[test]
fn every_permission_has_couriers_name() {
    for (scope, expected) in [
        (Scope::user("u1"), "user_id:u1"),
        (Scope::users(["u1", "u2"]), "user_id:u1 user_id:u2"),
        (Scope::new().inbox_read(), "inbox:read:messages"),
        (Scope::new().inbox_write(), "inbox:write:events"),
        (Scope::new().messages_read(), "read:messages"),
        (Scope::new().preferences_read(), "read:preferences"),
        (Scope::new().preferences_write(), "write:preferences"),
        (Scope::new().user_tokens_read(), "read:user-tokens"),
        (Scope::new().user_tokens_write(), "write:user-tokens"),
        (Scope::new().brands_read(), "read:brands"),
        (Scope::new().brands_write(), "write:brands"),
        (Scope::new().brand_read("b"), "read:brands:b"),
        (Scope::new().brand_write("b"), "write:brands:b"),
        (Scope::new().tenants_read(), "tenants:read"),
        (Scope::new().tenants_templates_read(), "tenants:notifications:read"),
        (Scope::new().tenants_templates_write(), "tenants:notifications:write"),
        (Scope::new().tenants_brands_read(), "tenants:brand:read"),
        (Scope::new().tenant_read("t"), "tenant:t:read"),
        (Scope::new().tenant_templates_read("t"), "tenant:t:notification:read"),
        (Scope::new().tenant_templates_write("t"), "tenant:t:notification:write"),
        (Scope::new().tenant_brand_read("t"), "tenant:t:brand:read"),
        (Scope::new().tenant_brand_write("t"), "tenant:t:brand:write"),
        (Scope::new().custom("a:b"), "a:b"),
        (Scope::new().custom(" a:b \n c:d "), "a:b c:d"),
        (Scope::new(), ""),
    ] {
        assert_eq!(scope.to_string(), expected);
        assert_eq!(scope.validate(), Ok(()));
        assert_eq!(String::from(scope), expected);
    }
}

#[test]
fn permission_is_written_once_in_order() {
    let scope =
        Scope::user("u1").inbox_read().and_user("u1").inbox_read().and_user("u2").custom("inbox:read:messages x");
    assert_eq!(scope.to_string(), "user_id:u1 inbox:read:messages user_id:u2 x");
}

#[test]
fn id_is_written_unchanged() {
    for id in ["ada@example.com", "a:b", "a%20b", "é", "user/../x", "\"quoted\"", "-"] {
        assert_eq!(Scope::user(id).to_string(), format!("user_id:{id}"));
    }
}

#[test]
fn id_with_spaces_grants_nothing() {
    let bad =
        ["", " ", "u1 write:brands", "u1\twrite:brands", "u1\n", " u1", "u1\u{a0}x", "u1\u{2028}x", "u1\0", "u\u{85}1"];
    for id in bad {
        for scope in [
            Scope::user(id),
            Scope::users(["fine", id]),
            Scope::user("fine").inbox_read().and_user(id).inbox_write(),
            Scope::user("fine").brand_read(id),
            Scope::user("fine").brand_write(id).custom("read:messages"),
        ] {
            let error = scope.validate().unwrap_err();
            assert!(error.to_string().starts_with("an id in the scope "), "{error}");
            assert_eq!(scope.to_string(), "", "{id:?}");
            assert_eq!(String::from(scope), "");
        }
    }
}

#[test]
fn tenant_id_grants_no_other_permission() {
    for id in ["acme:brand", "acme:notification", ":", "acme:"] {
        for scope in [
            Scope::user("u1").tenant_read(id),
            Scope::user("u1").tenant_templates_read(id),
            Scope::user("u1").tenant_templates_write(id),
            Scope::user("u1").tenant_brand_read(id),
            Scope::user("u1").tenant_brand_write(id),
        ] {
            assert!(scope.validate().is_err(), "{id}");
            assert_eq!(scope.to_string(), "", "{id}");
        }
    }
    assert!(Scope::user("u1").tenant_read("acme read:messages").validate().is_err());
}

#[test]
fn lifetime_uses_the_largest_whole_unit() {
    for (seconds, expected) in [
        (0, "0 seconds"),
        (1, "1 second"),
        (59, "59 seconds"),
        (60, "1 minute"),
        (61, "61 seconds"),
        (90 * 60, "90 minutes"),
        (3600, "1 hour"),
        (7200, "2 hours"),
        (86_400, "1 day"),
        (90_000, "25 hours"),
        (7 * 86_400, "7 days"),
        (7 * 86_400 + 1, "604801 seconds"),
        (u64::MAX, "18446744073709551615 seconds"),
    ] {
        assert_eq!(Lifetime::from(Duration::from_secs(seconds)).to_string(), expected);
    }
    assert_eq!(Lifetime::from(Duration::from_millis(1)).to_string(), "1 second");
    assert_eq!(Lifetime::from(Duration::from_millis(59_001)).to_string(), "1 minute");
    assert_eq!(Lifetime::from(Duration::MAX).to_string(), "18446744073709551615 seconds");
    assert_eq!(Lifetime::hours(48), Lifetime::days(2));
    assert_eq!(String::from(Lifetime::days(u64::MAX)), "18446744073709551615 seconds");
}

#[tokio::test]
async fn token_is_issued_with_scope_and_lifetime() {
    let server = Server::answering(200, json!({"token": "jwt"})).await;
    let scope = Scope::user("u1").inbox_read().inbox_write().preferences_read();
    let _ = server.client().auth().issue_token(scope, Lifetime::days(2)).await.unwrap();
    assert_eq!(
        server.only().json(),
        json!({"scope": "user_id:u1 inbox:read:messages inbox:write:events read:preferences", "expires_in": "2 days"})
    );

    let server = Server::answering(200, json!({"token": "jwt"})).await;
    let life = Lifetime::from(Duration::from_secs(3600));
    let _ = server.client().auth().issue_token("user_id:u1 anything", life).await.unwrap();
    assert_eq!(server.only().json()["scope"], "user_id:u1 anything");
}
