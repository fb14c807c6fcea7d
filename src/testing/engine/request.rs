//! A request that has been found to be one of the API's operations.

use http::HeaderMap;
use serde_json::Value;

use crate::testing::engine::description::{DESCRIPTION, Operation};
use crate::testing::engine::response::Answer;
use crate::testing::engine::validate::check;

pub(crate) struct Request<'a> {
    pub operation: &'static Operation,
    /// The arguments in the path, in their order.
    arguments: Vec<String>,
    query: Vec<(String, String)>,
    /// The body, or null without one.
    pub body: Value,
    pub headers: &'a HeaderMap,
    /// The path, as it was asked for.
    pub url: String,
    /// Milliseconds since 1970.
    pub now: i64,
}

impl<'a> Request<'a> {
    /// Reads a request, or says why the description does not allow it.
    pub fn read(
        operation: &'static Operation,
        arguments: Vec<String>,
        request: &'a http::Request<bytes::Bytes>,
        now: i64,
    ) -> Result<Self, Answer> {
        let query: Vec<_> = pairs(request.uri().query().unwrap_or_default()).collect();
        for parameter in &operation.query {
            let given: Vec<_> =
                query.iter().filter(|(name, _)| *name == parameter.name).map(|(_, text)| text).collect();
            if given.is_empty() && parameter.required {
                return Err(Answer::invalid(format!("`{}` is required", parameter.name)));
            }
            given.iter().try_for_each(|text| check_parameter(&parameter.name, &parameter.schema, text))?;
        }
        let body = if request.body().is_empty() {
            Value::Null
        } else {
            serde_json::from_slice(request.body())
                .map_err(|error| Answer::invalid(format!("The body is not JSON: {error}")))?
        };
        if let Some(schema) = &operation.body {
            // Some clients send an empty object as nothing.
            let empty = Value::Object(serde_json::Map::new());
            let body = if request.body().is_empty() { &empty } else { &body };
            check(&DESCRIPTION, schema, body).map_err(Answer::invalid)?;
        }
        Ok(Self {
            operation,
            arguments,
            query,
            body,
            headers: request.headers(),
            url: request.uri().path().to_owned(),
            now,
        })
    }

    /// The n-th argument in the path.
    pub fn id(&self, index: usize) -> &str {
        self.arguments.get(index).map_or("", String::as_str)
    }

    /// A query parameter that says something.
    pub fn parameter(&self, name: &str) -> Option<&str> {
        self.parameters(name).next()
    }

    /// All values of a query parameter that can be repeated.
    pub fn parameters(&self, name: &str) -> impl Iterator<Item = &str> {
        let given = self.query.iter().filter(move |(own, value)| own == name && !value.is_empty());
        given.map(|(_, value)| value.as_str())
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok().filter(|value| !value.is_empty())
    }
}

fn check_parameter(name: &str, schema: &Value, text: &str) -> Result<(), Answer> {
    let (schema, _) = DESCRIPTION.resolve(schema);
    // A filter by values that there are not finds nothing.
    if schema.get("items").is_some() {
        return Ok(());
    }
    let kind = schema.get("type").and_then(Value::as_str).unwrap_or_default();
    let fits = match kind {
        "integer" => text.parse::<i64>().is_ok(),
        "number" => text.parse::<f64>().is_ok(),
        "boolean" => matches!(text, "true" | "false"),
        _ => match schema.get("enum").and_then(Value::as_array) {
            Some(allowed) => allowed.iter().any(|value| value == text),
            None => true,
        },
    };
    if fits || text.is_empty() { Ok(()) } else { Err(Answer::invalid(format!("`{name}` is not what it can be"))) }
}

/// The names and values of a query.
pub(crate) fn pairs(query: &str) -> impl Iterator<Item = (String, String)> {
    let pairs = query.split('&').filter(|pair| !pair.is_empty());
    pairs.map(|pair| pair.split_once('=').unwrap_or((pair, ""))).map(|(name, value)| (decoded(name), decoded(value)))
}

fn decoded(text: &str) -> String {
    percent_encoding::percent_decode_str(&text.replace('+', " ")).decode_utf8_lossy().into_owned()
}
