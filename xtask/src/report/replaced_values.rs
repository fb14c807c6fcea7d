//! Changes of upstream in what an overlay removes or replaces, which the rest of the report cannot show.

use serde_json::Value;

use crate::findings::{Finding, Section};
use crate::naming::schemas::difference;
use crate::overlay::Replaced;

/// A finding for each value behind an overlay that is not the same in both descriptions.
pub fn changed(old: &Replaced, new: &Replaced) -> Vec<Finding> {
    let known = new.iter().filter_map(|(key, is)| Some((key, old.get(key)?, is)));
    let changed = known.filter(|(_, was, is)| was != is);
    changed
        .map(|((position, pointer), was, is)| {
            let members = difference(was, is);
            let what = match (was, is) {
                (Value::Object(_), Value::Object(_)) if !members.is_empty() => format!("differs in {members}"),
                _ => format!("is {}, was {}", print(is), print(was)),
            };
            Finding::new(Section::ReplacedValue, pointer, format!("{position}: {pointer} {what}"))
        })
        .collect()
}

fn print(value: &Value) -> String {
    const MAX_LENGTH: usize = 100;
    match value {
        Value::Null => "nothing".to_owned(),
        value => value.to_string().chars().take(MAX_LENGTH).collect(),
    }
}
