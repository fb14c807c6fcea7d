//! A server on a separate thread that costs almost nothing: plain sockets, and two prepared responses.

use std::io;
use std::sync::Arc;
use std::thread;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

use super::responses;

/// Starts the server on a free local port, and returns its URL. It responds to a `POST` as to an accepted send, and to
/// any other request with a page. It ends with the process.
///
/// One thread serves all connections, so that the scheduler treats all of them the same.
pub fn start(page: &str) -> String {
    let (sent, page) = (Arc::from(response(202, responses::ACCEPTED)), Arc::from(response(200, page)));
    let runtime = super::runtime();
    let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0")).unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    thread::spawn(move || {
        runtime.block_on(async {
            while let Ok((socket, _)) = listener.accept().await {
                tokio::spawn(serve(socket, Arc::clone(&sent), Arc::clone(&page)));
            }
        });
    });
    url
}

fn response(status: u16, body: &str) -> Vec<u8> {
    let length = body.len();
    format!("HTTP/1.1 {status} Whatever\r\ncontent-type: application/json\r\ncontent-length: {length}\r\n\r\n{body}")
        .into()
}

/// Responds to one request after the other, until the client disconnects.
async fn serve(mut socket: TcpStream, sent: Arc<[u8]>, page: Arc<[u8]>) -> io::Result<()> {
    socket.set_nodelay(true)?;
    let mut buffer = Vec::with_capacity(16 * 1024);
    loop {
        let length = loop {
            if let Some(length) = whole(&buffer) {
                break length;
            }
            if socket.read_buf(&mut buffer).await? == 0 {
                return Ok(());
            }
        };
        socket.write_all(if buffer.starts_with(b"POST") { &sent } else { &page }).await?;
        buffer.drain(..length);
    }
}

/// Returns the length of the request, or `None` if it is not complete yet.
fn whole(bytes: &[u8]) -> Option<usize> {
    let head = bytes.windows(4).position(|four| four == b"\r\n\r\n")? + 4;
    let text = std::str::from_utf8(&bytes[..head]).unwrap();
    let length = text.lines().find_map(|line| line.strip_prefix("content-length: "));
    let length = head + length.map_or(0, |length| length.parse().unwrap());
    (bytes.len() >= length).then_some(length)
}
