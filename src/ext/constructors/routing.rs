//! Constructors for routings.

use crate::types::{Routing, RoutingChannel, RoutingMethod};

/// The two routing methods.
impl Routing {
    /// Uses the first channel that works, in order of preference.
    ///
    /// ```
    /// use trycourier::types::Routing;
    ///
    /// let routing = Routing::single(["push", "email"]);
    /// ```
    pub fn single(channels: impl IntoIterator<Item = impl Into<RoutingChannel>>) -> Self {
        Self::new(RoutingMethod::Single, channels)
    }

    /// Uses all channels.
    ///
    /// ```
    /// use trycourier::types::Routing;
    ///
    /// let routing = Routing::all(["email", "inbox"]);
    /// ```
    pub fn all(channels: impl IntoIterator<Item = impl Into<RoutingChannel>>) -> Self {
        Self::new(RoutingMethod::All, channels)
    }
}
