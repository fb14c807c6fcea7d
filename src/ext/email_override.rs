//! Overrides of an email, and its attachments.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value, json};

use crate::types::Object;

/// Values that replace parts of an email, for [`Channel::override_`](crate::types::Channel::override_) of the channel
/// `email`.
///
/// Courier applies them after rendering, whichever provider sends the email, so the rendered content of
/// [`messages.content`](crate::resources::Messages::content) does not show them. The override of a provider takes
/// precedence.
///
/// ```
/// use trycourier::ext::EmailOverride;
/// use trycourier::types::{Channel, Message, Recipient};
///
/// let invoice = b"%PDF-1.7";
/// let email = EmailOverride::new()
///     .reply_to("billing@example.com")
///     .cc("ada@example.com, grace@example.com")
///     .attach("invoice.pdf", "application/pdf", invoice);
/// let message = Message::new()
///     .to(Recipient::email("customer@example.com"))
///     .template("nt_invoice")
///     .channels([("email", Channel::new().override_(email))]);
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
#[must_use]
#[doc(alias = "attachment")]
#[doc(alias = "attachments")]
#[doc(alias = "cc")]
#[doc(alias = "bcc")]
#[doc(alias = "reply-to")]
#[doc(alias = "from")]
#[doc(alias = "pdf")]
pub struct EmailOverride(Map<String, Value>);

impl EmailOverride {
    /// Creates an override that replaces nothing.
    pub fn new() -> Self {
        Self::default()
    }

    /// Replaces the subject.
    pub fn subject(self, subject: impl Into<String>) -> Self {
        self.set("subject", subject.into())
    }

    /// Replaces the sender: an address, `Acme <hello@acme.example.com>`, or an object with `email` and `name`.
    pub fn from(self, sender: impl Into<Value>) -> Self {
        self.set("from", sender)
    }

    /// Sets the address for replies.
    pub fn reply_to(self, address: impl Into<String>) -> Self {
        self.set("reply_to", address.into())
    }

    /// Sends visible copies to an address, or to several that are separated by commas.
    pub fn cc(self, addresses: impl Into<String>) -> Self {
        self.set("cc", addresses.into())
    }

    /// Sends hidden copies to an address, or to several that are separated by commas.
    pub fn bcc(self, addresses: impl Into<String>) -> Self {
        self.set("bcc", addresses.into())
    }

    /// Replaces the HTML part.
    pub fn html(self, html: impl Into<String>) -> Self {
        self.set("html", html.into())
    }

    /// Replaces the plain-text part.
    pub fn text(self, text: impl Into<String>) -> Self {
        self.set("text", text.into())
    }

    /// Replaces parts of the brand, with the properties of a brand that is created, such as `settings`.
    pub fn brand(self, brand: impl Into<Object>) -> Self {
        self.set("brand", brand.into().into_value())
    }

    /// Enables or disables the tracking of opened emails.
    pub fn track_opens(self, enabled: bool) -> Self {
        self.set("tracking", json!({"open": enabled}))
    }

    /// Sets a header of the email, such as `X-Order-Id`, in addition to those set before.
    pub fn header(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        if let Value::Object(headers) = self.0.entry("headers").or_insert_with(|| json!({})) {
            headers.insert(name.into(), value.into().into());
        }
        self
    }

    /// Attaches a file, in addition to those attached before.
    ///
    /// Courier documents it for the providers Amazon SES, Mailgun, Postmark and Amply; for others, see
    /// [`Attachment`]. A request may have at most 6 MB, and attachments take a third more than the size of their
    /// files: link to large files instead.
    pub fn attach(
        mut self,
        filename: impl Into<String>,
        content_type: impl Into<String>,
        content: impl AsRef<[u8]>,
    ) -> Self {
        if let Value::Array(attachments) = self.0.entry("attachments").or_insert_with(|| json!([])) {
            attachments.push(Attachment::new(filename, content_type, content).to_courier());
        }
        self
    }

    fn set(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.0.insert(name.to_owned(), value.into());
        self
    }
}

impl From<EmailOverride> for Object {
    fn from(value: EmailOverride) -> Self {
        Self::from(value.0)
    }
}

/// A file for an email, in the form that a provider's override expects.
///
/// The override of a provider mirrors the API of that provider, so each has a different form:
///
/// ```
/// use serde_json::json;
/// use trycourier::ext::Attachment;
/// use trycourier::types::{Message, MessageProvider, Recipient};
///
/// let invoice = Attachment::new("invoice.pdf", "application/pdf", b"%PDF-1.7");
/// let message = Message::new().to(Recipient::email("customer@example.com")).template("nt_invoice").providers([
///     ("sendgrid", MessageProvider::new().override_(json!({"body": {"attachments": [invoice.to_sendgrid()]}}))),
///     ("postmark", MessageProvider::new().override_(json!({"body": {"Attachments": [invoice.to_postmark()]}}))),
///     ("mailgun", MessageProvider::new().override_(json!({"attachments": [invoice.to_courier()]}))),
/// ]);
/// ```
#[derive(Clone, Debug, PartialEq)]
#[must_use]
pub struct Attachment {
    filename: String,
    content_type: String,
    /// In base64.
    content: String,
}

impl Attachment {
    /// Creates an attachment from the content of a file, and encodes it.
    pub fn new(filename: impl Into<String>, content_type: impl Into<String>, content: impl AsRef<[u8]>) -> Self {
        let content = STANDARD.encode(content);
        Self { filename: filename.into(), content_type: content_type.into(), content }
    }

    /// Returns the form that [`EmailOverride::attach`] uses, and that the provider `mailgun` expects.
    pub fn to_courier(&self) -> Value {
        json!({"filename": self.filename, "contentType": self.content_type, "data": self.content})
    }

    /// Returns the form that the provider `sendgrid` expects in `body.attachments`.
    pub fn to_sendgrid(&self) -> Value {
        json!({"filename": self.filename, "type": self.content_type, "content": self.content})
    }

    /// Returns the form that the provider `postmark` expects in `body.Attachments`.
    pub fn to_postmark(&self) -> Value {
        json!({"Name": self.filename, "ContentType": self.content_type, "Content": self.content})
    }
}
