//! The error of a call.

pub(crate) mod causes;
pub(crate) mod kind;
pub(crate) mod text;

use std::borrow::Cow;
use std::error::Error as StdError;
use std::fmt;
use std::time::Duration;

use http::{HeaderMap, HeaderValue, StatusCode};
use serde_json::Value;

use crate::Mismatch;
use crate::error::causes::causes;
use crate::error::text::{MAX_MESSAGE, on_one_line};
pub use kind::ErrorKind;

/// A result whose error type is [`Error`](crate::Error) by default.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// The error of a call, or of building a client. All operations share this type.
///
/// Branch on [`kind`](Self::kind). `Display` and `Debug` are one line of limited length with the operation, the status,
/// Courier's `type`, up to 500 characters of Courier's `message`, and a hint from the SDK. They contain nothing else
/// from a response.
///
/// # Secrets
///
/// Every confidential value that the client knows is removed from what the server sent: the API key, the credentials of
/// proxies, the path of the base URL, the values of custom headers and query parameters, device tokens, and the fields
/// of the request whose names indicate secrets. The values are found verbatim, percent-encoded, or escaped for JSON. A
/// value of fewer than eight characters is removed only if it is a whole word.
///
/// Only [`body_snippet`](Self::body_snippet), [`api_error`](Self::api_error), [`message`](Self::message) and
/// [`headers`](Self::headers) return the server's text at length. It may repeat parts of the request, such as names and
/// addresses, or a secret in another encoding. Inspect it before you log it.
///
/// ```no_run
/// # use http::Method;
/// # use trycourier::{Client, ErrorKind};
/// # async fn example(client: &Client) -> Result<(), trycourier::Error> {
/// match client.request(Method::GET, "/lists/customers").send::<serde_json::Value>().await {
///     Ok(list) => println!("{}", list["name"]),
///     Err(error) if error.kind() == ErrorKind::NotFound => println!("no such list yet"),
///     Err(error) => return Err(error),
/// }
/// # Ok(())
/// # }
/// ```
///
/// # Making a call again
///
/// If a request [was sent](Self::was_sent), the server may have acted on it. In that case, make the call again only
/// under the same [idempotency key](Self::idempotency_key). Under a new key, the server would act a second time.
///
/// ```no_run
/// # use http::Method;
/// # use serde_json::json;
/// # async fn example(client: &trycourier::Client) -> Result<(), trycourier::Error> {
/// let send = || {
///     let message = json!({"message": {"to": {"user_id": "user_123"}, "template": "welcome"}});
///     client.request(Method::POST, "/send").json(&message)
/// };
/// let sent = match send().send::<serde_json::Value>().await {
///     Err(error) if error.is_transient() => {
///         // Later, perhaps in another process: keep the key with the job.
///         let key = error.idempotency_key().unwrap_or_default().to_owned();
///         send().options(|options| options.idempotency_key(&key)).send().await?
///     }
///     sent => sent?,
/// };
/// println!("{}", sent["requestId"]);
/// # Ok(())
/// # }
/// ```
pub struct Error(Box<Inner>);

struct Inner {
    kind: ErrorKind,
    operation: Option<&'static str>,
    status: Option<StatusCode>,
    headers: HeaderMap,
    api: Option<Value>,
    detail: Cow<'static, str>,
    snippet: Option<String>,
    attempts: u32,
    delivery: Delivery,
    response_was_lost: bool,
    retry_hint: RetryHint,
    retry_after: Option<Duration>,
    should_retry: Option<bool>,
    budget_was_spent: bool,
    /// `true` if an earlier attempt got the same 5xx.
    is_repeated_failure: bool,
    key: Option<HeaderValue>,
    mismatches: Vec<Mismatch>,
    source: Option<Box<dyn StdError + Send + Sync>>,
}

/// The farthest point that the request of a failed call reached, over all attempts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Delivery {
    /// The request certainly did not reach the server.
    NotSent,
    /// The request may have reached the server.
    Sent,
    /// The server responded with a success.
    Accepted,
}

/// The information about a further attempt that the kind and the status of the failure do not contain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum RetryHint {
    None,
    /// A further attempt would fail in the same way.
    Permanent,
    /// The response broke off.
    CutOff,
}

impl Error {
    // Out of the way of calls that succeed.
    #[cold]
    pub(crate) fn new(kind: ErrorKind, detail: impl Into<Cow<'static, str>>) -> Self {
        Self(Box::new(Inner {
            kind,
            operation: None,
            status: None,
            headers: HeaderMap::new(),
            api: None,
            detail: detail.into(),
            snippet: None,
            attempts: 0,
            delivery: Delivery::NotSent,
            response_was_lost: false,
            retry_hint: RetryHint::None,
            retry_after: None,
            should_retry: None,
            budget_was_spent: false,
            is_repeated_failure: false,
            key: None,
            mismatches: Vec::new(),
            source: None,
        }))
    }

