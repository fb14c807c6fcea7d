//! The making of a client.

use std::env;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use http::HeaderValue;

use crate::base_url::BaseUrl;
use crate::client::{Carrier, Inner, Observer, Shared};
use crate::idempotency::Keys;
use crate::observe::Call;
use crate::rate_limit::{Pace, RateLimits};
use crate::retry::{Clock, TokioClock};
use crate::retry_budget::RetryBudget;
use crate::transport::{Http, Settings, Transport};
use crate::{Client, Error, ErrorKind, Options, Result, Sensitive};

const API_KEY: &str = "COURIER_API_KEY";
const BASE_URL: &str = "COURIER_BASE_URL";
const CUSTOM_HEADERS: &str = "COURIER_CUSTOM_HEADERS";

/// Where the API is.
const DEFAULT_BASE_URL: &str = "https://api.courier.com";

/// Makes a [`Client`].
///
/// ```
/// use std::time::Duration;
/// use trycourier::Client;
///
/// let client = Client::builder()
///     .api_key("pk_test_1234")
///     .timeout(Duration::from_secs(10))
///     .max_retries(4)
///     .build()?;
/// # Ok::<(), trycourier::Error>(())
/// ```
pub struct ClientBuilder {
    api_key: Option<Sensitive>,
    base_url: String,
    allow_http: bool,
    http: Option<Http>,
    transport: Option<Chosen>,
    connect_timeout: Duration,
    keep_alive: Option<(Duration, Duration)>,
    authorities: Vec<u8>,
    retry_budget: u32,
    pace: Option<(u32, Duration)>,
    options: Options,
    clock: Arc<dyn Clock>,
    observer: Option<Observer>,
}

/// A transport of the caller's.
enum Chosen {
    Own(Box<dyn Transport>),
    /// It is made of the one that the client would have by itself.
    Wrapping(Box<dyn FnOnce(Http) -> Box<dyn Transport> + Send + Sync>),
}

impl Default for ClientBuilder {
    fn default() -> Self {
        Self {
            api_key: None,
            base_url: DEFAULT_BASE_URL.to_owned(),
            allow_http: false,
            http: None,
            transport: None,
            connect_timeout: Duration::from_secs(5),
            keep_alive: Some((Duration::from_secs(10), Duration::from_secs(5))),
            authorities: Vec::new(),
            retry_budget: RetryBudget::DEFAULT_RESERVE,
            pace: None,
            options: Options::default(),
            clock: Arc::new(TokioClock),
            observer: None,
        }
    }
}

impl ClientBuilder {
    /// Starts with what the environment sets. The variables are those of [`Client::from_env`].
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Configuration`], naming the variable, when a value cannot be used. A missing key is not an error yet.
    pub fn from_env() -> Result<Self> {
        let mut builder = Self::default();
        if let Some(key) = variable(API_KEY)? {
            builder = builder.api_key(key);
        }
        if let Some(url) = variable(BASE_URL)? {
            builder = builder.base_url(url);
        }
        for line in variable(CUSTOM_HEADERS)?.unwrap_or_default().lines().filter(|line| !line.trim().is_empty()) {
            let Some((name, value)) = line.split_once(':') else {
                return Err(configuration(format!(
                    "{CUSTOM_HEADERS} has a line without a colon; each line has to be `Name: value`"
                )));
            };
            builder.options = builder.options.header(name.trim(), value.trim());
        }
        no_shared_key(&builder.options)
            .and_then(|()| builder.options.check())
            .map_err(|error| configuration(format!("{CUSTOM_HEADERS}: {error}")))?;
        Ok(builder)
    }

    /// The API key of the workspace and environment, from the Courier app. It is required, and read from the environment by
    /// [`from_env`](Self::from_env) alone.
    pub fn api_key(mut self, key: impl Into<String>) -> Self {
        self.api_key = Some(Sensitive::from(key.into()));
        self
    }

    /// Where the API is. The default is `https://api.courier.com`. Plain `http` is accepted for a host on this machine only,
    /// unless [`allow_http`](Self::allow_http) says otherwise.
    pub fn base_url(mut self, url: impl Into<String>) -> Self {
        self.base_url = url.into();
        self
    }

    /// Permits a base URL that is plain `http` to another machine. Anybody on the way can then read the API key.
    pub fn allow_http(mut self, allow: bool) -> Self {
        self.allow_http = allow;
        self
    }

    /// How long one attempt may take; see [`Options::timeout`].
    pub fn timeout(self, timeout: Duration) -> Self {
        self.options(|options| options.timeout(timeout))
    }

    /// How long making a connection may take. The default is 5 s.
    pub fn connect_timeout(mut self, timeout: Duration) -> Self {
        self.connect_timeout = timeout;
        self
    }

