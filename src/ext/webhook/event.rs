//! The event of a delivery.

use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::ext::webhook_signature::hex;
use crate::json::{self, Decode};
use crate::types::{MessageDetails, PreferenceChangeLogEntry};

const MESSAGE_UPDATED: &str = "message:updated";
const PREFERENCES_USER_UPDATED: &str = "preferences:user:updated";

/// An event, named after its `type` in Courier.
///
/// The data of messages and preferences is typed. The others have no description, so their data is JSON.
///
/// ```
/// use trycourier::ext::webhook::Event;
/// use trycourier::types::MessageStatus;
///
/// fn bounced(event: &Event) -> Option<&str> {
///     match event {
///         Event::MessageUpdated(message) if message.status == MessageStatus::Undeliverable => Some(&message.recipient),
///         _ => None,
///     }
/// }
/// let event = Event::AudiencesDeleted(serde_json::json!({}));
/// assert_eq!((bounced(&event), event.name()), (None, "audiences:deleted"));
/// ```
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
#[allow(clippy::large_enum_variant, reason = "an event is read, matched and dropped; it is not kept by the thousand")]
pub enum Event {
    /// `message:updated`: the status of a message has changed. The times of earlier statuses remain. The cause of a
    /// failure, a bounce or a complaint is in `reason`, `error` and `providers`. Don't rely on an order: a message can
    /// be opened before it is delivered.
    MessageUpdated(MessageDetails),
    /// `preferences:user:updated`: a user has changed the choice for a topic. `previous` is the earlier choice.
    PreferencesUserUpdated(PreferenceChangeLogEntry),
    /// `notification:submitted`: a template was submitted for review.
    NotificationSubmitted(Value),
    /// `notification:submission_canceled`: a template's submission was withdrawn.
    NotificationSubmissionCanceled(Value),
    /// `notification:published`: a template was published.
    NotificationPublished(Value),
    /// `audiences:created`: an audience was created.
    AudiencesCreated(Value),
    /// `audiences:updated`: an audience was changed.
    AudiencesUpdated(Value),
    /// `audiences:deleted`: an audience was deleted.
    AudiencesDeleted(Value),
    /// `audiences:user:matched`: a user now belongs to an audience.
    AudiencesUserMatched(Value),
    /// `audiences:user:unmatched`: a user no longer belongs to an audience.
    AudiencesUserUnmatched(Value),
    /// `audiences:calculated`: Courier has computed the members of an audience.
    AudiencesCalculated(Value),
    /// An event that this version does not know, or whose data is not an object.
    Unrecognized {
        /// The event's type; empty if the body has none.
        type_: String,
        /// The event's data, or null if the body has no data. If the body has no type, this is the whole body; if the
        /// body is not JSON, this is its text.
        data: Value,
    },
}

impl Event {
    /// Returns the event's type as Courier writes it, such as `message:updated`, for logs and metrics.
    ///
    /// ```
    /// use trycourier::ext::webhook::Event;
    ///
    /// assert_eq!(Event::AudiencesDeleted(serde_json::json!({})).name(), "audiences:deleted");
    /// ```
    pub fn name(&self) -> &str {
        match self {
            Self::MessageUpdated(_) => MESSAGE_UPDATED,
            Self::PreferencesUserUpdated(_) => PREFERENCES_USER_UPDATED,
            Self::NotificationSubmitted(_) => "notification:submitted",
            Self::NotificationSubmissionCanceled(_) => "notification:submission_canceled",
            Self::NotificationPublished(_) => "notification:published",
            Self::AudiencesCreated(_) => "audiences:created",
            Self::AudiencesUpdated(_) => "audiences:updated",
            Self::AudiencesDeleted(_) => "audiences:deleted",
            Self::AudiencesUserMatched(_) => "audiences:user:matched",
            Self::AudiencesUserUnmatched(_) => "audiences:user:unmatched",
            Self::AudiencesCalculated(_) => "audiences:calculated",
            Self::Unrecognized { type_, .. } => type_,
        }
    }

    pub(super) fn parse(body: &[u8]) -> Self {
        let mut whole = value(body).unwrap_or_else(|| String::from_utf8_lossy(body).into_owned().into());
        let Some(type_) = whole.get("type").and_then(Value::as_str).map(str::to_owned) else {
            return Self::Unrecognized { type_: String::new(), data: whole };
        };
        let data = whole.get_mut("data").map(Value::take).unwrap_or_default();
        let known = match type_.as_str() {
            MESSAGE_UPDATED => described(data).map(Self::MessageUpdated),
            PREFERENCES_USER_UPDATED => described(data).map(Self::PreferencesUserUpdated),
            "notification:submitted" => Ok(Self::NotificationSubmitted(data)),
            "notification:submission_canceled" => Ok(Self::NotificationSubmissionCanceled(data)),
            "notification:published" => Ok(Self::NotificationPublished(data)),
            "audiences:created" => Ok(Self::AudiencesCreated(data)),
            "audiences:updated" => Ok(Self::AudiencesUpdated(data)),
            "audiences:deleted" => Ok(Self::AudiencesDeleted(data)),
            "audiences:user:matched" => Ok(Self::AudiencesUserMatched(data)),
            "audiences:user:unmatched" => Ok(Self::AudiencesUserUnmatched(data)),
            "audiences:calculated" => Ok(Self::AudiencesCalculated(data)),
            _ => Err(data),
        };
        known.unwrap_or_else(|data| Self::Unrecognized { type_, data })
    }
}

/// Decodes the data as its type, or returns it unchanged.
fn described<T: Decode>(data: Value) -> Result<T, Value> {
    json::from_value(&data).ok_or(data)
}

/// Reads a body like a response: invalid text in the JSON is repaired.
fn value(body: &[u8]) -> Option<Value> {
    json::decode(body).ok().map(|decoded| decoded.value)
}

/// Returns the key of an event that Courier identifies by its fields. No part of it is empty, so that events that lack
/// a part do not share a key, and a status has no colon, so that no two events have the same key.
pub(super) fn dedup_key(body: &[u8]) -> Option<String> {
    let whole = value(body)?;
    let (type_, data) = (whole.get("type")?.as_str()?, whole.get("data")?);
    let text = |name: &str| data.get(name)?.as_str().filter(|text| !text.is_empty());
    let id = match data.get("id")? {
        Value::Number(number) => number.to_string(),
        _ => text("id")?.to_owned(),
    };
    match type_ {
        MESSAGE_UPDATED => {
            let status = text("status").filter(|status| !status.contains(':'))?;
            // The time of this status only, because the other times accumulate in later deliveries.
            let parts =
                [status.to_ascii_lowercase().as_str(), "providers", "error", "reason"].map(|name| data.get(name));
            let digest = hex(&Sha256::digest(serde_json::to_vec(&parts).ok()?));
            Some(format!("{type_}:{id}:{status}:{}", digest.get(..16)?))
        }
        PREFERENCES_USER_UPDATED => Some(format!("{type_}:{id}")),
        _ => None,
    }
}
