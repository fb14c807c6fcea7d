//! The client: what its calls share.

use std::fmt;
use std::sync::Arc;

use reqwest::Request;
use reqwest::header::HeaderValue;
use serde::de::DeserializeOwned;

use crate::client_builder::ClientBuilder;
use crate::observe::Call;
use crate::operation::{Operation, Raw};
use crate::retry::{Clock, RetryBudget};
use crate::{Error, Options, ResponseValue, Result, Sensitive};

/// A client of Courier's API, with a method for each of its operations.
///
/// It holds a pool of connections and the API key, and shares both with its clones: make one and clone it, which is cheap.
/// It is `Send` and `Sync`, and works on either runtime of tokio, with time and IO enabled. Dropping a call's future ends the
/// call: its connection is closed, and no attempt follows. Nothing outlives the last clone and its connections.
///
/// ```no_run
/// use trycourier::{Client, types};
///
/// # async fn example() -> Result<(), trycourier::Error> {
/// let client = Client::from_env()?;
/// let user = types::UserRecipient::builder().user_id("user_123").build()?;
/// let message = types::Message::builder()
///     .to(types::SendMessageRequestMessageTo::from(user))
///     .template("nt_01kx4h2jdafq8bk9aftxak4b40");
/// let sent = client
///     .send_message()
///     .body(types::SendMessageRequest::builder().message(message))
///     .send()
///     .await?;
/// println!("{}", sent.request_id);
/// # Ok(())
/// # }
/// ```
///
/// # From code that does not await
///
/// A runtime on the current thread is all that is needed. Keep it beside the client and use it for every call: connections
/// belong to the runtime that opened them. Do not block within a task of another runtime, which panics; await there.
///
/// ```no_run
/// use trycourier::Client;
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
/// let client = Client::from_env()?;
/// let list = runtime.block_on(client.lists_retrieve().list_id("customers").send())?;
/// println!("{}", list.name);
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Client {
    /// For the generated code, as is the next.
    pub(crate) baseurl: Arc<str>,
    pub(crate) client: reqwest::Client,
    pub(crate) inner: Arc<Inner>,
    pub(crate) options: Arc<Options>,
}

/// What the clones of a client share.
pub(crate) struct Inner {
    pub authorization: HeaderValue,
    pub key: Sensitive,
    pub budget: RetryBudget,
    pub clock: Box<dyn Clock>,
    pub observer: Option<Observer>,
}

/// What is told of every call that has ended.
pub(crate) type Observer = Box<dyn Fn(&Call) + Send + Sync>;

impl Client {
    /// Starts to make a client.
    pub fn builder() -> ClientBuilder {
        ClientBuilder::default()
    }

    /// A client from the environment.
    ///
    /// | variable | what it is | |
    /// |---|---|---|
    /// | `COURIER_API_KEY` | the API key | required |
    /// | `COURIER_BASE_URL` | where the API is | `https://api.courier.com` when unset |
    /// | `COURIER_CUSTOM_HEADERS` | headers of every request, a `Name: value` a line | none when unset |
    ///
    /// A variable that is blank counts as unset.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Configuration`](crate::ErrorKind::Configuration), naming the variable, when the key is missing or a
    /// value cannot be used.
    pub fn from_env() -> Result<Self> {
        ClientBuilder::from_env()?.build()
    }

    /// A copy for some calls, with other options: a timeout, retries, an idempotency key, a header. It shares connections,
    /// key and retry budget with this one, and costs next to nothing.
    ///
    /// ```no_run
    /// # use std::time::Duration;
    /// # async fn example(client: &trycourier::Client, order: &str) -> Result<(), trycourier::Error> {
    /// let once = client.with_options(|options| options.idempotency_key(order).timeout(Duration::from_secs(5)));
    /// once.bulk_run_job().job_id("job").send().await?;
    /// # Ok(())
    /// # }
    /// ```
    #[must_use = "it changes a copy, not the client"]
    pub fn with_options(&self, change: impl FnOnce(Options) -> Options) -> Self {
        let options = Arc::new(change(Options::clone(&self.options)));
        Self { options, ..self.clone() }
    }

    /// Makes a call, and gives the body of its answer as its type.
    pub(crate) async fn call<T: DeserializeOwned>(
        &self,
        operation: &Operation,
        request: Result<Request>,
    ) -> Result<ResponseValue<T>> {
        self.exchange(operation, request).await?.end(|answer, redact| operation.decode(answer, redact))
    }

    /// Makes a call, and gives the body of its answer as it came.
    pub(crate) async fn call_raw(
        &self,
        operation: &Operation,
        request: Result<Request>,
    ) -> Result<ResponseValue<Raw>, Error> {
        let exchange = self.exchange(operation, request).await?;
        exchange.end(|answer, _| Ok(ResponseValue::new(answer.body, answer.status, answer.headers)))
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client")
            .field("base_url", &self.baseurl)
            .field("options", &self.options)
            .finish_non_exhaustive()
    }
}
