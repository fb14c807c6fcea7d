//! Courier's outbound webhooks, checked and typed, for any web framework.
//!
//! A receiver does three things, each apart from the others. It **verifies** that a request is Courier's, with the raw body
//! and the header [`SIGNATURE_HEADER`]. It **keeps** the [`Delivery`], in a queue of its own, and answers: Courier waits for
//! 10 seconds. Then, in its own time, it **reads** the [`Event`]. A genuine delivery never fails to be read: what this
//! version does not know is [`Event::Unrecognized`].
//!
//! ```
//! use trycourier::ext::webhook::{Delivery, Event, Verifier, VerifyError};
//!
//! /// In the web framework's handler: answer 200 where it is `Ok`, and 400 where it is not.
//! fn receive(verifier: &Verifier, header: &str, body: &[u8]) -> Result<Delivery, VerifyError> {
//!     verifier.verify(header, body)
//! }
//!
//! /// Afterwards.
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
//! Courier delivers at least once: it tries again after a network error, a timeout, 408, 429 and 5xx, for about a day. Keep
//! the [`dedup_key`](Delivery::dedup_key) of what has been done, and do it once.
//!
//! `examples/webhook_axum.rs` and `examples/webhook_hyper.rs` are whole receivers.

mod delivery;
mod event;

use std::error::Error;
use std::fmt;
use std::time::{Duration, SystemTime};

use hmac::{Hmac, Mac};
use sha2::Sha256;

pub use delivery::Delivery;
pub use event::Event;

pub use crate::webhook_signature::{EmptySecret, SIGNATURE_HEADER, sign};
use crate::webhook_signature::{hex, keyed, signed};

/// Tells Courier's deliveries from everybody else's.
///
/// It has the secret that Courier shows in the webhook's settings. `Debug` does not.
///
/// ```
/// use std::time::Duration;
/// use trycourier::ext::webhook::{EmptySecret, Verifier};
///
/// # fn example(secret: &str, old_secret: &str) -> Result<(), EmptySecret> {
/// let verifier = Verifier::new(secret)?.also(old_secret)?.tolerance(Duration::from_secs(60));
/// # Ok(())
/// # }
/// # example("new", "old").unwrap();
/// # assert!(example("new", "").is_err());
/// ```
#[derive(Clone)]
#[must_use]
#[doc(alias = "signature")]
#[doc(alias = "hmac")]
pub struct Verifier {
    /// One for each secret, ready to be updated with the signed text.
    macs: Vec<Hmac<Sha256>>,
    tolerance: Duration,
}

impl Verifier {
    /// A verifier for the deliveries of the webhook with this secret.
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
    /// An empty secret, with which everybody could sign.
    pub fn new(secret: impl AsRef<[u8]>) -> Result<Self, EmptySecret> {
        Ok(Self { macs: vec![keyed(secret.as_ref())?], tolerance: Duration::from_secs(5 * 60) })
    }

    /// Takes deliveries under another secret too: the old one while it is being replaced, or that of another webhook that
    /// leads to the same address.
    ///
    /// ```
    /// # use std::time::SystemTime;
    /// use trycourier::ext::webhook::{Verifier, sign};
    ///
    /// let verifier = Verifier::new("new")?.also("old")?;
    /// let header = sign("old", SystemTime::now(), "{}")?;
    /// assert!(verifier.verify(header, "{}").is_ok());
    /// # Ok::<(), trycourier::ext::webhook::EmptySecret>(())
    /// ```
    ///
    /// # Errors
    ///
    /// An empty secret.
    pub fn also(mut self, secret: impl AsRef<[u8]>) -> Result<Self, EmptySecret> {
        self.macs.push(keyed(secret.as_ref())?);
        Ok(self)
    }

    /// How far a delivery's time may be off, in the past or in the future; 5 minutes by default, as Courier advises. It
    /// bounds how long somebody who has overheard a delivery can repeat it.
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

    /// Checks a request: the value of its header [`SIGNATURE_HEADER`], empty where there is none, and its body, byte for
    /// byte as it came.
    ///
    /// ```
    /// # use std::time::SystemTime;
    /// use trycourier::ext::webhook::{Verifier, VerifyError, sign};
    ///
    /// let verifier = Verifier::new("secret")?;
    /// let (header, body) = (sign("secret", SystemTime::now(), "{}")?, "{}");
    /// assert!(verifier.verify(&header, body).is_ok());
    /// assert_eq!(verifier.verify(&header, "{ }").unwrap_err(), VerifyError::Forged);
    /// # Ok::<(), trycourier::ext::webhook::EmptySecret>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Anything that is not certainly a delivery of now. Answer 400, so that Courier does not repeat it.
    pub fn verify(&self, header: impl AsRef<[u8]>, body: impl AsRef<[u8]>) -> Result<Delivery, VerifyError> {
        self.verify_at(header, body, SystemTime::now())
    }

