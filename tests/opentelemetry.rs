//! The metrics have the names, units, buckets and attributes of OpenTelemetry's semantic conventions.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a test fails by a panic")]

mod support;

use std::collections::BTreeMap;
use std::time::Duration;

use opentelemetry_sdk::metrics::data::{AggregatedMetrics, MetricData, ResourceMetrics};
use opentelemetry_sdk::metrics::{InMemoryMetricExporter, PeriodicReader, SdkMeterProvider};
use serde_json::json;
use support::scripted::{PausedClock, Scripted, good, lost, status};
use support::{Reply, Server};
use trycourier::http::Response;
use trycourier::transport::Body;
use trycourier::types::Message;
use trycourier::{Client, ClientBuilder, ErrorKind};

/// A series of a metric: its attributes, and its count or sum.
type Series = Vec<(BTreeMap<String, String>, f64)>;

struct Metrics {
    provider: SdkMeterProvider,
    exporter: InMemoryMetricExporter,
}

impl Metrics {
    fn new() -> Self {
        let exporter = InMemoryMetricExporter::default();
        let reader = PeriodicReader::builder(exporter.clone()).build();
        Self { provider: SdkMeterProvider::builder().with_reader(reader).build(), exporter }
    }

    fn client(&self, server: &Scripted) -> Client {
        self.build(server.builder().clock(PausedClock))
    }

    fn build(&self, builder: ClientBuilder) -> Client {
        builder.meter_provider(&self.provider).build().unwrap()
    }

    fn exported(&self) -> ResourceMetrics {
        self.provider.force_flush().unwrap();
        self.exporter.get_finished_metrics().unwrap().pop().unwrap()
    }

    /// Returns the unit of a metric, and its series: the count of a histogram, or the sum of a counter.
    fn get(&self, name: &str) -> (String, Series) {
        let exported = self.exported();
        let scope = exported.scope_metrics().next().unwrap();
        assert_eq!((scope.scope().name(), scope.scope().version()), ("trycourier", Some(env!("CARGO_PKG_VERSION"))));
        let metric = scope.metrics().find(|metric| metric.name() == name).unwrap_or_else(|| panic!("no {name}"));
        let attributes = |all: &mut dyn Iterator<Item = &opentelemetry::KeyValue>| {
            all.map(|pair| (pair.key.to_string(), pair.value.to_string())).collect::<BTreeMap<_, _>>()
        };
        let mut series: Series = match metric.data() {
            AggregatedMetrics::F64(MetricData::Histogram(histogram)) => histogram
                .data_points()
                .map(|point| (attributes(&mut point.attributes()), point.count() as f64))
                .collect(),
            AggregatedMetrics::U64(MetricData::Sum(sum)) => {
                sum.data_points().map(|point| (attributes(&mut point.attributes()), point.value() as f64)).collect()
            }
            AggregatedMetrics::F64(MetricData::Sum(sum)) => {
                sum.data_points().map(|point| (attributes(&mut point.attributes()), point.value())).collect()
            }
            other => panic!("{other:?}"),
        };
        series.sort_by(|a, b| a.0.cmp(&b.0));
        (metric.unit().to_owned(), series)
    }
}

