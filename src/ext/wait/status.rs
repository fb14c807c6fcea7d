//! Methods that return whether a status is final.

#[cfg(feature = "bulk")]
use crate::types::BulkJobStatus;
#[cfg(feature = "messages")]
use crate::types::MessageStatus;
#[cfg(has_type = "RunStatus")]
use crate::types::{RunStatus, RunStepStatus};

/// The stages of a message.
///
/// ```
/// use trycourier::types::MessageStatus;
///
/// assert!(MessageStatus::Opened.is_delivered() && !MessageStatus::Sent.is_delivered());
/// assert!(MessageStatus::Undeliverable.is_failed() && !MessageStatus::Delayed.is_failed());
/// assert!(MessageStatus::Filtered.is_settled() && !MessageStatus::Sent.is_settled());
/// assert!(MessageStatus::Opened.supersedes(&MessageStatus::Sent));
/// assert!(!MessageStatus::Sent.supersedes(&MessageStatus::Sent));
/// ```
#[cfg(feature = "messages")]
impl MessageStatus {
    /// Returns `true` if the message was delivered, opened or clicked, or would have been delivered outside of a test
    /// environment.
    ///
    /// Some channels, such as Inbox, do not report a status after `Sent`, for which this returns `false`.
    ///
    /// ```
    /// use trycourier::types::MessageStatus;
    ///
    /// assert!(MessageStatus::Opened.is_delivered());
    /// assert!(!MessageStatus::Sent.is_delivered());
    /// ```
    pub fn is_delivered(&self) -> bool {
        matches!(self, Self::Delivered | Self::Opened | Self::Clicked | Self::Simulated)
    }

    /// Returns `true` if the message will not be delivered.
    ///
    /// ```
    /// use trycourier::types::MessageStatus;
    ///
    /// assert!(MessageStatus::Undeliverable.is_failed());
    /// assert!(!MessageStatus::Delayed.is_failed());
    /// ```
    pub fn is_failed(&self) -> bool {
        matches!(
            self,
            Self::Unmapped
                | Self::Unroutable
                | Self::Undeliverable
                | Self::Failed
                | Self::Canceled
                | Self::Filtered
                | Self::Throttled
        )
    }

    /// Returns `true` if the message was delivered or will not be delivered. A delivered message may still be opened.
    /// Returns `false` for a status that this version does not know.
    ///
    /// ```
    /// use trycourier::types::MessageStatus;
    ///
    /// assert!(MessageStatus::Delivered.is_settled() && MessageStatus::Filtered.is_settled());
    /// assert!(!MessageStatus::Unrecognized("READ_ALOUD".to_owned()).is_settled());
    /// ```
    pub fn is_settled(&self) -> bool {
        self.is_delivered() || self.is_failed()
    }

    /// Returns `true` if this status is at least as far along as another, different one, so that it replaces the other.
    ///
    /// Webhooks can arrive in a different order from their events. A receiver that stores the last status of each
    /// message ignores a status that does not supersede the stored one. A failure and a delivery supersede each other,
    /// because a delivered message can bounce later; nothing but a click supersedes an opened message.
    ///
    /// ```
    /// use trycourier::types::MessageStatus;
    ///
    /// assert!(MessageStatus::Opened.supersedes(&MessageStatus::Sent));
    /// assert!(!MessageStatus::Sent.supersedes(&MessageStatus::Delivered));
    /// assert!(!MessageStatus::Sent.supersedes(&MessageStatus::Sent));
    /// ```
    #[doc(alias = "out of order")]
    pub fn supersedes(&self, other: &Self) -> bool {
        self != other && self.progress() >= other.progress()
    }

    fn progress(&self) -> u8 {
        match self {
            Self::Enqueued => 0,
            Self::Processed | Self::Delayed | Self::Digested => 1,
            Self::Routed => 2,
            Self::Sent => 3,
            Self::Opened => 5,
            Self::Clicked => 6,
            status if status.is_settled() => 4,
            // An unknown status is new, and replaces a status that is not final.
            _ => 3,
        }
    }
}

#[cfg(feature = "bulk")]
impl BulkJobStatus {
    /// Returns `true` if the job has ended: the messages to all its users are enqueued, or it has failed.
    ///
    /// ```
    /// use trycourier::types::BulkJobStatus;
    ///
    /// assert!(BulkJobStatus::Completed.is_ended() && BulkJobStatus::Error.is_ended());
    /// assert!(!BulkJobStatus::Processing.is_ended());
    /// ```
    pub fn is_ended(&self) -> bool {
        matches!(self, Self::Completed | Self::Error)
    }
}

#[cfg(has_type = "RunStatus")]
impl RunStatus {
    /// Returns `true` if the run has ended, successfully or not. Returns `false` for a status that this version does
    /// not know.
    ///
    /// ```
    /// use trycourier::types::RunStatus;
    ///
    /// assert!(RunStatus::Processed.is_ended() && RunStatus::Error.is_ended());
    /// assert!(!RunStatus::Waiting.is_ended());
    /// assert!(RunStatus::Error.is_failed() && !RunStatus::Processed.is_failed());
    /// ```
    pub fn is_ended(&self) -> bool {
        matches!(self, Self::Processed) || self.is_failed()
    }

