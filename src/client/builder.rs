//! The builder of a client.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use super::api_key::{Accounts, ApiKey, ApiKeyProvider, Source};
use super::base_url::BaseUrl;
use super::options::Options;
use super::{Client, Inner, Shared, proxy_env};
use crate::retry::budget::RetryBudget;
use crate::retry::rate_limit::{Limits, interval};
use crate::retry::{Clock, TokioClock};
#[cfg(feature = "opentelemetry")]
use crate::telemetry::metrics::{self, Metrics};
use crate::telemetry::{CallReport, Observer, Telemetry};
use crate::transport::{Http, KeepAlive, Settings, Transport};
use crate::values::sensitive::Sensitive;
use crate::{Error, ErrorKind, Result};

pub(super) const API_KEY: &str = "COURIER_API_KEY";
pub(super) const BASE_URL: &str = "COURIER_BASE_URL";

const DEFAULT_BASE_URL: &str = "https://api.courier.com";
const DEFAULT_CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// Builds a [`Client`].
///
/// ```
/// use std::time::Duration;
/// use trycourier::Client;
///
/// let client = Client::builder()
///     .api_key("pk_test_1234")
///     .connect_timeout(Duration::from_secs(2))
///     .rate_limit(300, Duration::from_secs(60))
///     .options(|options| options.attempt_timeout(Duration::from_secs(10)).max_retries(4))
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
/// The names can also be lowercase. On macOS and Windows, the system's settings apply as well. The scheme of a proxy is
/// `http` or `https`. With a SOCKS proxy, calls fail with [`ErrorKind::Proxy`] and are not retried;
/// [`build`](Self::build) refuses any other scheme. To choose a proxy in another way, pass your own `reqwest` client or
/// [`transport`](Self::transport).
#[derive(Default)]
#[must_use]
#[doc(alias = "proxy")]
pub struct ClientBuilder {
    api_key: Option<Sensitive>,
    api_key_provider: Option<Arc<dyn ApiKeyProvider>>,
    base_url: Option<String>,
    allow_http: bool,
    http: Option<Http>,
    transport: Option<Box<dyn Transport>>,
    wrap: Option<Wrap>,
    connect_timeout: Option<Duration>,
    /// The interval and the time limit.
    keep_alive: Option<(Duration, Duration)>,
    authorities: Vec<Vec<u8>>,
    retry_budget: Option<u32>,
    /// The limits of operations and resources, by name, and of the client, whose name is empty.
    pub(crate) rate_limits: BTreeMap<&'static str, (u32, Duration)>,
    documented_rate_limits: bool,
    pub(super) options: Options,
    clock: Option<Arc<dyn Clock>>,
    observers: Vec<Observer>,
    #[cfg(feature = "opentelemetry")]
    meter: Option<opentelemetry::metrics::Meter>,
    #[cfg(feature = "opentelemetry")]
    propagates_context: bool,
    /// A setting that would silently replace an earlier one.
    conflict: Option<&'static str>,
}

/// Wraps the client's own transport.
type Wrap = Box<dyn FnOnce(Http) -> Box<dyn Transport> + Send + Sync>;

impl Client {
    /// Creates a builder without reading the environment.
    pub fn builder() -> ClientBuilder {
        ClientBuilder::default()
    }
}

impl ClientBuilder {
    /// Sets the API key of your workspace, for its test or its production environment. The key is required. Only
    /// [`from_env`](Self::from_env) reads it from an environment variable.
    pub fn api_key(mut self, key: impl Into<String>) -> Self {
        self.api_key = Some(Sensitive::from(key.into()));
        self.api_key_provider = None;
        self
    }

    /// Sets the source of the API key, such as a secrets manager. It replaces a key that was set before, and
    /// [`api_key`](Self::api_key) replaces it. See [`ApiKeyProvider`].
    #[doc(alias = "rotation")]
    #[doc(alias = "credentials")]
    pub fn api_key_provider(mut self, provider: impl ApiKeyProvider) -> Self {
        self.api_key_provider = Some(Arc::new(provider));
        self.api_key = None;
        self
    }

