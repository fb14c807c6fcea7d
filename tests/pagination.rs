//! Every operation that pages can be walked, whichever shape it pages by.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a test fails by a panic")]

mod support;

use futures::{Stream, StreamExt as _, TryStreamExt as _};
use serde_json::{Value, json};
use support::sample::{Samples, Style};
use support::{Received, Reply, Server, description, operations};
use trycourier::ext::{Page, Paginate};
use trycourier::types::MessageStatus;
use trycourier::{Client, Error, ErrorKind};

include!(concat!(env!("OUT_DIR"), "/every_list.rs"));

/// Walks an operation's pages, and counts the items and the pages.
async fn counted<P: Paginate>(id: &str, call: P) -> Result<(usize, usize), Error> {
    assert_eq!(P::OPERATION.id.replace('.', "_"), id);
    let pages = call.pages().try_collect::<Vec<Page<P::Item>>>().await?;
    Ok((pages.iter().map(|page| page.items.len()).sum(), pages.len()))
}

/// The operations of the description that take a cursor. That each has the helper is why `every_list.rs` compiles.
fn paged(description: &Value) -> Vec<(String, Value)> {
    let takes_cursor = |operation: &Value| {
        let mut parameters = operation["parameters"].as_array().into_iter().flatten();
        parameters.any(|parameter| parameter["name"] == "cursor")
    };
    let operations = operations(description).into_iter().filter(|(.., operation)| takes_cursor(operation));
    operations.map(|(id, _, _, operation)| (id, operation)).collect()
}

/// How a page of an operation says what comes after it.
#[derive(Clone, Copy, Debug)]
enum End {
    Cursor(&'static str),
    /// It says so, and has a cursor all the same.
    No,
    Null,
    Empty,
    Absent,
    /// It says that there is more, and has no cursor.
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
    let (place, cursor) = match page {
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
        End::Cursor(next) => place[cursor] = json!(next),
        // The shapes without a flag have nothing but the cursor to say it with.
        End::No if place["more"].is_null() && place["has_more"].is_null() => place[cursor] = Value::Null,
        End::No => place[cursor] = json!("one more"),
        End::Null | End::Lost => place[cursor] = Value::Null,
        End::Empty => place[cursor] = json!(""),
        End::Absent => {
            place.as_object_mut().unwrap().remove(cursor);
        }
    }
    page
}

#[tokio::test]
async fn every_shape_is_walked_to_each_of_its_ends() {
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
async fn a_list_that_should_go_on_without_a_cursor_is_not_taken_for_complete() {
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
async fn a_cursor_that_comes_back_ends_every_shape_in_an_error() {
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
async fn a_walk_starts_at_the_calls_cursor_and_keeps_every_other_parameter() {
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
        [
            "cursor=middle&recipient=user+1&status=SENT&status=OPENED",
            "cursor=last&recipient=user+1&status=SENT&status=OPENED"
        ]
    );
}

#[tokio::test]
async fn nothing_is_sent_before_it_is_asked_for_and_a_page_has_its_answers_status_and_headers() {
    let server = Server::start(|request| users(request, 3)).await;
    let client = server.client();
    let mut pages = client.bulk().list_users("job").pages();
    assert!(server.received().is_empty());
    let first = pages.try_next().await.unwrap().unwrap();
    assert_eq!(server.received().len(), 1);
    assert_eq!((first.status.as_u16(), first.headers["x-page"].to_str().unwrap()), (200, "0"));
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
async fn a_walk_ends_after_an_error() {
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
async fn the_page_whose_cursor_leads_back_is_given_before_the_error() {
    let again = json!({"items": [{"recipient": "u", "status": "SENT"}], "paging": {"more": true, "cursor": "again"}});
    let server = Server::answering(200, again).await;
    let client = server.client();
    let walked: Vec<_> = client.bulk().list_users("job").cursor("again").items().collect().await;
    assert!(matches!(walked.as_slice(), [Ok(_), Err(error)] if error.kind() == ErrorKind::CursorLoop), "{walked:?}");
    assert_eq!(server.received().len(), 1);
}

#[tokio::test]
async fn a_circle_of_pages_is_found_before_a_page_comes_twice() {
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
async fn pages_that_shrink_are_empty_or_repeat_items_are_given_as_they_are() {
    let pages: &[&[&str]] = &[&["a", "b", "c"], &["d"], &[], &[], &["d", "a"], &[]];
    for ahead in [0, 1, 9] {
        let server = pages_of(pages).await;
        let users = server.client().bulk().list_users("job").items().prefetch(ahead);
        let users: Vec<String> = users.map_ok(|user| user.recipient.unwrap()).try_collect().await.unwrap();
        assert_eq!(users, ["a", "b", "c", "d", "d", "a"], "what is listed twice is for the caller to judge");
        assert_eq!(server.received().len(), 6);
    }
}

#[tokio::test]
async fn no_page_is_asked_for_that_is_not_needed() {
    let pages: &[&[&str]] = &[&["a", "b"], &["c", "d"], &["e", "f"]];
    for (limit, expected) in [(0, 0), (1, 1), (2, 1), (3, 2), (6, 3), (7, 3)] {
        for ahead in [0, 5] {
            let server = pages_of(pages).await;
            let users = server.client().bulk().list_users("job").items().limit(limit).prefetch(ahead);
            assert_eq!(users.try_collect::<Vec<_>>().await.unwrap().len(), limit.min(6));
            assert_eq!(server.received().len(), expected, "{limit} with {ahead} ahead");
        }
    }
    let server = pages_of(pages).await;
    assert_eq!(
        server.client().bulk().list_users("job").pages().limit(2).try_collect::<Vec<_>>().await.unwrap().len(),
        2
    );
    assert_eq!(server.received().len(), 2);
}

#[tokio::test]
async fn a_list_is_gone_on_with_from_a_saved_cursor() {
    let pages: &[&[&str]] = &[&["a", "b"], &["c"], &["d", "e"]];
    let server = pages_of(pages).await;
    let client = server.client();
    for interrupted_after in 1..4 {
        let (mut seen, mut saved) = (Vec::new(), None);
        let mut first = client.bulk().list_users("job").pages().limit(interrupted_after);
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
fn the_streams_can_be_sent_to_another_thread() {
    fn sendable<S: Stream + Send + Unpin>(stream: S) -> S {
        stream
    }
    let client = Client::builder().api_key("pk_test_SECRET").build().unwrap();
    drop(sendable(client.tenants().list().items()));
    drop(sendable(client.tenants().list().pages()));
}