    /// How long an HTTP/2 connection may be silent before the client asks for a sign of life, and how long that sign may
    /// take before the connection is given up. The defaults are 10 s and 5 s, on idle connections too.
    ///
    /// So a connection that died without a word fails its calls after at most 15 s, whatever their timeout is, and they are
    /// retried on another one. Independently of this, the first call that times out makes the following ones use a new
    /// connection.
    pub fn http2_keep_alive(mut self, interval: Duration, timeout: Duration) -> Self {
        self.keep_alive = Some((interval, timeout));
        self
    }

    /// Certificate authorities to trust in addition to the platform's, in PEM format: for a server or a proxy inside your
    /// organisation.
    #[cfg(any(feature = "rustls", feature = "rustls-no-provider", feature = "native-tls"))]
    #[cfg_attr(docsrs, doc(cfg(any(feature = "rustls", feature = "rustls-no-provider", feature = "native-tls"))))]
    pub fn root_certificates(mut self, pem: impl AsRef<[u8]>) -> Self {
        self.authorities.extend_from_slice(pem.as_ref());
        self
    }

    /// How often a call is tried again; see [`Options::max_retries`].
    pub fn max_retries(self, max_retries: u32) -> Self {
        self.options(|options| options.max_retries(max_retries))
    }

    /// How many retries the client and its clones may always make before the budget stops them. The default is 100; 0 turns
    /// retries off.
    ///
    /// The budget keeps an outage from being multiplied by retries, and never stops a call. It covers two retries for every
    /// call that is under way, or this number if that is more. A successful call gives back what its last retry cost, or a
    /// fifth of a retry if it needed none. Every call adds a tenth of a retry, and every second one retry. A retry after a
    /// timeout costs twice as much. So one broken connection loses no call, however many it carried, and in a long outage
    /// the server sees at most about 1.1 to 1.2 times as many requests as there are calls.
    pub fn retry_budget(mut self, reserve: u32) -> Self {
        self.retry_budget = reserve;
        self
    }

    /// Lets at most so many calls begin in a period, evenly spread: for a long synchronisation that should not run into the
    /// API's rate limits. Clones share it. Retries are not counted. There is no limit by default, and one of no calls is
    /// refused by [`build`](Self::build).
    ///
    /// A call that would not have its turn before its deadline is refused at once, with
    /// [`ErrorKind::RateLimited`].
    ///
    /// ```
    /// # use std::time::Duration;
    /// # use trycourier::Client;
    /// let slow = Client::builder().api_key("pk_test_1234").pace(300, Duration::from_secs(60)).build()?;
    /// # Ok::<(), trycourier::Error>(())
    /// ```
    pub fn pace(mut self, calls: u32, period: Duration) -> Self {
        self.pace = Some((calls, period));
        self
    }

    /// A header of every call; see [`Options::header`].
    pub fn header(self, name: &str, value: &str) -> Self {
        self.options(|options| options.header(name, value))
    }

    /// Everything else about how calls are made.
    pub fn options(mut self, change: impl FnOnce(Options) -> Options) -> Self {
        self.options = change(self.options);
        self
    }

    /// What carries the requests, in place of HTTP; see [`transport`](crate::transport).
    pub fn transport(mut self, transport: impl Transport) -> Self {
        self.transport = Some(Chosen::Own(Box::new(transport)));
        self
    }

    /// What carries the requests, made of the transport that the client would have by itself: for looking at what goes in
    /// and out.
    ///
    /// ```
    /// use http::Response;
    /// use trycourier::Client;
    /// use trycourier::transport::{Attempt, Body, BoxFuture, Http, Transport, TransportError};
    ///
    /// struct Loud(Http);
    ///
    /// impl Transport for Loud {
    ///     fn send(&self, attempt: Attempt) -> BoxFuture<'_, Result<Response<Body>, TransportError>> {
    ///         println!("{}, attempt {}", attempt.operation(), attempt.number());
    ///         self.0.send(attempt)
    ///     }
    /// }
    ///
    /// let client = Client::builder().api_key("pk_test_1234").wrap_transport(Loud).build()?;
    /// # Ok::<(), trycourier::Error>(())
    /// ```
    pub fn wrap_transport<T: Transport>(mut self, wrap: impl FnOnce(Http) -> T + Send + Sync + 'static) -> Self {
        self.transport = Some(Chosen::Wrapping(Box::new(|http| Box::new(wrap(http)))));
        self
    }

