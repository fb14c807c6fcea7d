//! The double itself.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use http::{HeaderName, HeaderValue, Request, Response, header};
use serde_json::json;

use super::answer::Answer;
use super::call::{Call, Received};
use super::description::{DESCRIPTION, Found};
use super::example::of_schema;
use super::expect::unexpected_calls;
use super::idempotency;
use super::moment::millis;
use super::paging::Shape;
use super::request::Request as Known;
use super::sent::{self, Cause};
use super::state::State;
use super::stub::{Act, Stub};
use super::templates::Template;
use super::webhooks;
use crate::transport::TransportError;

/// A Courier in this process.
///
/// It has no socket, and every request is answered at once, from what earlier requests have stored. A clone is the same
/// Courier; two that were made by [`new`](Self::new) do not see each other. The [module](super) shows tests with it.
#[derive(Clone)]
pub struct Courier {
    shared: Arc<Shared>,
}

struct Shared {
    state: Mutex<State>,
    clock: Mutex<Clock>,
    observer: Mutex<Option<Observer>>,
    stubs: Mutex<Vec<Arc<Stub>>>,
    /// The calls without a stub, where they are refused.
    unexpected: Mutex<Option<Vec<String>>>,
}

impl Drop for Shared {
    #[allow(clippy::panic, reason = "a check of a test fails by a panic")]
    fn drop(&mut self) {
        let unexpected = locked(&self.unexpected).take().unwrap_or_default();
        if !unexpected.is_empty() && !std::thread::panicking() {
            panic!("{}", unexpected_calls(&unexpected));
        }
    }
}

type Observer = Arc<dyn Fn(&Call) + Send + Sync>;

struct Clock {
    read: Box<dyn Fn() -> SystemTime + Send>,
    ahead: Duration,
    /// How far it was set ahead altogether, whatever it reads.
    advanced: Duration,
}

impl Default for Courier {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for Courier {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Courier").finish_non_exhaustive()
    }
}

