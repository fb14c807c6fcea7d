//! Constructors for the most common values.

#[cfg(any(feature = "automations", feature = "send"))]
mod recipient {
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
    /// # let _ = message;
    /// ```
    impl Recipient {
        /// Creates a user recipient from the id of a profile at Courier.
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

        /// Creates a recipient with an email address.
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

        /// Creates a recipient with a phone number, including the country code: `+15551234567`.
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

        /// Creates a recipient for all subscribers of a list. Each of them gets a separate message.
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

        /// Creates a recipient for all members of an audience. Each of them gets a separate message.
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

#[cfg(any(feature = "automations", feature = "bulk", feature = "send"))]
mod content {
    use crate::types::{Content, ElementalContent, ElementalNode, TextContent};

    /// The two kinds of inline content.
    impl Content {
        /// Creates content with a title and a body. The title is the subject of an email.
        ///
        /// ```
        /// use trycourier::types::{Content, Message, Recipient};
        ///
        /// let content = Content::new("Hello", "Your order is on its way.");
        /// let message = Message::new().to(Recipient::user("user_123")).content(content);
        /// # let _ = message;
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
        /// # let _ = content;
        /// ```
        pub fn elemental(elements: impl IntoIterator<Item = impl Into<ElementalNode>>) -> Self {
            ElementalContent::new(elements).into()
        }
    }
}

#[cfg(any(
    feature = "automations",
    feature = "broadcasts",
    feature = "bulk",
    feature = "journeys",
    feature = "notifications",
    feature = "send",
    feature = "tenants"
))]
mod elemental {
    use crate::types::{
        ElementalAction, ElementalChannel, ElementalChild, ElementalDivider, ElementalHtml, ElementalImage,
        ElementalMeta, ElementalNode, ElementalQuote, ElementalText, TextFormat,
    };

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
            /// # let _ = elements;
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

    elements!(ElementalNode);
    elements!(ElementalChild);

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
        /// # let _ = content;
        /// ```
        pub fn channel(
            channel: impl Into<String>,
            elements: impl IntoIterator<Item = impl Into<ElementalChild>>,
        ) -> Self {
            ElementalChannel::new().channel(channel).elements(elements).into()
        }
    }
}

#[cfg(any(
    feature = "automations",
    feature = "notifications",
    feature = "routing-strategies",
    feature = "send",
    feature = "tenants"
))]
mod routing {
    use crate::types::{Routing, RoutingChannel, RoutingMethod};

    /// The two routing methods.
    impl Routing {
        /// Uses the first channel that works, in order of preference.
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

        /// Uses all channels.
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

    /// The operations that change one value.
    impl ProfilePatch {
        /// Sets a value, which does not need to exist yet. The path begins with a slash: `/locale`.
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

        /// Replaces an existing value.
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

        /// Removes a value.
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

    /// The operations that change one value.
    impl TokenPatch {
        /// Replaces an existing value. The path begins with a slash: `/status`.
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

        /// Removes a value.
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

#[cfg(any(feature = "automations", feature = "send"))]
mod delay {
    use std::time::Duration;

    use crate::types::{Delay, DurationMillis, ExpiresIn, Timestamp};

    /// The kinds of delay.
    impl Delay {
        /// Delays the message by a duration, which Courier rounds up to a full minute.
        ///
        /// ```
        /// use std::time::Duration;
        /// use trycourier::types::{Delay, Message};
        ///
        /// let message = Message::new().delay(Delay::after(Duration::from_secs(3600)));
        /// # let _ = message;
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
        /// # let _ = message;
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
        /// # let _ = message;
        /// ```
        #[doc(alias = "opening hours")]
        #[doc(alias = "delivery window")]
        pub fn window(hours: impl Into<String>) -> Self {
            Self::new().until(hours.into())
        }
    }

    /// Converts to milliseconds.
    impl From<Duration> for ExpiresIn {
        fn from(duration: Duration) -> Self {
            DurationMillis::from(duration).0.into()
        }
    }
}

#[cfg(feature = "journeys")]
mod journey {
    use crate::types::{
        JourneyApiInvokeTriggerNode, JourneyDelayDurationNode, JourneyMessage, JourneyNode, JourneySendNode,
    };

