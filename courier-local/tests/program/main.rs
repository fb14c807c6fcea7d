//! The program, as a program in another language meets it: by its arguments, its files and its port.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a test fails by a panic")]

mod browser;

use std::fs;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpListener;
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::sync::mpsc;
use std::time::Duration;

use serde_json::{Value, json};
use tempfile::TempDir;
use trycourier::types::{Content, Message, MessageStatus, PreferenceStatus, Recipient};
use trycourier::{Client, ErrorKind, reqwest};

fn command(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_courier-local"));
    command.args(arguments);
    command
}

/// A program that exits by itself.
fn run(arguments: &[&str]) -> Output {
    command(arguments).output().unwrap()
}

/// The error with which it exits. If it does not refuse the arguments, it refuses the address.
fn refusal(arguments: &[&str]) -> String {
    let address: &[&str] =
        if arguments.first().is_some_and(|first| first.starts_with("--")) { &["0.0.0.0:0"] } else { &[] };
    let output = command(address).args(arguments).output().unwrap();
    assert!(!output.status.success(), "{arguments:?}");
    String::from_utf8(output.stderr).unwrap()
}

/// A running program. Killed when dropped.
struct Program {
    child: Child,
    url: String,
    http: reqwest::Client,
}

impl Program {
    fn start(arguments: &[&str]) -> Self {
        Self::start_at("127.0.0.1:0", arguments)
    }

    fn start_at(address: &str, arguments: &[&str]) -> Self {
        let mut child = command(&[address]).args(arguments).stdout(Stdio::piped()).spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map_while(Result::ok);
        let url = |line: String| Some(line.split_once("COURIER_BASE_URL=")?.1.split(' ').next()?.to_owned());
        let url = lines.by_ref().find_map(url).unwrap();
        std::thread::spawn(move || lines.for_each(drop));
        Self { child, url, http: reqwest::Client::new() }
    }

    fn client(&self) -> Client {
        Client::builder().api_key("any").base_url(&self.url).http_client(self.http.clone()).build().unwrap()
    }

    /// Posts to a path below `/_courier/`. Returns the status and the body.
    async fn post(&self, name: &str, body: Value) -> (u16, Value) {
        let request = self.http.post(format!("{}/_courier/{name}", self.url)).body(body.to_string());
        let response = request.send().await.unwrap();
        (response.status().as_u16(), serde_json::from_slice(&response.bytes().await.unwrap()).unwrap())
    }

    async fn sent(&self) -> Vec<Value> {
        let response = self.http.get(format!("{}/_courier/sent", self.url)).send().await.unwrap();
        let body: Value = serde_json::from_slice(&response.bytes().await.unwrap()).unwrap();
        body["items"].as_array().unwrap().clone()
    }

