//! Constructors for the nodes of journeys.

use crate::types::{
    JourneyApiInvokeTriggerNode, JourneyDelayDurationNode, JourneyMessage, JourneyNode, JourneySendNode,
};

/// Constructors for the most common nodes. Their types have setters for all other properties.
impl JourneyNode {
    /// Creates a trigger that starts a run when the API invokes the journey.
    ///
    /// ```
    /// use trycourier::types::JourneyNode;
    ///
    /// let nodes = [JourneyNode::invoked_by_api(), JourneyNode::send("nt_welcome")];
    /// ```
    pub fn invoked_by_api() -> Self {
        JourneyApiInvokeTriggerNode::new().into()
    }

    /// Creates a node that sends one of the journey's templates to the run's user.
    ///
    /// ```
    /// use trycourier::types::JourneyNode;
    ///
    /// let node = JourneyNode::send("nt_welcome");
    /// ```
    pub fn send(template: impl Into<String>) -> Self {
        JourneySendNode::new(JourneyMessage::new().template(template)).into()
    }

    /// Creates a node that waits for an ISO 8601 duration: `PT20M`, `P1D`.
    ///
    /// ```
    /// use trycourier::types::JourneyNode;
    ///
    /// let node = JourneyNode::delay("PT20M");
    /// ```
    pub fn delay(duration: impl Into<String>) -> Self {
        JourneyDelayDurationNode::new(duration).into()
    }
}
