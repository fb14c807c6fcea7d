//! Every type keeps its values: described or not, new or null.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a test fails by a panic")]

mod support;

use std::collections::BTreeSet;
use std::fmt::Debug;

use heck::ToUpperCamelCase as _;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use support::sample::{STYLES, Samples, Style};
use support::{description, without_nulls};
use trycourier::types;

macro_rules! every_type {
    ($($name:ident),*) => {
        fn decode_and_encode(name: &str, value: Value) -> Option<Result<Value, serde_json::Error>> {
            Some(match name {
                $(stringify!($name) => again::<types::$name>(value),)*
                _ => return None,
            })
        }

        fn is_recognized(name: &str, value: Value) -> bool {
            !match name {
                $(stringify!($name) => debug::<types::$name>(value),)*
                _ => panic!("{name} has no type"),
            }
            .starts_with("Unrecognized(")
        }
    };
}
include!(concat!(env!("OUT_DIR"), "/every_type.rs"));

fn again<T: DeserializeOwned + Serialize>(value: Value) -> Result<Value, serde_json::Error> {
    serde_json::to_value(serde_json::from_value::<T>(value)?)
}

fn debug<T: DeserializeOwned + Debug>(value: Value) -> String {
    format!("{:?}", serde_json::from_value::<T>(value).unwrap())
}

/// The variants of the unions without a discriminator, and the enums that distinguish them.
fn variants_without_a_tag(description: &Value) -> BTreeSet<&str> {
    let name = |schema: &Value| {
        let reference = schema["$ref"].as_str().or(schema["allOf"][0]["$ref"].as_str());
        reference.and_then(|reference| reference.rsplit('/').next()).map(str::to_owned)
    };
    let schemas = description["components"]["schemas"].as_object().unwrap();
    let unions = schemas.values().filter(|schema| schema["discriminator"].is_null());
    let variants = unions.flat_map(|union| union["oneOf"].as_array().into_iter().flatten());
    let variants: BTreeSet<String> = variants.filter_map(name).collect();
    let properties =
        variants.iter().flat_map(|variant| schemas[variant]["properties"].as_object().into_iter().flatten());
    let enums: BTreeSet<String> = properties.filter_map(|(_, property)| name(property)).collect();
    schemas.keys().map(String::as_str).filter(|name| variants.contains(*name) || enums.contains(*name)).collect()
}

fn is_union_of_scalars(schema: &Value) -> bool {
    let variants = schema["oneOf"].as_array().map_or(&[][..], Vec::as_slice);
    let is_object = |variant: &Value| variant["$ref"].is_string() || variant["type"] == "object";
    !variants.is_empty() && !variants.iter().any(is_object)
}

#[test]
fn loose_value_of_every_type_round_trips() {
    let description = description();
    let untagged = variants_without_a_tag(&description);
    let mut checked = 0;
    for (name, schema) in description["components"]["schemas"].as_object().unwrap() {
        // `PathSegment` occurs only in requests.
        if name == "PathSegment" {
            continue;
        }
        for style in STYLES {
            if style == Style::UnknownValues && untagged.contains(name.as_str()) {
                continue;
            }
            for sample in (Samples { description: &description, style }).each(schema) {
                // A value that matches no variant is a mismatch, which `serde` alone cannot report.
                if sample.is_object() && is_union_of_scalars(schema) {
                    continue;
                }
                let result = decode_and_encode(&name.to_upper_camel_case(), sample.clone());
                let result = result.unwrap_or_else(|| panic!("{name} has no type"));
                let result = result.unwrap_or_else(|error| panic!("{name} {style:?}: {error}\n{sample}"));
                assert_eq!(without_nulls(&result), without_nulls(&sample), "{name} {style:?}");
                checked += 1;
            }
        }
    }
    assert!(checked > 2000, "{checked}");
}

#[test]
fn every_described_example_round_trips() {
    let description = description();
    let mut checked = 0;
    for (name, schema) in description["components"]["schemas"].as_object().unwrap() {
        let example = &schema["example"];
        if example.is_null() {
            continue;
        }
        let result = decode_and_encode(&name.to_upper_camel_case(), example.clone());
        let result = result.unwrap_or_else(|| panic!("{name} has no type"));
        let result = result.unwrap_or_else(|error| panic!("{name}: {error}\n{example}"));
        assert_eq!(without_nulls(&result), without_nulls(example), "{name}");
        // An example that ends in `Unrecognized` would also decode, and show a caller a value that does not exist.
        assert!(is_recognized(&name.to_upper_camel_case(), example.clone()), "{name}: {example}");
        checked += 1;
    }
    assert!(checked > 100, "{checked}");
}

