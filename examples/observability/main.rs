//! Metrics and traces of a client by OpenTelemetry, printed to standard output.
//!
//!     cargo run --example observability
//!
//! It calls a fake Courier in this process, which limits rates, fails once, and loses a response. A service uses the
//! exporters of the crate `opentelemetry-otlp` instead. `dashboard.json` next to this file is a dashboard for Grafana,
//! which uses the names that the metrics have in Prometheus.

use std::error::Error;
use std::time::Duration;

use opentelemetry::trace::TracerProvider as _;
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::metrics::SdkMeterProvider;
use opentelemetry_sdk::trace::SdkTracerProvider;
use tracing::Instrument as _;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;
use trycourier::testing::Courier;
use trycourier::types::{Message, Recipient};
use trycourier::{Client, calls};

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let resource = Resource::builder().with_service_name("orders").build();
    let meters = SdkMeterProvider::builder()
        .with_periodic_exporter(opentelemetry_stdout::MetricExporter::default())
        .with_resource(resource.clone())
        .build();
    let tracers = SdkTracerProvider::builder()
        .with_simple_exporter(opentelemetry_stdout::SpanExporter::default())
        .with_resource(resource)
        .build();
    let layer = tracing_opentelemetry::layer().with_tracer(tracers.tracer("orders"));
    tracing_subscriber::registry().with(layer).init();

    let courier = Courier::new();
    courier.limit_rates(true);
    courier.on::<calls::SendMessage>().fail(503).disconnect_after_acting().pass_through();
    courier.on::<calls::ListsList>().delay(Duration::from_secs(60));
    // With a real Courier: `ClientBuilder::from_env()?`.
    let client = courier
        .client_builder()
        .meter_provider(&meters)
        .propagate_trace_context(true)
        .documented_rate_limits(true)
        .build()?;
    work(&client).instrument(tracing::info_span!("an order")).await?;
    assert_eq!(courier.sent().len(), 1, "the message went out once");

    tracers.shutdown()?;
    meters.shutdown()?;
    Ok(())
}

async fn work(client: &Client) -> trycourier::Result<()> {
    // Retried twice, under one idempotency key.
    let message = Message::new().to(Recipient::email("ada@example.com")).template("nt_order_confirmed");
    client.send().message(message).idempotency_key("order-A-1007").await?;
    // Courier permits 20 a minute, so the client waits.
    for number in 0..3 {
        client.lists().update(format!("customers.{number}"), "Customers").await?;
    }
    // Canceled.
    let _ = tokio::time::timeout(Duration::from_millis(10), client.lists().list().send()).await;
    Ok(())
}
