//! What went wrong with a call.

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
use crate::error::text::{MAX_MESSAGE, on_one_line};
pub use kind::ErrorKind;

/// A result whose error is [`Error`](crate::Error) unless another one is named.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Why a call, or building a client, failed. There is one type for every operation.
///
/// Branch on [`kind`](Self::kind). `Display` and `Debug` are one line of limited length with the operation, the status, Courier's
/// `type`, up to 500 characters of Courier's `message`, and a hint in the SDK's own words. Nothing else of a response is in them.
///
/// # Secrets
///
/// Every confidential value that the client knows is removed from what the server sent: the API key, the credentials of proxies,
/// the path of the base URL, the values of your own headers and query parameters, device tokens, and the fields of the request
/// whose names are those of secrets. They are found as they are, percent-encoded, or escaped for JSON. A value of fewer than
/// eight characters is removed where it is a whole word.
///
/// Only [`body_snippet`](Self::body_snippet), [`api_error`](Self::api_error), [`message`](Self::message) and
/// [`headers`](Self::headers) return the server's text at length. It may repeat what was sent: names and addresses, or a secret in
/// another encoding. Inspect it before you log it.
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
/// If a request [was sent](Self::was_sent), the server may have acted on it. Then make the call again only under the same
/// [idempotency key](Self::idempotency_key). Under a new key the server would act a second time.
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
    retry_after: Option<Duration>,
    api: Option<Value>,
    detail: Cow<'static, str>,
    snippet: Option<String>,
    attempts: u32,
    was_sent: bool,
    was_accepted: bool,
    response_was_lost: bool,
    is_permanent: bool,
    is_final_conflict: bool,
    is_cut_off: bool,
    budget_was_spent: bool,
    key: Option<HeaderValue>,
    mismatches: Vec<Mismatch>,
    source: Option<Box<dyn StdError + Send + Sync>>,
}

impl Error {
    pub(crate) fn new(kind: ErrorKind, detail: impl Into<Cow<'static, str>>) -> Self {
        Self(Box::new(Inner {
            kind,
            operation: None,
            status: None,
            headers: HeaderMap::new(),
            retry_after: None,
            api: None,
            detail: detail.into(),
            snippet: None,
            attempts: 0,
            was_sent: false,
            was_accepted: false,
            response_was_lost: false,
            is_permanent: false,
            is_final_conflict: false,
            is_cut_off: false,
            budget_was_spent: false,
            key: None,
            mismatches: Vec::new(),
            source: None,
        }))
    }

    /// An argument of the call that was refused.
    pub(crate) fn invalid_argument(reason: impl Into<Cow<'static, str>>) -> Self {
        Self::new(ErrorKind::InvalidArgument, reason)
    }

    pub(crate) fn answered(mut self, status: StatusCode, headers: HeaderMap) -> Self {
        self.0.status = Some(status);
        self.0.headers = headers;
        self
    }

    pub(crate) fn with_retry_after(mut self, delay: Option<Duration>) -> Self {
        self.0.retry_after = delay;
        self
    }

    pub(crate) fn with_api(mut self, api: Option<Value>) -> Self {
        self.0.api = api;
        self
    }

    pub(crate) fn permanent(mut self, is_permanent: bool) -> Self {
        self.0.is_permanent = is_permanent;
        self
    }

    pub(crate) fn of_operation(mut self, operation: &'static str) -> Self {
        self.0.operation.get_or_insert(operation);
        self
    }

    pub(crate) fn after(mut self, attempts: u32) -> Self {
        self.0.attempts = attempts;
        self
    }

    /// What an earlier attempt may have done stays true, whatever became of the later ones.
    pub(crate) fn following(mut self, earlier: Option<&Self>) -> Self {
        if let Some(earlier) = earlier {
            self.0.was_sent |= earlier.0.was_sent;
            self.0.was_accepted |= earlier.was_accepted();
            // A response that begins as a success is lost too, if the rest of it is.
            let no_answer = earlier.status().is_none_or(|status| status.is_success());
            self.0.response_was_lost |= earlier.0.response_was_lost || (earlier.was_sent() && no_answer);
        }
        self
    }

    pub(crate) fn sent(mut self, was_sent: bool) -> Self {
        self.0.was_sent = was_sent;
        self
    }

    pub(crate) fn under(mut self, key: Option<&HeaderValue>) -> Self {
        self.0.key = key.cloned();
        self
    }

    pub(crate) fn final_conflict(mut self) -> Self {
        self.0.is_final_conflict = true;
        self
    }

    pub(crate) fn cut_off(mut self) -> Self {
        self.0.is_cut_off = true;
        self
    }

    pub(crate) fn without_budget(mut self) -> Self {
        self.0.budget_was_spent = true;
        self
    }

