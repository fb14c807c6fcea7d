//! A value that is certainly a mistake is refused before anything is sent.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a test fails by a panic")]

mod support;

use std::collections::BTreeMap;
use std::fmt::Debug;
use std::time::{Duration, SystemTime};

use http::Method;
use serde::Serialize;
use serde_json::{Value, json};
use support::{Reply, Server};
use trycourier::types::{
    BroadcastRecipientType, Channel, ChannelTimeouts, Delay, DeliveryTime, DurationMillis, Expiry,
    JourneyExperimentVariant, LocalTime, Message, MessageProvider, Millis, Object, Recipient, TimeZone, Timeout,
    Timestamp,
};
use trycourier::{Client, ErrorKind, Response, Result};

async fn server() -> Server {
    Server::answering(200, json!({"requestId": "1-a", "id": "b", "results": [], "paging": {"more": false}})).await
}

fn message() -> Message {
    Message::new().to(Recipient::user("u")).template("t")
}

fn assert_refused<T: Debug>(outcome: Result<Response<T>>, input: &dyn Debug) {
    let error = outcome.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidArgument, "{input:?}: {error}");
    assert!(!error.was_sent(), "{input:?}");
}

async fn sent(client: &Client, server: &Server, message: Message) -> Value {
    client.send().message(message).await.unwrap();
    server.received().last().unwrap().json()["message"].clone()
}

#[tokio::test]
async fn number_that_json_lacks_is_refused() {
    #[derive(Serialize)]
    struct Order {
        total: f64,
        weight: Option<f32>,
        rows: Vec<(f64, BTreeMap<&'static str, f64>)>,
    }
    let server = server().await;
    let client = server.client();
    let send = |data: Object| client.send().message(message().data(data));
    for number in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
        assert_refused(send(Object::from([("total", number)])).await, &"pair");
        assert_refused(send(Object::from_iter(vec![("ok", 1.5), ("total", number)])).await, &"pairs");
        assert_refused(send(Object::from([("rows", vec![1.0, number])])).await, &"list");
        assert_refused(send(Object::from([("rows", [number, 1.0])])).await, &"array");
        assert_refused(send(Object::from([("rows", vec![vec![number]])])).await, &"list of lists");
        assert_refused(send(Object::from([("total", Some(number))])).await, &"option");
        assert_refused(client.send().message(message()).extra("priority", number).await, &"extra of a call");
        assert_refused(client.send().message(message().extra("priority", number as f32)).await, &"f32");
        let mut data = Object::new();
        data.insert("total", number);
        assert_refused(send(data.clone()).await, &"insert");
        data.insert("weight", number);
        data.insert("total", 2.5);
        assert_refused(send(data.clone()).await, &"one of two");
        data.insert("weight", 2.5);
        send(data).await.unwrap();

        let variant = serde_json::to_value(JourneyExperimentVariant::new("a", "nt_1", number));
        assert!(variant.unwrap_err().to_string().contains("not a number"));
        let order = |total, weight, inner| Order { total, weight, rows: vec![(inner, BTreeMap::from([("x", inner)]))] };
        for order in [order(number, None, 1.0), order(1.0, Some(number as f32), 1.0), order(1.0, None, number)] {
            assert!(Object::from_serialize(&order).is_err());
            let raw = client.request(Method::POST, "/send").json(&order).send_raw().await;
            assert_refused(raw, &"raw");
        }
        assert!(client.send().message(message().data([("total", number)])).prepare().is_err());
    }
    // Neither an absent value nor a large number is such a number.
    let count = server.received().len();
    send(Object::from([("total", None::<f64>), ("weight", Some(f64::MAX))])).await.unwrap();
    send(Object::from_serialize(&Order { total: 1.0, weight: None, rows: Vec::new() }).unwrap()).await.unwrap();
    send(json!({"total": null}).into()).await.unwrap();
    assert_eq!(server.received().len(), count + 3);
}