/// A lock that a panic elsewhere does not take from the rest of the test.
pub(super) fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Courier {
    /// A workspace with nothing in it.
    ///
    /// Its clock is tokio's where there is one, so that time that is paused in a test is paused here too.
    #[must_use]
    pub fn new() -> Self {
        let (start, begun) = (SystemTime::now(), tokio::time::Instant::now());
        let clock =
            Clock { read: Box::new(move || start + begun.elapsed()), ahead: Duration::ZERO, advanced: Duration::ZERO };
        let shared = Shared {
            state: Mutex::default(),
            clock: Mutex::new(clock),
            observer: Mutex::default(),
            stubs: Mutex::default(),
            unexpected: Mutex::default(),
        };
        Self { shared: Arc::new(shared) }
    }

    pub(super) fn state(&self) -> MutexGuard<'_, State> {
        locked(&self.shared.state)
    }

    /// The time that it is here.
    #[must_use]
    pub fn now(&self) -> SystemTime {
        let clock = locked(&self.shared.clock);
        let read = (clock.read)();
        read.checked_add(clock.ahead).unwrap_or(read)
    }

    /// Takes the time from somewhere else.
    pub fn clock(&self, read: impl Fn() -> SystemTime + Send + 'static) -> &Self {
        let mut clock = locked(&self.shared.clock);
        clock.read = Box::new(read);
        clock.ahead = Duration::ZERO;
        drop(clock);
        self
    }

    /// Sets the clock ahead. Messages move on, delays end, keys expire.
    pub fn advance(&self, time: Duration) -> &Self {
        let mut clock = locked(&self.shared.clock);
        clock.ahead = clock.ahead.saturating_add(time);
        clock.advanced = clock.advanced.saturating_add(time);
        drop(clock);
        self
    }

    pub(super) fn advanced(&self) -> Duration {
        locked(&self.shared.clock).advanced
    }

    pub(super) fn stubs(&self) -> MutexGuard<'_, Vec<Arc<Stub>>> {
        locked(&self.shared.stubs)
    }

    /// From now on refuses every call for which no [`on`](Self::on) has an answer: with a 501 that is not tried again, and by a
    /// panic in [`verify`](Self::verify), or when the last clone of the Courier goes.
    ///
    /// ```should_panic
    /// # #[tokio::main]
    /// # async fn main() {
    /// let courier = trycourier::testing::Courier::new();
    /// courier.strict();
    /// let _ = courier.client().lists().delete("customers").await;
    /// courier.verify(); // lists.delete: DELETE /lists/customers
    /// # }
    /// ```
    pub fn strict(&self) -> &Self {
        locked(&self.shared.unexpected).get_or_insert_default();
        self
    }

    pub(super) fn take_unexpected(&self) -> Vec<String> {
        locked(&self.shared.unexpected).as_mut().map(std::mem::take).unwrap_or_default()
    }

    /// Sets the most rows that a page has; 100 otherwise.
    pub fn page_size(&self, rows: usize) -> &Self {
        self.state().settings.page_size = rows.max(1);
        self
    }

    /// Sets how long a message takes from its request, or the end of its delay, to its delivery; 5 seconds otherwise.
    ///
    /// It is `ENQUEUED` at once, then `ROUTED`, `SENT` and `DELIVERED`, in equal steps.
    pub fn delivery_time(&self, time: Duration) -> &Self {
        self.state().settings.delivery = time;
        self
    }

    /// Sets how many calls, messages, runs and idempotency keys are remembered of each; 10,000 otherwise. The oldest go first.
    pub fn keep(&self, count: usize) -> &Self {
        let mut state = self.state();
        state.settings.keep = count;
        state.forget();
        drop(state);
        self
    }

    /// Refuses the next requests with 429, and asks for a wait by `retry-after`.
    pub fn limit_rate(&self, requests: usize, retry_after: Duration) -> &Self {
        self.state().settings.limited = Some((requests, retry_after));
        self
    }

    /// Whether to answer a value made from the description where the state would refuse: for what nobody has stored, and for
    /// what is there already.
    ///
    /// It is for the test suites of SDKs, which ask for whatever they like. What the description refuses stays refused.
    pub fn make_up_answers(&self, make_up: bool) -> &Self {
        self.state().settings.make_up_answers = make_up;
        self
    }

    /// Stores a published template with this id, for messages that name it.
    ///
    /// A message whose template is not there is accepted, and becomes `UNMAPPED`. So is an event that is mapped to nothing: an
    /// event is a template here.
    pub fn template(&self, id: &str) -> &Self {
        let now = millis(self.now());
        let payload = json!({
            "name": id, "tags": [], "brand": null, "routing": null, "subscription": null,
            "content": {"version": "2022-01-01", "elements": []},
        });
        let mut template = Template::new(payload, now);
        template.content.publish(now);
        self.state().templates.insert(id, template);
        self
    }

    /// Stores a published automation template, which the API has no operation to make.
    pub fn automation(&self, id: &str) -> &Self {
        let template = json!({"id": id, "name": id, "version": "published"});
        self.state().automations.insert(id, template);
        self
    }

    /// Gives a message a status from outside, as a provider does when it tells of a bounce or a click: `DELIVERED`, `CLICKED`,
    /// `UNDELIVERABLE` and the like. Answers whether there is such a message.
    pub fn set_status(&self, message: &str, status: &str, reason: Option<&str>) -> bool {
        let now = millis(self.now());
        let mut state = self.state();
        let found = state.messages.get_mut(message).map(|message| message.mark(now, status, reason)).is_some();
        if found && state.settings.webhooks {
            state.moving.insert(message.to_owned());
        }
        found
    }

    /// Calls a function after each request that was answered.
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

    /// Forgets the calls and the messages sent so far; what they stored stays.
    pub fn forget_calls(&self) {
        let mut state = self.state();
        state.calls.clear();
        state.sent.clear();
    }

    /// From now on notes what webhooks are to be posted. [`webhooks`](Self::webhooks) gives them.
    pub fn collect_webhooks(&self) -> &Self {
        self.state().settings.webhooks = true;
        self
    }

    /// The webhooks that have become due since the last time, signed with a secret if there is one.
    ///
    /// They have all but the address, so they can be given to one's own handler directly.
    ///
    /// ```
    /// # use trycourier::testing::Courier;
    /// # use std::time::Duration;
    /// let courier = Courier::new();
    /// courier.collect_webhooks();
    /// // … something is sent …
    /// courier.advance(Duration::from_secs(5));
    /// for webhook in courier.webhooks(Some("secret")) {
    ///     println!("{:?}", webhook.headers().get("courier-signature"));
    /// }
    /// ```
    #[must_use]
    pub fn webhooks(&self, secret: Option<&str>) -> Vec<Request<Bytes>> {
        let now = millis(self.now());
        let due = webhooks::due(&mut self.state(), now);
        due.iter().map(|event| webhooks::request(event, secret, now)).collect()
    }

    /// Sets how long every answer takes, by tokio's clock; nothing otherwise.
    ///
    /// What is asked for is done at the end of it. Until then others with its idempotency key get 409.
    pub fn latency(&self, time: Duration) -> &Self {
        self.state().settings.latency = time;
        self
    }

    /// Answers one request, as the test has said or else as Courier does.
    pub(super) async fn respond(
        &self,
        request: &Request<Bytes>,
        attempt: u32,
    ) -> Result<Response<Bytes>, TransportError> {
        let call = self.received(request, attempt);
        let stubs = self.stubs().clone();
        let planned = stubs.iter().rev().find_map(|stub| stub.next(&call));
        // Recorded when it is dropped: also one whose caller does not wait for its answer.
        let mut call = Record { courier: self, call };
        if planned.is_none() && self.refuses(&call.call) {
            let refusal = Answer::error(501, "unexpected_call", "The test has set no answer for this call");
            let refusal = refusal.header(SHOULD_RETRY, HeaderValue::from_static("false"));
            call.call.status = Some(refusal.status);
            return Ok(refusal.into_response());
        }
        let (act, delay) = planned.unwrap_or((Act::Own, Duration::ZERO));
        let delay = delay.max(self.state().settings.latency);
        if delay > Duration::ZERO {
            let key = matches!(act, Act::Own | Act::DisconnectAfterActing).then(|| key_of(request)).flatten();
            let held = key.as_deref().map(|key| Held::of(self, key));
            // One that meets another under way is refused at once.
            if !matches!(held, Some(None)) {
                tokio::time::sleep(delay).await;
            }
            drop(held);
        }
        let answer = match act {
            Act::Own => self.act(request, &call.call),
            Act::Answer(answer) => {
                let answer = answer(&call.call);
                sent::note_stubbed(&mut self.state(), &call.call, &answer);
                answer
            }
            Act::Disconnect => return Err(TransportError::broken(LOST)),
            Act::DisconnectAfterActing => {
                let _lost = self.act(request, &call.call);
                return Err(TransportError::broken(LOST));
            }
            Act::Unreachable => return Err(TransportError::connect(LOST)),
        };
        call.call.status = Some(answer.status().as_u16());
        Ok(answer)
    }

    /// Answers one request, at once, whatever [`on`](Self::on) says. Only the path and the query of its address count.
    #[must_use]
    pub fn answer(&self, request: &Request<Bytes>) -> Response<Bytes> {
        let mut call = Record { courier: self, call: self.received(request, 1) };
        let answer = self.act(request, &call.call);
        call.call.status = Some(answer.status().as_u16());
        answer
    }

    fn received(&self, request: &Request<Bytes>, attempt: u32) -> Call {
        let operation = match DESCRIPTION.find(request.method().as_str(), request.uri().path()) {
            Found::Operation(operation, _) => Some(operation.id.as_str()),
            _ => None,
        };
        let mut headers = request.headers().clone();
        headers.remove(header::AUTHORIZATION);
        Call {
            operation,
            method: request.method().clone(),
            target: request.uri().path_and_query().map_or_else(String::new, ToString::to_string),
            headers,
            body: request.body().clone(),
            attempt,
            status: None,
            at: self.now(),
        }
    }

    /// Notes a call that nobody has set an answer for, if that is refused.
    fn refuses(&self, call: &Call) -> bool {
        let mut unexpected = locked(&self.shared.unexpected);
        if let Some(unexpected) = unexpected.as_mut() {
            unexpected.push(call.request());
        }
        unexpected.is_some()
    }

    fn act(&self, request: &Request<Bytes>, call: &Call) -> Response<Bytes> {
        let mut state = self.state();
        state.cause = Cause::of(call);
        let answer = answer(&mut state, millis(call.at), request);
        state.cause = None;
        drop(state);
        answer.into_response()
    }
}

