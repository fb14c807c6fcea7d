//! Constructors for the most common values.

#[allow(unused_imports, reason = "each is for its resource")]
use std::time::Duration;

#[allow(unused_imports, reason = "each is for its resource")]
use crate::types::*;

/// The two kinds of inline content.
///
/// ```
/// use trycourier::types::{Content, ElementalNode};
///
/// let content = Content::new("Hello", "Your order is on its way.");
/// let elemental = Content::elemental([
///     ElementalNode::meta("Your order"),
///     ElementalNode::text("It is on its way."),
///     ElementalNode::action("Track it", "https://example.com/orders/A-1007"),
/// ]);
/// ```
#[cfg(has_type = "Content")]
impl Content {
    /// Creates content with a title and a body. The title is the subject of an email.
    ///
    /// ```
    /// use trycourier::types::{Content, Message, Recipient};
    ///
    /// let content = Content::new("Hello", "Your order is on its way.");
    /// let message = Message::new().to(Recipient::user("user_123")).content(content);
    /// ```
    pub fn new(title: impl Into<String>, body: impl Into<String>) -> Self {
        TextContent::new(body).title(title).into()
    }

    /// Creates content from Elemental nodes, which each channel renders appropriately.
    ///
    /// ```
    /// use trycourier::types::{Content, ElementalNode};
    ///
    /// let content = Content::elemental([
    ///     ElementalNode::meta("Your order"),
    ///     ElementalNode::text("It is on its way."),
    ///     ElementalNode::action("Track it", "https://example.com/orders/A-1007"),
    /// ]);
    /// ```
    pub fn elemental(elements: impl IntoIterator<Item = impl Into<ElementalNode>>) -> Self {
        ElementalContent::new(elements).into()
    }
}

/// The most common recipients.
///
/// ```
/// use trycourier::types::{Message, Recipient};
///
/// let everyone = [
///     Recipient::user("user_123"),
///     Recipient::email("ada@example.com"),
///     Recipient::phone("+15551234567"),
///     Recipient::list("customers"),
///     Recipient::audience("active-users"),
/// ];
/// let message = Message::new().to(everyone).template("nt_news");
/// ```
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
#[cfg(has_type = "Recipient")]
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

#[cfg(has_type = "ElementalNode")]
macro_rules! elements {
    ($kind:ident) => {
        /// Constructors for the elements, with their required properties. Their types have setters for all others.
        ///
        /// ```
        #[doc = concat!("use trycourier::types::", stringify!($kind), " as Element;")]
        ///
        /// let elements = [
        ///     Element::meta("Your order"),
        ///     Element::text("It is on its way."),
        ///     Element::markdown("Thank you for **waiting**."),
        ///     Element::action("Track it", "https://example.com/orders/A-1007"),
        ///     Element::image("https://example.com/box.png"),
        ///     Element::quote("Nothing is ever late."),
        ///     Element::html("<b>It is on its way.</b>"),
        ///     Element::divider(),
        /// ];
        /// ```
        ///
        /// An element that this version does not have is JSON:
        ///
        /// ```
        /// use serde_json::json;
        #[doc = concat!("use trycourier::types::", stringify!($kind), " as Element;")]
        ///
        /// let element = Element::from(json!({"type": "carousel", "images": ["https://example.com/box.png"]}));
        /// assert!(matches!(element, Element::Unrecognized(_)));
        /// ```
        impl $kind {
            /// Creates a title: the subject of an email, or the title of a push notification.
            pub fn meta(title: impl Into<String>) -> Self {
                ElementalMeta::new().title(title).into()
            }

            /// Creates a paragraph of plain text. For bold text and links, use [`markdown`](Self::markdown).
            pub fn text(content: impl Into<String>) -> Self {
                ElementalText::new().content(content).into()
            }

            /// Creates a paragraph in Markdown, with `**bold**`, `_italic_` and links.
            pub fn markdown(content: impl Into<String>) -> Self {
                ElementalText::new().content(content).format(TextFormat::Markdown).into()
            }

            /// Creates a button or link with a URL.
            pub fn action(content: impl Into<String>, href: impl Into<String>) -> Self {
                ElementalAction::new(content, href).into()
            }

            /// Creates an image with a URL.
            pub fn image(src: impl Into<String>) -> Self {
                ElementalImage::new(src).into()
            }

            /// Creates a quotation.
            pub fn quote(content: impl Into<String>) -> Self {
                ElementalQuote::new(content).into()
            }

            /// Creates raw HTML, for email only.
            pub fn html(content: impl Into<String>) -> Self {
                ElementalHtml::new(content).into()
            }

            /// Creates a horizontal line.
            pub fn divider() -> Self {
                ElementalDivider::new().into()
            }
        }
    };
}

#[cfg(has_type = "ElementalNode")]
elements!(ElementalNode);
#[cfg(has_type = "ElementalNode")]
elements!(ElementalChild);

#[cfg(has_type = "ElementalNode")]
impl ElementalNode {
    /// Creates content for one channel, such as `email`. The elements of a template must be such channels.
    ///
    /// ```
    /// use trycourier::types::{ElementalChild, ElementalContent, ElementalNode};
    ///
    /// let content = ElementalContent::new([
    ///     ElementalNode::channel("email", [
    ///         ElementalChild::meta("Your order"),
    ///         ElementalChild::markdown("It is **on its way**."),
    ///     ]),
    ///     ElementalNode::channel("sms", [ElementalChild::text("Your order is on its way.")]),
    /// ]);
    /// ```
    pub fn channel(channel: impl Into<String>, elements: impl IntoIterator<Item = impl Into<ElementalChild>>) -> Self {
        ElementalChannel::new().channel(channel).elements(elements).into()
    }
}

