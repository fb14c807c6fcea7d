//! Constructors for the steps of automations.

use crate::types::{AutomationCancelStep, AutomationDelayStep, AutomationSendStep, AutomationStep};

/// Constructors for the most common steps. Their types have setters for all other properties. A step that this
/// version does not have is JSON.
///
/// ```
/// use serde_json::json;
/// use trycourier::types::AutomationStep;
///
/// let steps = [
///     AutomationStep::delay("20 minutes"),
///     AutomationStep::send("nt_welcome"),
///     AutomationStep::from(json!({"action": "throttle", "max_allowed": 1})),
/// ];
/// ```
impl AutomationStep {
    /// Creates a step that sends a template to the recipient of the run.
    ///
    /// ```
    /// use trycourier::types::AutomationStep;
    ///
    /// let step = AutomationStep::send("nt_welcome");
    /// ```
    pub fn send(template: impl Into<String>) -> Self {
        AutomationSendStep::new().template(template).into()
    }

    /// Creates a step that waits for a duration, written as `20 minutes` or `1 day`.
    ///
    /// ```
    /// use trycourier::types::AutomationStep;
    ///
    /// let step = AutomationStep::delay("20 minutes");
    /// ```
    pub fn delay(duration: impl Into<String>) -> Self {
        AutomationDelayStep::new().duration(duration).into()
    }

    /// Creates a step that cancels the runs with a cancelation token.
    ///
    /// ```
    /// use trycourier::types::AutomationStep;
    ///
    /// let step = AutomationStep::cancel("order-A-1007");
    /// ```
    pub fn cancel(cancelation_token: impl Into<String>) -> Self {
        AutomationCancelStep::new().cancelation_token(cancelation_token).into()
    }
}