    /// [`verify`](Self::verify) as of another moment: for tests, and for requests that were recorded before they are
    /// checked.
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
    /// As [`verify`](Self::verify).
    pub fn verify_at(
        &self,
        header: impl AsRef<[u8]>,
        body: impl AsRef<[u8]>,
        now: SystemTime,
    ) -> Result<Delivery, VerifyError> {
        let body = body.as_ref();
        let signature = Signature::parse(header.as_ref())?;
        // Every secret is tried, so that the time taken does not tell which one it was.
        let genuine = self.macs.iter().fold(false, |genuine, mac| {
            let mac = signed(mac.clone(), signature.time_text, body);
            genuine | mac.verify_slice(&signature.value).is_ok()
        });
        if !genuine {
            return Err(VerifyError::Forged);
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

/// What the header says.
struct Signature<'a> {
    /// As it was signed, digit for digit.
    time_text: &'a [u8],
    time: SystemTime,
    value: [u8; 32],
}

impl<'a> Signature<'a> {
    /// Takes `t=<milliseconds>,signature=<hex>` in any order. Fields of other names are left alone, so that Courier can add
    /// some; there is nothing to gain by them.
    fn parse(header: &'a [u8]) -> Result<Self, VerifyError> {
        if header.is_empty() {
            return Err(VerifyError::Unsigned);
        }
        let (mut time_text, mut value) = (None, None);
        for field in header.split(|byte| *byte == b',') {
            let equals = field.iter().position(|byte| *byte == b'=').ok_or(VerifyError::Malformed)?;
            let (name, rest) = field.split_at(equals);
            let (name, place) = match name {
                b"t" => ("t", &mut time_text),
                b"signature" => ("signature", &mut value),
                _ => continue,
            };
            if place.replace(rest.get(1..).unwrap_or_default()).is_some() {
                return Err(VerifyError::Doubled(name));
            }
        }
        let time_text = time_text.ok_or(VerifyError::Missing("t"))?;
        let value = value.ok_or(VerifyError::Missing("signature"))?;
        let time = moment(time_text).ok_or(VerifyError::InvalidTime)?;
        let value = unhex(value).ok_or(VerifyError::InvalidSignature)?;
        Ok(Self { time_text, time, value })
    }
}

/// Digits alone: `parse` would take a sign.
fn moment(digits: &[u8]) -> Option<SystemTime> {
    if !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let milliseconds = std::str::from_utf8(digits).ok()?.parse().ok()?;
    SystemTime::UNIX_EPOCH.checked_add(Duration::from_millis(milliseconds))
}

/// Lower case alone, as Courier writes it: there is one way to write a signature.
fn unhex(text: &[u8]) -> Option<[u8; 32]> {
    let digit = |byte: u8| match byte {
        b'0'..=b'9' => Some(byte - b'0'),
        b'a'..=b'f' => Some(byte - b'a' + 10),
        _ => None,
    };
    let (pairs, []) = text.as_chunks::<2>() else { return None };
    let bytes: Option<Vec<u8>> = pairs.iter().map(|[high, low]| Some(digit(*high)? << 4 | digit(*low)?)).collect();
    bytes?.try_into().ok()
}

/// Why a request is no delivery of now.
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
    /// There is no signature. Either it is not from Courier, or the webhook has no secret in Courier's settings.
    Unsigned,
    /// The header is not a list of `name=value` with commas between.
    Malformed,
    /// The header has not this field.
    Missing(&'static str),
    /// The header has this field more than once.
    Doubled(&'static str),
    /// The header's `t` is no number of milliseconds in digits.
    InvalidTime,
    /// The header's `signature` is not 64 hexadecimal digits in lower case.
    InvalidSignature,
    /// The signature is not one of this body and time under any of the secrets. Where it happens to all deliveries, the
    /// secret is another webhook's, or the body was parsed and written anew before it came here.
    Forged,
    /// The signature is right, and the time this long ago: somebody repeats an old delivery, or this machine's clock is
    /// wrong.
    Stale(Duration),
    /// The signature is right, and the time this far ahead: one of the clocks is wrong.
    Early(Duration),
}

impl fmt::Display for VerifyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unsigned => write!(f, "the request has no `{SIGNATURE_HEADER}`; has the webhook a secret?"),
            Self::Malformed => write!(f, "`{SIGNATURE_HEADER}` is not a list of `name=value`"),
            Self::Missing(name) => write!(f, "`{SIGNATURE_HEADER}` has no `{name}`"),
            Self::Doubled(name) => write!(f, "`{SIGNATURE_HEADER}` has more than one `{name}`"),
            Self::InvalidTime => write!(f, "`t` in `{SIGNATURE_HEADER}` is no number of milliseconds"),
            Self::InvalidSignature => write!(f, "`signature` in `{SIGNATURE_HEADER}` is not 64 hexadecimal digits"),
            Self::Forged => {
                f.write_str("the signature does not fit; is it the secret of this webhook, and the raw body?")
            }
            Self::Stale(age) => write!(f, "the delivery is {} s old", age.as_secs()),
            Self::Early(ahead) => write!(f, "the delivery is from {} s in the future", ahead.as_secs()),
        }
    }
}

impl Error for VerifyError {}