    /// Creates the error of an argument that is not sent.
    pub(crate) fn invalid_argument(reason: impl Into<Cow<'static, str>>) -> Self {
        Self::new(ErrorKind::InvalidArgument, reason)
    }

    /// Adds the response. A success means that the server has acted on the request.
    pub(crate) fn with_response(mut self, status: StatusCode, headers: HeaderMap) -> Self {
        self.0.delivery = if status.is_success() { Delivery::Accepted } else { Delivery::Sent };
        self.0.status = Some(status);
        self.0.headers = headers;
        self
    }

    /// Adds the server's decision about a retry.
    pub(crate) fn with_server_decision(mut self, retry_after: Option<Duration>, should_retry: Option<bool>) -> Self {
        self.0.retry_after = retry_after;
        self.0.should_retry = should_retry;
        self
    }

    pub(crate) fn with_api_error(mut self, api: Option<Value>) -> Self {
        self.0.api = api;
        self
    }

    pub(crate) fn with_operation(mut self, operation: &'static str) -> Self {
        self.0.operation.get_or_insert(operation);
        self
    }

    pub(crate) fn with_attempts(mut self, attempts: u32) -> Self {
        self.0.attempts = attempts;
        self
    }

    /// Adds the possible effects of an earlier attempt.
    pub(crate) fn after(mut self, earlier: Option<&Self>) -> Self {
        if let Some(earlier) = earlier {
            self.0.delivery = self.0.delivery.max(earlier.0.delivery);
            let response = |error: &Self| (error.status(), error.0.api.clone(), error.0.snippet.clone());
            self.0.is_repeated_failure = self.kind() == ErrorKind::Server && response(&self) == response(earlier);
            // A response that begins as a success is also lost if the rest of it is lost.
            let has_no_response = earlier.status().is_none_or(|status| status.is_success());
            self.0.response_was_lost |= earlier.0.response_was_lost || (earlier.was_sent() && has_no_response);
        }
        self
    }

    pub(crate) fn with_delivery(mut self, delivery: Delivery) -> Self {
        self.0.delivery = delivery;
        self
    }

    pub(crate) fn with_idempotency_key(mut self, key: Option<&HeaderValue>) -> Self {
        self.0.key = key.cloned();
        self
    }

    pub(crate) fn with_retry_hint(mut self, hint: RetryHint) -> Self {
        self.0.retry_hint = hint;
        self
    }

    pub(crate) fn with_spent_budget(mut self) -> Self {
        self.0.budget_was_spent = true;
        self
    }

    pub(crate) fn with_mismatches(mut self, mismatches: Vec<Mismatch>) -> Self {
        self.0.mismatches = mismatches;
        self
    }

    pub(crate) fn caused_by(mut self, source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        self.0.source = Some(source.into());
        self
    }

    pub(crate) fn with_snippet(mut self, snippet: Option<String>) -> Self {
        self.0.snippet = snippet;
        self
    }

    pub(crate) fn retry_hint(&self) -> RetryHint {
        self.0.retry_hint
    }

    /// The value of the header `x-should-retry`.
    pub(crate) fn should_retry(&self) -> Option<bool> {
        self.0.should_retry
    }

