//! Despite any fault of the network or the server, a call ends in one clear error or in success. Each case defines
//! the number of attempts, the delays between them, the idempotency key, and the error.
//!
//! `cargo test --test faults -- --nocapture` prints a table of the cases.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a test fails by a panic")]

mod support;

use std::future::Future;
use std::io::Write as _;
use std::time::Duration;

use futures::stream::{self, StreamExt as _};
use serde_json::json;
use support::faulty::{Act, Faulty, KEY, TestClock, answer, everything};
use trycourier::{Client, Error, ErrorKind, types};

/// A response that suits every call of these tests.
const GOOD: &str = r#"{"requestId": "1-abc", "id": "list", "name": "A list"}"#;
const LIST: &str = "SECRET-LIST";
const BODY: &str = "SECRET-BODY";

fn good() -> Act {
    Act::answer(202, &[("content-type", "application/json")], GOOD)
}

fn gzipped(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn message() -> types::Message {
    serde_json::from_value(json!({"to": {"user_id": "u"}, "content": {"title": "t", "body": BODY}})).unwrap()
}

/// A mismatch is a fault here; `tests/total_responses.rs` covers the default.
fn strict(client: &Client) -> Client {
    client.with_options(|options| options.strict_decoding(true))
}

async fn send(client: &Client) -> Result<(), Error> {
    strict(client).send().message(message()).await.map(|sent| assert_eq!(sent.request_id, "1-abc"))
}

async fn get(client: &Client) -> Result<(), Error> {
    strict(client).lists().retrieve(LIST).await.map(|list| assert_eq!(list.name, "A list"))
}

/// Fails a test that hangs.
async fn in_time<T>(name: &str, call: impl Future<Output = T>) -> T {
    tokio::time::timeout(Duration::from_secs(20), call).await.unwrap_or_else(|_| panic!("{name} hangs"))
}

fn assert_no_secret(name: &str, error: &Error) {
    let text = everything(error);
    for secret in [KEY, LIST, BODY, "SECRET"] {
        assert!(!text.contains(secret), "{name}: {text}");
    }
}

/// The expected behavior of a call that meets a fault.
struct Case {
    name: &'static str,
    /// `None` if no server listens.
    fault: Option<Act>,
    /// The error if the fault persists; `None` for a success.
    kind: Option<ErrorKind>,
    status: Option<u16>,
    /// The delay before the first retry of a `GET` or of a call with a key; `None` if it is not retried.
    delay: Option<u64>,
    /// `true` if a `POST` without a key is also retried.
    keyless: bool,
    sent: bool,
    timeout: Duration,
}

fn case(name: &'static str, fault: Act, kind: ErrorKind, status: impl Into<Option<u16>>) -> Case {
    let (fault, kind, status) = (Some(fault), Some(kind), status.into());
    Case { name, fault, kind, status, delay: Some(500), keyless: false, sent: true, timeout: Duration::from_secs(10) }
}

impl Case {
    /// Expects no retry.
    fn once(mut self) -> Self {
        self.delay = None;
        self
    }

    fn after(mut self, milliseconds: u64) -> Self {
        self.delay = Some(milliseconds);
        self
    }

    fn too_slow(mut self) -> Self {
        // An immediate response must be within the timeout even on a busy machine.
        self.timeout = Duration::from_millis(300);
        self
    }

    fn is_too_slow(&self) -> bool {
        self.timeout < Duration::from_secs(1)
    }

    fn keyless_too(mut self) -> Self {
        self.keyless = true;
        self
    }

    fn harmless(mut self) -> Self {
        (self.kind, self.delay) = (None, None);
        self
    }
}

fn connections() -> Vec<Case> {
    let all = answer(202, &[], GOOD);
    let half_head = &all[..20];
    let half_body = &all[..all.len() - 9];
    let half_error = "HTTP/1.1 503 No\r\ncontent-length: 50\r\n\r\n<html>";
    let wished = "HTTP/1.1 202 Accepted\r\nx-should-retry: true\r\ncontent-length: 50\r\n\r\n{";
    let chunked = "HTTP/1.1 202 Accepted\r\ntransfer-encoding: chunked\r\n\r\n6\r\n{\"requ\r\n";
    let trickled = "HTTP/1.1 202 Accepted\r\ncontent-length: 1000000\r\n\r\n";
    use ErrorKind::{Connection, Server, Timeout};
    vec![
        Case { fault: None, sent: false, ..case("connection refused", good(), Connection, None).keyless_too() },
        case("reset before the request is read", Act::reset_unread(), Connection, None),
        case("closed before the request is read", Act::close_unread(), Connection, None),
        case("reset after the request is read", Act::says_and_resets(""), Connection, None),
        case("closed after the request is read", Act::says_and_closes(""), Connection, None),
        case("reset half-way through the headers", Act::says_and_resets(half_head), Connection, None),
        case("closed half-way through the headers", Act::says_and_closes(half_head), Connection, None),
        case("reset half-way through the body", Act::says_and_resets(half_body), Connection, 202),
        case("Content-Length too large, then closed", Act::says_and_closes(half_body), Connection, 202),
        case("the same, x-should-retry: true", Act::says_and_closes(wished), Connection, 202),
        case("chunks without an end, then closed", Act::says_and_closes(chunked), Connection, 202),
        case("a chunk without a length", Act::says([chunked, "xyz\r\n"].concat()), Connection, 202),
        case("503 reset half-way through its body", Act::says_and_resets(half_error), Server, 503),
        case(
            "Content-Length that is not a number",
            Act::says("HTTP/1.1 202 A\r\ncontent-length: -5\r\n\r\n{}"),
            Connection,
            None,
        ),
        case(
            "two Content-Lengths",
            Act::says("HTTP/1.1 202 A\r\ncontent-length: 2\r\ncontent-length: 3\r\n\r\n{}"),
            Connection,
            None,
        ),
        case("no HTTP", Act::says_and_closes("SSH-2.0-OpenSSH_9.6\r\n\r\n"), Connection, None),
        case("1,000 headers", Act::answer(202, &[("x", "y"); 1000], GOOD), Connection, None),
        case("a header of 1 MB", Act::answer(202, &[("x", &"y".repeat(1_000_000))], GOOD), Connection, None),
        case("no response at all", Act::says_and_hangs(""), Timeout, None).too_slow(),
        case("headers that trickle", Act::trickles("HTTP/1.1 202 Accepted\r\n", b"x-a: b\r\n"), Timeout, None)
            .too_slow(),
        case("endless interim responses", Act::trickles("", b"HTTP/1.1 103 Early\r\n\r\n"), Timeout, None).too_slow(),
        case("a body that trickles", Act::trickles(trickled, b" "), Timeout, 202).too_slow(),
        case(
            "503 with a body that trickles",
            Act::trickles("HTTP/1.1 503 No\r\ncontent-length: 1000000\r\n\r\n", b" "),
            Server,
            503,
        )
        .too_slow(),
    ]
}

fn bodies() -> Vec<Case> {
    let deep = format!("{{\"requestId\": {}{}}}", "[".repeat(10_000), "]".repeat(10_000));
    let html = "<html><body>502 Bad Gateway</body></html>";
    let flood = Act::trickles("HTTP/1.1 202 Accepted\r\ntransfer-encoding: chunked\r\n\r\nFFFFF\r\n", b"x");
    let large = Act::says("HTTP/1.1 202 Accepted\r\ncontent-length: 5000000000\r\n\r\n");
    let zip = [("content-encoding", "gzip")];
    let good = GOOD.as_bytes();
    let members = [gzipped(&good[..9]), gzipped(&good[9..])].concat();
    let bomb = gzipped(&vec![b' '; 32 << 20]);
    assert!(bomb.len() < 64 * 1024);
    use ErrorKind::{
        BadRequest, Connection, Decode, EmptyBody, Mismatch, ResponseTooLarge, Server, Timeout, UnexpectedResponse,
    };
    vec![
        case(
            "Content-Length too small",
            Act::says([&answer(202, &[], &GOOD[..9]), GOOD.as_bytes()].concat()),
            Decode,
            202,
        ),
        case("truncated JSON", Act::answer(202, &[], &GOOD[..9]), Decode, 202),
        case("malformed JSON", Act::answer(202, &[], "{\"requestId\": nope}"), Decode, 202).once(),
        case("more after the JSON", Act::answer(202, &[], [GOOD, GOOD].concat()), Decode, 202).once(),
        case(
            "invalid UTF-8",
            Act::answer(202, &[], b"{\"requestId\": \"\xff\xfe\", \"id\": \"\xff\", \"name\": \"\xff\"}"),
            Mismatch,
            202,
        )
        .once(),
        case("JSON 10,000 deep", Act::answer(202, &[], &deep), Mismatch, 202).once(),
        case("400 with JSON 10,000 deep", Act::answer(400, &[], &deep), BadRequest, 400).once(),
        case("JSON of another type", Act::answer(200, &[], "[1, 2]"), Mismatch, 200).once(),
        case(
            "a field of another type",
            Act::answer(200, &[], r#"{"requestId": 1, "id": 1, "name": 1}"#),
            Mismatch,
            200,
        )
        .once(),
        case("null", Act::answer(200, &[], "null"), EmptyBody, 200).once(),
        case("HTML with a 200", Act::answer(200, &[("content-type", "text/html")], html), UnexpectedResponse, 200)
            .once(),
        case("a success without its body", Act::answer(202, &[], ""), EmptyBody, 202).once(),
        case("204", Act::says("HTTP/1.1 204 No Content\r\n\r\n"), EmptyBody, 204).once(),
        case("HTML 502", Act::answer(502, &[("content-type", "text/html")], html), Server, 502),
        case("empty 503", Act::answer(503, &[], ""), Server, 503),
        case("a response of 5 GB, announced", large, ResponseTooLarge, 202).once(),
        case("an endless response", flood, Timeout, 202).too_slow(),
        case("gzip bomb", Act::answer(202, &zip, &bomb), ResponseTooLarge, 202).once(),
        case("503 with a gzip bomb", Act::answer(503, &zip, &bomb), Server, 503),
        case("invalid gzip", Act::answer(202, &zip, GOOD), Connection, 202),
        case("gzip cut short", Act::answer(202, &zip, &gzipped(GOOD.as_bytes())[..30]), Connection, 202),
        case("gzip", Act::answer(202, &zip, gzipped(GOOD.as_bytes())), Decode, 202).harmless(),
        case("GZIP", Act::answer(202, &[("content-encoding", "GZIP")], gzipped(GOOD.as_bytes())), Decode, 202)
            .harmless(),
        case("x-gzip", Act::answer(202, &[("content-encoding", "X-Gzip")], gzipped(GOOD.as_bytes())), Decode, 202)
            .harmless(),
        case("gzip of two members", Act::answer(202, &zip, &members), Decode, 202).harmless(),
        case(
            "gzip with trailing data",
            Act::answer(202, &zip, [gzipped(good), b"<more>".to_vec()].concat()),
            Decode,
            202,
        )
        .harmless(),
        case("gzip padded with zeros", Act::answer(202, &zip, [gzipped(good), vec![0; 512]].concat()), Decode, 202)
            .harmless(),
        case("gzip whose second member is cut", Act::answer(202, &zip, &members[..members.len() - 9]), Connection, 202),
        case("gzip with an empty member", Act::answer(202, &zip, [gzipped(b""), gzipped(good)].concat()), Decode, 202)
            .harmless(),
        case("an empty body, declared as gzip", Act::answer(202, &zip, ""), EmptyBody, 202).once(),
        case("gzip of an empty body", Act::answer(202, &zip, gzipped(b"")), EmptyBody, 202).once(),
        case("204, declared as gzip", Act::says("HTTP/1.1 204 N\r\ncontent-encoding: gzip\r\n\r\n"), EmptyBody, 204)
            .once(),
        case("503 without a body, declared as gzip", Act::answer(503, &zip, ""), Server, 503),
        case("identity", Act::answer(202, &[("content-encoding", "identity")], good), Decode, 202).harmless(),
        case("503 in gzip", Act::answer(503, &zip, gzipped(html.as_bytes())), Server, 503),
        case(
            "HTTP/1.0, ended by closing",
            Act::says_and_closes(["HTTP/1.0 202 Accepted\r\n\r\n", GOOD].concat()),
            Decode,
            202,
        )
        .harmless(),
        case(
            "100 and 103, then the response",
            Act::says([b"HTTP/1.1 100 C\r\n\r\nHTTP/1.1 103 E\r\n\r\n", &answer(202, &[], GOOD)[..]].concat()),
            Decode,
            202,
        )
        .harmless(),
        case("a status that is not described", Act::answer(299, &[], GOOD), Decode, 299).harmless(),
    ]
}

fn statuses() -> Vec<Case> {
    use ErrorKind::*;
    let with = |status, headers: &[(&str, &str)]| Act::answer(status, headers, "");
    let error = |status| Act::answer(status, &[], r#"{"message": "No.", "type": "invalid_request_error"}"#);
    let (soon, late) = (TestClock::DATE + Duration::from_secs(30), TestClock::DATE + Duration::from_secs(90));
    let date = |date: Duration| httpdate(date);
    let limited = |name, headers: &[(&str, &str)]| case(name, with(429, headers), RateLimited, 429).keyless_too();
    vec![
        case("400", error(400), BadRequest, 400).once(),
        case("401", error(401), Authentication, 401).once(),
        case("402", error(402), PaymentRequired, 402).once(),
        case("403", error(403), Permission, 403).once(),
        case("404", error(404), NotFound, 404).once(),
        case("408", error(408), RequestTimeout, 408),
        case("409", error(409), Conflict, 409),
        case("413", error(413), PayloadTooLarge, 413).once(),
        case("418", error(418), Client, 418).once(),
        case("422", error(422), Unprocessable, 422).once(),
        case("500", error(500), Server, 500),
        case("504", error(504), Server, 504),
        limited("429", &[]),
        limited("429, Retry-After: 7", &[("retry-after", "7")]).after(7000),
        limited("429, Retry-After: 2.5", &[("retry-after", "2.5")]).after(2500),
        limited("429, Retry-After: a date in 30 s", &[("retry-after", &date(soon))]).after(30_000),
        limited("429, retry-after-ms: 1500", &[("retry-after-ms", "1500")]).after(1500),
        limited("429, both", &[("retry-after", "7"), ("retry-after-ms", "20")]).after(20),
        limited("429, retry-after-ms: soon, Retry-After: 7", &[("retry-after", "7"), ("retry-after-ms", "soon")])
            .after(7000),
        limited("429, Retry-After: 60", &[("retry-after", "60")]).after(60_000),
        limited("429, Retry-After: 61", &[("retry-after", "61")]),
        limited("429, Retry-After: 0", &[("retry-after", "0")]),
        limited("429, Retry-After: -5", &[("retry-after", "-5")]),
        limited("429, retry-after-ms: -5", &[("retry-after-ms", "-5")]),
        limited("429, Retry-After: 10^30", &[("retry-after", "1000000000000000000000000000000")]),
        limited("429, Retry-After: 1e999", &[("retry-after", "1e999")]),
        limited("429, Retry-After: NaN", &[("retry-after", "NaN")]),
        limited("429, Retry-After: soon", &[("retry-after", "soon")]),
        limited("429, Retry-After: nothing", &[("retry-after", "")]),
        limited("429, Retry-After: a date in 90 s", &[("retry-after", &date(late))]),
        limited("429, Retry-After: a date in 1970", &[("retry-after", "Thu, 01 Jan 1970 00:00:00 GMT")]),
        case("503, Retry-After: 3", with(503, &[("retry-after", "3")]), Server, 503).after(3000),
        case("503, x-should-retry: false", with(503, &[("x-should-retry", "false")]), Server, 503).once(),
        case("503, x-should-retry: true", with(503, &[("x-should-retry", "true")]), Server, 503).keyless_too(),
        case("503, x-should-retry: maybe", with(503, &[("x-should-retry", "maybe")]), Server, 503),
        case("429, x-should-retry: false", with(429, &[("x-should-retry", "false")]), RateLimited, 429).once(),
        case("400, x-should-retry: true", with(400, &[("x-should-retry", "true")]), BadRequest, 400).keyless_too(),
        case("202 without its body, x-should-retry: true", with(202, &[("x-should-retry", "true")]), EmptyBody, 202)
            .once(),
        case("999", with(999, &[]), Server, 999).once(),
    ]
}

fn httpdate(since_1970: Duration) -> String {
    httpdate::fmt_http_date(std::time::SystemTime::UNIX_EPOCH + since_1970)
}

fn redirects(other: &str) -> Vec<Case> {
    use ErrorKind::Redirect;
    let to = |status, location: &str| Act::answer(status, &[("location", location)], "");
    vec![
        case("307 to another host", to(307, other), Redirect, 307).once(),
        case("308 to another host", to(308, other), Redirect, 308).once(),
        case("307 to another host, by //", to(307, other.strip_prefix("http:").unwrap()), Redirect, 307).once(),
        case("302 on the same host", to(302, "/elsewhere"), Redirect, 302).once(),
        case("303 on the same host", to(303, "/elsewhere"), Redirect, 303).once(),
        case("307 to a file", to(307, "file:///etc/passwd"), Redirect, 307).once(),
        case("307 to nothing", to(307, "http://"), Redirect, 307).once(),
        case("307 without a location", Act::answer(307, &[], ""), Redirect, 307).once(),
        case("304", Act::answer(304, &[], ""), Redirect, 304).once(),
        case("307 to itself, endlessly", to(307, "/again"), Redirect, None).once(),
    ]
}

#[derive(Clone, Copy, PartialEq)]
enum How {
    Keyed,
    Keyless,
    Get,
}

/// Makes a case's call against a script, and checks the attempts, the delays and the keys.
async fn run(case: &Case, script: Vec<Act>, how: How, attempts: u32) -> Result<(), Error> {
    // The response that follows a fault gets enough time.
    let timeout = if script.len() > 1 && case.is_too_slow() { Duration::from_secs(1) } else { case.timeout };
    let server = if case.fault.is_some() { Faulty::start(script).await } else { Faulty::nobody().await };
    let clock = TestClock::new();
    let client = server
        .builder()
        .clock(clock.clone())
        .options(|options| options.attempt_timeout(timeout))
        .options(|options| options.idempotency_keys(how != How::Keyless).max_response_bytes(4 << 20))
        .build()
        .unwrap();
    let call = async { if how == How::Get { get(&client).await } else { send(&client).await } };
    let outcome = in_time(case.name, call).await;

    let first = case.delay.unwrap_or_default();
    let second = if first == 500 { 1000 } else { first };
    let delays = [u128::from(first), u128::from(second)];
    assert_eq!(clock.delays(), delays[..attempts as usize - 1], "{}", case.name);
    let seen = server.seen();
    let keys: Vec<Option<&str>> = seen.iter().map(|request| request.header("idempotency-key")).collect();
    assert!(keys.iter().all(|key| *key == keys[0] && key.is_some() == (how == How::Keyed)), "{}: {keys:?}", case.name);
    if case.fault.is_some() && !case.name.contains("307 to itself") {
        // On a busy machine, an attempt can time out before the server reads it.
        assert!(server.acts() <= attempts as usize, "{}", case.name);
        assert!(server.acts() == attempts as usize || case.is_too_slow(), "{}", case.name);
    }
    for request in &seen {
        assert_eq!(request.header("authorization"), Some(format!("Bearer {KEY}").as_str()), "{}", case.name);
        assert_eq!(request.body, seen[0].body, "{}", case.name);
    }
    if let Err(error) = &outcome {
        assert_eq!(error.attempts(), attempts, "{}: {error}", case.name);
        assert_no_secret(case.name, error);
    }
    outcome
}

#[tokio::test]
async fn every_fault_ends_in_success_or_one_error() {
    let elsewhere = Faulty::start(vec![good()]).await;
    let cases =
        [connections(), bodies(), statuses(), redirects(&elsewhere.url)].into_iter().flatten().collect::<Vec<_>>();
    // Only two timing cases run at a time, and separately from the others, whose work would use up the time: building a
    // client alone takes a tenth of a second.
    let (slow, quick): (Vec<&Case>, Vec<&Case>) = cases.iter().partition(|case| case.is_too_slow());
    let mut lines: Vec<String> = stream::iter(slow).map(met).buffered(2).collect().await;
    lines.extend(stream::iter(quick).map(met).buffered(8).collect::<Vec<_>>().await);
    println!("{:<46} {:>5} {:>7} {:<12} {:<6} outcome", "fault", "tries", "keyless", "delays (ms)", "status");
    println!("{}", lines.join("\n"));
    assert_eq!(elsewhere.connections(), 0, "a redirect was followed to another host");
}

/// Runs a case with each kind of call, and returns its line of the table.
async fn met(case: &Case) -> String {
    let fault = vec![case.fault.clone().unwrap_or_else(good)];
    let tries = if case.delay.is_some() { 3 } else { 1 };
    let keyless = if case.keyless { tries } else { 1 };
    for (how, attempts) in [(How::Keyed, tries), (How::Get, tries), (How::Keyless, keyless)] {
        let outcome = run(case, fault.clone(), how, attempts).await;
        // A send without its id is worse than a mismatch.
        let lacks_id = case.name == "JSON of another type" && how != How::Get;
        let kind = if lacks_id { Some(ErrorKind::EmptyBody) } else { case.kind };
        assert_eq!(outcome.as_ref().err().map(Error::kind), kind, "{}", case.name);
        let Err(error) = outcome else { continue };
        let status = error.status().map(|status| status.as_u16());
        assert_eq!(status, case.status, "{}: {error}", case.name);
        assert_eq!(error.was_sent(), case.sent, "{}", case.name);
        let is_from_courier = error.kind() != ErrorKind::UnexpectedResponse;
        let is_success = status.is_some_and(|status| status / 100 == 2);
        assert_eq!(error.was_accepted(), is_success && is_from_courier, "{}", case.name);
    }
    // After a fault that goes away, the call succeeds.
    if let (Some(fault), Some(_)) = (&case.fault, case.delay) {
        for how in [How::Keyed, How::Get] {
            run(case, vec![fault.clone(), good()], how, 2)
                .await
                .unwrap_or_else(|error| panic!("{}: {error}", case.name));
        }
    }
    let delays = match case.delay {
        None => "-".to_owned(),
        Some(500) => "500, 1000".to_owned(),
        Some(delay) => format!("{delay}, {delay}"),
    };
    let status = case.status.map_or("-".to_owned(), |status| status.to_string());
    let kind = case.kind.map_or("success".to_owned(), |kind| format!("{kind:?}"));
    format!("{:<46} {tries:>5} {keyless:>7} {delays:<12} {status:<6} {kind}", case.name)
}
