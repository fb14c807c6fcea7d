//! Methods of calls that wait for a condition: `until`, and a method for the most common condition.

#[allow(unused_imports, reason = "each is for its resource")]
use super::{Verdict, Wait};
#[allow(unused_imports, reason = "each is for its resource")]
use crate::{calls, types};

/// Adds `until`, with any condition.
#[allow(unused_macros, reason = "each use is for its resource")]
macro_rules! until {
    ($feature:literal, $call:ident, $response:ident, $example:literal) => {
        #[cfg(feature = $feature)]
        #[cfg_attr(docsrs, doc(cfg(feature = $feature)))]
        impl calls::$call {
            /// Repeats the call until its response meets a condition; see [`Wait`](crate::ext::Wait).
            ///
            /// ```no_run
            #[doc = concat!("# async fn example(call: trycourier::calls::", stringify!($call), ") -> Result<(), Box<dyn std::error::Error>> {")]
            #[doc = concat!("let response = call.until(|response| response.", $example, ").await?;")]
            /// println!("{response:?}");
            /// # Ok(())
            /// # }
            /// ```
            pub fn until(
                self,
                mut condition: impl FnMut(&types::$response) -> bool + Send + 'static,
            ) -> Wait<types::$response> {
                Wait::calling(self, move |response| if condition(response) { Verdict::Success } else { Verdict::Pending })
            }
        }
    };
}

until!("bulk", BulkRetrieveJob, BulkRetrieveJobResponse, "job.enqueued >= 100");
until!("messages", MessagesRetrieve, MessageDetails, "opened.is_some()");
until!("journeys", JourneysRunsRetrieve, JourneyRunResponse, "run.updated_at.is_some()");
until!("journeys", JourneysRunsListSteps, JourneyRunStepsResponse, "steps.len() > 1");
until!("automations", AutomationsRunsListSteps, AutomationRunStepsResponse, "steps.len() > 1");

#[cfg(feature = "bulk")]
#[cfg_attr(docsrs, doc(cfg(feature = "bulk")))]
impl calls::BulkRetrieveJob {
    /// Waits until the job has ended, that is, until the messages to all its users are enqueued. If the job fails, the
    /// wait fails, and the error contains the job.
    ///
    /// ```no_run
    /// # async fn example(client: &trycourier::Client) -> Result<(), Box<dyn std::error::Error>> {
    /// let response = client.bulk().retrieve_job("job_id").until_done().await?;
    /// println!("{} of {} users", response.job.enqueued, response.job.received);
    /// # Ok(())
    /// # }
    /// ```
    pub fn until_done(self) -> Wait<types::BulkRetrieveJobResponse> {
        let id = self.job_id.clone();
        Wait::calling(self, |response| match response.job.status {
            types::BulkJobStatus::Completed => Verdict::Success,
            types::BulkJobStatus::Error => Verdict::Failure,
            _ => Verdict::Pending,
        })
        .described(move |response| format!("the job {id} is {}", response.job.status))
    }
}

#[cfg(feature = "messages")]
#[cfg_attr(docsrs, doc(cfg(feature = "messages")))]
impl calls::MessagesRetrieve {
    /// Waits until the message is delivered, for at most 10 minutes unless you set a [`timeout`](Wait::timeout). If the
    /// message will not be delivered, the wait fails, and the error contains the message.
    ///
    /// Some channels, such as Inbox, do not report a status after `SENT`; wait for `SENT` with `until`.
    ///
    /// ```no_run
    /// # async fn example(client: &trycourier::Client) {
    /// match client.messages().retrieve("1-65f240a0").until_delivered().await {
    ///     Ok(message) => println!("delivered to {}", message.recipient),
    ///     Err(error) => println!("{error}: {:?}", error.last().and_then(|message| message.reason.as_ref())),
    /// }
    /// # }
    /// ```
    pub fn until_delivered(self) -> Wait<types::MessageDetails> {
        Wait::calling(self, |message| match &message.status {
            status if status.is_delivered() => Verdict::Success,
            status if status.is_failed() => Verdict::Failure,
            _ => Verdict::Pending,
        })
        .described(describe)
    }