    /// Returns the kind of the failure, to branch on.
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// Returns the dotted name of the operation, such as `bulk.list_users`, or `request` for a call by
    /// [`Client::request`](crate::Client::request). Returns `None` if a client could not be built.
    pub fn operation(&self) -> Option<&'static str> {
        self.0.operation
    }

    /// Returns the HTTP status, or `None` if no response was received.
    pub fn status(&self) -> Option<StatusCode> {
        self.0.status
    }

    /// Returns the headers of the response, without the [secrets](Self#secrets) of the call. The map is empty if no
    /// response was received.
    pub fn headers(&self) -> &HeaderMap {
        &self.0.headers
    }

    /// Returns the delay that the server requested, from the headers `retry-after-ms` or `retry-after`, or for a 429 from
    /// `RateLimit-Reset`.
    ///
    /// The client itself waits for up to 60 s before each retry; a longer delay is left to the caller. Returns `None`
    /// if no such header is present, or if the delay is not positive.
    ///
    /// ```no_run
    /// # use std::time::Duration;
    /// # use trycourier::{Client, ErrorKind};
    /// # async fn example(client: &Client) -> Result<(), trycourier::Error> {
    /// match client.lists().list().await {
    ///     Ok(lists) => println!("{} lists", lists.items.len()),
    ///     Err(error) if error.kind() == ErrorKind::RateLimited => {
    ///         let pause = error.retry_after().unwrap_or(Duration::from_secs(60));
    ///         println!("try again in {pause:?}");
    ///     }
    ///     Err(error) => return Err(error),
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn retry_after(&self) -> Option<Duration> {
        self.0.retry_after
    }

    /// Returns the `message` of Courier's error, without the [secrets](Self#secrets) of the call. It can be long and
    /// span several lines.
    pub fn message(&self) -> Option<&str> {
        self.0.api.as_ref()?.get("message")?.as_str()
    }

    /// Returns the `type` of Courier's error, such as `invalid_request_error` or `authorization_error`.
    pub fn error_type(&self) -> Option<&str> {
        self.0.api.as_ref()?.get("type")?.as_str()
    }

    /// Returns Courier's entire error, a JSON object, without the [secrets](Self#secrets) of the call. Returns `None`
    /// if the body was not an object.
    ///
    /// This is the server's text and may repeat parts of the request, so inspect it before you log it.
    pub fn api_error(&self) -> Option<&Value> {
        self.0.api.as_ref()
    }

    /// Returns the first 500 characters of an unexpected body, such as a gateway's error page.
    ///
    /// This is the server's text, without the [secrets](Self#secrets) of the call. It may repeat any other part of the
    /// request, so inspect it before you log it. Returns `None` for an operation whose response contains secrets.
    pub fn body_snippet(&self) -> Option<&str> {
        self.0.snippet.as_deref()
    }

    /// Returns the number of times that the request was sent, or 0 if it was not sent.
    pub fn attempts(&self) -> u32 {
        self.0.attempts
    }

    /// Returns the idempotency key under which the request was sent, or `None` if it had no key.
    ///
    /// If you make the call again under the same key, the server acts only once; see
    /// [above](Self#making-a-call-again).
    pub fn idempotency_key(&self) -> Option<&str> {
        self.0.key.as_ref()?.to_str().ok()
    }

    /// Returns `true` if any of the attempts may have reached the server. Otherwise, the server has not acted.
    ///
    /// An attempt that timed out while it waited for a free stream of an HTTP/2 connection was not sent if the request has a
    /// body. Without a body, it counts as sent, because the HTTP library does not say whether a stream was free.
    pub fn was_sent(&self) -> bool {
        self.0.delivery >= Delivery::Sent
    }

    /// Returns `true` if the server has acted and only its response is unusable, that is, if the response to one of the
    /// attempts was a success. Making the call again under another idempotency key would do the work twice.
    pub fn was_accepted(&self) -> bool {
        self.0.delivery == Delivery::Accepted
    }

    /// Returns `true` if an earlier attempt may have reached the server and its response was lost. If a `DELETE` then
    /// fails with [`NotFound`](ErrorKind::NotFound), the earlier attempt has most likely done the work.
    pub fn response_was_lost(&self) -> bool {
        self.0.response_was_lost
    }

    /// Returns `true` if another retry was skipped only because the [budget](crate::ClientBuilder::retry_budget) was
    /// exhausted.
    pub fn budget_was_spent(&self) -> bool {
        self.0.budget_was_spent
    }

    /// Returns the mismatches between the response and the API's description. It is empty unless the kind is
    /// [`ErrorKind::Mismatch`].
    pub fn mismatches(&self) -> &[Mismatch] {
        &self.0.mismatches
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Inner { operation, status, detail, attempts, .. } = &*self.0;
        if let Some(operation) = operation {
            write!(f, "{operation}: ")?;
        }
        if let Some(status) = status {
            write!(f, "{status}: ")?;
        }
        if let Some(message) = self.message() {
            write!(f, "{}", on_one_line(message, MAX_MESSAGE))?;
            if let Some(name) = self.error_type() {
                write!(f, " ({})", on_one_line(name, 100))?;
            }
            f.write_str("; ")?;
        }
        f.write_str(detail)?;
        if *attempts > 1 {
            write!(f, " (after {attempts} attempts)")?;
        }
        if self.budget_was_spent() {
            f.write_str("; not retried again, because the retry budget is spent")?;
        }
        if self.0.is_repeated_failure && self.0.key.is_some() {
            f.write_str(
                "; Courier may have stored this response under the idempotency key, and repeat it for a day: if it \
                 stays, check whether the call was executed, and make it again under another key",
            )?;
        }
        if self.response_was_lost() && matches!(self.kind(), ErrorKind::NotFound | ErrorKind::Conflict) {
            f.write_str("; the response to an earlier attempt was lost, and that attempt may have succeeded")?;
        }
        Ok(())
    }
}

/// Formats the text and the causes, because `main` prints an error by `Debug`.
impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")?;
        causes(self).skip(1).try_for_each(|cause| write!(f, ": {}", on_one_line(&cause.to_string(), MAX_MESSAGE)))
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.0.source.as_deref().map(|source| source as _)
    }
}
