//! Short ways to make what a message has most often.

#[cfg(feature = "send")]
mod recipient {
    use crate::types::{AudienceRecipient, ListRecipient, Recipient, UserRecipient};

    /// The everyday recipients.
    impl Recipient {
        /// A user, by the id of the profile that Courier has.
        ///
        /// ```
        /// use trycourier::types::{Message, Recipient};
        ///
        /// let message = Message::new().to(Recipient::user("user_123")).template("nt_welcome");
        /// # let _ = message;
        /// ```
        pub fn user(user_id: impl Into<String>) -> Self {
            UserRecipient::new().user_id(user_id).into()
        }

        /// An email address.
        ///
        /// ```
        /// use trycourier::types::{Message, Recipient};
        ///
        /// let message = Message::new().to(Recipient::email("ada@example.com")).template("nt_welcome");
        /// # let _ = message;
        /// ```
        pub fn email(email: impl Into<String>) -> Self {
            UserRecipient::new().email(email).into()
        }

        /// A phone number, with its country code: `+15551234567`.
        ///
        /// ```
        /// use trycourier::types::{Message, Recipient};
        ///
        /// let message = Message::new().to(Recipient::phone("+15551234567")).template("nt_code");
        /// # let _ = message;
        /// ```
        pub fn phone(phone_number: impl Into<String>) -> Self {
            UserRecipient::new().phone_number(phone_number).into()
        }

        /// Everybody who subscribes to a list. The send fans out into one message for each of them.
        ///
        /// ```
        /// use trycourier::types::{Message, Recipient};
        ///
        /// let message = Message::new().to(Recipient::list("customers")).template("nt_news");
        /// # let _ = message;
        /// ```
        pub fn list(list_id: impl Into<String>) -> Self {
            ListRecipient::new(list_id).into()
        }

        /// Everybody whose profile matches the filter of an audience. The send fans out into one message for each of them.
        ///
        /// ```
        /// use trycourier::types::{Message, Recipient};
        ///
        /// let message = Message::new().to(Recipient::audience("active-users")).template("nt_news");
        /// # let _ = message;
        /// ```
        pub fn audience(audience_id: impl Into<String>) -> Self {
            AudienceRecipient::new(audience_id).into()
        }
    }
}

#[cfg(any(feature = "bulk", feature = "send"))]
mod content {
    use crate::types::{Content, ElementalContent, ElementalNode, TextContent};

    /// The two kinds of content that are written inline.
    impl Content {
        /// A title and a body; email has the title as its subject.
        ///
        /// ```
        /// use trycourier::types::{Content, Message, Recipient};
        ///
        /// let content = Content::new("Hello", "Your order is on its way.");
        /// let message = Message::new().to(Recipient::user("user_123")).content(content);
        /// # let _ = message;
        /// ```
        pub fn new(title: impl Into<String>, body: impl Into<String>) -> Self {
            TextContent::new(title, body).into()
        }

        /// Elements of Elemental, which every channel renders in its own way.
        ///
        /// ```
        /// use trycourier::types::{Content, ElementalNode};
        ///
        /// let content = Content::elemental([
        ///     ElementalNode::meta("Your order"),
        ///     ElementalNode::text("It is on its way."),
        ///     ElementalNode::action("Track it", "https://example.com/orders/A-1007"),
        /// ]);
        /// # let _ = content;
        /// ```
        pub fn elemental(elements: impl IntoIterator<Item = impl Into<ElementalNode>>) -> Self {
            ElementalContent::new(elements).into()
        }
    }
}

#[cfg(any(
    feature = "broadcasts",
    feature = "bulk",
    feature = "journeys",
    feature = "notifications",
    feature = "send",
    feature = "tenants"
))]
mod elemental {
    use crate::types::{
        ElementalAction, ElementalDivider, ElementalHtml, ElementalImage, ElementalMeta, ElementalNode, ElementalQuote,
        ElementalText,
    };

    /// The elements by name, with what each cannot be without. Their types have setters for the rest.
    impl ElementalNode {
        /// The title: the subject of an email, the title of a push notification.
        ///
        /// ```
        /// use trycourier::types::{Content, ElementalNode};
        ///
        /// let content = Content::elemental([ElementalNode::meta("Your order")]);
        /// # let _ = content;
        /// ```
        pub fn meta(title: impl Into<String>) -> Self {
            ElementalMeta::new().title(title).into()
        }

        /// A paragraph.
        ///
        /// ```
        /// use trycourier::types::{Content, ElementalNode};
        ///
        /// let content = Content::elemental([ElementalNode::text("It is on its way.")]);
        /// # let _ = content;
        /// ```
        pub fn text(content: impl Into<String>) -> Self {
            ElementalText::new().content(content).into()
        }

