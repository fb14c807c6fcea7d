//! The fake itself, and the calls that it has received.

use std::collections::VecDeque;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard};

use super::recorded_call::{Received, RecordedCall};
use super::server::Interceptor;
use super::strict::Unexpected;
use super::stub::{Rule, Stub};
use crate::sync::lock;
use crate::testing::engine::State;
use crate::testing::engine::clock::Clock;
use crate::testing::engine::description::DESCRIPTION;

/// A Courier in memory.
///
/// It opens no sockets, and responds to every request immediately, from the data that earlier requests stored. A clone
/// is the same Courier; two values created by [`new`](Self::new) share nothing. The [module](crate::testing) shows how
/// to test with it.
#[doc(alias("mock", "fake", "double", "MockServer"))]
#[derive(Clone, Default)]
pub struct Courier {
    pub(super) shared: Arc<Shared>,
}

/// The parts that the clones of a Courier share.
#[derive(Default)]
pub(super) struct Shared {
    state: Mutex<State>,
    pub calls: Mutex<VecDeque<RecordedCall>>,
    pub clock: Mutex<Clock>,
    pub observer: Mutex<Option<Observer>>,
    pub interceptor: Mutex<Option<Interceptor>>,
    pub stubs: Mutex<Vec<Arc<Rule>>>,
    pub unexpected: Mutex<Unexpected>,
}

pub(super) type Observer = Arc<dyn Fn(&RecordedCall) + Send + Sync>;

impl fmt::Debug for Courier {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Courier").finish_non_exhaustive()
    }
}

impl Courier {
    /// Creates an empty workspace.
    ///
    /// Inside a tokio runtime, the workspace uses tokio's clock, which does not advance in a test with paused time.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    pub(super) fn state(&self) -> MutexGuard<'_, State> {
        lock(&self.shared.state)
    }

    /// Sets the responses to the calls of one operation, regardless of what is stored.
    ///
    /// The responses form a sequence. Each is used once, or the number of times that [`times`](Stub::times) sets. The
    /// last response is repeated forever unless `times` limits it as well; after that, calls get their usual responses.
    /// If `on` was called several times for an operation, the last call with a remaining response applies.
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
    #[doc(alias = "On")]
    #[must_use = "it has no effect until a response is set"]
    pub fn on<C: crate::calls::Call>(&self) -> Stub<C> {
        let stub = Stub::new();
        lock(&self.shared.stubs).push(stub.rule());
        stub
    }

    /// Sets the responses to the calls of the operation with this dotted name, such as `send.message`. Returns `None` if
    /// there is no such operation.
    ///
    /// It is for programs that learn the operation at run time; tests use [`on`](Self::on), which knows the types.
    ///
    /// ```
    /// use trycourier::testing::Courier;
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// let courier = Courier::new();
    /// courier.on_operation("brands.list").expect("an operation").fail(400);
    /// assert!(courier.client().brands().list().await.is_err());
    /// assert!(courier.on_operation("brands.paint").is_none());
    /// # }
    /// ```
    #[must_use = "it has no effect until a response is set"]
    pub fn on_operation(&self, name: &str) -> Option<Stub<()>> {
        let stub = Stub::of_operation(&DESCRIPTION.operation(name)?.id);
        lock(&self.shared.stubs).push(stub.rule());
        Some(stub)
    }

    /// Empties the workspace, and forgets all calls and all responses that were set. The settings and the clock's time
    /// remain.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> trycourier::Result<()> {
    /// let courier = trycourier::testing::Courier::new();
    /// courier.client().lists().update("customers", "Customers").await?;
    /// courier.reset();
    /// assert!(courier.client().lists().retrieve("customers").await.is_err());
    /// # Ok(())
    /// # }
    /// ```
    pub fn reset(&self) {
        lock(&self.shared.stubs).clear();
        lock(&self.shared.calls).clear();
        let mut state = self.state();
        let settings = std::mem::take(&mut state.settings);
        *state = State::default();
        state.settings = settings;
    }

    /// Drops the oldest calls, of which too many are kept.
    pub(super) fn trim_calls(&self) {
        let keep = self.state().settings.keep;
        let mut calls = lock(&self.shared.calls);
        let excess = calls.len().saturating_sub(keep);
        calls.drain(..excess);
    }

    /// Runs a function after each response to a request. A second function replaces the first.
    pub fn on_call(&self, observer: impl Fn(&RecordedCall) + Send + Sync + 'static) -> &Self {
        *lock(&self.shared.observer) = Some(Arc::new(observer));
        self
    }

    /// Returns the requests so far, the oldest first. Each attempt of a call is one.
    #[doc(alias = "received_requests")]
    #[must_use]
    pub fn calls(&self) -> Vec<RecordedCall> {
        lock(&self.shared.calls).iter().cloned().collect()
    }

    /// Returns the requests of one operation so far, with their arguments, the oldest first.
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
        self.calls().iter().filter_map(Received::new).collect()
    }

    /// Forgets the calls and the messages sent so far. What they have stored remains.
    pub fn forget_calls(&self) {
        lock(&self.shared.calls).clear();
        self.state().sent.clear();
    }
}
