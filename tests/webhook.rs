//! A delivery is accepted if it is Courier's and recent, and can then be read with any content.

#![allow(clippy::duplicate_mod, reason = "both examples receive deliveries the same way")]
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a test fails by a panic")]

use std::time::{Duration, SystemTime};

use serde_json::{Value, json};
use trycourier::ext::webhook::{Delivery, EmptySecret, Event, SIGNATURE_HEADER, Verifier, VerifyError, sign};
use trycourier::types::{MessageStatus, PreferenceStatus};

const TIME: u64 = 1_700_000_000_000;
const BODY: &str =
    r#"{"type":"message:updated","data":{"id":"1-5e2b2615-05efbb3acab9172f88dd3f6f","status":"DELIVERED"}}"#;
/// The signature of the body at that time under `whsec_new`, by another implementation, like all signatures here.
const SIGNATURE: &str = "9109b0c4ae12c47e460bc6b2055a924367cc075602d754c7453cf16d3ddcff6a";
const UNDER_THE_OLD_SECRET: &str = "bff9e315dc506fc5a9d811edf820f17e07df601a20ea413539e5b99b16c95676";

fn at(milliseconds: u64) -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_millis(milliseconds)
}

fn header() -> String {
    format!("t={TIME},signature={SIGNATURE}")
}

fn verifier() -> Verifier {
    Verifier::new("whsec_new").unwrap()
}

fn rejection(header: impl AsRef<[u8]>) -> VerifyError {
    verifier().verify_at(header, BODY, at(TIME)).unwrap_err()
}

#[test]
fn signed_body_is_accepted_byte_for_byte() {
    let bodies: [(&[u8], &str); 4] = [
        (BODY.as_bytes(), SIGNATURE),
        (b"", "ed9fc1fd90e432b9b9112be32456891cd24ca01d46643fa3e07f9203d2d70a96"),
        (b"\x00\xff\xfe{}\r\n", "51660dbfabea2a927d5893efadcc66b4d5210710327531e4587002a3e0437cb3"),
        ("{\"type\": \"é\u{2028}\"}\n".as_bytes(), "62ef86d120753be15773abed430260933247c89c8d422f47c4e2a09c0b06d0e4"),
    ];
    for (body, signature) in bodies {
        let delivery = verifier().verify_at(format!("t={TIME},signature={signature}"), body, at(TIME)).unwrap();
        assert_eq!(delivery.body(), body);
        assert_eq!(delivery.time(), at(TIME));
    }
}

#[test]
fn fields_are_accepted_in_any_order_with_others() {
    for header in [
        format!("signature={SIGNATURE},t={TIME}"),
        format!("t={TIME},signature={SIGNATURE},v=2"),
        format!("v==,t={TIME},v=,signature={SIGNATURE}"),
        // The format of proxies and of other signers of test requests.
        format!(" t={TIME} , signature = {SIGNATURE}\t"),
        format!("t={TIME},signature={}", SIGNATURE.to_uppercase()),
    ] {
        assert!(verifier().verify_at(&header, BODY, at(TIME)).is_ok(), "{header}");
    }
}

