//! What went wrong with a call.

pub(crate) mod kind;
pub(crate) mod text;

use std::borrow::Cow;
use std::error::Error as StdError;
use std::fmt;
use std::time::{Duration, SystemTime};

use http::{HeaderMap, HeaderValue, StatusCode};
use serde_json::Value;

use crate::client::proxy_env;
use crate::error::text::{MAX_MESSAGE, on_one_line};
use crate::retry::retry_after;
use crate::secrets::redact::Redaction;
use crate::transport::{Failure, TransportError, causes};
use crate::{Mismatch, json};
pub use kind::ErrorKind;

/// A result whose error is [`Error`](crate::Error) unless another one is named.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Why a call, or building a client, failed. There is one type for every operation.
///
/// Branch on [`kind`](Self::kind). The text of an error is one line of limited length with the operation, the status and
/// Courier's message. The API key, the URL and the secrets of the call are removed from it, even where the server repeats them
/// in another case or encoding. A secret of fewer than eight characters is removed only where it is a word of its own. The body
/// of a response is not in the text; [`body_snippet`](Self::body_snippet) returns its beginning.
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

    /// An attempt without a response, or without all of it.
    pub(crate) fn of_transport(error: TransportError, redaction: &Redaction) -> Self {
        let was_sent = error.was_sent();
        let is_permanent = error.is_permanent();
        let (kind, detail): (_, Cow<'static, str>) = match error.failure() {
            Failure::Request => (ErrorKind::InvalidArgument, "the request cannot be made".into()),
            Failure::Redirect => (ErrorKind::Redirect, "the redirects do not end".into()),
            Failure::Certificate => (ErrorKind::Certificate, certificate_detail(&error, redaction).into()),
            Failure::Proxy => (ErrorKind::Proxy, proxy_detail(&error).into()),
            Failure::Timeout if !was_sent => {
                (ErrorKind::Timeout, "no connection could be made in time; check the network".into())
            }
            Failure::Timeout => {
                (ErrorKind::Timeout, "there was no response in time; raise the timeout if this happens often".into())
            }
            Failure::Connect => (ErrorKind::Connection, "cannot connect; check the base URL and the network".into()),
            Failure::Broken if was_sent => (ErrorKind::Connection, "the connection broke".into()),
            Failure::Broken => (ErrorKind::Connection, "the server refused to look at the request; try later".into()),
        };
        let mut failed = Self::new(kind, detail).sent(was_sent);
        failed.0.is_permanent = is_permanent;
        failed.caused_by(redaction.cause(error.into_cause()))
    }

    /// A response that is not a success.
    pub(crate) fn of_status(
        status: StatusCode,
        headers: HeaderMap,
        body: &[u8],
        sensitive: bool,
        redaction: &Redaction,
    ) -> Self {
        let kind = ErrorKind::of(status);
        let api = json::decode::<Value>(body, true).ok().map(|api| api.value).filter(Value::is_object);
        let api = api.map(|api| redaction.value(api));
        let mut error = Self::new(kind, kind.advice()).answered(status, redaction.headers(headers)).sent(true);
        error.0.api = api;
        if !sensitive && error.message().is_none() {
            error.0.snippet = redaction.snippet(body);
        }
        error
    }

    pub(crate) fn answered(mut self, status: StatusCode, headers: HeaderMap) -> Self {
        self.0.status = Some(status);
        self.0.headers = headers;
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

    /// The headers of the response, without the secrets of the request; empty if there was no response.
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
        retry_after(self.headers(), SystemTime::now())
    }

    /// The `message` of Courier's error, without the secrets of the request. It can be long, and have several lines.
    pub fn message(&self) -> Option<&str> {
        self.0.api.as_ref()?.get("message")?.as_str()
    }

    /// The `type` of Courier's error, such as `invalid_request_error` or `authorization_error`.
    pub fn error_type(&self) -> Option<&str> {
        self.0.api.as_ref()?.get("type")?.as_str()
    }

    /// Courier's whole error, a JSON object, without the secrets of the request. `None` if the body was not an object.
    pub fn api_error(&self) -> Option<&Value> {
        self.0.api.as_ref()
    }

    /// The first 500 characters of an unexpected body, such as a gateway's error page.
    ///
    /// The secrets of the request are removed from it. It can contain anything else that the server wrote, so look at it before
    /// you log it. `None` for an operation whose response contains secrets.
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

/// The cause that says most tells what is wrong with the certificate.
fn certificate_detail(error: &TransportError, redaction: &Redaction) -> String {
    let texts = causes(error.cause()).map(ToString::to_string);
    let text = texts
        .filter(|text| text.to_ascii_lowercase().contains("certificate"))
        .max_by_key(String::len)
        .unwrap_or_default();
    format!("the server's certificate is not accepted: {}", on_one_line(&redaction.redact(&text), MAX_MESSAGE))
}

fn proxy_detail(error: &TransportError) -> String {
    let wants_credentials = causes(error.cause()).any(|cause| cause.to_string().contains("authorization required"));
    let proxy = proxy_env::name().map_or_else(|| "the proxy".to_owned(), |proxy| format!("the proxy {proxy}"));
    if wants_credentials {
        format!("{proxy} wants credentials (407); put them into the proxy's URL")
    } else {
        format!("{proxy} refuses to connect to the API")
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
            f.write_str("; there was no further retry, because the retry budget is spent")?;
        }
        if self.response_was_lost() && matches!(self.kind(), ErrorKind::NotFound | ErrorKind::Conflict) {
            f.write_str("; the response to an earlier attempt was lost, which may have done the work")?;
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
