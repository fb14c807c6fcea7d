//! A connection that the server closed while nothing polled the runtime is not used again.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a test fails by a panic")]

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;

use http::Method;
use serde_json::json;
use tokio::runtime::{Builder, Runtime};
use trycourier::{Client, ErrorKind, Result};

const OK: &str = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 2\r\n\r\n{}";
const UNSOLICITED: &str = "HTTP/1.1 408 Request Timeout\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";

/// A server that responds to each request, and ends the connection in its own way when the test tells it to.
struct Server {
    url: String,
    /// The method of each request.
    requests: Receiver<String>,
    close: Sender<()>,
    closed: Receiver<()>,
}

impl Server {
    fn start(last_words: &'static str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let (request, requests) = channel();
        let (close, closing) = channel();
        let (gone, closed) = channel();
        thread::spawn(move || {
            for connection in listener.incoming() {
                let mut connection = connection.unwrap();
                if let Some(method) = read_request(&mut connection) {
                    request.send(method).unwrap();
                    connection.write_all(OK.as_bytes()).unwrap();
                    if closing.recv().is_err() {
                        return;
                    }
                    connection.write_all(last_words.as_bytes()).unwrap();
                }
                drop(connection);
                gone.send(()).unwrap();
            }
        });
        Self { url, requests, close, closed }
    }

    /// Closes the idle connection, while no runtime is polled.
    fn close(&self) {
        self.close.send(()).unwrap();
        self.closed.recv().unwrap();
    }
}

fn read_request(connection: &mut TcpStream) -> Option<String> {
    let (mut head, mut byte) = (Vec::new(), [0]);
    while !head.ends_with(b"\r\n\r\n") {
        if connection.read(&mut byte).ok()? == 0 {
            return None;
        }
        head.push(byte[0]);
    }
    let head = String::from_utf8(head).unwrap();
    let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")).map_or(0, |n| n.parse().unwrap());
    connection.read_exact(&mut vec![0; length]).unwrap();
    head.split_whitespace().next().map(str::to_owned)
}

fn current_thread() -> Runtime {
    Builder::new_current_thread().enable_all().build().unwrap()
}

async fn patch(client: &Client) -> Result<()> {
    client.request(Method::PATCH, "/things/1").json(&json!({"a": 1})).send_raw().await.map(drop)
}

#[test]
fn connection_closed_between_calls_is_not_used() {
    for last_words in ["", UNSOLICITED, "garbage", "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}"] {
        let server = Server::start(last_words);
        let (runtime, client) =
            (current_thread(), Client::builder().api_key("key").base_url(&server.url).build().unwrap());
        for _ in 0..5 {
            runtime.block_on(patch(&client)).unwrap();
            server.close();
        }
        runtime.block_on(async { client.request(Method::POST, "/things").send_raw().await }).unwrap();
        let seen: Vec<String> = server.requests.try_iter().collect();
        assert_eq!(seen, ["PATCH", "PATCH", "PATCH", "PATCH", "PATCH", "POST"], "{last_words:?}");
    }
}

/// A task of the same runtime that is awaited by its handle, as a Lambda's handler is.
#[test]
fn spawned_call_does_not_use_a_closed_connection() {
    for last_words in ["", UNSOLICITED] {
        let server = Server::start(last_words);
        let (runtime, client) =
            (current_thread(), Client::builder().api_key("key").base_url(&server.url).build().unwrap());
        for _ in 0..5 {
            let client = client.clone();
            runtime.block_on(async { tokio::spawn(async move { patch(&client).await }).await }).unwrap().unwrap();
            server.close();
        }
        assert_eq!(server.requests.try_iter().count(), 5, "{last_words:?}");
    }
}

#[test]
fn many_closed_connections_are_not_used() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let (close, closing) = channel::<()>();
    let (gone, closed) = channel();
    let requests = thread::spawn(move || {
        // All requests get their responses at the same time, so that each needs a connection.
        let mut connections: Vec<TcpStream> = (0..20).map(|_| listener.accept().unwrap().0).collect();
        connections.iter_mut().for_each(|connection| assert_eq!(read_request(connection).unwrap(), "GET"));
        connections.iter_mut().for_each(|connection| connection.write_all(OK.as_bytes()).unwrap());
        closing.recv().unwrap();
        drop(connections);
        gone.send(()).unwrap();
        let mut connection = listener.accept().unwrap().0;
        let method = read_request(&mut connection).unwrap();
        connection.write_all(OK.as_bytes()).unwrap();
        method
    });
    let (runtime, client) = (current_thread(), Client::builder().api_key("key").base_url(url).build().unwrap());
    let calls = (0..20).map(|_| client.request(Method::GET, "/things").send_raw());
    runtime.block_on(futures::future::try_join_all(calls)).unwrap();
    close.send(()).unwrap();
    closed.recv().unwrap();
    runtime.block_on(patch(&client)).unwrap();
    assert_eq!(requests.join().unwrap(), "PATCH");
}

#[test]
fn open_connection_is_used_again() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let requests = thread::spawn(move || {
        let (mut connection, _) = listener.accept().unwrap();
        let mut count = 0;
        while read_request(&mut connection).is_some() {
            connection.write_all(OK.as_bytes()).unwrap();
            count += 1;
        }
        count
    });
    let (runtime, client) = (current_thread(), Client::builder().api_key("key").base_url(url).build().unwrap());
    (0..5).for_each(|_| runtime.block_on(patch(&client)).unwrap());
    drop((client, runtime));
    assert_eq!(requests.join().unwrap(), 5);
}

#[test]
fn call_without_a_runtime_is_an_error() {
    let client = Client::builder().api_key("key").base_url("http://127.0.0.1:9").build().unwrap();
    let error = futures::executor::block_on(patch(&client)).unwrap_err();
    assert_eq!((error.kind(), error.was_sent(), error.attempts()), (ErrorKind::Configuration, false, 1));
    assert!(error.to_string().contains("tokio runtime"), "{error}");
}

/// A program that makes a runtime for each call has connections of runtimes that ended.
#[test]
fn connection_of_another_runtime_is_not_used() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    thread::spawn(move || {
        for connection in listener.incoming() {
            let mut connection = connection.unwrap();
            thread::spawn(move || {
                while read_request(&mut connection).is_some() {
                    connection.write_all(OK.as_bytes()).unwrap();
                }
            });
        }
    });
    let client = Client::builder().api_key("key").base_url(url).build().unwrap();
    for _ in 0..20 {
        current_thread().block_on(patch(&client)).unwrap();
    }
}
