//! The program in a real browser, at CHROMIUM: its page of messages, and pages from elsewhere.

use std::ffi::OsString;
use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{SocketAddr, TcpListener};
use std::process::Command;
use std::sync::{Once, mpsc};

use tempfile::TempDir;
use trycourier::types::{Content, Message, Recipient};

use crate::Program;

/// A script that leaves a mark in the page.
const SCRIPT: &str = "document.documentElement.dataset.ran = 1";

/// The browser; `None` if there is none.
fn browser() -> Option<OsString> {
    static SKIPPED: Once = Once::new();
    let browser = std::env::var_os("CHROMIUM");
    if browser.is_none() {
        // The output of macros is hidden if a test passes.
        let line = b"skipped: the tests of courier-local in a browser need Chromium at CHROMIUM\n";
        SKIPPED.call_once(|| std::io::stderr().write_all(line).unwrap());
    }
    browser
}

/// Loads a page, and returns its DOM as HTML.
fn load(browser: &OsString, url: &str) -> String {
    let profile = TempDir::new().unwrap();
    let mut command = Command::new(browser);
    command.args(["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"]);
    command.args(["--disable-background-networking", "--disable-component-update", "--disable-sync"]);
    command.args(["--no-proxy-server", "--host-resolver-rules=MAP foreign.example 127.0.0.1"]);
    command.arg(format!("--user-data-dir={}", profile.path().display()));
    let output = command.args(["--dump-dom", url]).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// Responds to every request with a page. Returns the requested paths.
fn serve(page: String) -> (SocketAddr, mpsc::Receiver<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let (sender, receiver) = mpsc::channel();
    std::thread::spawn(move || {
        for mut stream in listener.incoming().map_while(Result::ok) {
            let mut lines = BufReader::new(&stream).lines().map_while(Result::ok);
            // Browsers open connections that they do not use.
            let Some(path) = lines.next().and_then(|line| Some(line.split(' ').nth(1)?.to_owned())) else { continue };
            lines.find(String::is_empty);
            let head = "HTTP/1.1 200 OK\r\ncontent-type: text/html\r\nconnection: close\r\n\r\n";
            if stream.write_all(format!("{head}{page}").as_bytes()).is_err() || sender.send(path).is_err() {
                continue;
            }
        }
    });
    (address, receiver)
}

/// The names of the elements in a page.
fn elements(dom: &str) -> Vec<&str> {
    let names = dom.split('<').skip(1).filter_map(|rest| rest.split(|letter: char| !letter.is_alphanumeric()).next());
    names.filter(|name| !name.is_empty()).collect()
}

/// Text as the browser prints it.
fn serialized(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

fn hostile_texts(elsewhere: SocketAddr) -> Vec<String> {
    vec![
        format!("<script>{SCRIPT}</script>"),
        format!("<img src='http://{elsewhere}/image' onerror='{SCRIPT}'>"),
        format!("</pre></details></article></body></html><script>{SCRIPT}</script>"),
        format!("\"><svg onload=\"{SCRIPT}\"> ' onmouseover='{SCRIPT}"),
        format!("</title></style></textarea><style>@import 'http://{elsewhere}/style'</style>"),
        format!("<iframe src='http://{elsewhere}/frame'></iframe><link rel=stylesheet href='http://{elsewhere}/link'>"),
        format!(
            "<meta http-equiv=refresh content='0;url=http://{elsewhere}/refresh'><base href='http://{elsewhere}/'>"
        ),
        format!("<a href='javascript:{SCRIPT}' autofocus onfocus='{SCRIPT}'>link</a><form action=/_courier/reset>"),
        "<!-- <plaintext> <template> <textarea>".to_owned(),
        "&lt;script&gt; &#60;script&#62; &amp;amp;".to_owned(),
        "\u{202e}txt.exe\u{202c} \u{1f4e8}\u{200d} \u{301}".to_owned(),
        "<b>".repeat(100_000),
    ]
}

#[tokio::test]
async fn page_shows_hostile_messages_as_text() {
    let Some(browser) = browser() else { return };
    let (elsewhere, requests) = serve(String::new());
    let texts = hostile_texts(elsewhere);

    // The browser does run the script and load the image of the same texts, if nobody escapes them.
    let (unescaped, _requests) = serve(texts.iter().take(2).map(String::as_str).collect());
    assert!(load(&browser, &format!("http://{unescaped}/")).contains("data-ran=\"1\""));
    assert_eq!(requests.recv().unwrap(), "/image");

    let program = Program::start(&[]);
    let client = program.client();
    for text in &texts {
        let message = Message::new().to(Recipient::email(format!("{text}@example.com")));
        let message = message.content(Content::new(text, text)).data([(text.as_str(), text.as_str())]);
        client.send().message(message).await.unwrap();
        client.send().message(Message::new().to(Recipient::user("ada")).template(text)).await.unwrap();
    }
    let dom = load(&browser, &format!("{}/", program.url));
    for text in &texts {
        let text = serialized(text);
        for (tag, suffix) in [("h2", ""), ("p", ""), ("strong", "@example.com")] {
            assert!(dom.contains(&format!("<{tag}>{text}{suffix}</{tag}>")), "<{tag}> {text:.200}");
        }
    }
    let articles = elements(&dom).iter().filter(|name| **name == "article").count();
    assert_eq!(articles, 2 * texts.len());
    assert_eq!(dom.matches("<details><summary>JSON</summary><pre>").count(), articles);
    let known = ["article", "body", "details", "h1", "h2", "head", "html", "meta", "p", "pre", "strong", "style"];
    let is_known = |name: &&str| known.contains(name) || ["summary", "time", "title"].contains(name);
    assert!(elements(&dom).iter().all(is_known), "{:?}", elements(&dom));
    assert!(dom.contains("<title>Local Courier</title>") && !dom.contains("data-ran=\""));
    assert_eq!(requests.try_recv().ok(), None, "a message made the browser load something");
}

#[tokio::test]
async fn page_from_elsewhere_cannot_act() {
    let Some(browser) = browser() else { return };
    // The browser does not protect a program that everyone may reach.
    for (arguments, is_protected) in [(&[][..], true), (&["--public"], false)] {
        let program = Program::start(arguments);
        let address = program.url.trim_start_matches("http://");
        let port = address.rsplit(':').next().unwrap();
        let message = Message::new().to(Recipient::email("ada@example.com")).content(Content::new("Secret", "b"));
        program.client().send().message(message).await.unwrap();
        // The DOM of a name that points to this machine.
        let dom = load(&browser, &format!("http://foreign.example:{port}/"));
        assert!(dom.contains(if is_protected { "responds only to local names" } else { "Secret" }), "{dom}");

        let page = format!(
            "<form method=post action=http://{address}/_courier/reset></form><script>
            for (const host of ['{address}', 'localhost:{port}', 'foreign.example:{port}']) {{
                for (const [method, path] of [['GET', 'sent'], ['POST', 'reset']]) {{
                    const request = new XMLHttpRequest();
                    request.open(method, `http://${{host}}/_courier/${{path}}`, false);
                    try {{ request.send() }} catch (error) {{}}
                    document.body.append(request.responseText);
                }}
            }}
            document.forms[0].submit();
            </script>"
        );
        let (elsewhere, requests) = serve(page);
        let dom = load(&browser, &format!("http://foreign.example:{}/", elsewhere.port()));
        assert_eq!(requests.recv().unwrap(), "/");
        assert!(!dom.contains("Secret"), "{dom}");
        assert_eq!(program.sent().await.len(), usize::from(is_protected));
    }
}
