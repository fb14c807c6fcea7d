//! Bodies are sent as their operation takes them: JSON, text unchanged, or none.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a test fails by a panic")]

mod support;

use serde_json::{Value, json};
use support::{Reply, Server, description, operations};
use trycourier::http::Method;
use trycourier::testing::Courier;
use trycourier::types::{TokenProvider, UserToken};
use trycourier::{Bytes, ErrorKind, Prepared, calls};

/// A file with everything that JSON escapes.
const FILE: &str = "msgid \"Hello\\n\"\nmsgstr \"Bonjour \u{1f1eb}\u{1f1f7}\"\n\t\\\r\n";

#[tokio::test]
async fn translation_file_is_sent_unchanged() {
    let server = Server::start(|_| Reply::empty(204)).await;
    server.client().translations().update("default", "fr-CA", FILE).await.unwrap();
    server.client().translations().update("default", "fr-CA", "").await.unwrap();
    let received = server.received();
    assert_eq!((received[0].method.as_str(), received[0].path.as_str()), ("PUT", "/translations/default/fr-CA"));
    for (request, file) in received.iter().zip([FILE, ""]) {
        assert_eq!(request.header("content-type"), Some("text/plain"));
        assert_eq!(request.body, file.as_bytes());
    }
}

#[tokio::test]
async fn translation_file_is_retried_unchanged() {
    let server = Server::start(|_| Reply::empty(503).with("retry-after-ms", "1")).await;
    let client = server.client().with_options(|options| options.max_retries(2));
    client.translations().update("default", "fr", FILE).await.unwrap_err();
    let received = server.received();
    assert_eq!(received.len(), 3);
    for request in received {
        assert_eq!((request.header("content-type"), request.body.as_slice()), (Some("text/plain"), FILE.as_bytes()));
    }
}

#[tokio::test]
async fn stored_translations_are_returned_as_text() {
    let courier = Courier::new();
    let translations = courier.client().translations();
    translations.update("default", "fr", FILE).await.unwrap();
    let response = translations.retrieve("default", "fr").await.unwrap();
    assert_eq!((response.as_str(), response.mismatches()), (FILE, &[][..]));
    let update = &courier.calls_of::<calls::TranslationsUpdate>()[0];
    assert_eq!((update.locale.as_str(), update.body.as_str()), ("fr", FILE));
    for (locale, status) in [("FR", 404), ("fr-CA", 404)] {
        assert_eq!(translations.retrieve("default", locale).await.unwrap_err().status().unwrap(), status, "{locale}");
    }
    assert_eq!(translations.update("other", "fr", FILE).await.unwrap_err().kind(), ErrorKind::BadRequest);
}

#[tokio::test]
async fn file_that_was_stored_as_json_is_a_mismatch() {
    let courier = Courier::new();
    let client = courier.client();
    // The form in which other SDKs send it.
    client.request(Method::PUT, "/translations/default/fr").json(FILE).send::<()>().await.unwrap();
    let response = client.translations().retrieve("default", "fr").await.unwrap();
    assert_eq!(serde_json::from_str::<String>(&response).unwrap(), FILE);
    assert_eq!(response.mismatches()[0].to_string(), "expected a text that is not JSON itself");
    let strict = client.with_options(|options| options.strict_decoding(true));
    let error = strict.translations().retrieve("default", "fr").await.unwrap_err();
    assert_eq!((error.kind(), error.was_accepted()), (ErrorKind::Mismatch, true));

    // A file may begin with a quote, and be JSON in part.
    for file in ["\"\"\n\"Project-Id-Version: 1\"\n", "\"open", "7", "{\"a\": 1}"] {
        client.translations().update("default", "fr", file).await.unwrap();
        let response = client.translations().retrieve("default", "fr").await.unwrap();
        assert_eq!((response.as_str(), response.mismatches()), (file, &[][..]));
    }
}

#[tokio::test]
async fn prepared_text_is_performed_unchanged() {
    let server = Server::start(|_| Reply::empty(204)).await;
    let client = server.client();
    let prepared = client.translations().update("default", "fr", FILE).prepare().unwrap();
    let mut stored = serde_json::to_value(&prepared).unwrap();
    assert_eq!((&stored["body"], &stored["headers"]), (&json!(FILE), &json!({"content-type": "text/plain"})));
    let restored: Prepared<calls::TranslationsUpdate> = serde_json::from_value(stored.clone()).unwrap();
    client.perform(&restored).await.unwrap();

    // Earlier versions stored no content type, because all bodies were JSON.
    stored.as_object_mut().unwrap().remove("headers");
    stored["body"] = Value::from(FILE).to_string().into();
    let old: Prepared<calls::TranslationsUpdate> = serde_json::from_value(stored).unwrap();
    client.perform(&old).await.unwrap();

    let received = server.received();
    assert_eq!(
        (received[0].header("content-type"), received[0].body.as_slice()),
        (Some("text/plain"), FILE.as_bytes())
    );
    assert_eq!((received[1].header("content-type"), received[1].json()), (Some("application/json"), FILE.into()));
}

