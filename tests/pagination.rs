//! Every list can be read to its end, for all of Courier's pagination formats.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a test fails by a panic")]

mod support;

use futures::{Stream, StreamExt as _, TryStreamExt as _};
use serde_json::{Value, json};
use support::sample::{Samples, Style};
use support::{Received, Reply, Server, description, operations};
use trycourier::ext::{Page, Paginate};
use trycourier::transport::{Attempt, Body, BoxFuture, Transport, TransportError};
use trycourier::types::MessageStatus;
use trycourier::{Client, Error, ErrorKind};

include!(concat!(env!("OUT_DIR"), "/every_list.rs"));

/// Counts the items and the pages of a list.
async fn counted<P: Paginate>(id: &str, call: P) -> Result<(usize, usize), Error> {
    assert_eq!(P::OPERATION.id.replace('.', "_"), id);
    let pages = call.pages().try_collect::<Vec<Page<P::Item>>>().await?;
    Ok((pages.iter().map(|page| page.items.len()).sum(), pages.len()))
}

/// The operations of the description that take a cursor. `every_list.rs` compiles only if each has the helper.
fn paged(description: &Value) -> Vec<(String, Value)> {
    let takes_cursor = |operation: &Value| {
        let mut parameters = operation["parameters"].as_array().into_iter().flatten();
        parameters.any(|parameter| parameter["name"] == "cursor")
    };
    let operations = operations(description).into_iter().filter(|(.., operation)| takes_cursor(operation));
    operations.map(|(id, _, _, operation)| (id, operation)).collect()
}

/// The ways in which a page can mark its end.
#[derive(Clone, Copy, Debug)]
enum End {
    Cursor(&'static str),
    /// The page is marked as the last, but has a cursor.
    No,
    Null,
    Empty,
    Absent,
    /// The page is marked as incomplete, but has no cursor.
    Lost,
}

const ENDS: [End; 4] = [End::No, End::Null, End::Empty, End::Absent];

/// A page of two items in an operation's shape.
fn page(description: &Value, operation: &Value, end: End) -> Value {
    let schema = &operation["responses"]["2XX"]["content"]["application/json"]["schema"];
    let schema = description.pointer(schema["$ref"].as_str().unwrap().trim_start_matches('#')).unwrap();
    let mut page = Samples { description, style: Style::Full }.of(schema);
    let items =
        ["items", "results", "templates", "runs", "versions"].into_iter().find(|name| page[name].is_array()).unwrap();
    let item = page[items][0].clone();
    page[items] = json!([item, item]);
    let more = matches!(end, End::Cursor(_));
    let (target, cursor) = match page {
        ref mut page if page["paging"].is_object() => {
            page["paging"]["more"] = json!(more || matches!(end, End::Lost));
            (&mut page["paging"], "cursor")
        }
        ref mut page if page["next_cursor"].is_string() => (page, "next_cursor"),
        ref mut page => {
            if page["has_more"].is_boolean() {
                page["has_more"] = json!(more || matches!(end, End::Lost));
            }
            (page, "cursor")
        }
    };
    match end {
        End::Cursor(next) => target[cursor] = json!(next),
        // The shapes without a flag have only the cursor to mark the end.
        End::No if target["more"].is_null() && target["has_more"].is_null() => target[cursor] = Value::Null,
        End::No => target[cursor] = json!("one more"),
        End::Null | End::Lost => target[cursor] = Value::Null,
        End::Empty => target[cursor] = json!(""),
        End::Absent => {
            target.as_object_mut().unwrap().remove(cursor);
        }
    }
    page
}

#[tokio::test]
async fn every_shape_is_read_to_each_of_its_ends() {
    let description = description();
    assert!(paged(&description).len() >= 27, "Courier has had as many");
    for (id, operation) in paged(&description) {
        for end in ENDS {
            let pages = [
                page(&description, &operation, End::Cursor("second")),
                page(&description, &operation, End::Cursor("third")),
                page(&description, &operation, end),
            ];
            let server = Server::start(move |request| {
                let number = match request.query("cursor").as_deref() {
                    None => 0,
                    Some("second") => 1,
                    _ => 2,
                };
                Reply::json(200, &pages[number])
            })
            .await;
            let walked = walk(&server.client(), &id).await.unwrap_or_else(|error| panic!("{end:?}: {error}"));
            assert_eq!(walked, (6, 3), "{id} {end:?}");
        }
    }
}

#[tokio::test]
async fn missing_cursor_is_not_the_end_of_a_list() {
    let description = description();
    let mut flagged = 0;
    for (id, operation) in paged(&description) {
        let lost = page(&description, &operation, End::Lost);
        if lost["paging"].is_null() && lost["has_more"].is_null() {
            continue;
        }
        flagged += 1;
        let server = Server::start(move |_| Reply::json(200, &lost)).await;
        let error = walk(&server.client(), &id).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::MissingCursor, "{id}");
        assert_eq!(server.received().len(), 1, "{id}");
    }
    assert!(flagged > 15, "{flagged}");
}