const LOST: &str = "the test has asked for it";

const SHOULD_RETRY: HeaderName = HeaderName::from_static("x-should-retry");

/// A call that is remembered when this goes, with the status that it has by then.
struct Record<'a> {
    courier: &'a Courier,
    call: Call,
}

impl Drop for Record<'_> {
    fn drop(&mut self) {
        let mut state = self.courier.state();
        state.calls.push_back(self.call.clone());
        state.forget();
        drop(state);
        let observer = locked(&self.courier.shared.observer).clone();
        if let Some(observer) = observer {
            observer(&self.call);
        }
    }
}

/// An idempotency key that is under way for as long as this lives.
struct Held<'a> {
    courier: &'a Courier,
    key: String,
}

impl<'a> Held<'a> {
    /// Holds a key, unless another request holds it.
    fn of(courier: &'a Courier, key: &str) -> Option<Self> {
        courier.state().keys.hold(key).then(|| Self { courier, key: key.to_owned() })
    }
}

fn key_of(request: &Request<Bytes>) -> Option<String> {
    let key = request.headers().get("idempotency-key")?.to_str().ok()?;
    Some(idempotency::name(request.uri().path(), key))
}

impl Drop for Held<'_> {
    fn drop(&mut self) {
        self.courier.state().keys.release(&self.key);
    }
}

