//! A proxy that refuses is told, by its name and without its password, and not asked again.

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
#[ignore = "run by the test below, in a process of its own"]
async fn child_behind_a_proxy() {
    let client = Client::builder().api_key("pk_test_SECRET-KEY").base_url("https://api.courier.example");
    let client = client.clock(TestClock::new()).build().unwrap();
    let error = client.request(Method::POST, "/send").send_raw().await.unwrap_err();
    println!("kind {:?}, attempts {}, transient {}", error.kind(), error.attempts(), error.is_transient());
    println!("sent {}: {error}", error.was_sent());
    println!("everything: {}", everything(&error));
}

#[tokio::test]
async fn a_proxy_that_refuses_is_named_without_its_password_and_not_asked_again() {
    for (status, words) in [(403, "refuses to connect"), (407, "wants credentials")] {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let asked = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&asked);
        tokio::spawn(async move {
            while let Ok((mut socket, _)) = listener.accept().await {
                let request = read_request(&mut socket, &mut Vec::new()).await.unwrap();
                assert_eq!(request.method, "CONNECT");
                count.fetch_add(1, Ordering::SeqCst);
                let answer = format!("HTTP/1.1 {status} No\r\ncontent-length: 0\r\n\r\n");
                socket.write_all(answer.as_bytes()).await.unwrap();
            }
        });
        let output = tokio::task::spawn_blocking(move || {
            Command::new(std::env::current_exe().unwrap())
                .args(["--exact", "child_behind_a_proxy", "--ignored", "--nocapture"])
                .env("HTTPS_PROXY", format!("http://user:SECRET-PASSWORD@{address}"))
                .env_remove("NO_PROXY")
                .env_remove("no_proxy")
                .output()
                .unwrap()
        });
        let said = String::from_utf8(output.await.unwrap().stdout).unwrap();
        assert!(said.contains("kind Proxy, attempts 1, transient false"), "{said}");
        assert!(said.contains("sent false") && said.contains(words), "{said}");
        assert!(said.contains(&format!("the proxy {address}")), "{said}");
        assert!(!said.contains("SECRET"), "{said}");
        assert_eq!(asked.load(Ordering::SeqCst), 1, "{said}");
    }
}
