//! The trait of all calls, and the conversion of their arguments into a request.

pub(crate) mod macros;
pub(crate) mod prepared;
mod rate_limit;
pub(crate) mod raw_request;

use std::borrow::Cow;

use bytes::Bytes;
use http::header::CONTENT_TYPE;
use http::{HeaderName, HeaderValue, Method};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Serialize;

use crate::client::Client;
use crate::execute::{Request, push_parameter};
use crate::json::Decode;
use crate::operation::Operation;
use crate::retry::idempotency::{IDEMPOTENCY_EXPIRATION, IDEMPOTENCY_KEY, parse_expiration_header, parse_key};
use crate::transport::box_future;
use crate::values::sensitive::Sensitive;
use crate::values::timestamp::Timestamp;
use crate::{Error, ErrorKind, Response, Result};

/// A call of one operation, such as [`BulkListUsers`](crate::calls::BulkListUsers), for code that is generic over
/// [`calls`](crate::calls).
///
/// Only the calls of this crate implement it.
pub trait Call: Clone + Send + Sync + Sized + 'static {
    /// The type of the response.
    type Response: Decode + Send;

    #[doc(hidden)]
    const OPERATION: &'static Operation;

    #[doc(hidden)]
    fn client(&self) -> &Client;

    #[doc(hidden)]
    fn client_mut(&mut self) -> &mut Client;

    /// Visits each argument, by its location in a request.
    #[doc(hidden)]
    fn arguments(&mut self, to: &mut dyn Arguments);

    /// Creates a call without arguments, to be filled in from a request.
    #[cfg(feature = "testing")]
    #[doc(hidden)]
    fn empty(client: Client) -> Self;
}

/// A resource of the API, such as [`Lists`](crate::resources::Lists), for
/// [`rate_limit_for_resource`](crate::ClientBuilder::rate_limit_for_resource).
///
/// Only the [`resources`](crate::resources) of this crate implement it.
pub trait Resource {
    #[doc(hidden)]
    const NAME: &'static str;
}

/// Visits the arguments of a call, to write them or to read them.
pub trait Arguments {
    /// The next parameter of the path.
    fn path(&mut self, value: &mut dyn Argument);
    /// A parameter of the query.
    fn query(&mut self, name: &'static str, value: &mut dyn Argument);
    /// A parameter of the query whose values are joined by commas.
    fn comma_separated(&mut self, name: &'static str, value: &mut dyn Argument);
    /// A header.
    fn header(&mut self, name: &'static str, value: &mut dyn Argument);
    /// The body.
    fn body(&mut self, value: &mut dyn JsonBody);
    /// The body, as text.
    fn text(&mut self, value: &mut String);
}

/// An argument that is sent as text.
pub trait Argument {
    /// Visits the argument's texts: none for an absent argument, several for a list.
    fn texts(&self, to: &mut dyn FnMut(&str));
    /// Returns the reason why the argument cannot be sent.
    fn defect(&self) -> Option<&'static str> {
        None
    }
    /// Sets or adds a value from a text. Invalid text is ignored.
    #[cfg(feature = "testing")]
    fn take(&mut self, text: &str);
}

/// A JSON body.
pub trait JsonBody {
    /// Encodes the body.
    fn encode(&self) -> std::result::Result<Vec<u8>, serde_json::Error>;
    /// Decodes JSON as leniently as a response. Only the fake needs it: a service that only sends a type should not
    /// have to compile the code that reads the type.
    #[cfg(feature = "testing")]
    fn decode(&mut self, json: &[u8]);
}

impl<T: Serialize + Decode> JsonBody for T {
    fn encode(&self) -> std::result::Result<Vec<u8>, serde_json::Error> {
        serde_json::to_vec(self)
    }

    #[cfg(feature = "testing")]
    fn decode(&mut self, json: &[u8]) {
        if let Ok(decoded) = crate::json::decode(json) {
            *self = decoded.value;
        }
    }
}

impl Argument for String {
    fn texts(&self, to: &mut dyn FnMut(&str)) {
        to(self);
    }

    #[cfg(feature = "testing")]
    fn take(&mut self, text: &str) {
        text.clone_into(self);
    }
}

impl Argument for Sensitive {
    fn texts(&self, to: &mut dyn FnMut(&str)) {
        to(self.expose());
    }

    #[cfg(feature = "testing")]
    fn take(&mut self, text: &str) {
        *self = text.into();
    }
}

impl Argument for Timestamp {
    fn texts(&self, to: &mut dyn FnMut(&str)) {
        to(self.as_str());
    }

    fn defect(&self) -> Option<&'static str> {
        self.defect()
    }

    #[cfg(feature = "testing")]
    fn take(&mut self, text: &str) {
        *self = text.into();
    }
}

impl<T: Argument + Decode> Argument for Option<T> {
    fn texts(&self, to: &mut dyn FnMut(&str)) {
        if let Some(value) = self {
            value.texts(to);
        }
    }

    fn defect(&self) -> Option<&'static str> {
        self.as_ref()?.defect()
    }

    #[cfg(feature = "testing")]
    fn take(&mut self, text: &str) {
        self.get_or_insert_with(T::empty).take(text);
    }
}

impl<T: Argument + Decode> Argument for Vec<T> {
    fn texts(&self, to: &mut dyn FnMut(&str)) {
        self.iter().for_each(|value| value.texts(to));
    }

    #[cfg(feature = "testing")]
    fn take(&mut self, text: &str) {
        let mut value = T::empty();
        value.take(text);
        self.push(value);
    }
}

/// A call that is being sent.
pub type Sending<T> = std::pin::Pin<Box<dyn Future<Output = Result<Response<T>>> + Send>>;