    /// Sets the URL of the API. The default is `https://api.courier.com`. Plain `http` is accepted only for this
    /// machine, unless [`allow_http`](Self::allow_http) permits more.
    pub fn base_url(mut self, url: impl Into<String>) -> Self {
        self.base_url = Some(url.into());
        self
    }

    /// Sets whether the base URL can be plain `http` to another machine, which exposes the API key to the whole
    /// network. The default is `false`.
    pub fn allow_http(mut self, allow: bool) -> Self {
        self.allow_http = allow;
        self
    }

    /// Sets the time limit for connecting. The default is 5 s. [`build`](Self::build) refuses zero.
    pub fn connect_timeout(mut self, timeout: Duration) -> Self {
        self.connect_timeout = Some(timeout);
        self
    }

    /// Sets the time after which the client pings a silent HTTP/2 connection, and the time limit for the reply, after
    /// which the client closes the connection. The defaults are 10 s and 5 s. Idle connections are pinged as well.
    ///
    /// If a connection dies silently, its calls therefore fail after at most 15 s, regardless of their timeout, and are
    /// retried on another connection. Separately, after a call times out, subsequent calls use a new connection.
    ///
    /// [`Duration::MAX`], like any duration of more than a year, turns pings off. [`build`](Self::build) refuses a
    /// duration of zero.
    ///
    /// ```
    /// use std::time::Duration;
    /// use trycourier::Client;
    ///
    /// let client = Client::builder()
    ///     .api_key("pk_test_1234")
    ///     .http2_keep_alive(Duration::MAX, Duration::MAX) // no pings
    ///     .build()?;
    /// # Ok::<(), trycourier::Error>(())
    /// ```
    #[doc(alias = "ping")]
    pub fn http2_keep_alive(mut self, interval: Duration, timeout: Duration) -> Self {
        self.keep_alive = Some((interval, timeout));
        self
    }

    /// Adds certificate authorities to trust in addition to the platform's, for a server or a proxy inside your
    /// organization. The argument is the content of a PEM file with one or more certificates. Call the method again for
    /// another file. [`build`](Self::build) refuses content without a certificate.
    #[cfg(any(feature = "rustls", feature = "rustls-no-provider", feature = "native-tls"))]
    #[cfg_attr(docsrs, doc(cfg(any(feature = "rustls", feature = "rustls-no-provider", feature = "native-tls"))))]
    pub fn root_certificates(mut self, pem: impl AsRef<[u8]>) -> Self {
        self.authorities.push(pem.as_ref().to_vec());
        self
    }

    /// Sets the number of retries that the client and its clones can make in a row before the budget prevents further
    /// retries. The default is 100; 0 turns retries off.
    ///
    /// The budget keeps retries from making an outage worse. It never prevents a first attempt. It holds this number of
    /// retries, or two for each active call if that is more; a call that waits for a rate limit is not active yet. A
    /// retry costs one unit, or two after a timeout. A successful call pays back its last retry, or a fifth of a retry
    /// if it needed no retry. Each call also adds a tenth of a retry, and each second adds one. So a broken connection
    /// loses no calls, regardless of how many it carried, and in a long outage the server gets about 1.1 to 1.2
    /// requests per call at most.
    #[doc(alias = "token_bucket")]
    pub fn retry_budget(mut self, reserve: u32) -> Self {
        self.retry_budget = Some(reserve);
        self
    }