#[test]
fn union_variant_decodes_as_itself() {
    let to = |value: Value| serde_json::from_value::<types::Recipient>(value).unwrap();
    use types::Recipient as To;
    assert!(matches!(to(json!({"user_id": "u"})), To::User(_)));
    assert!(matches!(to(json!({"email": "a@example.com"})), To::User(_)));
    assert!(matches!(to(json!({"audience_id": "a"})), To::Audience(_)));
    assert!(matches!(to(json!({"list_id": "l"})), To::List(_)));
    assert!(matches!(to(json!({"list_pattern": "l.*"})), To::ListPattern(_)));
    assert!(matches!(to(json!({"slack": {"access_token": "x", "channel": "c"}})), To::Slack(_)));
    assert!(matches!(to(json!([{"user_id": "u"}, {"list_id": "l"}])), To::Several(_)));

    let node = |value: Value| serde_json::from_value::<types::JourneyNode>(value).unwrap();
    use types::JourneyNode as Node;
    assert!(matches!(node(json!({"type": "delay", "mode": "duration", "duration": "1 day"})), Node::DelayDuration(_)));
    assert!(matches!(node(json!({"type": "delay", "mode": "until", "until": "t"})), Node::DelayUntil(_)));
    let throttle = |scope: &str| json!({"type": "throttle", "scope": scope, "max_allowed": 1, "period": "1 day", "throttle_key": "k"});
    assert!(matches!(node(throttle("user")), Node::ThrottleStatic(_)));
    assert!(matches!(node(throttle("dynamic")), Node::ThrottleDynamic(_)));
    assert!(matches!(node(throttle("workspace")), Node::Unrecognized(_)));
    assert!(matches!(node(json!({"type": "something-new"})), Node::Unrecognized(_)));
    assert!(matches!(node(json!({"type": "exit"})), Node::Exit(_)));
}

#[test]
fn enum_keeps_unknown_values() {
    let status: types::MessageStatus = serde_json::from_value(json!("TELEPORTED")).unwrap();
    assert_eq!(status, types::MessageStatus::Unrecognized("TELEPORTED".to_owned()));
    assert_eq!(status.to_string(), "TELEPORTED");
    assert_eq!(serde_json::to_value(&status).unwrap(), json!("TELEPORTED"));
    // For values that a caller writes, it is different: an unknown value is deliberate.
    assert_eq!("SENT".parse::<types::MessageStatus>().unwrap(), types::MessageStatus::Sent);
    assert!("TELEPORTED".parse::<types::MessageStatus>().is_err());
}

#[test]
fn fraction_keeps_every_digit() {
    for text in ["0.18499999999999997", "1e300", "123456789.12345679", "5e-324", "0.1"] {
        let response = format!(r#"{{"recipient":"u","status":"SENT","data":{{"rate":{text}}}}}"#);
        let user: types::BulkJobUser = serde_json::from_str(&response).unwrap();
        let again = serde_json::to_value(&user).unwrap();
        assert_eq!(again["data"]["rate"].as_f64().unwrap().to_bits(), text.parse::<f64>().unwrap().to_bits(), "{text}");
    }
}

#[test]
fn property_is_written_once() {
    let message = types::TextContent::new("body").title("typed").extra("title", "extra");
    let written = serde_json::to_string(&message).unwrap();
    assert_eq!(written.matches("title").count(), 1, "{written}");
    assert_eq!(serde_json::to_value(&message).unwrap(), json!({"title": "extra", "body": "body"}));
}

#[test]
fn meaningful_null_has_a_setter() {
    let of = |update: types::TopicPreferenceUpdate| serde_json::to_value(&update).unwrap();
    let update = types::TopicPreferenceUpdate::new(types::PreferenceStatus::OptedIn);
    assert_eq!(of(update.clone()), json!({"status": "OPTED_IN"}));
    assert_eq!(of(update.clone().digest_schedule_id("d")), json!({"status": "OPTED_IN", "digest_schedule_id": "d"}));
    assert_eq!(of(update.clear_digest_schedule_id()), json!({"status": "OPTED_IN", "digest_schedule_id": null}));
}
