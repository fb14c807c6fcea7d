//! Any JSON is decoded, and nothing of it is lost.

use proptest::prelude::*;
use serde_json::{Map, Value, json};

use super::samples::*;
use super::written;
use crate::json::{Decode, Encode, decode};

/// Names and values of the samples, so that the generated JSON resembles them.
const NAMES: &[&str] = &[
    "items",
    "paging",
    "more",
    "cursor",
    "recipient",
    "status",
    "messageId",
    "data",
    "to",
    "preferences",
    "notifications",
    "list_id",
    "filters",
    "user_id",
    "email",
    "locale",
    "token",
    "type",
    "content",
    "at",
    "created",
    "size",
    "elements",
    "ratio",
    "visible",
    "schema",
    "trigger_type",
    "mode",
    "duration",
    "event",
    "node",
    "scalars",
    "addresses",
    "credentials",
    "object",
    "any",
    "nullable",
    "extra",
    "unknown",
];
const WORDS: &[&str] =
    &["delay", "until", "exit", "now", "text", "string", "group", "trigger", "api", "segment", "PENDING", "NEW", ""];

fn any_json() -> impl Strategy<Value = Value> {
    let scalar = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        (-3..3_i64).prop_map(|number| json!(number as f64)),
        proptest::sample::select(WORDS).prop_map(Value::from),
        any::<String>().prop_map(Value::from),
    ];
    scalar.prop_recursive(5, 64, 8, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
            proptest::collection::vec((proptest::sample::select(NAMES), inner), 0..8).prop_map(|entries| entries
                .into_iter()
                .map(|(name, value)| (name.to_owned(), value))
                .collect::<Value>()),
        ]
    })
}

fn valid() -> Value {
    json!({
        "node": {"type": "group", "ratio": 0.5, "visible": true, "elements": [
            {"type": "text", "content": "c", "at": "2024-03-12T11:30:02Z", "created": 1, "size": 2},
            {"type": "group", "elements": []},
            {"type": "trigger", "trigger_type": "segment", "event": "e"},
            {"id": 1, "type": "trigger", "trigger_type": "api", "schema": {}},
            {"type": "new"},
            {"type": "delay", "mode": "until"},
            {"type": "delay", "duration": 5},
            {"type": "exit", "mode": "now"},
        ]},
        "scalars": ["a", 1, 1.5, true],
        "addresses": {"a": "b"},
        "credentials": {"key": "k"},
        "object": {"a": {"b": [1]}},
        "recipient": [{"list_id": "l", "filters": [1, 2.5]}, {"user_id": "u", "locale": "en", "token": "t"}, "a"],
        "any": 1,
        "nullable": [1, 2],
        "unknown": {"a": [null]},
    })
}

/// Replaces, removes or adds something somewhere.
fn mutated(value: &mut Value, path: &[usize], with: &Value) {
    let [step, rest @ ..] = path else {
        *value = with.clone();
        return;
    };
    match value {
        Value::Array(elements) if !elements.is_empty() => {
            let index = step % elements.len();
            if rest.is_empty() && with.is_null() {
                drop(elements.remove(index))
            } else {
                mutated(&mut elements[index], rest, with)
            }
        }
        Value::Object(map) if !map.is_empty() => {
            let name = map.keys().nth(step % map.len()).cloned().unwrap();
            match map.get_mut(&name) {
                Some(_) if rest.is_empty() && step % 3 == 0 => drop(map.remove(&name)),
                Some(inner) => mutated(inner, rest, with),
                None => {}
            }
        }
        _ => *value = with.clone(),
    }
}

/// Normalizes differences that encoding may make: the nulls of objects, and the format of numbers.
fn normal(value: &Value) -> Value {
    match value {
        Value::Object(map) => {
            let entries = map.iter().filter(|(_, value)| !value.is_null());
            Value::Object(entries.map(|(name, value)| (name.clone(), normal(value))).collect::<Map<_, _>>())
        }
        Value::Array(elements) => elements.iter().map(normal).collect(),
        Value::Number(number) if number.is_f64() => match number.as_f64() {
            Some(float) if float.fract() == 0.0 && float.abs() < 1e15 => Value::from(float as i64),
            _ => value.clone(),
        },
        _ => value.clone(),
    }
}