        /// A button, or a link, that leads to an address.
        ///
        /// ```
        /// use trycourier::types::{Content, ElementalNode};
        ///
        /// let content = Content::elemental([ElementalNode::action("Track it", "https://example.com/orders/A-1007")]);
        /// # let _ = content;
        /// ```
        pub fn action(content: impl Into<String>, href: impl Into<String>) -> Self {
            ElementalAction::new(content, href).into()
        }

        /// A picture, by its address.
        ///
        /// ```
        /// use trycourier::types::{Content, ElementalNode};
        ///
        /// let content = Content::elemental([ElementalNode::image("https://example.com/box.png")]);
        /// # let _ = content;
        /// ```
        pub fn image(src: impl Into<String>) -> Self {
            ElementalImage::new(src).into()
        }

        /// A quotation.
        ///
        /// ```
        /// use trycourier::types::{Content, ElementalNode};
        ///
        /// let content = Content::elemental([ElementalNode::quote("Nothing is ever late.")]);
        /// # let _ = content;
        /// ```
        pub fn quote(content: impl Into<String>) -> Self {
            ElementalQuote::new(content).into()
        }

        /// Raw HTML, for email alone.
        ///
        /// ```
        /// use trycourier::types::{Content, ElementalNode};
        ///
        /// let content = Content::elemental([ElementalNode::html("<b>It is on its way.</b>")]);
        /// # let _ = content;
        /// ```
        pub fn html(content: impl Into<String>) -> Self {
            ElementalHtml::new(content).into()
        }

        /// A horizontal line.
        ///
        /// ```
        /// use trycourier::types::{Content, ElementalNode};
        ///
        /// let content = Content::elemental([ElementalNode::divider()]);
        /// # let _ = content;
        /// ```
        pub fn divider() -> Self {
            ElementalDivider::new().into()
        }
    }
}

#[cfg(any(feature = "notifications", feature = "routing-strategies", feature = "send", feature = "tenants"))]
mod routing {
    use crate::types::{Routing, RoutingChannel, RoutingMethod};

    /// The two methods of routing.
    impl Routing {
        /// The channels in order of preference, of which the first that works is used.
        ///
        /// ```
        /// use trycourier::types::Routing;
        ///
        /// let routing = Routing::single(["push", "email"]);
        /// # let _ = routing;
        /// ```
        pub fn single(channels: impl IntoIterator<Item = impl Into<RoutingChannel>>) -> Self {
            Self::new(RoutingMethod::Single, channels)
        }

        /// The channels, all of which are used.
        ///
        /// ```
        /// use trycourier::types::Routing;
        ///
        /// let routing = Routing::all(["email", "inbox"]);
        /// # let _ = routing;
        /// ```
        pub fn all(channels: impl IntoIterator<Item = impl Into<RoutingChannel>>) -> Self {
            Self::new(RoutingMethod::All, channels)
        }
    }
}

#[cfg(feature = "profiles")]
mod profile_patch {
    use crate::types::{PatchOperation, ProfilePatch};

    /// The steps that change one value.
    impl ProfilePatch {
        /// Sets a value, which need not be there yet. The path begins with a slash: `/locale`.
        ///
        /// ```
        /// use trycourier::types::ProfilePatch;
        ///
        /// let patch = [ProfilePatch::add("/locale", "en-GB")];
        /// # let _ = patch;
        /// ```
        pub fn add(path: impl Into<String>, value: impl Into<String>) -> Self {
            Self::new(PatchOperation::Add, path).value(value)
        }

        /// Sets a value that is there already.
        ///
        /// ```
        /// use trycourier::types::ProfilePatch;
        ///
        /// let patch = [ProfilePatch::replace("/email", "ada@example.com"), ProfilePatch::remove("/phone_number")];
        /// # let _ = patch;
        /// ```
        pub fn replace(path: impl Into<String>, value: impl Into<String>) -> Self {
            Self::new(PatchOperation::Replace, path).value(value)
        }

        /// Takes a value away.
        ///
        /// ```
        /// use trycourier::types::ProfilePatch;
        ///
        /// let patch = [ProfilePatch::remove("/phone_number")];
        /// # let _ = patch;
        /// ```
        pub fn remove(path: impl Into<String>) -> Self {
            Self::new(PatchOperation::Remove, path)
        }
    }
}

#[cfg(feature = "users")]
mod token_patch {
    use crate::types::{PatchOperation, TokenPatch, TokenPatchValue};

    /// The steps that change one value.
    impl TokenPatch {
        /// Sets a value that is there already. The path begins with a slash: `/status`.
        ///
        /// ```
        /// use trycourier::types::TokenPatch;
        ///
        /// let patch = [TokenPatch::replace("/status", "revoked")];
        /// # let _ = patch;
        /// ```
        pub fn replace(path: impl Into<String>, value: impl Into<TokenPatchValue>) -> Self {
            Self::new(PatchOperation::Replace, path).value(value)
        }

