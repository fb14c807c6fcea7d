//! No argument of a caller and no response of a server leads a request, or the key, to a wrong destination.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a test fails by a panic")]

mod support;

use serde_json::json;
use support::faulty::{Act, Faulty, KEY, TestClock, everything};
use trycourier::http::Method;
use trycourier::reqwest::{self, redirect};
use trycourier::{Client, Error, ErrorKind, types};

fn good() -> Act {
    Act::answer(202, &[], r#"{"requestId": "1-abc", "id": "list", "name": "A list"}"#)
}

fn message() -> types::Message {
    serde_json::from_value(json!({"to": {"user_id": "u"}, "template": "t"})).unwrap()
}

async fn send(client: &Client) -> Result<(), Error> {
    client.send().message(message()).await.map(drop)
}

#[tokio::test]
async fn header_cannot_be_split() {
    let server = Faulty::start(vec![good()]).await;
    let client = server.builder().build().unwrap();
    for evil in ["a\r\nX-Evil: 1", "a\nb", "a\rb", "a\0b", "\r\n\r\nGET / HTTP/1.1"] {
        let error = client.send().message(message()).idempotency_key(evil).await.unwrap_err();
        assert_eq!((error.kind(), error.attempts()), (ErrorKind::InvalidArgument, 0), "{evil:?}");
        let error = client.send().message(message()).idempotency_expiration(evil).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidArgument, "{evil:?}");
        let (argument, option) = (ErrorKind::InvalidArgument, ErrorKind::Configuration);
        for (changed, kind) in [
            (client.with_options(|options| options.idempotency_key(evil)), argument),
            (client.with_options(|options| options.idempotency_expiration(evil)), argument),
            (client.with_options(|options| options.header("x-name", evil)), option),
            (client.with_options(|options| options.header(evil, "value")), option),
        ] {
            let error = send(&changed).await.unwrap_err();
            assert_eq!(error.kind(), kind, "{evil:?}");
            assert!(!error.to_string().contains("Evil: 1") || error.to_string().contains("\\n"), "{error}");
        }
        assert!(Client::builder().api_key(format!("key{evil}x")).build().is_err(), "{evil:?}");
        assert!(server.builder().options(|options| options.header("x-name", evil)).build().is_err(), "{evil:?}");
    }
    assert_eq!(server.acts(), 0);
}

#[tokio::test]
async fn path_and_query_cannot_be_split() {
    let server = Faulty::start(vec![good()]).await;
    let client = server.builder().build().unwrap();
    let evil = "a b/../../c?d=e&f#g\r\nX-Evil: 1\\%2e%2e";
    client.lists().retrieve(evil).await.unwrap();
    client.messages().list().cursor(evil).send_raw().await.unwrap();
    client.with_options(|options| options.query(evil, evil)).lists().retrieve("l").await.unwrap();
    client.request(Method::GET, "/x").query(evil, evil).send_raw().await.unwrap();
    let seen = server.seen();
    assert_eq!(seen.len(), 4);
    assert_eq!(seen[0].target, "/lists/a%20b%2F..%2F..%2Fc%3Fd%3De%26f%23g%0D%0AX-Evil%3A%201%5C%252e%252e");
    for request in &seen {
        assert_eq!(request.header("x-evil"), None);
        let url = reqwest::Url::parse(&format!("{}{}", server.url, request.target)).unwrap();
        assert!(
            url.query_pairs().all(|(name, value)| (name == "cursor" || name == evil) && value == evil),
            "{request:?}"
        );
    }
}

#[tokio::test]
async fn framing_headers_are_not_options() {
    let server = Faulty::start(vec![good()]).await;
    for name in ["Content-Length", "transfer-encoding", "Connection", "upgrade", "trailer"] {
        let error = server.builder().options(|options| options.header(name, "0")).build().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Configuration, "{name}");
    }
}

#[tokio::test]
async fn first_invalid_option_is_named() {
    let server = Faulty::start(vec![good()]).await;
    let client = server.builder().build().unwrap();
    let changed = client.with_options(|options| options.header("bad name", "x").header("", "y").header("ok", "z"));
    assert!(send(&changed).await.unwrap_err().to_string().contains("bad name"));
    assert!(send(&changed.with_options(|options| options.max_retries(1))).await.is_err());
    send(&client).await.unwrap();
    // Later headers replace earlier ones, including the client's.
    let changed =
        client.with_options(|options| options.header("X-A", "1").header("x-a", "2").header("User-Agent", "mine"));
    send(&changed).await.unwrap();
    let seen = server.seen();
    assert_eq!(seen[1].headers.iter().filter(|(name, _)| name == "x-a").count(), 1);
    assert_eq!((seen[1].header("x-a"), seen[1].header("user-agent")), (Some("2"), Some("mine")));
    let shown = format!("{changed:?}");
    assert!(!shown.contains("mine") && !shown.contains(KEY), "{shown}");
}

