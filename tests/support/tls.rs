//! A server with TLS, good or bad, and HTTP/2 frame by frame.
#![allow(dead_code, reason = "each test uses its part")]

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair, date_time_ymd};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::pki_types::PrivateKeyDer;
use tokio_rustls::server::TlsStream;
use trycourier::{Client, ClientBuilder};

pub type Stream = TlsStream<TcpStream>;

/// An authority that is trusted only if it is configured.
pub struct Authority(CertifiedIssuer<'static, KeyPair>);

impl Authority {
    pub fn new() -> Self {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        // OpenSSL and rustls find an authority by its name.
        static COUNT: AtomicUsize = AtomicUsize::new(0);
        let name = format!("authority {} of the tests", COUNT.fetch_add(1, Ordering::SeqCst));
        params.distinguished_name.push(rcgen::DnType::CommonName, name);
        Self(CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap())
    }

    pub fn pem(&self) -> String {
        self.0.pem()
    }

    /// Returns a server's configuration for a host, with a valid or an expired certificate.
    fn config(&self, host: &str, is_expired: bool, protocols: &[&str]) -> ServerConfig {
        let mut params = CertificateParams::new(vec![host.to_owned()]).unwrap();
        params.distinguished_name.push(rcgen::DnType::CommonName, host);
        if is_expired {
            params.not_before = date_time_ymd(2001, 1, 1);
            params.not_after = date_time_ymd(2002, 1, 1);
        }
        let key = KeyPair::generate().unwrap();
        let certificate = params.signed_by(&key, &self.0).unwrap();
        let key = PrivateKeyDer::try_from(key.serialize_der()).unwrap();
        // Explicit, because the workspace has more than one provider.
        let provider = Arc::new(tokio_rustls::rustls::crypto::aws_lc_rs::default_provider());
        let config = ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
        let config = config.with_no_client_auth();
        let mut config = config.with_single_cert(vec![certificate.der().clone()], key).unwrap();
        config.alpn_protocols = protocols.iter().map(|name| name.as_bytes().to_vec()).collect();
        config
    }
}

pub struct Secure {
    pub url: String,
    authority: Authority,
    connections: Arc<AtomicUsize>,
}

impl Secure {
    /// Starts a server at `localhost` that runs a closure with each connection and its number.
    pub async fn start<F: Future<Output = io::Result<()>> + Send>(
        protocols: &[&str],
        serve: impl Fn(Stream, usize) -> F + Clone + Send + Sync + 'static,
    ) -> Self {
        Self::with("localhost", false, protocols, serve).await
    }

    /// Does the same, with a certificate that is for another host or expired.
    pub async fn with<F: Future<Output = io::Result<()>> + Send>(
        host: &str,
        is_expired: bool,
        protocols: &[&str],
        serve: impl Fn(Stream, usize) -> F + Clone + Send + Sync + 'static,
    ) -> Self {
        let authority = Authority::new();
        let acceptor = TlsAcceptor::from(Arc::new(authority.config(host, is_expired, protocols)));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("https://localhost:{}", listener.local_addr().unwrap().port());
        let connections = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&connections);
        tokio::spawn(async move {
            while let Ok((socket, _)) = listener.accept().await {
                let number = count.fetch_add(1, Ordering::SeqCst);
                let (acceptor, serve) = (acceptor.clone(), serve.clone());
                tokio::spawn(async move {
                    if let Ok(stream) = acceptor.accept(socket).await {
                        let _ = serve(stream, number).await;
                    }
                });
            }
        });
        Self { url, authority, connections }
    }

    /// Returns a client that trusts the server.
    pub fn builder(&self) -> ClientBuilder {
        self.stranger().root_certificates(self.authority.pem())
    }

    /// Returns the certificate of the server's authority.
    pub fn pem(&self) -> String {
        self.authority.pem()
    }

    /// Returns a client that does not trust the server.
    pub fn stranger(&self) -> ClientBuilder {
        Client::builder().api_key("pk_test_SECRET-KEY").base_url(&self.url)
    }

    pub fn connections(&self) -> usize {
        self.connections.load(Ordering::SeqCst)
    }
}