fn attributes(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
    pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

#[tokio::test]
async fn attempts_are_measured_by_the_conventions() {
    let server = Server::start(|request| match request.path.as_str() {
        "/lists/SECRET-LIST" => Reply::json(404, &json!({"message": "SECRET"})),
        _ => Reply::json(202, &json!({"requestId": "SECRET"})),
    })
    .await;
    let metrics = Metrics::new();
    let client = metrics.build(server.builder());
    for _ in 0..2 {
        client.send().message(Message::new()).await.unwrap();
    }
    client.lists().retrieve("SECRET-LIST").await.unwrap_err();
    let port = server.url.rsplit(':').next().unwrap();
    let (unit, series) = metrics.get("http.client.request.duration");
    assert_eq!(unit, "s");
    let common = [("server.address", "127.0.0.1"), ("server.port", port), ("network.protocol.version", "1.1")];
    let get = [
        ("http.request.method", "GET"),
        ("url.template", "/lists/{list_id}"),
        ("http.response.status_code", "404"),
        ("error.type", "404"),
    ];
    let post = [("http.request.method", "POST"), ("url.template", "/send"), ("http.response.status_code", "202")];
    let expected =
        [(attributes(&[&common[..], &get].concat()), 1.0), (attributes(&[&common[..], &post].concat()), 2.0)];
    assert_eq!(series, expected);
    let (_, calls) = metrics.get("courier.client.call.duration");
    let found = [("courier.operation", "send.message"), ("http.response.status_code", "202")];
    assert!(calls.contains(&(attributes(&found), 2.0)), "{calls:?}");
    assert!(!format!("{:?}", metrics.exported()).contains("SECRET"));

    let exported = metrics.exported();
    let scope = exported.scope_metrics().next().unwrap();
    for metric in scope.metrics().filter(|metric| metric.name().ends_with(".duration")) {
        let AggregatedMetrics::F64(MetricData::Histogram(histogram)) = metric.data() else { panic!("{metric:?}") };
        for point in histogram.data_points() {
            let bounds: Vec<f64> = point.bounds().collect();
            let advised = [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1.0, 2.5, 5.0, 7.5, 10.0];
            assert_eq!(bounds, advised);
            assert!(point.sum() > 0.0 && point.sum() < 60.0, "in seconds: {}", point.sum());
        }
    }
}

#[tokio::test(start_paused = true)]
async fn retries_waits_and_mismatches_are_counted() {
    let limited = || Ok(Response::builder().status(429).header("retry-after", "7").body(Body::empty()).unwrap());
    let server = Scripted::outcomes(vec![good, limited, lost, || status(200, r#"{"requestId": 5, "x": 1}"#)]);
    let metrics = Metrics::new();
    let client = metrics.build(server.builder().clock(PausedClock).rate_limit(1, Duration::from_secs(3)));
    client.lists().delete("a").await.unwrap();
    assert_eq!(client.send().message(Message::new()).await.unwrap().mismatches().len(), 1);

    let send = ("courier.operation", "send.message");
    let cause = |kind| attributes(&[send, ("error.type", kind)]);
    let retries = metrics.get("courier.client.retries");
    assert_eq!(retries, ("{retry}".to_owned(), vec![(cause("Connection"), 1.0), (cause("RateLimited"), 1.0)]));
    let of_send = |value| vec![(attributes(&[send]), value)];
    assert_eq!(metrics.get("courier.client.rate_limit.waits"), ("{wait}".to_owned(), of_send(1.0)));
    assert_eq!(metrics.get("courier.client.rate_limit.delay"), ("s".to_owned(), of_send(3.0)));
    assert_eq!(metrics.get("courier.client.mismatches"), ("{mismatch}".to_owned(), of_send(1.0)));
    let (_, attempts) = metrics.get("http.client.request.duration");
    let errors: Vec<_> = attempts.iter().map(|(attributes, _)| attributes.get("error.type").cloned()).collect();
    assert_eq!(errors.iter().flatten().collect::<Vec<_>>(), ["429", "Connection"], "{attempts:?}");
}

#[tokio::test]
async fn dropped_calls_are_canceled_and_not_lost() {
    let server = Scripted::new(|_, _| std::future::pending());
    let metrics = Metrics::new();
    let client = metrics.client(&server);
    let mut call = Box::pin(client.lists().delete("a").send());
    assert!(futures::poll!(&mut call).is_pending());
    drop(call);
    // A call that was never polled has not begun.
    drop(client.lists().delete("a").send());
    let (_, calls) = metrics.get("courier.client.call.duration");
    assert_eq!(calls, [(attributes(&[("courier.operation", "lists.delete"), ("error.type", "canceled")]), 1.0)]);
    let (_, attempts) = metrics.get("http.client.request.duration");
    assert_eq!(attempts.len(), 1);
    assert_eq!(attempts[0].0["error.type"], "canceled");

    // Dropped while it waits for a retry, its attempt has ended.
    let metrics = Metrics::new();
    let client = metrics.client(&Scripted::outcomes(vec![lost]));
    let mut call = Box::pin(client.lists().delete("a").send());
    assert!(futures::poll!(&mut call).is_pending());
    drop(call);
    assert_eq!(metrics.get("http.client.request.duration").1[0].0["error.type"], "Connection");
    assert_eq!(metrics.get("courier.client.call.duration").1[0].0["error.type"], "canceled");
}

#[tokio::test]
async fn refused_calls_are_not_measured() {
    let metrics = Metrics::new();
    let client = metrics.client(&Scripted::outcomes(vec![good]));
    assert_eq!(client.lists().retrieve("..").await.unwrap_err().kind(), ErrorKind::InvalidArgument);
    metrics.provider.force_flush().unwrap();
    let exported = metrics.exporter.get_finished_metrics().unwrap();
    assert!(exported.iter().all(|exported| exported.scope_metrics().next().is_none()), "{exported:?}");
}
