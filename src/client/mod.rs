//! The client, which holds everything that its calls share.

pub(crate) mod api_key;
pub(crate) mod base_url;
pub(crate) mod builder;
mod env;
pub(crate) mod options;
pub(crate) mod proxy_env;

use std::fmt;
use std::sync::Arc;

use self::api_key::{Account, Accounts, ApiKey, ApiKeyProvider, Source};
use self::base_url::BaseUrl;
use self::options::Options;
use crate::retry::Clock;
use crate::telemetry::Telemetry;
use crate::transport::Transport;
use crate::{Error, ErrorKind, Result};

/// A client for Courier's API.
///
/// It holds a pool of connections and the API key, and shares both with its clones. Cloning is cheap, so build one
/// client and clone it. It is `Send` and `Sync`, and works on tokio's current-thread and multi-thread runtimes with
/// time and IO enabled. Dropping the future of a call abandons its request and makes no further attempts. When the last
/// clone is dropped, its connections close.
///
/// # From synchronous code
///
/// A current-thread runtime is enough. Keep it with the client and use it for every call, because connections belong to
/// the runtime that opened them. Inside an async task, await the call instead: tokio panics when a task blocks on a
/// runtime.
///
/// ```no_run
/// use trycourier::Client;
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
/// let client = Client::from_env()?;
/// let response = runtime.block_on(client.request(http::Method::GET, "/lists").send::<serde_json::Value>())?;
/// println!("{}", response["items"]);
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Client(pub(crate) Arc<Inner>);

/// A client's options and API key, and everything that it shares with its copies.
pub(crate) struct Inner {
    pub shared: Arc<Shared>,
    pub account: Arc<Account>,
    pub options: Options,
}

/// The state that all clones and copies of a client share.
pub(crate) struct Shared {
    pub base_url: BaseUrl,
    pub transport: Box<dyn Transport>,
    /// `true` if the transport is the client's default transport, which enforces the time limit of an attempt itself.
    pub is_default_transport: bool,
    pub accounts: Accounts,
    pub clock: Arc<dyn Clock>,
    pub telemetry: Telemetry,
}

impl Client {
    /// Creates a copy of the client with different options, such as a timeout, retries or a header. The copy shares
    /// connections, the key and the retry budget with this client, and is cheap to create.
    ///
    /// ```no_run
    /// # use std::time::Duration;
    /// # async fn example(client: &trycourier::Client) -> Result<(), trycourier::Error> {
    /// let patient = client.with_options(|options| options.attempt_timeout(Duration::from_secs(120)).max_retries(5));
    /// patient.request(http::Method::GET, "/lists").send::<serde_json::Value>().await?;
    /// # Ok(())
    /// # }
    /// ```
    #[must_use = "it changes a copy, not the client"]
    pub fn with_options(&self, change: impl FnOnce(Options) -> Options) -> Self {
        copy(self, Arc::clone(&self.0.account), change(self.options().clone()))
    }

    /// Creates a copy of the client with another API key, for a service with many workspaces. The copy shares
    /// connections and options with this client, and is cheap to create.
    ///
    /// Each key has a separate retry budget and separate rate limits. Copies with the same key share them.
    ///
    /// ```
    /// # fn example(client: &trycourier::Client, key_of_the_tenant: &str) -> trycourier::Result<()> {
    /// let tenant = client.with_api_key(key_of_the_tenant)?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Configuration`] if the key is empty or cannot be sent.
    #[doc(alias = "multi-tenant")]
    pub fn with_api_key(&self, key: impl AsRef<str>) -> Result<Self> {
        let key = ApiKey::parse(key.as_ref())
            .map_err(|reason| Error::new(ErrorKind::Configuration, format!("the API key {reason}")))?;
        Ok(self.with_source(Source::Fixed(key)))
    }

    /// Creates a copy of the client whose API key comes from a provider. Like a copy
    /// [with another key](Self::with_api_key), it has a separate retry budget and separate rate limits.
    #[must_use = "it changes a copy, not the client"]
    pub fn with_api_key_provider(&self, provider: impl ApiKeyProvider) -> Self {
        self.with_source(Source::from_provider(Arc::new(provider)))
    }

    fn with_source(&self, source: Source) -> Self {
        let account = self.shared().accounts.account(source, self.clock().now());
        copy(self, account, self.options().clone())
    }

    /// Creates an idempotency key, a random UUID.
    ///
    /// Under one key, the server acts once, no matter how often the call is made. So keep the key for as long as you
    /// may need to repeat the call: after an error with an unknown outcome, after a dropped future, or after a restart.
    ///
    /// ```no_run
    /// # use std::time::Duration;
    /// # use serde_json::json;
    /// # async fn example(client: &trycourier::Client) -> Result<(), Box<dyn std::error::Error>> {
    /// let key = client.new_idempotency_key();
    /// let send = || {
    ///     let message = json!({"message": {"to": {"user_id": "user_123"}, "template": "welcome"}});
    ///     let call = client.request(http::Method::POST, "/send").json(&message);
    ///     call.options(|options| options.idempotency_key(&key)).send::<serde_json::Value>()
    /// };
    /// let sent = match tokio::time::timeout(Duration::from_secs(2), send()).await {
    ///     Ok(sent) => sent?,
    ///     // The first send may have arrived. Under the same key it is not done twice.
    ///     Err(_) => send().await?,
    /// };
    /// println!("{}", sent["requestId"]);
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn new_idempotency_key(&self) -> String {
        self.account().keys.next_text()
    }

    pub(crate) fn shared(&self) -> &Shared {
        &self.0.shared
    }

    /// The state of the client's API key.
    pub(crate) fn account(&self) -> &Account {
        &self.0.account
    }

    pub(crate) fn options(&self) -> &Options {
        &self.0.options
    }

    /// The clock of everything that waits on behalf of the client.
    pub(crate) fn clock(&self) -> &Arc<dyn Clock> {
        &self.shared().clock
    }
}

/// Creates a copy of a client with another account or other options.
// Not a method: no resource could then have its name.
fn copy(client: &Client, account: Arc<Account>, options: Options) -> Client {
    Client(Arc::new(Inner { shared: Arc::clone(&client.0.shared), account, options }))
}

/// Omits the key, and the path of the base URL, which can be confidential.
impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client")
            .field("base_url", &self.shared().base_url.origin())
            .field("options", self.options())
            .finish_non_exhaustive()
    }
}