    /// Ends the program as a container's runtime does.
    fn terminate(mut self) {
        let killed = Command::new("kill").arg(self.child.id().to_string()).status().unwrap();
        assert!(killed.success() && self.child.wait().unwrap().success());
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn file(folder: &TempDir, name: &str, text: &str) -> String {
    let path = folder.path().join(name);
    fs::write(&path, text).unwrap();
    path.display().to_string()
}

const SEED: &str = r#"
profiles:
  ada: {email: ada@example.com, name: Ada}
  "a/b": {email: slash@example.com}
templates:
  nt_order: {title: "Order {{number}}", body: It is on its way.}
  nt_plain:
topics:
  topic_news: {name: News, default_status: OPTED_OUT}
  topic_alerts:
tenants:
  acme: {name: Acme Inc., members: {ada: {title: Countess}}}
lists:
  customers: {name: All customers, subscribers: [ada, bob]}
automations: [welcome]
"#;

#[tokio::test]
async fn seed_is_stored() {
    let folder = TempDir::new().unwrap();
    let seed = file(&folder, "seed.yaml", SEED);
    let program = Program::start(&["--seed", &seed]);
    let client = program.client();

    assert_eq!(client.profiles().retrieve("ada").await.unwrap().profile["name"], "Ada");
    assert_eq!(client.profiles().retrieve("a/b").await.unwrap().profile["email"], "slash@example.com");
    let message = Message::new().to(Recipient::user("ada")).template("nt_order").data([("number", "A-1007")]);
    let id = client.send().message(message).await.unwrap().into_inner().request_id;
    program.post("advance", json!({"seconds": 60})).await;
    let content = client.messages().content(&id).await.unwrap();
    assert_eq!(content.results[0].content.title.as_deref(), Some("Order A-1007"));
    let preferences = client.users().preferences();
    let news = preferences.retrieve_topic("ada", "topic_news").await.unwrap();
    assert_eq!(
        (news.topic.default_status.clone(), news.topic.topic_name.as_str()),
        (PreferenceStatus::OptedOut, "News")
    );
    assert!(preferences.retrieve_topic("ada", "topic_alerts").await.is_ok());
    assert_eq!(client.tenants().retrieve("acme").await.unwrap().name, "Acme Inc.");
    let members = client.tenants().list_users("acme").await.unwrap();
    assert_eq!(members.items.as_ref().unwrap()[0].user_id.as_deref(), Some("ada"));
    let subscribers = client.lists().subscriptions().list("customers").await.unwrap();
    assert_eq!(subscribers.items.iter().map(|item| &item.recipient_id).collect::<Vec<_>>(), ["ada", "bob"]);
    assert!(client.automations().invoke().invoke_by_template("welcome").await.is_ok());
}

#[tokio::test]
async fn seed_can_be_json() {
    let folder = TempDir::new().unwrap();
    let seed = json!({"lists": {"customers": {"name": "All"}}, "templates": {"nt": null}});
    let program = Program::start(&["--seed", &file(&folder, "seed.json", &seed.to_string())]);
    assert_eq!(program.client().lists().retrieve("customers").await.unwrap().name, "All");
    assert!(program.client().notifications().retrieve("nt").await.is_ok());
}

#[tokio::test]
async fn seed_can_use_anchors_and_merge_keys() {
    let folder = TempDir::new().unwrap();
    let text = "profiles:\n  ada: &base {locale: en, name: Ada}\n  bob: {<<: *base, name: Bob}\nlists:\n  b: &l {name: B}\n  c: *l\n";
    let program = Program::start(&["--seed", &file(&folder, "seed.yaml", text)]);
    let bob = program.client().profiles().retrieve("bob").await.unwrap().into_inner().profile;
    assert_eq!((bob.len(), &bob["locale"], &bob["name"]), (2, &json!("en"), &json!("Bob")));
    assert_eq!(program.client().lists().retrieve("c").await.unwrap().name, "B");
    // Empty files are seeds.
    Program::start(&["--seed", &file(&folder, "seed.yaml", "# nothing\n")]);
}

#[test]
fn invalid_seed_is_refused_with_line_and_path() {
    let folder = TempDir::new().unwrap();
    for (text, parts) in [
        ("profiles:\n  ada: {email: [}\n", ["seed.yaml", "line 2"]),
        ("lists:\n  customers: {name: All, subscriber: [ada]}\n", ["lists", "unknown field `subscriber`"]),
        ("lists:\n  a: {}\n  customers: {name: [All]}\n", ["lists.customers.name", "line 3"]),
        ("people: {}\n", ["seed.yaml", "unknown field `people`"]),
        ("[profiles]\n", ["seed.yaml", "expected a map"]),
        ("profiles:\n  ada: {name: A}\n  ada: {name: B}\n", ["profiles", "duplicate entry with key \"ada\""]),
        ("profiles:\n  ada: {name: A, name: B}\n", ["profiles", "duplicate entry with key \"name\""]),
        ("topics:\n  news: {default_status: MAYBE}\n", ["seed.yaml is refused", "topics.news: "]),
        ("tenants:\n  acme: {properties: 5}\n", ["seed.yaml is refused", "tenants.acme: "]),
    ] {
        let error = refusal(&["--seed", &file(&folder, "seed.yaml", text)]);
        assert!(parts.iter().all(|part| error.contains(part)), "{text}{error}");
    }
    assert!(refusal(&["--seed", "missing.yaml"]).contains("cannot read missing.yaml"));
}

async fn send(client: &Client, key: &str) -> String {
    let message = Message::new().to(Recipient::email("ada@example.com")).content(Content::new("t", "b"));
    client.send().message(message).idempotency_key(key).await.unwrap().into_inner().request_id
}

#[tokio::test]
async fn state_survives_a_restart() {
    let folder = TempDir::new().unwrap();
    let (seed, state) = (file(&folder, "seed.yaml", SEED), folder.path().join("state"));
    let arguments = ["--seed", &seed, "--state", &state.display().to_string(), "--template", "nt_given"];

    let program = Program::start(&arguments);
    let client = program.client();
    let id = send(&client, "order-1").await;
    client.profiles().create("ada", [("name", "Countess")]).await.unwrap();
    client.lists().delete("customers").await.unwrap();
    let unauthorized = program.http.put(format!("{}/lists/foreign", program.url)).body("{\"name\":\"f\"}");
    assert_eq!(unauthorized.send().await.unwrap().status().as_u16(), 401);
    program.post("fail", json!({"operation": "lists.update", "status": 404})).await;
    assert_eq!(client.lists().update("refused", "Refused").await.unwrap_err().kind(), ErrorKind::NotFound);
    assert_eq!(program.post("advance", json!({"seconds": 86_000})).await.0, 200);
    assert_eq!(client.messages().retrieve(&id).await.unwrap().status, MessageStatus::Delivered);
    program.terminate();

    for _ in 0..2 {
        let program = Program::start(&arguments);
        let client = program.client();
        assert_eq!(client.messages().retrieve(&id).await.unwrap().status, MessageStatus::Delivered);
        assert_eq!(send(&client, "order-1").await, id, "the key is kept");
        // What the seed had and a call has changed stays changed.
        assert_eq!(client.profiles().retrieve("ada").await.unwrap().profile["name"], "Countess");
        for list in ["customers", "foreign", "refused"] {
            assert_eq!(client.lists().retrieve(list).await.unwrap_err().kind(), ErrorKind::NotFound, "{list}");
        }
        assert!(client.notifications().retrieve("nt_given").await.is_ok());
        program.terminate();
    }

    let program = Program::start(&arguments);
    assert_eq!(program.post("reset", json!({})).await.0, 200);
    program.terminate();
    let program = Program::start(&arguments);
    assert_ne!(program.client().profiles().retrieve("ada").await.unwrap().profile["name"], "Countess");
    assert_eq!(program.client().messages().retrieve(&id).await.unwrap_err().kind(), ErrorKind::NotFound);
}

#[tokio::test]
async fn state_survives_a_kill() {
    let folder = TempDir::new().unwrap();
    let state = folder.path().join("state");
    let arguments = ["--state", &state.display().to_string()];
    let mut ids = Vec::new();
    for round in 0..5 {
        let program = Program::start(&arguments);
        for id in &ids {
            assert!(program.client().messages().retrieve(id).await.is_ok(), "round {round}");
        }
        let key = format!("key-{round}");
        ids.push(send(&program.client(), &key).await);
        // Whenever it is read, the file is whole.
        while !is_saved(&state, &key) {
            tokio::task::yield_now().await;
        }
    }
}

#[tokio::test]
async fn kill_while_saving_leaves_a_whole_file() {
    const ROUNDS: usize = 12;
    let folder = TempDir::new().unwrap();
    let (state, new) = (folder.path().join("state"), folder.path().join("state.new"));
    let arguments = ["--state", &state.display().to_string()];
    let (mut count, mut unfinished) = (0, 0);
    for round in 0..=ROUNDS {
        let program = Program::start(&arguments);
        // The first messages are there, all of those that were there before, and no gap.
        let sent = program.sent().await;
        let keys: Vec<&str> = sent.iter().map(|sent| sent["idempotency_key"].as_str().unwrap()).collect();
        assert_eq!(keys, (0..keys.len()).map(|number| format!("key-{number}")).collect::<Vec<_>>(), "round {round}");
        assert!(keys.len() >= count, "round {round}");
        count = keys.len();
        if round == ROUNDS {
            break;
        }
        let _ = fs::remove_file(&new);
        let (client, body) = (program.client(), "b".repeat(20_000));
        let sending = tokio::spawn(async move {
            for number in count.. {
                let message = Message::new().to(Recipient::email("ada@example.com")).content(Content::new("t", &body));
                let call = client.send().message(message).idempotency_key(format!("key-{number}"));
                if call.options(|options| options.max_retries(0)).await.is_err() {
                    break;
                }
            }
        });
        let new = new.clone();
        let killed = tokio::task::spawn_blocking(move || {
            for is_saving in [true, false].into_iter().cycle().take(1 + 2 * (round % 3)) {
                while new.exists() != is_saving {
                    std::thread::yield_now();
                }
            }
            drop(program);
            new.exists()
        });
        unfinished += usize::from(killed.await.unwrap());
        sending.await.unwrap();
    }
    assert!(count > 0 && unfinished > 0, "{count} messages, {unfinished} kills while a file was written");
}

#[tokio::test]
async fn state_belongs_to_one_program() {
    let folder = TempDir::new().unwrap();
    let state = folder.path().join("state").display().to_string();
    let program = Program::start(&["--state", &state]);
    assert!(refusal(&["--state", &state]).contains("is in use by another courier-local"));
    drop(program);
    Program::start(&["--state", &state]).terminate();

    let missing = folder.path().join("missing").join("state").display().to_string();
    assert!(refusal(&["--state", &missing]).contains("cannot write"));
    assert!(refusal(&["--state", &folder.path().display().to_string()]).contains("cannot read"));
}

fn is_saved(file: &Path, key: &str) -> bool {
    let Ok(text) = fs::read_to_string(file) else { return false };
    assert!(text.ends_with('\n') && text.lines().all(|line| serde_json::from_str::<Value>(line).is_ok()), "{text}");
    text.contains(key)
}

#[test]
fn invalid_state_is_refused_with_its_line() {
    let folder = TempDir::new().unwrap();
    let head = r#"{"courier_local":1,"saved_at":1,"advanced":0}"#;
    for (text, part) in [
        (String::new(), "line 1: the file is empty"),
        (format!("{head}\n{{\"at\":1}}\n"), "line 2: missing field `step`"),
        (head.replace(":1,\"saved", ":9,\"saved"), "line 1: format 9 instead of 1"),
    ] {
        let error = refusal(&["--state", &file(&folder, "state", &text)]);
        assert!(error.contains(part), "{error}");
    }
}

#[tokio::test]
async fn reset_stores_the_seed_again() {
    let folder = TempDir::new().unwrap();
    let program = Program::start(&["--seed", &file(&folder, "seed.yaml", SEED), "--topic", "topic_given"]);
    let client = program.client();
    client.profiles().delete("ada").await.unwrap();
    client.lists().update("other", "Other").await.unwrap();
    send(&client, "k").await;
    program.post("fail", json!({"operation": "profiles.retrieve", "status": 500, "times": 100})).await;
    assert_eq!(program.post("reset", json!({})).await, (200, json!({})));

    assert_eq!(client.profiles().retrieve("ada").await.unwrap().profile["name"], "Ada");
    assert_eq!(client.lists().retrieve("other").await.unwrap_err().kind(), ErrorKind::NotFound);
    assert!(client.users().preferences().retrieve_topic("ada", "topic_given").await.is_ok());
    assert_eq!(program.sent().await, [] as [Value; 0]);
}

#[tokio::test]
async fn advance_delivers_messages() {
    let program = Program::start(&["--delivery-time", "3600000"]);
    let client = program.client();
    let id = send(&client, "k").await;
    assert_eq!(client.messages().retrieve(&id).await.unwrap().status, MessageStatus::Enqueued);
    program.post("advance", json!({"seconds": 3600.5})).await;
    assert_eq!(client.messages().retrieve(&id).await.unwrap().status, MessageStatus::Delivered);
}

#[tokio::test]
async fn fail_sets_the_next_responses() {
    let program = Program::start(&[]);
    let client = program.client().with_options(|options| options.max_retries(0));
    let fault = json!({"operation": "lists.update", "status": 409, "message": "in use", "times": 2});
    assert_eq!(program.post("fail", fault).await, (200, json!({})));
    for _ in 0..2 {
        let error = client.lists().update("customers", "Customers").await.unwrap_err();
        assert_eq!((error.kind(), error.message()), (ErrorKind::Conflict, Some("in use")));
    }
    client.lists().update("customers", "Customers").await.unwrap();

    // Lost before and after the message is sent; by Node's name as well.
    program.post("fail", json!({"operation": "send.message", "disconnect": "before_acting"})).await;
    let message = || Message::new().to(Recipient::email("ada@example.com")).content(Content::new("t", "b"));
    let call = client.send().message(message()).idempotency_key("once");
    assert!(call.clone().await.unwrap_err().is_transient());
    assert_eq!(program.sent().await.len(), 0);
    program.post("fail", json!({"operation": "send.message", "disconnect": "after_acting"})).await;
    assert!(call.clone().await.unwrap_err().is_transient());
    call.await.unwrap();
    let sent = program.sent().await;
    assert_eq!((sent.len(), &sent[0]["idempotency_key"]), (1, &json!("once")));
    assert_eq!((&sent[0]["recipient"], &sent[0]["operation"]), (&json!("ada@example.com"), &json!("send.message")));
    let fault = json!({"operation": "lists.subscriptions.unsubscribeUser", "status": 500});
    assert_eq!(program.post("fail", fault).await.0, 200);
    let error = client.lists().subscriptions().unsubscribe_user("customers", "ada").await.unwrap_err();
    assert_eq!(error.status().unwrap(), 500);
    let fault = json!({"operation": "lists.list", "status": 429, "headers": {"retry-after": "7"}});
    assert_eq!(program.post("fail", fault).await.0, 200);
    let error = client.lists().list().await.unwrap_err();
    assert_eq!((error.kind(), error.retry_after()), (ErrorKind::RateLimited, Some(Duration::from_secs(7))));
}

#[tokio::test]
async fn invalid_control_requests_are_refused() {
    let program = Program::start(&[]);
    for (name, body, status, part) in [
        ("fail", json!({"operation": "lists.paint", "status": 500}), 400, "no operation `lists.paint`"),
        ("fail", json!({"operation": "lists.list"}), 400, "is required"),
        ("fail", json!({"operation": "lists.list", "status": 99}), 400, "99 is not a status"),
        ("fail", json!({"operation": "lists.list", "status": 500, "times": 0}), 400, "`times`"),
        ("fail", json!({"operation": "lists.list", "status": 500, "headers": {"a b": "c"}}), 400, "header `a b`"),
        ("fail", json!({"operation": "lists.list", "status": 500, "headers": {"a": "\n"}}), 400, "header `a`"),
        (
            "fail",
            json!({"operation": "lists.list", "status": 500, "headers": {"Content-Length": "9"}}),
            400,
            "header `C",
        ),
        ("fail", json!({"operation": "lists.list", "stat": 500}), 400, "unknown field `stat`"),
        ("fail", json!({"operation": "lists.list", "status": 500, "disconnect": "after_acting"}), 400, "exclude"),
        ("advance", json!({"seconds": -1}), 400, "-1 is not a number of seconds"),
        ("advance", json!({}), 400, "missing field `seconds`"),
        ("health", json!({}), 405, "does not have this method"),
        ("restart", json!({}), 404, "health, sent, reset, advance and fail"),
    ] {
        let (actual, body) = program.post(name, body).await;
        let message = body["message"].as_str().unwrap();
        assert!(actual == status && message.contains(part), "{name}: {actual} {message}");
    }
}

#[tokio::test]
async fn foreign_web_pages_control_nothing() {
    let program = Program::start(&[]);
    let client = program.client();
    client.lists().update("customers", "Customers").await.unwrap();
    for (name, value) in [("origin", "https://evil.example"), ("host", "evil.example"), ("origin", "null")] {
        for path in ["_courier/reset", "_courier/sent", "_courier/health", ""] {
            let request = program.http.post(format!("{}/{path}", program.url)).header(name, value);
            assert_eq!(request.send().await.unwrap().status().as_u16(), 403, "{name} {path}");
        }
    }
    assert!(client.lists().retrieve("customers").await.is_ok());
}

#[tokio::test]
async fn given_templates_and_topics_exist() {
    let program = Program::start(&["--template", "nt_a", "--template", "nt_b", "--topic", "topic_a"]);
    let client = program.client();
    for (template, status) in
        [("nt_a", MessageStatus::Delivered), ("nt_b", MessageStatus::Delivered), ("nt_c", MessageStatus::Unmapped)]
    {
        assert_eq!(outcome(&program, template).await, status, "{template}");
    }
    assert!(client.users().preferences().retrieve_topic("ada", "topic_a").await.is_ok());

    let program = Program::start(&["--any-template"]);
    assert_eq!(outcome(&program, "nt_c").await, MessageStatus::Delivered);
}

/// The status of a message with this template, at last.
async fn outcome(program: &Program, template: &str) -> MessageStatus {
    let message = Message::new().to(Recipient::email("ada@example.com")).template(template);
    let id = program.client().send().message(message).await.unwrap().into_inner().request_id;
    program.post("advance", json!({"seconds": 60})).await;
    program.client().messages().retrieve(&id).await.unwrap().into_inner().status
}

#[test]
fn health_is_an_exit_code() {
    let program = Program::start(&[]);
    let address = program.url.trim_start_matches("http://").to_owned();
    assert!(run(&[&address, "--health"]).status.success());
    drop(program);
    assert!(refusal(&[&address, "--health"]).contains("cannot connect"));
}

#[test]
fn open_address_needs_public() {
    assert!(refusal(&["0.0.0.0:0"]).contains("can be reached from other machines"));
    let program = Program::start_at("0.0.0.0:0", &["--public"]);
    assert!(program.url.starts_with("http://127.0.0.1:"), "{}", program.url);
}

#[test]
fn webhook_must_be_a_url() {
    for url in ["localhost:3000/courier", "ftp://localhost/courier", ""] {
        assert!(refusal(&["--webhook", url]).contains("must begin with http"), "{url}");
    }
}

#[test]
fn image_runs_the_program_and_checks_its_health() {
    let instruction = |name: &str| -> Vec<&str> {
        let line = include_str!("../../Dockerfile").lines().find(|line| line.starts_with(name)).unwrap();
        serde_json::from_str(&line[line.find('[').unwrap()..]).unwrap()
    };
    let (run, check) = (instruction("ENTRYPOINT"), instruction("HEALTHCHECK"));
    assert_eq!((run[0], run[1], check[0], check[1]), ("courier-local", "0.0.0.0:4010", run[0], run[1]));
    let program = Program::start_at("0.0.0.0:0", &run[2..]);
    let address = format!("0.0.0.0:{}", program.url.rsplit(':').next().unwrap());
    assert!(command(&[&address]).args(&check[2..]).status().unwrap().success());
}

/// Receives webhooks, and returns the statuses that they report.
fn receive_webhooks(listener: TcpListener) -> mpsc::Receiver<String> {
    let (sender, receiver) = mpsc::channel();
    std::thread::spawn(move || {
        for stream in listener.incoming().map_while(Result::ok) {
            let sender = sender.clone();
            std::thread::spawn(move || {
                let mut reader = BufReader::new(&stream);
                loop {
                    let mut length = 0;
                    let mut line = String::new();
                    while reader.read_line(&mut line).is_ok_and(|count| count > 2) {
                        if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
                            length = value.trim().parse().unwrap();
                        }
                        line.clear();
                    }
                    let mut body = vec![0; length];
                    if length == 0 || reader.read_exact(&mut body).is_err() {
                        return;
                    }
                    let body: Value = serde_json::from_slice(&body).unwrap();
                    sender.send(body["data"]["status"].as_str().unwrap_or_default().to_owned()).unwrap();
                    (&stream).write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n").unwrap();
                }
            });
        }
    });
    receiver
}

#[tokio::test]
async fn webhooks_continue_after_a_restart() {
    let folder = TempDir::new().unwrap();
    let state = folder.path().join("state").display().to_string();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/courier", listener.local_addr().unwrap());
    let webhooks = receive_webhooks(listener);
    let arguments = ["--state", &state, "--webhook", &url, "--delivery-time", "3600000"];

    let program = Program::start(&arguments);
    send(&program.client(), "k").await;
    assert_eq!(webhooks.recv().unwrap(), "ENQUEUED");
    program.terminate();
    let program = Program::start(&arguments);
    program.post("advance", json!({"seconds": 3600})).await;
    for status in ["ROUTED", "SENT", "DELIVERED"] {
        assert_eq!(webhooks.recv().unwrap(), status);
    }
}