#[test]
fn secret_has_any_length_except_zero() {
    let signature = "44c75c0f24186b965222487c8fcb69c4661d0184bb71685cd5731c7fd9b1dc80";
    let long = Verifier::new("k".repeat(200)).unwrap();
    assert!(long.verify_at(format!("t={TIME},signature={signature}"), BODY, at(TIME)).is_ok());

    assert_eq!(Verifier::new("").unwrap_err(), EmptySecret);
    assert_eq!(verifier().add_secret(Vec::new()).unwrap_err(), EmptySecret);
    assert_eq!(sign("", at(TIME), BODY).unwrap_err(), EmptySecret);
    assert_eq!(sign(" \n", at(TIME), BODY).unwrap_err(), EmptySecret);
    assert_eq!(Verifier::new(" \r\n\t").unwrap_err(), EmptySecret);
    for blank in ["\u{feff}", "\u{a0}", "\0", "\"\"", "''", "\" \"\n"] {
        assert_eq!(Verifier::new(blank).unwrap_err(), EmptySecret, "{blank:?}");
        assert_eq!(sign(blank, at(TIME), BODY).unwrap_err(), EmptySecret, "{blank:?}");
    }
    let quoted = verifier().add_secret("\"it's quoted\"").unwrap();
    for signed_with in ["\"it's quoted\"", "it's quoted"] {
        assert!(quoted.verify_at(sign(signed_with, at(TIME), BODY).unwrap(), BODY, at(TIME)).is_ok(), "{signed_with}");
    }
    for secret in [
        "whsec_new\n",
        " whsec_new",
        "whsec_new\r\n",
        "\twhsec_new ",
        "\u{feff}whsec_new",
        "\u{a0}whsec_new\u{2003}",
        "\"whsec_new\"",
        "'whsec_new'\n",
        "\u{feff}\" whsec_new\"\r\n",
    ] {
        assert_eq!(sign(secret, at(TIME), BODY).unwrap(), header(), "{secret:?}");
        assert!(Verifier::new(secret).unwrap().verify_at(header(), BODY, at(TIME)).is_ok(), "{secret:?}");
        let old = Verifier::new("whsec_old").unwrap();
        assert!(old.add_secret(secret).unwrap().verify_at(header(), BODY, at(TIME)).is_ok(), "{secret:?}");
    }
}

#[test]
fn header_has_exactly_one_signature() {
    let doubled_time = format!("t={TIME},t={TIME},signature={SIGNATURE}");
    for (header, expected) in [
        (String::new(), VerifyError::Unsigned),
        (" ".to_owned(), VerifyError::Malformed),
        (SIGNATURE.to_owned(), VerifyError::Malformed),
        (format!("{TIME},{SIGNATURE}"), VerifyError::Malformed),
        (format!("{},", header()), VerifyError::Malformed),
        (format!(",{}", header()), VerifyError::Malformed),
        (format!("t={TIME},,signature={SIGNATURE}"), VerifyError::Malformed),
        (format!("t={TIME}"), VerifyError::Missing("signature")),
        (format!("signature={SIGNATURE}"), VerifyError::Missing("t")),
        (format!("T={TIME},signature={SIGNATURE}"), VerifyError::Missing("t")),
        (format!("t={TIME};signature={SIGNATURE}"), VerifyError::Missing("signature")),
        (doubled_time.clone(), VerifyError::DuplicateField("t")),
        (format!("{doubled_time},t=1"), VerifyError::DuplicateField("t")),
        (format!("{},t={TIME}", header()), VerifyError::DuplicateField("t")),
        (format!("{},signature={SIGNATURE}", header()), VerifyError::DuplicateField("signature")),
        (format!("{0},{0}", header()), VerifyError::DuplicateField("t")),
        (format!("t=,signature={SIGNATURE}"), VerifyError::InvalidTime),
        // Both are signed without changes.
        (
            format!("t=+{TIME},signature=34df885ad376e6e549d599530a1c78a8f6d049980fb43e7b716bcb87267a4abd"),
            VerifyError::InvalidTime,
        ),
        (
            format!("t={TIME}.0,signature=387e773761e2689532e56f5282ca34223b1314e0ecc8664739be0e7cd4ff9f23"),
            VerifyError::InvalidTime,
        ),
        (format!("t=-{TIME},signature={SIGNATURE}"), VerifyError::InvalidTime),
        (format!("t=1.7e12,signature={SIGNATURE}"), VerifyError::InvalidTime),
        (format!("t=0x18bcfe56800,signature={SIGNATURE}"), VerifyError::InvalidTime),
        (format!("t=\u{661}\u{662},signature={SIGNATURE}"), VerifyError::InvalidTime),
        (format!("t=18446744073709551616,signature={SIGNATURE}"), VerifyError::InvalidTime),
        (format!("t={TIME},signature="), VerifyError::InvalidSignature),
        (format!("t={TIME},signature={}", &SIGNATURE[1..]), VerifyError::InvalidSignature),
        (format!("t={TIME},signature={}", &SIGNATURE[2..]), VerifyError::InvalidSignature),
        (format!("t={TIME},signature={SIGNATURE}0"), VerifyError::InvalidSignature),
        (format!("t={TIME},signature={SIGNATURE}00"), VerifyError::InvalidSignature),
        (format!("t={TIME},signature=sha256={SIGNATURE}"), VerifyError::InvalidSignature),
        (format!("t={TIME},signature=g{}", &SIGNATURE[1..]), VerifyError::InvalidSignature),
        (format!("t={TIME},signature=+{}", &SIGNATURE[1..]), VerifyError::InvalidSignature),
        (format!("t={TIME},signature=\"{SIGNATURE}\""), VerifyError::InvalidSignature),
        (format!("t={TIME},signature={UNDER_THE_OLD_SECRET}"), VerifyError::SignatureMismatch),
        (format!("t={TIME},signature={}", "0".repeat(64)), VerifyError::SignatureMismatch),
        (format!("t={},signature={SIGNATURE}", TIME + 1), VerifyError::SignatureMismatch),
        (format!("t=0{TIME},signature={SIGNATURE}"), VerifyError::SignatureMismatch),
    ] {
        assert_eq!(rejection(&header), expected, "{header}");
        assert!(!expected.to_string().is_empty());
    }
    assert_eq!(rejection(b"\xff"), VerifyError::Malformed);
    assert_eq!(rejection(b"t=\xff,signature=\xff"), VerifyError::InvalidTime);
}

