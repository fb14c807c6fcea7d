//! The cost of a call, compared with the same request written by hand.
//!
//! `cargo bench --bench call`. The client and reqwest by hand send the same requests, with the same headers, bodies and
//! time limit, to a local server that costs almost nothing, and decode the responses as the same types; by hand with
//! `serde_json::from_slice`. It fails if the client takes more than 1.08 times as long for a send, or 1.03 times for a
//! page of 100 bulk users, if a send with OpenTelemetry's metrics takes more than 1.05 times as long as without, or if a
//! refusal that may repeat any of 4,000 device tokens takes 50 ms. Then it prints the time of the client without a
//! socket.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a benchmark fails by a panic")]

mod support;

use std::cell::Cell;
use std::hint::black_box;
use std::time::Duration;

use opentelemetry_sdk::metrics::{InMemoryMetricExporter, SdkMeterProvider};
use support::{Bars, Comparison, KEY, allocations, alone, client_with, in_turn, micros, responses, runtime, server};
use trycourier::http::header::{ACCEPT, ACCEPT_ENCODING, AUTHORIZATION, CONTENT_TYPE, USER_AGENT};
use trycourier::http::{HeaderMap, HeaderValue, Method, Response};
use trycourier::transport::{Attempt, Body, BoxFuture, Transport, TransportError};
use trycourier::types::{self, Content, Message, Recipient, Routing};
use trycourier::{Bytes, Client, reqwest};

const SEND_BAR: f64 = 1.08;
const PAGE_BAR: f64 = 1.03;
const METRICS_BAR: f64 = 1.05;
const REDACTION_BAR: Duration = Duration::from_millis(50);

fn main() {
    let page = responses::bulk_users(100);
    let url = server::start(&page);
    let client = Client::builder().api_key(KEY).base_url(&url).build().unwrap();
    let (hand, runtime) = (ByHand::new(url), runtime());
    let mut bars = Bars::default();

    let orders = Orders::default();
    let send_ours = async || send(&client, orders.next()).await;
    let send_theirs = async || hand.send(orders.next()).await;
    assert_eq!(runtime.block_on(send_ours()), runtime.block_on(send_theirs()));
    let counts = (allocations(|| runtime.block_on(send_ours())), allocations(|| runtime.block_on(send_theirs())));
    let found = in_turn(repeated(&runtime, &send_ours), repeated(&runtime, &send_theirs));
    report(&mut bars, "a send", &found, counts, SEND_BAR);

    let page_ours = async || list_users(&client).await;
    let page_theirs = async || hand.list_users().await;
    assert_eq!(runtime.block_on(page_ours()), runtime.block_on(page_theirs()));
    let counts = (allocations(|| runtime.block_on(page_ours())), allocations(|| runtime.block_on(page_theirs())));
    let found = in_turn(repeated(&runtime, &page_ours), repeated(&runtime, &page_theirs));
    report(&mut bars, "a page of 100 bulk users", &found, counts, PAGE_BAR);

    // The same client with the metrics of OpenTelemetry's SDK, and with its API alone.
    let provider = SdkMeterProvider::builder().with_periodic_exporter(InMemoryMetricExporter::default()).build();
    let measured = Client::builder().api_key(KEY).base_url(&hand.url).meter_provider(&provider).build().unwrap();
    let send_measured = async || send(&measured, orders.next()).await;
    let found = in_turn(repeated(&runtime, &send_measured), repeated(&runtime, &send_ours));
    println!("a send: {} with metrics, {} without", micros(found.ours), micros(found.theirs));
    bars.at_most("  ratio", &found, METRICS_BAR);

    let (refusing, users) = (refusing_client(), bulk_users());
    let duration = alone(repeated(&runtime, &async || refused(&refusing, &users).await));
    let (found, bar) = (micros(duration), micros(REDACTION_BAR));
    bars.state("a refusal of 1,000 users with 4 secrets each", &found, &bar, duration > REDACTION_BAR);

    println!("\nwithout a socket:");
    let client = client_with(&Bytes::from_static(responses::ACCEPTED.as_bytes()));
    let whole = async || send(&client, orders.next()).await;
    let json = |times| {
        for _ in 0..times {
            let (message, key) = orders.next();
            black_box((serde_json::to_vec(&types::SendMessageRequest::new(message)).unwrap(), key));
            drop(black_box(serde_json::from_str::<types::SendMessageResponse>(responses::ACCEPTED).unwrap()));
        }
    };
    let count = allocations(|| runtime.block_on(whole()));
    println!(
        "a send takes {} with {count} allocations, of which its JSON takes {}",
        micros(alone(repeated(&runtime, &whole))),
        micros(alone(json))
    );
    bars.end();
}

