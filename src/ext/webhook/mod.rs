//! Courier's outbound webhooks, verified and parsed, for any web framework.
//!
//! A receiver works in three steps. It **verifies** that a request is from Courier, with the raw body and the header
//! [`SIGNATURE_HEADER`]. It **stores** the [`Delivery`] in its queue, and responds within 10 seconds. Later, it
//! **reads** the [`Event`]. Reading a verified delivery never fails: an event that this version does not know is
//! [`Event::Unrecognized`].
//!
//! ```
//! use trycourier::ext::webhook::{Delivery, Event, Verifier, VerifyError};
//!
//! /// In the web framework's handler: respond with 200 for `Ok`, and 400 for `Err`.
//! fn receive(verifier: &Verifier, header: &str, body: &[u8]) -> Result<Delivery, VerifyError> {
//!     verifier.verify(header, body)
//! }
//!
//! /// Later, in a worker.
//! fn work(delivery: &Delivery) {
//!     match delivery.event() {
//!         Event::MessageUpdated(message) => println!("{} is {}", message.id, message.status),
//!         Event::PreferencesUserUpdated(change) => println!("{} chose {}", change.user_id, change.status),
//!         other => println!("not for us: {}", other.name()),
//!     }
//! }
//! # let verifier = Verifier::new("secret")?;
//! # let body = br#"{"type": "audiences:updated", "data": {}}"#;
//! # let header = trycourier::ext::webhook::sign("secret", std::time::SystemTime::now(), body)?;
//! # work(&receive(&verifier, &header, body)?);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! Courier delivers an event at least once: it retries after a network error, a timeout, 408, 429 and 5xx, for about a
//! day. Store the [`dedup_key`](Delivery::dedup_key) of each handled event, and skip events whose key is already
//! stored.
//!
//! `examples/webhook_axum.rs` and `examples/webhook_hyper.rs` are complete receivers.

mod delivery;
mod event;

use std::error::Error;
use std::fmt;
use std::time::{Duration, SystemTime};

use hmac::{Hmac, Mac};
use sha2::Sha256;

pub use delivery::Delivery;
pub use event::Event;

pub use crate::ext::webhook_signature::{EmptySecret, SIGNATURE_HEADER, sign};
use crate::ext::webhook_signature::{keyed, signed};

/// Verifies the signatures of Courier's deliveries.
///
/// It holds the secret that Courier shows in the webhook's settings. `Debug` does not print it.
///
/// ```
/// use std::time::{Duration, SystemTime};
/// use trycourier::ext::webhook::{EmptySecret, Verifier, VerifyError, sign};
///
/// let verifier = Verifier::new("new secret")?.add_secret("old secret")?.tolerance(Duration::from_secs(60));
/// let (header, body) = (sign("old secret", SystemTime::now(), "{}")?, "{}");
/// assert!(verifier.verify(&header, body).is_ok());
/// assert_eq!(verifier.verify(&header, "{ }").unwrap_err(), VerifyError::SignatureMismatch);
/// assert_eq!(verifier.verify("", body).unwrap_err(), VerifyError::Unsigned);
/// assert_eq!(Verifier::new("").unwrap_err(), EmptySecret);
/// # Ok::<(), EmptySecret>(())
/// ```
#[derive(Clone)]
#[must_use]
#[doc(alias = "signature")]
#[doc(alias = "hmac")]
pub struct Verifier {
    /// One for each secret, before the signed text.
    macs: Vec<Hmac<Sha256>>,
    tolerance: Duration,
}

impl Verifier {
    /// Creates a verifier for the webhook with this secret.
    ///
    /// ```
    /// use trycourier::ext::webhook::{EmptySecret, Verifier};
    ///
    /// assert!(Verifier::new("whsec_example").is_ok());
    /// assert_eq!(Verifier::new("").unwrap_err(), EmptySecret);
    /// ```
    ///
    /// # Errors
    ///
    /// [`EmptySecret`] if the secret is empty or blank, because anyone could sign with it. Whitespace and a byte order
    /// mark around a secret are ignored. A secret in quotes is tried both with and without the quotes.
    pub fn new(secret: impl AsRef<[u8]>) -> Result<Self, EmptySecret> {
        Ok(Self { macs: keyed(secret.as_ref())?, tolerance: Duration::from_secs(5 * 60) })
    }

