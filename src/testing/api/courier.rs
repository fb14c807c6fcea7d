//! The fake itself.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::testing::api::clock::Clock;
use crate::testing::api::recorded_call::Observer;
use crate::testing::api::strict::Unexpected;
use crate::testing::api::stub::Rule;
use crate::testing::engine::state::State;

/// A Courier in memory.
///
/// It opens no sockets, and answers every request at once, from what earlier requests have stored. A clone is the same Courier;
/// two that were made by [`new`](Self::new) share nothing. The [module](crate::testing) shows how to test with it.
#[derive(Clone, Default)]
pub struct Courier {
    pub(crate) shared: Arc<Shared>,
}

/// What the clones of a Courier have in common.
#[derive(Default)]
pub(crate) struct Shared {
    state: Mutex<State>,
    pub clock: Mutex<Clock>,
    pub observer: Mutex<Option<Observer>>,
    pub stubs: Mutex<Vec<Arc<Rule>>>,
    pub unexpected: Mutex<Unexpected>,
}

impl fmt::Debug for Courier {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Courier").finish_non_exhaustive()
    }
}

/// A lock that a panic elsewhere does not take from the rest of the test.
pub(crate) fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Courier {
    /// Makes an empty workspace.
    ///
    /// Inside a tokio runtime its clock is tokio's, so it stands still in a test with paused time.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    pub(crate) fn state(&self) -> MutexGuard<'_, State> {
        locked(&self.shared.state)
    }
}
