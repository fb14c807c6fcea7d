//! The pools of connections.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{PoisonError, RwLock};
use std::time::{Duration, Instant};

use http::Version;
use reqwest::redirect;

use crate::{Error, ErrorKind, Result};

/// The current pool, and what is known about its connections.
pub(super) struct Pools {
    /// The settings for further pools, or `None` for a pool from the caller, which cannot be replaced.
    pub settings: Option<Settings>,
    pool: RwLock<Pool>,
    /// `true` if the last response of the pool came over HTTP/1.1.
    uses_http1: AtomicBool,
    start: Instant,
    /// The time of the last event on a connection, in microseconds since the start.
    last_event: AtomicU64,
}

/// A client of `reqwest`, whose connections are a pool.
#[derive(Clone)]
pub(super) struct Pool {
    pub client: reqwest::Client,
    pub number: u64,
}

/// The settings of a pool of connections.
#[derive(Clone, Debug)]
pub(crate) struct Settings {
    /// The time limit of an attempt, unless its call has another one.
    pub attempt_timeout: Duration,
    pub connect_timeout: Duration,
    pub keep_alive: Option<KeepAlive>,
    /// `true` if the API is on this machine, so that no proxy is used.
    pub is_local: bool,
    /// Certificate authorities in addition to the platform's, as PEM.
    #[cfg_attr(
        not(any(feature = "rustls", feature = "rustls-no-provider", feature = "native-tls")),
        expect(dead_code, reason = "there is no TLS")
    )]
    pub authorities: Vec<u8>,
}

/// The pings of HTTP/2 connections.
#[derive(Clone, Copy, Debug)]
pub(crate) struct KeepAlive {
    interval: Duration,
    timeout: Duration,
}

/// The longest duration that makes a difference; a ping after a year is never sent.
const MAX_KEEP_ALIVE: Duration = Duration::from_secs(365 * 24 * 60 * 60);

/// The most microseconds between two calls of a loop.
const BACK_TO_BACK: u64 = 20;

impl KeepAlive {
    pub(crate) const DEFAULT: Self = Self { interval: Duration::from_secs(10), timeout: Duration::from_secs(5) };

    /// Returns `None`, which turns pings off, if a duration is longer than a year.
    pub(crate) fn new(interval: Duration, timeout: Duration) -> Result<Option<Self>> {
        if interval.is_zero() || timeout.is_zero() {
            let detail =
                "the interval and the timeout of `http2_keep_alive` must not be zero; `Duration::MAX` turns pings off";
            return Err(Error::new(ErrorKind::Configuration, detail));
        }
        let is_off = interval > MAX_KEEP_ALIVE || timeout > MAX_KEEP_ALIVE;
        Ok((!is_off).then_some(Self { interval, timeout }))
    }
}

impl Settings {
    pub(super) fn build_pool(&self) -> reqwest::Result<reqwest::Client> {
        let mut builder = reqwest::Client::builder()
            .connect_timeout(self.connect_timeout)
            .timeout(self.attempt_timeout)
            // `redirect_target` decides.
            .redirect(redirect::Policy::none())
            // Only one layer may retry; otherwise, requests could not be counted.
            .retry(reqwest::retry::never())
            // Another crate can turn these features of reqwest on. This crate decodes bodies itself, within their
            // limit.
            .no_gzip()
            .no_brotli()
            .no_deflate()
            .no_zstd();
        if let Some(KeepAlive { interval, timeout }) = self.keep_alive {
            builder = builder
                .http2_keep_alive_interval(interval)
                .http2_keep_alive_timeout(timeout)
                .http2_keep_alive_while_idle(true);
        }
        if self.is_local {
            builder = builder.no_proxy();
        }
        // Without this, the features of another crate could select the TLS library.
        #[cfg(feature = "native-tls")]
        let mut builder = builder.tls_backend_native();
        #[cfg(all(any(feature = "rustls", feature = "rustls-no-provider"), not(feature = "native-tls")))]
        let mut builder = builder.tls_backend_rustls();
        #[cfg(any(feature = "rustls", feature = "rustls-no-provider", feature = "native-tls"))]
        if !self.authorities.is_empty() {
            builder = builder.tls_certs_merge(reqwest::Certificate::from_pem_bundle(&self.authorities)?);
        }
        builder.build()
    }
}

impl Pools {
    pub(super) fn new(client: reqwest::Client, settings: Option<Settings>) -> Self {
        Self {
            settings,
            pool: RwLock::new(Pool { client, number: 0 }),
            uses_http1: AtomicBool::new(false),
            start: Instant::now(),
            last_event: AtomicU64::new(0),
        }
    }

    pub(super) fn current(&self) -> Pool {
        self.pool.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Records the protocol of a response.
    pub(super) fn set_version(&self, version: Version) {
        self.uses_http1.store(version < Version::HTTP_2, Ordering::Relaxed);
    }

    /// Records an event on a connection.
    pub(super) fn record_event(&self) {
        self.last_event.store(self.micros(Instant::now()), Ordering::Relaxed);
    }

    /// Gives the idle connections a turn, so that those that the server has closed are not used again.
    ///
    /// A current-thread runtime runs the tasks of the connections only during a call. Without a turn, the first poll of
    /// the call would pick a connection before its task has read that it was closed: a `PATCH` would fail as possibly
    /// sent, and an unsolicited 408 would be mistaken for its response.
    pub(super) async fn let_connections_close(&self, now: Instant) {
        // A call right after another is not slowed down: a server does not close a connection as soon as that.
        if self.micros(now).saturating_sub(self.last_event.load(Ordering::Relaxed)) > BACK_TO_BACK {
            // The first turn polls the sockets, which wakes the tasks, and the second turn runs them.
            tokio::task::yield_now().await;
            tokio::task::yield_now().await;
        }
    }

    /// Returns the microseconds from the start of the pools.
    fn micros(&self, now: Instant) -> u64 {
        u64::try_from(now.saturating_duration_since(self.start).as_micros()).unwrap_or(u64::MAX)
    }

    /// Replaces a pool in which a request has timed out.
    ///
    /// Over HTTP/2, all calls share a connection. If the server no longer reads from it, every further call would wait
    /// in vain until the keep-alive closes it. Active calls are not disturbed. Over HTTP/1.1, the connection of a call
    /// that timed out is closed anyway. Before the first response, the protocol is not known, and the connection may be
    /// dead.
    pub(super) fn replace_after_timeout(&self, number: u64) {
        let Some(settings) = self.settings.as_ref().filter(|_| !self.uses_http1.load(Ordering::Relaxed)) else {
            return;
        };
        let is_current = || self.pool.read().unwrap_or_else(PoisonError::into_inner).number == number;
        if is_current()
            && let Ok(client) = settings.build_pool()
        {
            let mut pool = self.pool.write().unwrap_or_else(PoisonError::into_inner);
            if pool.number == number {
                *pool = Pool { client, number: number.wrapping_add(1) };
            }
        }
    }
}
