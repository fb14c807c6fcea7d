//! The proxies that environment variables name.

use percent_encoding::percent_decode_str;
use reqwest::Url;

const ALL: [&str; 6] = ["HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"];

/// The proxy of the API.
pub(crate) struct Proxy {
    /// The variable that names it.
    pub variable: &'static str,
    /// The host and the port, without user and password.
    pub address: String,
    pub scheme: String,
}

impl Proxy {
    /// Returns the proxy of requests to `https` or `http`, if a variable names one.
    pub(crate) fn from_env(is_https: bool) -> Option<Self> {
        let (variable, url) = urls(names(is_https)).next()?;
        let host = url.host_str()?;
        let address = url.port_or_known_default().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"));
        Some(Self { variable, address, scheme: url.scheme().to_owned() })
    }
}

/// Checks that requests to `https` or `http` do not bypass a proxy that a variable names in a way that cannot be used.
///
/// SOCKS is not checked, because another crate can enable it in reqwest.
pub(crate) fn check(is_https: bool) -> Result<(), String> {
    let Some((variable, value)) = values(names(is_https)).next() else { return Ok(()) };
    let Some(url) = parse(&value) else { return Err(format!("{variable} is not a valid URL of a proxy")) };
    match url.scheme() {
        "http" | "https" | "socks4" | "socks4a" | "socks5" | "socks5h" => Ok(()),
        scheme => Err(format!("{variable} names a proxy of the scheme {scheme}; only http and https are supported")),
    }
}

/// Returns the users and passwords of all proxies. The password is empty if the URL has only a token.
pub(crate) fn credentials() -> impl Iterator<Item = (String, String)> {
    let decoded = |text: &str| percent_decode_str(text).decode_utf8_lossy().into_owned();
    urls(&ALL).map(move |(_, url)| (decoded(url.username()), decoded(url.password().unwrap_or_default())))
}

fn names(is_https: bool) -> &'static [&'static str] {
    if is_https {
        &["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"]
    } else {
        &["HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"]
    }
}

fn urls(names: &[&'static str]) -> impl Iterator<Item = (&'static str, Url)> {
    values(names).filter_map(|(name, value)| Some((name, parse(&value)?)))
}

/// Returns the variables that are set, and their values.
fn values(names: &[&'static str]) -> impl Iterator<Item = (&'static str, String)> {
    let values = names.iter().filter_map(|name| Some((*name, std::env::var(name).ok()?)));
    values.filter(|(_, value)| !value.is_empty())
}

/// Reads the URL of a proxy. Without a scheme, it is a host and a port, although `localhost:3128` could be read as a
/// URL.
fn parse(value: &str) -> Option<Url> {
    let url = if value.contains("://") { Url::parse(value) } else { Url::parse(&format!("http://{value}")) };
    url.ok()
}