#[tokio::test]
async fn path_cannot_leave_the_base_url() {
    let server = Faulty::start(vec![good()]).await;
    let client = server.builder().build().unwrap();
    let below = server.builder().base_url(format!("{}/proxy/courier/", server.url)).build().unwrap();
    for path in [
        "",
        "x",
        "http://evil.example/",
        "//evil.example/x",
        "/a//b",
        "//",
        "/..",
        "/.",
        "/a/..",
        "/a/.",
        "/a/../b",
        "/a/./b",
        "/a/%2e%2e/b",
        "/a/%2E./b",
        "/a/.%2e",
        "/%2e",
        "/a/%2e",
        "/a\\b",
        "/a/..\\b",
        "/a/.\t./b",
        "/a/.\n./b",
        "/a\r\nX: 1",
        "/a?b",
        "/a#b",
        "/a b",
        " /a",
        "/a ",
        "/ü",
        "/a\"b",
        "/a<b",
    ] {
        for client in [&client, &below] {
            let error = client.request(Method::GET, path).send_raw().await.unwrap_err();
            assert_eq!((error.kind(), error.attempts()), (ErrorKind::InvalidArgument, 0), "{path:?}");
        }
    }
    assert_eq!(server.acts(), 0);
    let fine = [
        "/",
        "/a",
        "/a/",
        "/a/b.c",
        "/a/...",
        "/a/..b",
        "/a%2Fb",
        "/a/%252e%252e",
        "/a:b@c",
        "/a;b,c=d+e!$&'()*",
        "/%C3%BC",
    ];
    for path in fine {
        client.request(Method::GET, path).send_raw().await.unwrap();
        below.request(Method::GET, path).send_raw().await.unwrap();
    }
    let targets: Vec<String> = server.seen().into_iter().map(|request| request.target).collect();
    let expected: Vec<String> =
        fine.iter().flat_map(|path| [(*path).to_owned(), format!("/proxy/courier{path}")]).collect();
    assert_eq!(targets, expected);
}

#[tokio::test]
async fn same_origin_redirect_repeats_the_request() {
    let server = Faulty::start(vec![Act::answer(307, &[("location", "/elsewhere")], ""), good()]).await;
    send(&server.builder().build().unwrap()).await.unwrap();
    let seen = server.seen();
    assert_eq!((seen.len(), seen[1].method.as_str(), seen[1].target.as_str()), (2, "POST", "/elsewhere"));
    for name in ["authorization", "idempotency-key", "content-type"] {
        assert!(seen[0].header(name).is_some() && seen[0].header(name) == seen[1].header(name), "{name}");
    }
    assert_eq!(seen[0].body, seen[1].body);
}

#[tokio::test]
async fn custom_client_keeps_the_key_on_its_host() {
    let elsewhere = Faulty::start(vec![good()]).await;
    let server = Faulty::start(vec![Act::answer(307, &[("location", &elsewhere.url)], "")]).await;
    let careless = reqwest::Client::builder().build().unwrap();
    send(&server.builder().http_client(careless).build().unwrap()).await.unwrap();
    assert_eq!(elsewhere.seen()[0].header("authorization"), None);
    let careful = reqwest::Client::builder().redirect(redirect::Policy::none()).build().unwrap();
    let error = send(&server.builder().http_client(careful).build().unwrap()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Redirect);
    assert_eq!(elsewhere.acts(), 1);
}

#[tokio::test]
async fn echoed_request_shows_neither_key_nor_ids() {
    const OWN: &str = "OWN-SECRET";
    let path = "/users/SECRET%40USER/tokens/SECRET-TOKEN";
    let decoded = "/users/SECRET@USER/tokens/SECRET-TOKEN";
    let page = format!("<pre>Cannot DELETE {path}?q=SECRET-QUERY or {decoded}, Bearer {KEY}, Bearer {OWN}</pre>");
    // If the end of the excerpt cut a key in two, its first half would not be found.
    let cut = format!("{}{KEY}", "x".repeat(490));
    let json = json!({"message": format!("Cannot DELETE {path}: {KEY}"), "type": KEY}).to_string();
    for body in [page, cut, json] {
        let server = Faulty::start(vec![Act::answer(404, &[("x-echo", KEY)], &body)]).await;
        let client = server.builder().build().unwrap();
        let client = client.with_options(|options| options.query("q", "SECRET-QUERY"));
        let other = client.with_options(|options| options.header("Authorization", &format!("Bearer {OWN}")));
        for client in [client, other] {
            let error = client.users().tokens().delete("SECRET@USER", "SECRET-TOKEN").await.unwrap_err();
            let text = everything(&error);
            for part in ["SECRET-", "SECRET@", "SECRET%", "pk_test", "SECRET-K"] {
                // The client knows the key that its caller set.
                let text = if body.contains(OWN) { text.replace(OWN, "") } else { text.clone() };
                assert!(!text.contains(part), "{text}");
            }
        }
    }
}