    /// Waits until the message is delivered or can no longer be delivered, for at most 10 minutes unless you set a
    /// [`timeout`](Wait::timeout).
    ///
    /// ```no_run
    /// # async fn example(client: &trycourier::Client) -> Result<(), Box<dyn std::error::Error>> {
    /// let message = client.messages().retrieve("1-65f240a0").until_settled().await?;
    /// println!("{}", message.status);
    /// # Ok(())
    /// # }
    /// ```
    pub fn until_settled(self) -> Wait<types::MessageDetails> {
        self.until(|message| message.status.is_settled()).described(describe)
    }
}

#[cfg(feature = "messages")]
fn describe(message: &types::MessageDetails) -> String {
    let reason = message.reason.as_ref().map(|reason| format!(" ({reason})")).unwrap_or_default();
    format!("the message {} is {}{reason}", message.id, message.status)
}

#[cfg(feature = "journeys")]
#[cfg_attr(docsrs, doc(cfg(feature = "journeys")))]
impl calls::JourneysRunsRetrieve {
    /// Waits until the run has ended. If the run is canceled, is throttled or fails, the wait fails, and the error
    /// contains the run. The messages of a completed run may still be undelivered.
    ///
    /// A run with long delays needs a longer [`timeout`](Wait::timeout) than the default of 10 minutes.
    ///
    /// ```no_run
    /// # async fn example(client: &trycourier::Client) -> Result<(), Box<dyn std::error::Error>> {
    /// let response = client.journeys().runs().retrieve("run_id").until_done().await?;
    /// println!("{:?}", response.run.updated_at);
    /// # Ok(())
    /// # }
    /// ```
    pub fn until_done(self) -> Wait<types::JourneyRunResponse> {
        let id = self.run_id.clone();
        Wait::calling(self, |response| {
            response
                .run
                .status
                .as_ref()
                .map_or(Verdict::Pending, |status| verdict(status.is_ended(), status.is_failed()))
        })
        .described(move |response| match &response.run.status {
            Some(status) => format!("the run {id} is {status}"),
            None => format!("the run {id} has no status"),
        })
    }
}

#[cfg(feature = "automations")]
#[cfg_attr(docsrs, doc(cfg(feature = "automations")))]
impl calls::AutomationsRunsListSteps {
    /// Waits until every started step of the run has ended. If a step is canceled, is throttled or fails, the wait
    /// fails, and the error contains the steps.
    ///
    /// Courier reports only the steps of an automation run, not the status of the run itself. So if there is a pause
    /// between two steps, the wait can end before the second step has started.
    ///
    /// ```no_run
    /// # async fn example(client: &trycourier::Client) -> Result<(), Box<dyn std::error::Error>> {
    /// let response = client.automations().runs().list_steps("run_id").until_done().await?;
    /// println!("{} steps", response.steps.len());
    /// # Ok(())
    /// # }
    /// ```
    pub fn until_done(self) -> Wait<types::AutomationRunStepsResponse> {
        let id = self.id.clone();
        Wait::calling(self, |response| {
            let mut statuses = response.steps.iter().map(|step| &step.status);
            let is_failed = statuses.clone().any(|status| status.is_failed());
            verdict(!response.steps.is_empty() && statuses.all(|status| status.is_ended()), is_failed)
        })
        .described(move |response| {
            let statuses = response.steps.iter().map(|step| step.status.as_str());
            format!("the steps of the run {id} are {}", statuses.collect::<Vec<_>>().join(", "))
        })
    }
}

/// Returns the verdict on a run or its steps. Unknown statuses are treated as pending.
#[cfg(has_type = "RunStatus")]
fn verdict(is_ended: bool, is_failed: bool) -> Verdict {
    match (is_ended, is_failed) {
        (_, true) => Verdict::Failure,
        (true, false) => Verdict::Success,
        (false, false) => Verdict::Pending,
    }
}
