//! The speed of calls, compared with the official Node and Python clients and plain reqwest: one call after the other, each
//! client in turn against one nginx with the same responses for all.
//!
//! The client and nginx share one core. On two cores, each would wait for the other's core to wake up at every call, which takes
//! longer than a send, and the clients would hardly differ.
//!
//! Most of a send is the work of the kernel and of nginx. Therefore it is also measured without a network: code in the client's
//! process takes its complete request and responds at once, which isolates the client's own cost.
//!
//! The Rust clients are also measured with mimalloc, because services with much traffic often choose such an allocator. Glibc's
//! allocator returns the memory of each page of users to the system, and requests it again for the next.

use std::collections::BTreeMap;
use std::fs;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use clap::Args;
use serde_json::{Value, json};

use crate::measured::{circumstances, table};
use xtask::files::Files;
use xtask::programs::{self, cargo, output, python, python_with, run, wait_for, works};

const NODE_CLIENT: &str = "@trycourier/courier@7.10.2";
const STARTS_WITHIN: Duration = Duration::from_secs(10);

/// The kinds of calls, and their headings in the table.
const KINDS: [(&str, &str); 3] =
    [("send", "sends a second"), ("page", "pages of 100 users a second"), (CALL, "sends a second without a network")];
const CALL: &str = "call";

/// The response to each send, by nginx and without it.
const SENT: &str = r#"{"requestId":"1-65f240a0-8f7c1d2e3b4a5968778695a4"}"#;

#[derive(Args)]
pub struct Options {
    /// The seconds for which each client calls in each round, after a warm-up of a fifth of this time.
    #[arg(long, default_value_t = 5.0)]
    seconds: f64,
    /// The number of rounds of each client; the highest number of calls per second counts.
    #[arg(long, default_value_t = 3)]
    rounds: usize,
}

/// A client to measure.
struct Peer {
    title: String,
    /// The program and its first arguments.
    command: Vec<PathBuf>,
    /// `true` if its network can be replaced.
    takes_transport: bool,
}

pub fn bench(repository: &Path, options: &Options) -> Result<()> {
    ensure!(options.rounds > 0 && options.seconds > 0.0, "the number of rounds and of seconds must be more than 0");
    let folder = programs::target(repository).join("bench-peers");
    fs::create_dir_all(&folder)?;
    let server = Nginx::start(&folder)?;
    let peers = peers(repository, &folder)?;
    let mut most: BTreeMap<(usize, &str), f64> = BTreeMap::new();
    for round in 1..=options.rounds {
        for (kind, unit) in KINDS {
            for (index, peer) in peers.iter().enumerate().filter(|(_, peer)| peer.takes_transport || kind != CALL) {
                let rate = rate(peer, &server.url, kind, options.seconds)?;
                eprintln!("{} ({round}/{}): {rate:.0} {unit}", peer.title, options.rounds);
                let best = most.entry((index, kind)).or_default();
                *best = best.max(rate);
            }
        }
    }

    let rows = peers.iter().enumerate().map(|(index, peer)| {
        let figures = KINDS.into_iter().flat_map(|(kind, _)| {
            let best = |index| most.get(&(index, kind)).copied();
            let ratio = best(0).zip(best(index)).map(|(first, rate)| first / rate);
            let shown = |figure: Option<f64>, digits| figure.map_or("–".to_owned(), |it| format!("{it:.digits$}"));
            [shown(best(index), 0), shown(ratio, 2)]
        });
        std::iter::once(peer.title.clone()).chain(figures).collect()
    });
    let mut head = vec!["one call after the other"];
    head.extend(KINDS.into_iter().flat_map(|(_, unit)| [unit, "ratio"]));
    println!("{}\n{}", table(&head, &rows.collect::<Vec<_>>()), circumstances());
    let whose = if can_be_pinned() {
        "Each shared one core with nginx."
    } else {
        "Each ran on any free core, because taskset cannot keep programs on one core here."
    };
    println!("{whose} The ratio is how many times as fast the first one is.");
    Ok(())
}

