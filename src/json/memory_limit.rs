//! Estimates of the memory that decoding takes, before it is taken.
//!
//! This stays because a limit on the text of a response does not limit the memory: an object with one member can be six
//! characters of text, but takes a map node with room for eleven members. A hostile server could otherwise exhaust the
//! memory with 8 MiB of text.

use serde_json::Value;

/// The estimated size of an object or array: a node of a map, or the fields of a type.
const CONTAINER: usize = 1024;

/// The estimated size of any other value, in addition to its text.
const SCALAR: usize = 64;

/// Returns `true` if decoding the text can take more bytes than `budget`.
///
/// Ordinary pages are too short for that, regardless of their content, and are not scanned.
pub(super) fn is_exceeded_by(text: &[u8], budget: usize) -> bool {
    text.len() > budget / CONTAINER && of_text(text) > budget
}

/// An estimate for a text, which is too high if strings contain brackets and commas.
fn of_text(text: &[u8]) -> usize {
    // The counts of a block fit into a byte, so that the compiler can use vector instructions.
    let (containers, scalars) = text
        .chunks(255)
        .map(|block| {
            let containers: u8 = block.iter().map(|&byte| u8::from(byte == b'{' || byte == b'[')).sum();
            let scalars: u8 = block.iter().map(|&byte| u8::from(byte == b',')).sum();
            (usize::from(containers), usize::from(scalars))
        })
        .fold((0, 0), |(a, b), (c, d)| (a + c, b + d));
    text.len() + containers * CONTAINER + scalars * SCALAR
}

/// An estimate for a copy of a value.
pub(super) fn of_value(value: &Value) -> usize {
    match value {
        Value::Null | Value::Bool(_) | Value::Number(_) => SCALAR,
        Value::String(text) => SCALAR + text.len(),
        Value::Array(values) => CONTAINER + values.iter().map(of_value).sum::<usize>(),
        Value::Object(map) => {
            CONTAINER + map.iter().map(|(name, value)| SCALAR + name.len() + of_value(value)).sum::<usize>()
        }
    }
}