#[tokio::test]
async fn delay_ends_at_a_time_or_in_a_window() {
    let server = server().await;
    let client = server.client();
    for text in [
        "",
        " ",
        "tomorrow",
        "next week",
        "whenever you like",
        "2027-01-31 09:00:00 UTC",
        "2027-01-31T09:00:00+01:00[Europe/Berlin]",
        "31.01.2027",
        "2027-02-30T09:00:00Z",
        " 2027-01-31T09:00:00Z",
        "2027-01-31T09:00:00Z\n",
        "Mo-Fr",
        "09:00",
        "Mo-Fr 9-17",
        "Mo-Fr 09:00-27:00",
        "Montag 09:00-17:00",
    ] {
        assert_refused(client.send().message(message().delay(Delay::new().until(text))).await, &text);
        assert_refused(client.send().message(message().delay(Delay::until_time(text))).await, &text);
        assert_refused(client.send().message(message().delay(Delay::window(text))).await, &text);
    }
    // A time without an offset needs a separate time zone, so it is not a timestamp.
    for text in ["2027-01-31T09:00:00", "Mo-Fr 09:00-17:00"] {
        assert_refused(client.send().message(message().delay(Delay::until_time(text))).await, &text);
    }
    let at = SystemTime::UNIX_EPOCH + Duration::from_secs(1_800_000_000);
    for (delay, until) in [
        (Delay::until_time("2027-01-31T09:00:00Z"), "2027-01-31T09:00:00Z"),
        (Delay::until_time("2027-01-31T09:00:00+01:00"), "2027-01-31T09:00:00+01:00"),
        (Delay::until_time("2027-01-31"), "2027-01-31"),
        (Delay::until_time(at), "2027-01-15T08:00:00.000Z"),
        (Delay::new().until(LocalTime::from("2027-01-31T09:00")).timezone("UTC"), "2027-01-31T09:00"),
        (Delay::window("Mo-Fr 09:00-17:00"), "Mo-Fr 09:00-17:00"),
        (Delay::window("Mo,We 8:00-10:00,14:00-16:00; Sa 10:00-12:00"), "Mo,We 8:00-10:00,14:00-16:00; Sa 10:00-12:00"),
        (Delay::window("24/7"), "24/7"),
    ] {
        assert_eq!(sent(&client, &server, message().delay(delay)).await["delay"]["until"], until);
    }
}

#[tokio::test]
async fn time_zone_is_an_iana_name() {
    let server = server().await;
    let client = server.client();
    for zone in ["", " ", "31.01.2027", "+01:00", "UTC+1:30", "Europe/", "Europe / Paris", "nonsense", "Zürich"] {
        let delay = Delay::window("Mo-Fr 09:00-17:00").timezone(zone);
        assert_refused(client.send().message(message().delay(delay)).await, &zone);
        let schedule = client.broadcasts().schedule("b", BroadcastRecipientType::List, "l", "2027-01-31T09:00:00");
        assert_refused(schedule.timezone(zone).await, &zone);
    }
    for zone in ["Europe/Paris", "UTC", "America/Argentina/Buenos_Aires", "America/Port-au-Prince", "Etc/GMT+5"] {
        let delay = Delay::window("Mo-Fr 09:00-17:00").timezone(zone);
        assert_eq!(sent(&client, &server, message().delay(delay)).await["delay"]["timezone"], zone);
    }
}

#[tokio::test]
async fn broadcast_is_scheduled_in_local_time() {
    let server = server().await;
    let client = server.client();
    let schedule = |time: LocalTime| client.broadcasts().schedule("b", BroadcastRecipientType::List, "l", time);
    for time in [
        "",
        "tomorrow",
        "2027-01-31",
        "2027-01-31T09:00:00Z",
        "2027-01-31T09:00:00+01:00",
        "2027-01-31 09:00:00",
        "2027-01-31T25:00:00",
        "1800000000000",
    ] {
        assert_refused(schedule(time.into()).await, &time);
    }
    let mut times = vec![LocalTime::from("2027-01-31T09:00:00")];
    #[cfg(feature = "jiff")]
    times.push(jiff::civil::date(2027, 1, 31).at(9, 0, 0, 0).into());
    #[cfg(feature = "chrono")]
    times.push(chrono::NaiveDate::from_ymd_opt(2027, 1, 31).unwrap().and_hms_opt(9, 0, 0).unwrap().into());
    for time in times {
        schedule(time).timezone("Europe/Paris").await.unwrap();
        assert_eq!(server.received().last().unwrap().json()["scheduled_to"], "2027-01-31T09:00:00");
    }
}

