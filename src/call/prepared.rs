//! Calls that are made now and performed later.

use std::collections::BTreeMap;
use std::fmt;
use std::marker::PhantomData;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use bytes::Bytes;
use http::header::{AUTHORIZATION, HOST};
use http::{HeaderMap, HeaderName, HeaderValue, Method};
use serde::{Deserialize, Serialize};

use crate::call::{self, Call};
use crate::client::options::FRAMING;
use crate::operation::Outgoing;
use crate::retry::idempotency::IDEMPOTENCY_EXPIRATION;
use crate::types::Timestamp;
use crate::{Client, Error, ErrorKind, Response, Result};

/// How long the server remembers a key, unless it is told otherwise.
const KEY_LIFE: Duration = Duration::from_secs(24 * 60 * 60);

/// How long it remembers one at most.
const MAX_LIFE: Duration = Duration::from_secs(365 * 24 * 60 * 60);

/// Room for the attempts of a call and for clocks that differ.
const MARGIN: Duration = Duration::from_secs(5 * 60);

/// What no call sets by itself: it is the client's that performs it.
const OF_THE_CLIENT: [HeaderName; 2] = [AUTHORIZATION, HOST];

/// A call that can be stored and performed later, by another process or after a crash. However often it is performed, the server
/// does the work once.
///
/// `prepare()` of a call makes one. It can be serialized, and has everything that the call sends except the API key. So a service
/// can store it in the same transaction as the order that it belongs to, and a worker performs it with
/// [`Client::perform`](crate::Client::perform): see `examples/outbox.rs`.
///
/// Preparing a `POST` fixes its idempotency key. The server remembers the key for 24 hours, or until the call's
/// `idempotency_expiration`; shortly before that, the call is refused with [`ErrorKind::Expired`], and one that is under way is
/// not retried any more. A `PUT` or `DELETE` can be performed at any time and any number of times. A `PATCH` has no key, so
/// performing it again may do the work again.
///
/// Of the call's options, only the idempotency key and its expiration are stored. The others are those of the client that
/// performs the call.
///
/// ```no_run
/// use trycourier::types::{Message, Recipient};
/// use trycourier::{Prepared, calls};
///
/// # async fn example(client: &trycourier::Client) -> Result<(), Box<dyn std::error::Error>> {
/// let message = Message::new().to(Recipient::user("user_123")).template("nt_order");
/// let prepared = client.send().message(message).prepare()?;
/// let row = serde_json::to_string(&prepared)?;
///
/// // Later, perhaps elsewhere:
/// let prepared: Prepared<calls::SendMessage> = serde_json::from_str(&row)?;
/// let sent = client.perform(&prepared).await?;
/// println!("{}", sent.request_id);
/// # Ok(())
/// # }
/// ```
#[derive(Serialize, Deserialize)]
#[serde(try_from = "Parts", into = "Parts", bound = "")]
#[must_use = "nothing is sent before it is performed"]
pub struct Prepared<C: Call> {
    parts: Parts,
    call: PhantomData<fn() -> C>,
}

/// What is written down.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Parts {
    operation: String,
    method: String,
    path: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    query: Option<String>,
    /// What the call itself sets, but for its key.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    headers: BTreeMap<String, String>,
    /// JSON, as it is sent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    body: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    idempotency_key: Option<String>,
    /// Milliseconds since the Unix epoch.
    created_at: u64,
}

