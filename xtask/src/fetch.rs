//! A description as text, from a URL or a file.

use std::fs;
use std::io::ErrorKind;
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use ureq::Agent;
use ureq::http::header::CONTENT_TYPE;
use ureq::http::{StatusCode, Uri};

/// A hundred times the current size of the description.
const MAX_BYTES: u64 = 32 * 1024 * 1024;

const MAX_REDIRECTS: u32 = 5;

const MAX_WAIT: Duration = Duration::from_secs(60);

/// Reads the text at a URL or of a file, and checks that it is not a web page.
pub fn read(from: &str) -> Result<String> {
    let bytes = match from.contains("://") {
        true => download(from)?,
        false => fs::read(from).context("cannot be opened")?,
    };
    let text = String::from_utf8(bytes).ok().context("it is not text")?;
    ensure!(!text.trim().is_empty(), "it is empty");
    ensure!(!text.trim_start().starts_with('<'), WEB_PAGE);
    Ok(text)
}

const WEB_PAGE: &str = "it is a web page, not a description; of a file on GitHub, take the raw address";

fn download(url: &str) -> Result<Vec<u8>> {
    let uri: Uri = url.parse().context("it is not a URL")?;
    // Plain HTTP is only allowed on this machine, for the servers of the tests.
    let is_local = uri.host().is_some_and(|host| ["localhost", "127.0.0.1", "[::1]"].contains(&host));
    let config = Agent::config_builder()
        .https_only(!is_local)
        .http_status_as_error(false)
        .max_redirects(MAX_REDIRECTS)
        .timeout_global(Some(MAX_WAIT))
        .user_agent("trycourier xtask")
        .build();
    let mut response = Agent::from(config).get(url).call().map_err(explain)?;
    match response.status() {
        StatusCode::OK => {}
        StatusCode::NOT_FOUND => bail!("there is nothing at this address (404 Not Found)"),
        status => bail!("the server responded with {status}"),
    }
    let content_type = response.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    require_description(content_type)?;

    let length = response.body().content_length();
    ensure!(length.is_none_or(|length| length <= MAX_BYTES), "it is larger than {MAX_BYTES} bytes");
    response.body_mut().with_config().limit(MAX_BYTES).read_to_vec().map_err(explain)
}

fn explain(error: ureq::Error) -> anyhow::Error {
    let explanation = match &error {
        ureq::Error::Timeout(_) => format!("no response within {} seconds", MAX_WAIT.as_secs()),
        ureq::Error::TooManyRedirects => format!("it redirects more than {MAX_REDIRECTS} times"),
        ureq::Error::RequireHttpsOnly(_) => "it is not HTTPS, or it redirects to an address that is not".to_owned(),
        ureq::Error::HostNotFound => "there is no such host".to_owned(),
        ureq::Error::BodyExceedsLimit(_) => format!("it is larger than {MAX_BYTES} bytes"),
        ureq::Error::Io(error) if error.kind() == ErrorKind::UnexpectedEof => {
            "the download was cut off before its end".to_owned()
        }
        _ => "cannot be fetched".to_owned(),
    };
    anyhow::Error::new(error).context(explanation)
}

/// Servers use many media types for YAML, including plain text.
fn require_description(content_type: &str) -> Result<()> {
    let media_type = content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    ensure!(media_type != "text/html" && media_type != "application/xhtml+xml", WEB_PAGE);
    let is_text = ["json", "yaml", "yml"].iter().any(|kind| media_type.contains(kind));
    let is_unspecified =
        ["", "text/plain", "application/octet-stream", "binary/octet-stream"].contains(&media_type.as_str());
    ensure!(is_text || is_unspecified, "it has the content type {media_type} where YAML or JSON was expected");
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::{read, require_description};

    #[test]
    fn source_without_a_scheme_is_a_file() {
        let error = format!("{:#}", read("../no/such/file.yml").unwrap_err());
        assert!(error.starts_with("cannot be opened"), "{error}");
    }

    #[test]
    fn plain_http_is_for_this_machine_alone() {
        let error = format!("{:#}", read("http://example.com/a.yml").unwrap_err());
        assert!(error.starts_with("it is not HTTPS"), "{error}");
        let error = format!("{:#}", read("ftp://example.com/a.yml").unwrap_err());
        assert!(error.contains("HTTPS"), "{error}");
    }

    #[test]
    fn content_type_of_another_kind_is_refused() {
        for accepted in ["", "text/plain; charset=utf-8", "application/json", "application/x-yaml", "text/yaml"] {
            assert!(require_description(accepted).is_ok(), "{accepted}");
        }
        for refused in ["text/html; charset=utf-8", "image/png", "application/pdf"] {
            assert!(require_description(refused).is_err(), "{refused}");
        }
    }
}
