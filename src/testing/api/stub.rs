//! Responses that a test sets, instead of the fake's own.

use std::marker::PhantomData;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderName, HeaderValue, StatusCode};
use serde::Serialize;
use serde_json::Value;

use super::recorded_call::RecordedCall;
use crate::ext::Paginate;
use crate::sync::lock;
use crate::testing::engine::description::DESCRIPTION;
use crate::testing::engine::pagination::page_of;
use crate::testing::engine::response::Response;
use crate::types::ApiError;

/// The responses to the calls of one operation, see [`Courier::on`](super::courier::Courier::on).
#[doc(alias("On", "stub", "mock"))]
#[derive(Debug)]
pub struct Stub<C> {
    rule: Arc<Rule>,
    call: PhantomData<fn() -> C>,
}

impl<C: crate::calls::Call> Stub<C> {
    pub(super) fn new() -> Self {
        Self::of_operation(C::OPERATION.id)
    }

    /// Responds with a success.
    pub fn reply(self, response: C::Response) -> Self
    where
        C::Response: Serialize,
    {
        self.respond(success(C::OPERATION.id, serde_json::to_value(response).unwrap_or_default()))
    }

    /// Responds with a success that depends on the call. The closure may use the Courier itself.
    ///
    /// ```
    /// use trycourier::testing::Courier;
    /// use trycourier::{calls, types};
    ///
    /// # #[tokio::main]
    /// # async fn main() -> trycourier::Result<()> {
    /// let courier = Courier::new();
    /// courier.on::<calls::SendMessage>().reply_with(|call| {
    ///     let template = call.body.message.template.as_deref().unwrap_or_default();
    ///     types::SendMessageResponse::new(format!("request-of-{template}"))
    /// });
    /// let message = types::Message::new().to(types::Recipient::user("ada")).template("nt_welcome");
    /// assert_eq!(courier.client().send().message(message).await?.request_id, "request-of-nt_welcome");
    /// # Ok(())
    /// # }
    /// ```
    pub fn reply_with(self, respond: impl Fn(&C) -> C::Response + Send + Sync + 'static) -> Self
    where
        C::Response: Serialize,
    {
        self.then(Action::Respond(Arc::new(move |call| {
            let response = call.arguments::<C>().map(|arguments| serde_json::to_value(respond(&arguments)));
            success(C::OPERATION.id, response.and_then(Result::ok).unwrap_or_default())
        })))
    }

    /// Responds only to calls that meet the condition; all others have their usual responses. If there are several
    /// conditions, a call must meet all of them.
    pub fn when(self, condition: impl Fn(&C) -> bool + Send + Sync + 'static) -> Self {
        let condition = move |call: &RecordedCall| call.arguments::<C>().is_some_and(|arguments| condition(&arguments));
        lock(&self.rule.plan).conditions.push(Arc::new(condition));
        self
    }
}

impl<C> Stub<C> {
    pub(super) fn of_operation(operation: &'static str) -> Self {
        Self { rule: Arc::new(Rule { operation, plan: Mutex::default() }), call: PhantomData }
    }

    pub(super) fn rule(&self) -> Arc<Rule> {
        Arc::clone(&self.rule)
    }

    /// Responds with an error status, and an example of an error in Courier's format. The call has no effect.
    pub fn fail(self, status: u16) -> Self {
        let reason = StatusCode::from_u16(status).ok().and_then(|status| status.canonical_reason());
        self.fail_with(status, ApiError::new().message(reason.unwrap_or("Error")).type_("stubbed_error"))
    }

    /// Responds with an error status and this error. The call has no effect.
    ///
    /// ```
    /// use trycourier::testing::Courier;
    /// use trycourier::{ErrorKind, calls, types};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// let courier = Courier::new();
    /// let refusal = types::ApiError::new().message("The key was revoked").type_("authentication_error");
    /// courier.on::<calls::ListsRetrieve>().fail_with(401, refusal);
    ///
    /// let error = courier.client().lists().retrieve("customers").await.unwrap_err();
    /// assert_eq!((error.kind(), error.message()), (ErrorKind::Authentication, Some("The key was revoked")));
    /// # }
    /// ```
    pub fn fail_with(self, status: u16, error: ApiError) -> Self {
        self.respond(Response::new(status, serde_json::to_value(error).unwrap_or_default()).into_http())
    }

    /// Responds with any status, headers and body. Invalid headers, or an invalid status, are left out.
    ///
    /// ```
    /// use trycourier::calls;
    /// use trycourier::testing::Courier;
    ///
    /// # #[tokio::main]
    /// # async fn main() {
    /// let courier = Courier::new();
    /// courier.on::<calls::BrandsList>().raw(502, &[("content-type", "text/html")], "<h1>Bad gateway</h1>");
    /// let client = courier.client().with_options(|options| options.max_retries(0));
    /// assert!(client.brands().list().await.is_err_and(|error| error.status().is_some_and(|status| status == 502)));
    /// # }
    /// ```
    pub fn raw(self, status: u16, headers: &[(&str, &str)], body: impl Into<Bytes>) -> Self {
        let mut response = http::Response::new(body.into());
        *response.status_mut() = StatusCode::from_u16(status).unwrap_or_default();
        let headers = headers
            .iter()
            .filter_map(|(name, value)| Some((name.parse::<HeaderName>().ok()?, value.parse::<HeaderValue>().ok()?)));
        response.headers_mut().extend(headers);
        self.respond(response)
    }

