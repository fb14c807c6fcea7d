//! What the calls of all operations have in common: from arguments to a request, and from an answer to its type.

pub(crate) mod prepared;
pub(crate) mod raw_request;

use std::borrow::Cow;

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Serialize;

use crate::execute::push_parameter;
use crate::json::Decode;
use crate::operation::{Operation, Outgoing};
use crate::retry::idempotency::IDEMPOTENCY_KEY;
use crate::types::{Sensitive, Timestamp};
use crate::{Client, Error, ErrorKind, Response, Result};

/// A call of one operation, such as [`BulkListUsers`](crate::calls::BulkListUsers): what the calls of
/// [`calls`](crate::calls) have in common, for code that is generic over them.
///
/// It is implemented by the calls of this crate alone.
pub trait Call: Clone + Send + Sync + Sized + 'static {
    /// The type of the response.
    type Response: Decode + Send;

    #[doc(hidden)]
    const OPERATION: &'static Operation;

    #[doc(hidden)]
    fn client(&self) -> &Client;

    #[doc(hidden)]
    fn client_mut(&mut self) -> &mut Client;

    /// Shows each argument, with where it travels.
    #[doc(hidden)]
    fn arguments(&mut self, to: &mut dyn Arguments);

    /// One without arguments, to be filled in from a request.
    #[cfg(feature = "testing")]
    #[doc(hidden)]
    fn empty(client: Client) -> Self;
}

