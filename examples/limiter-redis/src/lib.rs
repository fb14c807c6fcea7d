//! A rate limit in Redis, which several processes share.
//!
//! Redis keeps the times of the latest permits, and grants another only if the oldest of them is out of the window. The
//! usual algorithm for this, GCRA, keeps a single number, but permits almost twice the limit within a minute that begins
//! in the middle of a burst; Courier would refuse those calls.

use std::collections::HashMap;
use std::time::Duration;

use redis::aio::{ConnectionManager, ConnectionManagerConfig};
use redis::{Client, RedisResult, Script};
use trycourier::retry::{Acquire, Limiter, Permit};

/// Returns 0 if it grants the permit, or else the milliseconds to wait. It uses the time of Redis, because the clocks
/// of the processes can differ, or the time that a second key holds.
const SCRIPT: &str = "
    local now = KEYS[2] and tonumber(redis.call('GET', KEYS[2]))
    if not now then
        local time = redis.call('TIME')
        now = time[1] * 1000 + math.floor(time[2] / 1000)
    end
    local limit, window = tonumber(ARGV[1]), tonumber(ARGV[2])
    local oldest = redis.call('LINDEX', KEYS[1], limit - 1)
    if oldest and now - oldest < window then
        return math.min(window, window - (now - oldest))
    end
    redis.call('LPUSH', KEYS[1], now)
    redis.call('LTRIM', KEYS[1], 0, limit - 1)
    redis.call('PEXPIRE', KEYS[1], window)
    return 0";

/// The time within which Redis must respond.
const TIMEOUT: Duration = Duration::from_secs(1);

/// The default time between a permit and the arrival of its call at Courier, which makes the window longer: calls that
/// arrive late would otherwise meet those of the next window.
const MARGIN: Duration = Duration::from_secs(1);

/// The decision if Redis cannot be reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WithoutRedis {
    /// Calls are sent without a limit. Courier may refuse some of them, which the client then repeats.
    FailOpen,
    /// Calls fail with `ErrorKind::Limiter`, and nothing is sent.
    FailClosed,
}

/// A limit for each of some operations. Others are not limited.
pub struct RedisLimiter {
    redis: ConnectionManager,
    script: Script,
    limits: HashMap<&'static str, (usize, Duration)>,
    margin: Duration,
    clock: Option<String>,
    without_redis: WithoutRedis,
}

impl RedisLimiter {
    /// Connects to Redis, such as `redis://127.0.0.1:6379`.
    pub async fn connect(url: &str, without_redis: WithoutRedis) -> RedisResult<Self> {
        let config = ConnectionManagerConfig::new()
            .set_number_of_retries(1)
            .set_connection_timeout(Some(TIMEOUT))
            .set_response_timeout(Some(TIMEOUT));
        let redis = ConnectionManager::new_with_config(Client::open(url)?, config).await?;
        let limits = HashMap::new();
        Ok(Self { redis, script: Script::new(SCRIPT), limits, margin: MARGIN, clock: None, without_redis })
    }

    /// Limits an operation to a number of attempts in any period of this length.
    #[must_use]
    pub fn limit(mut self, operation: &'static str, attempts: usize, period: Duration) -> Self {
        self.limits.insert(operation, (attempts, period));
        self
    }

    /// Sets the time between a permit and the arrival of its call at Courier; 1 second by default.
    #[must_use]
    pub fn margin(mut self, margin: Duration) -> Self {
        self.margin = margin;
        self
    }

    /// Reads the time, in milliseconds, from a key instead of Redis's clock, so that a test can simulate it.
    #[must_use]
    pub fn clock(mut self, key: impl Into<String>) -> Self {
        self.clock = Some(key.into());
        self
    }

    async fn ask(&self, operation: &str, attempts: usize, period: Duration) -> RedisResult<u64> {
        let window = u64::try_from((period + self.margin).as_millis()).unwrap_or(u64::MAX);
        let mut call = self.script.prepare_invoke();
        call.key(format!("courier-limit:{operation}"));
        if let Some(key) = &self.clock {
            call.key(key);
        }
        call.arg(attempts).arg(window).invoke_async(&mut self.redis.clone()).await
    }
}

impl Limiter for RedisLimiter {
    fn acquire(&self, operation: &'static str) -> Acquire<'_> {
        Box::pin(async move {
            let Some((attempts, period)) = self.limits.get(operation) else { return Ok(Permit::Granted) };
            match self.ask(operation, *attempts, *period).await {
                Ok(0) => Ok(Permit::Granted),
                Ok(wait) => Ok(Permit::Wait(Duration::from_millis(wait))),
                Err(_) if self.without_redis == WithoutRedis::FailOpen => Ok(Permit::Granted),
                Err(error) => Err(error.into()),
            }
        })
    }
}
