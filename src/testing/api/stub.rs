//! Answers that a test sets itself, instead of the fake's own.

use std::marker::PhantomData;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderName, HeaderValue, Response, StatusCode};
use serde::Serialize;
use serde_json::Value;

use crate::ext::Paginate;
use crate::testing::api::courier::{Courier, locked};
use crate::testing::api::recorded_call::Call;
use crate::testing::engine::description::{DESCRIPTION, Found, Operation};
use crate::testing::engine::pagination as paging;
use crate::testing::engine::response::Answer;
use crate::types::ApiError;

impl Courier {
    /// Sets the answers to the calls of one operation, whatever is stored.
    ///
    /// The answers are a sequence. Each is given once, or as often as [`times`](Stub::times) says. The last one is repeated forever,
    /// unless `times` limits it as well; after that, calls are answered as usual. If there are several `on` for an operation, the
    /// last one that still has a response is used.
    ///
    /// ```
    /// use trycourier::testing::{Courier, example};
    /// use trycourier::{calls, types};
    ///
    /// # #[tokio::main]
    /// # async fn main() -> trycourier::Result<()> {
    /// let courier = Courier::new();
    /// let mut details = example::<types::MessageDetails>();
    /// details.status = types::MessageStatus::Undeliverable;
    /// courier.on::<calls::MessagesRetrieve>().fail(404).times(2).reply(details);
    ///
    /// let client = courier.client();
    /// assert!(client.messages().retrieve("m").await.is_err());
    /// assert!(client.messages().retrieve("m").await.is_err());
    /// assert_eq!(client.messages().retrieve("m").await?.status, types::MessageStatus::Undeliverable);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// A response of another type does not compile:
    ///
    /// ```compile_fail,E0308
    /// use trycourier::testing::{Courier, example};
    /// use trycourier::{calls, types};
    ///
    /// Courier::new().on::<calls::MessagesRetrieve>().reply(example::<types::Brand>());
    /// ```
    #[must_use = "it does nothing before it is told what to answer"]
    pub fn on<C: crate::calls::Call>(&self) -> Stub<C> {
        let stub = Arc::new(Rule { operation: C::OPERATION.id, plan: Mutex::default() });
        locked(&self.shared.stubs).push(Arc::clone(&stub));
        Stub { stub, of: PhantomData }
    }
}

/// The answers to the calls of one operation, see [`Courier::on`].
#[derive(Debug)]
pub struct Stub<C> {
    stub: Arc<Rule>,
    of: PhantomData<fn() -> C>,
}

impl<C: crate::calls::Call> Stub<C> {
    /// Answers with a success.
    pub fn reply(self, answer: C::Response) -> Self
    where
        C::Response: Serialize,
    {
        let answer = success(C::OPERATION.id, serde_json::to_value(answer).unwrap_or_default());
        self.then(Act::Answer(Arc::new(move |_| answer.clone())))
    }

    /// Answers with a success that depends on the call. The closure may use the Courier itself.
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
    pub fn reply_with(self, answer: impl Fn(&C) -> C::Response + Send + Sync + 'static) -> Self
    where
        C::Response: Serialize,
    {
        self.then(Act::Answer(Arc::new(move |call| {
            let answer = call.arguments::<C>().map(|arguments| serde_json::to_value(answer(&arguments)));
            success(C::OPERATION.id, answer.and_then(Result::ok).unwrap_or_default())
        })))
    }

    /// Answers with an error status, and a made-up error in Courier's format. The call has no effect.
    pub fn fail(self, status: u16) -> Self {
        let reason = StatusCode::from_u16(status).ok().and_then(|status| status.canonical_reason());
        self.fail_with(status, ApiError::new().message(reason.unwrap_or("Error")).type_("stubbed_error"))
    }

    /// Answers with an error status and this error. The call has no effect.
    ///
    /// ```
    /// use trycourier::testing::Courier;
    /// use trycourier::{ErrorKind, calls, types};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// let courier = Courier::new();
    /// let refusal = types::ApiError::new().message("The key was revoked").type_("authorization_error");
    /// courier.on::<calls::ListsRetrieve>().fail_with(401, refusal);
    ///
    /// let error = courier.client().lists().retrieve("customers").await.unwrap_err();
    /// assert_eq!((error.kind(), error.message()), (ErrorKind::Authentication, Some("The key was revoked")));
    /// # }
    /// ```
    pub fn fail_with(self, status: u16, error: ApiError) -> Self {
        let answer = Answer::new(status, serde_json::to_value(error).unwrap_or_default()).into_response();
        self.then(Act::Answer(Arc::new(move |_| answer.clone())))
    }

    /// Answers with any status, headers and body. Invalid headers, or an invalid status, are left out.
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
        let mut answer = Response::new(body.into());
        *answer.status_mut() = StatusCode::from_u16(status).unwrap_or_default();
        let headers = headers
            .iter()
            .filter_map(|(name, value)| Some((name.parse::<HeaderName>().ok()?, value.parse::<HeaderValue>().ok()?)));
        answer.headers_mut().extend(headers);
        self.then(Act::Answer(Arc::new(move |_| answer.clone())))
    }