        /// Takes a value away.
        ///
        /// ```
        /// use trycourier::types::TokenPatch;
        ///
        /// let patch = [TokenPatch::remove("/tracking")];
        /// # let _ = patch;
        /// ```
        pub fn remove(path: impl Into<String>) -> Self {
            Self::new(PatchOperation::Remove, path)
        }
    }
}

#[cfg(feature = "send")]
mod delay {
    use std::time::Duration;

    use crate::types::Delay;

    /// The two ways of waiting.
    impl Delay {
        /// Waits for a time, which Courier rounds up to a full minute.
        ///
        /// ```
        /// use std::time::Duration;
        /// use trycourier::types::{Delay, Message};
        ///
        /// let message = Message::new().delay(Delay::after(Duration::from_secs(3600)));
        /// # let _ = message;
        /// ```
        pub fn after(duration: Duration) -> Self {
            Self::new().duration(i64::try_from(duration.as_millis()).unwrap_or(i64::MAX))
        }

        /// Waits until a moment, as ISO 8601, or until the next of some opening hours: `Mo-Fr 09:00-17:00`.
        ///
        /// ```
        /// use trycourier::types::{Delay, Message};
        ///
        /// let message = Message::new().delay(Delay::until_moment("2027-01-31T09:00:00Z"));
        /// # let _ = message;
        /// ```
        pub fn until_moment(moment: impl Into<String>) -> Self {
            Self::new().until(moment)
        }
    }
}

#[cfg(feature = "journeys")]
mod journey {
    use crate::types::{
        JourneyApiInvokeTriggerNode, JourneyDelayDurationNode, JourneyMessage, JourneyNode, JourneySendNode,
    };

    /// The everyday nodes by name. Their types have setters for the rest.
    ///
    /// ```
    /// use trycourier::types::JourneyNode;
    ///
    /// let nodes = [JourneyNode::invoked_by_api(), JourneyNode::delay("P1D"), JourneyNode::send("nt_welcome")];
    /// # let _ = nodes;
    /// ```
    impl JourneyNode {
        /// Starts a run when the API invokes the journey.
        ///
        /// ```
        /// use trycourier::types::JourneyNode;
        ///
        /// let nodes = [JourneyNode::invoked_by_api(), JourneyNode::send("nt_welcome")];
        /// # let _ = nodes;
        /// ```
        pub fn invoked_by_api() -> Self {
            JourneyApiInvokeTriggerNode::new().into()
        }

        /// Sends a template of the journey to the run's user.
        ///
        /// ```
        /// use trycourier::types::JourneyNode;
        ///
        /// let node = JourneyNode::send("nt_welcome");
        /// # let _ = node;
        /// ```
        pub fn send(template: impl Into<String>) -> Self {
            JourneySendNode::new(JourneyMessage::new().template(template)).into()
        }

        /// Waits for a time, as an ISO 8601 duration: `PT20M`, `P1D`.
        ///
        /// ```
        /// use trycourier::types::JourneyNode;
        ///
        /// let node = JourneyNode::delay("PT20M");
        /// # let _ = node;
        /// ```
        pub fn delay(duration: impl Into<String>) -> Self {
            JourneyDelayDurationNode::new(duration).into()
        }
    }
}

#[cfg(feature = "automations")]
mod automation {
    use crate::types::{AutomationCancelStep, AutomationDelayStep, AutomationSendStep, AutomationStep};

    /// The everyday steps by name. Their types have setters for the rest.
    ///
    /// ```
    /// use trycourier::types::AutomationStep;
    ///
    /// let steps = [AutomationStep::delay("20 minutes"), AutomationStep::send("nt_welcome")];
    /// # let _ = steps;
    /// ```
    impl AutomationStep {
        /// Sends a template to the recipient of the run.
        ///
        /// ```
        /// use trycourier::types::AutomationStep;
        ///
        /// let step = AutomationStep::send("nt_welcome");
        /// # let _ = step;
        /// ```
        pub fn send(template: impl Into<String>) -> Self {
            AutomationSendStep::new().template(template).into()
        }

        /// Waits for a time, written as `20 minutes` or `1 day`.
        ///
        /// ```
        /// use trycourier::types::AutomationStep;
        ///
        /// let step = AutomationStep::delay("20 minutes");
        /// # let _ = step;
        /// ```
        pub fn delay(duration: impl Into<String>) -> Self {
            AutomationDelayStep::new().duration(duration).into()
        }

        /// Cancels the runs that have a cancelation token.
        ///
        /// ```
        /// use trycourier::types::AutomationStep;
        ///
        /// let step = AutomationStep::cancel("order-A-1007");
        /// # let _ = step;
        /// ```
        pub fn cancel(cancelation_token: impl Into<String>) -> Self {
            AutomationCancelStep::new(cancelation_token).into()
        }
    }
}
