//! Calls the fake without a client.

#![allow(clippy::expect_used, reason = "a test fails by a panic")]

use serde_json::Value;
use trycourier::Bytes;
use trycourier::testing::Courier;

/// Returns the status and the body of a response; an empty body is null.
pub fn ask(courier: &Courier, method: &str, target: &str, body: Value) -> (u16, Value) {
    let response = courier.handle(&request(method, target, &body));
    (response.status().as_u16(), serde_json::from_slice(response.body()).unwrap_or_default())
}

/// Returns the body of a response that must be a success.
pub fn succeed(courier: &Courier, method: &str, target: &str, body: Value) -> Value {
    let (status, response) = ask(courier, method, target, body);
    assert!((200..300).contains(&status), "{method} {target}: {status} {response}");
    response
}

pub fn request(method: &str, target: &str, body: &Value) -> http::Request<Bytes> {
    let body = if body.is_null() { Bytes::new() } else { body.to_string().into() };
    let request = http::Request::builder().method(method).uri(target).header("authorization", "Bearer test");
    request.body(body).expect("a request")
}