#[test]
fn header_of_ten_thousand_fields_is_read_once() {
    let others = (0..10_000).map(|number| format!("v{number}={number}")).collect::<Vec<_>>().join(",");
    let ends = format!("t={TIME},{others},signature={SIGNATURE}");
    assert!(verifier().verify_at(&ends, BODY, at(TIME)).is_ok());
    assert_eq!(rejection(format!("{ends},t={TIME}")), VerifyError::DuplicateField("t"));
    assert_eq!(rejection(&others), VerifyError::Missing("t"));
    assert_eq!(rejection(",".repeat(10_000)), VerifyError::Malformed);
    assert_eq!(rejection(format!("t={}", "1".repeat(10_000))), VerifyError::Missing("signature"));
    assert_eq!(rejection(format!("t={},signature={SIGNATURE}", "1".repeat(10_000))), VerifyError::InvalidTime);
}

#[test]
fn time_is_signed_as_written() {
    let signature = "9c97078f23ed2e42abc5767ac9ea49328e64ace43b4f3a14e6ad71f692b9500d";
    let header = format!("t=0{TIME},signature={signature}");
    assert_eq!(verifier().verify_at(header, BODY, at(TIME)).unwrap().time(), at(TIME));
}

#[test]
fn delivery_is_recent_within_the_tolerance() {
    let minutes = |minutes: u64| Duration::from_secs(minutes * 60);
    let instant = Duration::from_millis(1);
    let check = |verifier: &Verifier, now: SystemTime| verifier.verify_at(header(), BODY, now).map(|_| ());
    let usual = verifier();
    for now in [at(TIME), at(TIME) + minutes(5), at(TIME) - minutes(5)] {
        assert_eq!(check(&usual, now), Ok(()));
    }
    let stale = minutes(5) + instant;
    assert_eq!(check(&usual, at(TIME) + stale), Err(VerifyError::Stale(stale)));
    assert_eq!(check(&usual, at(TIME) - stale), Err(VerifyError::Early(stale)));

    let strict = verifier().tolerance(Duration::ZERO);
    assert_eq!(check(&strict, at(TIME)), Ok(()));
    assert_eq!(check(&strict, at(TIME) + instant), Err(VerifyError::Stale(instant)));
    assert_eq!(check(&strict, at(TIME) - instant), Err(VerifyError::Early(instant)));

    let patient = verifier().tolerance(Duration::MAX);
    assert_eq!(check(&patient, SystemTime::UNIX_EPOCH), Ok(()));
}