/// The two routing methods.
///
/// ```
/// use trycourier::types::Routing;
///
/// let routing = [Routing::single(["push", "email"]), Routing::all(["email", "inbox"])];
/// ```
#[cfg(has_type = "Routing")]
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

/// The kinds of delay.
///
/// ```
/// use std::time::{Duration, SystemTime};
/// use trycourier::types::{Delay, Message};
///
/// let hour = Duration::from_secs(3600);
/// let message = Message::new().delay(Delay::after(hour));
/// let message = message.delay(Delay::until_time(SystemTime::now() + hour));
/// let message = message.delay(Delay::until_time("2027-01-31T09:00:00Z"));
/// let message = message.delay(Delay::window("Mo-Fr 09:00-17:00").timezone("Europe/Paris"));
/// ```
#[cfg(has_type = "Delay")]
impl Delay {
    /// Delays the message by a duration, which Courier rounds up to a full minute.
    ///
    /// ```
    /// use std::time::Duration;
    /// use trycourier::types::{Delay, Message};
    ///
    /// let message = Message::new().delay(Delay::after(Duration::from_secs(3600)));
    /// ```
    pub fn after(duration: Duration) -> Self {
        Self::new().duration(duration)
    }

    /// Delays the message until a time. A text that is not a timestamp with an offset fails the call.
    ///
    /// ```
    /// use std::time::{Duration, SystemTime};
    /// use trycourier::types::{Delay, Message};
    ///
    /// let message = Message::new().delay(Delay::until_time(SystemTime::now() + Duration::from_secs(3600)));
    /// let message = message.delay(Delay::until_time("2027-01-31T09:00:00Z"));
    /// ```
    #[doc(alias = "schedule")]
    #[doc(alias = "send later")]
    pub fn until_time(time: impl Into<Timestamp>) -> Self {
        Self::new().until(time.into())
    }

    /// Delays the message until the next opening hours, in the recipient's time zone unless
    /// [`timezone`](Self::timezone) sets one.
    ///
    /// ```
    /// use trycourier::types::{Delay, Message};
    ///
    /// let message = Message::new().delay(Delay::window("Mo-Fr 09:00-17:00").timezone("Europe/Paris"));
    /// ```
    #[doc(alias = "opening hours")]
    #[doc(alias = "delivery window")]
    pub fn window(hours: impl Into<String>) -> Self {
        Self::new().until(hours.into())
    }
}

/// Converts to milliseconds.
#[cfg(has_type = "Delay")]
impl From<Duration> for ExpiresIn {
    fn from(duration: Duration) -> Self {
        DurationMillis::from(duration).0.into()
    }
}

/// The operations that change one value.
///
/// ```
/// use trycourier::types::ProfilePatch;
///
/// let patch = [
///     ProfilePatch::add("/locale", "en-GB"),
///     ProfilePatch::replace("/email", "ada@example.com"),
///     ProfilePatch::remove("/phone_number"),
/// ];
/// ```
#[cfg(feature = "profiles")]
impl ProfilePatch {
    /// Sets a value, which does not need to exist yet. The path begins with a slash: `/locale`.
    ///
    /// ```
    /// use trycourier::types::ProfilePatch;
    ///
    /// let patch = [ProfilePatch::add("/locale", "en-GB")];
    /// ```
    pub fn add(path: impl Into<String>, value: impl Into<String>) -> Self {
        Self::new(PatchOperation::Add, path).value(value)
    }

    /// Replaces an existing value.
    ///
    /// ```
    /// use trycourier::types::ProfilePatch;
    ///
    /// let patch = [ProfilePatch::replace("/email", "ada@example.com"), ProfilePatch::remove("/phone_number")];
    /// ```
    pub fn replace(path: impl Into<String>, value: impl Into<String>) -> Self {
        Self::new(PatchOperation::Replace, path).value(value)
    }

    /// Removes a value.
    ///
    /// ```
    /// use trycourier::types::ProfilePatch;
    ///
    /// let patch = [ProfilePatch::remove("/phone_number")];
    /// ```
    pub fn remove(path: impl Into<String>) -> Self {
        Self::new(PatchOperation::Remove, path)
    }
}

/// The operations that change one value.
///
/// ```
/// use trycourier::types::TokenPatch;
///
/// let patch = [TokenPatch::replace("/status", "revoked"), TokenPatch::remove("/tracking")];
/// ```
#[cfg(feature = "users")]
impl TokenPatch {
    /// Replaces an existing value. The path begins with a slash: `/status`.
    ///
    /// ```
    /// use trycourier::types::TokenPatch;
    ///
    /// let patch = [TokenPatch::replace("/status", "revoked")];
    /// ```
    pub fn replace(path: impl Into<String>, value: impl Into<TokenPatchValue>) -> Self {
        Self::new(PatchOperation::Replace, path).value(value)
    }

    /// Removes a value.
    ///
    /// ```
    /// use trycourier::types::TokenPatch;
    ///
    /// let patch = [TokenPatch::remove("/tracking")];
    /// ```
    pub fn remove(path: impl Into<String>) -> Self {
        Self::new(PatchOperation::Remove, path)
    }
}

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
///     AutomationStep::cancel("order-A-1007"),
///     AutomationStep::from(json!({"action": "throttle", "max_allowed": 1})),
/// ];
/// ```
#[cfg(feature = "automations")]
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

/// Constructors for the most common nodes. Their types have setters for all other properties.
///
/// ```
/// use trycourier::types::JourneyNode;
///
/// let nodes = [JourneyNode::invoked_by_api(), JourneyNode::delay("PT20M"), JourneyNode::send("nt_welcome")];
/// ```
#[cfg(feature = "journeys")]
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
