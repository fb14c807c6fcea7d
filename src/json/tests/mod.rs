//! The contract of generated types, tested on hand-written types of the same form.

mod any_json;
mod lenient;
mod samples;
mod sanitize;
mod strict;

use serde_json::Value;

use super::{Decode, Decoded, Encode, decode, encode::Encoded};

/// Decodes JSON without mismatches.
#[track_caller]
fn exactly<T: Decode>(json: &str) -> T {
    let Decoded { value, mismatches } = decode(json.as_bytes()).unwrap();
    assert_eq!(mismatches, []);
    value
}

/// Decodes JSON with mismatches at these paths.
#[track_caller]
fn leniently<T: Decode>(json: &str, paths: &[&str]) -> T {
    let Decoded { value, mismatches } = decode(json.as_bytes()).unwrap();
    let actual: Vec<&str> = mismatches.iter().map(crate::types::Mismatch::path).collect();
    assert_eq!(actual, paths);
    value
}

#[track_caller]
fn written<T: Encode>(value: &T) -> String {
    serde_json::to_string(&Encoded(value)).unwrap()
}

/// Decodes JSON that encodes to the same JSON.
#[track_caller]
fn comes_back<T: Encode>(json: &str) {
    let Decoded { value, .. } = decode::<T>(json.as_bytes()).unwrap();
    let written: Value = serde_json::from_str(&written(&value)).unwrap();
    assert_eq!(written, serde_json::from_str::<Value>(json).unwrap());
}