/// Reads the head of an HTTP/1.1 request from a connection.
pub async fn read_head(stream: &mut Stream) -> io::Result<()> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await?);
    }
    Ok(())
}

/// A frame of HTTP/2.
#[derive(Debug)]
pub struct Frame {
    pub kind: u8,
    pub flags: u8,
    pub stream: u32,
    pub payload: Vec<u8>,
}

pub const DATA: u8 = 0;
pub const HEADERS: u8 = 1;
pub const RST_STREAM: u8 = 3;
pub const SETTINGS: u8 = 4;
pub const PING: u8 = 6;
pub const GOAWAY: u8 = 7;
/// The last frame of its stream.
pub const END_STREAM: u8 = 1;
const ACK: u8 = 1;
pub const END_HEADERS: u8 = 4;
pub const NO_ERROR: u32 = 0;
pub const REFUSED: u32 = 7;

pub async fn write_frame(stream: &mut Stream, kind: u8, flags: u8, id: u32, payload: &[u8]) -> io::Result<()> {
    let mut frame = u32::try_from(payload.len()).unwrap().to_be_bytes()[1..].to_vec();
    frame.extend([kind, flags]);
    frame.extend(id.to_be_bytes());
    frame.extend_from_slice(payload);
    stream.write_all(&frame).await?;
    stream.flush().await
}

pub async fn read_frame(stream: &mut Stream) -> io::Result<Frame> {
    let mut head = [0; 9];
    stream.read_exact(&mut head).await?;
    let length = u32::from_be_bytes([0, head[0], head[1], head[2]]) as usize;
    let mut payload = vec![0; length];
    stream.read_exact(&mut payload).await?;
    let id = u32::from_be_bytes([head[5], head[6], head[7], head[8]]);
    Ok(Frame { kind: head[3], flags: head[4], stream: id, payload })
}

/// Begins HTTP/2 on a connection.
pub async fn greet(stream: &mut Stream) -> io::Result<()> {
    let mut preface = [0; 24];
    stream.read_exact(&mut preface).await?;
    write_frame(stream, SETTINGS, 0, 0, &[]).await
}

/// Returns the stream of the next complete request; meanwhile, responds to pings and settings.
pub async fn next_request(stream: &mut Stream) -> io::Result<u32> {
    loop {
        let frame = read_frame(stream).await?;
        match frame.kind {
            SETTINGS if frame.flags & ACK == 0 => write_frame(stream, SETTINGS, ACK, 0, &[]).await?,
            PING if frame.flags & ACK == 0 => write_frame(stream, PING, ACK, 0, &frame.payload).await?,
            HEADERS | DATA if frame.flags & END_STREAM != 0 => return Ok(frame.stream),
            _ => {}
        }
    }
}

/// A complete response, with the status 200.
pub async fn answer(stream: &mut Stream, id: u32, body: &str) -> io::Result<()> {
    answer_begins(stream, id).await?;
    write_frame(stream, DATA, END_STREAM, id, body.as_bytes()).await
}

/// The headers of a response, with the status 200.
pub async fn answer_begins(stream: &mut Stream, id: u32) -> io::Result<()> {
    write_frame(stream, HEADERS, END_HEADERS, id, &[0x88]).await
}

pub async fn reset(stream: &mut Stream, id: u32, reason: u32) -> io::Result<()> {
    write_frame(stream, RST_STREAM, 0, id, &reason.to_be_bytes()).await
}

pub async fn go_away(stream: &mut Stream, last: u32, reason: u32) -> io::Result<()> {
    write_frame(stream, GOAWAY, 0, 0, &[last.to_be_bytes(), reason.to_be_bytes()].concat()).await
}