#[tokio::test]
async fn missing_flag_is_not_the_end_of_a_list() {
    let description = description();
    for (id, operation) in paged(&description) {
        for flag in [None, Some(Value::Null), Some(json!("yes"))] {
            let pages = [End::Cursor("second"), End::Cursor("third"), End::Absent].map(|end| {
                let mut page = page(&description, &operation, end);
                let (object, name) =
                    if page["paging"].is_object() { (&mut page["paging"], "more") } else { (&mut page, "has_more") };
                if object.as_object_mut().unwrap().remove(name).is_some() {
                    object.as_object_mut().unwrap().extend(flag.clone().map(|flag| (name.to_owned(), flag)));
                }
                page
            });
            let server = Server::start(move |request| {
                Reply::json(
                    200,
                    &pages[request.query("cursor").map_or(0, |cursor| if cursor == "second" { 1 } else { 2 })],
                )
            })
            .await;
            let walked = walk(&server.client(), &id).await.unwrap_or_else(|error| panic!("{id} {flag:?}: {error}"));
            assert_eq!(walked, (6, 3), "{id} {flag:?}");
        }
    }
}

#[tokio::test]
async fn repeated_cursor_is_an_error_in_every_shape() {
    let description = description();
    for (id, operation) in paged(&description) {
        let again = page(&description, &operation, End::Cursor("again"));
        let server = Server::start(move |_| Reply::json(200, &again)).await;
        let error = walk(&server.client(), &id).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::CursorLoop, "{id}");
        assert!(error.to_string().contains("an earlier page"), "{error}");
        assert_eq!(error.operation().unwrap().replace('.', "_"), id);
        assert_eq!(server.received().len(), 2, "{id}");
    }
}

fn users(request: &Received, pages: usize) -> Reply {
    let number: usize = request.query("cursor").map_or(0, |cursor| cursor.parse().unwrap());
    let next = (number + 1 < pages).then(|| (number + 1).to_string());
    let users = json!([{"recipient": format!("{number}a"), "status": "ENQUEUED"}, {"recipient": format!("{number}b"), "status": "ENQUEUED"}]);
    Reply::json(200, &json!({"items": users, "paging": {"more": next.is_some(), "cursor": next}}))
        .with("x-page", number.to_string())
}

#[tokio::test]
async fn list_starts_at_the_cursor_of_the_call() {
    let server = Server::start(|request| {
        let next = (request.query("cursor").as_deref() == Some("middle")).then_some("last");
        Reply::json(200, &json!({"results": [], "paging": {"more": next.is_some(), "cursor": next}}))
    })
    .await;
    let client = server.client();
    let call = client
        .messages()
        .list()
        .cursor("middle")
        .recipient("user 1")
        .status([MessageStatus::Sent, MessageStatus::Opened]);
    let pages = call.pages().try_collect::<Vec<_>>().await.unwrap();
    assert_eq!(pages.iter().map(|page| page.next_cursor.as_deref()).collect::<Vec<_>>(), [Some("last"), None]);
    let queries: Vec<String> = server.received().into_iter().map(|request| request.query).collect();
    assert_eq!(
        queries,
        ["cursor=middle&recipient=user+1&status=SENT%2COPENED", "cursor=last&recipient=user+1&status=SENT%2COPENED"]
    );
}