#[tokio::test]
async fn raw_request_takes_any_body() {
    let server = Server::start(|_| Reply::empty(200)).await;
    let client = server.client();
    let request = || client.request(Method::POST, "/beta/things");
    request().body(FILE, "text/x-gettext; charset=utf-8").send::<()>().await.unwrap();
    request().body(Bytes::from_static(&[0, 255]), "application/octet-stream").send_raw().await.unwrap();
    // The last body counts.
    request().json(&json!({})).body("a=b", "application/x-www-form-urlencoded").send::<()>().await.unwrap();
    request().body("a=b", "application/x-www-form-urlencoded").json(&json!({})).send::<()>().await.unwrap();
    let sent: Vec<_> = server
        .received()
        .into_iter()
        .map(|request| (request.header("content-type").unwrap().to_owned(), request.body))
        .collect();
    let expected: [(&str, &[u8]); 4] = [
        ("text/x-gettext; charset=utf-8", FILE.as_bytes()),
        ("application/octet-stream", &[0, 255]),
        ("application/x-www-form-urlencoded", b"a=b"),
        ("application/json", b"{}"),
    ];
    assert_eq!(sent, expected.map(|(kind, body)| (kind.to_owned(), body.to_vec())));

    let error = request().body("a", "text/plain\r\nx-other: 1").send::<()>().await.unwrap_err();
    assert_eq!((error.kind(), error.was_sent()), (ErrorKind::InvalidArgument, false));
    assert_eq!(server.received().len(), 4);
}

#[tokio::test]
async fn several_device_tokens_are_sent() {
    let courier = Courier::new();
    let tokens = courier.client().users().tokens();
    let given = [UserToken::new(TokenProvider::FirebaseFcm, "t-1"), UserToken::new(TokenProvider::Expo, "t-2")];
    tokens.add_multiple("ada", given).await.unwrap();
    let sent: Value = serde_json::from_slice(&courier.calls()[0].body).unwrap();
    assert_eq!(
        sent,
        json!({"tokens": [{"token": "t-1", "provider_key": "firebase-fcm"}, {"token": "t-2", "provider_key": "expo"}]})
    );
    let stored = tokens.list("ada").await.unwrap();
    assert_eq!(stored.tokens.iter().map(|token| token.token.expose()).collect::<Vec<_>>(), ["t-1", "t-2"]);
}

#[tokio::test]
async fn alias_of_a_provider_can_be_cleared() {
    let courier = Courier::new();
    let providers = courier.client().providers();
    let created = providers.create("sendgrid").alias("a").await.unwrap();
    assert_eq!(created.title, "Default Configuration");
    assert_eq!(providers.patch(&created.id).title("T").await.unwrap().alias.as_deref(), Some("a"));
    assert_eq!(providers.patch(&created.id).clear_alias().await.unwrap().alias, None);
    let bodies: Vec<_> = courier.calls_of::<calls::ProvidersPatch>().into_iter().map(|sent| sent.call.body).collect();
    assert_eq!(bodies, [&br#"{"title":"T"}"#[..], br#"{"alias":null}"#]);
}

/// The operations that could have a body and have none, each with the reason.
const WITHOUT_BODY: [(&str, &str); 8] = [
    ("broadcasts_cancel", "only the id: a broadcast has one schedule"),
    ("broadcasts_duplicate", "only the id: the copy's name is made of the original's"),
    ("bulk_run_job", "only the id: the job has its users and its message already"),
    ("digests_schedules_release", "only the id: everything that the schedule has collected is sent"),
    ("lists_restore", "only the id: the published description has an empty object, the clients send nothing"),
    ("messages_cancel", "only the id: the whole message is canceled"),
    ("messages_resend", "only the id: the message is sent as it was"),
    ("requests_archive", "only the id: the whole request is archived"),
];

#[test]
fn only_these_operations_have_no_body() {
    let operations = operations(&description());
    let writing = operations.iter().filter(|(_, method, ..)| ["POST", "PUT", "PATCH"].contains(&method.as_str()));
    let mut without: Vec<&str> =
        writing.filter(|(.., operation)| operation["requestBody"].is_null()).map(|(id, ..)| id.as_str()).collect();
    without.sort_unstable();
    assert_eq!(without, WITHOUT_BODY.map(|(id, _)| id));
}

#[test]
fn only_translations_are_not_json() {
    for (id, _, _, operation) in operations(&description()) {
        let kinds = |carrier: &Value| {
            carrier["content"].as_object().into_iter().flatten().map(|(kind, _)| kind.clone()).collect::<Vec<_>>()
        };
        let expected = if id == "translations_update" { "text/plain" } else { "application/json" };
        assert!(kinds(&operation["requestBody"]).iter().all(|kind| kind == expected), "{id}");
        assert!(kinds(&operation["responses"]["2XX"]).iter().all(|kind| kind == "application/json"), "{id}");
    }
}