fn has_no_duplicate_keys(json: &str) -> bool {
    // A structure would take the last; so the keys are counted.
    struct Once;
    impl<'de> serde::de::Visitor<'de> for Once {
        type Value = bool;
        fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            f.write_str("JSON")
        }
        fn visit_map<A: serde::de::MapAccess<'de>>(self, mut map: A) -> Result<bool, A::Error> {
            let (mut seen, mut once) = (std::collections::HashSet::new(), true);
            while let Some(name) = map.next_key::<String>()? {
                once &= seen.insert(name) & map.next_value::<Checked>()?.0;
            }
            Ok(once)
        }
        fn visit_seq<A: serde::de::SeqAccess<'de>>(self, mut elements: A) -> Result<bool, A::Error> {
            let mut once = true;
            while let Some(Checked(element)) = elements.next_element()? {
                once &= element;
            }
            Ok(once)
        }
        fn visit_str<E>(self, _: &str) -> Result<bool, E> {
            Ok(true)
        }
        fn visit_bool<E>(self, _: bool) -> Result<bool, E> {
            Ok(true)
        }
        fn visit_i64<E>(self, _: i64) -> Result<bool, E> {
            Ok(true)
        }
        fn visit_u64<E>(self, _: u64) -> Result<bool, E> {
            Ok(true)
        }
        fn visit_f64<E>(self, _: f64) -> Result<bool, E> {
            Ok(true)
        }
        fn visit_unit<E>(self) -> Result<bool, E> {
            Ok(true)
        }
    }
    struct Checked(bool);
    impl<'de> serde::Deserialize<'de> for Checked {
        fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
            from.deserialize_any(Once).map(Self)
        }
    }
    serde_json::from_str::<Checked>(json).unwrap().0
}

fn total<T: Decode + Encode + std::fmt::Debug>(json: &Value) -> Result<(), TestCaseError> {
    if !json.is_object() && !json.is_array() {
        return Ok(());
    }
    let text = json.to_string();
    let decoded = decode::<T>(text.as_bytes());
    prop_assert!(decoded.is_ok(), "{:?}", decoded);
    let Ok(decoded) = decoded else { return Ok(()) };
    let strict = T::strict(&mut serde_json::Deserializer::from_str(&text));
    prop_assert_eq!(strict.is_ok(), decoded.mismatches.is_empty(), "{:?} {:?}", strict, decoded.mismatches);
    prop_assert_eq!(decode::<T>(text.as_bytes()).is_ok_and(|decoded| decoded.mismatches.is_empty()), strict.is_ok());
    if let Ok(strict) = strict {
        prop_assert_eq!(&strict, &decoded.value);
    }
    let back = written(&decoded.value);
    prop_assert!(has_no_duplicate_keys(&back), "{}", back);
    let tree: Value = serde_json::from_str(&back).unwrap();
    prop_assert_eq!(normal(&tree), normal(json));
    // Once more, it is the same value.
    let again = decode::<T>(back.as_bytes());
    prop_assert_eq!(&again.unwrap().value, &decoded.value);
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_json_round_trips(json in any_json()) {
        total::<Page>(&json)?;
        total::<User>(&json)?;
        total::<Everything>(&json)?;
        total::<GroupNode>(&json)?;
        total::<Node>(&json)?;
        total::<Recipient>(&json)?;
    }

    #[test]
    fn nearly_valid_json_round_trips(
        changes in proptest::collection::vec((proptest::collection::vec(0..8_usize, 1..5), any_json()), 1..4)
    ) {
        let mut json = valid();
        for (path, with) in &changes {
            mutated(&mut json, path, with);
        }
        total::<Everything>(&json)?;
    }

    #[test]
    fn any_bytes_do_not_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        let _ = decode::<Everything>(&bytes);
    }

    #[test]
    fn broken_text_does_not_panic(at in 0..600_usize, bytes in "[\\[\\]{}\",:0-9eE.+\\\\ud8-]{0,8}") {
        let mut text = valid().to_string().into_bytes();
        let at = at.min(text.len());
        text.splice(at..at, bytes.bytes());
        let _ = decode::<Everything>(&text);
    }
}

#[test]
fn valid_json_has_no_mismatch() {
    total::<Everything>(&valid()).unwrap();
    assert_eq!(decode::<Everything>(valid().to_string().as_bytes()).unwrap().mismatches, []);
}
