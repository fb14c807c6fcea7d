//! A refusal by a proxy is reported with the proxy's name and without its password, and is not retried.

#![cfg(any(feature = "rustls", feature = "native-tls"))]
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a test fails by a panic")]

mod support;

use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use support::faulty::{TestClock, everything, read_request};
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpListener;
use trycourier::Client;
use trycourier::http::Method;

#[tokio::test]
#[ignore = "run by another test, in a separate process"]
async fn child_behind_a_proxy() {
    let client = Client::builder().api_key("pk_test_SECRET-KEY").base_url("https://api.courier.example");
    let client = client.clock(TestClock::new()).build().unwrap();
    let error = client.request(Method::POST, "/send").send_raw().await.unwrap_err();
    println!("kind {:?}, attempts {}, transient {}", error.kind(), error.attempts(), error.is_transient());
    println!("sent {}: {error}", error.was_sent());
    println!("everything: {}", everything(&error));
}

#[tokio::test]
async fn refusing_proxy_is_named_and_not_retried() {
    // Also without a scheme, which curl accepts.
    for (status, reason, scheme, host) in [
        (403, "refused to connect", "http://", "127.0.0.1"),
        (407, "requires credentials", "http://", "127.0.0.1"),
        (407, "requires credentials", "", "localhost"),
    ] {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("{host}:{}", listener.local_addr().unwrap().port());
        let requests = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&requests);
        tokio::spawn(async move {
            while let Ok((mut socket, _)) = listener.accept().await {
                let request = read_request(&mut socket, &mut Vec::new()).await.unwrap();
                assert_eq!(request.method, "CONNECT");
                count.fetch_add(1, Ordering::SeqCst);
                let response = format!("HTTP/1.1 {status} No\r\ncontent-length: 0\r\n\r\n");
                socket.write_all(response.as_bytes()).await.unwrap();
            }
        });
        let proxy = format!("{scheme}user:SECRET-PASSWORD@{address}");
        let said = output_of("child_behind_a_proxy", "HTTPS_PROXY", proxy, false).await;
        assert!(said.contains("kind Proxy, attempts 1, transient false"), "{said}");
        assert!(said.contains("sent false") && said.contains(reason), "{said}");
        assert!(said.contains(&format!("the proxy {address}")), "{said}");
        assert!(!said.contains("SECRET"), "{said}");
        assert_eq!(requests.load(Ordering::SeqCst), 1, "{said}");
    }
}

/// Returns the output of one of the ignored tests in a process whose environment names a proxy.
async fn output_of(test: &'static str, variable: &'static str, proxy: String, wrapped: bool) -> String {
    let output = tokio::task::spawn_blocking(move || {
        Command::new(std::env::current_exe().unwrap())
            .envs(wrapped.then_some(("WRAPPED", "yes")))
            .args(["--exact", test, "--ignored", "--nocapture"])
            .env_remove("NO_PROXY")
            .env_remove("no_proxy")
            .env(variable, &proxy)
            .env(variable.to_lowercase(), &proxy)
            .output()
            .unwrap()
    });
    String::from_utf8(output.await.unwrap().stdout).unwrap()
}

#[tokio::test]
#[ignore = "run by another test, in a separate process"]
async fn child_that_speaks_plain_http() {
    let client =
        Client::builder().api_key("pk_test_SECRET-KEY").base_url("http://api.courier.example").allow_http(true);
    let client = client.clock(TestClock::new());
    // A transport around the default one also uses its proxies.
    let client = if std::env::var("WRAPPED").is_ok() { client.wrap_transport(|http| http) } else { client };
    let error = client.build().unwrap().request(Method::POST, "/send").send_raw().await.unwrap_err();
    println!("kind {:?}, attempts {}", error.kind(), error.attempts());
    println!("everything: {}", everything(&error));
}

