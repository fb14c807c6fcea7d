//! The kinds of errors.

use http::StatusCode;

/// The kind of an [`Error`](crate::Error).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The client cannot be built, or one of its options cannot be sent. Nothing was sent.
    Configuration,
    /// The SDK refused an argument of the call. Nothing was sent.
    InvalidArgument,
    /// 400: Courier does not understand the request.
    BadRequest,
    /// 401: Courier does not know the API key.
    Authentication,
    /// 402: the workspace's plan does not include the operation.
    PaymentRequired,
    /// 403: the API key does not permit the operation.
    Permission,
    /// 404: the resource does not exist, or no longer exists.
    NotFound,
    /// 408: the server gave up waiting for the request.
    RequestTimeout,
    /// 409: the request conflicts with the current state, or another request with the same idempotency key is still in
    /// progress.
    Conflict,
    /// 413: the request is larger than Courier accepts.
    PayloadTooLarge,
    /// 422: Courier understands the request, but cannot process it.
    Unprocessable,
    /// 429: too many requests; see [`retry_after`](crate::Error::retry_after). Alternatively, the call was not sent,
    /// because the client's [rate limit](crate::ClientBuilder::rate_limit) would delay it beyond its total timeout.
    RateLimited,
    /// Any other 4xx.
    Client,
    /// 5xx: Courier, or a gateway in front of it, failed.
    Server,
    /// A redirect that is not followed, because it leads to another host, forms a loop, or would change the request.
    Redirect,
    /// No connection could be made, or it broke. The server may have acted on the request unless
    /// [`was_sent`](crate::Error::was_sent) is false.
    Connection,
    /// The server's certificate is not accepted: it has expired, is for another host, or comes from an unknown
    /// authority.
    Certificate,
    /// The proxy refuses to connect, requires credentials, or has a scheme that is not supported.
    Proxy,
    /// No response arrived within the client's time limit. The server may have acted on the request unless
    /// [`was_sent`](crate::Error::was_sent) is false.
    Timeout,
    /// A success whose body cannot be read as the type of the response. The server has acted.
    Decode,
    /// A success that is not from Courier, because its body is a page or another text and not JSON. A proxy or a wrong base URL
    /// is the usual reason, so it is unknown whether the call was executed.
    UnexpectedResponse,
    /// A success that does not match the API's description, if [`strict_decoding`](crate::Options::strict_decoding) is
    /// on. The server has acted.
    Mismatch,
    /// A success without its result: the body is missing, or the id of what the call created or sent. The server has
    /// acted, so do not make the call again under another idempotency key.
    EmptyBody,
    /// A success whose body is larger than [`max_response_bytes`](crate::Options::max_response_bytes). The server has
    /// acted.
    ResponseTooLarge,
    /// A page of a list has a cursor that leads back to an earlier page, so the list would never end.
    CursorLoop,
    /// A page of a list indicates that another page follows, but has no cursor for it.
    MissingCursor,
    /// A [`Wait`](crate::ext::Wait) can no longer succeed, for example because the message cannot be delivered.
    WaitFailed,
    /// The [`ApiKeyProvider`](crate::ApiKeyProvider) failed, or returned a key that cannot be sent.
    ApiKey,
    /// The [`Limiter`](crate::retry::Limiter) failed, so no attempt, or no further attempt, was sent.
    Limiter,
    /// A [`PreparedCall`](crate::PreparedCall) is of an operation that this version of the crate does not know, or whose
    /// resource is not compiled. Nothing was sent.
    UnknownOperation,
    /// The idempotency key of a [`Prepared`](crate::Prepared) call has expired, so performing it could do the work a
    /// second time. Nothing was sent.
    Expired,
}

impl ErrorKind {
    pub(crate) fn from_status(status: StatusCode) -> Self {
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
            413 => Self::PayloadTooLarge,
            422 => Self::Unprocessable,
            429 => Self::RateLimited,
            _ if status.is_client_error() => Self::Client,
            _ => Self::Server,
        }
    }

    /// Returns a hint on how to resolve the failure.
    pub(crate) fn advice(self) -> &'static str {
        match self {
            Self::BadRequest | Self::Unprocessable => "correct the request",
            Self::Authentication => "check the API key",
            Self::PaymentRequired => "check the workspace's plan",
            Self::Permission => "use an API key with permission for this operation",
            Self::NotFound => "check the ids in the call",
            Self::Proxy => "the proxy requires credentials; put them into the proxy's URL",
            Self::Conflict => {
                "check the current state, or wait until the request with the same idempotency key has completed"
            }
            Self::PayloadTooLarge => "send less data per request",
            Self::RateLimited => "send fewer requests, or retry later",
            Self::Redirect => "redirects that would send the API key elsewhere are not followed; check the base URL",
            Self::RequestTimeout => "the server timed out waiting for the request; retry later",
            Self::Client => "the server rejected the request",
            _ => "retry later",
        }
    }
}
