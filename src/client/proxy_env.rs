//! The proxies that environment variables name.

use percent_encoding::percent_decode_str;
use reqwest::Url;

const HTTPS: [&str; 4] = ["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"];
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
        let names: &[&'static str] =
            if is_https { &HTTPS } else { &["HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"] };
        let (variable, url) = urls(names).next()?;
        let host = url.host_str()?;
        let address = url.port_or_known_default().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"));
        Some(Self { variable, address, scheme: url.scheme().to_owned() })
    }

    /// Returns `true` if requests can be sent through the proxy.
    pub(crate) fn is_supported(&self) -> bool {
        matches!(self.scheme.as_str(), "http" | "https")
    }
}

/// Returns the users and passwords of all proxies; an empty password if the URL has only a token.
pub(crate) fn credentials() -> impl Iterator<Item = (String, String)> {
    let decoded = |text: &str| percent_decode_str(text).decode_utf8_lossy().into_owned();
    urls(&ALL).map(move |(_, url)| (decoded(url.username()), decoded(url.password().unwrap_or_default())))
}

fn urls(names: &[&'static str]) -> impl Iterator<Item = (&'static str, Url)> {
    let values = names.iter().filter_map(|name| Some((*name, std::env::var(name).ok()?)));
    // Without a scheme, a value is a host and a port, although `localhost:3128` could be read as a URL.
    values.filter(|(_, value)| !value.is_empty()).filter_map(|(name, value)| {
        let url = if value.contains("://") { value } else { format!("http://{value}") };
        Some((name, Url::parse(&url).ok()?))
    })
}