#[test]
fn extreme_times_are_stale_or_early() {
    let ends = [
        (0, "d202f68f251dad1465575f9d3a8814ed61efab859179eaaa9c304ebfc6225712"),
        (u64::MAX, "8de7798fad004794b2c24ff2414d7a1bdd5051eac45b21a0fc576d3d9f5697a8"),
    ];
    for (time, signature) in ends {
        let error = rejection(format!("t={time},signature={signature}"));
        assert!(matches!(error, VerifyError::Stale(_) | VerifyError::Early(_)), "{error:?}");
    }
}

#[test]
fn old_forged_delivery_is_a_mismatch() {
    let header = format!("t={},signature={SIGNATURE}", TIME - 3_600_000);
    assert_eq!(rejection(header), VerifyError::SignatureMismatch);
}

#[test]
fn old_secret_is_accepted_while_it_is_added() {
    let header = format!("t={TIME},signature={UNDER_THE_OLD_SECRET}");
    assert_eq!(verifier().verify_at(&header, BODY, at(TIME)).unwrap_err(), VerifyError::SignatureMismatch);
    for secrets in [["whsec_new", "whsec_old"], ["whsec_old", "whsec_new"]] {
        let both = Verifier::new(secrets[0]).unwrap().add_secret(secrets[1]).unwrap();
        assert!(both.verify_at(&header, BODY, at(TIME)).is_ok());
        assert!(both.verify_at(self::header(), BODY, at(TIME)).is_ok());
    }
}

#[test]
fn every_changed_byte_is_rejected() {
    let (header, body) = (header().into_bytes(), BODY.as_bytes());
    let verifier = verifier();
    let accepted = |header: &[u8], body: &[u8]| verifier.verify_at(header, body, at(TIME)).is_ok();
    assert!(accepted(&header, body));
    for (changed, whole) in [("header", &header[..]), ("body", body)] {
        let check = |mutant: &[u8], how: &str, index: usize| {
            let accepted = if changed == "header" { accepted(mutant, body) } else { accepted(&header, mutant) };
            // White space around a field and the case of a hexadecimal digit are insignificant.
            let mut meaning = mutant.to_ascii_lowercase();
            meaning.retain(|byte| !byte.is_ascii_whitespace());
            let is_equal = changed == "header" && meaning == whole;
            assert!(!accepted || is_equal, "{changed}: {how} at {index}: {}", String::from_utf8_lossy(mutant));
        };
        for index in 0..=whole.len() {
            for byte in 0..=u8::MAX {
                let mut mutant = whole.to_vec();
                mutant.insert(index, byte);
                check(&mutant, "an insertion", index);
                if index < whole.len() && whole[index] != byte {
                    let mut mutant = whole.to_vec();
                    mutant[index] = byte;
                    check(&mutant, "a change", index);
                }
            }
            if index < whole.len() {
                let mut mutant = whole.to_vec();
                mutant.remove(index);
                check(&mutant, "a deletion", index);
            }
        }
    }
}

#[test]
fn debug_shows_neither_a_secret_nor_a_body() {
    let verifier = verifier().add_secret("whsec_old").unwrap();
    let delivery = verifier.verify_at(header(), BODY, at(TIME)).unwrap();
    let shown = format!("{verifier:?} {delivery:?} {EmptySecret:?}");
    assert!(shown.contains("secrets: 2") && shown.contains(&format!("bytes: {}", BODY.len())), "{shown}");
    for hidden in ["whsec", "1-5e2b2615", SIGNATURE, "DELIVERED"] {
        assert!(!shown.contains(hidden), "{shown}");
    }
}

