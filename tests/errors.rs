//! An error names the operation, the failure and the remedy, and shows no secret.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a test fails by a panic")]

mod support;

use std::error::Error as _;

use serde_json::json;
use support::scripted::{Outcome, Scripted};
use support::{Reply, Server};
use trycourier::{Client, Error, ErrorKind, http};

async fn error_of(reply: impl Fn() -> Reply + Clone + Send + Sync + 'static) -> Error {
    let server = Server::start(move |_| reply()).await;
    server.client().lists().retrieve("customers").await.unwrap_err()
}

#[tokio::test]
async fn status_has_its_kind_with_any_body() {
    for (status, kind) in [
        (300, ErrorKind::Redirect),
        (304, ErrorKind::Redirect),
        (400, ErrorKind::BadRequest),
        (401, ErrorKind::Authentication),
        (402, ErrorKind::PaymentRequired),
        (403, ErrorKind::Permission),
        (404, ErrorKind::NotFound),
        (405, ErrorKind::Client),
        (407, ErrorKind::Proxy),
        (408, ErrorKind::RequestTimeout),
        (409, ErrorKind::Conflict),
        (413, ErrorKind::PayloadTooLarge),
        (418, ErrorKind::Client),
        (422, ErrorKind::Unprocessable),
        (429, ErrorKind::RateLimited),
        (500, ErrorKind::Server),
        (502, ErrorKind::Server),
        (503, ErrorKind::Server),
        (504, ErrorKind::Server),
        (599, ErrorKind::Server),
    ] {
        for body in [
            "",
            "<html><h1>Bad gateway</h1></html>",
            "{\"message\":\"no\",\"type\":\"t\"}",
            "null",
            "[]",
            "\"text\"",
            "{",
        ] {
            let error = error_of(move || Reply::of(status, "text/html", body).with("x-request-id", "r-1")).await;
            assert_eq!(error.kind(), kind, "{status} {body}");
            assert_eq!(error.status().map(|status| status.as_u16()), Some(status), "{body}");
            assert_eq!(error.operation(), Some("lists.retrieve"));
            assert_eq!(error.headers()["x-request-id"], "r-1");
            assert_eq!(error.attempts(), 1);
            assert!(error.was_sent());
            let text = error.to_string();
            assert!(text.starts_with(&format!("lists.retrieve: {status}")), "{text}");
        }
    }
}

#[tokio::test]
async fn error_has_the_requested_delay() {
    for (header, value, expected) in [
        ("retry-after", "300", Some(300_000)),
        ("retry-after-ms", "1500", Some(1500)),
        ("retry-after", "Sun, 09 Sep 2001 01:48:20 GMT", Some(100_000)),
        ("retry-after", "0", None),
        ("x-other", "1", None),
    ] {
        let date = ("date", "Sun, 09 Sep 2001 01:46:40 GMT");
        let reply = move || Reply::of(429, "application/json", "{}").with(date.0, date.1).with(header, value);
        let requested = error_of(reply).await.retry_after().map(|delay| delay.as_millis());
        assert_eq!(requested, expected, "{header}: {value}");
    }
}

#[tokio::test]
async fn couriers_error_is_in_parts_and_text() {
    let error = error_of(|| {
        Reply::json(
            400,
            &json!({"message": "list_id is too long", "type": "invalid_request_error", "param": "list_id"}),
        )
    })
    .await;
    assert_eq!(error.message(), Some("list_id is too long"));
    assert_eq!(error.error_type(), Some("invalid_request_error"));
    assert_eq!(error.api_error().unwrap()["param"], "list_id");
    assert_eq!(error.body_snippet(), None);
    assert_eq!(
        error.to_string(),
        "lists.retrieve: 400 Bad Request: list_id is too long (invalid_request_error); correct the request"
    );

    let error = error_of(|| Reply::json(404, &json!({"type": "not_found"}))).await;
    assert_eq!((error.message(), error.error_type()), (None, Some("not_found")));
    let error = error_of(|| Reply::json(404, &json!({"message": null, "type": null}))).await;
    assert_eq!((error.message(), error.error_type()), (None, None));
}

