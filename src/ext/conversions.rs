//! Conversions between enums that have the values of the other, and from channels.

#[cfg(has_type = "ChannelClassification")]
use crate::types::ChannelClassification;

/// Implements a conversion between two enums.
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

#[cfg(all(has_type = "PreferenceStatus", has_type = "SubscriptionTopicStatus"))]
statuses!(PreferenceStatus => SubscriptionTopicStatus);
#[cfg(all(has_type = "PreferenceStatus", has_type = "SubscriptionTopicStatus"))]
statuses!(SubscriptionTopicStatus => PreferenceStatus);
#[cfg(feature = "users")]
statuses!(PreferenceChoice => PreferenceStatus);
#[cfg(all(feature = "users", has_type = "SubscriptionTopicStatus"))]
statuses!(PreferenceChoice => SubscriptionTopicStatus);

/// The name of the channel, as a key of [`Message::channels`](crate::types::Message::channels).
#[cfg(has_type = "ChannelClassification")]
impl From<ChannelClassification> for String {
    fn from(channel: ChannelClassification) -> Self {
        channel.as_str().to_owned()
    }
}

#[cfg(all(has_type = "ChannelClassification", has_type = "RoutingChannel"))]
impl From<ChannelClassification> for crate::types::RoutingChannel {
    fn from(channel: ChannelClassification) -> Self {
        Self::from(channel.as_str())
    }
}
