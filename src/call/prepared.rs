//! Calls that are prepared now and performed later.

use std::collections::BTreeMap;
use std::fmt;
use std::marker::PhantomData;
use std::ops::Deref;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use http::header::{AUTHORIZATION, HOST};
use http::{HeaderName, HeaderValue, Method};
use serde::{Deserialize, Serialize};

use crate::call::{self, Call};
use crate::client::Client;
use crate::client::options::FRAMING_HEADERS;
use crate::error::text::on_one_line;
use crate::execute::Request;
use crate::operation::Operation;
use crate::retry::idempotency::{IDEMPOTENCY_EXPIRATION, KEY_LIFETIME, MAX_KEY_LIFETIME, parse_expiration, parse_key};
use crate::{Error, ErrorKind, Response, Result};

/// The margin for the attempts of a call and for differences between clocks.
const MARGIN: Duration = Duration::from_secs(5 * 60);

/// The longest name of an operation that is shown. A stored name can be any text.
pub(crate) const MAX_OPERATION: usize = 100;

/// The headers that only the performing client sets, and never a call.
const CLIENT_HEADERS: [HeaderName; 2] = [AUTHORIZATION, HOST];

/// A call that can be stored and performed later, by another process or after a crash. The server does the work once,
/// no matter how often the call is performed.
///
/// A call's `prepare()` method creates it. It can be serialized, and contains everything that the call sends except the
/// API key. So a service can store it in the same transaction as the order that it belongs to, and a worker can perform
/// it with [`Client::perform`](crate::Client::perform); see `examples/outbox.rs`.
///
/// Preparing a `POST` fixes its idempotency key, even if the option
/// [`idempotency_keys`](crate::Options::idempotency_keys) is off. The server remembers the key for 24 hours, or until
/// the call's `idempotency_expiration` if that is an ISO 8601 date or a number of milliseconds. Shortly before that,
/// the call is refused with [`ErrorKind::Expired`], and an active call is no longer retried. A `PUT` or `DELETE` can be
/// performed at any time and any number of times. A `PATCH` has no key, so performing it again may do the work again.
///
/// Of the call's options, only the idempotency key and its expiration are stored. The client that performs the call
/// supplies the others.
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
///
/// It dereferences to a [`PreparedCall`], which has the same text and can be of any operation.
#[derive(Serialize, Deserialize)]
#[serde(try_from = "Parts", into = "Parts", bound = "")]
#[must_use = "nothing is sent before it is performed"]
pub struct Prepared<C: Call> {
    call: PreparedCall,
    kind: PhantomData<fn() -> C>,
}

/// A [`Prepared`] call of any operation, so that calls of several operations can be stored in one table.
///
/// Its serialized form is that of the `Prepared` call, and you can deserialize either from it.
/// [`Client::perform_call`](crate::Client::perform_call) sends it. A call of an operation that this version of the
/// crate does not know can be deserialized and stored again, but not performed.
///
/// ```
/// use trycourier::types::{Message, Recipient};
/// use trycourier::{PreparedCall, calls};
///
/// # #[tokio::main]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let courier = trycourier::testing::Courier::new();
/// # let client = courier.client();
/// let message = Message::new().to(Recipient::email("ada@example.com")).template("nt_order");
/// let calls: [PreparedCall; 2] = [
///     client.profiles().create("user_123", [("city", "London")]).prepare()?.into(),
///     client.send().message(message).prepare()?.into(),
/// ];
/// let rows = calls.iter().map(serde_json::to_string).collect::<Result<Vec<_>, _>>()?;
///
/// // Later, perhaps elsewhere:
/// for row in rows {
///     let call: PreparedCall = serde_json::from_str(&row)?;
///     let performed = client.perform_call(&call).await?;
///     if performed.operation() == "send.message" {
///         println!("{}", performed.decode::<calls::SendMessage>()?.request_id);
///     }
/// }
/// # assert_eq!(courier.sent().len(), 1);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Parts", into = "Parts")]
#[must_use = "nothing is sent before it is performed"]
pub struct PreparedCall {
    parts: Parts,
}

/// The serialized form.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Parts {
    operation: String,
    method: String,
    path: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    query: Option<String>,
    /// The headers of the call itself, except its key.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    headers: BTreeMap<String, String>,
    /// The JSON or the text that is sent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    body: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    idempotency_key: Option<String>,
    /// Milliseconds since the Unix epoch.
    created_at: u64,
}