    /// Also accepts deliveries signed with another secret: the old secret during a rotation, or the secret of another
    /// webhook with the same URL.
    ///
    /// ```
    /// # use std::time::SystemTime;
    /// use trycourier::ext::webhook::{Verifier, sign};
    ///
    /// let verifier = Verifier::new("new")?.add_secret("old")?;
    /// let header = sign("old", SystemTime::now(), "{}")?;
    /// assert!(verifier.verify(header, "{}").is_ok());
    /// # Ok::<(), trycourier::ext::webhook::EmptySecret>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`EmptySecret`] if the secret is empty or blank.
    pub fn add_secret(mut self, secret: impl AsRef<[u8]>) -> Result<Self, EmptySecret> {
        self.macs.extend(keyed(secret.as_ref())?);
        Ok(self)
    }

    /// Sets the largest difference between a delivery's timestamp and the clock, in the past or in the future. The
    /// default is 5 minutes, as Courier recommends. The tolerance limits how long an intercepted delivery can be
    /// replayed.
    ///
    /// ```
    /// # use std::time::{Duration, SystemTime};
    /// use trycourier::ext::webhook::{Verifier, sign};
    ///
    /// let verifier = Verifier::new("secret")?.tolerance(Duration::from_secs(60));
    /// let header = sign("secret", SystemTime::now() - Duration::from_secs(61), "{}")?;
    /// assert!(verifier.verify(header, "{}").is_err());
    /// # Ok::<(), trycourier::ext::webhook::EmptySecret>(())
    /// ```
    pub fn tolerance(mut self, tolerance: Duration) -> Self {
        self.tolerance = tolerance;
        self
    }

    /// Verifies a request, given its unchanged body and the value of its header [`SIGNATURE_HEADER`], which is empty if
    /// the header is missing.
    ///
    /// ```
    /// # use std::time::SystemTime;
    /// use trycourier::ext::webhook::{Verifier, VerifyError, sign};
    ///
    /// let verifier = Verifier::new("secret")?;
    /// let (header, body) = (sign("secret", SystemTime::now(), "{}")?, "{}");
    /// assert!(verifier.verify(&header, body).is_ok());
    /// assert_eq!(verifier.verify(&header, "{ }").unwrap_err(), VerifyError::SignatureMismatch);
    /// # Ok::<(), trycourier::ext::webhook::EmptySecret>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`VerifyError`] if the request is not certainly a recent delivery from Courier. Respond with 400, so that
    /// Courier does not repeat the request.
    pub fn verify(&self, header: impl AsRef<[u8]>, body: impl AsRef<[u8]>) -> Result<Delivery, VerifyError> {
        self.verify_at(header, body, SystemTime::now())
    }

    /// Verifies a request like [`verify`](Self::verify), but with `now` as the current time, for tests and for requests
    /// that were recorded earlier.
    ///
    /// ```
    /// use std::time::{Duration, SystemTime};
    /// use trycourier::ext::webhook::{Verifier, VerifyError, sign};
    ///
    /// let then = SystemTime::UNIX_EPOCH + Duration::from_secs(1_700_000_000);
    /// let header = sign("secret", then, "{}")?;
    /// let verifier = Verifier::new("secret")?;
    /// assert!(verifier.verify_at(&header, "{}", then).is_ok());
    /// let later = then + Duration::from_secs(301);
    /// assert_eq!(verifier.verify_at(&header, "{}", later).unwrap_err(), VerifyError::Stale(Duration::from_secs(301)));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// The same errors as [`verify`](Self::verify).
    pub fn verify_at(
        &self,
        header: impl AsRef<[u8]>,
        body: impl AsRef<[u8]>,
        now: SystemTime,
    ) -> Result<Delivery, VerifyError> {
        let body = body.as_ref();
        let signature = Signature::parse(header.as_ref())?;
        // All secrets are tried, so that the time taken does not reveal which one matched.
        let genuine = self.macs.iter().fold(false, |genuine, mac| {
            let mac = signed(mac.clone(), signature.time_text, body);
            genuine | mac.verify_slice(&signature.value).is_ok()
        });
        if !genuine {
            return Err(VerifyError::SignatureMismatch);
        }
        match now.duration_since(signature.time) {
            Ok(age) if age > self.tolerance => Err(VerifyError::Stale(age)),
            Err(early) if early.duration() > self.tolerance => Err(VerifyError::Early(early.duration())),
            _ => Ok(Delivery::new(signature.time, body)),
        }
    }
}

impl fmt::Debug for Verifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Verifier").field("secrets", &self.macs.len()).field("tolerance", &self.tolerance).finish()
    }
}

/// The parsed header.
struct Signature<'a> {
    /// The time exactly as it was signed.
    time_text: &'a [u8],
    time: SystemTime,
    value: [u8; 32],
}

