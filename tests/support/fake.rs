//! Asking the fake without a client.

#![allow(clippy::expect_used, reason = "a test fails by a panic")]

use serde_json::Value;
use trycourier::Bytes;
use trycourier::testing::Courier;

/// Status and body of the response to a request; an empty body is null.
pub fn ask(courier: &Courier, method: &str, target: &str, body: Value) -> (u16, Value) {
    let answer = courier.answer(&request(method, target, &body));
    (answer.status().as_u16(), serde_json::from_slice(answer.body()).unwrap_or_default())
}

/// The body of a response that has to be a success.
pub fn told(courier: &Courier, method: &str, target: &str, body: Value) -> Value {
    let (status, answer) = ask(courier, method, target, body);
    assert!((200..300).contains(&status), "{method} {target}: {status} {answer}");
    answer
}

pub fn request(method: &str, target: &str, body: &Value) -> http::Request<Bytes> {
    let body = if body.is_null() { Bytes::new() } else { body.to_string().into() };
    let request = http::Request::builder().method(method).uri(target).header("authorization", "Bearer test");
    request.body(body).expect("a request")
}
