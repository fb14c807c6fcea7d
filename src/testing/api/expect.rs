//! Checks of calls and messages. A failure lists them.

#![allow(clippy::panic, reason = "a check of a test fails by a panic")]

use super::courier::Courier;
use super::recorded_call::{Received, RecordedCall};
use super::sent::Sent;
use super::strict::lines;
use crate::sync::lock;

impl Courier {
    /// Checks the calls of one operation. The attempts of a call count as one.
    ///
    /// ```
    /// use trycourier::calls;
    /// use trycourier::testing::Courier;
    ///
    /// # #[tokio::main]
    /// # async fn main() -> trycourier::Result<()> {
    /// let courier = Courier::new();
    /// courier.client().lists().update("customers", "Customers").await?;
    ///
    /// let update = courier.expect::<calls::ListsUpdate>().when(|call| call.list_id == "customers").once();
    /// assert_eq!(update.body.name, "Customers");
    /// courier.expect::<calls::ListsDelete>().never();
    /// # Ok(())
    /// # }
    /// ```
    #[must_use = "it checks nothing until the number of calls is given"]
    pub fn expect<C: crate::calls::Call>(&self) -> Expect<C> {
        let received = self.calls_of::<C>();
        let received = received.into_iter().filter(|received| received.call.attempt == 1).collect();
        Expect { courier: self.clone(), received, narrowed: false }
    }

    /// Checks that a matching message was sent, and returns the first one.
    ///
    /// ```
    /// use trycourier::testing::Courier;
    /// use trycourier::types::{Message, Recipient};
    ///
    /// # #[tokio::main]
    /// # async fn main() -> trycourier::Result<()> {
    /// let courier = Courier::new();
    /// courier.client().send().message(Message::new().to(Recipient::user("ada")).template("nt_welcome")).await?;
    /// courier.expect_sent(|sent| sent.recipient == "ada");
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Panics
    ///
    /// Panics if no message matches. The panic message lists the messages that were sent.
    #[track_caller]
    pub fn expect_sent(&self, matching: impl Fn(&Sent) -> bool) -> Sent {
        match self.sent().into_iter().find(matching) {
            Some(sent) => sent,
            None => panic!("no such message was sent.{}", self.report()),
        }
    }

    /// Checks that no message was sent.
    ///
    /// # Panics
    ///
    /// Panics if a message was sent. The panic message lists the messages.
    #[track_caller]
    pub fn expect_nothing_sent(&self) {
        if !self.sent().is_empty() {
            panic!("something was sent.{}", self.report());
        }
    }

    /// From now on, refuses every call for which no [`on`](Self::on) has a response. The call fails with a 501, which
    /// is not retried, and [`verify`](Self::verify), or dropping the last clone of the Courier, panics.
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
        lock(&self.shared.unexpected).0.get_or_insert_default();
        self
    }

    /// Checks that [`strict`](Self::strict) has not refused any call. Dropping the last clone of the Courier also
    /// checks it.
    ///
    /// # Panics
    ///
    /// Panics if a call was refused. The panic message names the call.
    #[track_caller]
    pub fn verify(&self) {
        lock(&self.shared.unexpected).check();
    }

    /// The messages and calls so far, for a failure.
    fn report(&self) -> String {
        let sent: Vec<String> = self.sent().iter().map(Sent::line).collect();
        let calls: Vec<String> = self.calls().iter().map(RecordedCall::line).collect();
        section("What was sent", &sent) + &section("All calls", &calls)
    }
}

fn section(title: &str, lines: &[String]) -> String {
    if lines.is_empty() { format!("\n{title}: nothing") } else { format!("\n{title}:{}", self::lines(lines)) }
}

/// A check of the calls of one operation, see [`Courier::expect`].
#[derive(Debug)]
pub struct Expect<C> {
    courier: Courier,
    received: Vec<Received<C>>,
    narrowed: bool,
}

impl<C: crate::calls::Call> Expect<C> {
    /// Counts only calls that meet the condition.
    #[must_use = "it checks nothing until the number of calls is given"]
    pub fn when(mut self, condition: impl Fn(&Received<C>) -> bool) -> Self {
        self.received.retain(|received| condition(received));
        self.narrowed = true;
        self
    }

    /// Checks that there was exactly one call, and returns it.
    ///
    /// # Panics
    ///
    /// Panics unless there was exactly one call. The panic message lists the calls.
    #[track_caller]
    pub fn once(mut self) -> Received<C> {
        match self.received.pop() {
            Some(only) if self.received.is_empty() => only,
            popped => self.fail("one call", self.received.len() + usize::from(popped.is_some())),
        }
    }

    /// Checks the number of calls, and returns them, the oldest first.
    ///
    /// # Panics
    ///
    /// Panics if the number of calls differs. The panic message lists the calls.
    #[track_caller]
    pub fn times(self, times: usize) -> Vec<Received<C>> {
        match self.received.len() {
            count if count != times => self.fail(&format!("{times} calls"), count),
            _ => self.received,
        }
    }

    /// Checks that the operation was not called.
    ///
    /// # Panics
    ///
    /// Panics if the operation was called. The panic message lists the calls.
    #[track_caller]
    pub fn never(self) {
        if !self.received.is_empty() {
            self.fail("no call", self.received.len());
        }
    }

    #[track_caller]
    fn fail(&self, expected: &str, count: usize) -> ! {
        let such = if self.narrowed { " like this" } else { "" };
        let operation = C::OPERATION.id;
        panic!("expected {expected} of {operation}{such}, but there were {count}.{}", self.courier.report());
    }
}
