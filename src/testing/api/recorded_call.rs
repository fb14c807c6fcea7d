//! What was asked of the fake.

use std::collections::VecDeque;
use std::fmt;
use std::ops::Deref;
use std::sync::{Arc, LazyLock};
use std::time::SystemTime;

use bytes::Bytes;
use http::HeaderMap;

use crate::Client;
use crate::call::{Argument, Arguments, JsonBody};
use crate::testing::api::courier::{Courier, locked};
use crate::testing::engine::description::{DESCRIPTION, Found};
use crate::testing::engine::request::pairs;

/// A request that a [`Courier`] has received.
#[derive(Clone)]
#[non_exhaustive]
pub struct Call {
    /// The dotted name of the operation, such as `lists.update`; `None` if no operation has that path.
    pub operation: Option<&'static str>,
    /// The method.
    pub method: http::Method,
    /// Path and query, as they were sent.
    pub target: String,
    /// The headers, without the API key.
    pub headers: HeaderMap,
    /// The body, as it was sent.
    pub body: Bytes,
    /// The number of the attempt within its call, starting at 1.
    pub attempt: u32,
    /// The status of the response; `None` if the response was lost.
    pub status: Option<u16>,
    /// When it was received, by the Courier's [clock](Courier::now).
    pub at: SystemTime,
}

impl Call {
    /// Its idempotency key.
    #[must_use]
    pub fn idempotency_key(&self) -> Option<&str> {
        self.headers.get("idempotency-key")?.to_str().ok()
    }

    /// Its arguments, if it is one of that operation.
    #[must_use]
    pub fn arguments<C: crate::calls::Call>(&self) -> Option<C> {
        if self.operation != Some(C::OPERATION.id) {
            return None;
        }
        let (path, query) = self.target.split_once('?').unwrap_or((&self.target, ""));
        let Found::Operation(_, path) = DESCRIPTION.find(self.method.as_str(), path) else { return None };
        let query = pairs(query).collect();
        let mut call = C::empty(READER.clone());
        call.arguments(&mut Reader { path: path.into(), query, headers: &self.headers, body: &self.body });
        Some(call)
    }

    /// What was asked and what came of it in one line, for people.
    pub(crate) fn line(&self) -> String {
        let attempt = if self.attempt > 1 { format!(" (attempt {})", self.attempt) } else { String::new() };
        let outcome = self.status.map_or_else(|| "no response".to_owned(), |status| status.to_string());
        format!("{} -> {outcome}{attempt}", self.request())
    }

    /// What was asked in one line.
    pub(crate) fn request(&self) -> String {
        let operation = self.operation.unwrap_or("no operation");
        let mut line = format!("{operation}: {} {}", self.method, self.target);
        if !self.body.is_empty() {
            line += " ";
            line += &shortened(&String::from_utf8_lossy(&self.body));
        }
        line
    }
}

impl fmt::Debug for Call {
    /// Without headers and body, which may hold what should not be printed.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { operation, method, target, attempt, status, at, .. } = self;
        let mut call = formatter.debug_struct("Call");
        call.field("operation", operation).field("method", method).field("target", target);
        call.field("attempt", attempt).field("status", status).field("at", at).finish_non_exhaustive()
    }
}

/// A call of one operation that a [`Courier`] has received. It dereferences to its arguments.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Received<C> {
    /// The arguments, as the caller has set them.
    pub arguments: C,
    /// The request that had them.
    pub call: Call,
}

impl<C: crate::calls::Call> Received<C> {
    pub(crate) fn of(call: &Call) -> Option<Self> {
        Some(Self { arguments: call.arguments()?, call: call.clone() })
    }
}

impl<C> Deref for Received<C> {
    type Target = C;

    fn deref(&self) -> &C {
        &self.arguments
    }
}

pub(crate) type Observer = Arc<dyn Fn(&Call) + Send + Sync>;

impl Courier {
    /// Runs a function after each response to a request.
    pub fn on_call(&self, observer: impl Fn(&Call) + Send + Sync + 'static) -> &Self {
        *locked(&self.shared.observer) = Some(Arc::new(observer));
        self
    }

    /// The requests so far, the oldest first. Each attempt of a call is one.
    #[must_use]
    pub fn calls(&self) -> Vec<Call> {
        self.state().calls.iter().cloned().collect()
    }

    /// The requests of one operation so far, with their arguments, the oldest first.
    ///
    /// ```
    /// use trycourier::calls;
    /// use trycourier::testing::Courier;
    ///
    /// # #[tokio::main]
    /// # async fn main() -> trycourier::Result<()> {
    /// let courier = Courier::new();
    /// courier.client().lists().update("customers", "Customers").await?;
    /// let updates = courier.calls_of::<calls::ListsUpdate>();
    /// assert_eq!((updates[0].list_id.as_str(), updates[0].body.name.as_str()), ("customers", "Customers"));
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn calls_of<C: crate::calls::Call>(&self) -> Vec<Received<C>> {
        self.calls().iter().filter_map(Received::of).collect()
    }

    /// Forgets the calls and the messages sent so far. What they have stored remains.
    pub fn forget_calls(&self) {
        let mut state = self.state();
        state.calls.clear();
        state.sent.clear();
    }
}

/// The most characters of a body that are shown.
const MAX_CHARACTERS: usize = 400;

pub(crate) fn shortened(text: &str) -> String {
    match text.char_indices().nth(MAX_CHARACTERS) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text.to_owned(),
    }
}

/// The client of calls that are only looked at: a Courier that nobody else sees.
static READER: LazyLock<Client> = LazyLock::new(|| Courier::new().client());

/// Gives a call the arguments of a request.
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

    fn header(&mut self, name: &'static str, value: &mut dyn Argument) {
        if let Some(text) = self.headers.get(name).and_then(|text| text.to_str().ok()) {
            value.take(text);
        }
    }

    fn body(&mut self, value: &mut dyn JsonBody) {
        value.decode(self.body);
    }
}
