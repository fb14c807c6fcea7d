//! A request that the description allows.

use http::HeaderMap;
use serde_json::{Map, Value};

use super::description::{DESCRIPTION, Operation};
use super::response::Response;
use super::settings::Settings;
use super::table::key;
use super::time::{duration_millis, parse};

pub(crate) struct Request<'a> {
    pub operation: &'static Operation,
    arguments: &'a [String],
    query: Vec<(String, String)>,
    /// The body, or null if the request has no body.
    pub body: Value,
    pub headers: &'a HeaderMap,
    /// The path, still percent-encoded.
    pub path: &'a str,
    /// Milliseconds since 1970.
    pub now: i64,
    /// The settings that handlers need while they change the state.
    pub page_size: usize,
    /// The milliseconds from a message's request to its delivery.
    pub delivery: i64,
}

impl<'a> Request<'a> {
    /// Parses a request, or refuses a request that the description does not allow.
    pub fn parse(
        operation: &'static Operation,
        arguments: &'a [String],
        request: &'a http::Request<bytes::Bytes>,
        now: i64,
        settings: &Settings,
    ) -> Result<Self, Response> {
        let query: Vec<_> = parameters(operation, request.uri().query().unwrap_or_default()).collect();
        for parameter in &operation.query {
            let mut given = query.iter().filter(|(name, _)| *name == parameter.name).peekable();
            if parameter.required && given.peek().is_none() {
                return Err(Response::invalid(format!("`{}` is required", parameter.name)));
            }
            given
                .try_for_each(|(name, text)| DESCRIPTION.validate_text(&parameter.schema, text, name))
                .map_err(Response::invalid)?;
        }
        let body: Value = match request.body().as_ref() {
            // The content type does not matter: JSON is stored as the text that it is.
            bytes if operation.body_is_text => String::from_utf8_lossy(bytes).into(),
            [] => Value::Null,
            bytes => serde_json::from_slice(bytes)
                .map_err(|error| Response::invalid(format!("The body is not JSON: {error}")))?,
        };
        if let Some(schema) = &operation.body
            && (operation.body_is_required || !body.is_null())
        {
            // Some clients send no body for an empty object.
            let empty = Value::Object(Map::new());
            let body = if body.is_null() && request.body().is_empty() { &empty } else { &body };
            DESCRIPTION.validate(schema, body).map_err(Response::invalid)?;
        }
        let (headers, path) = (request.headers(), request.uri().path());
        let (page_size, delivery) = (settings.page_size, duration_millis(settings.delivery));
        Ok(Self { operation, arguments, query, body, headers, path, now, page_size, delivery })
    }

    /// The argument in the path with this index.
    pub fn id(&self, index: usize) -> &str {
        self.arguments.get(index).map_or("", String::as_str)
    }

    /// The last argument in the path.
    pub fn last_id(&self) -> &str {
        self.arguments.last().map_or("", String::as_str)
    }

    /// The arguments in the path, by which its resource is stored.
    pub fn key(&self) -> String {
        key(self.arguments)
    }

    /// The key of a resource that the request creates.
    pub fn key_of_new(&self, id: &str) -> String {
        if self.arguments.is_empty() { id.to_owned() } else { key(&[&*self.key(), id]) }
    }

    /// The key of the resource whose id is the argument with this index.
    pub fn key_until(&self, index: usize) -> String {
        key(self.arguments.get(..=index).unwrap_or(self.arguments))
    }

    /// A query parameter that is not empty.
    pub fn parameter(&self, name: &str) -> Option<&str> {
        self.parameters(name).next()
    }

    /// All values of a query parameter that can be repeated.
    pub fn parameters(&self, name: &str) -> impl Iterator<Item = &str> {
        let given = self.query.iter().filter(move |(own, value)| own == name && !value.is_empty());
        given.map(|(_, value)| value.as_str())
    }

    /// A query parameter that is a date or a timestamp. Any other text is refused.
    pub fn time(&self, name: &str) -> Result<Option<i64>, Response> {
        let time = self.parameter(name).map(|text| {
            parse(text).ok_or_else(|| Response::invalid(format!("`{name}` is not an ISO 8601 date or timestamp")))
        });
        time.transpose()
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok().filter(|value| !value.is_empty())
    }
}

/// Decodes the parameters of a query. The values of a list can be repeated, or separated by commas.
fn parameters(operation: &Operation, query: &str) -> impl Iterator<Item = (String, String)> {
    pairs(query).flat_map(|(name, value)| {
        let values: Vec<_> = match operation.parameter(&name).is_some_and(|own| own.explode == Some(false)) {
            true => value.split(',').map(|value| (name.clone(), value.trim().to_owned())).collect(),
            false => vec![(name, value)],
        };
        values
    })
}

/// Decodes the names and values of a query.
pub(crate) fn pairs(query: &str) -> impl Iterator<Item = (String, String)> {
    let pairs = query.split('&').filter(|pair| !pair.is_empty());
    pairs.map(|pair| pair.split_once('=').unwrap_or((pair, ""))).map(|(name, value)| (decode(name), decode(value)))
}

fn decode(text: &str) -> String {
    percent_encoding::percent_decode_str(&text.replace('+', " ")).decode_utf8_lossy().into_owned()
}
