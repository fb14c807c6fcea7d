//! A Courier on this machine, for programs in any language.

mod control;
mod seed;
mod state;

use std::error::Error;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use clap::Parser;
use trycourier::http::Uri;
use trycourier::testing::{Courier, RecordedCall};

use crate::seed::Seed;
use crate::state::Workspace;

/// The time between two checks for changes to save.
const SAVE_PERIOD: Duration = Duration::from_millis(200);
/// The time limit of a health check.
const HEALTH_TIMEOUT: Duration = Duration::from_secs(2);

/// A Courier on this machine, for developing and testing programs in any language.
///
/// It stores what a program creates, checks requests, "delivers" messages and shows them on a page. Nothing leaves the
/// machine, except webhooks to the address that you give.
#[derive(Parser)]
#[command(version)]
struct Arguments {
    /// The address to listen on
    #[arg(default_value = "127.0.0.1:4010")]
    address: String,
    /// Fill an empty workspace from this YAML or JSON file
    #[arg(long, value_name = "FILE")]
    seed: Option<PathBuf>,
    /// Keep the workspace in this file, over restarts
    #[arg(long, value_name = "FILE")]
    state: Option<PathBuf>,
    /// Store a published template with this id; can be repeated
    #[arg(long, value_name = "ID")]
    template: Vec<String>,
    /// Store a subscription topic with this id; can be repeated
    #[arg(long, value_name = "ID")]
    topic: Vec<String>,
    /// Treat every template that a message names as published
    #[arg(long)]
    any_template: bool,
    /// Post `message:updated` and other webhooks to this address
    #[arg(long, value_name = "URL", value_parser = webhook_url)]
    webhook: Option<String>,
    /// Sign the webhooks
    #[arg(long, value_name = "SECRET", requires = "webhook")]
    secret: Option<String>,
    /// The maximum number of rows of a page
    #[arg(long, value_name = "ROWS")]
    page_size: Option<usize>,
    /// The time from a request to the delivery of its message
    #[arg(long, value_name = "MILLISECONDS")]
    delivery_time: Option<u64>,
    /// Respond with an example if something is missing, for test suites of SDKs
    #[arg(long)]
    respond_with_examples: bool,
    /// Let other machines reach it, if ADDRESS allows it, and respond to any host name
    #[arg(long)]
    public: bool,
    /// Check if the program is running at ADDRESS, and exit with 0 or 1
    #[arg(long)]
    health: bool,
}

// On one thread, requests are recorded in the order in which they were performed.
#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let done = if arguments.health { check_health(&arguments.address) } else { serve(arguments).await };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("courier-local: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn serve(arguments: Arguments) -> Result<(), Box<dyn Error>> {
    let courier = Courier::new();
    courier.clock(SystemTime::now);
    courier.respond_with_examples(arguments.respond_with_examples).accept_any_template(arguments.any_template);
    if let Some(rows) = arguments.page_size {
        courier.page_size(rows);
    }
    if let Some(time) = arguments.delivery_time {
        courier.delivery_time(Duration::from_millis(time));
    }
    if arguments.webhook.is_some() {
        courier.collect_webhooks();
    }
    let mut seed = arguments.seed.as_deref().map(Seed::read).transpose()?.unwrap_or_default();
    seed.add_ids(arguments.template, arguments.topic);

    let workspace = Arc::new(Workspace::open(courier.clone(), seed, arguments.state)?);
    let recorder = Arc::clone(&workspace);
    courier.on_call(move |call| {
        println!("{}", line(call));
        recorder.record(call);
    });
    let controlled = Arc::clone(&workspace);
    courier.intercept(move |request| control::respond(&controlled, request));

    let address = arguments.address.as_str();
    let served = if arguments.public { courier.serve_public(address).await } else { courier.serve(address).await };
    let server = served.map_err(|error| format!("cannot listen on {address}: {error}"))?;
    println!("A local Courier is listening. To use it from any of Courier's SDKs:\n");
    let url = local(&server.url());
    println!("  export COURIER_BASE_URL={url} COURIER_API_KEY=any\n");
    println!("The messages are shown at {url}/");
    let _posting = arguments.webhook.map(|url| {
        println!("Webhooks are posted to {url}");
        courier.post_webhooks(url, arguments.secret, |cause| eprintln!("{cause}"))
    });
    let stop = stopped();
    tokio::pin!(stop);
    let mut last_error = None;
    loop {
        let ends = tokio::time::timeout(SAVE_PERIOD, &mut stop).await.is_ok();
        let error = workspace.save(ends).err();
        match &error {
            Some(error) if ends => return Err(error.as_str().into()),
            Some(message) if error != last_error => eprintln!("courier-local: {message}"),
            _ => {}
        }
        last_error = error;
        if ends {
            return Ok(());
        }
    }
}

fn webhook_url(text: &str) -> Result<String, String> {
    let is_url = text.parse::<Uri>().is_ok_and(|url| matches!(url.scheme_str(), Some("http" | "https")));
    if is_url { Ok(text.to_owned()) } else { Err("it must begin with http:// or https://".to_owned()) }
}

/// Replaces the address of all interfaces by one that this machine can connect to.
fn local(address: &str) -> String {
    address.replace("0.0.0.0", "127.0.0.1").replace("[::]", "[::1]")
}

/// Waits until the program is to stop.
async fn stopped() {
    #[cfg(unix)]
    if let Ok(mut terminated) = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()) {
        tokio::select! {
            _ = terminated.recv() => {}
            _ = tokio::signal::ctrl_c() => {}
        }
        return;
    }
    // Without a handler the program is stopped by the system.
    if tokio::signal::ctrl_c().await.is_err() {
        std::future::pending::<()>().await;
    }
}

fn line(call: &RecordedCall) -> String {
    let seconds = call.at.duration_since(SystemTime::UNIX_EPOCH).map_or(0, |time| time.as_secs() % 86_400);
    let (hour, minute, second) = (seconds / 3_600, seconds / 60 % 60, seconds % 60);
    let operation = call.operation.unwrap_or("no such operation");
    let (status, method) = (call.status.map_or_else(|| "---".to_owned(), |status| status.to_string()), &call.method);
    format!("{hour:02}:{minute:02}:{second:02} {status} {method} {} ({operation})", call.target)
}

/// Checks the health of a running program, for images without an HTTP client.
fn check_health(address: &str) -> Result<(), Box<dyn Error>> {
    let address = local(address);
    let mut stream = TcpStream::connect(&address).map_err(|error| format!("cannot connect to {address}: {error}"))?;
    stream.set_read_timeout(Some(HEALTH_TIMEOUT))?;
    let request = format!("GET {} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n", control::HEALTH);
    stream.write_all(request.as_bytes())?;
    let mut response = String::new();
    stream.read_to_string(&mut response)?;
    if response.starts_with("HTTP/1.1 200 ") {
        return Ok(());
    }
    Err(format!("{address} does not respond as courier-local does").into())
}
