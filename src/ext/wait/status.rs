//! Which statuses are ends.

#[cfg(feature = "bulk")]
use crate::types::BulkJobStatus;
#[cfg(feature = "messages")]
use crate::types::MessageStatus;
#[cfg(any(feature = "automations", feature = "journeys"))]
use crate::types::{RunStatus, RunStepStatus};

#[cfg(feature = "messages")]
impl MessageStatus {
    /// Whether the message arrived: it was delivered, opened or clicked, or would have been in a test environment.
    ///
    /// Some channels, such as Inbox, report nothing after `Sent`, which is not counted here.
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

    /// Whether the message will not arrive.
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

    /// Whether the message arrived or will not arrive. A delivered message may still be opened. A status that this version
    /// does not know is none of these.
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
}

#[cfg(feature = "bulk")]
impl BulkJobStatus {
    /// Whether the job has ended: all its users' messages are on their way, or it failed.
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

#[cfg(any(feature = "automations", feature = "journeys"))]
impl RunStatus {
    /// Whether the run has ended, well or not. A status that this version does not know is not an end.
    ///
    /// ```
    /// use trycourier::types::RunStatus;
    ///
    /// assert!(RunStatus::Processed.is_ended() && RunStatus::Error.is_ended());
    /// assert!(!RunStatus::Waiting.is_ended());
    /// ```
    pub fn is_ended(&self) -> bool {
        matches!(self, Self::Processed) || self.is_failed()
    }

    /// Whether the run ended before it had done all that it was to do.
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

#[cfg(any(feature = "automations", feature = "journeys"))]
impl RunStepStatus {
    /// Whether the step is over, well or not. A status that this version does not know is not an end.
    ///
    /// ```
    /// use trycourier::types::RunStepStatus;
    ///
    /// assert!(RunStepStatus::Processed.is_ended() && RunStepStatus::Skipped.is_ended());
    /// assert!(!RunStepStatus::Computing.is_ended());
    /// ```
    pub fn is_ended(&self) -> bool {
        matches!(self, Self::Processed | Self::Skipped) || self.is_failed()
    }

    /// Whether the step ended without having been carried out.
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

    /// How a value that this version may not know decodes.
    #[allow(clippy::unwrap_used, reason = "a test fails by a panic")]
    fn status<T: serde::de::DeserializeOwned>(text: &str) -> T {
        serde_json::from_value(text.into()).unwrap()
    }

    #[test]
    fn a_message_is_on_its_way_until_it_arrived_or_will_not() {
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
    fn a_job_ends_well_or_not() {
        for (text, ended) in
            [("CREATED", false), ("PROCESSING", false), ("COMPLETED", true), ("ERROR", true), ("PAUSED", false)]
        {
            assert_eq!(status::<BulkJobStatus>(text).is_ended(), ended, "{text}");
        }
    }

    #[test]
    fn a_run_and_its_steps_end_well_or_not() {
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
