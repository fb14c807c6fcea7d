//! Checks of what went out, whose failures show it.

#![allow(clippy::panic, reason = "a check of a test fails by a panic")]

use crate::testing::api::courier::Courier;
use crate::testing::api::recorded_call::{Call, Received};
use crate::testing::api::sent::Sent;

/// The most lines that a failure shows.
const MAX_LINES: usize = 30;

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
    #[must_use = "it checks nothing before it is told how many there have to be"]
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
    /// If there is none. The message lists what was sent instead.
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
    /// If there is one. The message lists what was sent.
    #[track_caller]
    pub fn expect_nothing_sent(&self) {
        if !self.sent().is_empty() {
            panic!("something was sent.{}", self.report());
        }
    }

    /// What went out, for a failure.
    fn report(&self) -> String {
        let sent: Vec<String> = self.sent().iter().map(Sent::line).collect();
        let calls: Vec<String> = self.calls().iter().map(Call::line).collect();
        section("What was sent", &sent) + &section("All calls", &calls)
    }
}

fn section(title: &str, lines: &[String]) -> String {
    if lines.is_empty() { format!("\n{title}: nothing") } else { format!("\n{title}:{}", self::lines(lines)) }
}

/// The last lines, which are nearest to what has failed.
pub(crate) fn lines(all: &[String]) -> String {
    let left_out = all.len().saturating_sub(MAX_LINES);
    let first = if left_out > 0 { format!("\n  … {left_out} before") } else { String::new() };
    all.iter().skip(left_out).fold(first, |text, line| text + "\n  " + line)
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
    #[must_use = "it checks nothing before it is told how many there have to be"]
    pub fn when(mut self, condition: impl Fn(&Received<C>) -> bool) -> Self {
        self.received.retain(|received| condition(received));
        self.narrowed = true;
        self
    }

    /// Checks that there was exactly one, and returns it.
    ///
    /// # Panics
    ///
    /// If there was none or several. The message lists the calls.
    #[track_caller]
    pub fn once(mut self) -> Received<C> {
        match self.received.pop() {
            Some(only) if self.received.is_empty() => only,
            popped => self.fail("one call", self.received.len() + usize::from(popped.is_some())),
        }
    }

    /// Checks how many there were, and returns them, the oldest first.
    ///
    /// # Panics
    ///
    /// If there was another number of them. The message lists the calls.
    #[track_caller]
    pub fn times(self, times: usize) -> Vec<Received<C>> {
        match self.received.len() {
            found if found != times => self.fail(&format!("{times} calls"), found),
            _ => self.received,
        }
    }

    /// Checks that there was none.
    ///
    /// # Panics
    ///
    /// If there was one. The message lists the calls.
    #[track_caller]
    pub fn never(self) {
        if !self.received.is_empty() {
            self.fail("no call", self.received.len());
        }
    }

    #[track_caller]
    fn fail(&self, expected: &str, found: usize) -> ! {
        let such = if self.narrowed { " like this" } else { "" };
        let operation = C::OPERATION.id;
        panic!("expected {expected} of {operation}{such}, but there were {found}.{}", self.courier.report());
    }
}
