//! The proxies that the environment names.

use percent_encoding::percent_decode_str;
use reqwest::Url;

/// The host and the port of the proxy before the API, without its user and password.
pub(crate) fn name() -> Option<String> {
    let url = urls(&["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"]).next()?;
    let host = url.host_str()?;
    Some(url.port_or_known_default().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}")))
}

/// The users and passwords of all of them.
pub(crate) fn credentials() -> impl Iterator<Item = (String, String)> {
    let decoded = |text: &str| percent_decode_str(text).decode_utf8_lossy().into_owned();
    urls(&["HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"])
        .filter_map(move |url| Some((decoded(url.username()), decoded(url.password()?))))
}

fn urls(names: &'static [&'static str]) -> impl Iterator<Item = Url> {
    let values = names.iter().filter_map(|name| std::env::var(name).ok()).filter(|value| !value.is_empty());
    // What has no scheme is a host and a port, although `localhost:3128` could be read as a URL.
    values.filter_map(|value| {
        let url = if value.contains("://") { value } else { format!("http://{value}") };
        Url::parse(&url).ok()
    })
}
