//! A verified request from Courier.

use std::fmt;
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use sha2::{Digest, Sha256};

use super::event::{self, Event};
use crate::ext::webhook_signature::hex;

/// A verified request from Courier.
///
/// It can be serialized, so you can put it into a queue and handle it later, even in another process. Deserializing
/// does not verify it again, so use only a queue that you trust.
///
/// ```
/// use trycourier::ext::webhook::{Delivery, Event, Verifier, sign};
///
/// let body = r#"{"type": "message:updated", "data": {"id": "1-5e2b2615", "status": "DELIVERED"}}"#;
/// # let header = sign("secret", std::time::SystemTime::now(), body)?;
/// let delivery = Verifier::new("secret")?.verify(header, body)?;
/// let queued = serde_json::to_string(&delivery)?;
///
/// let delivery: Delivery = serde_json::from_str(&queued)?;
/// assert!(matches!(delivery.event(), Event::MessageUpdated(message) if message.id == "1-5e2b2615"));
/// assert!(delivery.dedup_key().starts_with("message:updated:1-5e2b2615:DELIVERED:"));
/// assert!(delivery.time() <= std::time::SystemTime::now() && delivery.body() == body.as_bytes());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[must_use]
pub struct Delivery {
    #[serde(rename = "time", with = "milliseconds")]
    time: SystemTime,
    #[serde(with = "text_or_bytes")]
    body: Bytes,
}

impl Delivery {
    pub(super) fn new(time: SystemTime, body: &[u8]) -> Self {
        Self { time, body: Bytes::copy_from_slice(body) }
    }

    /// Returns the time at which Courier sent the request. A later attempt to deliver the same event can have a
    /// different time.
    ///
    /// ```
    /// # let body = "{}";
    /// # let sent = std::time::SystemTime::UNIX_EPOCH + std::time::Duration::from_millis(1_700_000_000_000);
    /// # let header = trycourier::ext::webhook::sign("secret", sent, body)?;
    /// # let verifier = trycourier::ext::webhook::Verifier::new("secret")?;
    /// let delivery = verifier.verify_at(header, body, sent)?;
    /// assert_eq!(delivery.time(), sent);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn time(&self) -> SystemTime {
        self.time
    }

    /// Returns the unchanged body.
    ///
    /// ```
    /// # let body = r#"{"type": "audiences:calculated", "data": {}}"#;
    /// # let header = trycourier::ext::webhook::sign("secret", std::time::SystemTime::now(), body)?;
    /// # let verifier = trycourier::ext::webhook::Verifier::new("secret")?;
    /// let delivery = verifier.verify(header, body)?;
    /// assert_eq!(delivery.body(), body.as_bytes());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn body(&self) -> &Bytes {
        &self.body
    }

    /// Returns the event. It is [`Unrecognized`](Event::Unrecognized) if this version does not know the event, or if
    /// its data is not an object.
    ///
    /// The body is read like the response of a call, so invalid text and unexpected values do not lose the event.
    ///
    /// ```
    /// use trycourier::ext::webhook::Event;
    ///
    /// # let body = r#"{"type": "audiences:calculated", "data": {"audience_id": "vip"}}"#;
    /// # let header = trycourier::ext::webhook::sign("secret", std::time::SystemTime::now(), body)?;
    /// # let verifier = trycourier::ext::webhook::Verifier::new("secret")?;
    /// let delivery = verifier.verify(header, body)?;
    /// let Event::AudiencesCalculated(data) = delivery.event() else { panic!("another event") };
    /// assert_eq!(data["audience_id"], "vip");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn event(&self) -> Event {
        Event::parse(&self.body)
    }

    /// Returns a key that identifies the event: it is the same each time the event is delivered, and different for
    /// every other event.
    ///
    /// It consists of the id of a change of preferences, or of a message's id, its status, and a digest of the status's
    /// time, the providers and the error, because two clicks are two events with the same id and status. For every
    /// other event, it is a digest of the body.
    ///
    /// ```
    /// # use trycourier::ext::webhook::{Verifier, sign};
    /// # let body = r#"{"type": "message:updated", "data": {"id": "1-5e2b2615", "status": "DELIVERED"}}"#;
    /// # let header = sign("secret", std::time::SystemTime::now(), body)?;
    /// # let delivery = Verifier::new("secret")?.verify(header, body)?;
    /// assert!(delivery.dedup_key().starts_with("message:updated:1-5e2b2615:DELIVERED:"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn dedup_key(&self) -> String {
        event::dedup_key(&self.body).unwrap_or_else(|| format!("sha256:{}", hex(&Sha256::digest(&self.body))))
    }
}

/// Omits the body, which contains personal data.
impl fmt::Debug for Delivery {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Delivery").field("time", &self.time).field("bytes", &self.body.len()).finish()
    }
}

/// Writes a time as milliseconds since the Unix epoch, like Courier's header.
mod milliseconds {
    use super::{Deserialize, Deserializer, Duration, Serializer, SystemTime, de};

    pub fn serialize<S: Serializer>(time: &SystemTime, serializer: S) -> Result<S::Ok, S::Error> {
        let since = time.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        serializer.serialize_u64(u64::try_from(since.as_millis()).unwrap_or(u64::MAX))
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<SystemTime, D::Error> {
        let since = Duration::from_millis(u64::deserialize(deserializer)?);
        SystemTime::UNIX_EPOCH.checked_add(since).ok_or_else(|| de::Error::custom("the time is too far in the future"))
    }
}

/// Writes bytes as text in a human-readable format if they are UTF-8.
mod text_or_bytes {
    use super::{Bytes, Deserialize, Deserializer, Serialize, Serializer};

    #[derive(Deserialize)]
    #[serde(untagged, expecting = "a body is a text or bytes")]
    enum Body {
        Text(String),
        Bytes(Vec<u8>),
    }

    pub fn serialize<S: Serializer>(bytes: &Bytes, serializer: S) -> Result<S::Ok, S::Error> {
        match std::str::from_utf8(bytes) {
            Ok(text) if serializer.is_human_readable() => text.serialize(serializer),
            _ => bytes.as_ref().serialize(serializer),
        }
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Bytes, D::Error> {
        if !deserializer.is_human_readable() {
            return Vec::deserialize(deserializer).map(Bytes::from);
        }
        Ok(match Body::deserialize(deserializer)? {
            Body::Text(text) => text.into(),
            Body::Bytes(bytes) => bytes.into(),
        })
    }
}
