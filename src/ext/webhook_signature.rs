//! The signature of a webhook. Only this module defines the signed text and the algorithm.

use std::error::Error;
use std::fmt;
use std::time::SystemTime;

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

/// The header with the signature. Courier sends it only for a webhook that has a secret.
pub const SIGNATURE_HEADER: &str = "courier-signature";

/// Signs a body as Courier does, for tests of a receiver, and returns the value of the header [`SIGNATURE_HEADER`].
///
/// ```
/// use std::time::SystemTime;
/// use trycourier::ext::webhook::{Verifier, sign};
///
/// let body = r#"{"type": "message:updated", "data": {"id": "1-5e2b2615-05efbb3acab9172f88dd3f6f"}}"#;
/// let header = sign("secret", SystemTime::now(), body)?;
/// assert!(Verifier::new("secret")?.verify(header, body).is_ok());
/// # Ok::<(), trycourier::ext::webhook::EmptySecret>(())
/// ```
///
/// # Errors
///
/// [`EmptySecret`] if the secret is empty or blank.
pub fn sign(secret: impl AsRef<[u8]>, time: SystemTime, body: impl AsRef<[u8]>) -> Result<String, EmptySecret> {
    let time = time.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().as_millis().to_string();
    let mac = keyed(secret.as_ref())?.pop().ok_or(EmptySecret)?;
    let mac = signed(mac, time.as_bytes(), body.as_ref());
    Ok(format!("t={time},signature={}", hex(&mac.finalize().into_bytes())))
}

/// Returns the MAC of a secret. If the secret is in quotes, as in some `.env` files, also returns the MAC of the secret
/// without them.
pub(crate) fn keyed(secret: &[u8]) -> Result<Vec<Hmac<Sha256>>, EmptySecret> {
    let mut readings = vec![trimmed(secret)];
    if let [open @ (b'"' | b'\''), inner @ .., close] = trimmed(secret)
        && open == close
    {
        readings.push(trimmed(inner));
    }
    let keyed = |reading: &[u8]| match reading {
        [] => Err(EmptySecret),
        // HMAC takes a key of any length; the error exists for other algorithms.
        _ => Hmac::new_from_slice(reading).map_err(|_| EmptySecret),
    };
    readings.into_iter().map(keyed).collect()
}

/// Removes what a file or an environment variable often adds to a secret: line breaks, and a byte order mark. HMAC itself
/// ignores a NUL at the end.
fn trimmed(secret: &[u8]) -> &[u8] {
    let is_added = |c: char| c.is_whitespace() || matches!(c, '\u{feff}' | '\0');
    std::str::from_utf8(secret).map_or(secret.trim_ascii(), |text| text.trim_matches(is_added).as_bytes())
}

pub(crate) fn signed(mut mac: Hmac<Sha256>, time: &[u8], body: &[u8]) -> Hmac<Sha256> {
    mac.update(time);
    mac.update(b".");
    mac.update(body);
    mac
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The error of an empty or blank webhook secret, with which anyone could sign.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EmptySecret;

impl fmt::Display for EmptySecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the webhook's secret is empty; it is shown in the webhook's settings in Courier")
    }
}

impl Error for EmptySecret {}