fn report(bars: &mut Bars, what: &str, found: &Comparison, counts: (u64, u64), bar: f64) {
    println!("{what}: {} by the client, {} by hand", micros(found.ours), micros(found.theirs));
    println!("  {} allocations by the client, {} by hand", counts.0, counts.1);
    bars.at_most("  ratio", found, bar);
}

fn repeated<T>(runtime: &tokio::runtime::Runtime, run: &impl AsyncFn() -> T) -> impl FnMut(u32) {
    move |times| {
        runtime.block_on(async {
            for _ in 0..times {
                black_box(run().await);
            }
        });
    }
}

/// Creates the messages to send: each is about an order, and sent under the order's key.
#[derive(Default)]
struct Orders(Cell<u32>);

impl Orders {
    fn next(&self) -> (Message, String) {
        let order = self.0.get();
        self.0.set(order.wrapping_add(1));
        let content = Content::new(
            "Your order is on its way",
            "Dear {{name}}, we have sent your order {{order}} today. It should be with you within three working days.",
        );
        let message = Message::new()
            .to(Recipient::email("ada@example.com"))
            .content(content)
            .data([("name", "Ada Lovelace"), ("order", "A-1007"), ("carrier", "Royal Mail")])
            .routing(Routing::single(["email", "push"]));
        (message, format!("confirm-order-{order:010}"))
    }
}

async fn send(client: &Client, (message, key): (Message, String)) -> types::SendMessageResponse {
    client.send().message(message).idempotency_key(key).await.unwrap().into_inner()
}

async fn list_users(client: &Client) -> types::BulkListUsersResponse {
    client.bulk().list_users("job_1").await.unwrap().into_inner()
}

/// Creates a client whose server refuses every request, and repeats texts that resemble its device tokens.
fn refusing_client() -> Client {
    let texts: Vec<String> = (0..4000).map(|number| format!("device-{number:06}")).collect();
    let body = serde_json::json!({"message": "the tokens are unknown", "texts": texts}).to_string();
    Client::builder().api_key(KEY).transport(Refusing(body.into())).build().unwrap()
}

struct Refusing(Bytes);

impl Transport for Refusing {
    fn send(&self, _: Attempt) -> BoxFuture<'_, Result<Response<Body>, TransportError>> {
        let response = Response::builder().status(400).body(Body::from(self.0.clone()));
        Box::pin(async { response.map_err(TransportError::broken) })
    }
}

/// Creates a chunk of 1,000 bulk users with 4 device tokens each.
fn bulk_users() -> serde_json::Value {
    let token = |user, number| serde_json::json!({"token": format!("device-token-{user:05}-{number}-{:x<120}", "")});
    let user = |user| {
        let tokens = [0, 1, 2, 3].map(|number| token(user, number));
        serde_json::json!({"profile": {"tokens": tokens}})
    };
    serde_json::json!({"users": (0..1000).map(user).collect::<Vec<_>>()})
}

async fn refused(client: &Client, users: &serde_json::Value) -> Option<String> {
    let error = client.request(Method::POST, "/bulk/job_1").json(users).send_raw().await.unwrap_err();
    error.api_error().map(|error| error.to_string())
}

/// The same requests without the client, in efficient code: one pool of connections, and constant headers created once.
struct ByHand {
    http: reqwest::Client,
    url: String,
}

impl ByHand {
    fn new(url: String) -> Self {
        let json = HeaderValue::from_static("application/json");
        let agent = HeaderValue::from_static(concat!("trycourier-rust/", env!("CARGO_PKG_VERSION")));
        let headers: HeaderMap = [
            (ACCEPT, json),
            (ACCEPT_ENCODING, HeaderValue::from_static("gzip")),
            (AUTHORIZATION, format!("Bearer {KEY}").try_into().unwrap()),
            (USER_AGENT, agent),
        ]
        .into_iter()
        .collect();
        let http = reqwest::Client::builder()
            .default_headers(headers)
            .timeout(Duration::from_secs(60))
            .connect_timeout(Duration::from_secs(5))
            .no_proxy()
            .build();
        Self { http: http.unwrap(), url }
    }

    async fn send(&self, (message, key): (Message, String)) -> types::SendMessageResponse {
        let body = serde_json::to_vec(&types::SendMessageRequest::new(message)).unwrap();
        let request = self
            .http
            .post(format!("{}/send", self.url))
            .header("idempotency-key", key)
            .header(CONTENT_TYPE, "application/json")
            .body(body);
        let response = request.send().await.unwrap().error_for_status().unwrap();
        serde_json::from_slice(&response.bytes().await.unwrap()).unwrap()
    }

    async fn list_users(&self) -> types::BulkListUsersResponse {
        let request = self.http.get(format!("{}/bulk/{}/users", self.url, "job_1"));
        let response = request.send().await.unwrap().error_for_status().unwrap();
        serde_json::from_slice(&response.bytes().await.unwrap()).unwrap()
    }
}