#[tokio::test]
async fn pages_are_fetched_when_polled() {
    let server = Server::start(|request| users(request, 3)).await;
    let client = server.client();
    let mut pages = client.bulk().list_users("job").pages();
    assert!(server.received().is_empty());
    let first = pages.try_next().await.unwrap().unwrap();
    assert_eq!(server.received().len(), 1);
    assert_eq!((first.status().as_u16(), first.headers()["x-page"].to_str().unwrap()), (200, "0"));
    assert_eq!(first.attempts(), 1);
    assert_eq!(first.next_cursor.as_deref(), Some("1"));

    let mut items = client.bulk().list_users("job").items();
    for _ in 0..2 {
        let _ = items.try_next().await.unwrap().unwrap();
    }
    assert_eq!(server.received().len(), 2, "the second page is fetched when the first is used up");
    let _ = items.try_next().await.unwrap().unwrap();
    assert_eq!(server.received().len(), 3);
}

#[tokio::test]
async fn error_ends_a_list() {
    let server = Server::start(|request| match request.query("cursor").as_deref() {
        Some("1") => Reply::empty(500),
        _ => users(request, 3),
    })
    .await;
    let client = server.client();
    let mut items = client.bulk().list_users("job").items();
    assert!(items.next().await.unwrap().is_ok());
    assert!(items.next().await.unwrap().is_ok());
    assert_eq!(items.next().await.unwrap().unwrap_err().kind(), ErrorKind::Server);
    assert!(items.next().await.is_none());
}

#[tokio::test]
async fn page_comes_before_the_error_of_its_cursor() {
    let again = json!({"items": [{"recipient": "u", "status": "SENT"}], "paging": {"more": true, "cursor": "again"}});
    let server = Server::answering(200, again).await;
    let client = server.client();
    let walked: Vec<_> = client.bulk().list_users("job").cursor("again").items().collect().await;
    assert!(matches!(walked.as_slice(), [Ok(_), Err(error)] if error.kind() == ErrorKind::CursorLoop), "{walked:?}");
    assert_eq!(server.received().len(), 1);
}

#[tokio::test]
async fn loop_is_found_before_a_page_comes_twice() {
    let server = Server::start(|request| {
        let number: usize = request.query("cursor").map_or(0, |cursor| cursor.parse().unwrap());
        Reply::json(200, &json!({"items": [], "paging": {"more": true, "cursor": ((number + 1) % 7).to_string()}}))
    })
    .await;
    let error = walk(&server.client(), "bulk_list_users").await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::CursorLoop);
    assert_eq!(server.received().len(), 8, "the first page and the seven of the circle");
}