#[tokio::test]
async fn couriers_error_is_read_in_every_shape() {
    for (body, message) in [
        (b"\xEF\xBB\xBF{\"message\": \"no\"}".as_slice(), "no"),
        (b" \r\n {\"message\": \"no\", \"message\": \"not\"} ", "not"),
        (b"{\"message\": \"a \xff b\"}", "a \u{fffd} b"),
        (br#"{"message": "a \ud83d b", "type": "t"}"#, "a \u{fffd} b"),
        (br#"{"message": "no", "limit": 1e400}"#, "no"),
    ] {
        let error = error_of(move || Reply::of(400, "application/json", body)).await;
        assert_eq!(error.message(), Some(message), "{error}");
        assert!(error.to_string().contains(message), "{error}");
    }
    let deep = format!("{{\"message\": \"no\", \"cause\": {}{}}}", "[".repeat(5000), "]".repeat(5000));
    assert_eq!(error_of(move || Reply::of(400, "application/json", deep.clone())).await.message(), Some("no"));
}

#[tokio::test]
async fn snippet_cuts_no_secret_in_two() {
    let secret: String = (0..15).map(|number| format!("secret{number:02}")).collect();
    for before in 0..secret.len() {
        let page = format!("<p>{}{}", "y".repeat(before), secret.repeat(200));
        let server = Scripted::new(move |_, _| {
            let outcome: Outcome = Ok(http::Response::builder().status(502).body(page.clone().into()).unwrap());
            async { outcome }
        });
        let client = server.builder().options(|options| options.max_retries(0).header("x-token", &secret));
        let error = client.build().unwrap().lists().retrieve("customers").await.unwrap_err();
        let excerpt = error.body_snippet().unwrap();
        assert!(excerpt.starts_with("<p>") && !excerpt.contains("secret"), "{before}: {excerpt}");
    }
}

#[tokio::test]
async fn sensitive_response_has_no_snippet() {
    let server = Server::start(|_| Reply::of(200, "text/plain", "the token is SECRET")).await;
    let error = server.client().auth().issue_token("user_id:ada", "1 day").await.unwrap_err();
    assert_eq!(error.body_snippet(), None);
    assert!(!format!("{error} {error:?}").contains("SECRET"), "{error:?}");
    // The beginning of a response without secrets is useful.
    let error = server.client().lists().list().await.unwrap_err();
    assert_eq!(error.body_snippet(), Some("the token is SECRET"));
}

#[tokio::test]
async fn gateway_page_has_a_snippet() {
    let page = format!("<html>\r\n<h1>502 Bad Gateway</h1>\u{7}{}</html>", "x".repeat(100_000));
    let error = error_of(move || Reply::of(502, "text/html", page.clone())).await;
    let excerpt = error.body_snippet().unwrap();
    assert!(excerpt.starts_with("<html>  <h1>502 Bad Gateway</h1> xxx"), "{excerpt}");
    assert_eq!((excerpt.chars().count(), excerpt.ends_with('…')), (501, true));
    assert_eq!(error.to_string(), "lists.retrieve: 502 Bad Gateway: retry later", "the text does not include the body");
}

#[tokio::test]
async fn invalid_json_error_keeps_the_status() {
    for (body, cause) in [
        (r#"{"id": "customers", "na": }"#, "not JSON at line 1, column"),
        ("not JSON", "not JSON at line 1, column"),
        (r#"{"id": "c", "name": "n"} trailing"#, "not JSON at line 1, column"),
        (r#"{"id": "c", "name": "#, "ends in the middle"),
        ("[1, 2", "ends in the middle"),
        ("5", "expected an object"),
    ] {
        let error = error_of(move || Reply::of(201, "application/json", body)).await;
        assert_eq!(error.kind(), ErrorKind::Decode, "{body}");
        assert_eq!(error.status().map(|status| status.as_u16()), Some(201));
        assert!(error.was_accepted());
        let text = error.to_string();
        assert!(text.contains(cause) && text.contains("lists.retrieve"), "{text}");
        assert!(error.body_snippet().unwrap().starts_with(&body[..1]), "{text}");
    }
}

/// A proxy responds with its login page, or the base URL is that of a web site.
#[tokio::test]
async fn success_that_is_not_from_courier_is_refused() {
    for page in [
        "<html>Sign in</html>",
        " \r\n<!DOCTYPE html>",
        "\u{feff}<html>",
        "<?xml version=\"1.0\"?>",
        "Sign in",
        "OK",
        "<",
        "%PDF-1.7",
        "a=b&c=d",
        "--boundary",
        "event: x\ndata: {}\n\n",
        "null and more",
        "\0\0",
    ] {
        let server = Server::start(move |_| Reply::of(200, "text/html", page)).await;
        let client = server.client();
        let errors = [
            client.lists().delete("customers").await.unwrap_err(),
            client.users().tenants().add_multiple("user_123", []).await.unwrap_err(),
            client.request(http::Method::DELETE, "/lists/customers").send::<()>().await.unwrap_err(),
        ];
        for error in &errors {
            assert_eq!(error.kind(), ErrorKind::UnexpectedResponse, "{page}");
            assert_eq!((error.was_accepted(), error.was_sent(), error.attempts()), (false, true, 1), "{page}");
            assert!(error.to_string().contains("check the base URL and the proxy"), "{error}");
            assert!(!error.to_string().contains("Sign in"), "{error}");
        }
        let error = client.lists().list().await.unwrap_err();
        assert_eq!((error.kind(), error.was_accepted()), (ErrorKind::UnexpectedResponse, false), "{page}");
    }
    for body in [
        "",
        " ",
        "\u{feff}",
        "\u{feff}{}",
        "null",
        "{}",
        r#"{"status": "deleted"}"#,
        "[]",
        "true",
        "\"ok\"",
        "{\"odd\": \"\\ud83d\"}",
    ] {
        let server = Server::start(move |_| Reply::of(200, "application/json", body)).await;
        server.client().lists().delete("customers").await.unwrap();
    }
}

#[tokio::test]
async fn strict_decoding_names_the_path() {
    let page = json!({"items": [{"recipient": "u", "status": "ENQUEUED"}, {"recipient": "v", "status": {}}], "paging": {"more": false}});
    let server = Server::answering(200, page).await;
    let strict = server.client().with_options(|options| options.strict_decoding(true));
    let error = strict.bulk().list_users("j").await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Mismatch);
    assert!(error.was_accepted());
    assert!(error.to_string().contains("items[1].status"), "{error}");
    assert_eq!(error.mismatches().iter().map(|mismatch| mismatch.path()).collect::<Vec<_>>(), ["items[1].status"]);
}

#[tokio::test]
async fn mismatched_secret_is_in_no_text() {
    let body = json!({"tokens": [{"token": "DEVICE_TOKEN", "provider_key": "apn"}, {"token": {"DEVICE_TOKEN": 1}}]});
    let server = Server::answering(200, body.clone()).await;
    let response = server.client().users().tokens().list("USER_ID").await.unwrap();
    assert!(!response.mismatches().is_empty());
    assert!(!format!("{response:?} {response:#?}").contains("DEVICE_TOKEN"), "{response:?}");
    assert_eq!(serde_json::to_value(response.into_inner()).unwrap(), body);

    let strict = server.client().with_options(|options| options.strict_decoding(true));
    let error = strict.users().tokens().list("USER_ID").await.unwrap_err();
    assert!(error.to_string().contains("tokens[1]"), "{error}");
    assert_no_secret(&error, &["DEVICE_TOKEN", "USER_ID", "pk_test_SECRET"]);
}

#[tokio::test]
async fn error_text_has_neither_url_nor_key() {
    // No server listens there.
    let client = Client::builder()
        .api_key("pk_test_SECRET")
        .base_url("http://127.0.0.1:9")
        .options(|options| options.max_retries(0))
        .build()
        .unwrap();
    let error = client.users().tokens().retrieve("USER_ID", "DEVICE_TOKEN").await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Connection);
    assert!(!error.was_sent());
    assert!(error.source().is_some());
    assert_no_secret(&error, &["pk_test_SECRET", "DEVICE_TOKEN", "USER_ID", "127.0.0.1:9/"]);

    let error = error_of(|| Reply::of(401, "text/plain", "no such key: pk_test_SECRET")).await;
    assert_no_secret(&error, &["pk_test_SECRET"]);
    let error =
        error_of(|| Reply::json(401, &json!({"message": "unknown key pk_test_SECRET", "key": "pk_test_SECRET"}))).await;
    assert_no_secret(&error, &["pk_test_SECRET"]);
    assert!(error.message().unwrap().contains("[sensitive]"));
}

#[tokio::test]
async fn error_text_has_no_device_token() {
    let server = Server::start(|request| {
        let token = request.path.rsplit('/').next().unwrap().to_owned();
        Reply::json(404, &json!({"message": format!("Token {token} / DEVICE:TOKEN not found")}))
    })
    .await;
    let error = server.client().users().tokens().delete("u", "DEVICE:TOKEN").await.unwrap_err();
    assert_no_secret(&error, &["DEVICE:TOKEN", "DEVICE%3ATOKEN"]);
    assert_eq!(error.message(), Some("Token [sensitive] / [sensitive] not found"));
}

#[tokio::test]
async fn error_text_has_no_custom_authorization() {
    let server =
        Server::start(|_| Reply::json(401, &json!({"message": "s3cr is no key, nor is a-longer-secret"}))).await;
    let client = server.client().with_options(|options| {
        options.header("authorization", "Bearer s3cr").header("x-proxy-token", "a-longer-secret")
    });
    let error = client.lists().list().await.unwrap_err();
    assert_no_secret(&error, &["s3cr", "a-longer-secret"]);
}

#[tokio::test]
async fn null_is_an_empty_body() {
    let server = Server::start(|_| Reply::of(200, "application/json", " null ")).await;
    let client = server.client();
    assert_eq!(client.bulk().add_users("j", []).await.unwrap().total, None);
    let error = client.lists().retrieve("l").await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::EmptyBody);
}

fn assert_no_secret(error: &Error, secrets: &[&str]) {
    let mut texts = vec![error.to_string(), format!("{error:?}"), format!("{error:#?}")];
    let mut source = error.source();
    while let Some(cause) = source {
        texts.extend([cause.to_string(), format!("{cause:?}")]);
        source = cause.source();
    }
    for text in texts {
        for secret in secrets {
            assert!(!text.contains(secret), "{secret} in {text}");
        }
    }
}

#[test]
fn error_is_small_and_crosses_threads() {
    fn shared<T: Send + Sync + 'static>() {}
    shared::<Error>();
    assert_eq!(size_of::<Error>(), size_of::<usize>());
}

#[tokio::test]
async fn secret_at_the_end_of_a_cut_snippet_is_hidden() {
    const PAGE: &str = "<pre>Authorization: Bearer pk_test_SECRET-K";
    for length in "<pre>Authorization: Bearer pk_t".len()..=PAGE.len() {
        let page = &PAGE[..length];
        let server = Scripted::new(move |_, _| {
            let response: Outcome =
                Ok(http::Response::builder().status(502).body(trycourier::transport::Body::from(page)).unwrap());
            async { response }
        });
        let client = server.builder().options(|options| options.max_retries(0)).build().unwrap();
        let error = client.lists().list().await.unwrap_err();
        assert_eq!(error.body_snippet(), Some("<pre>Authorization: Bearer [sensitive]"), "{page}");
    }
}

#[tokio::test]
async fn a_snippet_is_cut_between_secrets_and_escapes() {
    const SECRET: &str = "s3cr3t/ä+🦀=\"end\"";
    let json: String = SECRET.encode_utf16().map(|unit| format!("\\u{unit:04x}")).collect();
    let percent: String = SECRET.bytes().map(|byte| format!("%{byte:02X}")).collect();
    let mixed = SECRET.replace('/', "%2F").replace('=', "%3d");
    let slashed = SECRET.replace('/', "\\/").replace('🦀', "\\ud83e\\udd80").replace('"', "\\\"");
    for (form, shortest) in [(json, 24), (percent, 12), (mixed, 4), (slashed, 4)] {
        for end in (shortest..=form.len()).filter(|end| form.is_char_boundary(*end)) {
            let body = format!("<pre>{}", &form[..end]);
            let server = Scripted::new(move |_, _| {
                let response: Outcome = Ok(http::Response::builder().status(502).body(body.clone().into()).unwrap());
                async { response }
            });
            let client = server.builder().options(|options| options.max_retries(0).query("q", SECRET)).build().unwrap();
            let error = client.lists().list().await.unwrap_err();
            let snippet = error.body_snippet().unwrap();
            assert_eq!(snippet, "<pre>[sensitive]", "{end} of {form}");
        }
    }
}
