//! Calls of trycourier, or the same by reqwest, one after the other: `bench trycourier|reqwest URL send|page|call
//! SECONDS-BEFORE SECONDS RESPONSE` prints how many it made and in how many seconds. `call` is a send of trycourier
//! that is given the response instead of the network. `cargo compare bench-peers` builds and runs it.

use std::collections::BTreeMap;
use std::time::Instant;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use trycourier::http::header::CONTENT_TYPE;
use trycourier::http::{HeaderValue, Response, StatusCode};
use trycourier::transport::{Attempt, Body, BoxFuture, Transport, TransportError};
use trycourier::types::{BulkUserStatus, Content, Message, Recipient};
use trycourier::{Bytes, Client};

#[cfg(feature = "mimalloc")]
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;

const TITLE: &str = "Your order";
const BODY: &str = "Hello {{name}}, your order is on its way.";

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [client, url, kind, before, seconds, response] = arguments.as_slice() else {
        return Err("six arguments".into());
    };
    let (before, seconds) = (before.parse()?, seconds.parse()?);
    let ours = Client::builder().api_key("bench").base_url(url);
    let theirs = reqwest::Client::new();
    match (client.as_str(), kind.as_str()) {
        ("trycourier", "page") => {
            let client = ours.build()?;
            bench(before, seconds, async |_| page(&client).await).await
        }
        ("trycourier", kind) => {
            let at_once = AtOnce(response.clone().into());
            let client = if kind == "call" { ours.transport(at_once) } else { ours }.build()?;
            bench(before, seconds, async |_| send(&client).await).await
        }
        (_, "page") => bench(before, seconds, async |_| by_hand::page(&theirs, url).await).await,
        (_, _) => bench(before, seconds, async |count| by_hand::send(&theirs, url, count).await).await,
    }
}

async fn bench(before: f64, seconds: f64, call: impl AsyncFn(u64) -> Result<bool>) -> Result<()> {
    during(before, &call).await?;
    let (count, passed) = during(seconds, &call).await?;
    println!("{count} {passed}");
    Ok(())
}

async fn during(seconds: f64, call: &impl AsyncFn(u64) -> Result<bool>) -> Result<(u64, f64)> {
    let start = Instant::now();
    let (mut count, mut passed) = (0, 0.0);
    while passed < seconds {
        if !call(count).await? {
            return Err("the response is another one".into());
        }
        count += 1;
        passed = start.elapsed().as_secs_f64();
    }
    Ok((count, passed))
}

async fn send(client: &Client) -> Result<bool> {
    let message = Message::new()
        .to(Recipient::email("ada@example.com"))
        .content(Content::new(TITLE, BODY))
        .data(json!({"name": "Ada"}));
    Ok(!client.send().message(message).await?.request_id.is_empty())
}

async fn page(client: &Client) -> Result<bool> {
    let page = client.bulk().list_users("job").await?;
    let is_whole = page.items.len() == 100 && page.mismatches().is_empty();
    Ok(is_whole && page.items.iter().all(|user| user.status == BulkUserStatus::Enqueued))
}

/// Gives the same response to everything.
struct AtOnce(Bytes);

impl Transport for AtOnce {
    fn send(&self, _: Attempt) -> BoxFuture<'_, std::result::Result<Response<Body>, TransportError>> {
        Box::pin(async {
            let mut response = Response::new(Body::from(self.0.clone()));
            *response.status_mut() = StatusCode::ACCEPTED;
            response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
            Ok(response)
        })
    }
}

/// The code that a user of plain reqwest would write for this.
mod by_hand {
    use super::*;

    #[derive(Serialize)]
    struct Send<'a> {
        message: Message<'a>,
    }

    #[derive(Serialize)]
    struct Message<'a> {
        to: To<'a>,
        content: Content<'a>,
        data: Value,
    }

    #[derive(Serialize)]
    struct To<'a> {
        email: &'a str,
    }

    #[derive(Serialize)]
    struct Content<'a> {
        title: &'a str,
        body: &'a str,
    }

    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Sent {
        request_id: String,
    }

    pub async fn send(client: &reqwest::Client, url: &str, count: u64) -> Result<bool> {
        let message = Message {
            to: To { email: "ada@example.com" },
            content: Content { title: TITLE, body: BODY },
            data: json!({"name": "Ada"}),
        };
        let request = client
            .post(format!("{url}/send"))
            .bearer_auth("bench")
            .header("idempotency-key", format!("bench-{count}"))
            .json(&Send { message });
        let sent: Sent = request.send().await?.error_for_status()?.json().await?;
        Ok(!sent.request_id.is_empty())
    }

    #[derive(Deserialize)]
    #[allow(dead_code)]
    struct Page {
        items: Vec<User>,
        paging: Paging,
    }

    #[derive(Deserialize)]
    #[allow(dead_code)]
    struct Paging {
        more: bool,
        cursor: Option<String>,
    }

    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    #[allow(dead_code)]
    struct User {
        recipient: Option<String>,
        status: Status,
        message_id: Option<String>,
        profile: Option<Value>,
        data: Option<Value>,
        to: Option<Recipient>,
        preferences: Option<Preferences>,
    }

    #[derive(Deserialize, PartialEq)]
    #[serde(rename_all = "SCREAMING_SNAKE_CASE")]
    enum Status {
        Pending,
        Enqueued,
        Error,
    }

    #[derive(Deserialize)]
    #[allow(dead_code)]
    struct Recipient {
        user_id: Option<String>,
        account_id: Option<String>,
        tenant_id: Option<String>,
        list_id: Option<String>,
        context: Option<Context>,
        data: Option<Value>,
        email: Option<String>,
        locale: Option<String>,
        phone_number: Option<String>,
        preferences: Option<Preferences>,
    }

    #[derive(Deserialize)]
    #[allow(dead_code)]
    struct Context {
        tenant_id: Option<String>,
    }

    #[derive(Deserialize)]
    #[allow(dead_code)]
    struct Preferences {
        categories: Option<BTreeMap<String, Preference>>,
        notifications: Option<BTreeMap<String, Preference>>,
    }

    #[derive(Deserialize)]
    #[allow(dead_code)]
    struct Preference {
        status: String,
        rules: Option<Vec<Rule>>,
        channel_preferences: Option<Vec<ChannelPreference>>,
        source: Option<String>,
    }

    #[derive(Deserialize)]
    #[allow(dead_code)]
    struct Rule {
        start: Option<String>,
        until: String,
    }

    #[derive(Deserialize)]
    #[allow(dead_code)]
    struct ChannelPreference {
        channel: String,
    }

    pub async fn page(client: &reqwest::Client, url: &str) -> Result<bool> {
        let request = client.get(format!("{url}/bulk/job/users")).bearer_auth("bench");
        let page: Page = request.send().await?.error_for_status()?.json().await?;
        Ok(page.items.len() == 100 && page.items.iter().all(|user| user.status == Status::Enqueued))
    }
}
