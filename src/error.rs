//! What went wrong with a call.

use std::error::Error as StdError;
use std::fmt;

use reqwest::StatusCode;
use reqwest::header::HeaderMap;

use crate::types;

/// What the SDK returns.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Why a call, or the making of a client, failed: one type for every operation.
///
/// [`kind`](Self::kind) is what to branch on. Its text names the operation, the status and what Courier said; it holds no
/// URL, no key and no token, and is safe to log.
///
/// ```no_run
/// # use trycourier::{Client, ErrorKind};
/// # async fn example(client: &Client) -> Result<(), trycourier::Error> {
/// match client.lists_retrieve().list_id("customers").send().await {
///     Ok(list) => println!("{}", list.name),
///     Err(error) if error.kind() == ErrorKind::NotFound => println!("no such list yet"),
///     Err(error) => return Err(error),
/// }
/// # Ok(())
/// # }
/// ```
pub struct Error(Box<Inner>);

/// The cases that callers branch on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The client cannot be made, or an option of it cannot be sent: a key is missing, a URL is none. Nothing was sent.
    Configuration,
    /// An argument of the call is missing or was refused. Nothing was sent.
    InvalidRequest,
    /// 400: Courier does not understand the request.
    BadRequest,
    /// 401: Courier does not know the API key.
    Authentication,
    /// 402: the workspace's plan does not cover it.
    PaymentRequired,
    /// 403: the API key may not do this.
    Permission,
    /// 404: there is no such thing, or no longer.
    NotFound,
    /// 409: it contradicts what is there, or another request with its idempotency key is still under way.
    Conflict,
    /// 413: the request is larger than Courier takes.
    TooLarge,
    /// 422: Courier understands the request and cannot do it.
    Unprocessable,
    /// 429: too many requests.
    RateLimited,
    /// Any other 4xx.
    Client,
    /// 5xx: Courier, or a gateway before it, failed.
    Server,
    /// A redirect that is not followed: to another host, without end, or one that would change the request.
    Redirect,
    /// No connection, or it broke. Whether the server has acted on the request is not known unless
    /// [`was_sent`](Error::was_sent) is false.
    Connection,
    /// No answer in time. The server may have acted on the request.
    Timeout,
    /// A success whose body is not what was described. The server has done what it was asked.
    Decode,
    /// A success without the body that was described: do not send again, the server has accepted the call.
    EmptyAnswer,
    /// An answer larger than the client takes, and so not read.
    AnswerTooLarge,
    /// A page's cursor that led to an earlier page: walking on would not end.
    EndlessList,
}

#[derive(Debug)]
struct Inner {
    kind: ErrorKind,
    operation: Option<&'static str>,
    status: Option<StatusCode>,
    headers: HeaderMap,
    api: Option<types::ApiError>,
    detail: String,
    excerpt: Option<String>,
    attempts: u32,
    was_sent: bool,
    was_accepted: bool,
    source: Option<Box<dyn StdError + Send + Sync>>,
}

impl Error {
    pub(crate) fn new(kind: ErrorKind, detail: impl Into<String>) -> Self {
        Self(Box::new(Inner {
            kind,
            operation: None,
            status: None,
            headers: HeaderMap::new(),
            api: None,
            detail: detail.into(),
            excerpt: None,
            attempts: 0,
            was_sent: false,
            was_accepted: false,
            source: None,
        }))
    }

    /// For the generated builders: an argument that is missing or was refused.
    pub(crate) fn invalid_request(reason: String) -> Self {
        Self::new(ErrorKind::InvalidRequest, reason)
    }

    /// What no answer came of.
    pub(crate) fn transport(error: reqwest::Error) -> Self {
        // The URL has ids and tokens in it.
        let error = error.without_url();
        let (kind, detail) = if error.is_builder() {
            (ErrorKind::InvalidRequest, "the request cannot be made")
        } else if error.is_redirect() {
            (ErrorKind::Redirect, "the redirects do not end")
        } else if error.is_timeout() {
            (ErrorKind::Timeout, "no answer in time; raise the timeout if this is usual")
        } else if error.is_connect() {
            (ErrorKind::Connection, "cannot connect; is the base URL right, and the network up?")
        } else {
            (ErrorKind::Connection, "the connection broke")
        };
        let was_sent = !(error.is_builder() || error.is_connect());
        Self::new(kind, detail).caused_by(error).sent(was_sent)
    }

    /// An answer that is no success.
    pub(crate) fn status_answer(
        status: StatusCode,
        headers: HeaderMap,
        body: &[u8],
        sensitive: bool,
        redact: impl Fn(&str) -> String,
    ) -> Self {
        let kind = ErrorKind::of(status);
        let api = serde_json::from_slice::<types::ApiError>(body).ok().map(|mut api| {
            api.message = api.message.as_deref().map(&redact);
            api.type_ = api.type_.as_deref().map(&redact);
            api
        });
        let mut error = Self::new(kind, kind.advice()).answered(status, headers).sent(true);
        if !sensitive && api.as_ref().is_none_or(|api| api.message.is_none()) {
            error.0.excerpt = excerpt(body, redact);
        }
        error.0.api = api;
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
    pub(crate) fn following(mut self, earlier: &Self) -> Self {
        self.0.was_sent |= earlier.0.was_sent;
        self.0.was_accepted |= earlier.was_accepted();
        self
    }

    pub(crate) fn sent(mut self, was_sent: bool) -> Self {
        self.0.was_sent = was_sent;
        self
    }

    pub(crate) fn caused_by(mut self, source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        self.0.source = Some(source.into());
        self
    }

    pub(crate) fn excerpted(mut self, excerpt: Option<String>) -> Self {
        self.0.excerpt = excerpt;
        self
    }

    /// The case, to branch on.
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// The operation that was called, as its method on [`Client`](crate::Client) is named; none for a client that could
    /// not be made.
    pub fn operation(&self) -> Option<&'static str> {
        self.0.operation
    }