    /// Limits the client to starting `calls` calls in each `period`, evenly spaced, so that a long job does not exceed
    /// the API's rate limits. Clones share the limit, each [API key](Client::with_api_key) has a separate one, and
    /// retries do not count. The default is unlimited. [`rate_limit_for`](Self::rate_limit_for) limits a single
    /// operation, and [`rate_limit_for_resource`](Self::rate_limit_for_resource) a resource. [`build`](Self::build)
    /// refuses a limit of 0 calls.
    ///
    /// A call that could start only after its [total timeout](Options::total_timeout) fails immediately, with
    /// [`ErrorKind::RateLimited`]. Dropping a waiting call gives its turn to a later call.
    ///
    /// ```
    /// # use std::time::Duration;
    /// # use trycourier::Client;
    /// let slow = Client::builder().api_key("pk_test_1234").rate_limit(300, Duration::from_secs(60)).build()?;
    /// # Ok::<(), trycourier::Error>(())
    /// ```
    #[doc(alias = "throttle")]
    #[doc(alias = "pace")]
    pub fn rate_limit(mut self, calls: u32, period: Duration) -> Self {
        self.rate_limits.insert("", (calls, period));
        self
    }

    /// Sets whether the client keeps the rate limits that Courier documents, as if
    /// [`rate_limit_for`](Self::rate_limit_for) had been called for each of these operations. A call of
    /// `rate_limit_for` takes precedence. The page of an operation in [`resources`](crate::resources) states its limit.
    /// The default is `false`.
    pub fn documented_rate_limits(mut self, limit: bool) -> Self {
        self.documented_rate_limits = limit;
        self
    }

    /// Changes the [`Options`] of all calls: timeouts, retries, headers, idempotency keys, limits.
    ///
    /// ```
    /// # use std::time::Duration;
    /// # use trycourier::Client;
    /// let client = Client::builder()
    ///     .api_key("pk_test_1234")
    ///     .options(|options| options.total_timeout(Duration::from_secs(30)).max_retries(4).header("x-team", "billing"))
    ///     .build()?;
    /// # Ok::<(), trycourier::Error>(())
    /// ```
    #[doc(alias = "timeout")]
    #[doc(alias = "retry")]
    #[doc(alias = "max_retries")]
    #[doc(alias = "header")]
    #[doc(alias = "default_headers")]
    pub fn options(mut self, change: impl FnOnce(Options) -> Options) -> Self {
        self.options = change(self.options);
        self
    }

    /// Replaces HTTP with another transport; see [`transport`](crate::transport). A second transport replaces the
    /// first.
    pub fn transport(mut self, transport: impl Transport) -> Self {
        self.transport = Some(Box::new(transport));
        self
    }

