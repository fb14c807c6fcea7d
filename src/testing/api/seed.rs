//! Resources that a test stores, and that the API has no operation to create.

use super::courier::Courier;
use crate::testing::resources::{automations, messages, sections, templates};
use crate::types::{MessageStatus, Reason};

impl Courier {
    /// Stores a published template with this id, for messages that name it.
    ///
    /// A message whose template is missing is accepted, and becomes `UNMAPPED`. An event of a bulk job is treated as
    /// the id of a template.
    pub fn template(&self, id: &str) -> &Self {
        templates::add_published(&mut self.state(), id, self.now_millis());
        self
    }

    /// Stores a published automation template, which the API has no operation to create.
    pub fn automation(&self, id: &str) -> &Self {
        automations::add_published(&mut self.state(), id);
        self
    }

    /// Stores a subscription topic with this id, to which users are opted in until they choose otherwise.
    ///
    /// Courier itself generates the ids of topics, so a test has no other way to create a topic with the id that its
    /// service uses. A preference for a missing topic, of a user or a tenant, is refused with a 404.
    ///
    /// ```
    /// use trycourier::testing::Courier;
    /// use trycourier::types::{PreferenceStatus, TopicPreferenceUpdate};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> trycourier::Result<()> {
    /// let courier = Courier::new();
    /// courier.topic("topic_news");
    ///
    /// let preferences = courier.client().users().preferences();
    /// let no_news = TopicPreferenceUpdate::new(PreferenceStatus::OptedOut);
    /// preferences.update_or_create_topic("ada", "topic_news", no_news).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn topic(&self, id: &str) -> &Self {
        sections::add_topic(&mut self.state(), id, self.now_millis());
        self
    }

    /// Sets the status of a message, as if a provider had reported a bounce or a click. Returns `false` if the message
    /// does not exist.
    ///
    /// ```
    /// use trycourier::testing::Courier;
    /// use trycourier::types::{Message, MessageStatus, Reason, Recipient};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> trycourier::Result<()> {
    /// let courier = Courier::new();
    /// let client = courier.client();
    /// let message = Message::new().to(Recipient::email("ada@example.com")).template("nt_welcome");
    /// let id = client.send().message(message).await?.request_id.clone();
    ///
    /// assert!(courier.set_status(&id, MessageStatus::Undeliverable, Some(Reason::Bounced)));
    /// assert_eq!(client.messages().retrieve(&id).await?.reason, Some(Reason::Bounced));
    /// # Ok(())
    /// # }
    /// ```
    pub fn set_status(&self, message: &str, status: MessageStatus, reason: Option<Reason>) -> bool {
        let reason = reason.as_ref().map(Reason::as_str);
        messages::set_status(&mut self.state(), message, status.as_str(), reason, self.now_millis())
    }
}