    /// A `reqwest` client to send with, for what the builder has no method for.
    ///
    /// Redirects, proxies, the connect timeout, decompression and keep-alive are then as you make it with. Make it with
    /// `redirect(Policy::none())`, because by default `reqwest` follows redirects to other hosts, turns a `POST` into a `GET`
    /// on the way and takes along what [`Options::header`] sets, except `Authorization`. Also make it with
    /// `retry(reqwest::retry::never())`, so that retries happen in one place only. Timeouts, retries, keys and the size limit
    /// of answers stay those of [`Options`].
    ///
    /// ```
    /// use trycourier::{Client, reqwest};
    ///
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let http = reqwest::Client::builder()
    ///     .redirect(reqwest::redirect::Policy::none())
    ///     .retry(reqwest::retry::never())
    ///     .proxy(reqwest::Proxy::all("http://proxy.example:3128")?)
    ///     .build()?;
    /// let client = Client::builder().api_key("pk_test_1234").http_client(http).build()?;
    /// # Ok(())
    /// # }
    /// ```
    #[cfg(feature = "reqwest-0-13")]
    #[cfg_attr(docsrs, doc(cfg(feature = "reqwest-0-13")))]
    pub fn http_client(mut self, client: reqwest::Client) -> Self {
        self.http = Some(client.into());
        self
    }

    /// Is told of every call that has ended: for metrics. It runs within the call, so it should not wait for anything. If it
    /// panics, the call's result is not affected.
    ///
    /// ```
    /// # use trycourier::Client;
    /// let client = Client::builder()
    ///     .api_key("pk_test_1234")
    ///     .on_call(|call| println!("{} {:?} {:?}", call.operation, call.status, call.duration))
    ///     .build()?;
    /// # Ok::<(), trycourier::Error>(())
    /// ```
    pub fn on_call(mut self, observer: impl Fn(&Call) + Send + Sync + 'static) -> Self {
        self.observer = Some(Box::new(observer));
        self
    }

    /// The time and the randomness of the retries, for tests.
    pub fn clock(mut self, clock: impl Clock) -> Self {
        self.clock = Arc::new(clock);
        self
    }

    /// Makes the client. Nothing is sent yet.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Configuration`], when the key is missing, the base URL cannot be used, an option cannot be sent or would
    /// be shared by all calls, the pace is of no calls, or TLS cannot be set up.
    pub fn build(self) -> Result<Client> {
        let Some(key) = self.api_key.filter(|key| !key.expose().trim().is_empty()) else {
            let detail =
                format!("there is no API key: set {API_KEY} and use `from_env`, or call `api_key` on the builder");
            return Err(configuration(detail));
        };
        let key = Sensitive::from(key.expose().trim());
        let mut authorization = HeaderValue::from_str(&format!("Bearer {}", key.expose())).map_err(|_| {
            configuration(format!("the API key ({API_KEY}) contains a character that no header may contain"))
        })?;
        authorization.set_sensitive(true);
        let base_url = BaseUrl::parse(&self.base_url, BASE_URL, self.allow_http)?;
        self.options.check()?;
        no_shared_key(&self.options)?;
        let pace = self.pace.map(|(calls, period)| Pace::new(calls, period)).transpose()?;
        let settings = Settings {
            connect_timeout: self.connect_timeout,
            keep_alive: self.keep_alive,
            is_local: base_url.is_loopback(),
            authorities: self.authorities,
        };
        let http = || self.http.map_or_else(|| Http::new(settings), Ok);
        let transport = match self.transport {
            Some(Chosen::Own(transport)) => Carrier::Own(transport),
            Some(Chosen::Wrapping(wrap)) => Carrier::Own(wrap(http()?)),
            None => Carrier::Http(http()?),
        };
        let shared = Shared {
            base_url,
            authorization,
            key,
            transport,
            budget: RetryBudget::new(self.retry_budget, self.clock.now()),
            limits: RateLimits::new(pace),
            keys: Keys::default(),
            clock: self.clock,
            observer: self.observer,
        };
        Ok(Client(Arc::new(Inner { shared: Arc::new(shared), options: self.options })))
    }
}

fn configuration(detail: String) -> Error {
    Error::new(ErrorKind::Configuration, detail)
}

/// Under one key the server executes the first call alone, and every later one would be lost without a word.
fn no_shared_key(options: &Options) -> Result<()> {
    if options.idempotency_key.is_none() {
        return Ok(());
    }
    Err(configuration(
        "an idempotency key cannot be shared by all calls, because the server executes only the first of them; \
         set it on the call instead"
            .to_owned(),
    ))
}

/// A variable of the environment; none when it is unset or blank.
fn variable(name: &str) -> Result<Option<String>> {
    match env::var(name) {
        Ok(value) => Ok(Some(value.trim().to_owned()).filter(|value| !value.is_empty())),
        Err(env::VarError::NotPresent) => Ok(None),
        Err(env::VarError::NotUnicode(_)) => Err(configuration(format!("{name} is not valid UTF-8"))),
    }
}

impl fmt::Debug for ClientBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClientBuilder")
            .field("api_key", &self.api_key)
            .field("options", &self.options)
            .finish_non_exhaustive()
    }
}