    /// Wraps the client's own transport, for example to inspect requests and responses.
    ///
    /// [`build`](Self::build) refuses a second wrapper, and a wrapper in addition to [`transport`](Self::transport),
    /// because one of the two would have no effect. To wrap your own transport, do so before you pass it to
    /// `transport`.
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
        if self.wrap.replace(Box::new(|http| Box::new(wrap(http)))).is_some() {
            self.conflict = Some("`wrap_transport` was called twice, and the second wrapper would replace the first");
        }
        self
    }

    /// Sets the `reqwest` client to send with, for settings that the builder does not offer.
    ///
    /// The given client then determines redirects, proxies, the connect timeout, decompression and keep-alive. Build it
    /// with `redirect(Policy::none())`, because by default reqwest follows redirects to other hosts, changes a `POST`
    /// to a `GET` when it does, and sends the headers of [`Options::header`] along, except `Authorization`. Also build
    /// it with `retry(reqwest::retry::never())`, so that only this crate retries. [`Options`] still determines
    /// timeouts, retries, keys and the size limit of responses.
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

    /// Adds a callback that is invoked after every call, for metrics. The callback runs inside the call, so it should
    /// not block. A panic in it does not affect the result of the call. Callbacks are invoked in the order in which
    /// they were added.
    ///
    /// ```
    /// # use trycourier::Client;
    /// let client = Client::builder()
    ///     .api_key("pk_test_1234")
    ///     .on_call(|report| println!("{} {:?} {:?}", report.operation, report.status, report.duration))
    ///     .build()?;
    /// # Ok::<(), trycourier::Error>(())
    /// ```
    #[doc(alias = "observer")]
    #[doc(alias = "metrics")]
    #[doc(alias = "hook")]
    pub fn on_call(mut self, callback: impl Fn(&CallReport) + Send + Sync + 'static) -> Self {
        self.observers.push(Box::new(callback));
        self
    }

    /// Sets OpenTelemetry's meter provider for the client's metrics. The default is the global meter provider at the
    /// time of [`build`](Self::build). See the [guide](crate::guide::observability) for the list of metrics.
    ///
    /// ```
    /// let provider = opentelemetry_sdk::metrics::SdkMeterProvider::builder().build();
    /// let client = trycourier::Client::builder().api_key("pk_test_1234").meter_provider(&provider).build()?;
    /// # Ok::<(), trycourier::Error>(())
    /// ```
    #[cfg(feature = "opentelemetry")]
    #[cfg_attr(docsrs, doc(cfg(feature = "opentelemetry")))]
    #[doc(alias = "metrics")]
    pub fn meter_provider(mut self, provider: &impl opentelemetry::metrics::MeterProvider) -> Self {
        self.meter = Some(provider.meter_with_scope(metrics::scope()));
        self
    }

    /// Sets whether requests have the headers `traceparent` and `tracestate` of W3C Trace Context, which identify
    /// OpenTelemetry's current span. With the feature `tracing` and the crate `tracing-opentelemetry`, that is the span
    /// of the attempt. The default is `false`.
    #[cfg(feature = "opentelemetry")]
    #[cfg_attr(docsrs, doc(cfg(feature = "opentelemetry")))]
    #[doc(alias = "traceparent")]
    pub fn propagate_trace_context(mut self, propagate: bool) -> Self {
        self.propagates_context = propagate;
        self
    }

    /// Sets the source of time and randomness for retries, which tests can replace.
    pub fn clock(mut self, clock: impl Clock) -> Self {
        self.clock = Some(Arc::new(clock));
        self
    }

    /// Builds the client. No request is sent.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Configuration`], if the key is missing, the base URL is invalid, an option cannot be sent or must
    /// not be shared by all calls, a setting is invalid or would have no effect in combination with another setting, a
    /// proxy from the environment or a root certificate cannot be used, or TLS cannot be set up.
    pub fn build(self) -> Result<Client> {
        let key = self.api_key.filter(|key| !key.expose().trim().is_empty());
        let source = match (key, self.api_key_provider) {
            (_, Some(provider)) => Source::from_provider(provider),
            (Some(key), None) => Source::Fixed(
                ApiKey::parse(key.expose())
                    .map_err(|reason| configuration(format!("the API key ({API_KEY}) {reason}")))?,
            ),
            (None, None) => {
                return Err(configuration(format!(
                    "the API key is missing: set {API_KEY} and use `from_env`, or call `api_key` on the builder"
                )));
            }
        };
        let base_url = self.base_url.as_deref().unwrap_or(DEFAULT_BASE_URL);
        let base_url = BaseUrl::parse(base_url, BASE_URL, self.allow_http)?;
        self.options.check()?;
        check_no_shared_key(&self.options)?;
        let intervals =
            self.rate_limits.into_iter().map(|(name, (calls, period))| Ok((name, interval(calls, period)?)));
        let limits = Limits { intervals: intervals.collect::<Result<_>>()?, documented: self.documented_rate_limits };
        let connect_timeout = self.connect_timeout.unwrap_or(DEFAULT_CONNECT_TIMEOUT);
        if connect_timeout.is_zero() {
            return Err(configuration("`connect_timeout` is zero, so that no connection can be made".to_owned()));
        }
        let conflict = match (&self.transport, &self.wrap, &self.http) {
            (Some(_), Some(_), _) => {
                Some("`wrap_transport` wraps the client's own transport, which `transport` replaces")
            }
            (Some(_), _, Some(_)) => Some("`http_client` has no effect, because `transport` replaces HTTP"),
            _ => self.conflict,
        };
        if let Some(conflict) = conflict {
            return Err(configuration(conflict.to_owned()));
        }
        #[cfg(any(feature = "rustls", feature = "rustls-no-provider", feature = "native-tls"))]
        self.authorities.iter().try_for_each(|pem| check_certificates(pem))?;
        if self.http.is_none() && self.transport.is_none() && !base_url.is_loopback() {
            proxy_env::check(base_url.is_https()).map_err(configuration)?;
        }
        let settings = Settings {
            attempt_timeout: self.options.attempt_timeout,
            connect_timeout,
            keep_alive: self
                .keep_alive
                .map_or(Ok(Some(KeepAlive::DEFAULT)), |(interval, timeout)| KeepAlive::new(interval, timeout))?,
            is_local: base_url.is_loopback(),
            // A file may end without a line break.
            authorities: self.authorities.join(&b'\n'),
        };
        let http = || self.http.map_or_else(|| Http::new(settings), Ok);
        let is_default_transport = self.transport.is_none() && self.wrap.is_none();
        let transport = match (self.transport, self.wrap) {
            (Some(transport), _) => transport,
            (None, Some(wrap)) => wrap(http()?),
            (None, None) => Box::new(http()?),
        };
        let (host, port) = base_url.server();
        let telemetry = Telemetry {
            observers: self.observers,
            host: host.to_owned(),
            port,
            #[cfg(feature = "opentelemetry")]
            metrics: Metrics::new(self.meter, host, port),
            #[cfg(feature = "opentelemetry")]
            propagates_context: self.propagates_context,
        };
        let shared = Shared {
            base_url,
            transport,
            is_default_transport,
            accounts: Accounts::new(self.retry_budget.unwrap_or(RetryBudget::DEFAULT_RESERVE), limits),
            clock: self.clock.unwrap_or_else(|| Arc::new(TokioClock)),
            telemetry,
        };
        let account = shared.accounts.account(source, shared.clock.now());
        Ok(Client(Arc::new(Inner { shared: Arc::new(shared), account, options: self.options })))
    }
}