#[test]
fn sign_signs_as_courier_does() {
    assert_eq!(sign("whsec_new", at(TIME), BODY).unwrap(), header());
    assert!(sign("whsec_new", SystemTime::UNIX_EPOCH - Duration::from_secs(1), BODY).unwrap().starts_with("t=0,"));
}

#[test]
fn verifier_and_delivery_cross_threads() {
    fn shared<T: Send + Sync + Clone + 'static>() {}
    shared::<Verifier>();
    shared::<Delivery>();
    shared::<Event>();
}

// The contents of a delivery.

fn delivery(body: impl AsRef<[u8]>) -> Delivery {
    let header = sign("whsec_new", at(TIME), &body).unwrap();
    verifier().verify_at(header, body, at(TIME)).unwrap()
}

fn event(body: &Value) -> Event {
    delivery(body.to_string()).event()
}

fn message() -> Value {
    json!({
        "id": "1-5e2b2615-05efbb3acab9172f88dd3f6f", "status": "UNDELIVERABLE", "reason": "BOUNCED",
        "recipient": "user_123", "event": "welcome", "notification": "nt_01kx4h2jdafq8bk9aftxak4b40",
        "enqueued": 1_700_000_000_000_i64, "sent": 1_700_000_001_000_i64, "error": "mailbox full",
        "providers": [{"provider": "sendgrid", "channel": {"key": "email"}, "error": {"code": 550, "deep": [1.5, null]}}],
        "a field of tomorrow": {"kept": [true, "é"]},
    })
}

#[test]
fn message_event_has_the_whole_message() {
    let Event::MessageUpdated(found) = event(&json!({"type": "message:updated", "data": message()})) else {
        panic!("another event")
    };
    assert_eq!(
        (found.id.as_str(), &found.status),
        ("1-5e2b2615-05efbb3acab9172f88dd3f6f", &MessageStatus::Undeliverable)
    );
    assert_eq!(found.providers.as_ref().unwrap().len(), 1);
    assert_eq!(serde_json::to_value(&found).unwrap(), message());
}

#[test]
fn unknown_status_is_still_a_message() {
    let mut data = message();
    data["status"] = json!("READ_ALOUD");
    let Event::MessageUpdated(found) = event(&json!({"type": "message:updated", "data": data})) else {
        panic!("another event")
    };
    assert_eq!(found.status.to_string(), "READ_ALOUD");
}

#[test]
fn number_in_place_of_an_id_is_read_as_its_text() {
    let mut data = message();
    data["recipient"] = json!(4821);
    let first = event(&json!({"type": "message:updated", "data": data}));
    let Event::MessageUpdated(found) = first else { panic!("another event") };
    assert_eq!(found.recipient, "4821");
    assert_eq!(serde_json::to_value(&found).unwrap(), data);
    data["recipient"] = json!(u64::MAX);
    let Event::MessageUpdated(other) = event(&json!({"type": "message:updated", "data": data})) else {
        panic!("another event")
    };
    assert_eq!(other.recipient, "18446744073709551615");

    let key = |id: Value| {
        let mut data = message();
        data["id"] = id;
        delivery(json!({"type": "message:updated", "data": data}).to_string()).dedup_key()
    };
    assert!(key(json!(17)).starts_with("message:updated:17:UNDELIVERABLE:"));
    assert_ne!(key(json!(17)), key(json!(18)));

    let data = json!({
        "id": "plog_01", "user_id": 7, "topic_id": 8, "topic_name": "News", "status": "OPTED_OUT",
        "timestamp": "2026-08-01T09:30:00.000Z", "has_custom_routing": false, "custom_routing": [],
    });
    let Event::PreferencesUserUpdated(change) = event(&json!({"type": "preferences:user:updated", "data": data}))
    else {
        panic!("another event")
    };
    assert_eq!((change.user_id.as_str(), change.topic_id.as_str()), ("7", "8"));
    assert_eq!(serde_json::to_value(&change).unwrap(), data);
}

