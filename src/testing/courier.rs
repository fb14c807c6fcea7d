//! The fake itself.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::call::Observer;
use super::clock::Clock;
use super::state::State;
use super::strict::Unexpected;
use super::stub::Rule;

/// A Courier in memory.
///
/// It opens no sockets, and answers every request at once, from what earlier requests have stored. A clone is the same Courier;
/// two that were made by [`new`](Self::new) share nothing. The [module](super) shows how to test with it.
#[derive(Clone, Default)]
pub struct Courier {
    pub(super) shared: Arc<Shared>,
}

/// What the clones of a Courier have in common.
#[derive(Default)]
pub(super) struct Shared {
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
pub(super) fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
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

    pub(super) fn state(&self) -> MutexGuard<'_, State> {
        locked(&self.shared.state)
    }
}
