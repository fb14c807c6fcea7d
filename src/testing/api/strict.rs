//! Calls for which a test has set no response.

#![allow(clippy::panic, reason = "a check of a test fails by a panic")]

use crate::testing::api::courier::{Courier, locked};
use crate::testing::api::expect::lines;
use crate::testing::api::recorded_call::Call;

/// The calls that were refused, if any are.
#[derive(Default)]
pub(crate) struct Unexpected {
    calls: Option<Vec<String>>,
}

impl Unexpected {
    fn take(&mut self) -> Vec<String> {
        self.calls.as_mut().map(std::mem::take).unwrap_or_default()
    }
}

impl Drop for Unexpected {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            check(&self.take());
        }
    }
}

#[track_caller]
fn check(unexpected: &[String]) {
    if !unexpected.is_empty() {
        panic!("calls for which the test has set no response:{}", lines(unexpected));
    }
}

impl Courier {
    /// From now on, refuses every call for which no [`on`](Self::on) has a response. The call fails with a 501, which is not
    /// retried, and [`verify`](Self::verify), or dropping the last clone of the Courier, panics.
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
        locked(&self.shared.unexpected).calls.get_or_insert_default();
        self
    }

    /// Checks that [`strict`](Self::strict) has refused no call. Dropping the last clone of the Courier checks it, too.
    ///
    /// # Panics
    ///
    /// If it has refused one. The message names it.
    #[track_caller]
    pub fn verify(&self) {
        let unexpected = locked(&self.shared.unexpected).take();
        check(&unexpected);
    }

    /// Notes a call that nobody has set a response for, if that is refused.
    pub(crate) fn refuses(&self, call: &Call) -> bool {
        match &mut locked(&self.shared.unexpected).calls {
            Some(unexpected) => {
                unexpected.push(call.request());
                true
            }
            None => false,
        }
    }
}