/// Pages of these recipients; the cursor is the number of the next.
async fn pages_of(pages: &'static [&'static [&'static str]]) -> Server {
    Server::start(move |request| {
        let number: usize = request.query("cursor").map_or(0, |cursor| cursor.parse().unwrap());
        let users: Vec<Value> =
            pages[number].iter().map(|user| json!({"recipient": user, "status": "ENQUEUED"})).collect();
        let next = (number + 1 < pages.len()).then(|| (number + 1).to_string());
        Reply::json(200, &json!({"items": users, "paging": {"more": next.is_some(), "cursor": next}}))
    })
    .await
}

#[tokio::test]
async fn pages_may_shrink_be_empty_or_repeat_items() {
    let pages: &[&[&str]] = &[&["a", "b", "c"], &["d"], &[], &[], &["d", "a"], &[]];
    for ahead in [0, 1, 9] {
        let server = pages_of(pages).await;
        let users = server.client().bulk().list_users("job").items().prefetch(ahead);
        let users: Vec<String> = users.map_ok(|user| user.recipient.unwrap()).try_collect().await.unwrap();
        assert_eq!(users, ["a", "b", "c", "d", "d", "a"], "the caller decides about duplicates");
        assert_eq!(server.received().len(), 6);
    }
}

#[tokio::test]
async fn take_fetches_no_page_that_it_does_not_need() {
    let pages: &[&[&str]] = &[&["a", "b"], &["c", "d"], &["e", "f"]];
    for (count, expected) in [(0, 0), (1, 1), (2, 1), (3, 2), (6, 3), (7, 3)] {
        let server = pages_of(pages).await;
        let users = server.client().bulk().list_users("job").items().take(count);
        assert_eq!(users.try_collect::<Vec<_>>().await.unwrap().len(), count.min(6));
        assert_eq!(server.received().len(), expected, "{count}");
    }
    let server = pages_of(pages).await;
    let newest = server.client().bulk().list_users("job").pages().take(2).try_collect::<Vec<_>>().await.unwrap();
    assert_eq!((newest.len(), server.received().len()), (2, 2));
}

#[tokio::test]
async fn prefetch_sends_nothing_before_the_first_poll() {
    let server = pages_of(&[&["a"], &["b"], &["c"]]).await;
    let mut users = server.client().bulk().list_users("job").items().prefetch(5);
    tokio::task::yield_now().await;
    assert!(server.received().is_empty());
    assert_eq!(users.try_next().await.unwrap().unwrap().recipient.as_deref(), Some("a"));
    // It also applies to the rest of a list.
    let rest: Vec<_> = users.prefetch(1).map_ok(|user| user.recipient.unwrap()).try_collect().await.unwrap();
    assert_eq!(rest, ["b", "c"]);
}

#[tokio::test]
async fn page_keeps_its_whole_response() {
    let body = json!({"items": [
        {"recipient": "a", "status": "ENQUEUED"},
        {"recipient": 7, "status": "ENQUEUED"},
        "not a user",
        {"recipient": "d", "status": "ENQUEUED"}
    ], "paging": {"more": false}});
    let server = Server::start(move |_| Reply::json(200, &body).with("x-request-id", "req_1")).await;
    let page = server.client().bulk().list_users("job").pages().try_next().await.unwrap().unwrap();
    assert_eq!((page.status().as_u16(), page.attempts(), page.server_request_id()), (200, 1, Some("req_1")));
    let paths: Vec<_> = page.mismatches().iter().map(|mismatch| mismatch.path()).collect();
    assert_eq!(paths, ["items[1].recipient", "items[2]"]);
    assert_eq!((page.items.len(), page.errors.len()), (3, 1));
    assert!(page.errors[0].to_string().contains("item 2 cannot be decoded"), "{}", page.errors[0]);
}

#[tokio::test]
async fn items_and_errors_keep_their_order() {
    let user = |name: &str| json!({"recipient": name, "status": "ENQUEUED"});
    for items in [
        vec![json!(1), user("a"), json!([]), json!(null), user("b"), json!("end")],
        vec![user("a"), user("b")],
        vec![json!(1), json!(2)],
        // Items beyond the maximum number of mismatches are not lost either.
        (0..3000).map(|number| if number % 3 == 0 { user("c") } else { json!(number) }).collect(),
    ] {
        let are_users: Vec<bool> = items.iter().map(Value::is_object).collect();
        let server = Server::answering(200, json!({"items": items, "paging": {"more": false}})).await;
        let rows: Vec<_> = server.client().bulk().list_users("job").items().collect().await;
        assert_eq!(rows.iter().map(Result::is_ok).collect::<Vec<_>>(), are_users);
    }
}

#[tokio::test]
async fn response_that_is_not_a_list_is_an_error() {
    for body in [
        json!([{"recipient": "a", "status": "ENQUEUED"}]),
        json!([]),
        json!({}),
        json!({"users": [], "paging": {"more": false}}),
        json!({"items": null, "paging": {"more": false}}),
        json!({"items": {"0": {"recipient": "a"}}, "paging": {"more": false}}),
        json!({"items": "none", "paging": {"more": false}}),
    ] {
        let server = Server::answering(200, body.clone()).await;
        let client = server.client();
        let items: Vec<_> = client.bulk().list_users("job").items().collect().await;
        assert!(matches!(items.as_slice(), [Err(error)] if error.kind() == ErrorKind::Decode), "{body}: {items:?}");
        let error = client.bulk().list_users("job").pages().try_next().await.unwrap_err();
        assert_eq!((error.kind(), error.operation()), (ErrorKind::Decode, Some("bulk.list_users")), "{body}");
    }
}

#[tokio::test]
async fn empty_last_page_may_repeat_its_cursor() {
    let server = Server::start(|request| {
        let templates = if request.query("cursor").is_none() { json!([{"id": "t"}]) } else { json!([]) };
        Reply::json(200, &json!({"templates": templates, "cursor": "last"}))
    })
    .await;
    let client = server.client();
    let pages: Vec<_> = client.automations().list().pages().try_collect().await.unwrap();
    assert_eq!(pages.iter().map(|page| page.next_cursor.as_deref()).collect::<Vec<_>>(), [Some("last"), None]);
}

/// A server in memory whose pages are empty, except for the last one.
struct EmptyPages(usize);

impl Transport for EmptyPages {
    fn send(&self, attempt: Attempt) -> BoxFuture<'_, Result<http::Response<Body>, TransportError>> {
        let cursor = attempt.request.uri().query().and_then(|query| query.strip_prefix("cursor="));
        let number: usize = cursor.map_or(0, |cursor| cursor.parse().unwrap());
        let items = if number == self.0 { json!([{"recipient": "last", "status": "SENT"}]) } else { json!([]) };
        let more = number < self.0;
        let body = json!({"items": items, "paging": {"more": more, "cursor": (number + 1).to_string()}});
        Box::pin(std::future::ready(Ok(http::Response::new(Body::from(body.to_string())))))
    }
}

