//! The cases of what can go wrong.

use http::StatusCode;

/// The cases that callers branch on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The client cannot be made, or one of its options cannot be sent. Nothing was sent.
    Configuration,
    /// An argument of the call was refused by the SDK. Nothing was sent.
    InvalidArgument,
    /// 400: Courier does not understand the request.
    BadRequest,
    /// 401: Courier does not know the API key.
    Authentication,
    /// 402: the workspace's plan does not include it.
    PaymentRequired,
    /// 403: the API key does not permit it.
    Permission,
    /// 404: there is no such thing, or no longer.
    NotFound,
    /// 408: the server gave up waiting for the request.
    RequestTimeout,
    /// 409: the request contradicts the current state, or another one with the same idempotency key is still in progress.
    Conflict,
    /// 413: the request is larger than Courier accepts.
    TooLarge,
    /// 422: Courier understands the request and cannot do it.
    Unprocessable,
    /// 429: too many requests.
    RateLimited,
    /// Any other 4xx.
    Client,
    /// 5xx: Courier, or a gateway in front of it, failed.
    Server,
    /// A redirect that is not followed: to another host, without end, or one that would change the request.
    Redirect,
    /// There was no connection, or it broke. Unless [`was_sent`](crate::Error::was_sent) is false, the server may have acted on the
    /// request.
    Connection,
    /// The server's certificate is not accepted: it has expired, is for another host, or comes from an unknown authority.
    Certificate,
    /// The proxy refuses to connect, or wants credentials.
    Proxy,
    /// There was no answer within the client's own time limit. The server may have acted on the request.
    Timeout,
    /// A success whose body is not what was described. The server has done what it was asked.
    Decode,
    /// A success that deviates from its description, where
    /// [`strict_answers`](crate::Options::strict_answers) is on. The server has done what it was asked.
    Deviation,
    /// A success without the body that was described. The server has accepted the call: do not make it again under another
    /// idempotency key.
    EmptyAnswer,
    /// A success whose body is larger than the client reads.
    AnswerTooLarge,
    /// A list gave a cursor that led to an earlier page, so that walking on would never end.
    EndlessList,
    /// A list announced another page and gave no cursor for it, so that the rest of the list cannot be reached.
    MissingCursor,
    /// What was waited for came to another end, such as a message that cannot be delivered.
    AnotherEnd,
    /// A prepared call is older than its idempotency key lives, so that performing it could do it a second time. Nothing was
    /// sent.
    Expired,
}

impl ErrorKind {
    pub(crate) fn of(status: StatusCode) -> Self {
        match status.as_u16() {
            300..=399 => Self::Redirect,
            400 => Self::BadRequest,
            401 => Self::Authentication,
            402 => Self::PaymentRequired,
            403 => Self::Permission,
            404 => Self::NotFound,
            407 => Self::Proxy,
            408 => Self::RequestTimeout,
            409 => Self::Conflict,
            413 => Self::TooLarge,
            422 => Self::Unprocessable,
            429 => Self::RateLimited,
            _ if status.is_client_error() => Self::Client,
            _ => Self::Server,
        }
    }

    /// What to do about it.
    pub(crate) fn advice(self) -> &'static str {
        match self {
            Self::BadRequest | Self::Unprocessable => "correct the request",
            Self::Authentication => "check the API key",
            Self::PaymentRequired => "check the workspace's plan",
            Self::Permission => "use an API key that permits it",
            Self::NotFound => "check the ids of the call",
            Self::Proxy => "the proxy wants credentials; put them into the proxy's URL",
            Self::Conflict => {
                "check the current state, or wait until the request with the same idempotency key has ended"
            }
            Self::TooLarge => "send less at once",
            Self::RateLimited => "send less often, or try later",
            Self::Redirect => {
                "the redirect is not followed, so that the API key stays with its host; check the base URL"
            }
            Self::RequestTimeout => "the server gave up waiting for the request; try later",
            Self::Client => "the server refuses the request",
            _ => "try later",
        }
    }
}