pub(super) fn configuration(detail: String) -> Error {
    Error::new(ErrorKind::Configuration, detail)
}

/// Refuses PEM in which a certificate would be ignored.
#[cfg(any(feature = "rustls", feature = "rustls-no-provider", feature = "native-tls"))]
fn check_certificates(pem: &[u8]) -> Result<()> {
    let refused = |reason: &str| configuration(format!("the argument of `root_certificates` {reason}"));
    let text = String::from_utf8_lossy(pem);
    let labels = text.split("-----BEGIN ").skip(1).filter_map(|part| Some(part.split_once("-----")?.0));
    let begun = labels.filter(|label| label.ends_with("CERTIFICATE")).count();
    match reqwest::Certificate::from_pem_bundle(pem) {
        Ok(certificates) if certificates.is_empty() => Err(refused(
            "has no certificate in PEM format: pass the content of the file, with lines that begin with \
             `-----BEGIN CERTIFICATE-----`",
        )),
        Ok(certificates) if certificates.len() != begun => Err(refused(
            "has a certificate that would be ignored: `-----BEGIN CERTIFICATE-----` must be a line by itself, without \
             blanks before it and with this label",
        )),
        Ok(_) => Ok(()),
        Err(error) => Err(refused("has a certificate that cannot be read").caused_by(error)),
    }
}

/// Refuses a key for all calls: the server executes only the first call under a key, so later calls would be lost
/// silently.
pub(super) fn check_no_shared_key(options: &Options) -> Result<()> {
    if options.idempotency_key.is_none() {
        return Ok(());
    }
    Err(configuration(
        "an idempotency key cannot be shared by all calls, because the server executes only the first of them; \
         set it on the call instead"
            .to_owned(),
    ))
}

impl fmt::Debug for ClientBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClientBuilder")
            .field("api_key", &self.api_key)
            .field("options", &self.options)
            .finish_non_exhaustive()
    }
}
