//! The making of a client.

use std::env;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use http::HeaderValue;

use crate::client::base_url::BaseUrl;
use crate::client::proxy_env;
use crate::client::{Carrier, Inner, Observer, Shared};
use crate::retry::budget::RetryBudget;
use crate::retry::idempotency::Keys;
use crate::retry::rate_limit::{Pace, RateLimits};
use crate::retry::{Clock, TokioClock};
use crate::telemetry::CallReport;
use crate::transport::{Http, Settings, Transport};
use crate::{Client, Error, ErrorKind, Options, Result, Sensitive};

const API_KEY: &str = "COURIER_API_KEY";
const BASE_URL: &str = "COURIER_BASE_URL";
const CUSTOM_HEADERS: &str = "COURIER_CUSTOM_HEADERS";

/// Where the API is.
const DEFAULT_BASE_URL: &str = "https://api.courier.com";

/// Builds a [`Client`].
///
/// ```
/// use std::time::Duration;
/// use trycourier::Client;
///
/// let client = Client::builder()
///     .api_key("pk_test_1234")
///     .attempt_timeout(Duration::from_secs(10))
///     .max_retries(4)
///     .build()?;
/// # Ok::<(), trycourier::Error>(())
/// ```
///
/// # Proxies
///
/// The client uses the HTTP proxy that the environment names, unless the API is on this machine:
///
/// | variable | meaning |
/// |---|---|
/// | `HTTPS_PROXY` | the proxy, such as `http://user:password@proxy.example:3128` |
/// | `HTTP_PROXY` | the same for a base URL that is plain `http` |
/// | `ALL_PROXY` | the proxy, if the variable above is not set |
/// | `NO_PROXY` | hosts to connect to directly, separated by commas |
///
/// Each can also be written in lower case. On macOS and Windows, the system's settings apply as well. The scheme of a proxy is
/// `http` or `https`. With a SOCKS proxy, calls fail with [`ErrorKind::Proxy`] and are not retried; any other scheme is refused by
/// [`build`](Self::build). For other settings, give the client a `reqwest` client or a [`transport`](Self::transport).
#[must_use]
pub struct ClientBuilder {
    api_key: Option<Sensitive>,
    base_url: String,
    allow_http: bool,
    http: Option<Http>,
    transport: Option<Chosen>,
    connect_timeout: Duration,
    keep_alive: Option<(Duration, Duration)>,
    authorities: Vec<Vec<u8>>,
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
    /// Starts with the settings of the environment variables that [`Client::from_env`] lists.
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
                    "{CUSTOM_HEADERS} has a line without a colon; each line must be `Name: value`"
                )));
            };
            builder.options = builder.options.header(name.trim(), value.trim());
        }
        no_shared_key(&builder.options)
            .and_then(|()| builder.options.check())
            .map_err(|error| configuration(format!("{CUSTOM_HEADERS}: {error}")))?;
        Ok(builder)
    }

    /// The API key of your workspace, for its test or its production environment. It is required. Only
    /// [`from_env`](Self::from_env) reads it from an environment variable.
    pub fn api_key(mut self, key: impl Into<String>) -> Self {
        self.api_key = Some(Sensitive::from(key.into()));
        self
    }

    /// The URL of the API. The default is `https://api.courier.com`. Plain `http` is only accepted for this machine, unless
    /// [`allow_http`](Self::allow_http) permits more.
    pub fn base_url(mut self, url: impl Into<String>) -> Self {
        self.base_url = url.into();
        self
    }

    /// Permits a base URL that is plain `http` to another machine. Anybody on the network can then read the API key. The
    /// default is `false`.
    pub fn allow_http(mut self, allow: bool) -> Self {
        self.allow_http = allow;
        self
    }

    /// How long one attempt may take, 60 s by default; see [`Options::attempt_timeout`].
    #[doc(alias = "timeout")]
    pub fn attempt_timeout(self, timeout: Duration) -> Self {
        self.options(|options| options.attempt_timeout(timeout))
    }

    /// How long connecting may take. The default is 5 s.
    pub fn connect_timeout(mut self, timeout: Duration) -> Self {
        self.connect_timeout = timeout;
        self
    }

    /// How long an HTTP/2 connection may be silent before the client pings it, and how long the reply may take before the
    /// connection is closed. The defaults are 10 s and 5 s, and idle connections are pinged, too.
    ///
    /// So if a connection dies silently, its calls fail after at most 15 s, whatever their timeout is, and are retried on another
    /// one. Independently of this, the first call that times out makes the following ones use a new connection.
    pub fn http2_keep_alive(mut self, interval: Duration, timeout: Duration) -> Self {
        self.keep_alive = Some((interval, timeout));
        self
    }

    /// Certificate authorities to trust in addition to the platform's, for a server or a proxy inside your organization: the
    /// content of a PEM file, with one or more certificates. Call it again for another file. [`build`](Self::build) refuses
    /// content without a certificate.
    #[cfg(any(feature = "rustls", feature = "rustls-no-provider", feature = "native-tls"))]
    #[cfg_attr(docsrs, doc(cfg(any(feature = "rustls", feature = "rustls-no-provider", feature = "native-tls"))))]
    pub fn root_certificates(mut self, pem: impl AsRef<[u8]>) -> Self {
        self.authorities.push(pem.as_ref().to_vec());
        self
    }

    /// How often a call is retried, 2 by default; see [`Options::max_retries`].
    pub fn max_retries(self, max_retries: u32) -> Self {
        self.options(|options| options.max_retries(max_retries))
    }

    /// How many retries the client and its clones can make in a row before the budget stops further ones. The default is 100; 0
    /// turns retries off.
    ///
    /// The budget keeps retries from making an outage worse. It never stops a first attempt. It holds this number of retries, or
    /// two for each call under way if that is more. A retry costs one, and two after a timeout. A successful call pays back its
    /// last retry, or a fifth of a retry if it needed none. Each call also adds a tenth of a retry, and each second adds one. So
    /// a broken connection loses no call, however many it carried, and in a long outage the server gets about 1.1 to 1.2
    /// requests per call at most.
    pub fn retry_budget(mut self, reserve: u32) -> Self {
        self.retry_budget = reserve;
        self
    }

    /// Lets at most `calls` calls begin in each `period`, evenly spread, so that a long job does not run into the API's rate
    /// limits. Clones share the limit, and retries do not count. There is no limit by default. [`build`](Self::build) refuses a
    /// limit of 0 calls.
    ///
    /// A call whose turn would come after its deadline is refused at once, with [`ErrorKind::RateLimited`].
    ///
    /// ```
    /// # use std::time::Duration;
    /// # use trycourier::Client;
    /// let slow = Client::builder().api_key("pk_test_1234").rate_limit(300, Duration::from_secs(60)).build()?;
    /// # Ok::<(), trycourier::Error>(())
    /// ```
    pub fn rate_limit(mut self, calls: u32, period: Duration) -> Self {
        self.pace = Some((calls, period));
        self
    }

    /// A header for every call; see [`Options::header`].
    pub fn header(self, name: &str, value: &str) -> Self {
        self.options(|options| options.header(name, value))
    }

    /// Sets the [`Options`] of all calls: deadline, backoff, idempotency keys, limits.
    pub fn options(mut self, change: impl FnOnce(Options) -> Options) -> Self {
        self.options = change(self.options);
        self
    }

    /// A transport that replaces HTTP; see [`transport`](crate::transport).
    pub fn transport(mut self, transport: impl Transport) -> Self {
        self.transport = Some(Chosen::Own(Box::new(transport)));
        self
    }

    /// A transport that wraps the client's own, for instance to look at what goes in and out.
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

    /// A `reqwest` client to send with, for settings that the builder has no method for.
    ///
    /// Redirects, proxies, the connect timeout, decompression and keep-alive are then those of the given client. Build it with
    /// `redirect(Policy::none())`, because by default reqwest follows redirects to other hosts, changes a `POST` to a `GET`
    /// when it does, and sends the headers of [`Options::header`] along, except `Authorization`. Also build it with
    /// `retry(reqwest::retry::never())`, so that only this crate retries. Timeouts, retries, keys and the size limit of answers
    /// remain those of [`Options`].
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

    /// Runs a function after every call, for metrics. It runs inside the call, so it should not block. If it panics, the result
    /// of the call is not affected.
    ///
    /// ```
    /// # use trycourier::Client;
    /// let client = Client::builder()
    ///     .api_key("pk_test_1234")
    ///     .on_call(|call| println!("{} {:?} {:?}", call.operation, call.status, call.duration))
    ///     .build()?;
    /// # Ok::<(), trycourier::Error>(())
    /// ```
    pub fn on_call(mut self, observer: impl Fn(&CallReport) + Send + Sync + 'static) -> Self {
        self.observer = Some(Box::new(observer));
        self
    }

    /// The source of time and randomness for retries, to replace in tests.
    pub fn clock(mut self, clock: impl Clock) -> Self {
        self.clock = Arc::new(clock);
        self
    }

    /// Builds the client. Nothing is sent yet.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Configuration`], if the key is missing, the base URL is invalid, an option cannot be sent or must not be
    /// shared by all calls, the rate limit is 0 calls, a proxy of the environment or a root certificate cannot be used, or TLS
    /// cannot be set up.
    pub fn build(self) -> Result<Client> {
        let Some(key) = self.api_key.filter(|key| !key.expose().trim().is_empty()) else {
            let detail =
                format!("the API key is missing: set {API_KEY} and use `from_env`, or call `api_key` on the builder");
            return Err(configuration(detail));
        };
        let key = Sensitive::from(key.expose().trim());
        if let Some(reason) = unusable_key(key.expose()) {
            return Err(configuration(format!("the API key ({API_KEY}) {reason}")));
        }
        let mut authorization = HeaderValue::from_str(&format!("Bearer {}", key.expose()))
            .map_err(|_| configuration(format!("the API key ({API_KEY}) is not valid in a header")))?;
        authorization.set_sensitive(true);
        let base_url = BaseUrl::parse(&self.base_url, BASE_URL, self.allow_http)?;
        self.options.check()?;
        no_shared_key(&self.options)?;
        let pace = self.pace.map(|(calls, period)| Pace::new(calls, period)).transpose()?;
        #[cfg(any(feature = "rustls", feature = "rustls-no-provider", feature = "native-tls"))]
        self.authorities.iter().try_for_each(|pem| check_certificates(pem))?;
        if self.http.is_none() && !matches!(self.transport, Some(Chosen::Own(_))) && !base_url.is_loopback() {
            proxy_env::check(base_url.is_https()).map_err(configuration)?;
        }
        let settings = Settings {
            connect_timeout: self.connect_timeout,
            keep_alive: self.keep_alive,
            is_local: base_url.is_loopback(),
            // A file may end without a line break.
            authorities: self.authorities.join(&b'\n'),
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

/// Returns why text cannot be an API key, for instance because it was copied with its surroundings.
fn unusable_key(key: &str) -> Option<&'static str> {
    let starts_with = |prefix: &str| key.get(..prefix.len()).is_some_and(|start| start.eq_ignore_ascii_case(prefix));
    if !key.is_ascii() {
        Some("has a character that is not ASCII, such as a byte order mark; copy the key alone")
    } else if key.contains(['"', '\'', '`']) {
        Some("has quotes; remove them")
    } else if starts_with("bearer ") {
        Some("starts with `Bearer`, which the client adds itself; remove it")
    } else if key.contains("COURIER_API_KEY=") {
        Some("is a whole line; give the key alone, without `COURIER_API_KEY=`")
    } else if key.starts_with('$') {
        Some("is the name of a variable that was not expanded")
    } else if key.contains([' ', '\t', '\r', '\n']) {
        Some("has a blank or a line break in it; copy the key alone, without a comment")
    } else if key.contains(|c: char| c.is_ascii_control()) {
        Some("has a control character, which is not printable ASCII; copy the key alone")
    } else {
        None
    }
}

/// Refuses PEM without a certificate, which would be ignored.
#[cfg(any(feature = "rustls", feature = "rustls-no-provider", feature = "native-tls"))]
fn check_certificates(pem: &[u8]) -> Result<()> {
    let refused = |reason: &str| configuration(format!("what `root_certificates` was given {reason}"));
    match reqwest::Certificate::from_pem_bundle(pem) {
        Ok(certificates) if certificates.is_empty() => Err(refused(
            "has no certificate in PEM format: pass the content of the file, with lines that begin with \
             `-----BEGIN CERTIFICATE-----`",
        )),
        Ok(_) => Ok(()),
        Err(error) => Err(refused("has a certificate that cannot be read").caused_by(error)),
    }
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
