//! The double itself.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::call::Observer;
use super::clock::Clock;
use super::state::State;
use super::strict::Unexpected;
use super::stub::Stub;

/// A Courier in this process.
///
/// It has no socket, and every request is answered at once, from what earlier requests have stored. A clone is the same
/// Courier; two that were made by [`new`](Self::new) do not see each other. The [module](super) shows tests with it.
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
    pub stubs: Mutex<Vec<Arc<Stub>>>,
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
    /// A workspace with nothing in it.
    ///
    /// Its clock is tokio's where there is one, so that time that is paused in a test is paused here too.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    pub(super) fn state(&self) -> MutexGuard<'_, State> {
        locked(&self.shared.state)
    }
}
