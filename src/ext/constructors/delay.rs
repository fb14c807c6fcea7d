//! Constructors for delays.

use std::time::Duration;

use crate::types::{Delay, DurationMillis, ExpiresIn, Timestamp};

/// The kinds of delay.
impl Delay {
    /// Delays the message by a duration, which Courier rounds up to a full minute.
    ///
    /// ```
    /// use std::time::Duration;
    /// use trycourier::types::{Delay, Message};
    ///
    /// let message = Message::new().delay(Delay::after(Duration::from_secs(3600)));
    /// ```
    pub fn after(duration: Duration) -> Self {
        Self::new().duration(duration)
    }

    /// Delays the message until a time. A text that is not a timestamp with an offset fails the call.
    ///
    /// ```
    /// use std::time::{Duration, SystemTime};
    /// use trycourier::types::{Delay, Message};
    ///
    /// let message = Message::new().delay(Delay::until_time(SystemTime::now() + Duration::from_secs(3600)));
    /// let message = message.delay(Delay::until_time("2027-01-31T09:00:00Z"));
    /// ```
    #[doc(alias = "schedule")]
    #[doc(alias = "send later")]
    pub fn until_time(time: impl Into<Timestamp>) -> Self {
        Self::new().until(time.into())
    }

    /// Delays the message until the next opening hours, in the recipient's time zone unless
    /// [`timezone`](Self::timezone) sets one.
    ///
    /// ```
    /// use trycourier::types::{Delay, Message};
    ///
    /// let message = Message::new().delay(Delay::window("Mo-Fr 09:00-17:00").timezone("Europe/Paris"));
    /// ```
    #[doc(alias = "opening hours")]
    #[doc(alias = "delivery window")]
    pub fn window(hours: impl Into<String>) -> Self {
        Self::new().until(hours.into())
    }
}

/// Converts to milliseconds.
impl From<Duration> for ExpiresIn {
    fn from(duration: Duration) -> Self {
        DurationMillis::from(duration).0.into()
    }
}
