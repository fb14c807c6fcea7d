//! The settings that environment variables name.

use std::env;

use super::Client;
use super::builder::{API_KEY, BASE_URL, ClientBuilder, check_no_shared_key, configuration};
use crate::Result;

const CUSTOM_HEADERS: &str = "COURIER_CUSTOM_HEADERS";

impl Client {
    /// Builds a client from environment variables.
    ///
    /// | variable | meaning | |
    /// |---|---|---|
    /// | `COURIER_API_KEY` | the API key | required |
    /// | `COURIER_BASE_URL` | the URL of the API | `https://api.courier.com` by default |
    /// | `COURIER_CUSTOM_HEADERS` | headers for every request, one `Name: value` per line | none by default |
    ///
    /// A variable that is blank counts as unset.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Configuration`](crate::ErrorKind::Configuration), with the name of the variable, if the key is
    /// missing or a value is invalid.
    pub fn from_env() -> Result<Self> {
        ClientBuilder::from_env()?.build()
    }
}

impl ClientBuilder {
    /// Creates a builder with the settings from the environment variables that [`Client::from_env`] lists.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Configuration`](crate::ErrorKind::Configuration), with the name of the variable, if a value is
    /// invalid. A missing key is not an error until `build`.
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
        check_no_shared_key(&builder.options)
            .and_then(|()| builder.options.check())
            .map_err(|error| configuration(format!("{CUSTOM_HEADERS}: {error}")))?;
        Ok(builder)
    }
}

/// Returns an environment variable, or `None` if it is unset or blank.
fn variable(name: &str) -> Result<Option<String>> {
    match env::var(name) {
        Ok(value) => Ok(Some(value.trim().to_owned()).filter(|value| !value.is_empty())),
        Err(env::VarError::NotPresent) => Ok(None),
        Err(env::VarError::NotUnicode(_)) => Err(configuration(format!("{name} is not valid UTF-8"))),
    }
}