#[tokio::test]
async fn custom_authorization_is_hidden() {
    let server = Faulty::start(vec![Act::answer(401, &[], "no such key: OWN-SECRET")]).await;
    let client =
        server.builder().options(|options| options.header("Authorization", "Bearer OWN-SECRET")).build().unwrap();
    let error = send(&client).await.unwrap_err();
    assert_eq!(server.seen()[0].header("authorization"), Some("Bearer OWN-SECRET"));
    assert!(!everything(&error).contains("OWN-SECRET"), "{error}");
    assert!(error.body_snippet().unwrap().contains("no such key"));
}

#[tokio::test]
async fn decode_error_does_not_show_the_key() {
    for body in [format!("<html>{KEY}"), format!(r#"{{"requestId": {{"{KEY}": 1}}}}"#), format!("\"{KEY}\"")] {
        let server = Faulty::start(vec![Act::answer(200, &[], &body)]).await;
        let strict = server.builder().build().unwrap().with_options(|options| options.strict_decoding(true));
        let error = send(&strict).await.unwrap_err();
        let kinds = [ErrorKind::Decode, ErrorKind::Mismatch, ErrorKind::UnexpectedResponse];
        assert!(kinds.contains(&error.kind()), "{error}");
        assert!(!everything(&error).contains(KEY), "{}", everything(&error));
    }
}

#[tokio::test]
async fn unsent_request_shows_no_ids() {
    let client = Client::builder().api_key(KEY).build().unwrap();
    let call = client
        .request(Method::GET, "/users/SECRET-USER")
        .query("email", "SECRET-MAIL")
        .json(&json!({"token": "SECRET-TOKEN"}));
    let shown = format!("{call:?}");
    assert!(!shown.contains("SECRET"), "{shown}");
    let refused = client.request(Method::GET, "/users/SECRET USER").send_raw().await.unwrap_err();
    assert!(!everything(&refused).contains("SECRET"), "{refused:?}");
}

/// A response of the maximum depth for recursive types exhausts neither time nor stack.
#[tokio::test]
async fn deepest_response_decodes_prints_and_drops() {
    let nest = |levels: usize, open: &str, inner: &str, close: &str| {
        [open.repeat(levels), inner.to_owned(), close.repeat(levels)].concat()
    };
    let elements = nest(30, r#"{"type": "group", "elements": ["#, r#"{"type": "text", "content": "x"}"#, "]}");
    let filters =
        nest(40, r#"{"operator": "AND", "filters": ["#, r#"{"operator": "EQ", "path": "a", "value": "b"}"#, "]}");
    let anything = nest(120, r#"{"x": "#, "1", "}");
    let began = std::time::Instant::now();
    let mut decoded = [0, 0];
    for text in [&elements, &filters, &anything] {
        for depth_of in [
            r#"{"message": {"content": {"version": "2022-01-01", "elements": [@]}}}"#,
            r#"{"id": "a", "name": "b", "description": "c", "created_at": "d", "updated_at": "e", "filter": {"filters": [@]}}"#,
        ] {
            let text = depth_of.replace('@', text);
            if let Ok(value) = serde_json::from_str::<types::SendMessageRequest>(&text) {
                decoded[0] += 1;
                assert!(format!("{value:?} {value:#?}").len() > 100);
                serde_json::to_string(&value).unwrap();
            }
            if let Ok(value) = serde_json::from_str::<types::Audience>(&text) {
                decoded[1] += 1;
                assert!(format!("{value:?} {value:#?}").len() > 100);
                serde_json::to_string(&value).unwrap();
            }
        }
    }
    assert!(decoded.iter().all(|count| *count > 0), "{decoded:?}");
    assert!(began.elapsed().as_secs() < 10, "{:?}", began.elapsed());
    let deeper = nest(10_000, "[", "", "]");
    assert!(serde_json::from_str::<types::Audience>(&deeper).is_err());
    let server = Faulty::start(vec![Act::answer(200, &[], nest(100, "[", "", "]"))]).await;
    let client = server.builder().clock(TestClock::new()).build().unwrap();
    assert!(client.request(Method::GET, "/x").send::<serde_json::Value>().await.is_ok());
}
