//! The contract of generated types, on types as they are generated.

mod any_json;
mod lenient;
mod samples;
mod sanitize;
mod strict;

use serde_json::Value;

use super::{Decode, Decoded, Encode, decode, encode::Encoded};

/// Reads what has no mismatch.
#[track_caller]
fn exactly<T: Decode>(json: &str) -> T {
    let Decoded { value, mismatches } = decode(json.as_bytes(), true).unwrap();
    assert_eq!(mismatches, []);
    value
}

/// Reads what has mismatches at these places.
#[track_caller]
fn leniently<T: Decode>(json: &str, places: &[&str]) -> T {
    let Decoded { value, mismatches } = decode(json.as_bytes(), true).unwrap();
    let found: Vec<&str> = mismatches.iter().map(crate::types::Mismatch::path).collect();
    assert_eq!(found, places);
    value
}

#[track_caller]
fn written<T: Encode>(value: &T) -> String {
    serde_json::to_string(&Encoded(value)).unwrap()
}

/// Reads, and writes the same.
#[track_caller]
fn comes_back<T: Encode>(json: &str) {
    let Decoded { value, .. } = decode::<T>(json.as_bytes(), true).unwrap();
    let written: Value = serde_json::from_str(&written(&value)).unwrap();
    assert_eq!(written, serde_json::from_str::<Value>(json).unwrap());
}