    /// Constructors for the most common nodes. Their types have setters for all other properties.
    ///
    /// ```
    /// use trycourier::types::JourneyNode;
    ///
    /// let nodes = [JourneyNode::invoked_by_api(), JourneyNode::delay("P1D"), JourneyNode::send("nt_welcome")];
    /// # let _ = nodes;
    /// ```
    impl JourneyNode {
        /// Creates a trigger that starts a run when the API invokes the journey.
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

        /// Creates a node that sends one of the journey's templates to the run's user.
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

        /// Creates a node that waits for an ISO 8601 duration: `PT20M`, `P1D`.
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
    /// # let _ = steps;
    /// ```
    impl AutomationStep {
        /// Creates a step that sends a template to the recipient of the run.
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

        /// Creates a step that waits for a duration, written as `20 minutes` or `1 day`.
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

        /// Creates a step that cancels the runs with a cancelation token.
        ///
        /// ```
        /// use trycourier::types::AutomationStep;
        ///
        /// let step = AutomationStep::cancel("order-A-1007");
        /// # let _ = step;
        /// ```
        pub fn cancel(cancelation_token: impl Into<String>) -> Self {
            AutomationCancelStep::new().cancelation_token(cancelation_token).into()
        }
    }
}

mod conversions {
    /// Conversions between enums with the same values.
    #[allow(unused_macros, reason = "with some features there is only one of these enums")]
    macro_rules! statuses {
        ($from:ident => $to:ident) => {
            impl From<crate::types::$from> for crate::types::$to {
                fn from(value: crate::types::$from) -> Self {
                    // By the text, so that a new value of only one of the enums compiles.
                    let text = value.as_str();
                    text.parse().unwrap_or_else(|_| Self::Unrecognized(text.to_owned()))
                }
            }
        };
    }

    #[cfg(all(
        any(feature = "tenants", feature = "workspace-preferences"),
        any(
            feature = "automations",
            feature = "bulk",
            feature = "lists",
            feature = "profiles",
            feature = "send",
            feature = "users",
            feature = "workspace-preferences"
        )
    ))]
    mod of_topics {
        statuses!(PreferenceStatus => SubscriptionTopicStatus);
        statuses!(SubscriptionTopicStatus => PreferenceStatus);
    }

    #[cfg(feature = "users")]
    statuses!(PreferenceChoice => PreferenceStatus);
    #[cfg(all(feature = "users", any(feature = "tenants", feature = "workspace-preferences")))]
    statuses!(PreferenceChoice => SubscriptionTopicStatus);

    #[cfg(any(
        feature = "automations",
        feature = "bulk",
        feature = "lists",
        feature = "profiles",
        feature = "send",
        feature = "tenants",
        feature = "users",
        feature = "workspace-preferences"
    ))]
    mod of_channels {
        use crate::types::ChannelClassification;

        /// The name of the channel, as a key of [`Message::channels`](crate::types::Message::channels).
        impl From<ChannelClassification> for String {
            fn from(channel: ChannelClassification) -> Self {
                channel.as_str().to_owned()
            }
        }

        #[cfg(any(
            feature = "automations",
            feature = "notifications",
            feature = "routing-strategies",
            feature = "send",
            feature = "tenants"
        ))]
        impl From<ChannelClassification> for crate::types::RoutingChannel {
            fn from(channel: ChannelClassification) -> Self {
                Self::from(channel.as_str())
            }
        }
    }
}

#[cfg(feature = "notifications")]
mod notification_list_item {
    use crate::types::NotificationListItem;

    impl NotificationListItem {
        /// The id of the template, of either kind.
        ///
        /// ```
        /// # use serde_json::json;
        /// use trycourier::types::NotificationListItem;
        ///
        /// let item = NotificationListItem::from(json!({"id": "nt_1", "title": "Welcome"}));
        /// assert_eq!((item.id(), item.name()), (Some("nt_1"), Some("Welcome")));
        /// ```
        pub fn id(&self) -> Option<&str> {
            match self {
                Self::Notification(template) => Some(&template.id),
                Self::TemplateSummary(template) => Some(&template.id),
                Self::Unrecognized(object) => object.get("id")?.as_str(),
            }
        }

        /// The name of the template in the Courier app, which templates of the legacy designer have as `title`.
        pub fn name(&self) -> Option<&str> {
            match self {
                Self::Notification(template) => template.title.as_deref(),
                Self::TemplateSummary(template) => Some(&template.name),
                Self::Unrecognized(object) => object.get("name").or_else(|| object.get("title"))?.as_str(),
            }
        }
    }
}