    pub(crate) fn deviating(mut self, mismatches: Vec<Mismatch>) -> Self {
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

    pub(crate) fn is_permanent(&self) -> bool {
        self.0.is_permanent
    }

    pub(crate) fn is_final_conflict(&self) -> bool {
        self.0.is_final_conflict
    }

    pub(crate) fn is_cut_off(&self) -> bool {
        self.0.is_cut_off
    }

    /// What kind of failure it is, to branch on.
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// The dotted name of the operation, such as `bulk.list_users`, or `request` for a call by
    /// [`Client::request`](crate::Client::request). `None` if a client could not be built.
    pub fn operation(&self) -> Option<&'static str> {
        self.0.operation
    }

    /// The HTTP status; `None` if there was no response.
    pub fn status(&self) -> Option<StatusCode> {
        self.0.status
    }

    /// The headers of the response, without the [secrets](Self#secrets) of the call; empty if there was no response.
    pub fn headers(&self) -> &HeaderMap {
        &self.0.headers
    }

    /// How long the server asks to wait before the next call: its `retry-after-ms` or `retry-after`, counted from the response.
    ///
    /// The client has waited for up to 60 s by itself, as often as it retries; a longer delay is left to the caller. `None`
    /// when there is no such header, or no time left to wait.
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

    /// The `message` of Courier's error, without the [secrets](Self#secrets) of the call. It can be long, and have several lines.
    pub fn message(&self) -> Option<&str> {
        self.0.api.as_ref()?.get("message")?.as_str()
    }

    /// The `type` of Courier's error, such as `invalid_request_error` or `authorization_error`.
    pub fn error_type(&self) -> Option<&str> {
        self.0.api.as_ref()?.get("type")?.as_str()
    }

    /// Courier's whole error, a JSON object, without the [secrets](Self#secrets) of the call. `None` if the body was not an object.
    ///
    /// It is the server's text and may repeat what was sent, so inspect it before you log it.
    pub fn api_error(&self) -> Option<&Value> {
        self.0.api.as_ref()
    }

    /// The first 500 characters of an unexpected body, such as a gateway's error page.
    ///
    /// It is the server's text, without the [secrets](Self#secrets) of the call. It may repeat anything else that was sent, so
    /// inspect it before you log it. `None` for an operation whose response contains secrets.
    pub fn body_snippet(&self) -> Option<&str> {
        self.0.snippet.as_deref()
    }

    /// How often the request was sent; 0 when it was not sent.
    pub fn attempts(&self) -> u32 {
        self.0.attempts
    }

    /// The idempotency key under which the request was sent. If you make the call again under the same key, the server acts
    /// only once; see [above](Self#making-a-call-again). `None` if it was sent without a key.
    pub fn idempotency_key(&self) -> Option<&str> {
        self.0.key.as_ref()?.to_str().ok()
    }

    /// Whether any of the attempts may have reached the server. If it is false, the server has not acted.
    pub fn was_sent(&self) -> bool {
        self.0.was_sent
    }

    /// Whether the server has acted, and only its response is unusable: one of the attempts was answered with a success. Making
    /// the call again under another idempotency key would do the work twice.
    pub fn was_accepted(&self) -> bool {
        self.0.was_accepted || self.status().is_some_and(|status| status.is_success())
    }

    /// Whether an earlier attempt may have reached the server, and its response was lost. A `DELETE` that then fails with
    /// [`NotFound`](ErrorKind::NotFound) has most likely been done by the earlier attempt.
    pub fn response_was_lost(&self) -> bool {
        self.0.response_was_lost
    }

    /// Whether a retry was not made only because the [budget](crate::ClientBuilder::retry_budget) was spent.
    pub fn budget_was_spent(&self) -> bool {
        self.0.budget_was_spent
    }

    /// Where the response is not as described; empty unless the kind is [`ErrorKind::Mismatch`].
    pub fn mismatches(&self) -> &[Mismatch] {
        &self.0.mismatches
    }

    /// Whether the same call can succeed later without a change, because the failure is temporary: a lost connection, a
    /// timeout, a rate limit, a server error.
    ///
    /// If the request [was sent](Self::was_sent), make the call again only under the same
    /// [idempotency key](Self::idempotency_key).
    pub fn is_transient(&self) -> bool {
        match self.kind() {
            ErrorKind::Conflict => !self.0.is_final_conflict,
            ErrorKind::Connection
            | ErrorKind::Timeout
            | ErrorKind::RequestTimeout
            | ErrorKind::RateLimited
            | ErrorKind::Server => !self.0.is_permanent,
            _ => false,
        }
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
        if self.response_was_lost() && matches!(self.kind(), ErrorKind::NotFound | ErrorKind::Conflict) {
            f.write_str("; the response to an earlier attempt was lost, and that attempt may have succeeded")?;
        }
        Ok(())
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Error")
            .field("kind", &self.kind())
            .field("status", &self.status())
            .field("text", &self.to_string())
            .field("source", &self.0.source)
            .finish()
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.0.source.as_deref().map(|source| source as _)
    }
}