    /// The HTTP status, whenever there was an answer, whatever its body was.
    pub fn status(&self) -> Option<StatusCode> {
        self.0.status
    }

    /// The headers of the answer; none when there was no answer.
    pub fn headers(&self) -> &HeaderMap {
        &self.0.headers
    }

    /// What Courier's error says in words, `message`.
    pub fn message(&self) -> Option<&str> {
        self.0.api.as_ref()?.message.as_deref()
    }

    /// Courier's own name for the error, `type`: `invalid_request_error`, `authorization_error` and others.
    pub fn error_type(&self) -> Option<&str> {
        self.0.api.as_ref()?.type_.as_deref()
    }

    /// Courier's error whole, with the fields that the description does not have; none when the body was no JSON object.
    pub fn api_error(&self) -> Option<&types::ApiError> {
        self.0.api.as_ref()
    }

    /// The beginning of a body that was not what was described, such as a gateway's page; at most 500 characters.
    ///
    /// None for an operation whose answer holds secrets.
    pub fn excerpt(&self) -> Option<&str> {
        self.0.excerpt.as_deref()
    }

    /// How often the request was tried; 0 when it was not sent.
    pub fn attempts(&self) -> u32 {
        self.0.attempts
    }

    /// Whether any of the attempts may have reached the server. While this is false nothing has happened there.
    pub fn was_sent(&self) -> bool {
        self.0.was_sent
    }

    /// Whether the server has done what it was asked, and only its answer is unusable: calling again, under another
    /// idempotency key, would do it twice. True when any of the attempts was answered with a success.
    pub fn was_accepted(&self) -> bool {
        self.0.was_accepted || self.status().is_some_and(|status| status.is_success())
    }

    /// Whether it is about time and connections: a call that may be made again can succeed later.
    pub fn is_transient(&self) -> bool {
        matches!(
            self.kind(),
            ErrorKind::Connection
                | ErrorKind::Timeout
                | ErrorKind::RateLimited
                | ErrorKind::Server
                | ErrorKind::Conflict
        )
    }
}

impl ErrorKind {
    fn of(status: StatusCode) -> Self {
        match status.as_u16() {
            300..=399 => Self::Redirect,
            400 => Self::BadRequest,
            401 => Self::Authentication,
            402 => Self::PaymentRequired,
            403 => Self::Permission,
            404 => Self::NotFound,
            408 => Self::Timeout,
            409 => Self::Conflict,
            413 => Self::TooLarge,
            422 => Self::Unprocessable,
            429 => Self::RateLimited,
            _ if status.is_client_error() => Self::Client,
            _ => Self::Server,
        }
    }

    /// What to do about it.
    fn advice(self) -> &'static str {
        match self {
            Self::BadRequest | Self::Unprocessable => "correct the request",
            Self::Authentication => "check the API key",
            Self::PaymentRequired => "check the workspace's plan",
            Self::Permission => "use an API key with this scope",
            Self::NotFound => "check the ids of the call",
            Self::Conflict => "look at what is there, or wait for the request with the same idempotency key",
            Self::TooLarge => "send less at once",
            Self::RateLimited => "send less often, or later",
            Self::Redirect => "it is not followed, so that the key stays with its host; check the base URL",
            Self::Timeout => "the server gave up waiting; try later",
            _ => "try later",
        }
    }
}

/// The beginning of a body as text on one line, without what must not be shown.
pub(crate) fn excerpt(body: &[u8], redact: impl Fn(&str) -> String) -> Option<String> {
    const LONGEST: usize = 500;
    // Far more than is shown, so that no secret is cut in two, of which the first half would not be found.
    const LOOKED_THROUGH: usize = 64 * 1024;
    let head = body.get(..LOOKED_THROUGH).unwrap_or(body);
    let text = redact(&String::from_utf8_lossy(head));
    let text: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).take(LONGEST).collect();
    let text = text.trim();
    (!text.is_empty()).then(|| text.to_owned())
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Inner { operation, status, api, detail, excerpt, attempts, .. } = &*self.0;
        if let Some(operation) = operation {
            write!(f, "{operation}: ")?;
        }
        if let Some(status) = status {
            write!(f, "{status}: ")?;
        }
        if let Some(message) = api.as_ref().and_then(|api| api.message.as_deref()) {
            write!(f, "{message}")?;
            if let Some(name) = api.as_ref().and_then(|api| api.type_.as_deref()) {
                write!(f, " ({name})")?;
            }
            write!(f, "; ")?;
        }
        f.write_str(detail)?;
        if *attempts > 1 {
            write!(f, " (after {attempts} attempts)")?;
        }
        if let Some(excerpt) = excerpt {
            write!(f, "; the body begins: {excerpt}")?;
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

impl From<reqwest::Error> for Error {
    fn from(error: reqwest::Error) -> Self {
        Self::transport(error)
    }
}

impl From<reqwest::header::InvalidHeaderValue> for Error {
    fn from(error: reqwest::header::InvalidHeaderValue) -> Self {
        Self::new(ErrorKind::InvalidRequest, "a header's value has a character that no header may have")
            .caused_by(error)
    }
}

/// A builder of a type that was not complete, or was given what it cannot take.
impl From<types::error::ConversionError> for Error {
    fn from(error: types::error::ConversionError) -> Self {
        Self::new(ErrorKind::InvalidRequest, error.to_string())
    }
}