    /// Returns `true` if the run ended before all of its steps were done.
    ///
    /// ```
    /// use trycourier::types::RunStatus;
    ///
    /// assert!(RunStatus::Canceled.is_failed());
    /// assert!(!RunStatus::Processed.is_failed());
    /// ```
    pub fn is_failed(&self) -> bool {
        matches!(self, Self::Canceled | Self::Error | Self::Throttled | Self::NotProcessed)
    }
}

#[cfg(has_type = "RunStatus")]
impl RunStepStatus {
    /// Returns `true` if the step has ended, successfully or not. Returns `false` for a status that this version does
    /// not know.
    ///
    /// ```
    /// use trycourier::types::RunStepStatus;
    ///
    /// assert!(RunStepStatus::Processed.is_ended() && RunStepStatus::Skipped.is_ended());
    /// assert!(!RunStepStatus::Computing.is_ended());
    /// assert!(RunStepStatus::Error.is_failed() && !RunStepStatus::Skipped.is_failed());
    /// ```
    pub fn is_ended(&self) -> bool {
        matches!(self, Self::Processed | Self::Skipped) || self.is_failed()
    }

    /// Returns `true` if the step ended without being executed.
    ///
    /// ```
    /// use trycourier::types::RunStepStatus;
    ///
    /// assert!(RunStepStatus::Error.is_failed());
    /// assert!(!RunStepStatus::Skipped.is_failed());
    /// ```
    pub fn is_failed(&self) -> bool {
        matches!(self, Self::Canceled | Self::Error | Self::Throttled | Self::NotProcessed)
    }
}

#[cfg(all(test, feature = "automations", feature = "bulk", feature = "messages"))]
mod tests {
    use crate::types::{BulkJobStatus, MessageStatus, RunStatus, RunStepStatus};

    /// Decodes a status, which this version may not know.
    #[allow(clippy::unwrap_used, reason = "a test fails by a panic")]
    fn status<T: serde::de::DeserializeOwned>(text: &str) -> T {
        serde_json::from_value(text.into()).unwrap()
    }

    #[test]
    fn message_is_settled_if_delivered_or_failed() {
        for (texts, delivered, failed) in [
            (&["ENQUEUED", "PROCESSED", "ROUTED", "SENT", "DIGESTED", "DELAYED", "", "NEW"][..], false, false),
            (&["DELIVERED", "OPENED", "CLICKED", "SIMULATED"], true, false),
            (&["UNMAPPED", "UNROUTABLE", "UNDELIVERABLE", "FAILED", "CANCELED", "FILTERED", "THROTTLED"], false, true),
        ] {
            for text in texts {
                let status: MessageStatus = status(text);
                assert_eq!((status.is_delivered(), status.is_failed()), (delivered, failed), "{text}");
                assert_eq!(status.is_settled(), delivered || failed);
            }
        }
    }

    #[test]
    fn later_status_supersedes_an_earlier_one() {
        let order = ["ENQUEUED", "PROCESSED", "ROUTED", "SENT", "DELIVERED", "OPENED", "CLICKED"].map(status);
        for (index, earlier) in order.iter().enumerate() {
            for (other, later) in order.iter().enumerate() {
                assert_eq!(MessageStatus::supersedes(later, earlier), other > index, "{later} after {earlier}");
            }
        }
        for (new, old, expected) in [
            ("UNDELIVERABLE", "SENT", true),
            ("SENT", "UNDELIVERABLE", false),
            ("UNDELIVERABLE", "DELIVERED", true),
            ("DELIVERED", "UNDELIVERABLE", true),
            ("UNDELIVERABLE", "OPENED", false),
            ("DELAYED", "ENQUEUED", true),
            ("ENQUEUED", "CANCELED", false),
            ("READ_ALOUD", "SENT", true),
            ("READ_ALOUD", "DELIVERED", false),
            ("DELIVERED", "READ_ALOUD", true),
        ] {
            assert_eq!(status::<MessageStatus>(new).supersedes(&status(old)), expected, "{new} after {old}");
        }
    }

    #[test]
    fn job_is_ended_if_completed_or_failed() {
        for (text, ended) in
            [("CREATED", false), ("PROCESSING", false), ("COMPLETED", true), ("ERROR", true), ("PAUSED", false)]
        {
            assert_eq!(status::<BulkJobStatus>(text).is_ended(), ended, "{text}");
        }
    }

    #[test]
    fn run_and_step_are_ended_if_processed_or_failed() {
        for (text, ended, failed) in [
            ("PROCESSING", false, false),
            ("WAITING", false, false),
            ("PAUSED", false, false),
            ("PROCESSED", true, false),
            ("CANCELED", true, true),
            ("ERROR", true, true),
            ("THROTTLED", true, true),
            ("NOT PROCESSED", true, true),
        ] {
            let (run, step) = (status::<RunStatus>(text), status::<RunStepStatus>(text));
            assert_eq!((run.is_ended(), run.is_failed()), (ended, failed), "{text}");
            assert_eq!((step.is_ended(), step.is_failed()), (ended, failed), "{text}");
        }
        assert!(status::<RunStepStatus>("SKIPPED").is_ended() && !status::<RunStepStatus>("SKIPPED").is_failed());
        assert!(!status::<RunStepStatus>("COMPUTING").is_ended());
    }
}
