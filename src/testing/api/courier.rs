//! The fake itself, and the calls that it has received.

use std::collections::VecDeque;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard};

use super::recorded_call::{Received, RecordedCall};
use super::strict::Unexpected;
use super::stub::{Rule, Stub};
use crate::sync::lock;
use crate::testing::engine::State;
use crate::testing::engine::clock::Clock;

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
