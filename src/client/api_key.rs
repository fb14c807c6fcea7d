//! The API keys of a client: fixed, or provided by a secrets manager; and the state that belongs to each.

use std::collections::HashMap;
use std::error::Error as StdError;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use futures_util::FutureExt as _;
use futures_util::future::{Shared, WeakShared};
use http::HeaderValue;

use crate::error::RetryHint;
use crate::retry::budget::RetryBudget;
use crate::retry::idempotency::KeyGenerator;
use crate::retry::rate_limit::{Limits, RateLimits};
use crate::retry::{Clock, within};
use crate::sync::lock;
use crate::transport::BoxFuture;
use crate::values::sensitive::{Sensitive, sensitive_header};
use crate::{Error, ErrorKind, Result};

/// A source of API keys, such as a secrets manager, for keys that are rotated while the client runs.
///
/// The client asks it before the first call, keeps the key for as long as [`ProvidedKey::valid_for`] permits, and asks
/// again after Courier has refused the key with a 401. The refused call is then sent once more, if the new key differs.
/// Calls that need a key at the same time wait for the same request to the provider. The wait counts toward the [total
/// timeout](crate::Options::total_timeout) and lasts no longer than the [attempt
/// timeout](crate::Options::attempt_timeout).
///
/// ```
/// use std::time::Duration;
/// use trycourier::transport::BoxFuture;
/// use trycourier::{ApiKeyProvider, Client, ProvidedKey};
///
/// struct SecretFile(std::path::PathBuf);
///
/// impl ApiKeyProvider for SecretFile {
///     fn api_key(&self) -> BoxFuture<'_, Result<ProvidedKey, Box<dyn std::error::Error + Send + Sync>>> {
///         Box::pin(async {
///             let key = tokio::fs::read_to_string(&self.0).await?;
///             Ok(ProvidedKey::new(key).valid_for(Duration::from_secs(600)))
///         })
///     }
/// }
///
/// let client = Client::builder().api_key_provider(SecretFile("/run/secrets/courier".into())).build()?;
/// # Ok::<(), trycourier::Error>(())
/// ```
pub trait ApiKeyProvider: Send + Sync + 'static {
    /// Returns the current key.
    ///
    /// # Errors
    ///
    /// Any error. The waiting calls then fail with [`ErrorKind::ApiKey`], and the next call asks again. The error is
    /// their [source](std::error::Error::source), so it should not contain secrets.
    fn api_key(&self) -> BoxFuture<'_, Result<ProvidedKey, Box<dyn StdError + Send + Sync>>>;
}

/// An API key from an [`ApiKeyProvider`].
#[derive(Clone, Debug)]
#[must_use]
pub struct ProvidedKey {
    key: Sensitive,
    valid_for: Option<Duration>,
}

impl ProvidedKey {
    /// Creates a key that the client uses until Courier refuses it.
    pub fn new(key: impl Into<String>) -> Self {
        Self { key: Sensitive::from(key.into()), valid_for: None }
    }

    /// Sets the time for which the client uses the key before it asks for the next. The default is unlimited.
    pub fn valid_for(mut self, time: Duration) -> Self {
        self.valid_for = Some(time);
        self
    }
}

/// An API key that can be sent.
pub(crate) struct ApiKey {
    pub text: Sensitive,
    pub authorization: HeaderValue,
}

impl ApiKey {
    /// Parses a key, or returns the reason why it is not a valid key.
    pub(crate) fn parse(text: &str) -> Result<Arc<Self>, &'static str> {
        let text = text.trim();
        if let Some(reason) = unusable_key(text) {
            return Err(reason);
        }
        let authorization = sensitive_header(&format!("Bearer {text}")).ok_or("is not valid in a header")?;
        Ok(Arc::new(Self { text: text.into(), authorization }))
    }
}