    /// Breaks the connection. The call has no effect, but the client cannot know that.
    pub fn disconnect(self) -> Self {
        self.then(Act::Disconnect)
    }

    /// Performs the call, and then breaks the connection, so that the response is lost.
    pub fn disconnect_after_acting(self) -> Self {
        self.then(Act::DisconnectAfterActing)
    }

    /// Refuses the connection. The client knows that the call had no effect.
    pub fn unreachable(self) -> Self {
        self.then(Act::Unreachable)
    }

    /// Answers as usual, as part of a sequence: `.pass_through().fail(500)` fails from the second call on.
    pub fn pass_through(self) -> Self {
        self.then(Act::Own)
    }

    /// Repeats the previous answer, so that it is given `times` times. Without a previous answer, it is [`act`](Self::act).
    pub fn times(self, times: usize) -> Self {
        let mut plan = locked(&self.stub.plan);
        if plan.steps.is_empty() {
            plan.steps.push(Step { act: Act::Own, times: None, made: 0 });
        }
        if let Some(last) = plan.steps.last_mut() {
            last.times = Some(times);
        }
        drop(plan);
        self
    }

    /// Only answers calls that meet the condition; all others are answered as usual. If there are several conditions, a call has
    /// to meet all of them.
    pub fn when(self, condition: impl Fn(&C) -> bool + Send + Sync + 'static) -> Self {
        let condition = move |call: &Call| call.arguments::<C>().is_some_and(|arguments| condition(&arguments));
        locked(&self.stub.plan).conditions.push(Arc::new(condition));
        self
    }

    /// Delays each response by `time`, by tokio's clock. Without other answers, it delays the usual ones.
    pub fn delay(self, time: Duration) -> Self {
        locked(&self.stub.plan).delay = time;
        self
    }

    fn then(self, act: Act) -> Self {
        locked(&self.stub.plan).steps.push(Step { act, times: None, made: 0 });
        self
    }
}

impl<C: Paginate<Item: Serialize>> Stub<C> {
    /// Answers with the rows of a list, in pages of `size` rows, in the operation's own format.
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
        self.then(Act::Answer(Arc::new(move |call| {
            let found = described(call).and_then(|operation| paging::served(operation, &rows, size, &call.target));
            found.unwrap_or_else(|| Answer::invalid("`cursor` is not one that was given out")).into_response()
        })))
    }
}

fn described(call: &Call) -> Option<&'static Operation> {
    let path = call.target.split('?').next()?;
    match DESCRIPTION.find(call.method.as_str(), path) {
        Found::Operation(operation, _) => Some(operation),
        _ => None,
    }
}

/// The described success of an operation.
fn success(id: &str, body: Value) -> Response<Bytes> {
    let operation = DESCRIPTION.operations.iter().find(|operation| operation.id == id);
    let status = operation.map_or(200, |operation| operation.status);
    match operation.and_then(|operation| operation.answer.as_ref()) {
        Some(_) => Answer::new(status, body),
        None => Answer::empty(status),
    }
    .into_response()
}

pub(crate) struct Rule {
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

type Respond = Arc<dyn Fn(&Call) -> Response<Bytes> + Send + Sync>;
type Condition = Arc<dyn Fn(&Call) -> bool + Send + Sync>;

struct Step {
    act: Act,
    /// How often it is to be taken.
    times: Option<usize>,
    /// How often it was taken.
    made: usize,
}

#[derive(Clone)]
pub(crate) enum Act {
    /// The fake's own answer.
    Own,
    Answer(Respond),
    Disconnect,
    DisconnectAfterActing,
    Unreachable,
}

impl Rule {
    /// What to do with a call and how long it takes, if this is for it.
    pub fn next(&self, call: &Call) -> Option<(Act, Duration)> {
        if call.operation != Some(self.operation) {
            return None;
        }
        // The conditions are a test's own code, which may use the fake.
        let conditions = locked(&self.plan).conditions.clone();
        if !conditions.iter().all(|condition| condition(call)) {
            return None;
        }
        let mut plan = locked(&self.plan);
        let delay = plan.delay;
        if plan.steps.is_empty() {
            return (delay > Duration::ZERO).then_some((Act::Own, delay));
        }
        let last = plan.steps.len() - 1;
        let step = plan.steps.iter_mut().enumerate().find_map(|(place, step)| {
            let times = step.times.unwrap_or(if place == last { usize::MAX } else { 1 });
            (step.made < times).then_some(step)
        })?;
        step.made += 1;
        Some((step.act.clone(), delay))
    }
}