fn answer(state: &mut State, now: i64, request: &Request<Bytes>) -> Answer {
    let (operation, arguments) = match DESCRIPTION.find(request.method().as_str(), request.uri().path()) {
        Found::Operation(operation, arguments) => (operation, arguments),
        Found::OtherMethod => {
            return Answer::error(405, "invalid_request_error", "The path does not have this method");
        }
        Found::Nothing if is_inbound_webhook(request) => return Answer::empty(202),
        Found::Nothing => return Answer::error(404, "invalid_request_error", "There is no such path"),
    };
    match refusal(state, request) {
        Some(refusal) => refusal,
        None => Known::read(operation, arguments, request, now)
            .map_or_else(|refusal| refusal, |request| perform(state, &request)),
    }
}

/// Whoever knows the address may post there, without a key.
fn is_inbound_webhook(request: &Request<Bytes>) -> bool {
    request.method() == http::Method::POST && request.uri().path().starts_with("/inbound/webhook/")
}

/// What refuses a request whatever it asks for.
fn refusal(state: &mut State, request: &Request<Bytes>) -> Option<Answer> {
    if let Some((left @ 1.., wait)) = state.settings.limited {
        state.settings.limited = Some((left - 1, wait));
        let refusal = Answer::error(429, "rate_limit_error", "Too many requests");
        let seconds = wait.as_secs() + u64::from(wait.subsec_nanos() > 0);
        return Some(refusal.header(header::RETRY_AFTER, HeaderValue::from(seconds)));
    }
    let key = request.headers().get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    match key.and_then(|key| key.strip_prefix("Bearer ")) {
        Some(key) if !key.trim().is_empty() => None,
        _ => Some(Answer::error(401, "authorization_error", "Unauthorized")),
    }
}

fn perform(state: &mut State, request: &Known<'_>) -> Answer {
    let key = idempotency::key(request);
    if let Some(kept) = key.as_deref().and_then(|key| state.keys.answer(key, request.now)) {
        return kept;
    }
    let outcome = match request.operation.handler {
        Some(handler) => handler(state, request),
        None => Ok(made_up(request)),
    };
    match outcome {
        Ok(answer) => {
            if let Some(key) = key {
                state.keys.remember(&key, request, &answer);
            }
            answer
        }
        Err(_) if state.settings.make_up_answers => made_up(request),
        // What was refused did not begin to execute, so its key can be used again.
        Err(refusal) => refusal,
    }
}

fn made_up(request: &Known<'_>) -> Answer {
    let operation = request.operation;
    let Some(schema) = &operation.answer else { return Answer::empty(operation.status) };
    let example = of_schema(&DESCRIPTION, schema);
    let example = match Shape::of(operation) {
        Some(shape) => shape.ended(example, &request.url),
        None => example,
    };
    Answer::new(operation.status, example)
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use http::Request;

    use super::super::check::check;
    use super::super::description::DESCRIPTION;
    use super::super::example::of_schema;
    use super::Courier;

    /// What can be stored is stored, then read, changed and taken away, as the examples of the description have it.
    #[test]
    fn every_answer_is_what_the_description_says() {
        let courier = Courier::new();
        let mut conforming = 0;
        for method in ["PUT", "POST", "PUT", "PATCH", "GET", "DELETE"] {
            for operation in DESCRIPTION.operations.iter().filter(|operation| operation.method == method) {
                let body = operation.body.as_ref().map(|schema| of_schema(&DESCRIPTION, schema).to_string());
                let request = Request::builder().method(method).uri(operation.example_path());
                let request = request.header("authorization", "Bearer test").body(body.unwrap_or_default().into());
                let answer = request.map(|request: Request<Bytes>| courier.answer(&request)).unwrap_or_default();
                let id = &operation.id;
                let read = serde_json::from_slice(answer.body()).unwrap_or_default();
                assert_ne!(answer.status(), 405, "{id}");
                if let Some(schema) = operation.answer.as_ref().filter(|_| answer.status().is_success()) {
                    assert_eq!(check(&DESCRIPTION, schema, &read), Ok(()), "{id}: {read}");
                    conforming += 1;
                }
            }
        }
        assert!(conforming > 60, "{conforming}");
    }
}