/// Prepares every client.
fn peers(repository: &Path, folder: &Path) -> Result<Vec<Peer>> {
    let (ours, reqwest) = versions(repository)?;
    let mut peers = Vec::new();
    for (feature, allocator) in [("", "the system's allocator"), ("mimalloc", "mimalloc")] {
        let program = rust(repository, folder, feature)?;
        peers.push(Peer {
            title: format!("trycourier {ours}, with {allocator}"),
            command: vec![program.clone(), "trycourier".into()],
            takes_transport: true,
        });
        peers.push(Peer {
            title: format!("plain reqwest {reqwest}, with {allocator}"),
            command: vec![program, "reqwest".into()],
            takes_transport: false,
        });
    }
    if works("npm") {
        let node = output(Command::new("node").arg("--version"))?;
        let title = format!("{NODE_CLIENT}, Node {}", node.trim().trim_start_matches('v'));
        peers.push(Peer { title, command: vec!["node".into(), node_client(folder)?], takes_transport: true });
    } else {
        eprintln!("Left out: the official Node client, which needs node and npm.");
    }
    if let Some(python) = python() {
        let client = Files::new(repository).python_client()?;
        let python = python_with(folder, python, &[&client])?;
        let version = output(Command::new(&python).arg("--version"))?;
        let title = format!("{client}, {}", version.trim());
        let script = repository.join("benches/compare/clients/python.py");
        peers.push(Peer { title, command: vec![python, script], takes_transport: true });
    } else {
        eprintln!("Left out: the official Python client, which needs python3.");
    }
    Ok(peers)
}

/// Builds the program that calls with trycourier and with reqwest, optimized and with one of its features. Returns its path.
fn rust(repository: &Path, folder: &Path, feature: &str) -> Result<PathBuf> {
    let project = folder.join("rust");
    fs::create_dir_all(project.join("src"))?;
    let path = repository.display().to_string();
    let manifest = format!(
        r#"[package]
name = "bench"
version = "0.0.0"
edition = "2024"

[workspace]

[dependencies]
mimalloc = {{ version = "=0.1.52", default-features = false, optional = true }}
reqwest = {{ version = "0.13", default-features = false, features = ["http2", "json", "rustls", "system-proxy"] }}
serde = {{ version = "1", features = ["derive"] }}
serde_json = "1"
tokio = {{ version = "1", features = ["macros", "rt"] }}
trycourier = {{ path = {path:?}, default-features = false, features = ["bulk", "rustls", "send"] }}
"#
    );
    fs::write(project.join("Cargo.toml"), manifest)?;
    fs::write(project.join("src/main.rs"), include_str!("../clients/rust.rs"))?;
    // All versions are those of this repository.
    fs::copy(repository.join("Cargo.lock"), project.join("Cargo.lock"))?;
    let target = project.join("target");
    let mut build = cargo();
    build.args(["build", "--release", "--features", feature]).current_dir(&project).env("CARGO_TARGET_DIR", &target);
    run(&mut build)?;
    let suffix = std::env::consts::EXE_SUFFIX;
    // The program with the next feature has the same name.
    let program = project.join(format!("bench-{feature}{suffix}"));
    fs::copy(target.join(format!("release/bench{suffix}")), &program)?;
    Ok(program)
}

/// The versions of trycourier and of reqwest in Cargo.lock.
fn versions(repository: &Path) -> Result<(String, String)> {
    let lock: toml::Table = fs::read_to_string(repository.join("Cargo.lock"))?.parse().context("Cargo.lock")?;
    let packages = lock.get("package").and_then(toml::Value::as_array).context("Cargo.lock lists no packages")?;
    let version = |name: &str| {
        let named = packages.iter().find(|package| package.get("name").and_then(toml::Value::as_str) == Some(name));
        let version = named.and_then(|package| package.get("version")?.as_str());
        version.map(str::to_owned).with_context(|| format!("Cargo.lock has no {name}"))
    };
    Ok((version("trycourier")?, version("reqwest")?))
}

/// Installs the Node client, and returns the script next to it.
fn node_client(folder: &Path) -> Result<PathBuf> {
    let folder = folder.join("node");
    fs::create_dir_all(&folder)?;
    let script = folder.join("bench.mjs");
    fs::write(&script, include_str!("../clients/node.mjs"))?;
    fs::write(folder.join("package.json"), json!({"private": true}).to_string())?;
    let install = ["install", "--loglevel=error", "--no-audit", "--no-fund", NODE_CLIENT];
    output(Command::new("npm").args(install).current_dir(&folder))?;
    Ok(script)
}

/// Runs a client, and returns its calls per second.
fn rate(peer: &Peer, url: &str, kind: &str, seconds: f64) -> Result<f64> {
    let mut command = pinned(&peer.command);
    let before = seconds / 5.0;
    let printed = output(command.args([url, kind, &before.to_string(), &seconds.to_string(), SENT]))?;
    let (count, passed) = printed.trim().split_once(' ').with_context(|| format!("{command:?} prints {printed}"))?;
    Ok(count.parse::<f64>()? / passed.parse::<f64>()?)
}