#[tokio::test]
async fn timestamp_of_a_query_or_body_is_checked() {
    let server = server().await;
    let client = server.client();
    for text in [
        "",
        "tomorrow",
        "2027-01-31T09:00:00",
        "2027-13-01T00:00:00Z",
        "12",
        " 2027-01-31T09:00:00Z",
        "2027-01-31T09:00:00Z ",
        "000000000",
        "99999999999999999999",
        "-1785312000",
        "1785312000.5",
    ] {
        assert_refused(client.messages().list().enqueued_after(text).await, &text);
        let expiry = Expiry::new("P1D").expires_at(text);
        assert_refused(client.send().message(message().expiry(expiry)).await, &text);
        assert_refused(client.send().message(message()).idempotency_expiration(text).await, &text);
    }
    client.messages().list().enqueued_after("2027-01-31T09:00:00Z").await.unwrap();
    sent(&client, &server, message().expiry(Expiry::new("P1D").expires_at("1785312000"))).await;
}

#[tokio::test]
async fn received_values_are_sent_back_unchanged() {
    for (json, round_trip) in [
        (json!("soon"), serde_json::from_value::<Timestamp>(json!("soon")).map(|value| json!(value))),
        (json!(""), serde_json::from_value::<DeliveryTime>(json!("")).map(|value| json!(value))),
        (json!("Nowhere!"), serde_json::from_value::<TimeZone>(json!("Nowhere!")).map(|value| json!(value))),
        (json!("9 am"), serde_json::from_value::<LocalTime>(json!("9 am")).map(|value| json!(value))),
    ] {
        assert_eq!(round_trip.unwrap(), json);
    }
    let rejected = serde_json::to_string(&Timestamp::from("soon"));
    assert!(rejected.unwrap_err().to_string().contains("ISO 8601"));
}

#[tokio::test]
async fn durations_are_sent_in_milliseconds() {
    let server = Server::start(|_| Reply::json(202, &json!({"requestId": "1-a"}))).await;
    let second = Duration::from_secs(1);
    let timeout = Timeout::new().escalation(second * 30).message(3_600_000).channel([("email", second * 60)]);
    let channel = Channel::new().timeouts(ChannelTimeouts::new().channel(second * 2).provider(second));
    let message = message()
        .delay(Delay::after(Duration::from_micros(1_500)))
        .expiry(Expiry::new(second * 600))
        .timeout(timeout)
        .channels([("sms", channel)])
        .providers([("twilio", MessageProvider::new().timeouts(second * 5))]);
    let sent = sent(&server.client(), &server, message).await;
    assert_eq!(sent["delay"], json!({"duration": 2}));
    assert_eq!(sent["expiry"], json!({"expires_in": 600_000}));
    assert_eq!(sent["timeout"], json!({"escalation": 30_000, "message": 3_600_000, "channel": {"email": 60_000}}));
    assert_eq!(sent["channels"]["sms"]["timeouts"], json!({"channel": 2_000, "provider": 1_000}));
    assert_eq!(sent["providers"]["twilio"]["timeouts"], 5_000);
    for negative in [-1, i64::MIN] {
        let negative = DurationMillis(negative);
        let client = server.client();
        for message in [
            self::message().delay(Delay::new().duration(negative)),
            self::message().timeout(Timeout::new().channel([("email", negative)])),
            self::message().providers([("twilio", MessageProvider::new().timeouts(negative))]),
        ] {
            assert_refused(client.send().message(message).await, &negative);
        }
    }
    assert_eq!(DurationMillis::from(Duration::MAX), DurationMillis(i64::MAX));
    assert_eq!(Millis(1_710_243_002_484).to_string(), "2024-03-12T11:30:02.484Z");
}