/// Sends a call, and decodes its response.
///
/// The future is boxed here and not by each call, so that the compiler proves only once that it can be sent to other
/// threads. Proving it for each call would take as long as compiling the rest of the crate. The request is created
/// immediately, so that the future contains only the request.
pub(crate) fn send<C: Call>(call: &mut C) -> Sending<C::Response> {
    let request = request(call);
    box_future(|| call.client().clone().call(C::OPERATION, request))
}

/// Sends a call, and returns the body of its response unchanged.
pub(crate) fn send_raw<C: Call>(call: &mut C) -> Sending<Bytes> {
    let request = request(call);
    box_future(|| call.client().clone().call_raw(C::OPERATION, request))
}

/// Creates the request of a call from its arguments.
pub(crate) fn request<C: Call>(call: &mut C) -> Result<Box<Request>> {
    let path = C::OPERATION.path;
    let method = Method::from_bytes(C::OPERATION.method.as_bytes()).unwrap_or_default();
    let request = Request::new(C::OPERATION, method, String::with_capacity(path.len() + 32));
    let mut collector = Collector { template: path, request, refusal: None };
    call.arguments(&mut collector);
    collector.finish()
}

/// Formats the operation without its arguments, which can be addresses and tokens.
pub(crate) fn describe<C: Call>(f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
    write!(f, "Call({})", C::OPERATION.id)
}

/// Collects the arguments of a call in a request.
struct Collector {
    /// The rest of the path template.
    template: &'static str,
    request: Box<Request>,
    /// The reason why the first invalid argument cannot be sent.
    refusal: Option<String>,
}

impl Collector {
    fn refuse(&mut self, reason: impl Into<String>) {
        self.refusal.get_or_insert(reason.into());
    }

    /// Copies the template up to the next parameter of the path, and returns the parameter's name.
    fn advance_to_parameter(&mut self) -> &'static str {
        let Some((fixed, rest)) = self.template.split_once('{') else { return "" };
        self.request.target.push_str(fixed);
        let (name, rest) = rest.split_once('}').unwrap_or((rest, ""));
        self.template = rest;
        name
    }

    fn finish(mut self) -> Result<Box<Request>> {
        match self.refusal {
            Some(reason) => Err(Error::new(ErrorKind::InvalidArgument, reason)),
            None => {
                self.request.target.push_str(self.template);
                Ok(self.request)
            }
        }
    }
}

impl Arguments for Collector {
    fn path(&mut self, value: &mut dyn Argument) {
        let name = self.advance_to_parameter();
        let mut refusal = None;
        let target = &mut self.request.target;
        value.texts(&mut |text| match encode_segment(text) {
            Ok(segment) => target.push_str(&segment),
            Err(reason) => refusal = Some(reason),
        });
        if let Some(reason) = refusal {
            self.refuse(format!("the argument `{name}` is {reason}, which would lead to another endpoint"));
        }
    }

    fn query(&mut self, name: &'static str, value: &mut dyn Argument) {
        // The path parameters precede the query parameters.
        self.request.target.push_str(std::mem::take(&mut self.template));
        if let Some(defect) = value.defect() {
            self.refuse(format!("the argument `{name}` is invalid: {defect}"));
        }
        value.texts(&mut |text| push_parameter(&mut self.request.target, name, text));
    }

    fn comma_separated(&mut self, name: &'static str, value: &mut dyn Argument) {
        let mut joined: Option<String> = None;
        value.texts(&mut |text| match &mut joined {
            Some(joined) => joined.extend([",", text]),
            None => joined = Some(text.to_owned()),
        });
        self.query(name, &mut joined);
    }

    fn header(&mut self, name: &'static str, value: &mut dyn Argument) {
        let mut refusal = None;
        let request = &mut self.request;
        value.texts(&mut |text| {
            let parsed = if name == IDEMPOTENCY_KEY {
                parse_key(text).map(|key| request.key = Some(key))
            } else if name == IDEMPOTENCY_EXPIRATION {
                parse_expiration_header(text).map(|expiration| {
                    request.headers.insert(IDEMPOTENCY_EXPIRATION, expiration);
                })
            } else {
                parse_header(name, text).map(|value| {
                    request.headers.insert(HeaderName::from_static(name), value);
                })
            };
            if let Err(error) = parsed {
                refusal = Some(error.to_string());
            }
        });
        if let Some(reason) = refusal {
            self.refuse(reason);
        }
    }

    fn body(&mut self, value: &mut dyn JsonBody) {
        match value.encode() {
            Ok(json) => self.request.body = json.into(),
            Err(error) => self.refuse(format!("the body cannot be serialized as JSON: {error}")),
        }
    }

    fn text(&mut self, value: &mut String) {
        self.request.body = value.clone().into();
        self.request.headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/plain"));
    }
}

fn parse_header(name: &str, text: &str) -> Result<HeaderValue> {
    let mut value = HeaderValue::from_str(text).map_err(|_| {
        Error::invalid_argument(format!("the header `{name}` contains a character that no header may contain"))
    })?;
    value.set_sensitive(true);
    Ok(value)
}

/// All characters except the unreserved characters of RFC 3986.
const SEGMENT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// Encodes a text as one segment of a path that decodes to exactly this text, with its slashes, backslashes and
/// `%2e%2e`. If this is impossible, returns the defect of the text.
fn encode_segment(text: &str) -> std::result::Result<Cow<'_, str>, &'static str> {
    match text {
        "" => Err("empty"),
        "." | ".." => Err("`.` or `..`"),
        _ => Ok(utf8_percent_encode(text, SEGMENT).into()),
    }
}
