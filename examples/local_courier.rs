//! A local Courier, for programs in any language.
//!
//! ```text
//! cargo run --features testing --example local_courier -- 127.0.0.1:4010
//! cargo run --features testing --example local_courier -- 127.0.0.1:4010 --webhook http://127.0.0.1:8080/courier --secret s
//! ```

use std::error::Error;
use std::process::ExitCode;
use std::time::{Duration, SystemTime};

use trycourier::testing::{Courier, RecordedCall};

const USAGE: &str = "\
usage: local_courier [ADDRESS] [--webhook URL [--secret SECRET]] [--page-size ROWS] [--delivery-time MILLISECONDS]
                     [--respond-with-examples] [--public]

  ADDRESS            where to listen [default: 127.0.0.1:4010]
  --webhook URL      post `message:updated` and other webhooks there
  --secret SECRET    sign them
  --page-size ROWS   the maximum number of rows of a page
  --delivery-time MILLISECONDS
                     the time from a request to the delivery of its message
  --respond-with-examples
                     respond with an example if something is missing, for test suites of SDKs
  --public           let other machines reach it, if ADDRESS allows it, and respond to any host name";

#[derive(Default)]
struct Arguments {
    address: Option<String>,
    webhook: Option<String>,
    secret: Option<String>,
    page_size: Option<usize>,
    delivery_time: Option<Duration>,
    respond_with_examples: bool,
    public: bool,
}

impl Arguments {
    fn read(mut given: impl Iterator<Item = String>) -> Result<Self, String> {
        let mut arguments = Self::default();
        while let Some(argument) = given.next() {
            let mut value = || given.next().ok_or_else(|| format!("{argument} needs a value\n\n{USAGE}"));
            match argument.as_str() {
                "--webhook" => arguments.webhook = Some(value()?),
                "--secret" => arguments.secret = Some(value()?),
                "--page-size" => {
                    let rows = value()?.parse().map_err(|_| format!("--page-size needs a number\n\n{USAGE}"))?;
                    arguments.page_size = Some(rows);
                }
                "--delivery-time" => {
                    let time = value()?.parse().map_err(|_| format!("--delivery-time needs a number\n\n{USAGE}"))?;
                    arguments.delivery_time = Some(Duration::from_millis(time));
                }
                "--respond-with-examples" => arguments.respond_with_examples = true,
                "--public" => arguments.public = true,
                address if !address.starts_with('-') && arguments.address.is_none() => {
                    arguments.address = Some(address.to_owned());
                }
                _ => return Err(format!("{argument} is not known\n\n{USAGE}")),
            }
        }
        Ok(arguments)
    }
}

#[tokio::main]
async fn main() -> ExitCode {
    match serve().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

async fn serve() -> Result<(), Box<dyn Error>> {
    let arguments = Arguments::read(std::env::args().skip(1))?;
    let courier = Courier::new();
    courier.respond_with_examples(arguments.respond_with_examples).on_call(|call| println!("{}", line(call)));
    if let Some(rows) = arguments.page_size {
        courier.page_size(rows);
    }
    if let Some(time) = arguments.delivery_time {
        courier.delivery_time(time);
    }
    let address = arguments.address.as_deref().unwrap_or("127.0.0.1:4010");
    let served = if arguments.public { courier.serve_public(address).await } else { courier.serve(address).await };
    let server = served.map_err(|error| format!("cannot listen on {address}: {error}"))?;
    println!("A local Courier is listening. To use it from any of Courier's SDKs:\n");
    println!("  export COURIER_BASE_URL={} COURIER_API_KEY=any\n", server.url());
    println!("The messages are shown at {}/", server.url());
    let _posting = arguments.webhook.map(|url| {
        println!("Webhooks are posted to {url}");
        courier.post_webhooks(url, arguments.secret, |cause| eprintln!("{cause}"))
    });
    tokio::signal::ctrl_c().await?;
    Ok(())
}

/// Formats one request as a line.
fn line(call: &RecordedCall) -> String {
    let seconds = call.at.duration_since(SystemTime::UNIX_EPOCH).map_or(0, |time| time.as_secs() % 86_400);
    let (hour, minute, second) = (seconds / 3_600, seconds / 60 % 60, seconds % 60);
    let operation = call.operation.unwrap_or("no such operation");
    let (status, method) = (call.status.map_or_else(|| "---".to_owned(), |status| status.to_string()), &call.method);
    format!("{hour:02}:{minute:02}:{second:02} {status} {method} {} ({operation})", call.target)
}
