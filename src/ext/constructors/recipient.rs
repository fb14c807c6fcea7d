//! Constructors for recipients.

use crate::types::{AudienceRecipient, ListRecipient, Recipient, UserRecipient};

/// The most common recipients.
///
/// An address that this version does not have is a property of [`UserRecipient`], set with its `extra` method. A
/// kind of recipient that this version does not have is JSON:
///
/// ```
/// use serde_json::json;
/// use trycourier::types::{Message, Recipient, UserRecipient};
///
/// let user = UserRecipient::new().user_id("user_123").extra("matrix", json!({"room": "!ops:example.com"}));
/// let group = Recipient::from(json!({"group_id": "group_1"}));
/// let message = Message::new().to([Recipient::from(user), group]);
/// ```
impl Recipient {
    /// Creates a user recipient from the id of a profile at Courier.
    ///
    /// ```
    /// use trycourier::types::{Message, Recipient};
    ///
    /// let message = Message::new().to(Recipient::user("user_123")).template("nt_welcome");
    /// ```
    pub fn user(user_id: impl Into<String>) -> Self {
        UserRecipient::new().user_id(user_id).into()
    }

    /// Creates a recipient with an email address.
    ///
    /// ```
    /// use trycourier::types::{Message, Recipient};
    ///
    /// let message = Message::new().to(Recipient::email("ada@example.com")).template("nt_welcome");
    /// ```
    pub fn email(email: impl Into<String>) -> Self {
        UserRecipient::new().email(email).into()
    }

    /// Creates a recipient with a phone number, including the country code: `+15551234567`.
    ///
    /// ```
    /// use trycourier::types::{Message, Recipient};
    ///
    /// let message = Message::new().to(Recipient::phone("+15551234567")).template("nt_code");
    /// ```
    pub fn phone(phone_number: impl Into<String>) -> Self {
        UserRecipient::new().phone_number(phone_number).into()
    }

    /// Creates a recipient for all subscribers of a list. Each of them gets a separate message.
    ///
    /// ```
    /// use trycourier::types::{Message, Recipient};
    ///
    /// let message = Message::new().to(Recipient::list("customers")).template("nt_news");
    /// ```
    pub fn list(list_id: impl Into<String>) -> Self {
        ListRecipient::new(list_id).into()
    }

    /// Creates a recipient for all members of an audience. Each of them gets a separate message.
    ///
    /// ```
    /// use trycourier::types::{Message, Recipient};
    ///
    /// let message = Message::new().to(Recipient::audience("active-users")).template("nt_news");
    /// ```
    pub fn audience(audience_id: impl Into<String>) -> Self {
        AudienceRecipient::new(audience_id).into()
    }
}