impl<C: Call> Prepared<C> {
    /// The name of the operation, such as `send.message`.
    ///
    /// ```
    /// # fn example(client: &trycourier::Client) -> trycourier::Result<()> {
    /// let prepared = client.lists().delete("customers").prepare()?;
    /// assert_eq!(prepared.operation(), "lists.delete");
    /// # Ok(())
    /// # }
    /// # example(&trycourier::testing::Courier::new().client()).unwrap();
    /// ```
    pub fn operation(&self) -> &'static str {
        C::OPERATION.id
    }

    /// The idempotency key of a `POST`; `None` for every other method.
    ///
    /// ```
    /// # fn example(client: &trycourier::Client) -> trycourier::Result<()> {
    /// use trycourier::types::{Message, Recipient};
    ///
    /// let message = Message::new().to(Recipient::user("user_123")).template("nt_order");
    /// let prepared = client.send().message(message).idempotency_key("order-A-1007").prepare()?;
    /// assert_eq!(prepared.idempotency_key(), Some("order-A-1007"));
    /// assert_eq!(client.lists().delete("customers").prepare()?.idempotency_key(), None);
    /// # Ok(())
    /// # }
    /// # example(&trycourier::testing::Courier::new().client()).unwrap();
    /// ```
    pub fn idempotency_key(&self) -> Option<&str> {
        self.parts.idempotency_key.as_deref()
    }

    /// When it was prepared.
    ///
    /// ```no_run
    /// # fn example(client: &trycourier::Client) -> Result<(), Box<dyn std::error::Error>> {
    /// let prepared = client.lists().delete("customers").prepare()?;
    /// println!("it has waited for {:?}", prepared.created_at().elapsed()?);
    /// # Ok(())
    /// # }
    /// ```
    pub fn created_at(&self) -> SystemTime {
        moment(self.parts.created_at)
    }

    /// From when on it is refused with [`ErrorKind::Expired`]; `None` if it has no key.
    ///
    /// ```no_run
    /// # fn example(client: &trycourier::Client) -> Result<(), Box<dyn std::error::Error>> {
    /// use std::time::SystemTime;
    /// use trycourier::types::{Message, Recipient};
    ///
    /// let message = Message::new().to(Recipient::user("user_123")).template("nt_order");
    /// let prepared = client.send().message(message).prepare()?;
    /// if prepared.expires_at().is_some_and(|end| end <= SystemTime::now()) {
    ///     println!("for a person to look at: nobody knows whether it was sent");
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn expires_at(&self) -> Option<SystemTime> {
        self.idempotency_key()?;
        let said = self.parts.headers.get(IDEMPOTENCY_EXPIRATION.as_str()).and_then(|text| expiration(text));
        let (usual, longest) = (self.created_at().checked_add(KEY_LIFE)?, self.created_at().checked_add(MAX_LIFE)?);
        let end = said.map_or(usual, |said| said.min(longest));
        end.checked_sub(MARGIN)
    }

    /// How long its key still lives. Past that, it could be done a second time.
    fn time_left(&self, now: SystemTime) -> Result<Option<Duration>> {
        let Some(end) = self.expires_at() else { return Ok(None) };
        let left = end.duration_since(now).unwrap_or_default();
        if left.is_zero() {
            let detail = "the idempotency key has expired; sending this call now could duplicate the request";
            return Err(Error::new(ErrorKind::Expired, detail));
        }
        Ok(Some(left))
    }

    fn outgoing(self, client: &Client) -> Result<Outgoing> {
        let Parts { method, path, query, headers, body, idempotency_key, .. } = self.parts;
        let target = match query {
            Some(query) => format!("{path}?{query}"),
            None => path,
        };
        if client.shared().base_url.join(&target).is_none() {
            return Err(damaged());
        }
        let mut to = HeaderMap::new();
        for (name, value) in headers {
            let name = HeaderName::from_bytes(name.as_bytes()).map_err(|_| damaged())?;
            if OF_THE_CLIENT.contains(&name) || FRAMING.contains(&name) {
                return Err(damaged());
            }
            to.insert(name, secret(&value)?);
        }
        let key = idempotency_key.as_deref().map(secret).transpose()?;
        let method = Method::from_bytes(method.as_bytes()).map_err(|_| damaged())?;
        Ok(Outgoing { method, target, headers: to, key, body: body.map(Bytes::from) })
    }
}

/// Makes what is sent of a call.
pub(crate) fn prepare<C: Call>(mut call: C) -> Result<Prepared<C>> {
    parts(&mut call)
        .map(|parts| Prepared { parts, call: PhantomData })
        .map_err(|error| error.of_operation(C::OPERATION.id))
}

fn parts<C: Call>(call: &mut C) -> Result<Parts> {
    let Outgoing { method, target, mut headers, key, body } = call::outgoing(call)?;
    let (client, options) = (call.client(), call.client().options());
    options.check()?;
    if let Some(expiration) = &options.idempotency_expiration {
        headers.entry(IDEMPOTENCY_EXPIRATION).or_insert_with(|| expiration.clone());
    }
    let key = key.or_else(|| options.idempotency_key.clone());
    let idempotency_key = match key {
        Some(key) if key.as_bytes().trim_ascii().is_empty() => {
            return Err(Error::invalid_argument("the idempotency key is blank"));
        }
        Some(key) => Some(text(&key)?),
        None => (method == Method::POST).then(|| client.new_idempotency_key()),
    };
    let (path, query) = match target.split_once('?') {
        Some((path, query)) => (path.to_owned(), Some(query.to_owned())),
        None => (target, None),
    };
    let headers = headers.iter().map(|(name, value)| Ok((name.to_string(), text(value)?)));
    let body = body.map(|body| String::from_utf8(body.into())).transpose();
    let made = client.clock().date().duration_since(UNIX_EPOCH).unwrap_or_default().as_millis();
    Ok(Parts {
        operation: C::OPERATION.id.to_owned(),
        method: method.to_string(),
        path,
        query,
        headers: headers.collect::<Result<_>>()?,
        body: body.map_err(|_| Error::invalid_argument("the body is not UTF-8"))?,
        idempotency_key,
        created_at: u64::try_from(made).unwrap_or(u64::MAX),
    })
}