impl PreparedCall {
    /// Returns the name of the operation, such as `send.message`.
    ///
    /// ```
    /// # fn example(client: &trycourier::Client) -> trycourier::Result<()> {
    /// let prepared = client.lists().delete("customers").prepare()?;
    /// assert_eq!(prepared.operation(), "lists.delete");
    /// # Ok(())
    /// # }
    /// # example(&trycourier::testing::Courier::new().client()).unwrap();
    /// ```
    pub fn operation(&self) -> &str {
        &self.parts.operation
    }

    /// Returns the idempotency key of a `POST`, or `None` for any other method.
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

    /// Returns the time at which the call was prepared.
    ///
    /// ```no_run
    /// # fn example(client: &trycourier::Client) -> Result<(), Box<dyn std::error::Error>> {
    /// let prepared = client.lists().delete("customers").prepare()?;
    /// println!("it has waited for {:?}", prepared.created_at().elapsed()?);
    /// # Ok(())
    /// # }
    /// ```
    pub fn created_at(&self) -> SystemTime {
        from_unix_milliseconds(self.parts.created_at)
    }

    /// Returns the time from which the call is refused with [`ErrorKind::Expired`], or `None` if it has no key.
    ///
    /// ```no_run
    /// # fn example(client: &trycourier::Client) -> Result<(), Box<dyn std::error::Error>> {
    /// use std::time::SystemTime;
    /// use trycourier::types::{Message, Recipient};
    ///
    /// let message = Message::new().to(Recipient::user("user_123")).template("nt_order");
    /// let prepared = client.send().message(message).prepare()?;
    /// if prepared.expires_at().is_some_and(|end| end <= SystemTime::now()) {
    ///     println!("check by hand whether it was sent");
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn expires_at(&self) -> Option<SystemTime> {
        self.idempotency_key()?;
        let requested = self.parts.headers.get(IDEMPOTENCY_EXPIRATION.as_str()).and_then(|text| parse_expiration(text));
        let default = self.created_at().checked_add(KEY_LIFETIME)?;
        let latest = self.created_at().checked_add(MAX_KEY_LIFETIME)?;
        requested.map_or(default, |requested| requested.min(latest)).checked_sub(MARGIN)
    }

    /// Returns the remaining lifetime of the key. After that, the call could be executed a second time.
    fn remaining_time(&self, now: SystemTime) -> Result<Option<Duration>> {
        let Some(expiration) = self.expires_at() else { return Ok(None) };
        let remaining = expiration.duration_since(now).unwrap_or_default();
        if remaining.is_zero() {
            let detail = "the idempotency key has expired; sending this call now could duplicate the request";
            return Err(Error::new(ErrorKind::Expired, detail));
        }
        Ok(Some(remaining))
    }

    /// Returns the request of the call, and the client to send it with, whose total timeout ends before the key expires.
    pub(crate) fn into_request(self, client: Client, operation: &'static Operation) -> (Client, Result<Box<Request>>) {
        match self.remaining_time(client.clock().date()) {
            // A wait for the rate limit, or for a retry, can be long.
            Ok(Some(remaining)) => {
                (client.with_options(|options| options.total_timeout_within(remaining)), self.request(operation))
            }
            Ok(None) => (client, self.request(operation)),
            Err(error) => (client, Err(error)),
        }
    }

    pub(crate) fn request(self, operation: &'static Operation) -> Result<Box<Request>> {
        let Parts { method, path, query, headers, body, idempotency_key, .. } = self.parts;
        let target = match query {
            Some(query) => format!("{path}?{query}"),
            None => path,
        };
        if method != operation.method {
            return Err(corrupt());
        }
        let method = Method::from_bytes(method.as_bytes()).map_err(|_| corrupt())?;
        let mut request = Request::new(operation, method, target);
        for (name, value) in headers {
            let name = HeaderName::from_bytes(name.as_bytes()).map_err(|_| corrupt())?;
            if CLIENT_HEADERS.contains(&name) || FRAMING_HEADERS.contains(&name) {
                return Err(corrupt());
            }
            let mut value = HeaderValue::from_str(&value).map_err(|_| corrupt())?;
            value.set_sensitive(true);
            request.headers.insert(name, value);
        }
        request.key = idempotency_key.as_deref().map(parse_key).transpose()?;
        request.body = body.unwrap_or_default().into();
        Ok(request)
    }
}

/// Prepares a call.
pub(crate) fn prepare<C: Call>(mut call: C) -> Result<Prepared<C>> {
    parts(&mut call)
        .map(|parts| Prepared { call: PreparedCall { parts }, kind: PhantomData })
        .map_err(|error| error.with_operation(C::OPERATION.id))
}