/// The command that keeps a program on the first core.
const PINNED: [&str; 3] = ["taskset", "--cpu-list", "0"];

fn can_be_pinned() -> bool {
    let [taskset, arguments @ ..] = PINNED;
    Command::new(taskset)
        .args(arguments)
        .arg("true")
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success())
}

/// Returns a command that stays on the first core, if the system supports that.
fn pinned(command: &[PathBuf]) -> Command {
    let mut arguments = Vec::new();
    if can_be_pinned() {
        arguments.extend(PINNED.map(PathBuf::from));
    }
    arguments.extend_from_slice(command);
    let mut command = Command::new(arguments.first().cloned().unwrap_or_default());
    command.args(arguments.iter().skip(1));
    command
}

/// An nginx with both responses. It stops when this is dropped.
struct Nginx {
    child: Child,
    url: String,
}

impl Nginx {
    fn start(folder: &Path) -> Result<Self> {
        let program = ["nginx", "/usr/sbin/nginx"].into_iter().find(|program| {
            Command::new(program).arg("-v").stderr(Stdio::null()).status().is_ok_and(|status| status.success())
        });
        let program = program.context("nginx is not installed; Debian has it in nginx-light, Homebrew in nginx")?;
        let folder = folder.join("nginx");
        fs::create_dir_all(&folder)?;
        let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
        fs::write(folder.join("page.json"), page().to_string())?;
        fs::write(folder.join("nginx.conf"), configuration(port))?;
        let mut command = pinned(&[program.into()]);
        command.arg("-p").arg(&folder).args(["-c", "nginx.conf", "-e", "stderr"]);
        let child = command.spawn().context("cannot run nginx")?;
        let mut server = Self { child, url: format!("http://127.0.0.1:{port}") };
        wait_for("nginx", &mut server.child, port, STARTS_WITHIN)?;
        Ok(server)
    }
}

impl Drop for Nginx {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn configuration(port: u16) -> String {
    format!(
        "daemon off;
master_process off;
pid nginx.pid;
events {{ worker_connections 64; }}
http {{
    access_log off;
    default_type application/json;
    keepalive_requests 1000000000;
    client_body_temp_path body;
    proxy_temp_path proxy;
    fastcgi_temp_path fastcgi;
    uwsgi_temp_path uwsgi;
    scgi_temp_path scgi;
    open_file_cache max=4;
    tcp_nodelay on;
    server {{
        listen 127.0.0.1:{port};
        root .;
        location = /send {{ return 202 '{SENT}'; }}
        location /bulk/ {{ try_files /page.json =404; }}
    }}
}}
"
    )
}

/// Returns a page of 100 users, each with all properties that a user can have: 1.2 kB.
fn page() -> Value {
    let preference = |source: Option<&str>| {
        let mut preference = json!({
            "status": "OPTED_IN",
            "rules": [{"start": "2026-01-01T00:00:00Z", "until": "2026-12-31T23:59:59Z"}],
            "channel_preferences": [{"channel": "direct_message"}]
        });
        if let (Some(source), Some(preference)) = (source, preference.as_object_mut()) {
            preference.insert("source".to_owned(), source.into());
        }
        json!({"categories": {"news": preference}, "notifications": {"welcome": preference}})
    };
    let user = |number: usize| {
        json!({
            "preferences": preference(None),
            "profile": {"name": "Ada", "plan": "gold"},
            "recipient": format!("user_{number}"),
            "data": {"order": number, "items": ["a", "b"]},
            "to": {
                "user_id": format!("user_{number}"),
                "account_id": "abc-123",
                "context": {"tenant_id": "tenant_abc"},
                "data": {"locale": "en"},
                "email": "user@example.com",
                "locale": "en-US",
                "phone_number": "+15551234567",
                "list_id": "example.list.id",
                "preferences": preference(Some("subscription")),
                "tenant_id": "tenant_abc"
            },
            "status": "ENQUEUED",
            "messageId": format!("1-65f240a0-{number:024}")
        })
    };
    let users: Vec<Value> = (0..100).map(user).collect();
    json!({"items": users, "paging": {"cursor": "MTpFWUNFRkRRN0c1WERTRTU2", "more": true}})
}
