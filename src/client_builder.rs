//! The making of a client.

use std::env;
use std::fmt;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use reqwest::header::HeaderValue;
use reqwest::{StatusCode, Url, redirect};

use crate::client::{Inner, Observer};
use crate::observe::Call;
use crate::retry::{Clock, RetryBudget, TokioClock};
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
    http_client: Option<reqwest::Client>,
    connect_timeout: Duration,
    retry_budget: u32,
    options: Options,
    clock: Box<dyn Clock>,
    observer: Option<Observer>,
}

impl Default for ClientBuilder {
    fn default() -> Self {
        Self {
            api_key: None,
            base_url: DEFAULT_BASE_URL.to_owned(),
            allow_http: false,
            http_client: None,
            connect_timeout: Duration::from_secs(5),
            retry_budget: RetryBudget::DEFAULT_CAPACITY,
            options: Options::default(),
            clock: Box::new(TokioClock),
            observer: None,
        }
    }
}

impl ClientBuilder {
    /// A builder with what the environment sets, to be changed further; the variables are those of [`Client::from_env`].
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Configuration`], naming the variable, when a value cannot be used. A missing key is no error yet.
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
                    "{CUSTOM_HEADERS} has a line without a colon; it takes `Name: value` lines"
                )));
            };
            builder.options = builder.options.header(name.trim(), value.trim());
        }
        builder.options.check().map_err(|error| configuration(format!("{CUSTOM_HEADERS}: {error}")))?;
        Ok(builder)
    }

    /// The API key of the workspace and environment, from the Courier app; required. The
    /// environment is read by [`from_env`](Self::from_env) alone.
    pub fn api_key(mut self, key: impl Into<String>) -> Self {
        self.api_key = Some(Sensitive::from(key.into()));
        self
    }

    /// Where the API is; `https://api.courier.com` by default. Plain `http` is for a host on this machine only, unless
    /// [`allow_http`](Self::allow_http) says otherwise.
    pub fn base_url(mut self, url: impl Into<String>) -> Self {
        self.base_url = url.into();
        self
    }

    /// Lets a base URL be plain `http` to another machine. The API key then crosses the network in the clear.
    pub fn allow_http(mut self, allow: bool) -> Self {
        self.allow_http = allow;
        self
    }

    /// How long one attempt may take; see [`Options::timeout`].
    pub fn timeout(self, timeout: Duration) -> Self {
        self.options(|options| options.timeout(timeout))
    }

    /// How long a connection may take to be made; 5 s by default.
    pub fn connect_timeout(mut self, timeout: Duration) -> Self {
        self.connect_timeout = timeout;
        self
    }

    /// How often a call is tried again; see [`Options::max_retries`].
    pub fn max_retries(self, max_retries: u32) -> Self {
        self.options(|options| options.max_retries(max_retries))
    }

    /// The tokens of the budget that the client and its clones pay retries from; 500 by default, which is 100 retries in a
    /// row. A retry costs 5, one after a timeout 10; a success gives back what its last retry cost, or 1.
    pub fn retry_budget(mut self, tokens: u32) -> Self {
        self.retry_budget = tokens;
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

    /// A client of `reqwest`'s to send with, for a proxy or certificates of your own.
    ///
    /// What it is made with is then its own: the redirect policy, the connect timeout, decompression, headers of its own.
    /// Make it with `redirect(redirect::Policy::none())`: by itself `reqwest` follows redirects to other hosts, makes a `GET`
    /// of a `POST` on the way, and takes along what [`Options::header`] sets, if not `Authorization`. Timeouts, retries, keys
    /// and the limit of an answer stay those of [`Options`].
    ///
    /// ```
    /// use trycourier::{Client, reqwest};
    ///
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let http = reqwest::Client::builder()
    ///     .redirect(reqwest::redirect::Policy::none())
    ///     .proxy(reqwest::Proxy::all("http://proxy.example:3128")?)
    ///     .build()?;
    /// let client = Client::builder().api_key("pk_test_1234").http_client(http).build()?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn http_client(mut self, client: reqwest::Client) -> Self {
        self.http_client = Some(client);
        self
    }

    /// Is told of every call that has ended: for metrics. It runs within the call, and should not wait for anything.
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
        self.clock = Box::new(clock);
        self
    }

    /// Makes the client. Nothing is sent yet.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Configuration`], when the key is missing, the base URL cannot be used, an option cannot be sent, or TLS
    /// cannot be set up.
    pub fn build(self) -> Result<Client> {
        let Some(key) = self.api_key.filter(|key| !key.expose().trim().is_empty()) else {
            let detail =
                format!("there is no API key: set {API_KEY} and use `from_env`, or call `api_key` on the builder");
            return Err(configuration(detail));
        };
        let key = Sensitive::from(key.expose().trim());
        let mut authorization = HeaderValue::from_str(&format!("Bearer {}", key.expose()))
            .map_err(|_| configuration(format!("the API key ({API_KEY}) has a character that no header may have")))?;
        authorization.set_sensitive(true);
        let base_url = usable_base_url(&self.base_url, self.allow_http)?;
        self.options.check()?;
        let client = match self.http_client {
            Some(client) => client,
            None => http_client(self.connect_timeout, &base_url)?,
        };
        let inner = Inner {
            authorization,
            key,
            budget: RetryBudget::new(self.retry_budget),
            clock: self.clock,
            observer: self.observer,
        };
        Ok(Client { baseurl: base_url.into(), client, inner: Arc::new(inner), options: Arc::new(self.options) })
    }
}

fn configuration(detail: String) -> Error {
    Error::new(ErrorKind::Configuration, detail)
}