fn parts<C: Call>(call: &mut C) -> Result<Parts> {
    let mut request = call::request(call)?;
    let client = call.client();
    // Without a key, performing the call twice would do the work twice.
    request.set_key(client, true)?;
    let (path, query) = match request.target.split_once('?') {
        Some((path, query)) => (path.to_owned(), Some(query.to_owned())),
        None => (request.target, None),
    };
    let headers = request.headers.iter().map(|(name, value)| Ok((name.to_string(), text(value)?)));
    let body = String::from_utf8(request.body.into()).map_err(|_| Error::invalid_argument("the body is not UTF-8"))?;
    let created_at = client.clock().date().duration_since(UNIX_EPOCH).unwrap_or_default().as_millis();
    Ok(Parts {
        operation: C::OPERATION.id.to_owned(),
        method: request.method.to_string(),
        path,
        query,
        headers: headers.collect::<Result<_>>()?,
        body: Some(body).filter(|body| !body.is_empty()),
        idempotency_key: request.key.as_ref().map(text).transpose()?,
        created_at: u64::try_from(created_at).unwrap_or(u64::MAX),
    })
}

fn text(value: &HeaderValue) -> Result<String> {
    let refusal = |_| Error::invalid_argument("a header contains a character that cannot be stored");
    value.to_str().map(str::to_owned).map_err(refusal)
}

const CORRUPT: &str = "the stored call is corrupt or was modified";

fn corrupt() -> Error {
    Error::invalid_argument(CORRUPT)
}

fn from_unix_milliseconds(milliseconds: u64) -> SystemTime {
    UNIX_EPOCH.checked_add(Duration::from_millis(milliseconds)).unwrap_or(UNIX_EPOCH)
}

impl Client {
    /// Sends a prepared call. Any client can have prepared it; see [`Prepared`].
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
    /// The errors of the call, and [`ErrorKind::Expired`] if its key has expired. If the call was performed before, the
    /// response can be empty, which is [`ErrorKind::EmptyBody`]. If [`was_accepted`](crate::Error::was_accepted) is
    /// `true` for an error, the work is done.
    pub fn perform<C: Call>(
        &self,
        prepared: &Prepared<C>,
    ) -> impl Future<Output = Result<Response<C::Response>>> + Send + 'static {
        let (client, prepared) = (self.clone(), prepared.clone());
        async move {
            // The key can have expired since the future was created.
            let (client, request) = prepared.call.into_request(client, C::OPERATION);
            client.call(C::OPERATION, request).await
        }
    }
}

impl<C: Call> Deref for Prepared<C> {
    type Target = PreparedCall;

    fn deref(&self) -> &PreparedCall {
        &self.call
    }
}

impl<C: Call> Clone for Prepared<C> {
    fn clone(&self) -> Self {
        Self { call: self.call.clone(), kind: PhantomData }
    }
}

impl<C: Call> PartialEq for Prepared<C> {
    fn eq(&self, other: &Self) -> bool {
        self.call == other.call
    }
}

impl<C: Call> Eq for Prepared<C> {}

/// Omits the path and the body, which can be confidential.
impl<C: Call> fmt::Debug for Prepared<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Prepared({})", C::OPERATION.id)
    }
}

/// Omits the path and the body, which can be confidential.
impl fmt::Debug for PreparedCall {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PreparedCall({})", on_one_line(self.operation(), MAX_OPERATION))
    }
}

impl<C: Call> From<Prepared<C>> for PreparedCall {
    fn from(prepared: Prepared<C>) -> Self {
        prepared.call
    }
}

impl<C: Call> From<Prepared<C>> for Parts {
    fn from(prepared: Prepared<C>) -> Self {
        prepared.call.parts
    }
}

impl From<PreparedCall> for Parts {
    fn from(call: PreparedCall) -> Self {
        call.parts
    }
}

impl TryFrom<Parts> for PreparedCall {
    type Error = String;

    fn try_from(parts: Parts) -> std::result::Result<Self, String> {
        if !parts.path.starts_with('/') || parts.method == "POST" && parts.idempotency_key.is_none() {
            return Err(CORRUPT.to_owned());
        }
        Ok(Self { parts })
    }
}

impl<C: Call> TryFrom<Parts> for Prepared<C> {
    type Error = String;

    fn try_from(parts: Parts) -> std::result::Result<Self, String> {
        let expected = C::OPERATION;
        if parts.operation != expected.id || parts.method != expected.method {
            let (operation, method) = (parts.operation, parts.method);
            return Err(format!("this is a prepared {method} {operation:?}, not {} {}", expected.method, expected.id));
        }
        PreparedCall::try_from(parts).map(|call| Self { call, kind: PhantomData })
    }
}
