//! The layer below the retries, which sends a single attempt to the server and returns its response.
//!
//! By default, a client sends over HTTP; see [`Http`]. Replace it with a custom [`Transport`] for tests, to record and
//! replay calls, to send through a tower service, or to run on another runtime. The layers above it stay the same:
//! retries, idempotency keys, the size limit of responses, time limits and the redaction of errors.
//!
//! ```
//! use bytes::Bytes;
//! use http::{Method, Response};
//! use trycourier::Client;
//! use trycourier::transport::{Attempt, Body, BoxFuture, Transport, TransportError};
//!
//! struct AlwaysEmpty;
//!
//! impl Transport for AlwaysEmpty {
//!     fn send(&self, attempt: Attempt) -> BoxFuture<'_, Result<Response<Body>, TransportError>> {
//!         assert_eq!(attempt.request.uri().path(), "/lists");
//!         Box::pin(async { Ok(Response::new(Body::from(r#"{"items": []}"#))) })
//!     }
//! }
//!
//! # #[tokio::main]
//! # async fn main() -> Result<(), trycourier::Error> {
//! let client = Client::builder().api_key("pk_test_1234").transport(AlwaysEmpty).build()?;
//! let lists = client.request(Method::GET, "/lists").send::<serde_json::Value>().await?;
//! assert!(lists["items"].as_array().is_some_and(Vec::is_empty));
//! # Ok(())
//! # }
//! ```
//!
//! To use a tower service as a transport, clone it for each attempt:
//!
//! ```
//! use bytes::Bytes;
//! use http::{Request, Response};
//! use tower::{Service, ServiceExt as _, service_fn};
//! use trycourier::transport::{Attempt, Body, BoxFuture, Transport, TransportError};
//!
//! struct Tower<S>(S);
//!
//! impl<S> Transport for Tower<S>
//! where
//!     S: Service<Request<Bytes>, Response = Response<Bytes>> + Clone + Send + Sync + 'static,
//!     S::Error: std::error::Error + Send + Sync + 'static,
//!     S::Future: Send,
//! {
//!     fn send(&self, attempt: Attempt) -> BoxFuture<'_, Result<Response<Body>, TransportError>> {
//!         let service = self.0.clone();
//!         Box::pin(async move {
//!             let response = service.oneshot(attempt.request).await.map_err(TransportError::broken)?;
//!             Ok(response.map(Body::from))
//!         })
//!     }
//! }
//!
//! let echo = service_fn(|request: Request<Bytes>| async move {
//!     Ok::<_, std::convert::Infallible>(Response::new(request.into_body()))
//! });
//! let client = trycourier::Client::builder().api_key("pk_test_1234").transport(Tower(echo)).build()?;
//! # Ok::<(), trycourier::Error>(())
//! ```
//!
//! `examples/recorder.rs` writes every request with its response to a file, and plays them back.

mod active_request;
mod body;
mod error;
mod pools;
mod request_body;
mod reqwest_transport;

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

use ::http::{Request, Response};
use bytes::Bytes;
use reqwest::Url;

pub use self::body::Body;
pub(crate) use self::error::Failure;
pub use self::error::TransportError;
pub(crate) use self::pools::{KeepAlive, Settings};
pub use self::reqwest_transport::Http;
use crate::operation::Operation;

/// A boxed future, the same type as `futures::future::BoxFuture`.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// Boxes a future where it is created: `Box::pin` would copy all of it, and most of it is still unused.
pub(crate) fn box_future<F: Future>(create: impl FnOnce() -> F) -> Pin<Box<F>> {
    Box::into_pin(Box::write(Box::new_uninit(), create()))
}

/// Sends one attempt of a call to the server, and returns its response.
///
/// A transport must not repeat a request, because the client decides what is sent again. It should not follow redirects
/// to another host, because the request contains the API key. See the [module](self) for examples.
pub trait Transport: Send + Sync + 'static {
    /// Sends the request, and returns the response as soon as its headers have arrived.
    ///
    /// The client drops the future or the body when the attempt times out or the call is canceled. The request should
    /// then be abandoned.
    ///
    /// # Errors
    ///
    /// A [`TransportError`], which indicates whether the server may have acted on the request.
    fn send(&self, attempt: Attempt) -> BoxFuture<'_, Result<Response<Body>, TransportError>>;
}

/// One attempt of a call.
#[non_exhaustive]
pub struct Attempt {
    /// The request, complete with the API key.
    pub request: Request<Bytes>,
    /// The parsed URL of the request, or `None` if only the request has it.
    pub(crate) url: Option<Url>,
    pub(crate) operation: &'static Operation,
    pub(crate) number: u32,
    pub(crate) timeout: Duration,
}

impl Attempt {
    /// Returns the dotted name of the operation, such as `bulk.list_users`, or `request` for a call by
    /// [`Client::request`](crate::Client::request).
    pub fn operation(&self) -> &'static str {
        self.operation.id
    }

    /// Returns the path with the names of its parameters, such as `/bulk/{job_id}/users`.
    pub fn path_template(&self) -> &'static str {
        self.operation.path
    }

    /// Returns the number of the attempt within its call, starting at 1.
    pub fn number(&self) -> u32 {
        self.number
    }

    /// Returns the time limit for the attempt, from connecting to the last byte of the response, after which the client
    /// abandons the attempt.
    pub fn timeout(&self) -> Duration {
        self.timeout
    }
}

/// Omits the URL, the headers and the body, which can be confidential.
impl fmt::Debug for Attempt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Attempt")
            .field("operation", &self.operation())
            .field("method", self.request.method())
            .field("number", &self.number)
            .field("timeout", &self.timeout)
            .finish_non_exhaustive()
    }
}