/// Visits the arguments of a call, to write them or to read them.
pub trait Arguments {
    /// The next parameter of the path.
    fn path(&mut self, value: &mut dyn Argument);
    /// A parameter of the query.
    fn query(&mut self, name: &'static str, value: &mut dyn Argument);
    /// A header.
    fn header(&mut self, name: &'static str, value: &mut dyn Argument);
    /// The body.
    fn body(&mut self, value: &mut dyn JsonBody);
}

/// An argument that travels as text.
pub trait Argument {
    /// Gives its texts: none for an absent one, several for a list.
    fn texts(&self, to: &mut dyn FnMut(&str));
    /// Takes a text; a text that does not fit is left out.
    #[cfg(feature = "testing")]
    fn take(&mut self, text: &str);
}

/// A body of JSON.
pub trait JsonBody {
    /// The JSON.
    fn encode(&self) -> std::result::Result<Vec<u8>, serde_json::Error>;
    /// Takes JSON; what does not fit is kept as in a response of the server. Only the fake needs it, and without it a service
    /// that only sends a type does not compile how that type is read.
    #[cfg(feature = "testing")]
    fn decode(&mut self, json: &[u8]);
}

impl<T: Serialize + Decode> JsonBody for T {
    fn encode(&self) -> std::result::Result<Vec<u8>, serde_json::Error> {
        serde_json::to_vec(self)
    }

    #[cfg(feature = "testing")]
    fn decode(&mut self, json: &[u8]) {
        if let Ok(decoded) = crate::json::decode(json, true) {
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

    #[cfg(feature = "testing")]
    fn take(&mut self, text: &str) {
        *self = text.into();
    }
}

/// Numbers and truth values, written as in JSON; and the enums of the description.
macro_rules! argument {
    ($($kind:ty),*) => {$(
        impl $crate::call::Argument for $kind {
            #[inline]
            fn texts(&self, to: &mut dyn FnMut(&str)) {
                to(&self.to_string());
            }

            #[cfg(feature = "testing")]
            #[inline]
            fn take(&mut self, text: &str) {
                if let Ok(value) = text.parse() {
                    *self = value;
                }
            }
        }
    )*};
}
pub(crate) use argument;

argument!(bool, i64);

impl<T: Argument + Decode> Argument for Option<T> {
    fn texts(&self, to: &mut dyn FnMut(&str)) {
        if let Some(value) = self {
            value.texts(to);
        }
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

/// Sends a call, and reads its response as its type.
///
/// It is boxed here and not by each call, as the compiler then proves once for all of them that it can be sent to other
/// threads. To prove it for each would take as long as to compile the rest of the crate. The request is made at once, so
/// that the future holds it alone.
pub(crate) fn send<C: Call>(mut call: C) -> Sending<C::Response> {
    let outgoing = outgoing(&mut call);
    let client = call.client().clone();
    Box::pin(async move { client.call(C::OPERATION, outgoing).await })
}

/// Sends a call, and gives the body of its response as it came.
pub(crate) fn send_raw<C: Call>(mut call: C) -> Sending<Bytes> {
    let outgoing = outgoing(&mut call);
    let client = call.client().clone();
    Box::pin(async move { client.call_raw(C::OPERATION, outgoing).await })
}

/// The request of a call.
pub(crate) fn outgoing<C: Call>(call: &mut C) -> Result<Outgoing> {
    let mut request = Request {
        template: C::OPERATION.path,
        target: String::with_capacity(C::OPERATION.path.len() + 32),
        headers: HeaderMap::new(),
        key: None,
        body: None,
        refused: None,
    };
    call.arguments(&mut request);
    request.outgoing(C::OPERATION)
}

/// Collects the arguments of a call.
struct Request {
    /// What is left of the path's template.
    template: &'static str,
    target: String,
    headers: HeaderMap,
    key: Option<HeaderValue>,
    body: Option<Bytes>,
    refused: Option<String>,
}

impl Request {
    fn refuse(&mut self, reason: impl Into<String>) {
        self.refused.get_or_insert(reason.into());
    }

    /// Copies what stands before the next parameter of the path, and gives the parameter's name.
    fn up_to_parameter(&mut self) -> &'static str {
        let Some((fixed, rest)) = self.template.split_once('{') else { return "" };
        self.target.push_str(fixed);
        let (name, rest) = rest.split_once('}').unwrap_or((rest, ""));
        self.template = rest;
        name
    }

    fn outgoing(mut self, operation: &Operation) -> Result<Outgoing> {
        if let Some(reason) = self.refused {
            return Err(Error::new(ErrorKind::InvalidArgument, reason));
        }
        self.target.push_str(self.template);
        let method = Method::from_bytes(operation.method.as_bytes()).unwrap_or_default();
        Ok(Outgoing { method, target: self.target, headers: self.headers, key: self.key, body: self.body })
    }
}

impl Arguments for Request {
    fn path(&mut self, value: &mut dyn Argument) {
        let name = self.up_to_parameter();
        let mut refusal = None;
        let target = &mut self.target;
        value.texts(&mut |text| match encoded_segment(text) {
            Ok(segment) => target.push_str(&segment),
            Err(reason) => refusal = Some(reason),
        });
        if let Some(reason) = refusal {
            self.refuse(format!("the argument `{name}` is {reason}, which would lead to another endpoint"));
        }
    }

    fn query(&mut self, name: &'static str, value: &mut dyn Argument) {
        // The parameters of the path come first.
        self.target.push_str(std::mem::take(&mut self.template));
        value.texts(&mut |text| push_parameter(&mut self.target, name, text));
    }

    fn header(&mut self, name: &'static str, value: &mut dyn Argument) {
        let mut refused = false;
        let (headers, key) = (&mut self.headers, &mut self.key);
        value.texts(&mut |text| match HeaderValue::from_str(text) {
            Ok(mut value) => {
                value.set_sensitive(true);
                if name == IDEMPOTENCY_KEY {
                    *key = Some(value);
                } else {
                    headers.insert(HeaderName::from_static(name), value);
                }
            }
            Err(_) => refused = true,
        });
        if refused {
            self.refuse(format!("the header `{name}` has a character that is not allowed in a header"));
        }
    }

    fn body(&mut self, value: &mut dyn JsonBody) {
        match value.encode() {
            Ok(json) => self.body = Some(json.into()),
            Err(error) => self.refuse(format!("the body cannot be serialized as JSON: {error}")),
        }
    }
}

/// All but what RFC 3986 calls unreserved.
const SEGMENT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// A text as one segment of a path that decodes to just this text, slashes, backslashes and `%2e%2e` included; or what is
/// wrong with it.
pub(crate) fn encoded_segment(text: &str) -> std::result::Result<Cow<'_, str>, &'static str> {
    match text {
        "" => Err("empty"),
        "." | ".." => Err("`.` or `..`"),
        _ => Ok(utf8_percent_encode(text, SEGMENT).into()),
    }
}

/// What every call has: `send`, `send_raw`, `options`, and `.await`.
macro_rules! call {
    ($call:ident, $answer:ty) => {
        impl $call {
            /// Sends the call. Awaiting the call itself does the same.
            ///
            /// # Errors
            ///
            /// An [`Error`](crate::Error) that names the operation, and by its [`kind`](crate::Error::kind) what happened.
            #[inline]
            pub fn send(self) -> crate::call::Sending<$answer> {
                crate::call::send(self)
            }

            /// Sends the call and returns the body of the response as bytes, exactly as it came.
            ///
            /// # Errors
            ///
            /// The same as those of `send`, except that a body of any shape is accepted.
            #[inline]
            pub fn send_raw(self) -> crate::call::Sending<bytes::Bytes> {
                crate::call::send_raw(self)
            }

            /// Prepares the call without sending it: the result can be stored, and [performed](crate::Client::perform) later,
            /// by another process too. See [`Prepared`](crate::Prepared).
            ///
            /// # Errors
            ///
            /// [`InvalidArgument`](crate::ErrorKind::InvalidArgument) if an argument cannot be sent.
            #[inline]
            pub fn prepare(self) -> crate::Result<crate::Prepared<Self>> {
                crate::call::prepared::prepare(self)
            }

            /// Changes options for this call alone, such as its timeout or its retries.
            #[inline]
            pub fn options(mut self, change: impl FnOnce(crate::Options) -> crate::Options) -> Self {
                self.client = self.client.with_options(change);
                self
            }
        }

        impl IntoFuture for $call {
            type Output = crate::Result<crate::Response<$answer>>;
            type IntoFuture = crate::call::Sending<$answer>;

            #[inline]
            fn into_future(self) -> Self::IntoFuture {
                crate::call::send(self)
            }
        }

        impl std::fmt::Debug for $call {
            #[inline]
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                crate::call::describe::<Self>(f)
            }
        }
    };
}
pub(crate) use call;

/// A call that is under way.
pub type Sending<T> = std::pin::Pin<Box<dyn Future<Output = Result<Response<T>>> + Send>>;

/// Names the operation and none of the arguments, which can be anybody's addresses and tokens.
pub(crate) fn describe<C: Call>(f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
    write!(f, "Call({})", C::OPERATION.id)
}