impl<'a> Signature<'a> {
    /// Parses `t=<milliseconds>,signature=<hex>` in any order. Other fields are ignored, so that Courier can add
    /// fields: they do not change the signed text.
    fn parse(header: &'a [u8]) -> Result<Self, VerifyError> {
        if header.is_empty() {
            return Err(VerifyError::Unsigned);
        }
        let (mut time_text, mut value) = (None, None);
        for field in header.split(|byte| *byte == b',') {
            let equals = field.iter().position(|byte| *byte == b'=').ok_or(VerifyError::Malformed)?;
            let (name, rest) = field.split_at(equals);
            let (name, slot) = match name.trim_ascii() {
                b"t" => ("t", &mut time_text),
                b"signature" => ("signature", &mut value),
                _ => continue,
            };
            if slot.replace(rest.get(1..).unwrap_or_default().trim_ascii()).is_some() {
                return Err(VerifyError::DuplicateField(name));
            }
        }
        let time_text = time_text.ok_or(VerifyError::Missing("t"))?;
        let value = value.ok_or(VerifyError::Missing("signature"))?;
        let time = parse_unix_millis(time_text).ok_or(VerifyError::InvalidTime)?;
        let value = unhex(value).ok_or(VerifyError::InvalidSignature)?;
        Ok(Self { time_text, time, value })
    }
}

/// Parses digits only: `str::parse` would accept a sign.
fn parse_unix_millis(digits: &[u8]) -> Option<SystemTime> {
    if !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let milliseconds = std::str::from_utf8(digits).ok()?.parse().ok()?;
    SystemTime::UNIX_EPOCH.checked_add(Duration::from_millis(milliseconds))
}

/// Decodes hexadecimal digits, in either case.
fn unhex(text: &[u8]) -> Option<[u8; 32]> {
    let digit = |byte: u8| char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    let (pairs, []) = text.as_chunks::<2>() else { return None };
    let bytes: Option<Vec<u8>> = pairs.iter().map(|[high, low]| Some(digit(*high)? << 4 | digit(*low)?)).collect();
    bytes?.try_into().ok()
}

/// The reason why a request was not accepted as a delivery.
///
/// ```
/// use trycourier::ext::webhook::{Verifier, VerifyError};
///
/// let verifier = Verifier::new("secret")?;
/// assert_eq!(verifier.verify("", "{}").unwrap_err(), VerifyError::Unsigned);
/// assert_eq!(verifier.verify("t=1700000000000", "{}").unwrap_err(), VerifyError::Missing("signature"));
/// # Ok::<(), trycourier::ext::webhook::EmptySecret>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum VerifyError {
    /// The request has no signature. It is not from Courier, or the webhook has no secret in Courier's settings.
    Unsigned,
    /// The header is not a comma-separated list of `name=value` pairs.
    Malformed,
    /// The header lacks this field.
    Missing(&'static str),
    /// The header has this field more than once.
    DuplicateField(&'static str),
    /// The header's `t` is not a number of milliseconds.
    InvalidTime,
    /// The header's `signature` is not 64 hexadecimal digits.
    InvalidSignature,
    /// The signature does not match the body and time under any of the secrets. If this happens to all deliveries, the
    /// secret belongs to another webhook, or the body is not the raw one: it was parsed and serialized again, or a
    /// gateway passes it as base64 (AWS API Gateway sets `isBase64Encoded`), so decode it first.
    SignatureMismatch,
    /// The signature is valid, but its age exceeds the tolerance: the delivery is a replay, or this machine's clock is
    /// wrong. The duration is the age.
    Stale(Duration),
    /// The signature is valid, but its time is too far in the future: one of the clocks is wrong. The duration is the
    /// difference.
    Early(Duration),
}

impl fmt::Display for VerifyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unsigned => write!(f, "the request has no `{SIGNATURE_HEADER}`: is a signing secret configured for the webhook?"),
            Self::Malformed => write!(f, "`{SIGNATURE_HEADER}` is not a list of `name=value`"),
            Self::Missing(name) => write!(f, "`{SIGNATURE_HEADER}` has no `{name}`"),
            Self::DuplicateField(name) => write!(f, "`{SIGNATURE_HEADER}` has more than one `{name}`"),
            Self::InvalidTime => write!(f, "`t` in `{SIGNATURE_HEADER}` is not a number of milliseconds"),
            Self::InvalidSignature => write!(f, "`signature` in `{SIGNATURE_HEADER}` is not 64 hexadecimal digits"),
            Self::SignatureMismatch => {
                f.write_str("signature mismatch: check the secret, and pass the raw body (decoded, if a gateway passes it as base64)")
            }
            Self::Stale(age) => write!(f, "the delivery is {} s old", age.as_secs()),
            Self::Early(ahead) => write!(f, "the delivery is from {} s in the future", ahead.as_secs()),
        }
    }
}

impl Error for VerifyError {}
