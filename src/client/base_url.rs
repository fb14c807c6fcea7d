//! The base URL of the API.

use std::net::IpAddr;

use reqwest::Url;

use crate::{Error, ErrorKind, Result};

/// A URL to which paths can be appended. Its scheme is `https`, or `http` for this machine unless the caller allows
/// more.
#[derive(Clone)]
pub(crate) struct BaseUrl {
    url: Url,
    /// The URL without a slash at its end.
    text: String,
    /// The part that is not confidential, such as `https://api.courier.com`.
    origin: String,
}

impl BaseUrl {
    /// Parses a URL. Errors contain `name`, the setting from which it comes.
    pub(crate) fn parse(text: &str, name: &str, allow_http: bool) -> Result<Self> {
        // The text is not shown, because it may contain a password.
        let refuse = |reason: String| Error::new(ErrorKind::Configuration, format!("the base URL ({name}) {reason}"));
        let url = Url::parse(text.trim()).map_err(|error| refuse(format!("is not a valid URL: {error}")))?;
        let text = url.as_str().trim_end_matches('/').to_owned();
        let base_url = Self { origin: url.origin().ascii_serialization(), text, url };
        let url = &base_url.url;
        match url.scheme() {
            "https" => {}
            "http" if allow_http || base_url.is_loopback() => {}
            "http" => {
                let reason = "is plain http to another machine, so the API key could be read on the network; \
                              `allow_http` permits it";
                return Err(refuse(reason.to_owned()));
            }
            _ => return Err(refuse("is neither https nor http".to_owned())),
        }
        if !url.username().is_empty() || url.password().is_some() {
            let reason = "contains a user or a password; Courier is called with the API key alone";
            return Err(refuse(reason.to_owned()));
        }
        if url.query().is_some() || url.fragment().is_some() {
            return Err(refuse("has a query or a fragment, so no path can follow it".to_owned()));
        }
        Ok(base_url)
    }

    pub(crate) fn origin(&self) -> &str {
        &self.origin
    }

    /// The path, which may be a secret.
    pub(crate) fn path(&self) -> &str {
        self.text.get(self.origin.len()..).unwrap_or_default()
    }

    /// The host and the port, for traces.
    pub(crate) fn server(&self) -> (&str, Option<u16>) {
        (self.url.host_str().unwrap_or_default(), self.url.port_or_known_default())
    }

    pub(crate) fn is_https(&self) -> bool {
        self.url.scheme() == "https"
    }

    /// Returns `true` if the API is on this machine.
    pub(crate) fn is_loopback(&self) -> bool {
        let Some(host) = self.url.host_str() else { return false };
        let address = host.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>();
        // Not `*.localhost`: not every resolver keeps these names on the machine.
        host == "localhost" || address.is_ok_and(|address| address.is_loopback())
    }

    /// Returns the URL of a target, a path with a query, or `None` if it would lead elsewhere.
    pub(crate) fn join(&self, target: &str) -> Option<Url> {
        let (path, query) = target.split_once('?').map_or((target, None), |(path, query)| (path, Some(query)));
        // Not parsed as a whole, because parsing a host takes longer than the rest.
        let mut url = self.url.clone();
        match self.path() {
            "" => url.set_path(path),
            base => url.set_path(&[base, path].concat()),
        }
        if query.is_some() {
            url.set_query(query);
        }
        // Both setters fold any spelling of `..`, drop line breaks, turn backslashes into slashes, and encode a `#`.
        (url.as_str().strip_prefix(self.text.as_str()) == Some(target)).then_some(url)
    }
}

#[cfg(test)]
mod tests {
    use super::BaseUrl;

    #[test]
    fn base_urls_are_https_or_local() {
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
            let url = BaseUrl::parse(text, "COURIER_BASE_URL", false);
            assert_eq!(url.as_ref().ok().map(|url| url.text.as_str()), usable, "{text}");
            if let Err(error) = url {
                assert!(!error.to_string().contains("secret"), "{error}");
            }
        }
        assert!(BaseUrl::parse("http://api.courier.com", "", true).is_ok());
        assert_eq!(BaseUrl::parse("https://a.example/secret/path", "", false).unwrap().origin(), "https://a.example");
    }
}