#[test]
fn preference_event_has_the_previous_choice() {
    let data = json!({
        "id": "plog_01", "user_id": "user_123", "topic_id": "pt_01", "topic_name": "News", "status": "OPTED_OUT",
        "timestamp": "2026-08-01T09:30:00.000Z", "has_custom_routing": false, "custom_routing": [],
        "previous": {"status": "OPTED_IN", "has_custom_routing": true, "custom_routing": ["email"]},
    });
    let Event::PreferencesUserUpdated(change) = event(&json!({"type": "preferences:user:updated", "data": data}))
    else {
        panic!("another event")
    };
    assert_eq!(change.status, PreferenceStatus::OptedOut);
    assert_eq!(change.previous.as_ref().unwrap().status, PreferenceStatus::OptedIn);
    assert_eq!(serde_json::to_value(&change).unwrap(), data);
}

#[test]
fn every_documented_event_is_known() {
    let undescribed = [
        "notification:submitted",
        "notification:submission_canceled",
        "notification:published",
        "audiences:created",
        "audiences:updated",
        "audiences:deleted",
        "audiences:user:matched",
        "audiences:user:unmatched",
        "audiences:calculated",
    ];
    for name in undescribed {
        let data = json!({"id": "x", "deep": {"kept": true}});
        let event = event(&json!({"type": name, "data": data}));
        assert_eq!(event.name(), name);
        match event {
            Event::NotificationSubmitted(kept)
            | Event::NotificationSubmissionCanceled(kept)
            | Event::NotificationPublished(kept)
            | Event::AudiencesCreated(kept)
            | Event::AudiencesUpdated(kept)
            | Event::AudiencesDeleted(kept)
            | Event::AudiencesUserMatched(kept)
            | Event::AudiencesUserUnmatched(kept)
            | Event::AudiencesCalculated(kept) => assert_eq!(kept, data),
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(event(&json!({"type": "message:updated", "data": message()})).name(), "message:updated");
}

#[test]
fn odd_event_is_still_a_delivery() {
    let unrecognized = |type_: &str, data: Value| Event::Unrecognized { type_: type_.to_owned(), data };
    for (body, expected) in [
        (r#"{"type": "tenants:renamed", "data": {"id": 7}}"#, unrecognized("tenants:renamed", json!({"id": 7}))),
        (r#"{"type": "tenants:renamed"}"#, unrecognized("tenants:renamed", Value::Null)),
        (r#"{"type": "message:updated", "data": "soon"}"#, unrecognized("message:updated", json!("soon"))),
        (r#"{"type": "", "data": 1}"#, unrecognized("", json!(1))),
        (r#"{"type": 5, "data": 1}"#, unrecognized("", json!({"type": 5, "data": 1}))),
        (r#"{"data": 1}"#, unrecognized("", json!({"data": 1}))),
        ("[1, 2]", unrecognized("", json!([1, 2]))),
        ("null", unrecognized("", Value::Null)),
        ("", unrecognized("", json!(""))),
        ("<html>", unrecognized("", json!("<html>"))),
    ] {
        let delivery = delivery(body);
        assert_eq!(delivery.event(), expected, "{body}");
        assert_eq!(delivery.body(), body.as_bytes());
    }
    assert_eq!(delivery(b"\xff").event(), unrecognized("", json!("\u{fffd}")));
    let deep = "[".repeat(10_000);
    assert_eq!(delivery(&deep).event(), unrecognized("", json!(deep)));
}

/// Courier's JSON can have invalid text in it, even in a field that this version does not know.
#[test]
fn invalid_text_does_not_lose_an_event() {
    let deep = format!("{}{}", "[".repeat(500), "]".repeat(500));
    for odd in ["\"cut \\ud83d\"", "1e400", &deep, "123456789012345678901234567890"] {
        let data = format!(r#"{{"id": "1-a", "status": "UNDELIVERABLE", "recipient": "u", "odd": {odd}}}"#);
        for bom in ["", "\u{feff}"] {
            let delivery = delivery(format!(r#"{bom}{{"type": "message:updated", "data": {data}}}"#));
            let Event::MessageUpdated(message) = delivery.event() else { panic!("{odd}: {:?}", delivery.event()) };
            assert_eq!((message.id.as_str(), message.status.as_str()), ("1-a", "UNDELIVERABLE"), "{odd}");
            assert!(delivery.dedup_key().starts_with("message:updated:1-a:UNDELIVERABLE:"), "{odd}");
        }
    }
    let invalid = [br#"{"type": "message:updated", "data": {"id": "1-a", "error": ""#.as_slice(), b"\xff\"}}"].concat();
    assert!(matches!(delivery(invalid).event(), Event::MessageUpdated(message) if message.id == "1-a"));
}

#[test]
fn dedup_key_differs_for_every_other_event() {
    let key = |type_: &str, data: Value| delivery(json!({"type": type_, "data": data}).to_string()).dedup_key();
    let message = |id: &str, status: &str, extra: u32| {
        key("message:updated", json!({"id": id, "status": status, "delivered": extra}))
    };
    assert!(message("1-a", "SENT", 1).starts_with("message:updated:1-a:SENT:"), "{}", message("1-a", "SENT", 1));
    assert_eq!(message("1-a", "SENT", 1), message("1-a", "SENT", 2), "times accumulate");
    assert_ne!(message("1-a", "SENT", 1), message("1-a", "OPENED", 1));
    assert_ne!(message("1-a", "SENT", 1), message("1-b", "SENT", 1));

    let clicked = |details: Value| {
        let mut data = json!({"id": "1-a", "status": "CLICKED", "clicked": 1});
        data.as_object_mut().unwrap().extend(details.as_object().unwrap().clone());
        key("message:updated", data)
    };
    assert_eq!(clicked(json!({})), clicked(json!({"delivered": 7})));
    let keys = [
        clicked(json!({})),
        clicked(json!({"clicked": 2})),
        clicked(json!({"providers": [{"provider": "sendgrid"}]})),
        clicked(json!({"providers": [{"provider": "twilio"}]})),
        clicked(json!({"error": "bounced"})),
        clicked(json!({"error": "blocked"})),
        clicked(json!({"reason": "BOUNCED"})),
    ];
    assert_eq!(keys.iter().collect::<std::collections::HashSet<_>>().len(), keys.len(), "{keys:?}");

    let preference = |id: &str, status: &str| key("preferences:user:updated", json!({"id": id, "status": status}));
    assert_eq!(preference("plog_1", "OPTED_IN"), "preferences:user:updated:plog_1");
    assert_ne!(preference("plog_1", "OPTED_IN"), preference("plog_2", "OPTED_IN"));

    // An audience has one id, and many matching users.
    let matched = |user: &str| key("audiences:user:matched", json!({"id": "vip", "user_id": user}));
    assert_eq!(matched("u1"), matched("u1"));
    assert_ne!(matched("u1"), matched("u2"));

    for odd in [
        json!({}),
        json!({"id": 7}),
        json!({"id": "1-a"}),
        json!({"id": "1-a", "status": 7}),
        // For several similar events, all except one would be treated as repetitions.
        json!({"id": "", "status": "SENT"}),
        json!({"id": "1-a", "status": ""}),
        json!({"id": "1-a", "status": "SENT:TWICE"}),
        Value::Null,
    ] {
        let key = key("message:updated", odd);
        assert!(key.starts_with("sha256:") && key.len() == 71, "{key}");
    }
    assert!(key("preferences:user:updated", json!({"id": ""})).starts_with("sha256:"));
    assert_ne!(delivery("").dedup_key(), delivery(" ").dedup_key());
    assert_ne!(delivery(b"\xff").dedup_key(), delivery(b"\xfe").dedup_key());
}

#[test]
fn delivery_survives_a_queue() {
    let text = delivery(BODY);
    let queued = serde_json::to_value(&text).unwrap();
    assert_eq!(queued, json!({"time": TIME, "body": BODY}));
    let bytes = delivery(b"\xff\x00".as_slice());
    assert_eq!(serde_json::to_value(&bytes).unwrap(), json!({"time": TIME, "body": [255, 0]}));
    for delivery in [text, bytes, delivery("")] {
        let queued = serde_json::to_string(&delivery).unwrap();
        assert_eq!(serde_json::from_str::<Delivery>(&queued).unwrap(), delivery);
        let queued = serde_json::to_value(&delivery).unwrap();
        assert_eq!(serde_json::from_value::<Delivery>(queued).unwrap(), delivery);
    }
}

// Receivers, over HTTP.

#[path = "../examples/webhook_axum.rs"]
#[allow(dead_code, reason = "this test does not use all of the example")]
mod with_axum;
#[path = "../examples/webhook_hyper.rs"]
#[allow(dead_code, reason = "this test does not use all of the example")]
mod with_hyper;

use tokio::net::TcpListener;
use tokio::sync::mpsc;

async fn post(url: &str, signature: Option<String>, body: &str) -> u16 {
    let mut request = reqwest::Client::new().post(url).body(body.to_owned());
    if let Some(signature) = signature {
        request = request.header(SIGNATURE_HEADER, signature);
    }
    request.send().await.unwrap().status().as_u16()
}

/// A receiver with room for two deliveries, whose work does not begin before every delivery has its response.
async fn exercise(url: String, mut deliveries: mpsc::Receiver<Delivery>) {
    let signed = |secret: &str, body: &str| Some(sign(secret, SystemTime::now(), body).unwrap());
    assert_eq!(post(&url, None, BODY).await, 400);
    assert_eq!(post(&url, signed("a guess", BODY), BODY).await, 400);
    assert_eq!(post(&url, signed("whsec_new", BODY), "{}").await, 400);
    assert_eq!(post(&url, signed("whsec_new", BODY), BODY).await, 200);
    let odd = "no JSON at all";
    assert_eq!(post(&url, signed("whsec_new", odd), odd).await, 200);
    assert_eq!(post(&url, signed("whsec_new", odd), odd).await, 503, "the queue is full: Courier is to try again");

    let first = deliveries.recv().await.unwrap();
    let key = first.dedup_key();
    assert!(key.starts_with("message:updated:1-5e2b2615-05efbb3acab9172f88dd3f6f:DELIVERED:"), "{key}");
    assert_eq!(deliveries.recv().await.unwrap().body(), odd.as_bytes());
    assert_eq!(post(&url, signed("whsec_new", BODY), BODY).await, 200, "there is room again");
    assert_eq!(deliveries.recv().await.unwrap().body(), BODY.as_bytes());
}

#[tokio::test]
async fn axum_responds_at_once_and_works_later() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/courier", listener.local_addr().unwrap());
    let (queue, deliveries) = mpsc::channel(2);
    tokio::spawn(async { axum::serve(listener, with_axum::receiver(verifier(), queue)).await.unwrap() });
    exercise(url, deliveries).await;
}

#[tokio::test]
async fn hyper_responds_at_once_and_works_later() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/courier", listener.local_addr().unwrap());
    let (queue, deliveries) = mpsc::channel(2);
    tokio::spawn(with_hyper::serve(listener, verifier(), queue));
    exercise(url, deliveries).await;
}

#[tokio::test]
async fn event_is_handled_once() {
    let (queue, deliveries) = mpsc::channel(8);
    for body in [BODY, "odd", BODY, "odd"] {
        queue.send(delivery(body)).await.unwrap();
    }
    drop(queue);
    let mut done = Vec::new();
    with_axum::work(deliveries, |event| done.push(event.name().to_owned())).await;
    assert_eq!(done, ["message:updated", ""]);
}
