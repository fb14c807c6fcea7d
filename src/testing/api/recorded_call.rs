//! A request that a fake has received.

use std::collections::VecDeque;
use std::fmt;
use std::ops::Deref;
use std::sync::{Arc, LazyLock};
use std::time::SystemTime;

use bytes::Bytes;
use http::{HeaderMap, Response};

use crate::Client;
use crate::call::{Argument, Arguments, JsonBody};
use crate::testing::engine::description::Route;
use crate::testing::engine::request::pairs;
use crate::testing::engine::state::Cause;
use crate::transport::{Attempt, Body, BoxFuture, Transport, TransportError};

/// A request that a [`Courier`](super::courier::Courier) has received.
#[doc(alias = "Call")]
#[derive(Clone)]
#[non_exhaustive]
pub struct RecordedCall {
    /// The dotted name of the operation, such as `lists.update`; `None` if no operation has that path.
    pub operation: Option<&'static str>,
    /// The method.
    pub method: http::Method,
    /// The path and the query, still percent-encoded.
    pub target: String,
    /// The headers, without the API key.
    pub headers: HeaderMap,
    /// The body, verbatim.
    pub body: Bytes,
    /// The number of the attempt within its call, starting at 1.
    pub attempt: u32,
    /// The status of the response; `None` if the response was lost.
    pub status: Option<u16>,
    /// `true` if the Courier performed it, even if the response was lost; `false` if a response that a test has set took
    /// its place.
    pub is_performed: bool,
    /// The time at which it was received, by the Courier's [clock](super::courier::Courier::now).
    pub at: SystemTime,
    pub(super) route: Route,
}

impl RecordedCall {
    /// Returns its idempotency key.
    #[must_use]
    pub fn idempotency_key(&self) -> Option<&str> {
        self.headers.get("idempotency-key")?.to_str().ok()
    }

    /// Returns its arguments, if it is a call of this operation.
    #[must_use]
    pub fn arguments<C: crate::calls::Call>(&self) -> Option<C> {
        let Route::Operation(operation, path) = &self.route else { return None };
        if operation.id != C::OPERATION.id {
            return None;
        }
        let query = self.target.split_once('?').map_or("", |(_, query)| query);
        let (path, query) = (path.iter().cloned().collect(), pairs(query).collect());
        let mut call = C::empty(DISCONNECTED.clone());
        call.arguments(&mut Reader { path, query, headers: &self.headers, body: &self.body });
        Some(call)
    }

    /// Its idempotency key as it is stored: per path. `None` if it has none that counts.
    pub(super) fn stored_key(&self) -> Option<String> {
        // Calls of bulk jobs can be repeated under their keys, and report the users as duplicates.
        let counts = self.method == http::Method::POST && !self.operation?.starts_with("bulk.");
        let key = self.idempotency_key().filter(|key| counts && !key.is_empty())?;
        Some(format!("{} {key}", self.target.split('?').next().unwrap_or_default()))
    }

    /// The cause of the messages that it sends.
    pub(super) fn cause(&self) -> Option<Arc<Cause>> {
        let Self { headers, attempt, .. } = self;
        Some(Arc::new(Cause { operation: self.operation?, headers: headers.clone(), attempt: *attempt }))
    }

    /// The request and its outcome in one line.
    pub(super) fn line(&self) -> String {
        let attempt = if self.attempt > 1 { format!(" (attempt {})", self.attempt) } else { String::new() };
        let outcome = self.status.map_or_else(|| "no response".to_owned(), |status| status.to_string());
        format!("{} -> {outcome}{attempt}", self.request_line())
    }

    pub(super) fn request_line(&self) -> String {
        let operation = self.operation.unwrap_or("no operation");
        let mut line = format!("{operation}: {} {}", self.method, self.target);
        if !self.body.is_empty() {
            line += " ";
            line += &shortened(&String::from_utf8_lossy(&self.body));
        }
        line
    }
}

impl fmt::Debug for RecordedCall {
    /// Leaves out headers and body, which may contain secrets.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { operation, method, target, attempt, status, at, .. } = self;
        let mut call = formatter.debug_struct("RecordedCall");
        call.field("operation", operation).field("method", method).field("target", target);
        call.field("attempt", attempt).field("status", status).field("at", at).finish_non_exhaustive()
    }
}

/// A call of one operation that a [`Courier`](super::courier::Courier) has received. It dereferences to its arguments.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Received<C> {
    /// The arguments, as the caller has set them.
    pub arguments: C,
    /// The request that they arrived in.
    pub call: RecordedCall,
}

impl<C: crate::calls::Call> Received<C> {
    pub(super) fn new(call: &RecordedCall) -> Option<Self> {
        Some(Self { arguments: call.arguments()?, call: call.clone() })
    }
}

impl<C> Deref for Received<C> {
    type Target = C;

    fn deref(&self) -> &C {
        &self.arguments
    }
}

/// The maximum number of characters of a body that a line shows.
const MAX_CHARACTERS: usize = 400;

pub(super) fn shortened(text: &str) -> String {
    match text.char_indices().nth(MAX_CHARACTERS) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text.to_owned(),
    }
}

/// The API key of a fake's clients: one that occurs in no text, because errors hide it.
pub(super) const API_KEY: &str = "fake_api_key_0b5c7e1f9a3d";

/// The client of calls that are only read, never sent.
#[allow(clippy::expect_used, reason = "a key and a transport are all that a client needs")]
static DISCONNECTED: LazyLock<Client> = LazyLock::new(|| {
    let builder = Client::builder().api_key(API_KEY).transport(Disconnected);
    builder.build().expect("a key and a transport are all that a client needs")
});

struct Disconnected;

impl Transport for Disconnected {
    fn send(&self, _: Attempt) -> BoxFuture<'_, Result<Response<Body>, TransportError>> {
        Box::pin(async { Err(TransportError::connect("the arguments of a recorded call cannot be sent")) })
    }
}

/// Reads the arguments of a call from a request.
struct Reader<'a> {
    path: VecDeque<String>,
    query: Vec<(String, String)>,
    headers: &'a HeaderMap,
    body: &'a [u8],
}

impl Arguments for Reader<'_> {
    fn path(&mut self, value: &mut dyn Argument) {
        if let Some(text) = self.path.pop_front() {
            value.take(&text);
        }
    }

    fn query(&mut self, name: &'static str, value: &mut dyn Argument) {
        self.query.iter().filter(|(own, _)| own == name).for_each(|(_, text)| value.take(text));
    }

    fn comma_separated(&mut self, name: &'static str, value: &mut dyn Argument) {
        let given = self.query.iter().filter(|(own, _)| own == name);
        given.flat_map(|(_, text)| text.split(',')).for_each(|text| value.take(text));
    }

    fn header(&mut self, name: &'static str, value: &mut dyn Argument) {
        if let Some(text) = self.headers.get(name).and_then(|text| text.to_str().ok()) {
            value.take(text);
        }
    }

    fn body(&mut self, value: &mut dyn JsonBody) {
        value.decode(self.body);
    }

    fn text(&mut self, value: &mut String) {
        *value = String::from_utf8_lossy(self.body).into_owned();
    }
}
