//! Things that a test stores and the API has no operation for.

use super::courier::Courier;
use crate::testing::resources::{automations, messages, sections, templates};

impl Courier {
    /// Stores a published template with this id, for messages that name it.
    ///
    /// A message whose template is missing is accepted, and becomes `UNMAPPED`. So is an event that is mapped to no
    /// template: an event is a template here.
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
    /// service uses. A user's preference for a missing topic is refused with a 404.
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

    /// Sets the status of a message, as if a provider had reported a bounce or a click: `DELIVERED`, `CLICKED`,
    /// `UNDELIVERABLE` and so on. Returns `false` if the message does not exist.
    pub fn set_status(&self, message: &str, status: &str, reason: Option<&str>) -> bool {
        messages::set_status(&mut self.state(), message, status, reason, self.now_millis())
    }
}
