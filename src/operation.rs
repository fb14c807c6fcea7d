//! What the generated code says of an operation, and what it calls.

use bytes::Bytes;
use serde::de::DeserializeOwned;

use crate::error::excerpt;
use crate::exchange::Answer;
pub(crate) use crate::path_segment::encode_path;
use crate::{Error, ErrorKind, ResponseValue, Result};

/// A body as it came.
pub(crate) type Raw = Bytes;

/// An operation of the description.
#[derive(Debug)]
pub(crate) struct Operation {
    /// Its method on `Client`.
    pub id: &'static str,
    /// The HTTP method.
    pub method: &'static str,
    /// The path with the names of its parameters; the values are for the server alone.
    pub path: &'static str,
    pub body: Body,
    /// Whether its answer holds what must not be shown.
    pub sensitive: bool,
}

/// What the description says of the body of a success.
#[derive(Debug)]
pub(crate) enum Body {
    None,
    /// Nothing of it is required, so that an empty one will do.
    Optional,
    Required,
}

impl Operation {
    /// The body of a success as its type.
    pub(crate) fn decode<T: DeserializeOwned>(
        &self,
        answer: Answer,
        redact: &dyn Fn(&str) -> String,
    ) -> Result<ResponseValue<T>> {
        let empty = answer.is_empty();
        let text: &[u8] = match self.body {
            Body::None => b"null",
            Body::Optional if empty => b"{}",
            Body::Required if empty => return Err(empty_handed(answer)),
            _ => &answer.body,
        };
        let mut json = serde_json::Deserializer::from_slice(text);
        let decoded = serde_path_to_error::deserialize(&mut json)
            .map_err(|error| (error.path().to_string(), error.into_inner()))
            .and_then(|value: T| json.end().map(|()| value).map_err(|error| (".".to_owned(), error)));
        match decoded {
            Ok(value) => Ok(ResponseValue::new(value, answer.status, answer.headers)),
            Err((place, error)) => Err(self.undecodable(answer, &place, error, redact)),
        }
    }

    fn undecodable(
        &self,
        answer: Answer,
        place: &str,
        error: serde_json::Error,
        redact: &dyn Fn(&str) -> String,
    ) -> Error {
        let place = if place == "." { "the body".to_owned() } else { format!("`{place}`") };
        // serde's own words quote the value.
        let quotes = redact(&error.to_string());
        let shown = !self.sensitive && quotes == error.to_string();
        let cause = if self.sensitive { category(&error).to_owned() } else { quotes };
        let detail = format!(
            "the server accepted the call, but its answer is not as described at {place}: {cause}; \
             `send_raw` gives the body as it came"
        );
        let beginning = excerpt(&answer.body, redact).filter(|_| !self.sensitive);
        let failure = Error::new(ErrorKind::Decode, detail).sent(true).answered(answer.status, answer.headers);
        let failure = failure.after(answer.attempts).excerpted(beginning);
        if shown { failure.caused_by(error) } else { failure }
    }
}

fn empty_handed(answer: Answer) -> Error {
    let detail = "the server accepted the call and answered without the body that tells more; do not send again";
    let error = Error::new(ErrorKind::EmptyAnswer, detail).sent(true);
    error.answered(answer.status, answer.headers).after(answer.attempts)
}

/// What is wrong without a word of the body.
fn category(error: &serde_json::Error) -> &'static str {
    match error.classify() {
        serde_json::error::Category::Data => "a value of another type, or a field is missing",
        serde_json::error::Category::Eof => "it ends too soon",
        _ => "it is not JSON",
    }
}

/// For the generated setters: a value as the field's type, or why not.
pub(crate) fn converted<T, V>(field: &str, value: V) -> std::result::Result<T, String>
where
    V: TryInto<T>,
    V::Error: std::fmt::Display,
{
    value.try_into().map_err(|error| format!("{field}: {error}"))
}