/// Returns the reason why a text cannot be an API key, for example because surrounding text was copied with it.
fn unusable_key(key: &str) -> Option<&'static str> {
    let starts_with = |prefix: &str| key.get(..prefix.len()).is_some_and(|start| start.eq_ignore_ascii_case(prefix));
    if key.is_empty() {
        Some("is empty")
    } else if !key.is_ascii() {
        Some("has a character that is not ASCII, such as a byte order mark; copy the key alone")
    } else if key.contains(['"', '\'', '`']) {
        Some("has quotes; remove them")
    } else if starts_with("bearer") && !key.as_bytes().get(6).is_some_and(u8::is_ascii_alphanumeric) {
        Some("starts with `Bearer`, which the client adds itself; remove it")
    } else if key.to_ascii_uppercase().contains("COURIER_API_KEY=") {
        Some("is a whole line; give the key alone, without `COURIER_API_KEY=`")
    } else if key.starts_with(['$', '%', '<', '{']) {
        Some("is a placeholder or the name of a variable that was not expanded")
    } else if key.ends_with([',', ';']) {
        Some("ends in a punctuation mark; copy the key alone")
    } else if key.contains([' ', '\t', '\r', '\n']) {
        Some("has a blank or a line break in it; copy the key alone, without a comment")
    } else if key.contains(|c: char| c.is_ascii_control()) {
        Some("has a control character, which is not printable ASCII; copy the key alone")
    } else {
        None
    }
}

/// The state of one API key, or of the keys of one provider.
pub(crate) struct Account {
    source: Source,
    pub budget: RetryBudget,
    pub limits: RateLimits,
    pub keys: KeyGenerator,
}

/// The source of an account's keys.
pub(crate) enum Source {
    Fixed(Arc<ApiKey>),
    Provided(Arc<Provided>),
}

impl Source {
    pub(crate) fn from_provider(provider: Arc<dyn ApiKeyProvider>) -> Self {
        Self::Provided(Arc::new(Provided { provider, state: Mutex::default() }))
    }
}

impl Account {
    /// Returns the key to send, and asks the provider if necessary: also if the server has refused the given key.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::ApiKey`] if the provider fails, and [`ErrorKind::Timeout`] if it takes longer than the given time.
    pub(crate) async fn api_key(
        &self,
        clock: &Arc<dyn Clock>,
        refused: Option<&Arc<ApiKey>>,
        timeout: impl FnOnce() -> Result<Duration>,
    ) -> Result<Arc<ApiKey>> {
        let provided = match &self.source {
            Source::Fixed(key) => return Ok(Arc::clone(key)),
            Source::Provided(provided) => provided,
        };
        let request = match provided.current(clock, refused) {
            Ok(key) => return Ok(key),
            Err(request) => request,
        };
        let Some(outcome) = Box::pin(within(&**clock, timeout()?, request)).await else {
            return Err(Error::new(ErrorKind::Timeout, "the API key provider did not return a key in time"));
        };
        outcome.map_err(|failure| match failure {
            Failure::Provider(cause) => {
                Error::new(ErrorKind::ApiKey, "the API key provider failed, so the request was not sent")
                    .caused_by(cause)
            }
            Failure::Unusable(reason) => {
                let detail = format!("the API key from the provider {reason}");
                Error::new(ErrorKind::ApiKey, detail).with_retry_hint(RetryHint::Permanent)
            }
        })
    }

    pub(crate) fn has_provider(&self) -> bool {
        matches!(self.source, Source::Provided(_))
    }
}

/// The keys of a provider.
pub(crate) struct Provided {
    provider: Arc<dyn ApiKeyProvider>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    key: Option<Arc<ApiKey>>,
    /// `true` if the server has refused the key.
    is_refused: bool,
    expires_at: Option<Instant>,
    /// The time at which the provider returned a key again that the server had refused.
    confirmed_at: Option<Instant>,
    /// The current request to the provider, and its start. Only the calls that wait for it keep it, and each of them
    /// can drive it: a request that one call drove would stop if that call was dropped or not polled.
    request: Option<(WeakShared<KeyRequest>, Instant)>,
}

type Outcome = Result<Arc<ApiKey>, Failure>;
type KeyRequest = BoxFuture<'static, Outcome>;

