//! What decoding allocates, estimated before it does.
//!
//! A few bytes of text become much more memory: an object with one member is six characters, and a node of a tree with room
//! for eleven. So a limit on the text is no limit on the memory.

use serde_json::Value;

/// What one object or array is taken to cost: a node of a map, or the fields of a type.
const CONTAINER: usize = 1024;

/// What any other value is taken to cost, besides its text.
const SCALAR: usize = 64;

/// The most that one byte of text can cost.
const DEAREST: usize = CONTAINER;

/// Whether reading this text can cost more than the budget.
///
/// Whole pages are too short for it whatever is in them, and are not looked through.
pub(super) fn exceeds(text: &[u8], budget: usize) -> bool {
    text.len() > budget / DEAREST && of_text(text) > budget
}

/// Counted too high where strings have brackets and commas in them.
fn of_text(text: &[u8]) -> usize {
    // In blocks whose counts fit into a byte, so that the compiler makes vector instructions of it.
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
