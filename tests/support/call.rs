//! A call of any operation, by its id.
#![allow(dead_code, reason = "each test uses its part")]

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use trycourier::Response;

use crate::support::sample::{Samples, Style};

mod generated {
    use trycourier::types;

    use super::{Value, decoded, encoded};

    include!(concat!(env!("OUT_DIR"), "/every_operation.rs"));

    pub async fn of_operation(
        client: &trycourier::Client,
        id: &str,
        text: &str,
        parameters: &Value,
        body: Value,
    ) -> Result<Value, trycourier::Error> {
        call(client, id, text, parameters, body).await
    }
}

pub use generated::of_operation as call;

fn decoded<T: DeserializeOwned>(body: Value) -> T {
    serde_json::from_value(body).unwrap()
}

fn encoded<T: Serialize>(response: Response<T>) -> Value {
    serde_json::to_value(response.into_inner()).unwrap()
}

pub fn takes_text(operation: &Value) -> bool {
    !operation["requestBody"]["content"]["text/plain"].is_null()
}

/// Returns a complete body for an operation that takes one.
pub fn request_sample(description: &Value, operation: &Value) -> Value {
    let content = &operation["requestBody"]["content"];
    let schema = if takes_text(operation) { &content["text/plain"] } else { &content["application/json"] };
    let schema = &schema["schema"];
    Samples { description, style: Style::Full }.of(schema)
}
