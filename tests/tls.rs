//! Over TLS: an untrusted certificate is reported and not retried, and a truncated body is not accepted as complete.
//!
//! `cargo test --package trycourier-bare --features run,native-tls --test tls` runs the same on the platform's library.

#![cfg(any(feature = "rustls", feature = "native-tls"))]
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a test fails by a panic")]

mod support;

use std::io;

use support::faulty::{TestClock, everything};
use support::tls::{Secure, Stream, read_head};
use tokio::io::AsyncWriteExt as _;
use trycourier::ErrorKind;
use trycourier::http::Method;

async fn good(mut stream: Stream, _: usize) -> io::Result<()> {
    loop {
        read_head(&mut stream).await?;
        stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 12\r\n\r\n{\"ok\": true}").await?;
    }
}

#[tokio::test]
async fn rejected_certificate_is_reported_and_not_retried() {
    let wrong_host = Secure::with("api.other.example", false, &[], good).await;
    let expired = Secure::with("localhost", true, &[], good).await;
    let unknown = Secure::start(&[], good).await;
    // If both are enabled, the platform's library is used.
    let library = usize::from(cfg!(feature = "native-tls"));
    for (name, server, builder, reasons) in [
        ("wrong host", &wrong_host, wrong_host.builder(), ["not valid for name", "mismatch"]),
        ("expired", &expired, expired.builder(), ["expired", "expired"]),
        ("unknown authority", &unknown, unknown.stranger(), ["unknown", "unable to get local issuer"]),
    ] {
        let clock = TestClock::new();
        let error = builder.clock(clock.clone()).build().unwrap().request(Method::POST, "/send").send_raw().await;
        let error = error.unwrap_err();
        assert_eq!((error.kind(), error.attempts()), (ErrorKind::Certificate, 1), "{name}: {error}");
        assert!(!error.is_transient() && !error.was_sent() && clock.delays().is_empty(), "{name}");
        let text = error.to_string().to_lowercase();
        assert!(text.contains("certificate") && !text.contains('\n'), "{name}: {text}");
        assert!(text.contains(reasons[library]), "{name}: {text}");
        assert!(!everything(&error).contains("SECRET"));
        assert_eq!(server.connections(), 1, "{name}");
    }
    unknown.builder().build().unwrap().request(Method::GET, "/x").send_raw().await.unwrap();
}

#[tokio::test]
async fn root_certificates_of_several_files_are_all_trusted() {
    let (first, second) = (Secure::start(&[], good).await, Secure::start(&[], good).await);
    for (a, b) in [(&first, &second), (&second, &first)] {
        let builder = first.stranger().root_certificates(a.pem().trim_end()).root_certificates(b.pem());
        let client = builder.build().unwrap();
        client.request(Method::GET, "/x").send_raw().await.unwrap();
    }
}

#[tokio::test]
async fn root_certificates_need_a_certificate() {
    let server = Secure::start(&[], good).await;
    let pem = server.pem();
    let indented: String = pem.lines().map(|line| format!("  {line}\n")).collect();
    for (name, given) in [
        ("a path", "/etc/ssl/corp.pem".to_owned()),
        ("nothing", String::new()),
        ("a key", pem.replace("CERTIFICATE", "PRIVATE KEY")),
        ("another label", pem.replace("CERTIFICATE", "X509 CERTIFICATE")),
        ("indented", indented.clone()),
        ("a byte order mark", format!("\u{feff}{pem}")),
        ("UTF-16", pem.chars().flat_map(|c| [c, '\0']).collect()),
        ("cut", pem[..pem.len() / 2].to_owned()),
        ("broken", pem.replacen("MII", "M*I", 1)),
        ("a second one without a line break", [pem.trim_end(), &pem].concat()),
        ("a second one behind a text", format!("{pem}authority: {pem}")),
        ("a second one behind a byte order mark", format!("{pem}\u{feff}{pem}")),
        ("a second one with another label", format!("{pem}{}", pem.replace("CERTIFICATE", "TRUSTED CERTIFICATE"))),
        ("an indented second one", format!("{pem}{indented}")),
    ] {
        // Trusting another certificate does not help.
        for builder in [server.stranger(), server.stranger().root_certificates(&pem)] {
            let error = builder.root_certificates(&given).build().unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Configuration, "{name}: {error}");
            assert!(error.to_string().contains("`root_certificates`"), "{name}: {error}");
        }
    }
}

/// The bytes that a connection sends before it ends; `true` if it ends with TLS's own closure.
#[derive(Clone, Copy, Debug)]
struct End {
    head: &'static str,
    body: &'static str,
    closes: bool,
}

#[tokio::test]
async fn truncated_body_is_incomplete() {
    let by_length = "HTTP/1.1 202 A\r\ncontent-length: 23\r\n\r\n";
    let by_close = "HTTP/1.1 202 A\r\nconnection: close\r\n\r\n";
    let chunked = "HTTP/1.1 202 A\r\ntransfer-encoding: chunked\r\n\r\n";
    let whole = r#"{"a": 1, "requestId": 1}"#;
    for (end, is_whole) in [
        (End { head: by_close, body: whole, closes: true }, true),
        (End { head: by_close, body: &whole[..9], closes: true }, false),
        (End { head: by_close, body: &whole[..9], closes: false }, false),
        // The JSON is complete, which is all that the platform's library can detect; rustls detects the truncation.
        (End { head: by_close, body: r#"{"a": 1}"#, closes: false }, cfg!(feature = "native-tls")),
        (End { head: by_close, body: "", closes: false }, false),
        (End { head: by_length, body: &whole[..9], closes: false }, false),
        (End { head: by_length, body: &whole[..9], closes: true }, false),
        (End { head: chunked, body: "8\r\n{\"a\": 1}\r\n", closes: false }, false),
        (End { head: chunked, body: "8\r\n{\"a\": 1}\r\n", closes: true }, false),
        (End { head: chunked, body: "8\r\n{\"a\": 1}\r\n0\r\n\r\n", closes: false }, true),
    ] {
        let server = Secure::start(&[], move |mut stream: Stream, number| async move {
            if number > 0 {
                return good(stream, number).await;
            }
            read_head(&mut stream).await?;
            stream.write_all([end.head, end.body].concat().as_bytes()).await?;
            stream.flush().await?;
            if end.closes {
                return stream.shutdown().await;
            }
            // The connection ends below TLS, without a closure alert.
            stream.get_mut().0.shutdown().await
        })
        .await;
        let client = server.builder().clock(TestClock::new()).build().unwrap();
        let response = client.request(Method::POST, "/send").send::<serde_json::Value>().await.unwrap();
        assert_eq!(response.attempts(), if is_whole { 1 } else { 2 }, "{end:?}: {response:?}");

        // Without a retry, the error states that the call was accepted.
        let server_again = Secure::start(&[], move |mut stream: Stream, _| async move {
            read_head(&mut stream).await?;
            stream.write_all([end.head, end.body].concat().as_bytes()).await?;
            stream.flush().await?;
            if end.closes { stream.shutdown().await } else { stream.get_mut().0.shutdown().await }
        })
        .await;
        let client = server_again.builder().options(|options| options.max_retries(0)).build().unwrap();
        let response = client.request(Method::POST, "/send").send::<serde_json::Value>().await;
        assert_eq!(response.is_ok(), is_whole, "{end:?}");
        assert!(response.is_ok() || response.is_err_and(|error| error.was_accepted()), "{end:?}");
    }
}