/// A variable of the environment; none when it is unset or blank.
fn variable(name: &str) -> Result<Option<String>> {
    match env::var(name) {
        Ok(value) => Ok(Some(value.trim().to_owned()).filter(|value| !value.is_empty())),
        Err(env::VarError::NotPresent) => Ok(None),
        Err(env::VarError::NotUnicode(_)) => Err(configuration(format!("{name} is not UTF-8"))),
    }
}

/// The base URL without a slash at its end.
fn usable_base_url(text: &str, allow_http: bool) -> Result<String> {
    // The text is not shown: it may have a password in it.
    let url = Url::parse(text.trim())
        .map_err(|error| configuration(format!("the base URL ({BASE_URL}) is no URL: {error}")))?;
    let refuse = |reason: &str| Err(configuration(format!("the base URL ({BASE_URL}) {reason}")));
    match url.scheme() {
        "https" => {}
        "http" if allow_http || is_loopback(&url) => {}
        "http" => {
            return refuse(
                "is plain http to another machine, where the API key would cross the network in the clear; \
                 `allow_http` lets it through",
            );
        }
        _ => return refuse("is neither https nor http"),
    }
    if !url.username().is_empty() || url.password().is_some() {
        return refuse("has a user or a password in it; Courier knows the API key alone");
    }
    if url.query().is_some() || url.fragment().is_some() {
        return refuse("has a query or a fragment, and cannot be followed by a path");
    }
    Ok(url.as_str().trim_end_matches('/').to_owned())
}

fn is_loopback(url: &Url) -> bool {
    let Some(host) = url.host_str() else { return false };
    let address = host.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>();
    // Not `*.localhost`: not every resolver keeps these names on the machine.
    host == "localhost" || address.is_ok_and(|address| address.is_loopback())
}

fn http_client(connect_timeout: Duration, base_url: &str) -> Result<reqwest::Client> {
    let builder = reqwest::Client::builder()
        .connect_timeout(connect_timeout)
        .redirect(redirect::Policy::custom(same_request_same_origin));
    // What is meant for this machine does not leave it by a proxy of the environment.
    let is_local = Url::parse(base_url).is_ok_and(|url| is_loopback(&url));
    let builder = if is_local { builder.no_proxy() } else { builder };
    builder.build().map_err(|error| {
        configuration("the HTTP client cannot be made, most often for want of certificates".to_owned()).caused_by(error)
    })
}

/// Follows a redirect that repeats the request as it is, at the same scheme, host and port: the key goes nowhere else.
fn same_request_same_origin(attempt: redirect::Attempt<'_>) -> redirect::Action {
    const MOST: usize = 10;
    let from = attempt.previous().last();
    if !from.is_some_and(|from| is_same_request_same_origin(attempt.status(), from, attempt.url())) {
        attempt.stop()
    } else if attempt.previous().len() > MOST {
        attempt.error("too many redirects")
    } else {
        attempt.follow()
    }
}

fn is_same_request_same_origin(status: StatusCode, from: &Url, to: &Url) -> bool {
    matches!(status, StatusCode::TEMPORARY_REDIRECT | StatusCode::PERMANENT_REDIRECT) && from.origin() == to.origin()
}

impl fmt::Debug for ClientBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClientBuilder")
            .field("api_key", &self.api_key)
            .field("options", &self.options)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use reqwest::{StatusCode, Url};

    use super::{is_same_request_same_origin, usable_base_url};

    #[test]
    fn a_redirect_is_followed_within_the_origin_alone() {
        let from = Url::parse("https://api.courier.com/send").unwrap();
        for (status, to, followed) in [
            (307, "https://api.courier.com/elsewhere", true),
            (308, "https://api.courier.com:443/elsewhere", true),
            (307, "http://api.courier.com/send", false),
            (307, "http://api.courier.com:443/send", false),
            (307, "https://api.courier.com:8443/send", false),
            (307, "https://api.courier.com.evil.example/send", false),
            (307, "https://api.courier.com@evil.example/send", false),
            (307, "https://courier.com/send", false),
            (307, "data:text/plain,x", false),
            (301, "https://api.courier.com/elsewhere", false),
            (302, "https://api.courier.com/elsewhere", false),
            (303, "https://api.courier.com/elsewhere", false),
        ] {
            let (status, url) = (StatusCode::from_u16(status).unwrap(), Url::parse(to).unwrap());
            assert_eq!(is_same_request_same_origin(status, &from, &url), followed, "{status} {to}");
        }
    }

    #[test]
    fn a_base_url_is_https_or_on_this_machine() {
        for (text, usable) in [
            ("https://api.courier.com", Some("https://api.courier.com")),
            (" https://api.courier.com/ ", Some("https://api.courier.com")),
            ("https://proxy.example/courier//", Some("https://proxy.example/courier")),
            ("http://127.0.0.1:4010", Some("http://127.0.0.1:4010")),
            ("http://[::1]:4010", Some("http://[::1]:4010")),
            ("http://localhost:4010/", Some("http://localhost:4010")),
            ("http://courier.localhost", None),
            ("http://localhost.example.com", None),
            ("http://api.courier.com", None),
            ("ftp://api.courier.com", None),
            ("https://user:secret@api.courier.com", None),
            ("https://api.courier.com?x=1", None),
            ("api.courier.com", None),
            ("", None),
        ] {
            let url = usable_base_url(text, false);
            assert_eq!(url.as_deref().ok(), usable, "{text}");
            if let Err(error) = url {
                assert!(!error.to_string().contains("secret"), "{error}");
            }
        }
        assert!(usable_base_url("http://api.courier.com", true).is_ok());
    }
}