#[tokio::test]
async fn empty_pages_do_not_deepen_the_stack() {
    let client = Client::builder().api_key("pk_test_SECRET").transport(EmptyPages(20_000)).build().unwrap();
    let users: Vec<_> = client.bulk().list_users("job").items().try_collect().await.unwrap();
    assert_eq!(users.len(), 1);
}

#[tokio::test]
async fn list_resumes_from_a_saved_cursor() {
    let pages: &[&[&str]] = &[&["a", "b"], &["c"], &["d", "e"]];
    let server = pages_of(pages).await;
    let client = server.client();
    for interrupted_after in 1..4 {
        let (mut seen, mut saved) = (Vec::new(), None);
        let mut first = client.bulk().list_users("job").pages().take(interrupted_after);
        while let Some(page) = first.try_next().await.unwrap() {
            seen.extend(page.items);
            saved = page.next_cursor;
        }
        if let Some(cursor) = saved {
            let rest = client.bulk().list_users("job").cursor(cursor).items();
            seen.extend(rest.try_collect::<Vec<_>>().await.unwrap());
        }
        let seen: Vec<_> = seen.into_iter().map(|user| user.recipient.unwrap()).collect();
        assert_eq!(seen, ["a", "b", "c", "d", "e"]);
    }
}

#[test]
fn streams_can_be_sent_to_another_thread() {
    fn sendable<S: Stream + Send + Unpin>(stream: S) -> S {
        stream
    }
    let client = Client::builder().api_key("pk_test_SECRET").build().unwrap();
    drop(sendable(client.tenants().list().items()));
    drop(sendable(client.tenants().list().pages()));
}