    /// Breaks the connection. The call has no effect, but the client cannot know that.
    pub fn disconnect(self) -> Self {
        self.then(Action::Disconnect)
    }

    /// Performs the call, and then breaks the connection, so that the response is lost.
    pub fn disconnect_after_acting(self) -> Self {
        self.then(Action::DisconnectAfterActing)
    }

    /// Refuses the connection. The client knows that the call had no effect.
    pub fn unreachable(self) -> Self {
        self.then(Action::Unreachable)
    }

    /// Responds as usual, as part of a sequence: `.pass_through().fail(500)` fails from the second call on.
    #[doc(alias = "act")]
    pub fn pass_through(self) -> Self {
        self.then(Action::PassThrough)
    }

    /// Uses the previous response `times` times. If there is none yet, it uses [`pass_through`](Self::pass_through).
    pub fn times(self, times: usize) -> Self {
        let is_first = lock(&self.rule.plan).steps.is_empty();
        let stub = if is_first { self.pass_through() } else { self };
        if let Some(last) = lock(&stub.rule.plan).steps.last_mut() {
            last.times = Some(times);
        }
        stub
    }

    /// Delays each response by `time`, by tokio's clock. Without other responses, it delays the usual ones.
    pub fn delay(self, time: Duration) -> Self {
        lock(&self.rule.plan).delay = time;
        self
    }

    fn respond(self, response: http::Response<Bytes>) -> Self {
        self.then(Action::Respond(Arc::new(move |_| response.clone())))
    }

    fn then(self, action: Action) -> Self {
        lock(&self.rule.plan).steps.push(Step { action, times: None, used: 0 });
        self
    }
}

impl<C: Paginate<Item: Serialize>> Stub<C> {
    /// Responds with the rows of a list, in pages of `size` rows, in the operation's own format.
    ///
    /// ```
    /// use futures::TryStreamExt as _;
    /// use trycourier::testing::{Courier, example};
    /// use trycourier::{calls, types};
    ///
    /// # #[tokio::main]
    /// # async fn main() -> trycourier::Result<()> {
    /// let courier = Courier::new();
    /// courier.on::<calls::BrandsList>().pages(vec![example::<types::Brand>(); 5], 2);
    /// let brands: Vec<_> = courier.client().brands().list().items().try_collect().await?;
    /// assert_eq!((brands.len(), courier.calls().len()), (5, 3));
    /// # Ok(())
    /// # }
    /// ```
    pub fn pages(self, rows: impl IntoIterator<Item = C::Item>, size: usize) -> Self {
        let rows: Vec<Value> = rows.into_iter().filter_map(|row| serde_json::to_value(row).ok()).collect();
        self.then(Action::Respond(Arc::new(move |call| {
            let page = call.route.operation().map(|operation| page_of(operation, &rows, size, &call.target));
            let page = page.unwrap_or_else(|| Err(Response::invalid("No operation has this path")));
            page.unwrap_or_else(|refusal| refusal).into_http()
        })))
    }
}

/// A success of an operation, with its status in the description.
fn success(id: &str, body: Value) -> http::Response<Bytes> {
    let operation = DESCRIPTION.operation(id);
    let status = operation.map_or(200, |operation| operation.status);
    match operation.and_then(|operation| operation.response.as_ref()) {
        Some(_) => Response::new(status, body),
        None => Response::empty(status),
    }
    .into_http()
}

pub(super) struct Rule {
    operation: &'static str,
    plan: Mutex<Plan>,
}

impl std::fmt::Debug for Rule {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Rule").field(&self.operation).finish()
    }
}

#[derive(Default)]
struct Plan {
    conditions: Vec<Condition>,
    delay: Duration,
    steps: Vec<Step>,
}

type Respond = Arc<dyn Fn(&RecordedCall) -> http::Response<Bytes> + Send + Sync>;
type Condition = Arc<dyn Fn(&RecordedCall) -> bool + Send + Sync>;

struct Step {
    action: Action,
    /// The maximum number of uses, if limited.
    times: Option<usize>,
    /// The number of uses so far.
    used: usize,
}

#[derive(Clone)]
pub(super) enum Action {
    /// The fake's own response.
    PassThrough,
    Respond(Respond),
    Disconnect,
    DisconnectAfterActing,
    Unreachable,
}

impl Rule {
    /// The next action for a call, and its delay; `None` if the rule does not apply.
    pub fn next(&self, call: &RecordedCall) -> Option<(Action, Duration)> {
        // Conditions are the test's code, which may use the fake.
        let conditions = lock(&self.plan).conditions.clone();
        if call.operation != Some(self.operation) || !conditions.iter().all(|condition| condition(call)) {
            return None;
        }
        let mut plan = lock(&self.plan);
        let delay = plan.delay;
        let Some(last) = plan.steps.len().checked_sub(1) else {
            return (delay > Duration::ZERO).then_some((Action::PassThrough, delay));
        };
        let step = plan.steps.iter_mut().enumerate().find_map(|(index, step)| {
            let times = step.times.unwrap_or(if index == last { usize::MAX } else { 1 });
            (step.used < times).then_some(step)
        })?;
        step.used += 1;
        Some((step.action.clone(), delay))
    }
}
