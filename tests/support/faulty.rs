//! A server on a bare socket that misbehaves as scripted, a clock that does not wait, and a search for secrets.
#![allow(dead_code, reason = "each test uses its part")]

use std::error::Error as StdError;
use std::future::Future;
use std::io;
use std::pin::Pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant, SystemTime};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use trycourier::retry::Clock;
use trycourier::{Client, ClientBuilder, Error};

pub const KEY: &str = "pk_test_SECRET-KEY";

/// The behavior of the server for one request.
#[derive(Clone)]
pub struct Act {
    reads: bool,
    says: Vec<u8>,
    drips: Option<&'static [u8]>,
    end: End,
}

#[derive(Clone, Copy)]
enum End {
    /// Waits for the next request.
    Keep,
    Close,
    Reset,
    /// Does nothing until the client disconnects.
    Hang,
}

impl Act {
    fn new(says: impl Into<Vec<u8>>, end: End) -> Self {
        Self { reads: true, says: says.into(), drips: None, end }
    }

    pub fn reset_unread() -> Self {
        Self { reads: false, ..Self::new("", End::Reset) }
    }

    pub fn close_unread() -> Self {
        Self { reads: false, ..Self::new("", End::Close) }
    }

    pub fn says(bytes: impl Into<Vec<u8>>) -> Self {
        Self::new(bytes, End::Keep)
    }

    pub fn says_and_closes(bytes: impl Into<Vec<u8>>) -> Self {
        Self::new(bytes, End::Close)
    }

    pub fn says_and_resets(bytes: impl Into<Vec<u8>>) -> Self {
        Self::new(bytes, End::Reset)
    }

    pub fn says_and_hangs(bytes: impl Into<Vec<u8>>) -> Self {
        Self::new(bytes, End::Hang)
    }

    /// Continues with these bytes, repeatedly, with a pause after each byte.
    pub fn trickles(bytes: impl Into<Vec<u8>>, drip: &'static [u8]) -> Self {
        Self { drips: Some(drip), ..Self::new(bytes, End::Hang) }
    }

    /// A complete response.
    pub fn answer(status: u16, headers: &[(&str, &str)], body: impl AsRef<[u8]>) -> Self {
        Self::says(answer(status, headers, body))
    }
}

/// Returns a response's bytes, with its length.
pub fn answer(status: u16, headers: &[(&str, &str)], body: impl AsRef<[u8]>) -> Vec<u8> {
    let body = body.as_ref();
    let mut bytes = format!("HTTP/1.1 {status} Whatever\r\ncontent-length: {}\r\n", body.len());
    for (name, value) in headers {
        bytes += &format!("{name}: {value}\r\n");
    }
    bytes += "\r\n";
    let mut bytes = bytes.into_bytes();
    bytes.extend_from_slice(body);
    bytes
}

/// A request as it arrived.
#[derive(Clone, Debug, Default)]
pub struct Seen {
    pub method: String,
    pub target: String,
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

impl Seen {
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(other, _)| other == name).map(|(_, value)| value.as_str())
    }
}

#[derive(Default)]
struct Log {
    seen: Mutex<Vec<Seen>>,
    acts: AtomicUsize,
    connections: AtomicUsize,
    gone: AtomicUsize,
}

#[derive(Clone)]
pub struct Faulty {
    pub url: String,
    log: Arc<Log>,
}

impl Faulty {
    /// Performs one act per request, over any number of connections, and repeats the last one.
    pub async fn start(script: Vec<Act>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let (log, script) = (Arc::new(Log::default()), Arc::new(script));
        let memory = Arc::clone(&log);
        tokio::spawn(async move {
            while let Ok((socket, _)) = listener.accept().await {
                memory.connections.fetch_add(1, Ordering::SeqCst);
                let (memory, script) = (Arc::clone(&memory), Arc::clone(&script));
                tokio::spawn(async move {
                    let _ = serve(socket, &script, &memory).await;
                    memory.gone.fetch_add(1, Ordering::SeqCst);
                });
            }
        });
        Self { url, log }
    }

    /// Returns an address without a server.
    pub async fn nobody() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        Self { url: format!("http://{}", listener.local_addr().unwrap()), log: Arc::default() }
    }

    pub fn builder(&self) -> ClientBuilder {
        Client::builder().api_key(KEY).base_url(&self.url)
    }

    pub fn seen(&self) -> Vec<Seen> {
        self.log.seen.lock().unwrap().clone()
    }

    /// Returns the number of requests, including unread ones.
    pub fn acts(&self) -> usize {
        self.log.acts.load(Ordering::SeqCst)
    }

    pub fn connections(&self) -> usize {
        self.log.connections.load(Ordering::SeqCst)
    }

    /// Returns the number of connections that have ended.
    pub fn gone(&self) -> usize {
        self.log.gone.load(Ordering::SeqCst)
    }
}

