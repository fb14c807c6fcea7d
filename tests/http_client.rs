//! A client of reqwest, given by `http_client`, is used or refused.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a test fails by a panic")]

mod support;

use support::faulty::{Act, Faulty};
use support::scripted::{Scripted, good};
use trycourier::transport::{Attempt, Body, BoxFuture, Http, Transport, TransportError};
use trycourier::{Client, ErrorKind, http, reqwest};

struct Unchanged(Http);

impl Transport for Unchanged {
    fn send(&self, attempt: Attempt) -> BoxFuture<'_, Result<http::Response<Body>, TransportError>> {
        self.0.send(attempt)
    }
}

#[test]
fn client_without_effect_is_refused() {
    let builder = || Client::builder().api_key("key").http_client(reqwest::Client::new());
    let error = builder().transport(Scripted::outcomes(vec![good])).build().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Configuration);
    assert!(error.to_string().contains("transport"), "{error}");
    assert!(builder().wrap_transport(Unchanged).build().is_ok());
}

#[tokio::test]
async fn bodyless_operation_has_a_content_length_of_zero() {
    let server = Faulty::start(vec![Act::answer(200, &[], "{}")]).await;
    let client = server.builder().http_client(reqwest::Client::new()).build().unwrap();
    client.bulk().run_job("j").send_raw().await.unwrap();
    assert_eq!(server.seen()[0].header("content-length"), Some("0"));
}