#[tokio::test]
async fn proxy_credentials_are_in_no_error() {
    for (status, kind, wrapped) in [
        (407, "Proxy, attempts 1", false),
        (502, "Server, attempts 3", false),
        (407, "Proxy, attempts 1", true),
        (502, "Server, attempts 3", true),
    ] {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        tokio::spawn(async move {
            while let Ok((mut socket, _)) = listener.accept().await {
                let mut buffer = Vec::new();
                while let Ok(request) = read_request(&mut socket, &mut buffer).await {
                    let said = request.header("proxy-authorization").unwrap().to_owned();
                    let body = format!("<p>{said} is user:SECRET-P%4055 or SECRET-P@55</p>");
                    let length = body.len();
                    let head = format!("HTTP/1.1 {status} No\r\nx-echo: {said}\r\ncontent-length: {length}\r\n\r\n");
                    socket.write_all([head, body].concat().as_bytes()).await.unwrap();
                }
            }
        });
        let proxy = format!("http://user:SECRET-P%4055@127.0.0.1:{port}");
        let said = output_of("child_that_speaks_plain_http", "HTTP_PROXY", proxy, wrapped).await;
        assert!(said.contains(kind), "{said}");
        assert!(said.contains("[sensitive]") && !said.contains("SECRET"), "{said}");
        // `user:SECRET-P@55` in base64.
        assert!(!said.contains("dXNlcjpTRUNSRVQtUEA1NQ"), "{said}");
    }
}

#[tokio::test]
async fn proxy_that_cannot_be_used_is_named() {
    for scheme in ["socks4", "socks5", "socks5h"] {
        let proxy = format!("{scheme}://user:SECRET@127.0.0.1:1080");
        let output = output_of("child_behind_a_proxy", "HTTPS_PROXY", proxy, false).await;
        assert!(output.contains("the proxy 127.0.0.1:1080, which HTTPS_PROXY names"), "{output}");
        assert!(!output.contains("SECRET"), "{output}");
        // With native-tls, reqwest connects to the proxy before it looks at the scheme.
        if !cfg!(feature = "native-tls") {
            assert!(output.contains("kind Proxy, attempts 1, transient false"), "{output}");
            assert!(output.contains(&format!("{scheme} proxies are not supported")), "{output}");
        }
    }
}

#[tokio::test]
async fn dead_proxy_is_named() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let dead = listener.local_addr().unwrap();
    drop(listener);
    for (address, variable) in [
        (dead.to_string(), "HTTPS_PROXY"),
        (dead.to_string(), "ALL_PROXY"),
        ("no-host.invalid:3128".to_owned(), "HTTPS_PROXY"),
    ] {
        let output = output_of("child_behind_a_proxy", variable, format!("http://user:SECRET@{address}"), false).await;
        assert!(output.contains("kind Connection") && output.contains("sent false"), "{output}");
        assert!(output.contains(&format!("the proxy {address}, which {variable} names")), "{output}");
        assert!(!output.contains("base URL") && !output.contains("SECRET"), "{output}");
    }
}

#[tokio::test]
async fn proxy_token_without_password_is_hidden() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((mut socket, _)) = listener.accept().await {
            let request = read_request(&mut socket, &mut Vec::new()).await.unwrap();
            let credentials = request.header("proxy-authorization").unwrap().to_owned();
            let body = r#"{"message": "unknown user SECRET-TOKEN"}"#;
            let head = format!("HTTP/1.1 502 No\r\nx-echo: {credentials}\r\ncontent-length: {}\r\n\r\n", body.len());
            socket.write_all([&head, body].concat().as_bytes()).await.unwrap();
        }
    });
    let proxy = format!("http://SECRET-TOKEN@127.0.0.1:{port}");
    let output = output_of("child_that_speaks_plain_http", "HTTP_PROXY", proxy, false).await;
    assert!(output.contains("unknown user [sensitive]") && !output.contains("SECRET"), "{output}");
    // `SECRET-TOKEN:` in base64.
    assert!(!output.contains("U0VDUkVULVRPS0VOOg"), "{output}");
}