async fn serve(mut socket: TcpStream, script: &[Act], log: &Log) -> io::Result<()> {
    let mut buffer = Vec::new();
    loop {
        let upcoming = &script[log.acts.load(Ordering::SeqCst).min(script.len() - 1)];
        // An idle connection that is closed does not count as a request.
        if upcoming.reads && buffer.is_empty() && fill(&mut socket, &mut buffer).await? == 0 {
            return Ok(());
        }
        let act = &script[log.acts.fetch_add(1, Ordering::SeqCst).min(script.len() - 1)];
        if act.reads {
            let seen = read_request(&mut socket, &mut buffer).await?;
            log.seen.lock().unwrap().push(seen);
        }
        socket.write_all(&act.says).await?;
        if let Some(drip) = act.drips {
            // Ends when the client disconnects.
            for byte in drip.iter().cycle() {
                socket.write_all(&[*byte]).await?;
                tokio::time::sleep(Duration::from_millis(2)).await;
            }
        }
        match act.end {
            End::Keep => {}
            End::Close => return Ok(()),
            End::Reset => {
                if !act.says.is_empty() {
                    // A reset overtakes bytes that were written just before it.
                    tokio::time::sleep(Duration::from_millis(20)).await;
                }
                return socket.set_zero_linger();
            }
            End::Hang => {
                while fill(&mut socket, &mut buffer).await? > 0 {}
                return Ok(());
            }
        }
    }
}

async fn fill(socket: &mut TcpStream, buffer: &mut Vec<u8>) -> io::Result<usize> {
    socket.read_buf(buffer).await
}

/// Reads one complete request from the socket; later bytes stay in the buffer.
pub async fn read_request(socket: &mut TcpStream, buffer: &mut Vec<u8>) -> io::Result<Seen> {
    let end = loop {
        if let Some(end) = buffer.windows(4).position(|four| four == b"\r\n\r\n") {
            break end;
        }
        if fill(socket, buffer).await? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
    };
    let head = String::from_utf8_lossy(&buffer[..end]).into_owned();
    let mut lines = head.split("\r\n");
    let mut first = lines.next().unwrap_or_default().split(' ');
    let mut seen = Seen {
        method: first.next().unwrap_or_default().to_owned(),
        target: first.next().unwrap_or_default().to_owned(),
        headers: lines
            .filter_map(|line| line.split_once(": "))
            .map(|(name, value)| (name.to_lowercase(), value.to_owned()))
            .collect(),
        body: Vec::new(),
    };
    let length: usize = seen.header("content-length").map_or(0, |length| length.parse().unwrap());
    while buffer.len() < end + 4 + length {
        if fill(socket, buffer).await? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
    }
    seen.body = buffer[end + 4..end + 4 + length].to_vec();
    buffer.drain(..end + 4 + length);
    Ok(seen)
}

/// A clock whose sleeps take no time, and are recorded; its date never changes.
#[derive(Clone)]
pub struct TestClock {
    slept: Arc<Mutex<Vec<Duration>>>,
    random: f64,
    /// The excess of each sleep over its requested duration.
    oversleeps: Duration,
}

impl TestClock {
    /// The clock's date: 9 September 2001.
    pub const DATE: Duration = Duration::from_secs(1_000_000_000);

    pub fn new() -> Self {
        Self { slept: Arc::default(), random: 0.0, oversleeps: Duration::ZERO }
    }

    pub fn random(random: f64) -> Self {
        Self { random, ..Self::new() }
    }

    pub fn oversleeping(by: Duration) -> Self {
        Self { oversleeps: by, ..Self::new() }
    }

    /// Returns the requested delays, in milliseconds.
    pub fn delays(&self) -> Vec<u128> {
        self.slept.lock().unwrap().iter().map(Duration::as_millis).collect()
    }
}

impl Clock for TestClock {
    fn now(&self) -> Instant {
        let slept = self.slept.lock().unwrap();
        Instant::now() + slept.iter().map(|slept| *slept + self.oversleeps).sum::<Duration>()
    }

    fn date(&self) -> SystemTime {
        SystemTime::UNIX_EPOCH + Self::DATE
    }

    fn sleep(&self, duration: Duration) -> Pin<Box<dyn Future<Output = ()> + Send>> {
        self.slept.lock().unwrap().push(duration);
        Box::pin(std::future::ready(()))
    }

    fn random(&self) -> f64 {
        self.random
    }
}

/// Returns all texts of an error: those of it and of its sources, in each format, and the results of its methods.
pub fn everything(error: &Error) -> String {
    let mut text = format!("{error}\n{error:?}\n{error:#?}\n{:?}", error.mismatches());
    text += &format!("\n{:?}\n{:?}\n{:?}", error.body_snippet(), error.message(), error.error_type());
    text += &format!("\n{:?}\n{}", error.headers(), error.api_error().unwrap_or_default());
    for value in error.headers().values() {
        text += &format!("\n{}", String::from_utf8_lossy(value.as_bytes()));
    }
    let mut source = error.source();
    while let Some(inner) = source {
        text += &format!("\n{inner}\n{inner:?}\n{inner:#?}");
        source = inner.source();
    }
    text
}