#[derive(Clone)]
enum Failure {
    Provider(Arc<dyn StdError + Send + Sync>),
    Unusable(&'static str),
}

/// The age from which a request to the provider is no longer joined.
const MAX_REQUEST_AGE: Duration = Duration::from_secs(60);

/// The time for which the provider is not asked again about a refused key that it has returned again.
const CONFIRMED_FOR: Duration = Duration::from_secs(10);

impl Provided {
    /// Returns the current key, or the request to the provider for the next.
    fn current(
        self: &Arc<Self>,
        clock: &Arc<dyn Clock>,
        refused: Option<&Arc<ApiKey>>,
    ) -> Result<Arc<ApiKey>, Shared<KeyRequest>> {
        let now = clock.now();
        let is_within = |since: Instant, time| now.saturating_duration_since(since) < time;
        let mut state = lock(&self.state);
        if let (Some(key), Some(refused)) = (&state.key, refused)
            && Arc::ptr_eq(key, refused)
            && !state.confirmed_at.is_some_and(|confirmed_at| is_within(confirmed_at, CONFIRMED_FOR))
        {
            state.is_refused = true;
        }
        let is_valid = !state.is_refused && state.expires_at.is_none_or(|end| now < end);
        if let Some(key) = state.key.as_ref().filter(|_| is_valid) {
            return Ok(Arc::clone(key));
        }
        if let Some((request, start)) = &state.request
            && is_within(*start, MAX_REQUEST_AGE)
            && let Some(request) = request.upgrade()
        {
            return Err(request);
        }
        let (provided, clock) = (Arc::clone(self), Arc::clone(clock));
        let request = async move {
            let outcome = provided.provider.api_key().await;
            provided.finish(outcome, clock.now())
        };
        let request = request.boxed().shared();
        state.request = request.downgrade().map(|request| (request, now));
        Err(request)
    }

    /// Stores the outcome of a request to the provider.
    fn finish(&self, outcome: Result<ProvidedKey, Box<dyn StdError + Send + Sync>>, now: Instant) -> Outcome {
        let mut state = lock(&self.state);
        state.request = None;
        let ProvidedKey { key: text, valid_for } = outcome.map_err(|error| Failure::Provider(error.into()))?;
        let mut key = ApiKey::parse(text.expose()).map_err(Failure::Unusable)?;
        state.confirmed_at = None;
        if let Some(previous) = state.key.as_ref().filter(|previous| previous.text == key.text) {
            key = Arc::clone(previous);
            state.confirmed_at = state.is_refused.then_some(now);
        }
        state.key = Some(Arc::clone(&key));
        state.is_refused = false;
        state.expires_at = valid_for.and_then(|time| now.checked_add(time));
        Ok(key)
    }
}

/// The accounts of a client and its copies.
pub(crate) struct Accounts {
    retry_budget: u32,
    limits: Limits,
    by_key: Mutex<HashMap<String, Arc<Account>>>,
}

/// The number of keys from which the state of keys that no client uses is dropped.
const MAX_UNUSED_KEYS: usize = 10_000;

impl Accounts {
    pub(crate) fn new(retry_budget: u32, limits: Limits) -> Self {
        Self { retry_budget, limits, by_key: Mutex::default() }
    }

    /// Returns the account of a source, which is the same for the same key.
    pub(crate) fn account(&self, source: Source, now: Instant) -> Arc<Account> {
        let Source::Fixed(key) = &source else { return self.open(source, now) };
        let mut by_key = lock(&self.by_key);
        if let Some(account) = by_key.get(key.text.expose()) {
            return Arc::clone(account);
        }
        if by_key.len() >= MAX_UNUSED_KEYS {
            by_key.retain(|_, account| Arc::strong_count(account) > 1);
        }
        let text = key.text.expose().to_owned();
        let account = self.open(source, now);
        by_key.insert(text, Arc::clone(&account));
        account
    }

    fn open(&self, source: Source, now: Instant) -> Arc<Account> {
        let (budget, limits) = (RetryBudget::new(self.retry_budget, now), RateLimits::new(&self.limits));
        Arc::new(Account { source, budget, limits, keys: KeyGenerator::default() })
    }
}