fn text(value: &HeaderValue) -> Result<String> {
    let refused = |_| Error::invalid_argument("a header has a character that cannot be serialized");
    value.to_str().map(str::to_owned).map_err(refused)
}

fn secret(value: &str) -> Result<HeaderValue> {
    let mut value = HeaderValue::from_str(value).map_err(|_| damaged())?;
    value.set_sensitive(true);
    Ok(value)
}

fn damaged() -> Error {
    Error::invalid_argument("the stored call is corrupt or was modified")
}

fn moment(milliseconds: u64) -> SystemTime {
    UNIX_EPOCH.checked_add(Duration::from_millis(milliseconds)).unwrap_or(UNIX_EPOCH)
}

/// Seconds or milliseconds since the Unix epoch, or ISO 8601.
fn expiration(text: &str) -> Option<SystemTime> {
    match text.trim().parse::<u64>() {
        // As seconds it would be after the year 5138, as milliseconds it is after 1973.
        Ok(milliseconds @ 100_000_000_000..) => Some(moment(milliseconds)),
        Ok(seconds) => UNIX_EPOCH.checked_add(Duration::from_secs(seconds)),
        Err(_) => SystemTime::try_from(Timestamp::from(text)).ok(),
    }
}

impl Client {
    /// Performs a prepared call, which any client can have prepared; see [`Prepared`].
    ///
    /// ```
    /// use trycourier::types::{Message, Recipient};
    ///
    /// # #[tokio::main]
    /// # async fn main() -> trycourier::Result<()> {
    /// # let courier = trycourier::testing::Courier::new();
    /// # let client = courier.client();
    /// let message = Message::new().to(Recipient::user("user_123")).template("nt_order");
    /// let prepared = client.send().message(message).prepare()?;
    /// for _ in 0..3 {
    ///     client.perform(&prepared).await?;
    /// }
    /// assert_eq!(courier.sent().len(), 1);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// Those of the call, and [`ErrorKind::Expired`] if its key has expired. If the call was performed before, the server may
    /// answer without a body, which is [`ErrorKind::EmptyBody`]. An error that
    /// [`was_accepted`](crate::Error::was_accepted) means that the work is done.
    pub fn perform<C: Call>(
        &self,
        prepared: &Prepared<C>,
    ) -> impl Future<Output = Result<Response<C::Response>>> + Send + 'static {
        let (client, prepared) = (self.clone(), prepared.clone());
        async move {
            // Now, and not when the future was made: in between its key can have been forgotten.
            let left = prepared.time_left(client.clock().date());
            let client = match left {
                // A turn in the client's pace, or a retry, can be a long way off.
                Ok(Some(left)) => client.with_options(|options| options.total_timeout_within(left)),
                _ => client,
            };
            let outgoing = left.and_then(|_| prepared.outgoing(&client));
            client.call(C::OPERATION, outgoing).await
        }
    }
}

impl<C: Call> Clone for Prepared<C> {
    fn clone(&self) -> Self {
        Self { parts: self.parts.clone(), call: PhantomData }
    }
}

impl<C: Call> PartialEq for Prepared<C> {
    fn eq(&self, other: &Self) -> bool {
        self.parts == other.parts
    }
}

impl<C: Call> Eq for Prepared<C> {}

/// Without the path, which can be anybody's, and without the body.
impl<C: Call> fmt::Debug for Prepared<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Prepared({})", C::OPERATION.id)
    }
}

impl<C: Call> From<Prepared<C>> for Parts {
    fn from(prepared: Prepared<C>) -> Self {
        prepared.parts
    }
}

impl<C: Call> TryFrom<Parts> for Prepared<C> {
    type Error = String;

    fn try_from(parts: Parts) -> std::result::Result<Self, String> {
        let expected = C::OPERATION;
        if parts.operation != expected.id {
            return Err(format!("this is a prepared call of {:?}, not of {}", parts.operation, expected.id));
        }
        if parts.method != expected.method
            || !parts.path.starts_with('/')
            || parts.method == "POST" && parts.idempotency_key.is_none()
        {
            return Err("the stored call is corrupt or was modified".to_owned());
        }
        Ok(Self { parts, call: PhantomData })
    }
}
